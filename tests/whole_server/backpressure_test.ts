/**
 * Slow readers: the memory that they cost, and the notices that they get when they read again. They delay nobody else.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { ServeOptions } from "../../mod.ts";
import { SLOW_CALM } from "../../lib/server/observability/slow_clients.ts";
import { type Client, TCP, WEBSOCKET, type Wire, WIRES } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { eachInTurn, times, until } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";

/** Size of the messages that jam a client, in bytes: large, since the kernel buffers megabytes before a client is jammed. */
const LONG = 60_000;

/** Numbered messages that fill kernel buffers. */
class Speaker {
  #said = 0;

  constructor(readonly client: Client) {}

  static async connect(server: TestServer, wire: Wire = TCP): Promise<Speaker> {
    return new Speaker(await (await server.connect(wire)).takesName("Speaker"));
  }

  /** Number of messages it has sent. */
  get said(): number {
    return this.#said;
  }

  async say(count: number, length = LONG): Promise<void> {
    await times(count, () => this.client.say(`${this.#said++} ${"x".repeat(length)}`));
    await this.client.hearsNothing();
  }

  /** Number of messages that the server has dropped. */
  async lost(): Promise<number> {
    await this.client.say("/stats");
    return Number(/Dropped messages: (\d+)/.exec(await this.client.line())?.[1]);
  }

  /** Sends until the log reports that `jammed` has lost messages. */
  async jam(server: TestServer, jammed: Client): Promise<void> {
    await until(async () => {
      await this.say(10);
      return server.hasLogged(/^Slow client, dropped/, jammed.address);
    }, "somebody is jammed");
  }
}

/** Number of messages received, and of those reported as missing. */
interface Heard {
  readonly messages: number;
  readonly missed: number;
}

const NOTICE = /^Notice: (\d+) messages were dropped because this connection is too slow$/;

/** Reads the messages of a speaker up to number `last`; each arrives or is reported as missing. */
async function hearAll(client: Client, last: number): Promise<Heard> {
  let next = 0, messages = 0, missed = 0;
  await until(async () => {
    const line = await client.line();
    const notice = NOTICE.exec(line);
    if (notice !== null) {
      next += Number(notice[1]);
      missed += Number(notice[1]);
    } else {
      const [, number] = /^\[Speaker\]: (\d+) x*$/.exec(line) ?? [, line.slice(0, 200)];
      assertEquals(number, String(next));
      next++;
      messages++;
    }
    return next > last;
  }, "all is heard");
  return { messages, missed };
}

/** A fast reader: without one, all clients are slow. */
async function assertLively(server: TestServer, speaker: Speaker, wire: Wire): Promise<void> {
  using listener = await server.connect(wire);
  await listener.hearsNothing();
  const from = speaker.said;
  await speaker.say(20, 0);
  await listener.hears(...Array.from({ length: 20 }, (_, i) => `[Speaker]: ${from + i} `));
}

function dropped(server: TestServer, client: Client): number[] {
  return server.log.flatMap(({ message, address }) => {
    const match = /^Slow client, dropped (\d+) messages$/.exec(message);
    return match && address === client.address ? [Number(match[1])] : [];
  });
}

/** Waits until the log reports that a client has kept up for some time. */
function recovers(server: TestServer, clock: FakeClock, client: Client): Promise<void> {
  return until(() => {
    clock.advance(SLOW_CALM);
    return server.hasLogged(/^Recovered, dropped/, client.address);
  }, "the log says that it has recovered");
}

for (const overflow of ["drop-oldest", "drop-newest"] as const) {
  for (const wire of WIRES) {
    const options: ServeOptions = { overflow, capacity: 50, maxPayload: 100_000 };
    Deno.test(`--overflow ${overflow} reports every gap [${wire.name}]`, async () => {
      const clock = new FakeClock();
      await using server = new TestServer({ ...options, clock });
      using jammed = await server.connect(wire);
      await jammed.hearsNothing();
      const speaker = await Speaker.connect(server);
      using _ = speaker.client;
      await speaker.jam(server, jammed);
      await speaker.say(55);
      await assertLively(server, speaker, wire);
      // Until it has caught up, new messages may still be lost; this one arrives after that.
      const whole = speaker.said - 1;
      const reading = hearAll(jammed, whole + 1);
      await recovers(server, clock, jammed);
      await speaker.say(1, 0);
      const { missed, messages } = await reading;
      assert(messages >= options.capacity!, `${messages} messages`);
      assert(missed >= 55, `${missed} missed`);

      assertEquals(dropped(server, jammed), [10]); // the beginning of it, and no more
      assert(server.hasLogged(`Recovered, dropped ${missed} messages`, jammed.address));
      await speaker.client.say("/stats");
      assert((await speaker.client.line()).includes(`Dropped messages: ${missed} |`));
      await jammed.hearsNothing();
    });
  }
}

