import { assertEquals } from "@std/assert";
import type { Metric } from "./job.ts";
import { Results } from "./results.ts";

const KEY = { scenario: 1, transport: "ws", server: "bun" } as const;

function measured(...runs: ReadonlyArray<Partial<Record<Metric, number>>>): Results {
  const results = new Results();
  for (const metrics of runs) results.add(KEY, { variant: "", metrics });
  return results;
}

Deno.test("Results.rows() gives the median of the runs", () => {
  const [row] = measured({ perCpuSecond: 1 }, { perCpuSecond: 5 }).rows(KEY);
  assertEquals(row?.median, { perCpuSecond: 3 });
});

Deno.test("Results.rows() leaves disturbed runs out while there are others", () => {
  const disturbed = { perCpuSecond: 1, othersBusy: 0.8 };
  const quiet = { perCpuSecond: 5, othersBusy: 0.03 };
  assertEquals(measured(disturbed).rows()[0]?.median.perCpuSecond, 1);
  assertEquals(measured(disturbed, quiet).rows()[0]?.median.perCpuSecond, 5);
});

Deno.test("Results.rows() shows the worst loss of all runs", () => {
  const runs = [{ lost: 0 }, { lost: 7, othersBusy: 0.8 }, { lost: 0 }];
  assertEquals(measured(...runs).rows()[0]?.median.lost, 7);
});
