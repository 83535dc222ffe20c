import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { BODY_TIMEOUT, MAX_BODY, REQUEST_TIMEOUT } from "../../lib/webhook/attempt.ts";
import { GATHER_TIME, MAX_REFUSALS, SHUTDOWN_TIMEOUT } from "../../lib/webhook/webhook.ts";
import { eachInTurn, times } from "../support/patience.ts";
import { Scene, settle, URL_WITH_SECRETS } from "./fake_receiver.ts";

/** Longer than any wait between two attempts without a `Retry-After`, in ms. */
const ANY_BACKOFF = 60_000;

// Batches

Deno.test("Webhook gathers events for a moment and sends them in one signed request", async () => {
  const scene = new Scene();
  scene.say(2);
  await scene.pass(GATHER_TIME - 1);
  scene.say();
  assertEquals(scene.requests.length, 0);
  await scene.pass(1);
  const request = await scene.request(1);
  const { url, init, headers, payload } = request;
  assertEquals(url, URL_WITH_SECRETS);
  assertEquals([init.method, init.redirect], ["POST", "manual"]);
  assertEquals(headers.get("content-type"), "application/json");
  assertEquals(headers.get("user-agent"), "Backchannel/0");
  assertMatch(headers.get("webhook-id")!, /^msg_[\w-]{36}$/);
  assertEquals(headers.get("webhook-timestamp"), String(Date.UTC(2026, 10, 24) / 1000));
  assertEquals(payload.type, "chat.events");
  assertEquals(payload.timestamp, "2026-11-24T00:00:00.100Z");
  assertEquals(payload.data.epoch, "the epoch");
  assertEquals(payload.data.events[0], {
    type: "message",
    time: Date.UTC(2026, 10, 24),
    room: "dev",
    id: 1,
    from: { id: 1, name: "Alice", address: "guest-1" },
    text: "hello",
  } as unknown);
  assertEquals(request.events, [1, 2, 3]);
  await request.answer(200);
  assertEquals(scene.counts.events, { delivered: 3, dropped: 0 });
  assertEquals([scene.clock.pending, scene.log], [0, []]);
});

Deno.test("Webhook sends at once when the events fill a request", async () => {
  const scene = new Scene();
  scene.say(10, "x".repeat(4_096));
  await settle();
  assertEquals((await scene.request(1)).events.length, 7, "as many as fit into a segment");
});

Deno.test("Webhook has one request under way, and sends what came meanwhile in the next one", async () => {
  const scene = new Scene();
  scene.say();
  await scene.pass(GATHER_TIME);
  const first = await scene.request(1);
  scene.say(3);
  await scene.pass(GATHER_TIME * 2);
  assertEquals(scene.requests.length, 1);
  assertEquals([scene.webhook.waiting, scene.webhook.age], [4, 3 * GATHER_TIME]);
  await first.answer(204);
  const second = await scene.request(2);
  assertEquals([scene.webhook.waiting, scene.webhook.age], [3, 2 * GATHER_TIME]);
  assertEquals(second.events, [2, 3, 4]);
  assertNotEquals(second.headers.get("webhook-id"), first.headers.get("webhook-id"));
  await second.answer(200);
  assertEquals([scene.webhook.waiting, scene.webhook.age], [0, 0]);
});

// Failures

Deno.test("Webhook sends a failed batch again, with its id and body, before later events", async () => {
  const scene = new Scene();
  scene.say();
  await scene.pass(GATHER_TIME);
  const first = await scene.request(1);
  await first.answer(500);
  scene.say();
  assertEquals(scene.requests.length, 1);
  await scene.pass(500);
  const second = await scene.request(2);
  assertEquals(second.headers.get("webhook-id"), first.headers.get("webhook-id"));
  assertEquals(second.body, first.body);
  await scene.pass(2_000);
  await second.answer(503);
  await scene.pass(1_000);
  const third = await scene.request(3);
  assertEquals(third.body, first.body);
  assertEquals(
    Number(third.headers.get("webhook-timestamp")) - Number(first.headers.get("webhook-timestamp")),
    3,
    "the time is that of the request",
  );
  await third.answer(200);
  assertEquals((await scene.request(4)).events, [2]);
  assertEquals(scene.counts.requests, { delivered: 1, failed: 2 });
});

