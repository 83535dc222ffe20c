import { assert, assertEquals } from "@std/assert";
import { Rate, TokenBucket } from "../../lib/limits/token_bucket.ts";
import { eachSeed } from "../random.ts";

/** Number of tokens taken at once. */
function drain(bucket: TokenBucket, now: number): number {
  let taken = 0;
  while (taken < 1_000 && bucket.take(now)) taken++;
  return taken;
}

Deno.test("TokenBucket starts full and allows a burst", () => {
  const bucket = new TokenBucket(new Rate(20, 60));
  assert(bucket.isFull(0));
  assertEquals(drain(bucket, 0), 60);
  assert(!bucket.isFull(0));
});

Deno.test("TokenBucket regains a token each interval, up to the burst", () => {
  const bucket = new TokenBucket(new Rate(20, 60));
  drain(bucket, 0);
  assertEquals([drain(bucket, 49), drain(bucket, 50), drain(bucket, 50)], [0, 1, 0]);
  assertEquals(drain(bucket, 200), 3);
  assertEquals(drain(bucket, 3_199), 59);
  assertEquals(drain(bucket, 1_000_000), 60);
});

Deno.test("TokenBucket.dueAt is when the next token is available", () => {
  const bucket = new TokenBucket(new Rate(20, 60));
  assert(bucket.dueAt <= 0);
  drain(bucket, 7);
  assertEquals(bucket.dueAt, 57);
  assertEquals([bucket.take(56), bucket.take(57)], [false, true]);
});

Deno.test("TokenBucket.charge() can overdraw; later tokens pay the debt first", () => {
  const bucket = new TokenBucket(new Rate(10, 2));
  bucket.charge(5, 0);
  assertEquals(bucket.dueAt, 400);
  assertEquals([drain(bucket, 399), drain(bucket, 400), drain(bucket, 600)], [0, 1, 2]);
});

Deno.test("TokenBucket is full again when every token is back", () => {
  const bucket = new TokenBucket(new Rate(10, 3));
  bucket.take(0);
  bucket.take(0);
  assertEquals([bucket.isFull(199), bucket.isFull(200)], [false, true]);
});

Deno.test("TokenBucket allows its rate, for any rate and any times", async () => {
  await eachSeed(100, (random) => {
    const perSecond = random.between(1, 3_000) / 7;
    const burst = random.between(2, 100);
    const bucket = new TokenBucket(new Rate(perSecond, burst));
    const start = random.between(0, 1_000_000) / 3;
    let now = start, taken = drain(bucket, now);
    assertEquals(taken, burst);
    for (let i = 0; i < 200; i++) {
      // Never full in between, so that no token is lost.
      now += random.between(0, Math.floor(burst * 1000 / perSecond)) / 2;
      taken += drain(bucket, now);
      const allowed = burst + (now - start) * perSecond / 1000;
      assert(taken <= allowed + 0.01 && taken > allowed - 1.01, `${taken} of ${allowed}`);
    }
    return Promise.resolve();
  });
});
