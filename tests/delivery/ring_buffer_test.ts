import { assert, assertEquals } from "@std/assert";
import {
  MAX_WRITE,
  type Overflow,
  RingBuffer,
  type RingLimits,
} from "../../lib/delivery/ring_buffer.ts";
import {
  type MessageRef,
  Segment,
  SEGMENT_BYTES,
  SegmentWriter,
} from "../../lib/delivery/segment.ts";
import { eachSeed, type Random } from "../random.ts";

const OVERFLOWS: Overflow[] = ["drop-oldest", "drop-newest", "disconnect"];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function newLog(): SegmentWriter {
  return new SegmentWriter((text, target, at) => {
    return at + encoder.encodeInto(text, target.subarray(at)).written;
  }, 0);
}

/** Records `texts` in one segment. */
function segmentOf(...texts: string[]): Segment {
  const log = newLog();
  for (const text of texts) log.append(text);
  return log.segment;
}

function newRing(limits: Partial<RingLimits> = {}): RingBuffer {
  return new RingBuffer({
    capacity: 1024,
    capacityBytes: 1 << 20,
    overflow: "drop-oldest",
    ...limits,
  });
}

/** Adds each text as a message in a segment of its own. Returns how many were lost. */
function push(ring: RingBuffer, ...texts: string[]): number {
  return texts.reduce((lost, text) => lost + ring.push(segmentOf(text), 0, 1), 0);
}

function answer(ring: RingBuffer, text: string): void {
  ring.answer(Segment.of(encoder.encode(text)));
}

function take(ring: RingBuffer): string | undefined {
  const bytes = ring.take();
  return bytes && decoder.decode(bytes);
}

/** Takes everything as a recipient does: a loss is `<1>` in its place. */
function takeAll(ring: RingBuffer): string {
  let all = "";
  for (;;) {
    const missed = ring.takeLoss()?.count ?? 0;
    const text = take(ring);
    if (missed > 0) all += `<${missed}>`;
    if (text === undefined) return all;
    all += text;
  }
}

Deno.test("RingBuffer.take() returns undefined for an empty ring", () => {
  const ring = newRing();
  assertEquals([ring.take(), ring.empty, ring.full, ring.takeLoss()], [
    undefined,
    true,
    false,
    undefined,
  ]);
});

Deno.test("RingBuffer.push() extends the last slice if the next one is right behind it, without a copy", () => {
  const ring = newRing();
  const segment = segmentOf("a", "b", "c", "d");
  ring.push(segment, 0, 1);
  ring.push(segment, 1, 3);
  ring.push(segment, 3, 4);
  assertEquals([ring.messages, ring.bytes, ring.pinned], [4, 4, SEGMENT_BYTES]);
  const bytes = ring.take()!;
  assert(bytes === segment.view(0, 4));
  assertEquals([ring.messages, ring.bytes, ring.pinned, ring.empty], [0, 0, 0, true]);
});

Deno.test("RingBuffer.take() gathers slices into one write, in order", () => {
  const ring = newRing();
  const segment = segmentOf("a", "b", "c");
  ring.push(segment, 0, 1);
  ring.push(segment, 2, 3);
  push(ring, "d", "e");
  ring.push(segment, 1, 2);
  assertEquals([take(ring), take(ring)], ["acdeb", undefined]);
});

Deno.test("RingBuffer.take() returns a large slice without a copy", () => {
  const ring = newRing();
  const segment = segmentOf("x".repeat(20_000));
  ring.push(segment, 0, 1);
  push(ring, "small");
  assert(ring.take()!.buffer === segment.bytes.buffer);
  assertEquals(take(ring), "small");
});

Deno.test("RingBuffer.take() gathers little and keeps to MAX_WRITE, except for a longer message", () => {
  const ring = newRing();
  const lengths = () => {
    const all: number[] = [];
    for (let bytes = ring.take(); bytes; bytes = ring.take()) all.push(bytes.length);
    return all;
  };
  for (let i = 0; i < 40; i++) push(ring, "x".repeat(1000));
  assertEquals(lengths(), [16_000, 16_000, 8_000]); // gathered
  push(ring, "a", "x".repeat(MAX_WRITE + 1), "b");
  assertEquals(lengths(), [1, MAX_WRITE + 1, 1]);
  answer(ring, "x".repeat(MAX_WRITE + 1));
  push(ring, "x".repeat(MAX_WRITE));
  answer(ring, "a");
  assertEquals(lengths(), [MAX_WRITE, 1, MAX_WRITE, 1]);
});

