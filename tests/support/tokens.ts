/**
 * Signed tokens (JWT) of a test's own keys.
 * @module
 */
import type { JwtAlgorithm } from "../../lib/identity/jwk.ts";
import type { JwkOrSet } from "../../lib/identity/jwt_keys.ts";

const encoder = new TextEncoder();

export function encodeBase64url(data: Uint8Array | string): string {
  const bytes = typeof data === "string" ? encoder.encode(data) : data;
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_")
    .replaceAll("=", "");
}

/** A key with which an issuer signs tokens. */
export interface SigningKey {
  readonly algorithm: JwtAlgorithm;
  /** What the server needs: a public key, or the secret. */
  readonly jwk: JwkOrSet;
  /** The same as a file has it: PEM, or the secret. */
  readonly text: string;
  sign(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

const ALGORITHMS = {
  RS256: {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
  },
  ES256: { name: "ECDSA", hash: "SHA-256", namedCurve: "P-256" },
  EdDSA: { name: "Ed25519" },
} as const;

/** Creates a key pair. */
export async function generateKey(
  algorithm: keyof typeof ALGORITHMS,
  options: Readonly<Record<string, unknown>> = {},
): Promise<SigningKey> {
  const parameters = { ...ALGORITHMS[algorithm], ...options };
  const pair = await crypto.subtle.generateKey(parameters, true, ["sign", "verify"]);
  if (!("publicKey" in pair)) throw new TypeError("Not a pair");
  const { publicKey, privateKey } = pair;
  const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey("jwk", publicKey);
  const jwk = Object.fromEntries(
    Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined),
  );
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  return {
    algorithm,
    jwk,
    text: pem("PUBLIC KEY", spki),
    sign: async (data) => new Uint8Array(await crypto.subtle.sign(parameters, privateKey, data)),
  };
}

export function pem(label: string, der: Uint8Array): string {
  const lines = btoa(String.fromCharCode(...der)).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** A key of a shared secret. */
export function secretKey(secret: string | Uint8Array<ArrayBuffer>): SigningKey {
  const bytes = typeof secret === "string" ? encoder.encode(secret) : secret;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return {
    algorithm: "HS256",
    jwk: { kty: "oct", k: encodeBase64url(bytes) },
    text: new TextDecoder().decode(bytes),
    async sign(data) {
      const key = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
      return new Uint8Array(await crypto.subtle.sign(algorithm, key, data));
    },
  };
}

/** Signs claims. A header or claims that are text are taken as they are, as JSON that may be malformed. */
export async function signToken(
  key: SigningKey,
  claims: object | string,
  header: object | string = { alg: key.algorithm, typ: "JWT" },
): Promise<string> {
  const [head, payload] = [header, claims].map((part) =>
    encodeBase64url(typeof part === "string" ? part : JSON.stringify(part))
  );
  const signature = await key.sign(encoder.encode(`${head}.${payload}`));
  return `${head}.${payload}.${encodeBase64url(signature)}`;
}
