import { assertEquals } from "@std/assert";
import { Health } from "../../../lib/server/http/health.ts";

Deno.test("Health.problems has what each check says at the moment", () => {
  const failures: string[] = [];
  const health = new Health([() => undefined, () => failures[0], () => "draining"]);
  assertEquals(health.problems, ["draining"]);
  failures.push("history failing: disk full");
  assertEquals(health.problems, ["history failing: disk full", "draining"]);
  assertEquals(new Health([]).problems, []);
});
