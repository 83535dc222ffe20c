import { assertEquals } from "@std/assert";
import { backoff, parseRetryAfter } from "../../lib/webhook/backoff.ts";

Deno.test("backoff() doubles up to a minute, and half of it is random", () => {
  const waits = (random: number) => [1, 2, 3, 6, 7, 8, 2_000].map((n) => backoff(n, 0, random));
  assertEquals(waits(0), [500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000]);
  assertEquals(waits(0.5), [750, 1_500, 3_000, 24_000, 45_000, 45_000, 45_000]);
});

Deno.test("backoff() waits as long as the receiver asks for, at most an hour", () => {
  assertEquals(backoff(1, 90_000, 0), 90_000);
  assertEquals(backoff(8, 5_000, 0), 30_000);
  assertEquals(backoff(1, 10 ** 12, 0), 3_600_000);
});

Deno.test("parseRetryAfter() reads seconds and dates", () => {
  const now = Date.UTC(2026, 10, 24, 2, 10, 33);
  const cases: ReadonlyArray<readonly [string | null, number]> = [
    [null, 0],
    ["0", 0],
    ["120", 120_000],
    ["9999999999", 9_999_999_999_000],
    ["Tue, 24 Nov 2026 02:11:33 GMT", 60_000],
    ["Tue, 24 Nov 2026 02:09:33 GMT", 0],
    // Not what RFC 9110 allows.
    ["", 0],
    ["-1", 0],
    ["1.5", 0],
    ["1e3", 0],
    ["soon", 0],
    ["soon GMT", 0],
    ["7 oct 2099", 0],
    ["99999999999", 0],
  ];
  for (const [value, wait] of cases) assertEquals(parseRetryAfter(value, now), wait, String(value));
});
