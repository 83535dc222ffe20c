import { assertEquals } from "@std/assert";
import {
  InputScheduler,
  type InputSchedulerOptions,
  MAX_ROUNDS,
  SLICE,
} from "../../../lib/server/connection/input_scheduler.ts";

/** A scheduler whose probes end when the test ends them. */
class Stage {
  accepted = 0;
  congested = false;
  probes: Array<() => void> = [];
  readonly handled: string[] = [];
  readonly scheduler: InputScheduler;

  constructor(options: Partial<InputSchedulerOptions> = {}) {
    this.scheduler = new InputScheduler({
      accepted: () => this.accepted,
      backlog: 100,
      congested: () => this.congested,
      probe: () => new Promise((resolve) => this.probes.push(resolve)),
      ...options,
    });
  }

  item(name: string, also = () => {}) {
    return {
      handleInput: () => {
        this.handled.push(name);
        also();
      },
    };
  }

  add(...names: string[]): void {
    for (const name of names) this.scheduler.add(this.item(name));
  }

  /** Ends the pending probe. */
  async probed(): Promise<void> {
    assertEquals(this.probes.length, 1, "One probe at a time");
    this.probes.pop()!();
    await turn();
  }
}

/** Resolves after the end of this turn. */
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

Deno.test("InputScheduler handles input when a probe has accepted no connection", async () => {
  const stage = new Stage();
  stage.add("a", "b");
  await turn();
  assertEquals(stage.handled, []);
  await stage.probed();
  assertEquals(stage.handled, ["a", "b"]);
});

Deno.test("InputScheduler makes one probe for all input of a turn", async () => {
  const stage = new Stage();
  stage.add("a", "b", "c");
  await turn();
  await stage.probed();
  assertEquals([stage.handled, stage.probes.length], [["a", "b", "c"], 0]);
});

Deno.test("InputScheduler probes again while connections are accepted", async () => {
  const stage = new Stage();
  stage.add("a");
  await turn();
  stage.accepted++;
  await stage.probed();
  stage.accepted += 2;
  await stage.probed();
  assertEquals(stage.handled, []);
  await stage.probed();
  assertEquals(stage.handled, ["a"]);
});

Deno.test("InputScheduler waits for no more connections than the accept queue holds", async () => {
  const stage = new Stage({ backlog: 3 });
  stage.add("a");
  await turn();
  let rounds = 0;
  for (; stage.handled.length === 0 && rounds < 10; rounds++) {
    stage.accepted++;
    await stage.probed();
  }
  assertEquals([stage.handled, rounds], [["a"], 4]);
});

Deno.test("InputScheduler gathers input that arrives during a probe into one batch", async () => {
  const stage = new Stage();
  stage.add("a");
  await turn();
  stage.add("b");
  await stage.probed();
  stage.add("c");
  await stage.probed();
  assertEquals(stage.handled, []);
  await stage.probed();
  assertEquals([stage.handled, stage.probes.length], [["a", "b", "c"], 0]);
});

Deno.test("InputScheduler gathers for at most MAX_ROUNDS; later input has a round of its own", async () => {
  const stage = new Stage();
  stage.add("0");
  await turn();
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    assertEquals(stage.handled, []);
    stage.add(`${round}`);
    await stage.probed();
  }
  assertEquals(stage.handled, Array.from({ length: MAX_ROUNDS }, (_, i) => `${i}`));
  await stage.probed();
  assertEquals(stage.handled.at(-1), `${MAX_ROUNDS}`);
});

Deno.test("InputScheduler waits for connections made before the last input that it gathered", async () => {
  const stage = new Stage();
  stage.add("a");
  await turn();
  stage.add("b");
  await stage.probed();
  stage.accepted++;
  await stage.probed();
  assertEquals(stage.handled, []);
  await stage.probed();
  assertEquals(stage.handled, ["a", "b"]);
});

