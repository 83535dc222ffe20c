import { assert, assertEquals } from "@std/assert";
import type { Metric } from "./job.ts";
import { Results } from "./results.ts";
import { judge, type Verdict } from "./targets.ts";

function measured(servers: Record<string, Partial<Record<Metric, number>>>): Results {
  const results = new Results();
  for (const [server, metrics] of Object.entries(servers)) {
    results.add({ scenario: 1, transport: "ws", server }, { variant: "", metrics });
  }
  return results;
}

function against(peer: string, verdicts: readonly Verdict[]): Verdict {
  const verdict = verdicts.find(({ text }) => text.endsWith(`x ${peer}`));
  assert(verdict !== undefined, `there is no target against ${peer}`);
  return verdict;
}

Deno.test("judge() compares our figure with the peer's of the same run", () => {
  const verdicts = judge(
    measured({
      backchannel: { perCpuSecond: 90 },
      bun: { perCpuSecond: 100 },
      deno: { perCpuSecond: 90 },
    }),
    1,
  );
  assertEquals(against("bun", verdicts).value, 0.9);
  assertEquals(against("bun", verdicts).isReached, false);
  assertEquals(against("deno", verdicts).isReached, true);
});

Deno.test("judge() neither passes nor fails what was not measured", () => {
  const verdict = against("bun", judge(measured({ backchannel: { perCpuSecond: 90 } }), 1));
  assertEquals(verdict.value, undefined);
  assertEquals(verdict.isReached, undefined);
});
