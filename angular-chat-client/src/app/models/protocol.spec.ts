import examples from "../../../../tests/protocol_examples.json";
import { parseEvent } from "./protocol";

describe("parseEvent()", () => {
  for (const type of ["constructor", "__proto__", "toString"]) {
    it(`treats ${type} as an unknown type`, () => {
      expect(parseEvent(JSON.stringify({ type, time: 1 }))).toEqual({ type, time: 1 });
    });
  }

  for (const { name, event } of examples.server) {
    it(`accepts the protocol's example of ${name}`, () => {
      expect(parseEvent(JSON.stringify(event))).toEqual(event);
    });

    it(`accepts members that a newer server adds to ${name}`, () => {
      const newer = { ...event, more: { than: ["known"] } };
      expect(parseEvent(JSON.stringify(newer))).toEqual(newer);
    });
  }

  it("accepts event types and replies that this version does not know", () => {
    const weather = { type: "weather", time: 1, room: "lobby", rain: 3 };
    expect(parseEvent(JSON.stringify(weather))).toEqual(weather);
    const reply = {
      type: "reply",
      time: 1,
      ref: "r",
      command: "weather",
      text: "rain",
      data: { rain: 3 },
    };
    expect(parseEvent(JSON.stringify(reply))).toEqual(reply);
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