/** A page of history of 3 MB was one write, during which another one could be queued. */
Deno.test("RingBuffer.take() splits a long answer, and nothing comes between its parts", () => {
  const ring = newRing({ capacity: 3, capacityBytes: 1_000_000, overflow: "drop-oldest" });
  const long = "0123456789".repeat(MAX_WRITE / 4);
  answer(ring, long);
  push(ring, "a");
  let text = take(ring)!;
  assertEquals(text.length, MAX_WRITE);
  push(ring, "b", "c", "d");
  assertEquals(ring.takeLoss(), undefined); // a notice of it would stand within the answer
  while (text.length < long.length) text += take(ring);
  assertEquals(text.slice(0, long.length), long);
  assertEquals(ring.takeLoss()?.count, 2);
  assertEquals(text.slice(long.length) + take(ring), "cd");
});

/** 23 kB of requests took 460 MB: bytes that were being written did not count, however many they were. */
Deno.test("RingBuffer.full counts the last write until more is taken, and allows half of the bytes for answers", () => {
  const ring = newRing({ capacityBytes: 1_000 });
  push(ring, "x".repeat(999));
  assertEquals(ring.full, false);
  take(ring);
  answer(ring, "y");
  assertEquals(ring.full, true);
  take(ring);
  assertEquals(ring.full, false);
  answer(ring, "z".repeat(498));
  assertEquals(ring.full, false);
  answer(ring, "z");
  assertEquals(ring.full, true);
  take(ring);
  assertEquals([ring.empty, ring.full], [true, false]); // 499 are being written
  assertEquals([take(ring), ring.full], [undefined, false]);
});

Deno.test("RingBuffer.answer() keeps the order of answers and messages", () => {
  const ring = newRing();
  const segment = segmentOf("a", "b", "c", "d");
  answer(ring, "1");
  ring.push(segment, 0, 2);
  answer(ring, "2");
  answer(ring, "3");
  ring.push(segment, 2, 4);
  answer(ring, "4");
  ring.answerFirst(Segment.of(encoder.encode("0")));
  assertEquals([ring.messages, ring.bytes], [4, 9]);
  assertEquals([take(ring), ring.bytes], ["01ab23cd4", 0]);
});

Deno.test("RingBuffer.answer() adds answers that are never dropped, and keep their place when messages are", () => {
  const oldest = newRing({ capacity: 3, overflow: "drop-oldest" });
  push(oldest, "a", "b");
  answer(oldest, "1");
  assertEquals(push(oldest, "c", "d"), 2);
  answer(oldest, "2");
  for (let i = 3; i < 9; i++) answer(oldest, String(i));
  assertEquals(push(oldest, "e"), 2);
  assertEquals(takeAll(oldest), "<4>12345678e");

  const newest = newRing({ capacity: 3, overflow: "drop-newest" });
  push(newest, "a", "b");
  for (let i = 1; i < 6; i++) answer(newest, String(i));
  assertEquals(push(newest, "c", "d"), 2);
  assertEquals(takeAll(newest), "ab12345<2>");
});

Deno.test("RingBuffer.full is true at the capacity, answers included", () => {
  const ring = newRing({ capacity: 3, capacityBytes: 10 });
  push(ring, "a", "b");
  assertEquals(ring.full, false);
  answer(ring, "1");
  assertEquals(ring.full, true);
  takeAll(ring);
  assertEquals(ring.full, false);
  push(ring, "123456789");
  assertEquals(ring.full, false);
  push(ring, "0");
  assertEquals(ring.full, true);
});

Deno.test("RingBuffer.push() drops the oldest messages that are too many or too long", () => {
  const ring = newRing({ capacity: 3, capacityBytes: 10 });
  assertEquals(push(ring, "a", "b", "c", "d"), 1);
  assertEquals(push(ring, "123456789"), 2);
  assertEquals([ring.messages, ring.bytes], [2, 10]);
  assertEquals(takeAll(ring), "<3>d123456789");
});