Deno.test("InputScheduler stops when congested, and goes on in the next turn, in order", async () => {
  const stage = new Stage();
  const busy = (name: string) => stage.item(name, () => stage.congested = true);
  stage.scheduler.add(busy("a"));
  stage.scheduler.add(busy("b"));
  stage.add("c");
  await turn();
  stage.probes.pop()!();
  const before: string[][] = [];
  for (let i = 0; i < 10 && stage.handled.length < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (stage.handled.length > (before.at(-1)?.length ?? 0)) before.push([...stage.handled]);
    stage.congested = false;
  }
  assertEquals(before, [["a"], ["a", "b"], ["a", "b", "c"]]);
});

Deno.test("InputScheduler.resume() waits for its turn, and for no connections", async () => {
  const stage = new Stage();
  stage.scheduler.resume(stage.item("a"));
  assertEquals(stage.handled, []);
  await turn();
  assertEquals([stage.handled, stage.probes.length], [["a"], 0]);
});

Deno.test("InputScheduler.resume() queues behind sources that have waited longer", async () => {
  const stage = new Stage();
  stage.scheduler.add(stage.item("a", () => {
    stage.congested = true;
    stage.scheduler.resume(stage.item("a again"));
  }));
  stage.add("b");
  await turn();
  await stage.probed();
  stage.congested = false;
  await turn();
  assertEquals(stage.handled, ["a", "b", "a again"]);
});

/**
 * Regression: a probe that ended while a turn was scheduled handled input at once, and scheduled another turn. Under
 * constant load there was one more for each probe, and each of them went over all waiting sources.
 */
Deno.test("InputScheduler goes over waiting sources once a turn, however many probes end meanwhile", async () => {
  let looks = 0, congested = true;
  const stage = new Stage({ congested: () => (looks++, congested) });
  const oneTurn = async () => {
    const before = looks;
    await new Promise((resolve) => setImmediate(resolve));
    return looks - before;
  };
  for (let i = 0; i < 10; i++) {
    stage.add(`${i}`);
    await turn();
    await stage.probed();
  }
  assertEquals([await oneTurn(), await oneTurn()], [1, 1]);
  congested = false;
  await turn();
  assertEquals(stage.handled.length, 10);
});

/** Regression: 64 searches of 30 ms each were done in one turn. */
Deno.test("InputScheduler lets the loop turn after a slice, and probes before it goes on", async () => {
  let time = 0;
  const stage = new Stage({ now: () => time });
  const slow = (name: string) => stage.item(name, () => time += SLICE / 2);
  for (const name of ["a", "b", "c", "d", "e"]) stage.scheduler.add(slow(name));
  await turn();
  await stage.probed();
  assertEquals(stage.handled, ["a", "b"]);
  await stage.probed();
  assertEquals(stage.handled, ["a", "b", "c", "d"]);
  await stage.probed();
  assertEquals(stage.handled, ["a", "b", "c", "d", "e"]);
});

Deno.test("InputScheduler.whenQuiet() calls back after a round that brings no input", async () => {
  const stage = new Stage();
  let quiet = 0;
  stage.scheduler.whenQuiet(() => quiet++);
  await turn();
  await stage.probed();
  stage.add("a"); // its client was read again
  await stage.probed();
  assertEquals([stage.handled, quiet], [[], 0]);
  await turn();
  await stage.probed();
  assertEquals([stage.handled, quiet], [["a"], 0]);
  await stage.probed();
  assertEquals([quiet, stage.probes.length], [1, 0]);
});

Deno.test("InputScheduler.whenQuiet() calls back although input goes on and on", async () => {
  const stage = new Stage();
  let quiet = 0;
  stage.scheduler.whenQuiet(() => quiet++);
  await turn();
  let rounds = 0;
  for (; quiet === 0 && rounds < 1_000; rounds++) {
    stage.add(`${rounds}`);
    await stage.probed();
    await turn();
  }
  assertEquals([quiet, rounds < 1_000], [1, true]);
});
