/**
 * A short run of `deno task jepsen`.
 */
import { assert, assertEquals } from "@std/assert";
import { redisTest } from "../support/redis.ts";
import { jepsen } from "./jepsen.ts";

redisTest("A cluster keeps its promises while servers, Redis and the network fail", async () => {
  const { problems, observations, faults } = await jepsen({
    seed: 1,
    ms: 15_000,
    faults: [
      "kill a server",
      "cut a server off",
      "lose answers",
      "swallow what a server says",
      "delay a server",
      "pause Redis",
      "kill Redis",
    ],
  });
  assertEquals(problems, []);
  assert(faults.length > 2, "something happened");
  assert(observations.filter(({ type }) => type === "acked").length > 50, "something was said");
});
