import { assertEquals } from "@std/assert";
import { Member } from "../../lib/chat/member.ts";
import type { RingLimits } from "../../lib/delivery/ring_buffer.ts";
import { Segment, SegmentWriter } from "../../lib/delivery/segment.ts";
import { Client, CountingFormat } from "./fakes.ts";

function notice(count: number): string {
  return `Notice: ${count} messages were dropped because this connection is too slow`;
}

/** A member that is told texts as an audience tells it, and what its observer heard. */
class Subject {
  readonly reports: string[] = [];
  readonly member: Member;
  readonly #log: SegmentWriter;

  constructor(limits: Partial<RingLimits> = {}) {
    const format = new CountingFormat();
    this.#log = new SegmentWriter(format.encode, format.overhead);
    this.member = new Member(
      7,
      "10.0.0.1:7",
      format,
      { capacity: 100, capacityBytes: 1000, overflow: "drop-oldest", ...limits },
      new Client(),
      {
        slow: (_, dropped) => this.reports.push(`slow ${dropped}`),
        recovered: (_, dropped) => this.reports.push(`recovered ${dropped}`),
      },
    );
  }

  push(...texts: string[]): number {
    return texts.reduce((lost, text) => {
      this.#log.append(text);
      const { segment, record } = this.#log;
      return lost + this.member.push(segment, record, record + 1);
    }, 0);
  }

  error(text: string): void {
    this.member.answer(this.member.encode({ type: "error", code: "usage", text, ref: undefined })!);
  }

  /** One write. */
  take(): string[] | undefined {
    const bytes = this.member.take();
    return bytes && new TextDecoder().decode(bytes).split("\n").slice(0, -1);
  }
}

Deno.test("Member.take() gives messages, answers and bytes in order", () => {
  const subject = new Subject();
  subject.push("a", "b");
  subject.error("answer");
  subject.member.answer(Segment.of(new TextEncoder().encode("bytes\n")));
  subject.push("c");
  assertEquals(subject.take(), ["a", "b", "answer", "bytes", "c"]);
  assertEquals(subject.take(), undefined);
});

Deno.test("Member.encode() makes nothing of events that the format has no word for", () => {
  const { member } = new Subject();
  assertEquals(member.encode({ type: "ack", room: "lobby", id: 1, ref: "a" }), undefined);
});

Deno.test("Member.full is true when no more answers should be caused", () => {
  const subject = new Subject({ capacity: 2 });
  subject.push("a");
  assertEquals(subject.member.full, false);
  subject.error("answer");
  assertEquals(subject.member.full, true);
  subject.take();
  assertEquals(subject.member.full, false);
});

Deno.test("Member.push() reports every tenth loss, from the thousandth on every round number", () => {
  const subject = new Subject({ capacity: 1 });
  subject.push("first", ...Array.from({ length: 9 }, String));
  assertEquals(subject.reports, []);
  subject.push("10");
  assertEquals(subject.reports, ["slow 10"]);
  for (let i = 11; i <= 10_500; i++) subject.push(String(i));
  const tens = Array.from({ length: 99 }, (_, i) => 10 * (i + 1));
  const thousands = Array.from({ length: 10 }, (_, i) => 1000 * (i + 1));
  assertEquals(subject.reports, [...tens, ...thousands].map((count) => `slow ${count}`));
});

Deno.test("Member.push() reports all the steps that one run of losses passes", () => {
  const subject = new Subject({ capacity: 1 });
  const log = new SegmentWriter((text, target, at) => {
    return at + new TextEncoder().encodeInto(text, target.subarray(at)).written;
  }, 0);
  for (let i = 0; i < 2036; i++) log.append("x");
  subject.member.push(log.segment, 0, 1);
  assertEquals(subject.member.push(log.segment, 1, 36), 35);
  assertEquals(subject.reports, ["slow 10", "slow 20", "slow 30"]);
  assertEquals(subject.member.push(log.segment, 36, 1001), 965);
  assertEquals(subject.member.push(log.segment, 1001, 2036), 1035);
  assertEquals(subject.reports.slice(-3), ["slow 990", "slow 1000", "slow 2000"]);
});

Deno.test("Member.take() tells first what was dropped, and that it recovered when all is taken", () => {
  const subject = new Subject({ capacity: 2 });
  assertEquals(subject.push("a", "b", "c", "d", "e"), 3);
  assertEquals(subject.take(), [notice(3), "d", "e"]);
  assertEquals(subject.reports, []);
  assertEquals(subject.take(), undefined);
  assertEquals(subject.reports, ["recovered 3"]);
  subject.push("f");
  assertEquals([subject.take(), subject.take()], [["f"], undefined]);
  assertEquals(subject.reports, ["recovered 3"]);
});

Deno.test("Member.take() goes on counting while it has not recovered, and tells only what is new", () => {
  const subject = new Subject({ capacity: 2 });
  subject.push("a", "b", "c", "d");
  assertEquals(subject.take(), [notice(2), "c", "d"]);
  subject.push("e", "f", "g");
  assertEquals(subject.take(), [notice(1), "f", "g"]);
  subject.take();
  assertEquals(subject.reports, ["recovered 3"]);
  subject.push(..."0123456789ab");
  assertEquals(subject.reports, ["recovered 3", "slow 10"]);
});

Deno.test("Member.take() tells behind the others what the newest were", () => {
  const subject = new Subject({ capacity: 2, overflow: "drop-newest" });
  assertEquals(subject.push("a", "b", "c", "d"), 2);
  assertEquals([subject.take(), subject.take(), subject.take()], [
    ["a", "b"],
    [notice(2)],
    undefined,
  ]);
  assertEquals(subject.reports, ["recovered 2"]);
});