Deno.test("Webhook waits longer and longer while its receiver is down", async () => {
  const scene = new Scene();
  scene.say();
  await scene.pass(GATHER_TIME);
  const waits = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
  await eachInTurn(waits, async (wait, i) => {
    await (await scene.request(i + 1)).fail(new TypeError("fetch failed"));
    await scene.pass(wait - 1);
    assertEquals(scene.requests.length, i + 1);
    await scene.pass(1);
  });
  await (await scene.request(9)).answer(200);
  assertEquals(scene.log, [
    "warn Webhook: cannot deliver to https://hooks.example: fetch failed",
    "info Webhook: works again, failed requests: 8",
  ]);
});

Deno.test("Webhook waits for its receiver even if the events fill a request", async () => {
  const scene = new Scene();
  scene.say();
  await scene.pass(GATHER_TIME);
  await (await scene.request(1)).answer(503);
  scene.say(20, "x".repeat(4_096));
  await scene.pass(499);
  assertEquals(scene.requests.length, 1);
  await scene.pass(1);
  await scene.request(2);
});

Deno.test("Webhook waits as long as Retry-After says", async () => {
  const scene = new Scene();
  scene.say();
  await scene.pass(GATHER_TIME);
  await (await scene.request(1)).answer(429, { "retry-after": "100" });
  await scene.pass(99_999);
  assertEquals(scene.requests.length, 1);
  await scene.pass(1);
  const date = new Date(scene.clock.wall() + 200_000).toUTCString();
  await (await scene.request(2)).answer(503, { "retry-after": date });
  await scene.pass(199_000);
  assertEquals(scene.requests.length, 2);
  await scene.pass(1_000);
  await (await scene.request(3)).answer(200);
});

Deno.test("Webhook does not follow redirects", async () => {
  const scene = new Scene();
  scene.say();
  await scene.pass(GATHER_TIME);
  await (await scene.request(1)).answer(307, { location: "https://elsewhere.example/" });
  await scene.pass(ANY_BACKOFF);
  const request = await scene.request(2);
  assertEquals([request.url, request.events], [URL_WITH_SECRETS, [1]]);
  assertEquals(scene.log, ["warn Webhook: cannot deliver to https://hooks.example: HTTP 307"]);
});

Deno.test("Webhook gives up a request that gets no response in time", async () => {
  const scene = new Scene();
  scene.say();
  await scene.pass(GATHER_TIME);
  await scene.request(1);
  await scene.pass(REQUEST_TIMEOUT - 1);
  assertEquals(scene.counts.requests.failed, 0);
  await scene.pass(1);
  assertEquals(scene.counts.requests.failed, 1);
  assertEquals(scene.log, [
    "warn Webhook: cannot deliver to https://hooks.example: no response in time",
  ]);
  await scene.pass(ANY_BACKOFF);
  assertEquals((await scene.request(2)).events, [1]);
});

Deno.test("Webhook logs a reason once, without the secrets in the URL", async () => {
  const scene = new Scene();
  scene.say();
  await scene.pass(GATHER_TIME);
  const refused =
    `error sending request for url (${URL_WITH_SECRETS}): client error (Connect): tcp connect error: Connection refused (os error 111)`;
  const errors = [
    new TypeError("fetch failed", { cause: new Error(refused) }),
    new TypeError("fetch failed", { cause: new Error(refused) }),
    new TypeError(`Fetch failed: ${URL_WITH_SECRETS} is no good`),
    new Error(`one\ntwo`),
  ];
  await eachInTurn(errors, async (error, i) => {
    await (await scene.request(i + 1)).fail(error);
    await scene.pass(ANY_BACKOFF);
  });
  await (await scene.request(5)).answer(401);
  const failed = "warn Webhook: cannot deliver to https://hooks.example:";
  assertEquals(scene.log, [
    `${failed} tcp connect error: Connection refused (os error 111)`,
    `${failed} Fetch failed: (URL) is no good`,
    `${failed} one two`,
    `${failed} HTTP 401`,
  ]);
});

