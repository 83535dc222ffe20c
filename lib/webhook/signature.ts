/**
 * The signature of webhooks, after the Standard Webhooks specification 1.0: HMAC-SHA256 over the id, the time and the body.
 * @module
 */
import { createHmac } from "node:crypto";

/** In front of a secret in base64, as the specification writes secrets. */
const PREFIX = "whsec_";

/** The sizes of a secret that the specification allows, in bytes: 192 to 512 bits. */
const MIN_SECRET = 24, MAX_SECRET = 64;

/** The most secrets that sign a request: the one in use, and another one while it is replaced. */
const MAX_SECRETS = 2;

/** Base64 with or without its padding (RFC 4648 section 4). */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** Characters of a raw secret. */
const RAW = /^[\x21-\x7e]+$/;

/** Signs requests with one or two secrets, which cannot be read back. */
export class Signer {
  readonly #secrets: readonly Uint8Array[];

  /**
   * @param text One secret a line: base64 behind `whsec_`, or ASCII characters without spaces, whose bytes are the secret.
   *   While a secret is replaced there may be two; a receiver then finds a signature of each.
   * @throws {TypeError} If it is none. The message says why in a few words, without the text.
   */
  constructor(text: string) {
    const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
    if (lines.length > MAX_SECRETS) throw new TypeError(`it has more than ${MAX_SECRETS} lines`);
    this.#secrets = lines.map(parseSecret);
  }

  /**
   * Returns the value of the field `webhook-signature`.
   *
   * @param id The value of `webhook-id`, without a full stop.
   * @param timestamp The value of `webhook-timestamp`, in seconds since 1970.
   */
  sign(id: string, timestamp: number, body: Uint8Array): string {
    return this.#secrets.map((secret) => {
      const hmac = createHmac("sha256", secret).update(`${id}.${timestamp}.`).update(body);
      return `v1,${hmac.digest("base64")}`;
    }).join(" ");
  }
}

function parseSecret(line: string): Uint8Array {
  if (line === "") throw new TypeError("it is empty, or a line of it is");
  const secret = line.startsWith(PREFIX)
    ? decodeBase64(line.slice(PREFIX.length))
    : encodeRaw(line);
  if (secret.length < MIN_SECRET || secret.length > MAX_SECRET) {
    throw new TypeError(
      `a secret has ${MIN_SECRET} to ${MAX_SECRET} bytes, not ${secret.length}`,
    );
  }
  return secret;
}

function decodeBase64(text: string): Uint8Array {
  if (!BASE64.test(text)) throw new TypeError(`what follows ${PREFIX} is not base64`);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function encodeRaw(line: string): Uint8Array {
  if (!RAW.test(line)) throw new TypeError("it has spaces, or characters that are not ASCII");
  return new TextEncoder().encode(line);
}
