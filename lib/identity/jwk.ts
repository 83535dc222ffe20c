/**
 * Keys that verify the signatures of tokens (JWS, RFC 7515), as JSON Web Keys (RFC 7517) describe them.
 *
 * A key has one algorithm. A token that names another one is never verified with it (RFC 8725 3.1).
 * @module
 */
import { createPublicKey } from "node:crypto";
import { decodeBase64url } from "./base64url.ts";

/** The algorithms (RFC 7518 3.1, RFC 8037 3.1). */
export type JwtAlgorithm = "HS256" | "RS256" | "ES256" | "EdDSA";

/** The shortest secret, in bytes: as long as the hash (RFC 7518 3.2). */
export const MIN_SECRET = 32;

/** The shortest RSA key, in bits (RFC 7518 3.3), and the longest one that the runtime verifies with. */
const MIN_RSA = 2_048, MAX_RSA = 4_096;

/** The length of a coordinate of P-256 (RFC 7518 6.2.1.2) and of an Ed25519 key (RFC 8037 2), in bytes. */
const COORDINATE = 32;

/** The longest `kid`, in characters. Usual ones have up to 64. */
export const MAX_KEY_ID = 256;

/** Names of algorithms as `alg` has them. RFC 9864 names the one of Ed25519 keys anew. */
const NAMES: Readonly<Record<string, JwtAlgorithm>> = {
  HS256: "HS256",
  RS256: "RS256",
  ES256: "ES256",
  EdDSA: "EdDSA",
  Ed25519: "EdDSA",
};

/** How WebCrypto calls each algorithm. */
const WEB_CRYPTO = {
  HS256: { name: "HMAC", hash: "SHA-256" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  ES256: { name: "ECDSA", hash: "SHA-256", namedCurve: "P-256" },
  EdDSA: { name: "Ed25519" },
} as const;

/** The algorithm that an `alg` names, or `undefined` if it is not known here: `none` is not. */
export function algorithmOf(alg: unknown): JwtAlgorithm | undefined {
  return typeof alg === "string" && Object.hasOwn(NAMES, alg) ? NAMES[alg] : undefined;
}

/** What a key consists of: the bytes of a secret, or the members of a JWK that WebCrypto needs. */
type Material = Uint8Array<ArrayBuffer> | JsonWebKey;

/** A key that verifies signatures by one algorithm. */
export class VerificationKey {
  readonly algorithm: JwtAlgorithm;
  /** Tokens with another `kid` were not signed with this key. */
  readonly id: string | undefined;
  readonly #material: Material;
  #imported: Promise<CryptoKey> | undefined;

  constructor(algorithm: JwtAlgorithm, id: string | undefined, material: Material) {
    this.algorithm = algorithm;
    this.id = id;
    this.#material = material;
  }

  async verify(
    signature: Uint8Array<ArrayBuffer>,
    data: Uint8Array<ArrayBuffer>,
  ): Promise<boolean> {
    this.#imported ??= this.#import();
    const key = await this.#imported;
    return await crypto.subtle.verify(WEB_CRYPTO[this.algorithm], key, signature, data);
  }

  #import(): Promise<CryptoKey> {
    const algorithm = WEB_CRYPTO[this.algorithm];
    const material = this.#material;
    return material instanceof Uint8Array
      ? crypto.subtle.importKey("raw", material, algorithm, false, ["verify"])
      : crypto.subtle.importKey("jwk", material, algorithm, false, ["verify"]);
  }
}

/**
 * Reads a JWK.
 *
 * @throws {TypeError} If it cannot verify tokens. The message says why, in a few words that follow "the key" or "it".
 */