Deno.test("Webhook drops a batch that is refused again and again, and tells the receiver", async () => {
  const scene = new Scene();
  scene.say(2);
  await scene.pass(GATHER_TIME);
  const poison = (await scene.request(1)).body;
  await times(MAX_REFUSALS, async (i) => {
    const request = await scene.request(i + 1);
    assertEquals(request.body, poison);
    await request.answer(400);
    if (i === 0) scene.say(2);
    if (i < MAX_REFUSALS - 1) await scene.pass(ANY_BACKOFF);
  });
  const next = await scene.request(MAX_REFUSALS + 1);
  assertEquals(next.events, ["dropped", 3, 4]);
  const [dropped] = next.payload.data.events;
  assertEquals([dropped?.count, dropped?.missed], [2, [{ room: "dev", from: 1, to: 2 }]]);
  await next.answer(200);
  assertEquals(scene.counts.events, { delivered: 2, dropped: 2 });
  assertEquals(scene.log, [
    "warn Webhook: cannot deliver to https://hooks.example: HTTP 400",
    "warn Webhook: a batch was refused (HTTP 400), events dropped: 2",
    "info Webhook: works again, failed requests: 10",
  ]);
});

Deno.test("Webhook keeps a batch as long as the receiver is down, asks to wait or refuses everybody", async () => {
  const scene = new Scene();
  scene.say();
  await scene.pass(GATHER_TIME);
  const statuses = [500, 503, 429, 401, 404, 302];
  await times(5 * MAX_REFUSALS, async (i) => {
    await (await scene.request(i + 1)).answer(statuses[i % statuses.length]!);
    await scene.pass(ANY_BACKOFF);
  });
  assertEquals((await scene.request(5 * MAX_REFUSALS + 1)).events, [1]);
});

Deno.test("Webhook sends nothing after 410 Gone", async () => {
  const scene = new Scene();
  scene.say(3);
  await scene.pass(GATHER_TIME);
  scene.say();
  await (await scene.request(1)).answer(410);
  scene.say();
  await scene.pass(10 * ANY_BACKOFF);
  assertEquals(scene.requests.length, 1);
  assertEquals([scene.webhook.waiting, scene.clock.pending], [0, 0]);
  assertEquals(scene.counts.events, { delivered: 0, dropped: 4 });
  assertEquals(scene.log, [
    "error Webhook: https://hooks.example answered 410 Gone, nothing is sent until a restart, events dropped: 4",
  ]);
  await scene.webhook.close();
  assertEquals(scene.log.length, 1);
});

// The body of a response

Deno.test("Webhook reads at most a page of a response, and takes the status as it came", async () => {
  let pulled = 0;
  let cancelled = false;
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(++pulled && 1_000)),
    cancel: () => void (cancelled = true),
  });
  const scene = new Scene();
  scene.say();
  await scene.pass(GATHER_TIME);
  await (await scene.request(1)).answer(200, {}, endless);
  assertEquals([scene.counts.requests.delivered, cancelled], [1, true]);
  assert(pulled * 1_000 <= MAX_BODY + 3_000, `${pulled}`);
});

