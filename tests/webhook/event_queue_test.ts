import { assert, assertEquals } from "@std/assert";
import { type Batch, EventQueue } from "../../lib/webhook/event_queue.ts";
import { MAX_LISTED_ROOMS } from "../../lib/webhook/losses.ts";

const message = (room: string, id: number, text = "x") =>
  JSON.stringify({ type: "message", room, id, text });

function pushMessage(queue: EventQueue, room: string, id: number, now = 0): number {
  return queue.push(message(room, id), { room, id }, now);
}

function eventsOf(batch: Batch | undefined) {
  return JSON.parse(`[${batch?.json ?? ""}]`);
}

/** The events of a batch in short: `dev 3`, or the `dropped` event as it is. */
function shown(batch: Batch | undefined): unknown[] {
  return eventsOf(batch).map((event: { type: string; room: string; id: number }) =>
    event.type === "message" ? `${event.room} ${event.id}` : event
  );
}

Deno.test("EventQueue.take() returns the events in order, and when the oldest was queued", () => {
  const queue = new EventQueue({ events: 10, bytes: 10_000 });
  assertEquals([queue.take(0), queue.since, queue.length], [undefined, undefined, 0]);
  for (const id of [1, 2, 3]) assertEquals(pushMessage(queue, "dev", id, id * 100), 0);
  assertEquals([queue.since, queue.length], [100, 3]);
  const batch = queue.take(0);
  assertEquals(shown(batch), ["dev 1", "dev 2", "dev 3"]);
  assertEquals([batch?.events, batch?.since], [3, 100]);
  assertEquals([queue.take(0), queue.since, queue.length, queue.bytes], [
    undefined,
    undefined,
    0,
    0,
  ]);
});

Deno.test("EventQueue keeps every text as it is", () => {
  const queue = new EventQueue({ events: 10, bytes: 10_000 });
  const text = '"[{,}]" \u{1f600} \u4f60 \\ \u2028 \n';
  queue.push(message("dev", 1, text), undefined, 0);
  assertEquals(eventsOf(queue.take(0))[0].text, text);
});

Deno.test("EventQueue drops the oldest events beyond its number, and tells which messages", () => {
  const queue = new EventQueue({ events: 3, bytes: 10_000 });
  for (let id = 1; id <= 3; id++) assertEquals(pushMessage(queue, "dev", id, id), 0);
  assertEquals(queue.push('{"type":"topic"}', undefined, 4), 1);
  assertEquals(pushMessage(queue, "lobby", 7, 5), 1);
  assertEquals(queue.since, 3);
  const dropped = {
    type: "dropped",
    time: 99,
    count: 2,
    missed: [{ room: "dev", from: 1, to: 2 }],
  };
  const batch = queue.take(99);
  assertEquals(shown(batch), [dropped, "dev 3", { type: "topic" }, "lobby 7"]);
  assertEquals([batch?.events, batch?.since], [3, 3]);
  pushMessage(queue, "dev", 4);
  assertEquals(shown(queue.take(99)), ["dev 4"], "it is told once");
});

Deno.test("EventQueue drops the oldest events beyond its bytes, but keeps one longer than that", () => {
  const queue = new EventQueue({ events: 1_000, bytes: 1_024 });
  for (let id = 1; id <= 100; id++) pushMessage(queue, "dev", id);
  assert(queue.bytes <= 1_024, `${queue.bytes}`);
  const long = message("dev", 101, "x".repeat(200_000));
  assert(queue.push(long, { room: "dev", id: 101 }, 0) > 1);
  assertEquals(queue.length, 1);
  const [dropped, event] = eventsOf(queue.take(0));
  assertEquals(dropped.missed, [{ room: "dev", from: 1, to: 100 }]);
  assertEquals(event.text.length, 200_000);
});

Deno.test("EventQueue.take() returns at most 64 KiB", () => {
  const queue = new EventQueue({ events: 100_000, bytes: 10_000_000 });
  for (let id = 1; id <= 20_000; id++) pushMessage(queue, "dev", id);
  let next = 1;
  let largest = 0;
  for (let batch = queue.take(0); batch !== undefined; batch = queue.take(0)) {
    largest = Math.max(largest, batch.json.length);
    for (const { id } of eventsOf(batch)) assertEquals(id, next++);
  }
  assertEquals(next, 20_001);
  assert(largest > 8_192 && largest <= 65_536, `${largest}`);
});

Deno.test("EventQueue.lose() has the next batch tell what was lost with one", () => {
  const queue = new EventQueue({ events: 3, bytes: 10_000 });
  for (let id = 1; id <= 5; id++) pushMessage(queue, "dev", id); // 1 and 2 are dropped
  const lost = queue.take(0)!;
  assertEquals(shown(lost).slice(1), ["dev 3", "dev 4", "dev 5"]);
  for (let id = 6; id <= 9; id++) pushMessage(queue, "dev", id); // 6 is dropped
  queue.lose(lost);
  assertEquals(shown(queue.take(99)), [
    { type: "dropped", time: 99, count: 6, missed: [{ room: "dev", from: 1, to: 6 }] },
    "dev 7",
    "dev 8",
    "dev 9",
  ]);
});

Deno.test("EventQueue tells of a loss with the event after it", () => {
  const queue = new EventQueue({ events: 3, bytes: 10_000 });
  queue.push('{"type":"topic"}', undefined, 0);
  queue.lose(queue.take(0)!);
  assertEquals(queue.take(0), undefined);
  pushMessage(queue, "dev", 1);
  assertEquals(shown(queue.take(9)), [
    { type: "dropped", time: 9, count: 1, missed: [] },
    "dev 1",
  ]);
});

/** Clients can open room after room while a receiver is down for days. */
Deno.test("EventQueue counts all losses, and lists them for a bounded number of rooms", () => {
  const queue = new EventQueue({ events: 1, bytes: 10_000 });
  for (let i = 0; i < 2 * MAX_LISTED_ROOMS; i++) pushMessage(queue, `room-${i}`, 1);
  pushMessage(queue, "room-0", 2);
  pushMessage(queue, "room-0", 3);
  const [{ count, missed }] = eventsOf(queue.take(0));
  assertEquals(count, 2 * MAX_LISTED_ROOMS + 1);
  assertEquals(missed.length, MAX_LISTED_ROOMS);
  assertEquals(missed[0], { room: "room-0", from: 1, to: 2 });
});
