import { assertEquals, assertThrows } from "@std/assert";
import { Rate } from "../../../lib/limits/token_bucket.ts";
import { RequestError } from "../../../lib/protocol/http/request_head.ts";
import { CallRates } from "../../../lib/server/api/call_rates.ts";

Deno.test("CallRates limits each identity by itself, and says when to try again", () => {
  const time = { now: 0 };
  const rates = new CallRates(new Rate(0.5, 3), time);
  for (let i = 0; i < 3; i++) rates.charge({ id: "ci" });
  const error = assertThrows(() => rates.charge({ id: "ci" }), RequestError, "Too many requests");
  assertEquals([error.status, error.retryAfter], [429, 2]);
  rates.charge({ id: "dash" });
  time.now += 2_000;
  rates.charge({ id: "ci" });
  assertThrows(() => rates.charge({ id: "ci" }), RequestError);
});

Deno.test("CallRates without a rate limits nobody, and remembers nobody", () => {
  const rates = new CallRates(undefined, { now: 0 });
  for (let i = 0; i < 10_000; i++) rates.charge({ id: "ci" });
  assertEquals(rates.size, 0);
});

Deno.test("CallRates forgets identities that are as good as new", () => {
  const time = { now: 0 };
  const rates = new CallRates(new Rate(1, 1), time);
  for (let i = 0; i < 100_000; i++) {
    rates.charge({ id: `user ${i}` });
    time.now += 10;
  }
  assertEquals(rates.size < 3_000, true, `${rates.size}`);
});
