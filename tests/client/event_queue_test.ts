import { assertEquals, assertRejects } from "@std/assert";
import { ChatError } from "../../lib/client/errors.ts";
import { EventQueue } from "../../lib/client/event_queue.ts";

function setUp(capacity = 10) {
  const ends: string[] = [];
  const queue = new EventQueue<number>(capacity, () => ends.push("end"));
  return { queue, ends };
}

const value = (value: number) => ({ done: false, value }) as const;
const DONE = { done: true, value: undefined } as const;

Deno.test("EventQueue gives events in order, to loops that wait and loops that come later", async () => {
  const { queue } = setUp();
  const early = [queue.next(), queue.next()];
  for (const event of [1, 2, 3]) queue.push(event);
  assertEquals(await Promise.all(early), [value(1), value(2)]);
  assertEquals(await queue.next(), value(3));
});

Deno.test("EventQueue.end() ends the loop when it has read all events", async () => {
  const { queue, ends } = setUp();
  queue.push(1);
  queue.end();
  queue.push(2);
  queue.end(new Error("too late"));
  const read: number[] = [];
  for await (const event of queue) read.push(event);
  assertEquals([read, ends], [[1], ["end"]]);
  assertEquals(await queue.next(), DONE);
});

Deno.test("EventQueue.end() throws its error once, behind the events", async () => {
  const { queue } = setUp();
  queue.push(1);
  queue.end(new ChatError("closed", "over"));
  assertEquals(await queue.next(), value(1));
  await assertRejects(() => queue.next(), ChatError, "over");
  assertEquals(await queue.next(), DONE);
});

Deno.test("EventQueue.end() settles every waiting loop, the first one with the error", async () => {
  const { queue } = setUp();
  const waiting = [queue.next(), queue.next()];
  queue.end(new ChatError("closed", "over"));
  await assertRejects(() => waiting[0]!, ChatError, "over");
  assertEquals(await waiting[1], DONE);
});

Deno.test("EventQueue gives what it holds and then an error if more events come than it can hold", async () => {
  const { queue, ends } = setUp(2);
  for (const event of [1, 2, 3, 4]) queue.push(event);
  assertEquals(ends, ["end"]);
  assertEquals([await queue.next(), await queue.next()], [value(1), value(2)]);
  const error = await assertRejects(() => queue.next(), ChatError);
  assertEquals(error.code, "events_full");
});

Deno.test("EventQueue.return() ends the queue, as break does", async () => {
  const { queue, ends } = setUp();
  for (const event of [1, 2, 3]) queue.push(event);
  for await (const event of queue) {
    assertEquals(event, 1);
    break;
  }
  assertEquals([ends, await queue.next()], [["end"], DONE]);
});