for (const overflow of ["drop-newest", "disconnect"] as const) {
  Deno.test(`RingBuffer.push() drops the newest messages that are too many or too long (${overflow})`, () => {
    const ring = newRing({ capacity: 3, capacityBytes: 10, overflow });
    assertEquals(push(ring, "a", "123456789", "b", "c"), 2);
    assertEquals([ring.messages, ring.bytes], [2, 10]);
    assertEquals(takeAll(ring), "a123456789<2>");
    assertEquals(push(ring, "d", "e", "f", "g"), 1);
    assertEquals(takeAll(ring), "def<1>");
  });
}

Deno.test("RingBuffer.push() adds a single message of any length to an empty ring", () => {
  for (const overflow of OVERFLOWS) {
    const ring = newRing({ capacity: 1, capacityBytes: 1, overflow });
    assertEquals(push(ring, "long"), 0);
    assertEquals([ring.messages, ring.full, takeAll(ring)], [1, true, "long"]);
    answer(ring, "answer");
    assertEquals(push(ring, "first"), 0);
    assertEquals(takeAll(ring), "answerfirst");
  }
});

Deno.test("RingBuffer.push() counts the lost messages of a run", () => {
  const segment = segmentOf("a", "b", "c", "d", "e");
  for (
    const [overflow, expected] of [["drop-oldest", "<3>de"], ["drop-newest", "ab<3>"]] as const
  ) {
    const ring = newRing({ capacity: 2, overflow });
    assertEquals(ring.push(segment, 0, 5), 3);
    assertEquals(takeAll(ring), expected);
  }
});

Deno.test("RingBuffer.takeLoss() returns each loss at its place", () => {
  const ring = newRing({ capacity: 2, overflow: "drop-newest" });
  // Long enough that each is taken alone.
  const [a = "", b = "", c = ""] = ["a", "b", "c"].map((letter) => letter.repeat(10_000));
  const takeShort = () => takeAll(ring).replace(/(.)\1+/g, "$1");
  assertEquals(push(ring, a, b, "lost", "lost"), 2);
  assertEquals(ring.takeLoss(), undefined);
  assert(take(ring) === a);
  assertEquals(push(ring, c, "lost"), 1);
  assertEquals(takeShort(), "b<2>c<1>");
  assertEquals(push(ring, a), 0);
  assertEquals(takeShort(), "a");
});

Deno.test("RingBuffer.pinned does not count dropped messages", () => {
  const ring = newRing({ capacity: 1, capacityBytes: 50 });
  push(ring, "a".repeat(70_000), "b".repeat(70_000), "c");
  assertEquals([ring.messages, ring.pinned], [1, SEGMENT_BYTES]);
  push(ring, "a".repeat(70_000), "b".repeat(70_000));
  assertEquals([ring.messages, ring.pinned], [1, 70_000]);
});

Deno.test("RingBuffer.take() stops before a loss", () => {
  const ring = newRing({ capacity: 2, overflow: "drop-newest" });
  const long = "x".repeat(9_000);
  push(ring, long, "b", "lost");
  assertEquals(take(ring), long);
  push(ring, "c");
  assertEquals([ring.takeLoss(), take(ring)], [undefined, "b"]);
  assertEquals([ring.takeLoss(), take(ring)], [{ count: 1, ranges: [] }, "c"]);
});

Deno.test("RingBuffer.takeLoss() names the lost messages by room, as far as they have refs", () => {
  const log = newLog();
  const marks = [["a", 7], ["b", 1], undefined, ["a", 8], ["a", 10], ["b", 2]] as const;
  for (const mark of marks) log.append("x", mark && { room: mark[0], id: mark[1] });
  for (
    const [overflow, ranges] of [
      ["drop-oldest", [{ room: "a", from: 7, to: 8 }, { room: "b", from: 1, to: 1 }]],
      ["drop-newest", [{ room: "a", from: 8, to: 10 }, { room: "b", from: 2, to: 2 }]],
    ] as const
  ) {
    const ring = newRing({ capacity: 2, overflow });
    ring.push(log.segment, 0, 6);
    if (overflow === "drop-newest") take(ring);
    assertEquals(ring.takeLoss(), { count: 4, ranges });
    assertEquals(ring.takeLoss(), undefined);
  }
});

