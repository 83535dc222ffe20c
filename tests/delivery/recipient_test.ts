import { assertEquals } from "@std/assert";
import { Segment, SegmentWriter } from "../../lib/delivery/segment.ts";
import { Reader } from "./fakes.ts";

/** A reader whose recipient gets texts as a broadcaster delivers them, each in a run of its own. */
class Subject extends Reader {
  readonly #writer = new SegmentWriter(this.recipient.format.encode, 1);

  push(...texts: string[]): number {
    return texts.reduce((lost, text) => {
      this.#writer.append(text);
      const { segment, record } = this.#writer;
      return lost + this.recipient.push(segment, record, record + 1);
    }, 0);
  }

  answer(text: string): void {
    this.recipient.answer(this.recipient.encode(text));
  }

  /** The lines of one write. */
  lines(): string[] | undefined {
    return this.take()?.split("\n").slice(0, -1);
  }
}

Deno.test("Recipient.take() gives messages, answers and bytes in order", () => {
  const subject = new Subject();
  subject.push("a", "b");
  subject.answer("answer");
  subject.recipient.answer(Segment.of(new TextEncoder().encode("bytes\n")));
  subject.push("c");
  assertEquals(subject.take(), "a\nb\nanswer\nbytes\nc\n");
  assertEquals(subject.take(), undefined);
});

Deno.test("Recipient.discard() empties the queue", () => {
  const subject = new Subject();
  subject.push("a");
  subject.answer("answer");
  subject.recipient.discard();
  assertEquals([subject.recipient.waiting, subject.take()], [0, undefined]);
});

Deno.test("Recipient.markForFlush() marks it once until it is flushed", () => {
  const { recipient } = new Subject();
  assertEquals([recipient.markForFlush(), recipient.markForFlush()], [true, false]);
  recipient.flush();
  assertEquals(recipient.markForFlush(), true);
});

Deno.test("Recipient.full counts messages and answers", () => {
  const subject = new Subject({ capacity: 2 });
  subject.push("a");
  assertEquals(subject.recipient.full, false);
  subject.answer("answer");
  assertEquals(subject.recipient.full, true);
  subject.take();
  assertEquals(subject.recipient.full, false);
});

Deno.test("Recipient.push() reports every tenth loss, from the thousandth on every round number", () => {
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

Deno.test("Recipient.push() reports every round number that the losses of one run pass", () => {
  const subject = new Subject({ capacity: 1 });
  const log = new SegmentWriter((text, target, at) => {
    return at + new TextEncoder().encodeInto(text, target.subarray(at)).written;
  }, 0);
  for (let i = 0; i < 2036; i++) log.append("x");
  subject.recipient.push(log.segment, 0, 1);
  assertEquals(subject.recipient.push(log.segment, 1, 36), 35);
  assertEquals(subject.reports, ["slow 10", "slow 20", "slow 30"]);
  assertEquals(subject.recipient.push(log.segment, 36, 1001), 965);
  assertEquals(subject.recipient.push(log.segment, 1001, 2036), 1035);
  assertEquals(subject.reports.slice(-3), ["slow 990", "slow 1000", "slow 2000"]);
});

Deno.test("Recipient.take() puts the notice of lost messages in front, and reports when everything is taken", () => {
  const subject = new Subject({ capacity: 2 });
  assertEquals(subject.push("a", "b", "c", "d", "e"), 3);
  assertEquals(subject.lines(), ["3 lost", "d", "e"]);
  assertEquals(subject.reports, []);
  assertEquals(subject.lines(), undefined);
  assertEquals(subject.reports, ["recovered 3"]);
  subject.push("f");
  assertEquals([subject.lines(), subject.lines()], [["f"], undefined]);
  assertEquals(subject.reports, ["recovered 3"]);
});

Deno.test("Recipient.take() goes on counting until everything is taken, and each notice counts only new losses", () => {
  const subject = new Subject({ capacity: 2 });
  subject.push("a", "b", "c", "d");
  assertEquals(subject.lines(), ["2 lost", "c", "d"]);
  subject.push("e", "f", "g");
  assertEquals(subject.lines(), ["1 lost", "f", "g"]);
  subject.lines();
  assertEquals(subject.reports, ["recovered 3"]);
  subject.push(..."0123456789ab");
  assertEquals(subject.reports, ["recovered 3", "slow 10"]);
});

Deno.test("Recipient.take() puts the notice behind the messages if the newest were lost", () => {
  const subject = new Subject({ capacity: 2, overflow: "drop-newest" });
  assertEquals(subject.push("a", "b", "c", "d"), 2);
  assertEquals([subject.lines(), subject.lines(), subject.lines()], [
    ["a", "b"],
    ["2 lost"],
    undefined,
  ]);
  assertEquals(subject.reports, ["recovered 2"]);
});
