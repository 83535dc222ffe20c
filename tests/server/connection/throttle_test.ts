import { assert, assertEquals } from "@std/assert";
import type { InputSource } from "../../../lib/server/connection/input_scheduler.ts";
import { Throttle } from "../../../lib/server/connection/throttle.ts";
import { FakeClock } from "../../support/clock.ts";

class Stage {
  readonly clock = new FakeClock();
  readonly resumed: string[] = [];
  readonly throttle: Throttle;
  readonly #names = new Map<InputSource, string>();

  constructor() {
    const { clock } = this;
    const resume = (source: InputSource) =>
      this.resumed.push(`${this.#names.get(source)} ${clock.now()}`);
    this.throttle = new Throttle({ clock, resume });
  }

  waiting(name: string): InputSource {
    const source = { handleInput() {} };
    this.#names.set(source, name);
    return source;
  }
}

Deno.test("Throttle resumes each source when it is due, with one timer", () => {
  const stage = new Stage();
  stage.throttle.hold(stage.waiting("late"), 70);
  stage.throttle.hold(stage.waiting("soon"), 20);
  stage.throttle.hold(stage.waiting("between"), 50.5);
  assertEquals(stage.clock.pending, 1);
  stage.clock.advance(100);
  assertEquals(stage.resumed, ["soon 20", "between 51", "late 70"]);
  assertEquals(stage.clock.pending, 0);
});

Deno.test("Throttle.hold() accepts a source again while it is being resumed", () => {
  const stage = new Stage();
  const one = stage.waiting("one");
  let rounds = 0;
  const throttle: Throttle = new Throttle({
    clock: stage.clock,
    resume: (source) => {
      if (++rounds < 3) throttle.hold(source, 50);
    },
  });
  throttle.hold(one, 50);
  stage.clock.advance(120);
  assertEquals([rounds, stage.clock.pending], [2, 1]);
  stage.clock.advance(1_000);
  assertEquals([rounds, stage.clock.pending], [3, 0]);
});

Deno.test("Throttle resumes an overdue source as soon as possible", () => {
  const stage = new Stage();
  stage.clock.advance(100);
  stage.throttle.hold(stage.waiting("one"), -70);
  assertEquals(stage.resumed, []);
  stage.clock.advance(1);
  assertEquals(stage.resumed, ["one 101"]);
});

Deno.test("Throttle can wait longer than a timer can", () => {
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

Deno.test("Throttle.drop() forgets a source, and close() all of them", () => {
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
