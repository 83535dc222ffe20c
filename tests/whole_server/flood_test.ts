/**
 * How far a client may be behind with its input, and what besides messages is charged for.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { CONTINUATION, frame, PONG, TEXT } from "../protocol/client_frames.ts";
import { TCP, WEBSOCKET } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { times, until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";

const RATE = { rate: 20, burst: 60 } as const;

function repeated(piece: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(piece.length * count);
  for (let i = 0; i < count; i++) whole.set(piece, i * piece.length);
  return whole;
}

/** Lets seconds pass until the condition holds, and returns their number. */
async function secondsUntil(
  server: TestServer,
  clock: FakeClock,
  holds: () => boolean,
): Promise<number> {
  let seconds = 0;
  await until(async () => {
    if (holds()) return true;
    seconds++;
    await times(20, async () => {
      clock.advance(50);
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    });
    await server.settle();
    return false;
  }, "it holds");
  return seconds;
}

/** Regression: a client that had sent 4 MB of short lines and its FIN went on for 11.8 hours. */
Deno.test("A client that is behind for more than a minute is disconnected with a reason, even after it has half-closed", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, ...RATE });
  const { counters } = server.server;
  using client = await server.connect(TCP);
  await client.socket.write("x\n".repeat(100_000));
  await client.halfClose();
  const seconds = await secondsUntil(server, clock, () => counters.closed.flood === 1);
  assert(seconds >= 50 && seconds <= 62, `${seconds} s`);
  assert(counters.receivedMessages <= 60 + 62 * 20, `${counters.receivedMessages} were said`);
  const { lines } = await client.ending();
  assertEquals(lines, ["Excess flood: you kept sending more than this server takes"]);
});

Deno.test("A long text that takes less than a minute is delivered completely", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, ...RATE });
  const { counters } = server.server;
  using client = await server.connect(TCP);
  await client.socket.write("x\n".repeat(1_100));
  await secondsUntil(server, clock, () => counters.receivedMessages === 1_100);
  assertEquals(counters.closed.flood, 0);
});

/** It is throttled all the time, and never far behind. */
Deno.test("A client that sends a little more than its rate is throttled and not disconnected, however long it goes on", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, ...RATE });
  const { counters } = server.server;
  using client = await server.connect(TCP);
  for (let second = 0; second < 150; second++) {
    await client.socket.write("x\n".repeat(21));
    await secondsUntil(server, clock, () => counters.receivedMessages >= second * 20);
  }
  assertEquals([counters.closed.flood, counters.throttled > 0], [0, true]);
});

for (
  const [what, bytes] of [
    ["pongs", repeated(frame(PONG, ""), 70)],
    [
      "empty fragments",
      new Uint8Array([
        ...frame(TEXT, "x", { fin: false }),
        ...repeated(frame(CONTINUATION, "", { fin: false }), 700),
      ]),
    ],
  ] as const
) {
  Deno.test(`A flood of ${what} is throttled like a flood of messages`, async () => {
    const clock = new FakeClock();
    await using server = new TestServer({ clock, ...RATE });
    using client = await server.connect(WEBSOCKET);
    await client.hearsNothing();
    await client.socket.write(bytes);
    await until(() => server.server.counters.throttled === 1, "it waits");
  });
}

Deno.test("A flood of telnet commands is throttled like a flood of messages", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, ...RATE });
  using client = await server.connect(TCP);
  await client.hearsNothing();
  await client.socket.write(repeated(Uint8Array.of(255, 241), 700));
  await until(() => server.server.counters.throttled === 1, "it waits");
});

/** Regression: 64 clients searched a room that was filled to make it slow, and all others waited for 10 s. */
Deno.test("A slow search does not delay other clients", async () => {
  await using server = new TestServer({ rate: 0 });
  using speaker = await server.connect(TCP);
  for (let i = 0; i < 1_000; i++) await speaker.socket.write(`${"a b ".repeat(500)}a\n`);
  await speaker.hearsNothing();
  using other = await server.connect(TCP);
  await other.hearsNothing();
  const clients = await Promise.all(Array.from({ length: 8 }, () => server.connect(TCP)));
  let answered = 0;
  const searches = clients.map(async (client) => {
    await client.asks("/search a-a-b", "Nothing found for 'a-a-b' in 'lobby'");
    answered++;
  });
  let turns = 0;
  while (answered < clients.length) {
    await other.hearsNothing();
    turns++;
  }
  await Promise.all(searches);
  for (const client of clients) client.close();
  assert(turns >= clients.length, `${turns} answers to somebody else while 8 rooms were searched`);
});

/** Regression: replies to requests after a slow one arrived before its reply. */
Deno.test("Requests after a search are answered after it", async () => {
  await using server = new TestServer();
  using client = await server.connect(TCP);
  await client.say("/search tea", "/foo", "/search tea", "/quit");
  await client.hears(
    "Nothing found for 'tea' in 'lobby'",
    "Error: Unknown command '/foo', try /help",
    "Nothing found for 'tea' in 'lobby'",
    "Goodbye!",
  );
});