Deno.test("RingBuffer.pinned is bounded, however small the slices of large segments are", () => {
  for (const overflow of OVERFLOWS) {
    const ring = newRing({ capacityBytes: 1000, overflow });
    let expected = "", highest = 0;
    for (let i = 0; i < 90; i++) {
      const segment = segmentOf("skipped", `${i},`, "skipped", `${i};`);
      ring.push(segment, 1, 2);
      ring.push(segment, 3, 4);
      expected += `${i},${i};`;
      if (i % 7 === 0) {
        answer(ring, "!");
        expected += "!";
      }
      highest = Math.max(highest, ring.pinned);
    }
    assert(highest <= 2 * 1000 + 2 * SEGMENT_BYTES, `${highest} bytes`);
    assertEquals(takeAll(ring), expected);
    assertEquals(ring.pinned, 0);
  }
});

type Entry =
  | { type: "message" | "answer"; text: string; isCut?: boolean }
  | { type: "missed"; texts: string[] };

/** The contract of the ring as a plain list, see ring_buffer.ts. */
class Model {
  queue: Entry[] = [];
  /** The number of bytes that were taken last. */
  writing = 0;

  constructor(readonly limits: RingLimits) {}

  get isCut(): boolean {
    return this.queue.some((entry) => entry.type === "answer" && entry.isCut);
  }

  get full(): boolean {
    const { capacity, capacityBytes } = this.limits;
    return this.texts().length >= capacity || this.bytes + this.writing >= capacityBytes ||
      2 * (this.texts("answer").join("").length + this.writing) >= capacityBytes;
  }

  texts(type?: Entry["type"]): string[] {
    return this.queue.flatMap((entry) =>
      entry.type === "missed" || (type && entry.type !== type) ? [] : [entry.text]
    );
  }

  get messages(): number {
    return this.texts("message").length;
  }

  get bytes(): number {
    return this.texts().join("").length;
  }

  push(run: readonly string[]): number {
    return this.limits.overflow === "drop-oldest" ? this.#oldest(run) : this.#newest(run);
  }

  /** Adds all, then drops the oldest until the rest fits. The loss is in front. */
  #oldest(run: readonly string[]): number {
    for (const text of run) this.queue.push({ type: "message", text });
    const missed: string[] = [];
    while (this.#isOver() && this.messages > 1) {
      const [oldest] = this.queue.splice(
        this.queue.findIndex(({ type }) => type === "message"),
        1,
      );
      if (oldest?.type === "message") missed.push(oldest.text);
    }
    if (missed.length > 0) this.queue.unshift({ type: "missed", texts: missed });
    return missed.length;
  }

  /** Drops the first text that does not fit, and the rest of the run with it. */
  #newest(run: readonly string[]): number {
    for (const [i, text] of run.entries()) {
      this.queue.push({ type: "message", text });
      if (!this.#isOver() || this.messages === 1) continue;
      this.queue.pop();
      this.queue.push({ type: "missed", texts: run.slice(i) });
      return run.length - i;
    }
    return 0;
  }

  #isOver(): boolean {
    return this.texts().length > this.limits.capacity || this.bytes > this.limits.capacityBytes;
  }

  /** Takes the texts that were lost before the next message. */
  takeLoss(): string[] {
    const missed: string[] = [];
    if (this.isCut) return missed;
    const next = this.queue.findIndex(({ type }) => type === "message");
    const front = this.queue.splice(0, next < 0 ? this.queue.length : next);
    for (const entry of front) if (entry.type === "missed") missed.push(...entry.texts);
    this.queue.unshift(...front.filter(({ type }) => type !== "missed"));
    return missed;
  }

  /** Takes `length` bytes. No message may be taken across a loss that was not taken. */
  take(length: number): string {
    let text = "";
    this.writing = length;
    while (text.length < length) {
      const at = this.queue.findIndex(({ type }) => type !== "missed");
      const [entry] = this.queue.splice(at, 1);
      if (entry === undefined || entry.type === "missed") throw new Error("Took what is not there");
      assert(at === 0 || entry.type === "answer", "Took a message behind a hole");
      const left = length - text.length;
      text += entry.text.slice(0, left);
      if (entry.text.length <= left) continue;
      assert(entry.type === "answer" && length === MAX_WRITE, "Cut what is not to be cut");
      this.queue.splice(at, 0, { ...entry, text: entry.text.slice(left), isCut: true });
    }
    return text;
  }
}

/** Texts that are all different, so that none can be confused with another one. */
class Texts {
  #count = 0;

  next(random: Random): string {
    const length = random.pick([0, 0, 10, 10, 10, 300, 9_000, random.oneIn(10) ? 70_000 : 0]);
    return `<${++this.#count}>`.padEnd(length, "x");
  }
}

