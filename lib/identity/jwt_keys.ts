/**
 * The keys of signed tokens, as operators have them: public keys in PEM, a JWK, a JWK Set, or a shared secret.
 *
 * The form of the text decides what it is. Whatever looks like a public key is never taken for a secret: everybody may know
 * a public key, and could sign tokens with it then.
 * @module
 */
import { createPublicKey } from "node:crypto";
import { MIN_SECRET, readJwk, VerificationKey } from "./jwk.ts";
import { parseJsonObject } from "./json_object.ts";

/** A JWK (RFC 7517 4) or a JWK Set (5), as an object. */
export type JwkOrSet = Readonly<Record<string, unknown>>;

/** The most keys that are used. A token without a `kid` is checked with each key of its algorithm. */
const MAX_KEYS = 16;

/** A secret is one line of ASCII without spaces, and without quotes, so that no part of a JWK is one. */
const SECRET = /^[!#-~]*$/;

/**
 * How public keys begin in base64: the identifiers of Ed25519, of elliptic curves and of RSA (RFC 5280 4.1.2.7, RFC 8410 4),
 * and RSA without one (RFC 8017 A.1.1).
 */
const BARE_PUBLIC_KEY =
  /MCowBQYDK2Vw|wE[A-Za-z]YHKoZIzj0|ByqGSM49|ANBgkqhkiG9w0BAQ|MA0GCSqGSIb3DQEBAQ|MII[BC][A-Za-z]gKCA/;

/** The longest secret, in bytes. */
const MAX_SECRET = 1_024;

const PEM_BEGIN = /-----BEGIN (?:([A-Z0-9 ]{1,40})-----)?/g;
const PEM_KEY = /-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]*-----END PUBLIC KEY-----/g;

/** The keys of a text, and why some of a JWK Set are not used. */
export interface JwtKeys {
  readonly keys: readonly VerificationKey[];
  /** Reasons in a few words, each for a key that is left out. */
  readonly unused: readonly string[];
}

/**
 * Reads keys. A JWK Set may contain others, which are left out (RFC 7517 5).
 *
 * @throws {TypeError} If there is no key, or something is wrong with it. The message says what, in a few words that follow
 * the name of its source.
 */
export function readJwtKeys(source: string | JwkOrSet): JwtKeys {
  if (typeof source !== "string") return readJson(source);
  const text = source.replace(/^\ufeff/, "").trim();
  if (text === "") throw new TypeError("it is empty");
  if (text.includes("-----BEGIN")) return readPem(text);
  if (/^[{[]/.test(text)) {
    const json = parseJsonObject(text);
    if (json === undefined) throw new TypeError("it is not valid JSON, or has a member twice");
    return readJson(Object.fromEntries(json));
  }
  return { keys: [readSecret(text)], unused: [] };
}

function readPem(text: string): JwtKeys {
  const labels = Array.from(text.matchAll(PEM_BEGIN), ([, label = ""]) => label);
  for (const label of labels) {
    if (label.endsWith("PRIVATE KEY")) {
      throw new TypeError("it is a private key: the server needs the public one only");
    }
    if (label !== "" && label !== "PUBLIC KEY") {
      throw new TypeError(
        `it is '${label}' in PEM, not 'PUBLIC KEY' (openssl makes one with -pubout)`,
      );
    }
  }
  const blocks = Array.from(text.matchAll(PEM_KEY), ([block]) => block);
  if (blocks.length === 0 || blocks.length < labels.length) {
    throw new TypeError("it is not valid PEM");
  }
  if (blocks.length > MAX_KEYS) throw new TypeError(`it has more than ${MAX_KEYS} keys`);
  return { keys: blocks.map(readPublicKey), unused: [] };
}

function readPublicKey(pem: string): VerificationKey {
  let jwk: Record<string, unknown>;
  try {
    jwk = { ...createPublicKey(pem).export({ format: "jwk" }) };
  } catch {
    throw new TypeError("it is not a valid public key of RSA, P-256 or Ed25519");
  }
  return withSubject("it", () => readJwk(jwk));
}

function readJson(json: JwkOrSet): JwtKeys {
  if (json.keys === undefined) {
    return { keys: [withSubject("it", () => readJwk(json))], unused: [] };
  }
  const { keys: set } = json;
  if (!Array.isArray(set)) throw new TypeError("its 'keys' are not an array");
  const keys: VerificationKey[] = [];
  const unused: string[] = [];
  for (const [index, jwk] of set.entries()) {
    try {
      keys.push(withSubject(`key ${index + 1}`, () => readJwk(asObject(jwk))));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      unused.push(error.message);
    }
  }
  if (keys.length === 0) throw new TypeError(unused[0] ?? "it has no keys");
  if (keys.length > MAX_KEYS) throw new TypeError(`it has more than ${MAX_KEYS} keys`);
  return { keys, unused };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError("is not an object");
  }
  return value as Readonly<Record<string, unknown>>;
}

function withSubject<T>(subject: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TypeError) throw new TypeError(`${subject} ${error.message}`);
    throw error;
  }
}

function readSecret(text: string): VerificationKey {
  if (BARE_PUBLIC_KEY.test(text)) {
    throw new TypeError("it is a public key without the lines that PEM has before and after it");
  }
  if (!SECRET.test(text)) {
    throw new TypeError(
      "it is neither PEM, nor a JWK, nor a secret of one line of ASCII without spaces and quotes",
    );
  }
  if (text.length < MIN_SECRET || text.length > MAX_SECRET) {
    throw new TypeError(
      `it is a secret of fewer than ${MIN_SECRET} or more than ${MAX_SECRET} bytes`,
    );
  }
  return new VerificationKey("HS256", undefined, new TextEncoder().encode(text));
}