export function readJwk(jwk: Readonly<Record<string, unknown>>): VerificationKey {
  const { kty, kid, alg, use, key_ops: operations } = jwk;
  if (kid !== undefined && (typeof kid !== "string" || kid.length > MAX_KEY_ID)) {
    throw new TypeError(`has a 'kid' that is not a text of at most ${MAX_KEY_ID} characters`);
  }
  if (use !== undefined && use !== "sig") {
    throw new TypeError("is not meant for signatures ('use')");
  }
  const mayVerify = operations === undefined ||
    (Array.isArray(operations) && operations.includes("verify")) ||
    (kty === "oct" && Array.isArray(operations) && operations.includes("sign"));
  if (!mayVerify) throw new TypeError("is not meant to verify ('key_ops')");
  if (kty !== "oct" && jwk.d !== undefined) {
    throw new TypeError("is a private key: the server needs the public one only");
  }
  const { algorithm, material } = readMaterial(jwk);
  if (alg !== undefined && algorithmOf(alg) !== algorithm) {
    throw new TypeError(`is for another algorithm than ${algorithm} ('alg')`);
  }
  return new VerificationKey(algorithm, kid, material);
}

interface Contents {
  readonly algorithm: JwtAlgorithm;
  readonly material: Material;
}

function readMaterial(jwk: Readonly<Record<string, unknown>>): Contents {
  switch (jwk.kty) {
    case "oct":
      return { algorithm: "HS256", material: readSecret(jwk) };
    case "RSA":
      return { algorithm: "RS256", material: readRsa(jwk) };
    case "EC":
      if (jwk.crv !== "P-256") throw new TypeError("is on another curve than P-256");
      return { algorithm: "ES256", material: readPoint(jwk, ["x", "y"]) };
    case "OKP":
      if (jwk.crv !== "Ed25519") throw new TypeError("is on another curve than Ed25519");
      return { algorithm: "EdDSA", material: readPoint(jwk, ["x"]) };
    default:
      throw new TypeError("is of no known type: RSA, EC, OKP or oct ('kty')");
  }
}

function readSecret(jwk: Readonly<Record<string, unknown>>): Uint8Array<ArrayBuffer> {
  const secret = readBytes(jwk, "k");
  if (secret.length < MIN_SECRET) throw new TypeError(`is shorter than ${MIN_SECRET} bytes`);
  return secret;
}

function readRsa(jwk: Readonly<Record<string, unknown>>): JsonWebKey {
  const modulus = readBytes(jwk, "n");
  const first = modulus.findIndex((byte) => byte !== 0);
  const bits = first < 0 ? 0 : 8 * (modulus.length - first) - Math.clz32(modulus[first]!) + 24;
  if (bits < MIN_RSA) throw new TypeError(`has ${bits} bits, not at least ${MIN_RSA}`);
  if (bits > MAX_RSA) throw new TypeError(`has ${bits} bits, not at most ${MAX_RSA}`);
  readBytes(jwk, "e");
  return checked({ kty: "RSA", n: String(jwk.n), e: String(jwk.e) });
}

/** Coordinates have a fixed length: WebCrypto would accept others, and fail at the first token. */
function readPoint(jwk: Readonly<Record<string, unknown>>, names: readonly string[]): JsonWebKey {
  for (const name of names) {
    if (readBytes(jwk, name).length !== COORDINATE) {
      throw new TypeError(`has a '${name}' of another length than ${COORDINATE} bytes`);
    }
  }
  const coordinates = Object.fromEntries(names.map((name) => [name, String(jwk[name])]));
  return checked({ kty: String(jwk.kty), crv: String(jwk.crv), ...coordinates });
}

function readBytes(
  jwk: Readonly<Record<string, unknown>>,
  name: string,
): Uint8Array<ArrayBuffer> {
  const value = jwk[name];
  const bytes = typeof value === "string" ? decodeBase64url(value) : undefined;
  if (bytes === undefined || bytes.length === 0) throw new TypeError(`has no valid '${name}'`);
  return bytes;
}

/** Returns a key whose numbers are consistent: WebCrypto would find out only at the first token. */
function checked(jwk: JsonWebKey): JsonWebKey {
  try {
    createPublicKey({ key: jwk as Record<string, string>, format: "jwk" });
  } catch {
    throw new TypeError("is not a valid public key");
  }
  return jwk;
}
