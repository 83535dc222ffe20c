import { assertEquals } from "@std/assert";
import { SniffTimeouts } from "../../lib/server/sniff_timeouts.ts";
import { FakeClock } from "../support/clock.ts";

function setUp() {
  const clock = new FakeClock();
  const released: string[] = [];
  const timeouts = new SniffTimeouts({
    clock,
    timeout: 100,
    schedule: (source) => source.handleInput(),
  });
  const add = (name: string, extra?: number) =>
    timeouts.add({ release: () => released.push(`${name} ${clock.now()}`) }, extra);
  return { clock, released, timeouts, add };
}

Deno.test("SniffTimeouts.add() releases each handler at its deadline", () => {
  const { clock, released, add } = setUp();
  add("a");
  clock.advance(30);
  add("b");
  clock.advance(500);
  assertEquals(released, ["a 100", "b 130"]);
  assertEquals(clock.pending, 0);
});

Deno.test("SniffTimeouts.add() keeps the order of deadlines if some clients have more time", () => {
  const { clock, released, add } = setUp();
  add("far", 300);
  add("near");
  add("middle", 150);
  add("last", 1_000);
  clock.advance(50);
  add("later");
  clock.advance(5_000);
  assertEquals(released, ["near 100", "later 150", "middle 250", "far 400", "last 1100"]);
  assertEquals(clock.pending, 0);
});

Deno.test("SniffTimeouts.close() releases no more handlers", () => {
  const { clock, released, timeouts, add } = setUp();
  add("a", 50);
  add("b");
  timeouts.close();
  clock.advance(5_000);
  assertEquals([released, clock.pending], [[], 0]);
});
