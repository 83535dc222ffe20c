import { assertEquals } from "@std/assert";
import {
  InputScheduler,
  type InputSchedulerOptions,
  MAX_ROUNDS,
  SLICE,
} from "../../../lib/server/connection/input_scheduler.ts";

/** An inbox whose probes end when the test says so. */
class Stage {
  accepted = 0;
  congested = false;
  probes: Array<() => void> = [];
  readonly handled: string[] = [];
  readonly inbox: InputScheduler;

  constructor(options: Partial<InputSchedulerOptions> = {}) {
    this.inbox = new InputScheduler({
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
    for (const name of names) this.inbox.add(this.item(name));
  }

  /** Ends the probe under way. */
  async probed(): Promise<void> {
    assertEquals(this.probes.length, 1, "One probe at a time");
    this.probes.pop()!();
    await turn();
  }
}

/** What is to happen at the end of this turn has happened then. */
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

Deno.test("Inbox handles what was read when a probe has found nobody", async () => {
  const stage = new Stage();
  stage.add("a", "b");
  await turn();
  assertEquals(stage.handled, []);
  await stage.probed();
  assertEquals(stage.handled, ["a", "b"]);
});

Deno.test("Inbox makes one probe for all that is read in one turn", async () => {
  const stage = new Stage();
  stage.add("a", "b", "c");
  await turn();
  await stage.probed();
  assertEquals([stage.handled, stage.probes.length], [["a", "b", "c"], 0]);
});

Deno.test("Inbox asks again as long as somebody comes in", async () => {
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

Deno.test("Inbox waits for no more than can have been in the accept queue", async () => {
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

Deno.test("Inbox gathers what comes while it asks, and hands it over in one", async () => {
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

Deno.test("Inbox gathers for no more than MAX_ROUNDS; what came last has a round of its own", async () => {
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

Deno.test("Inbox waits for those who came in before the last that it gathered", async () => {
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

Deno.test("Inbox stops when it is congested and goes on in the next turn, in order", async () => {
  const stage = new Stage();
  const busy = (name: string) => stage.item(name, () => stage.congested = true);
  stage.inbox.add(busy("a"));
  stage.inbox.add(busy("b"));
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

Deno.test("Inbox.resume() waits for nobody, but for its turn", async () => {
  const stage = new Stage();
  stage.inbox.resume(stage.item("a"));
  assertEquals(stage.handled, []);
  await turn();
  assertEquals([stage.handled, stage.probes.length], [["a"], 0]);
});

Deno.test("Inbox puts what resumes behind those who have waited longer", async () => {
  const stage = new Stage();
  stage.inbox.add(stage.item("a", () => {
    stage.congested = true;
    stage.inbox.resume(stage.item("a again"));
  }));
  stage.add("b");
  await turn();
  await stage.probed();
  stage.congested = false;
  await turn();
  assertEquals(stage.handled, ["a", "b", "a again"]);
});

/**
 * A probe that ended while a turn was waited for handled at once, and asked for a turn of its own: under a load that never
 * let up there was one more for each probe, and all of them looked at all who waited.
 */
Deno.test("Inbox looks at those who wait once a turn, however many probes end meanwhile", async () => {
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

/** 64 searches of 30 ms each were done in one turn. */
Deno.test("Inbox lets the loop turn after a slice, and asks the kernel before it goes on", async () => {
  let time = 0;
  const stage = new Stage({ now: () => time });
  const slow = (name: string) => stage.item(name, () => time += SLICE / 2);
  for (const name of ["a", "b", "c", "d", "e"]) stage.inbox.add(slow(name));
  await turn();
  await stage.probed();
  assertEquals(stage.handled, ["a", "b"]);
  await stage.probed();
  assertEquals(stage.handled, ["a", "b", "c", "d"]);
  await stage.probed();
  assertEquals(stage.handled, ["a", "b", "c", "d", "e"]);
});
