/**
 * Telnet: commands never change the text around them in chunks of any size, and negotiation never loops.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { Incoming } from "../../lib/protocol/incoming.ts";
import { TelnetLineStream } from "../../lib/protocol/lines/telnet.ts";
import { concat, readChunks, utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import { mutate, randomText } from "./mutate.ts";
import type { Bytes, Target } from "./target.ts";

const NOP = 241, AO = 245, AYT = 246, WILL = 251, WONT = 252, DO = 253, DONT = 254, IAC = 255;

/** Telnet commands that may stand between characters. */
const COMMANDS: readonly (readonly number[])[] = [
  [IAC, NOP],
  [IAC, DO, 6],
  [IAC, WILL, 31],
  [IAC, WONT, 1],
  [IAC, DONT, 255],
  [IAC, 250, 24, 0, IAC, IAC, 10, IAC, 240],
];
const OTHERS: readonly (readonly number[])[] = [
  [IAC, 244, IAC, DO, 6],
  [IAC, AO, IAC, DO, 6],
  [IAC, AYT],
  [IAC, 247],
  [IAC],
  [IAC, IAC],
  [IAC, 250, 31],
  [13, 0],
  [0xd1],
];

function read(chunks: Iterable<Uint8Array>): Incoming[] {
  return readChunks(new TelnetLineStream(500), chunks);
}

/** The answers in `items`, as bytes. */
function answersTo(items: readonly Incoming[]): Bytes {
  return concat(
    ...items.flatMap((item) =>
      typeof item !== "string" && item.type === "telnet" ? item.answer ?? [] : []
    ),
  );
}

function linesOf(items: readonly Incoming[]): Incoming[] {
  return items.filter((item) => typeof item === "string" || item.type !== "telnet");
}

/** Commands between characters do not change the text. */
function checkInserted(random: Random): void {
  const text = Array.from(randomText(random, 40).replaceAll("\0", ""));
  const pieces = text.map((character) =>
    concat(utf8(character), Uint8Array.from(random.oneIn(3) ? random.pick(COMMANDS) : []))
  );
  const plain = read([utf8(text.join(""))]);
  assertEquals(linesOf(read(random.cut(concat(...pieces), 9))), plain, "Commands changed the text");
}

export const telnet: Target = {
  name: "telnet",
  short: 500,

  generate(random: Random): Bytes {
    const parts = Array.from(
      { length: random.below(30) },
      () =>
        random.oneIn(2)
          ? utf8(randomText(random, 10) + random.pick(["", "\n", "\r\n"]))
          : Uint8Array.from(random.pick(random.oneIn(2) ? COMMANDS : OTHERS)),
    );
    return mutate(concat(...parts), random, 2);
  },

  check(input: Bytes, random: Random): void {
    const whole = read([input]);
    for (const longest of [1, 3, 50]) {
      assertEquals(read(random.cut(input, longest)), whole, `In pieces of up to ${longest}`);
    }
    const owed = input.filter((byte) => [WILL, DO, AYT, AO].includes(byte)).length;
    const answered = whole.filter((item) => typeof item !== "string" && "answer" in item).length;
    assert(answered <= owed, `${answered} answers to ${owed} requests`);
    const back = answersTo(read([answersTo(whole)]));
    assertEquals(answersTo(read([back])).length, 0, "Two that answer each other find no end");
    checkInserted(random);
  },
};
