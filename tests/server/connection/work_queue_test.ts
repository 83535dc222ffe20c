import { assertEquals } from "@std/assert";
import { WorkQueue } from "../../../lib/server/connection/work_queue.ts";
import { FakeClock } from "../../support/clock.ts";

/** A queue whose time advances with each step, by half a slice. */
class Stage {
  readonly clock = new FakeClock();
  time = 0;
  readonly queue = new WorkQueue(this.clock, () => this.time);
  readonly done: string[] = [];

  add(name: string, steps: number): void {
    this.queue.add({
      step: () => {
        this.time += 0.5;
        this.done.push(name);
        return --steps > 0;
      },
      spent: (ms) => this.done.push(`${name}: ${ms} ms`),
    });
  }
}

Deno.test("WorkQueue does one slice per turn for each work in order, and reports the time of each", () => {
  const stage = new Stage();
  stage.add("a", 4);
  stage.add("b", 2);
  assertEquals(stage.done, []);
  const slices: string[][] = [];
  while (stage.clock.pending > 0) {
    stage.clock.advance(1);
    slices.push(stage.done.splice(0));
  }
  assertEquals(slices, [
    ["a", "a", "a: 1 ms"],
    ["b", "b", "b: 1 ms"],
    ["a", "a", "a: 1 ms"],
  ]);
  assertEquals(stage.queue.size, 0);
});

Deno.test("WorkQueue fills a slice with the next work, and abandons dropped work", () => {
  const stage = new Stage();
  stage.add("a", 1);
  stage.add("b", 9);
  stage.clock.advance(1);
  assertEquals(stage.done.splice(0), ["a", "a: 0.5 ms", "b", "b: 0.5 ms"]);
  const dropped = { step: () => true, spent: () => {} };
  stage.queue.add(dropped);
  stage.queue.drop(dropped);
  assertEquals(stage.queue.size, 1);
  stage.queue.close();
  assertEquals([stage.queue.size, stage.clock.pending], [0, 0]);
});
