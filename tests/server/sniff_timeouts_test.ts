import { assertEquals } from "@std/assert";
import { SniffTimeouts } from "../../lib/server/sniff_timeouts.ts";
import { FakeClock } from "../support/clock.ts";

function stage() {
  const clock = new FakeClock();
  const released: string[] = [];
  const sniffing = new SniffTimeouts({
    clock,
    timeout: 100,
    inTurn: (item) => item.handleInput(),
  });
  const add = (name: string, extra?: number) =>
    sniffing.add({ release: () => released.push(`${name} ${clock.now()}`) }, extra);
  return { clock, released, sniffing, add };
}

Deno.test("Sniffing.add() releases each one when its time is over", () => {
  const { clock, released, add } = stage();
  add("a");
  clock.advance(30);
  add("b");
  clock.advance(500);
  assertEquals(released, ["a 100", "b 130"]);
  assertEquals(clock.pending, 0);
});

Deno.test("Sniffing.add() keeps the order of those who have more time than others", () => {
  const { clock, released, add } = stage();
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

Deno.test("Sniffing.close() releases nobody any more", () => {
  const { clock, released, sniffing, add } = stage();
  add("a", 50);
  add("b");
  sniffing.close();
  clock.advance(5_000);
  assertEquals([released, clock.pending], [[], 0]);
});