Deno.test("--overflow drop-oldest keeps the newest messages", async () => {
  await using server = new TestServer({ capacity: 50 });
  using jammed = await server.connect(TCP);
  await jammed.hearsNothing();
  const speaker = await Speaker.connect(server);
  using _ = speaker.client;
  await speaker.jam(server, jammed);
  await speaker.say(200, 0);
  const lines: string[] = [];
  const last = `[Speaker]: ${speaker.said - 1} `;
  await until(async () => {
    lines.push(await jammed.line());
    return lines.at(-1) === last;
  }, "the last is heard");
  const notice = lines.findLastIndex((line) => NOTICE.test(line));
  const kept = Array.from({ length: 50 }, (_, i) => `[Speaker]: ${speaker.said - 50 + i} `);
  assertEquals(lines.slice(notice + 1), kept);
});

Deno.test("--overflow drop-newest keeps the oldest messages", async () => {
  await using server = new TestServer({ capacity: 50, overflow: "drop-newest" });
  using jammed = await server.connect(TCP);
  await jammed.hearsNothing();
  const speaker = await Speaker.connect(server);
  using _ = speaker.client;
  await speaker.jam(server, jammed);
  const lines: string[] = [];
  await until(async () => {
    lines.push(await jammed.line());
    return NOTICE.test(lines.at(-1)!);
  }, "the notice is heard");
  const numbers = lines.slice(0, -1).map((line) => Number(line.split(" ")[1]));
  assertEquals(numbers, [...numbers.keys()]);
  assert(numbers.length >= 50, `${numbers.length} messages`);
});

for (const wire of WIRES) {
  Deno.test(`--overflow disconnect ends a slow client [${wire.name}]`, async () => {
    await using server = new TestServer({ overflow: "disconnect", capacity: 50 });
    using jammed = await (await server.connect(wire)).takesName("Jammed");
    const speaker = await Speaker.connect(server);
    using _ = speaker.client;
    await until(async () => {
      await speaker.say(10);
      return server.hasLogged("Disconnected: too slow", jammed.address);
    }, "it is disconnected");
    await speaker.client.takesName("Jammed");
    await speaker.client.takesName("Speaker");
    await assertLively(server, speaker, wire);
    await jammed.socket.gone();
  });

  Deno.test(`--capacity-bytes bounds the queue of a client [${wire.name}]`, async () => {
    await using server = new TestServer({ capacityBytes: 10 * LONG });
    using jammed = await server.connect(wire);
    await jammed.hearsNothing();
    const speaker = await Speaker.connect(server);
    using _ = speaker.client;
    await speaker.jam(server, jammed);
    const before = await speaker.lost();
    await speaker.say(100);
    assertEquals(await speaker.lost(), before + 100); // what comes more is lost one for one
    await speaker.say(1, 0);
    const { missed, messages } = await hearAll(jammed, speaker.said - 1);
    assert(missed >= 100, `${missed} missed`);
    assert(messages >= 9, `${messages} messages`);
  });

  Deno.test(`A whisper to a jammed client causes no delay [${wire.name}]`, async () => {
    await using server = new TestServer({ capacity: 50 });
    using jammed = await (await server.connect(wire)).takesName("Jammed");
    const speaker = await Speaker.connect(server);
    using _ = speaker.client;
    await speaker.jam(server, jammed);
    await times(
      200,
      () => speaker.client.asks("/whisper Jammed psst", "[Whisper to Jammed]: psst"),
    );
    await assertLively(server, speaker, wire);
  });

  Deno.test(`Many jammed clients delay no others [${wire.name}]`, async () => {
    await using server = new TestServer({ capacity: 20 });
    const jammed = await Promise.all(
      Array.from({ length: 5 }, (_, i) => server.connect(i % 2 ? wire : TCP)),
    );
    using clients = new DisposableStack();
    for (const client of jammed) clients.use(client);
    await eachInTurn(jammed, (client) => client.hearsNothing());
    const speaker = await Speaker.connect(server, wire);
    clients.use(speaker.client);
    await eachInTurn(jammed, (client) => speaker.jam(server, client));
    await assertLively(server, speaker, wire);
  });

  Deno.test(`A jammed client does not delay shutdown [${wire.name}]`, async () => {
    await using server = new TestServer({ capacity: 50 });
    using jammed = await server.connect(wire);
    await jammed.hearsNothing();
    const speaker = await Speaker.connect(server);
    await speaker.jam(server, jammed);
    speaker.client.close();
    await server.shutdown();
    await jammed.socket.gone();
  });

  Deno.test(`Replies are never dropped, and input waits while they do [${wire.name}]`, async () => {
    // The reply to a long whisper is as long as the command.
    await using server = new TestServer({ capacity: 50, capacityBytes: 2 ** 20 });
    using observer = await server.connect(TCP);
    await observer.hearsNothing();
    using _ = await (await server.connect(TCP)).takesName("Sink"); // which reads nothing of it
    using jammed = await (await server.connect(wire)).takesName("Jammed");
    const count = 400;
    const text = "x".repeat(LONG);
    const command = `/whisper Sink ${text}`;
    let heard = 0;
    const both = Promise.all([
      times(count, (i) => jammed.say(`asked ${i}`, command)),
      times(count, async (i) => {
        await observer.hears(`[Jammed]: asked ${i}`);
        heard++;
      }),
    ]);
    both.catch(() => {}); // it is awaited below
    await settled(server, () => heard);
    assert(heard < count, "It was read on without end");

    const answer = `[Whisper to Sink]: ${text}`;
    await times(count, async () => assertEquals((await jammed.line()) === answer, true));
    await both;
    await jammed.hearsNothing();
    assertEquals(dropped(server, jammed), []);
  });

  Deno.test(`Replies keep their place among lost messages [${wire.name}]`, async () => {
    await using server = new TestServer({ capacity: 20 });
    using jammed = await (await server.connect(wire)).takesName("Jammed");
    const speaker = await Speaker.connect(server);
    using _ = speaker.client;
    await jammed.say("/foo");
    await server.settle();
    await speaker.jam(server, jammed);
    await jammed.say("/name Slow");
    await server.settle();
    await speaker.say(30);
    await jammed.hears("Error: Unknown command '/foo', try /help");
    const seen: string[] = [];
    await until(async () => {
      seen.push(await jammed.line());
      return seen.at(-1)!.startsWith(`[Speaker]: ${speaker.said - 1} `);
    }, "all is read");
    await jammed.hears("Username set to 'Slow'"); // it was read when there was room again
    await jammed.asks("/list", listOf([jammed, "Slow"], [speaker.client, "Speaker"]));
  });
}

