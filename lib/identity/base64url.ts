/**
 * Base64url without padding (RFC 4648 5, RFC 7515 2), strictly: each sequence of bytes has one encoding.
 * @module
 */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const BASE64URL = /^[A-Za-z0-9_-]*$/;

/** Bits of the last character that belong to no byte, by the length of the text modulo 4. They have to be 0 (RFC 4648 3.5). */
const UNUSED_BITS = [0, undefined, 0b1111, 0b11];

/** Decodes a text. Returns `undefined` if it is not the encoding of any bytes. */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const unused = UNUSED_BITS[text.length % 4];
  if (unused === undefined || !BASE64URL.test(text)) return undefined;
  if ((ALPHABET.indexOf(text.at(-1) ?? "A") & unused) !== 0) return undefined;
  return Uint8Array.fromBase64(text, { alphabet: "base64url" });
}
