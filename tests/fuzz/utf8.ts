/**
 * UTF-8: both decoders agree with the runtime's, and the validator fails at the first invalid byte.
 * @module
 */
import { assertEquals } from "@std/assert";
import { decodeUtf8, Utf8Validator } from "../../lib/text/decode.ts";
import { utf8 as encode } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import { mutate, randomText } from "./mutate.ts";
import type { Bytes, Target } from "./target.ts";

/** The text, or the number of bytes before the first invalid one. */
function model(input: Bytes): { text: string | undefined; sound: number } {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "", sound = 0;
  try {
    for (const byte of input) {
      text += decoder.decode(Uint8Array.of(byte), { stream: true });
      sound++;
    }
    return { text: text + decoder.decode(), sound };
  } catch {
    return { text: undefined, sound };
  }
}

export const utf8: Target = {
  name: "utf8",
  short: 1_500,

  generate: (random: Random): Bytes =>
    random.oneIn(4)
      ? Uint8Array.from({ length: random.below(6) }, () => random.between(0x78, 0xff))
      : mutate(encode(randomText(random, 30)), random, 2),

  check(input: Bytes, random: Random): void {
    const { text, sound } = model(input);
    assertEquals(decodeUtf8(input), text);
    const validator = new Utf8Validator();
    let passed = 0;
    for (const byte of input) {
      if (!validator.write(Uint8Array.of(byte))) break;
      passed++;
    }
    assertEquals(passed, sound, "It fails at the first byte that is wrong");
    if (sound < input.length) return;
    assertEquals(validator.complete, text !== undefined, "It ends inside a character");
    validator.reset();
    for (const piece of random.cut(input, 5)) assertEquals(validator.write(piece), true);
    assertEquals(validator.complete, text !== undefined);
  },
};
