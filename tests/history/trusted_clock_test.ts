/**
 * Regression: a wall clock that was 30 days ahead for three seconds deleted the whole history and lifted all timed bans.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  MAX_GRACE,
  MIN_GRACE,
  type StoredTime,
  TrustedClock,
  USUAL_DOWNTIME,
} from "../../lib/history/trusted_clock.ts";
import { eachSeed } from "../random.ts";
import { FakeClock } from "../support/clock.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** 2026-11-24 02:10:33 UTC */
const NOW = 1_795_486_233_000;

/** A machine whose wall clock is right until it is set. */
class Machine {
  readonly clock = new FakeClock();
  readonly warnings: string[] = [];
  stored: StoredTime | undefined;
  time!: TrustedClock;
  /** The stamp of the first start. */
  readonly #stamp: number;

  constructor() {
    this.clock.wallOffset = NOW;
    this.start();
    this.#stamp = this.time.now();
    this.clock.advance(1_000);
  }

  start(): void {
    this.time = new TrustedClock({
      wall: () => this.clock.wall(),
      monotonic: () => this.clock.now(),
      stored: this.stored,
      onDoubt: (warning) => void this.warnings.push(warning),
    });
  }

  /** Ends the run and begins the next one `off` ms later, with a wall clock that is wrong by `error` ms. */
  restart(off: number, error = 0): void {
    this.stored = this.time.toStored();
    this.clock.advance(off);
    this.clock.wallOffset += error;
    this.start();
  }

  /** Lets time pass with sweeps, once a second or less often. */
  run(ms: number, step = Math.max(1_000, ms / 1_000)): void {
    for (let left = ms; left > 0; left -= step) {
      this.clock.advance(Math.min(step, left));
      this.time.now();
    }
  }

