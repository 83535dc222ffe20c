/**
 * A short soak run; `deno task soak` is the long one.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { times } from "../support/patience.ts";
import type { Holdings } from "./program.ts";
import { atRest, growth, isLeak, round, settled, Soaked, WARM_UP } from "./soak.ts";

/** Enough rounds for two halves. */
const ROUNDS = 4;

const isLinux = Deno.build.os === "linux";

Deno.test({
  name: `A server holds no more behind round ${WARM_UP + ROUNDS} than behind round ${WARM_UP}` +
    (isLinux ? "" : " (skipped: descriptors are counted in /proc)"),
  ignore: !isLinux,
  fn: async () => {
    await using soaked = await Soaked.start();
    const empty = await atRest(soaked);
    const rounds: Holdings[] = [];
    await times(WARM_UP + ROUNDS, async (i) => {
      await round(soaked.port, 1);
      const held = await settled(soaked, empty);
      assertEquals([held.descriptors, held.timers], [empty.descriptors, empty.timers]);
      if (i >= WARM_UP) rounds.push(held);
    });
    assert(!isLeak(rounds), `Grew by ${growth(rounds)} bytes: ${JSON.stringify(rounds)}`);
  },
});

Deno.test("growth() distinguishes leaks from temporary memory", () => {
  const of = (...heaps: number[]) =>
    growth(heaps.map((heap) => ({ heap, external: 0, rss: 0, descriptors: 0, timers: 0 })));
  assertEquals(of(5, 5, 5, 5), 0);
  assertEquals(of(5, 9, 9, 5), 0);
  assertEquals(of(1, 2, 3, 4), 2);
});
