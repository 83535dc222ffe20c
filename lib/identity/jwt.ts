/**
 * Verifies signed tokens: JSON Web Tokens (RFC 7519) with a JWS (RFC 7515), as RFC 8725 recommends.
 *
 * The key decides the algorithm, not the token. Nothing in a token is believed before its signature is verified; its header
 * only selects the key.
 * @module
 */
import { decodeUtf8 } from "../text/decode.ts";
import { decodeBase64url } from "./base64url.ts";
import { readClaims } from "./claims.ts";
import type { Identity } from "./identity.ts";
import { algorithmOf, MAX_KEY_ID, type VerificationKey } from "./jwk.ts";
import { parseJsonObject } from "./json_object.ts";
import { JwtError } from "./jwt_error.ts";

/** The longest token, in bytes. Providers that put groups into tokens need 2 to 4 kB; half of a request head is left. */
export const MAX_JWT = 8_192;

/**
 * The longest header of a token, encoded. It names an algorithm and a key, and is all that is parsed of a token that nobody
 * may have signed: a longer one would let strangers keep the server busy.
 */
const MAX_HEADER = 2_048;

/**
 * The types of tokens that are accepted (`typ`), with or without `application/` in front. Providers sign other tokens with the
 * same key, such as those for a logout, which must not let anybody in (RFC 8725 3.11).
 */
const TYPES: readonly unknown[] = [undefined, "jwt", "at+jwt"];

const encoder = new TextEncoder();

export interface JwtVerifierOptions {
  readonly keys: readonly VerificationKey[];
  /** The audience that tokens must name. Without one, tokens that name an audience are meant for somebody else. */
  readonly audience: string | undefined;
  /** The wall clock, in ms of Unix time. */
  readonly now: () => number;
}

/** Whether a text has the form of a JWT, so that it is no password. */
export function isJwtForm(text: string): boolean {
  return /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*){2}$/.test(text);
}

export class JwtVerifier {
  readonly #options: JwtVerifierOptions;

  constructor(options: JwtVerifierOptions) {
    this.#options = options;
  }

  /**
   * Returns the identity that a token states.
   *
   * @throws {JwtError} If the token is not accepted.
   */
  async verify(token: string): Promise<Identity> {
    if (token.length > MAX_JWT) throw new JwtError(`Token is longer than ${MAX_JWT} bytes`);
    const parts = token.split(".");
    const [header, payload, signature] = parts.map(decodeBase64url);
    if (
      parts.length !== 3 || header === undefined || payload === undefined || signature === undefined
    ) {
      throw new JwtError("Token is not a signed JWT");
    }
    if (parts[0]!.length > MAX_HEADER) {
      throw new JwtError(`Token has a header longer than ${MAX_HEADER} bytes`);
    }
    const keys = this.#keysFor(readHeader(header));
    const signed = encoder.encode(token.slice(0, token.lastIndexOf(".")));
    if (!await isSignedBy(keys, signature, signed)) {
      throw new JwtError("Token is not signed with a key of this server");
    }
    return readClaims(readObject(payload), this.#options.audience, this.#options.now());
  }

  /** The keys that a token with this header may be signed with. */
  #keysFor(header: ReadonlyMap<string, unknown>): readonly VerificationKey[] {
    const algorithm = algorithmOf(header.get("alg"));
    const id = header.get("kid");
    return this.#options.keys.filter((key) =>
      key.algorithm === algorithm && (id === undefined || key.id === undefined || key.id === id)
    );
  }
}

async function isSignedBy(
  keys: readonly VerificationKey[],
  signature: Uint8Array<ArrayBuffer>,
  signed: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  for (const key of keys) if (await key.verify(signature, signed)) return true;
  return false;
}

function readHeader(bytes: Uint8Array): ReadonlyMap<string, unknown> {
  const header = readObject(bytes);
  // RFC 7515 4.1.11: an extension that is not understood. None is.
  if (header.has("crit")) throw new JwtError("Token needs an extension that is not known here");
  const type = header.get("typ");
  const isText = typeof type === "string";
  if (!TYPES.includes(isText ? type.toLowerCase().replace(/^application\//, "") : type)) {
    throw new JwtError("Token is of another type than JWT or at+jwt");
  }
  if (header.has("cty")) throw new JwtError("Token contains another token");
  const id = header.get("kid");
  if (id !== undefined && (typeof id !== "string" || id.length > MAX_KEY_ID)) {
    throw new JwtError("Token has a malformed key id");
  }
  return header;
}

function readObject(bytes: Uint8Array): ReadonlyMap<string, unknown> {
  const text = decodeUtf8(bytes);
  const object = text === undefined ? undefined : parseJsonObject(text);
  if (object === undefined) throw new JwtError("Token is not made of valid JSON objects");
  return object;
}