  /** How much older the first stamp appears than it is, in ms. */
  get ahead(): number {
    return this.time.elapsedSince(this.#stamp) - this.clock.now();
  }
}

Deno.test("TrustedClock ignores jumps of the wall clock while the server runs", () => {
  const machine = new Machine();
  for (const days of [30, -30, 400, -20_000, 30]) {
    machine.clock.wallOffset += days * DAY;
    machine.run(3_000);
    assertEquals(machine.ahead, 0);
    machine.clock.wallOffset -= days * DAY;
    machine.run(3_000);
    assertEquals(machine.ahead, 0);
  }
  machine.clock.wallOffset += 30 * DAY;
  machine.run(3 * MAX_GRACE);
  assertEquals(machine.ahead, 0, "It is never believed, however long it stays");
});

Deno.test("TrustedClock warns of jumps with both times, at most once a minute", () => {
  const machine = new Machine();
  machine.clock.wallOffset += 30 * DAY;
  machine.run(1_000);
  assertEquals(machine.warnings.splice(0), [
    "The wall clock jumped ahead by 30 days, from 2026-11-24T02:10:35.000Z to " +
    "2026-12-24T02:10:35.000Z; retention and bans are not affected",
  ]);
  for (let i = 0; i < 50; i++) {
    machine.clock.wallOffset += i % 2 === 0 ? -DAY : DAY;
    machine.run(1_000);
  }
  assertEquals(machine.warnings, []);
  machine.run(60_000);
  machine.clock.wallOffset -= 30 * DAY;
  machine.run(1_000);
  assertEquals(machine.warnings.length, 1);
  assertMatch(machine.warnings[0]!, /jumped back by 30 days, .* the last of 51 jumps/);
  machine.clock.wallOffset = 1e18;
  machine.run(120_000);
  assertEquals(machine.ahead, 0);
});

Deno.test("TrustedClock accepts a restart at once without a warning", () => {
  const machine = new Machine();
  machine.run(HOUR);
  for (const off of [0, 2_000, USUAL_DOWNTIME]) machine.restart(off);
  assertEquals(machine.ahead, 0);
  assertEquals(machine.warnings, []);
});

Deno.test("TrustedClock accepts a long power-off after a grace period that it announces", () => {
  for (const [off, grace] of [[HOUR, MIN_GRACE], [10 * DAY, 10 * HOUR], [40 * DAY, MAX_GRACE]]) {
    const machine = new Machine();
    machine.restart(off!);
    assertEquals(machine.warnings.length, 1);
    assertMatch(
      machine.warnings[0]!,
      /ahead of the time stored .* nothing expires because of that/,
    );
    machine.run(grace! - 60_000);
    assertEquals(machine.ahead, -off!);
    machine.run(61_000, 1_000);
    assertEquals(machine.ahead, 0);
    assertMatch(machine.warnings[1]!, /without the server count for retention and bans/);
  }
});

Deno.test("TrustedClock does not accept a clock that is wrong at the start and then set", () => {
  for (const error of [30 * DAY, -30 * DAY, -20_000 * DAY]) {
    const machine = new Machine();
    machine.restart(HOUR, error);
    machine.run(30_000);
    assertEquals(machine.ahead, -HOUR);
    machine.clock.wallOffset = NOW; // the time server answers
    machine.run(MIN_GRACE + 2_000);
    assertEquals(machine.ahead, 0, "The hour counts, as soon as the clock is steady");
    machine.run(3 * MAX_GRACE);
    assertEquals(machine.ahead, 0);
  }
});

Deno.test("TrustedClock does not accumulate doubt over many restarts", () => {
  const machine = new Machine();
  machine.restart(0, 30 * DAY);
  for (let i = 0; i < 2_000; i++) {
    machine.run(3_000);
    machine.restart(1_000);
  }
  assert(machine.ahead <= 0, `${machine.ahead} ms`);
  machine.clock.wallOffset = NOW;
  machine.restart(1_000);
  machine.run(MAX_GRACE);
  assertEquals(machine.ahead, 0);
});

Deno.test("TrustedClock keeps a gap in doubt across a crash in its grace period", () => {
  const machine = new Machine();
  machine.restart(2 * DAY);
  machine.run(HOUR);
  machine.restart(1_000);
  machine.run(3 * HOUR);
  assertEquals(machine.ahead, 0, "The two days count after two hours");
});

Deno.test("TrustedClock does not add a gap to the age of stamps after it", () => {
  const machine = new Machine();
  machine.restart(40 * DAY);
  const stamp = machine.time.now(); // in the first millisecond of the run, which the last one ended with
  machine.restart(HOUR); // still in the grace period
  machine.run(2 * MAX_GRACE);
  assertEquals(machine.ahead, 0);
  const elapsed = machine.time.elapsedSince(stamp);
  assertEquals(elapsed, 2 * MAX_GRACE, "The hour counts for what was there before both gaps");
  assertEquals(machine.time.oldest(elapsed), stamp);
});

Deno.test("TrustedClock.oldest() agrees with elapsedSince() over any number of gaps", async () => {
  await eachSeed(30, (random) => {
    const machine = new Machine();
    const stamps: number[] = [];
    for (let i = 0; i < 150; i++) {
      machine.run(random.between(1, 600_000), 10_000);
      if (random.oneIn(2)) stamps.push(machine.time.now());
      if (random.oneIn(2)) machine.restart(random.pick([0, 1, 5_000, USUAL_DOWNTIME]));
    }
    const { time } = machine;
    const gaps = time.toStored().gaps;
    assert(gaps.length <= 100);
    for (const stamp of stamps) {
      const elapsed = time.elapsedSince(stamp);
      for (const age of [elapsed - 1, elapsed, elapsed + 1, random.between(0, 10 * HOUR)]) {
        assertEquals(stamp < time.oldest(age), elapsed > age, `${stamp} ${age} ${elapsed}`);
      }
    }
  });
});

Deno.test("TrustedClock does not count a correction of the wall clock as downtime", () => {
  const machine = new Machine();
  machine.clock.wallOffset = 0; // 1970, as on a machine without a battery
  machine.start();
  machine.run(60_000);
  machine.clock.wallOffset = NOW;
  machine.run(HOUR);
  const before = machine.time.now();
  machine.run(1_000);
  machine.restart(2_000);
  machine.run(2 * MAX_GRACE);
  assertEquals(machine.time.elapsedSince(before), 3_000 + 2 * MAX_GRACE);
});

Deno.test("TrustedClock never goes back, and never ahead of the time that passed", async () => {
  await eachSeed(50, (random) => {
    const machine = new Machine();
    let last = 0;
    let lastStamp = 0;
    for (let i = 0; i < 300; i++) {
      // The clock is wrong for a few hours at most, so a grace period of a day never ends.
      if (random.oneIn(3)) machine.clock.wallOffset = NOW + random.pick([30, -30, 24, -400]) * DAY;
      else machine.clock.wallOffset = NOW;
      if (random.oneIn(4)) machine.restart(random.between(0, 2 * HOUR));
      machine.run(random.between(1, 3 * HOUR), 60_000);
      const stamp = machine.time.now();
      const elapsed = machine.ahead + machine.clock.now();
      assert(stamp >= lastStamp && elapsed >= last, "It went back");
      assert(machine.ahead <= 0, "It is ahead of time");
      [last, lastStamp] = [elapsed, stamp];
    }
  });
});
