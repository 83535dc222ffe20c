import { assertEquals } from "@std/assert";
import { Health } from "../../lib/net/health.ts";

Deno.test("Health.problems has what each check says at the moment", () => {
  let failing: string | undefined;
  const health = new Health([() => undefined, () => failing, () => "draining"]);
  assertEquals(health.problems, ["draining"]);
  failing = "history failing: disk full";
  assertEquals(health.problems, ["history failing: disk full", "draining"]);
  assertEquals(new Health([]).problems, []);
});
