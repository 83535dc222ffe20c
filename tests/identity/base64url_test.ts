import { assertEquals } from "@std/assert";
import { decodeBase64url } from "../../lib/identity/base64url.ts";
import { encodeBase64url } from "../support/tokens.ts";

Deno.test("decodeBase64url() decodes what is encoded", () => {
  for (let length = 0; length < 20; length++) {
    for (const fill of [0, 0x3e, 0xff]) {
      const bytes = new Uint8Array(length).fill(fill);
      assertEquals(decodeBase64url(encodeBase64url(bytes)), bytes);
    }
  }
});

Deno.test("decodeBase64url() refuses padding, other alphabets, white space and impossible lengths", () => {
  for (const text of ["AA==", "AAA=", "A", "AAAAA", "AA+A", "AA/A", "A A", "AA\n", "AAA\u00e9"]) {
    assertEquals(decodeBase64url(text), undefined, JSON.stringify(text));
  }
});

/** Two spellings of one signature would be two tokens, and whatever compares tokens could be fooled. */
Deno.test("decodeBase64url() accepts one spelling of each sequence of bytes", () => {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (const [prefix, valid] of [["A", 4], ["AA", 16], ["AAA", 64]] as const) {
    const decoded = Array.from(digits, (digit) => decodeBase64url(prefix + digit));
    assertEquals(decoded.filter((bytes) => bytes !== undefined).length, valid);
    assertEquals(new Set(decoded.map(String)).size, valid === 64 ? 64 : valid + 1);
  }
});
