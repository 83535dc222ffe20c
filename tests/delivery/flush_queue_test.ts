import { assertEquals } from "@std/assert";
import { FlushQueue } from "../../lib/delivery/flush_queue.ts";
import { Reader } from "./fakes.ts";

/** A queue that flushes some readers a turn, and turns that come when the test says so. */
class Stage {
  readonly turns: Array<() => void> = [];
  readonly queue: FlushQueue;
  readonly readers: Reader[];
  emptied = 0;
  took = 0;

  constructor({ flushes, readers }: { flushes: number; readers: number }) {
    const nextTurn = (goOn: () => void) => void this.turns.push(goOn);
    const whenQuiet = () => {};
    this.queue = new FlushQueue({ flushes, nextTurn, whenQuiet }, (turns) => {
      this.emptied++;
      this.took = turns;
    });
    this.readers = Array.from({ length: readers }, () => new Reader());
    for (const { recipient } of this.readers) this.queue.add(recipient);
  }

  turn(): void {
    assertEquals(this.turns.length, 1, "One turn is asked for at a time");
    this.turns.pop()!();
  }

  get flushes(): number[] {
    return this.readers.map(({ flushes }) => flushes);
  }
}

Deno.test("FlushQueue.flush() flushes as many as the pace allows, and the rest in the next turns", () => {
  const stage = new Stage({ flushes: 2, readers: 5 });
  stage.queue.flush();
  assertEquals(stage.flushes, [1, 1, 0, 0, 0]);
  stage.turn();
  assertEquals(stage.flushes, [1, 1, 1, 1, 0]);
  assertEquals([stage.queue.underWay, stage.emptied], [true, 0]);
  stage.turn();
  assertEquals(stage.flushes, [1, 1, 1, 1, 1]);
  assertEquals([stage.queue.underWay, stage.emptied, stage.took], [false, 1, 3]);
});

Deno.test("FlushQueue.flush() asks for no turn if it can flush all at once", () => {
  const stage = new Stage({ flushes: 3, readers: 3 });
  stage.queue.flush();
  assertEquals([stage.turns, stage.emptied, stage.took], [[], 1, 1]);
});

Deno.test("FlushQueue.add() adds a recipient that is in the queue only after it was flushed", () => {
  const stage = new Stage({ flushes: 1, readers: 3 });
  const addAll = () => stage.readers.forEach(({ recipient }) => stage.queue.add(recipient));
  addAll();
  stage.queue.flush();
  assertEquals(stage.flushes, [1, 0, 0]);
  addAll();
  stage.queue.flush(); // has no effect while turns are due
  assertEquals(stage.flushes, [1, 0, 0]);
  while (stage.queue.underWay) stage.turn();
  assertEquals(stage.flushes, [2, 1, 1]);
});
