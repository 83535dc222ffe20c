import { assert, assertEquals } from "@std/assert";
import type { InputSource } from "../../../lib/server/connection/input_scheduler.ts";
import { Throttle } from "../../../lib/server/admission/throttle.ts";
import { FakeClock } from "../../support/clock.ts";

class Stage {
  readonly clock = new FakeClock();
  readonly resumed: string[] = [];
  readonly throttle: Throttle;
  readonly #names = new Map<InputSource, string>();

  constructor(rate = 20, burst = 60) {
    const { clock } = this;
    const resume = (item: InputSource) =>
      this.resumed.push(`${this.#names.get(item)} ${clock.now()}`);
    this.throttle = new Throttle({ rate, burst, clock, resume });
  }

  waiting(name: string): InputSource {
    const item = { handleInput() {} };
    this.#names.set(item, name);
    return item;
  }
}

Deno.test("Throttle resumes everybody when their time comes, with one timer", () => {
  const stage = new Stage();
  stage.throttle.hold(stage.waiting("late"), 70);
  stage.throttle.hold(stage.waiting("soon"), 20);
  stage.throttle.hold(stage.waiting("between"), 50.5);
  assertEquals(stage.clock.pending, 1);
  stage.clock.advance(100);
  assertEquals(stage.resumed, ["soon 20", "between 51", "late 70"]);
  assertEquals(stage.clock.pending, 0);
});

Deno.test("Throttle takes again who was resumed, while it resumes others", () => {
  const stage = new Stage();
  const one = stage.waiting("one");
  let rounds = 0;
  const throttle: Throttle = new Throttle({
    rate: 20,
    burst: 60,
    clock: stage.clock,
    resume: (item) => {
      if (++rounds < 3) throttle.hold(item, 50);
    },
  });
  throttle.hold(one, 50);
  stage.clock.advance(120);
  assertEquals([rounds, stage.clock.pending], [2, 1]);
  stage.clock.advance(1_000);
  assertEquals([rounds, stage.clock.pending], [3, 0]);
});

Deno.test("Throttle resumes in a moment whose time is over", () => {
  const stage = new Stage();
  stage.clock.advance(100);
  stage.throttle.hold(stage.waiting("one"), -70);
  assertEquals(stage.resumed, []);
  stage.clock.advance(1);
  assertEquals(stage.resumed, ["one 101"]);
});

Deno.test("Throttle waits for longer than a timer can", () => {
  const stage = new Stage();
  const month = 30 * 86_400_000;
  stage.throttle.hold(stage.waiting("one"), month);
  const { after } = stage.clock;
  stage.clock.after = (ms, action) => {
    assert(ms < 2 ** 31, `${ms}`);
    return after.call(stage.clock, ms, action);
  };
  stage.clock.advance(month - 1);
  assertEquals(stage.resumed, []);
  stage.clock.advance(1);
  assertEquals(stage.resumed, [`one ${month}`]);
});

Deno.test("Throttle forgets who does not wait any more, and all at the end", () => {
  const stage = new Stage();
  const gone = stage.waiting("gone");
  stage.throttle.hold(gone, 20);
  stage.throttle.drop(gone);
  stage.throttle.hold(stage.waiting("stays"), 30);
  stage.clock.advance(50);
  assertEquals(stage.resumed, ["stays 30"]);
  stage.throttle.hold(gone, 20);
  stage.throttle.close();
  assertEquals(stage.clock.pending, 0);
});

Deno.test("Throttle makes buckets of its rate, or none if there is no rate", () => {
  const bucket = new Stage(1, 2).throttle.createBucket()!;
  assertEquals([1, 2, 3].map(() => bucket.take(0)), [true, true, false]);
  assertEquals(bucket.dueAt, 1_000);
  assertEquals(new Stage(0).throttle.createBucket(), undefined);
});
