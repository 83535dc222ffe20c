/**
 * UTF-8, checked as it arrives.
 *
 * `TextDecoder` can only say "wrong" about bytes it is given whole; RFC 6455 8.1 and a person who waits for the answer
 * are both better served by a check that fails at the first byte that can no longer become valid.
 * @module
 */

/** Decodes what is known to be whole. A BOM is text like any other here: what came in is what goes out. */
const lossy = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

const REPLACEMENT = "\uFFFD";

/**
 * The text of `bytes`, or `undefined` if they are not valid UTF-8.
 *
 * The lossy decoder is 2.5 times as fast as the fatal one, so that one runs first; only a text that has a U+FFFD in it,
 * rightly or not, is looked at again.
 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  const text = lossy.decode(bytes);
  if (!text.includes(REPLACEMENT)) return text;
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** A check that goes on over any number of chunks. Table 3-7 of the Unicode Standard, "Well-Formed UTF-8". */
export class Utf8Validator {
  /** How many continuation bytes are still owed. */
  #owed = 0;
  /** What the next continuation byte may be; narrower than 80..BF only right behind E0, ED, F0 and F4. */
  #low = 0x80;
  #high = 0xbf;

  /** Whether what came so far may end here. */
  get complete(): boolean {
    return this.#owed === 0;
  }

  reset(): void {
    this.#owed = 0;
    this.#low = 0x80;
    this.#high = 0xbf;
  }

  /** Takes more bytes; `false` as soon as no continuation could make the text valid. Then only `reset` helps. */
  write(bytes: Uint8Array): boolean {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (this.#owed > 0) {
        if (byte < this.#low || byte > this.#high) return false;
        this.#low = 0x80;
        this.#high = 0xbf;
        this.#owed--;
      } else if (byte >= 0x80 && !this.#lead(byte)) return false;
    }
    return true;
  }

  #lead(byte: number): boolean {
    if (byte < 0xc2 || byte > 0xf4) return false;
    this.#owed = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte === 0xe0) this.#low = 0xa0; // shorter forms exist
    else if (byte === 0xed) this.#high = 0x9f; // surrogates
    else if (byte === 0xf0) this.#low = 0x90; // shorter forms exist
    else if (byte === 0xf4) this.#high = 0x8f; // past U+10FFFF
    return true;
  }
}