Deno.test("Webhook does not wait for a body that stalls or breaks off", async () => {
  let cancelled = false;
  const stalled = new ReadableStream({ cancel: () => void (cancelled = true) });
  const broken = new ReadableStream({ pull: (c) => c.error(new Error("reset")) });
  const scene = new Scene();
  scene.say();
  await scene.pass(GATHER_TIME);
  await (await scene.request(1)).answer(200, {}, stalled);
  scene.say();
  await scene.pass(BODY_TIMEOUT - 1);
  assertEquals([scene.counts.requests.delivered, scene.requests.length], [0, 1]);
  await scene.pass(1);
  assertEquals([scene.counts.requests.delivered, cancelled], [1, true]);
  await (await scene.request(2)).answer(200, {}, broken);
  assertEquals(scene.counts.requests, { delivered: 2, failed: 0 });
  assertEquals(scene.clock.pending, 0);
});

// A full queue

Deno.test("Webhook drops the oldest events when its queue is full, and says so at both ends", async () => {
  const scene = new Scene({ limits: { events: 3, bytes: 100_000 } });
  scene.say();
  await scene.pass(GATHER_TIME);
  await (await scene.request(1)).answer(500);
  scene.say(5);
  assertEquals(scene.webhook.waiting, 4);
  assertEquals(scene.counts.events.dropped, 2);
  await scene.pass(ANY_BACKOFF);
  const again = await scene.request(2);
  assertEquals(again.events, [1]);
  await again.answer(200);
  const next = await scene.request(3);
  assertEquals(next.events, ["dropped", 4, 5, 6]);
  const [dropped] = next.payload.data.events;
  assertEquals([dropped?.count, dropped?.missed], [2, [{ room: "dev", from: 2, to: 3 }]]);
  await next.answer(200);
  assertEquals(scene.counts.events, { delivered: 4, dropped: 2 });
  assertEquals(scene.log, [
    "warn Webhook: cannot deliver to https://hooks.example: HTTP 500",
    "warn Webhook: the queue is full, its oldest events are dropped",
    "info Webhook: works again, failed requests: 1",
    "warn Webhook: the queue is empty again, events dropped: 2",
  ]);
});

// The end

Deno.test("Webhook.close() sends what is queued, batch by batch, and then no more", async () => {
  const scene = new Scene();
  scene.say(10, "x".repeat(4_096));
  await settle();
  const first = await scene.request(1);
  scene.say();
  const closed = scene.webhook.close();
  scene.say();
  await first.answer(200);
  await (await scene.request(2)).answer(200);
  await closed;
  assertEquals(
    scene.requests.flatMap(({ events }) => events),
    Array.from({ length: 11 }, (_, i) => i + 1),
  );
  assertEquals([scene.clock.pending, scene.log], [0, []]);
});

Deno.test("Webhook.close() without anything to send ends at once", async () => {
  const scene = new Scene();
  await scene.webhook.close();
  await scene.webhook.close();
  assertEquals([scene.clock.pending, scene.requests.length], [0, 0]);
});

Deno.test("Webhook.close() tries once more, and then reports what was not delivered", async () => {
  const scene = new Scene();
  scene.say(2);
  await scene.pass(GATHER_TIME);
  await (await scene.request(1)).answer(500);
  const closed = scene.webhook.close();
  const last = await scene.request(2);
  assertEquals(last.events, [1, 2]);
  await last.answer(500);
  await closed;
  assertEquals(scene.counts.events, { delivered: 0, dropped: 2 });
  assertEquals(scene.log.at(-1), "warn Webhook: events not delivered: 2");
  assertEquals(scene.clock.pending, 0);
});

Deno.test("Webhook.close() waits for a short time only", async () => {
  const scene = new Scene();
  scene.say(2);
  await scene.pass(GATHER_TIME);
  await scene.request(1);
  let isClosed = false;
  const closed = scene.webhook.close().then(() => isClosed = true);
  await scene.pass(SHUTDOWN_TIMEOUT - 1);
  assertEquals(isClosed, false);
  await scene.pass(1);
  await closed;
  assertEquals(scene.log.at(-1), "warn Webhook: events not delivered: 2");
  assertEquals([scene.clock.pending, scene.requests.length], [0, 1]);
});