/** Appends a run of records to one segment, as a broadcaster does. */
function appendRun(
  log: SegmentWriter,
  texts: readonly string[],
): { segment: Segment; from: number } {
  let run: { segment: Segment; from: number } | undefined;
  for (const text of texts) {
    log.append(text, markOf(text));
    if (run?.segment !== log.segment) run = { segment: log.segment, from: log.record };
  }
  return run!;
}

/** Some texts are messages of one room, some of another one, and some of none. */
function markOf(text: string): MessageRef | undefined {
  const id = parseInt(text.slice(1));
  return id % 4 === 0 ? undefined : { room: id % 2 === 0 ? "even" : "odd", id };
}

/** Returns the first and the last number of each room. */
function spans(ranges: ReadonlyArray<{ room: string; from: number; to: number }>) {
  const spans: Record<string, [number, number]> = {};
  for (const { room, from, to } of ranges) {
    const [first = from, last = to] = spans[room] ?? [];
    spans[room] = [Math.min(first, from), Math.max(last, to)];
  }
  return spans;
}

Deno.test("RingBuffer does what the model does", () =>
  eachSeed(600, (random) => {
    const limits: RingLimits = {
      capacity: random.pick([1, 2, 3, 8, 40]),
      capacityBytes: random.pick([1, 50, 1_000, 30_000, 200_000]),
      overflow: random.pick(OVERFLOWS),
    };
    const ring = new RingBuffer(limits), model = new Model(limits), texts = new Texts();
    const logs = [newLog(), newLog()];

    const operations = {
      push() {
        const log = random.pick(logs);
        if (random.oneIn(3)) log.append("what this client said itself");
        const all = Array.from({ length: random.pick([1, 1, 2, 10]) }, () => texts.next(random));
        const { segment, from } = appendRun(log, all);
        const to = log.record + 1;
        assertEquals(ring.push(segment, from, to), model.push(all.slice(from - to)));
      },
      answer() {
        const text = texts.next(random);
        answer(ring, text);
        model.queue.push({ type: "answer", text });
      },
      take() {
        const { count: missed, ranges } = ring.takeLoss() ?? { count: 0, ranges: [] };
        const expected = model.takeLoss();
        assertEquals(missed, expected.length, "Missed");
        const marks = expected.map(markOf).filter((mark) => mark !== undefined);
        const single = marks.map(({ room, id }) => ({ room, from: id, to: id }));
        assertEquals(spans(ranges), spans(single), "Ranges");
        if (missed > 0 && random.oneIn(2)) {
          ring.answerFirst(Segment.of(encoder.encode("notice")));
          model.queue.unshift({ type: "answer", text: "notice" });
        }
        const text = take(ring) ?? "";
        const before = model.texts().length, wasCut = model.isCut;
        assert(text === model.take(text.length), "Took something else");
        const count = before - model.texts().length;
        assert(text !== "" || before === 0, "Took nothing though something waits");
        assert(text.length <= MAX_WRITE || (count === 1 && !wasCut), "Took too much at once");
      },
    };

    for (let i = 0; i < 100; i++) {
      operations[random.pick(["push", "push", "push", "answer", "take", "take"] as const)]();
      const { messages } = model;
      const messageBytes = model.texts("message").join("").length;
      assertEquals([ring.messages, ring.bytes], [messages, model.bytes]);
      assertEquals(ring.empty, model.texts().length === 0);
      assertEquals(ring.full, model.full);
      assert(messages <= limits.capacity);
      assert(messages <= 1 || messageBytes <= limits.capacityBytes);
      assert(ring.pinned >= messageBytes);
      const allowed = Math.max(2 * limits.capacityBytes + 2 * SEGMENT_BYTES, messageBytes);
      assert(ring.pinned <= allowed, `Pins ${ring.pinned} bytes, allowed ${allowed}`);
      assertEquals(ring.pinned === 0, messages === 0);
    }
    while (!ring.empty) operations.take();
    operations.take();
    assertEquals(model.queue, []);
  }));

Deno.test("RingBuffer shares a message that is larger than the ring, without a copy", () => {
  // Each ring copied a message of more than twice the limit: one message of 4 MB took 876 MB for 200 clients.
  const ring = newRing({ capacityBytes: 1_024 });
  const segment = Segment.of(new Uint8Array(1_000_000));
  ring.push(segment, 0, 1);
  assert(ring.take()!.buffer === segment.bytes.buffer);
});