/**
 * Regression: a connection whose protocol was not known yet was cut like a slow reader. In a busy chat, page requests and
 * handshakes, also of TLS, were closed without a response.
 */
Deno.test("--overflow disconnect spares held connections", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, overflow: "disconnect", capacity: 50 });
  using silent = await server.connect(TCP);
  using browser = await RawSocket.connect(server.port);
  await browser.write("GET / HT");
  await until(() => server.server.counters.receivedBytes === 8, "it has begun");
  const speaker = await Speaker.connect(server);
  using _ = speaker.client;
  await speaker.say(60, 0);
  await browser.write("TP/1.1\r\nHost: localhost\r\n\r\n");
  assertEquals(await browser.through("\r\n"), "HTTP/1.1 200 OK");
  clock.advance(500);
  const { messages, missed } = await hearAll(silent, 59);
  assertEquals([messages, missed, server.server.counters.closed.slow], [50, 10, 0]);
});

Deno.test("A client that reads nothing is disconnected after --write-timeout", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, capacity: 50, writeTimeout: 60 });
  using jammed = await server.connect(TCP);
  await jammed.hearsNothing();
  const speaker = await Speaker.connect(server);
  using _ = speaker.client;
  await speaker.jam(server, jammed);
  clock.advance(59_000);
  assert(!server.hasLogged(/^Disconnected/));
  clock.advance(1_500);
  assert(server.hasLogged("Disconnected: took nothing for 60 s", jammed.address));
  await jammed.socket.gone();
});

Deno.test("A client that catches up is no longer slow, and may become slow again", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ capacity: 20, clock });
  using jammed = await server.connect(WEBSOCKET);
  await jammed.hearsNothing();
  const speaker = await Speaker.connect(server);
  using _ = speaker.client;
  await times(2, async (round) => {
    server.log.splice(0, round === 0 ? 0 : Infinity);
    await speaker.jam(server, jammed);
    const from = dropped(server, jammed);
    assertEquals(from[0], 10, "It counts from the beginning");
    let missed = 0, last = -1;
    await until(async () => {
      const line = await jammed.line();
      missed += Number(NOTICE.exec(line)?.[1] ?? 0);
      last = Number(/^\[Speaker\]: (\d+) /.exec(line)?.[1] ?? last);
      return last === speaker.said - 1;
    }, "it has caught up");
    await recovers(server, clock, jammed);
    assert(server.hasLogged(`Recovered, dropped ${missed} messages`, jammed.address));
  });
});

/** Waits until a number stops changing. */
async function settled(server: TestServer, number: () => number): Promise<void> {
  let last = -1, same = 0;
  await until(async () => {
    await server.settle();
    same = number() === last ? same + 1 : 0;
    last = number();
    return same === 20 && last > 0;
  }, "it is quiet");
}

function listOf(...clients: ReadonlyArray<readonly [Client, string]>): string {
  return `Users online: ${clients.map(([{ address }, name]) => `${name} (${address})`).join(", ")}`;
}
