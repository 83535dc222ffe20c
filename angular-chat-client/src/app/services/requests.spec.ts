import examples from "../../../../tests/protocol_examples.json";
import { parseEvent } from "../models/protocol";
import { createRef, encodeRequest, frameLength } from "./requests";
import { isMessage, stripInvisible } from "./outgoing";

describe("a text of 64 kB", () => {
  /** The long text is this many times as long as the short one. */
  const FACTOR = 10;
  /** The most that the time may grow by: linear code takes 10 times as long, quadratic code 100 times. */
  const MAX_GROWTH = 40;
  /** Times shorter than this, in ms, measure the clock and the other programs rather than the code. */
  const MEASURABLE = 0.05;
  /** Other programs can spoil a measurement, but not all of so many. */
  const ATTEMPTS = 20;
  const seeds = [
    ["", "a", " "],
    ["", " ", "x"],
    ["", " \u2800", "x"],
    ["/", "\u200b", "/"],
    ["", "\u0301\u0316", ""],
    ["/whisper", " ", ""],
    ["/whisper ", "a ", ""],
    ["/me", " ", ""],
    ["", "\n", ""],
    ["", "[", ""],
  ] as const;
  const from = { id: 1, name: "Ada", address: "" };
  const readers = {
    stripInvisible,
    isMessage,
    parseEvent,
    "parseEvent() of a message": (text: string) =>
      parseEvent(JSON.stringify({ type: "message", time: 1, room: "a", id: 1, text, from })),
  };
  const timeOf = (read: (text: string) => unknown, text: string) => {
    const start = performance.now();
    read(text);
    return performance.now() - start;
  };
  const isProportional = (read: (text: string) => unknown, make: (length: number) => string) => {
    const [short, long] = [make(65_536 / FACTOR), make(65_536)];
    let shortTime = Infinity, longTime = Infinity;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      for (let round = 0; round < 3; round++) shortTime = Math.min(shortTime, timeOf(read, short));
      longTime = Math.min(longTime, timeOf(read, long));
      if (longTime <= MAX_GROWTH * Math.max(shortTime, MEASURABLE)) return true;
    }
    return false;
  };
  for (const [name, read] of Object.entries(readers)) {
    it(`takes ${name} time in proportion`, () => {
      for (const [before, part, behind] of seeds) {
        const make = (length: number) => before + part.repeat(length / part.length) + behind;
        expect(isProportional(read, make), JSON.stringify([before, part, behind])).toBe(true);
      }
    });
  }
});

describe("requests", () => {
  it("are encoded as the protocol's examples", () => {
    const known = new Set(examples.client.map(({ request }) => request.type));
    expect(known).toEqual(new Set(["login", "message", "command", "join", "leave", "history"]));
    expect(JSON.parse(encodeRequest({ type: "leave", id: "r", room: "dev" }))).toEqual({
      type: "leave",
      id: "r",
      room: "dev",
    });
  });

  it("have unique ids that are long enough to be unique across connections", () => {
    const refs = Array.from({ length: 100 }, createRef);
    expect(new Set(refs).size).toBe(100);
    expect(refs.every((ref) => /^[0-9a-f]{32}$/.test(ref))).toBe(true);
  });

  it("are measured in bytes", () => expect(frameLength("\u00e4\u{1f642}")).toBe(6));
});
