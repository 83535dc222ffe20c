import examples from "../../../../tests/protocol_examples.json";
import { createRef, encodeRequest, frameLength, parseEvent } from "./protocol";
import { isSaid, uncover } from "./speech";

describe("parseEvent()", () => {
  for (const { name, event } of examples.server) {
    it(`takes the protocol's example of ${name}`, () => {
      expect(parseEvent(JSON.stringify(event))).toEqual(event);
    });

    it(`lets pass what a newer server adds to ${name}`, () => {
      const newer = { ...event, more: { than: ["known"] } };
      expect(parseEvent(JSON.stringify(newer))).toEqual(newer);
    });
  }

  it("ignores events that it does not know, and keeps the text of such replies", () => {
    expect(parseEvent('{"type":"weather","time":1}')).toBeUndefined();
    const reply = '{"type":"reply","time":1,"ref":"r","command":"weather","text":"rain","data":1}';
    expect(parseEvent(reply)).toMatchObject({ command: null, text: "rain", ref: "r" });
  });

  const broken = [
    "",
    "nonsense",
    "null",
    "[]",
    "1",
    "{}",
    '{"type":"message"}',
    '{"type":1,"time":1}',
    '{"type":"constructor","time":1}',
    '{"type":"__proto__","time":1}',
    '{"type":"message","time":"1","room":"a","id":1,"text":"","from":null}',
    '{"type":"message","time":1,"room":"a","id":1,"text":"no sender"}',
    '{"type":"message","time":1,"room":"a","id":1,"text":"","from":{"id":1,"name":1,"address":""}}',
    '{"type":"presence","time":1,"room":"a","event":"explode","users":1,"user":{"id":1,"name":null,"address":""}}',
    '{"type":"reply","time":1,"ref":null,"text":"","command":"list","data":{"room":"a","users":[null]}}',
    '{"type":"reply","time":1,"ref":null,"text":"","command":"history","data":{"room":"a"}}',
    '{"type":"shutdown","time":1,"text":"bye"}',
    new ArrayBuffer(4),
    undefined,
  ];
  for (const frame of broken) {
    it(`refuses ${String(frame)}`, () => expect(parseEvent(frame)).toBeUndefined());
  }
});

describe("a text of 64 kB", () => {
  /** Four times the text takes about four times the time, and sixteen times if each part is compared with each other. */
  const MOST_GROWTH = 10;
  /** Below this, in ms, it is the clock and the other programs that are measured. */
  const MEASURABLE = 5;
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
    uncover,
    isSaid,
    parseEvent,
    "parseEvent() of a message": (text: string) =>
      parseEvent(JSON.stringify({ type: "message", time: 1, room: "a", id: 1, text, from })),
  };
  const timeOf = (read: (text: string) => unknown, text: string) => {
    const start = performance.now();
    read(text);
    return performance.now() - start;
  };
  for (const [name, read] of Object.entries(readers)) {
    it(`takes ${name} time in proportion`, () => {
      for (const [before, part, behind] of seeds) {
        const make = (length: number) => before + part.repeat(length / part.length) + behind;
        let short = Infinity, long = Infinity;
        for (let round = 0; round < 4; round++) {
          short = Math.min(short, timeOf(read, make(16_384)));
          long = Math.min(long, timeOf(read, make(65_536)));
        }
        expect(long / Math.max(short, MEASURABLE), `${before}${part}`).toBeLessThan(MOST_GROWTH);
      }
    });
  }
});

describe("requests", () => {
  it("are encoded as the protocol's examples", () => {
    const known = new Set(examples.client.map(({ request }) => request.type));
    expect(known).toEqual(new Set(["message", "command", "join", "leave", "history"]));
    expect(JSON.parse(encodeRequest({ type: "leave", id: "r", room: "dev" }))).toEqual({
      type: "leave",
      id: "r",
      room: "dev",
    });
  });

  it("have ids that are never twice the same, and long enough to hold across connections", () => {
    const refs = Array.from({ length: 100 }, createRef);
    expect(new Set(refs).size).toBe(100);
    expect(refs.every((ref) => /^[0-9a-f]{32}$/.test(ref))).toBe(true);
  });

  it("are measured in bytes", () => expect(frameLength("\u00e4\u{1f642}")).toBe(6));
});
