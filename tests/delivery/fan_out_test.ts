import { assertEquals } from "@std/assert";
import { FanOut, type FanOutOptions } from "../../lib/delivery/fan_out.ts";
import { Subscribers, type Subscription } from "../../lib/delivery/subscribers.ts";
import { LIMITS, LineFormat, Reader } from "./fakes.ts";

/** One room of line readers, a clock that stands still, and turns that come when the test says so. */
class Stage {
  now = 0;
  readonly turns: Array<() => void> = [];
  readonly quiet: Array<() => void> = [];
  /** How many ms each flush took. */
  readonly took: number[] = [];
  readonly format = new LineFormat();
  readonly fanOut: FanOut<LineFormat>;
  readonly room: Subscribers<LineFormat>;
  readonly #limits: Partial<FanOutOptions>;

  constructor(limits: Partial<FanOutOptions> = {}, flushes = Infinity) {
    this.#limits = limits;
    this.fanOut = new FanOut({
      ...LIMITS,
      ...limits,
      now: () => this.now,
      pace: {
        flushes,
        nextTurn: (goOn) => this.turns.push(goOn),
        whenQuiet: (goOn) => this.quiet.push(goOn),
      },
      flushed: (ms) => this.took.push(ms),
    });
    this.room = new Subscribers(this.fanOut.broadcaster(this.format));
  }

  join(): { reader: LineReader; subscription: Subscription<LineFormat> } {
    const reader = new Reader(this.#limits, this.format) as LineReader;
    return { reader, subscription: this.room.add(reader.recipient) };
  }

  publish(...texts: string[]): void {
    for (const text of texts) this.fanOut.publish(this.room, undefined, text);
  }
}

type LineReader = Reader & { readonly recipient: Subscription<LineFormat>["recipient"] };

Deno.test("FanOut.publish() flushes each recipient once, at the end of the turn", async () => {
  const stage = new Stage();
  const { reader } = stage.join();
  stage.publish("1", "2", "3");
  assertEquals(reader.flushes, 0);
  await Promise.resolve();
  assertEquals([reader.flushes, reader.text()], [1, "1\n2\n3\n"]);
  stage.publish("4");
  await Promise.resolve();
  assertEquals([reader.flushes, reader.text()], [2, "4\n"]);
});

Deno.test("FanOut.answer() and send() come behind all that was published before", async () => {
  const stage = new Stage();
  const [{ reader: a }, { reader: b }] = [stage.join(), stage.join()];
  stage.publish("1");
  stage.fanOut.answer(a.recipient, a.recipient.encode("answer"));
  stage.publish("2");
  stage.fanOut.send([b.recipient], () => "sent");
  stage.publish("3");
  await Promise.resolve();
  assertEquals([a.text(), b.text()], ["1\nanswer\n2\n3\n", "1\n2\nsent\n3\n"]);
});

Deno.test("FanOut.send() renders once for each format, and skips formats without a text", async () => {
  const stage = new Stage();
  const frames = new LineFormat("|"), silent = new LineFormat("");
  const readers = [stage.format, frames, stage.format, silent, frames].map((format) =>
    new Reader({}, format) as LineReader
  );
  const rendered: LineFormat[] = [];
  stage.fanOut.send(readers.map(({ recipient }) => recipient), (format) => {
    rendered.push(format);
    return format === silent ? undefined : "x";
  });
  await Promise.resolve();
  assertEquals(rendered, [stage.format, frames, silent]);
  assertEquals(readers.map((reader) => reader.text()), ["x\n", "x|", "x\n", "", "x|"]);
});

Deno.test("FanOut.dropped counts the lost messages of all recipients", async () => {
  const stage = new Stage({ capacity: 2 });
  const [{ reader: a }, { reader: b }] = [stage.join(), stage.join()];
  stage.publish("1", "2", "3", "4");
  await Promise.resolve();
  assertEquals(stage.fanOut.dropped, 4);
  assertEquals([a.overflows, b.overflows], [0, 0]);
});

Deno.test("FanOut reports an overflow once after the flush, if the limits say disconnect", async () => {
  const stage = new Stage({ capacity: 1, overflow: "disconnect" });
  const { reader } = stage.join();
  stage.publish("1", "2");
  stage.fanOut.send([reader.recipient], () => "3");
  assertEquals(reader.overflows, 0);
  await Promise.resolve();
  assertEquals([reader.overflows, stage.fanOut.dropped], [1, 2]);
});

Deno.test("FanOut.congested is true from half a ring on, until the flush", async () => {
  const stage = new Stage({ capacity: 8 });
  stage.join();
  stage.publish("1", "2", "3");
  assertEquals(stage.fanOut.congested, false);
  stage.publish("4");
  assertEquals(stage.fanOut.congested, true);
  await Promise.resolve();
  assertEquals(stage.fanOut.congested, false);
});

Deno.test("FanOut calls `flushed` with the time until the last recipient is flushed", async () => {
  const stage = new Stage({}, 2);
  for (let i = 0; i < 3; i++) stage.join();
  stage.now = 100;
  stage.publish("hello");
  await Promise.resolve();
  assertEquals(stage.took, []);
  stage.now = 107;
  stage.turns.pop()!();
  assertEquals(stage.took, [7]);
});

Deno.test("FanOut delivers what is published during a flush together, when the input after it is handled", async () => {
  const stage = new Stage({}, 2);
  const readers = Array.from({ length: 3 }, () => stage.join().reader);
  const flushes = () => readers.map((reader) => reader.flushes);
  stage.publish("1");
  await Promise.resolve();
  stage.publish("2");
  await Promise.resolve();
  assertEquals([flushes(), stage.turns.length], [[1, 1, 0], 1]);
  stage.turns.pop()!();
  stage.publish("3");
  await Promise.resolve();
  assertEquals([flushes(), stage.quiet.length], [[1, 1, 1], 1]);
  stage.quiet.pop()!();
  stage.turns.pop()!();
  assertEquals(flushes(), [2, 2, 2]);
  assertEquals(readers.map((reader) => reader.text()), Array(3).fill("1\n2\n3\n"));
});

Deno.test("FanOut waits for no input once half a ring is published, nor when it is quiet", async () => {
  const stage = new Stage({ capacity: 8 }, 1);
  const readers = [stage.join().reader, stage.join().reader];
  stage.publish("1");
  await Promise.resolve();
  stage.turns.pop()!();
  stage.publish("2", "3", "4", "5");
  assertEquals(stage.fanOut.congested, true);
  await Promise.resolve();
  assertEquals([stage.fanOut.congested, stage.turns.length], [false, 1]);
  stage.turns.pop()!();
  stage.quiet[0]!(); // of the first flush: a scheduler would have replaced it
  stage.quiet[1]!();
  stage.publish("6");
  await Promise.resolve();
  stage.turns.pop()!();
  assertEquals(readers.map((reader) => reader.text()), Array(2).fill("1\n2\n3\n4\n5\n6\n"));
});

Deno.test("FanOut goes on in the next turn for a recipient that got more meanwhile, and loses nobody", async () => {
  const stage = new Stage({}, 1);
  const readers = [stage.join(), stage.join(), stage.join()];
  stage.publish("one");
  await Promise.resolve();
  stage.publish("two");
  stage.room.remove(readers[1]!.subscription);
  await Promise.resolve();
  while (stage.turns.length > 0) stage.turns.shift()!();
  assertEquals(readers.map(({ reader }) => reader.text()), Array(3).fill("one\ntwo\n"));
});
