/**
 * Webhooks of a whole server over real sockets: what is sent, to receivers that are down, slow or wrong, and what the chat
 * notices of that: nothing.
 * @module
 */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { CredentialError, serve, type ServeOptions } from "../../mod.ts";
import type { ServerEvent } from "../../lib/wire/protocol.ts";
import { REQUEST_TIMEOUT } from "../../lib/webhook/attempt.ts";
import { SHUTDOWN_TIMEOUT } from "../../lib/webhook/webhook.ts";
import { LineClient, TCP } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { scrape } from "../support/exposition.ts";
import { freePort } from "../support/free_port.ts";
import { JsonClient } from "../support/json_client.ts";
import { eachInTurn, patiently, times, turn, until } from "../support/patience.ts";
import { denoRun, MAIN, Program } from "../support/program.ts";
import { TestServer } from "../support/server.ts";
import { TLS } from "../support/tls.ts";
import { TempFolder } from "../support/temp_folder.ts";
import {
  accept,
  type Behavior,
  respond,
  WEBHOOK_SECRET,
  WebhookReceiver,
  type WebhookRequest,
} from "../support/webhook_receiver.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

/** Lets time pass, in steps, until the condition holds. */
async function passUntil(
  clock: FakeClock,
  condition: () => boolean,
  what: string,
): Promise<void> {
  await until(async () => {
    if (condition()) return true;
    clock.advance(250);
    await turn();
    return condition();
  }, what);
}

/** The events without the times, which differ between formats. */
function timeless(events: readonly ServerEvent[]): unknown[] {
  return events.map(({ time: _, ...event }) => event);
}

const messages = (count: number, text = "message") =>
  Array.from({ length: count }, (_, i) => `${text} ${i + 1}`);

// What is sent

Deno.test("A webhook gets what is told to everybody in any room, in order, and no whispers", async () => {
  await using folder = new TempFolder();
  await Deno.writeTextFile(folder.path("token"), TOKEN, { mode: 0o600 });
  await using receiver = new WebhookReceiver();
  await using server = new TestServer({
    ...receiver.options,
    presenceDelay: 0,
    operatorTokenFile: folder.path("token"),
  });
  using witness = await JsonClient.connect(server.port);
  const hello = await witness.event();
  assert(hello.type === "hello");
  await witness.enter("dev");
  await witness.enter("lobby");
  using alice = await (await server.connect(TCP)).takesName("Alice");
  await alice.asks(
    "/whisper " + hello.you.address + " psst",
    `[Whisper to ${hello.you.address}]: psst`,
  );
  await alice.asks("/name Alicia", "Username set to 'Alicia'");
  await alice.say("hello", "/me waves");
  await alice.asks("/away lunch", "You are away: lunch");
  await alice.asks('/topic \u{1f600} "news"', `Topic set to '\u{1f600} "news"'`);
  await alice.asks(`/oper ${TOKEN}`, "You are an operator now, see /help");
  await alice.asks("/say restart", "Said to all");
  await alice.asks("/join dev", "Joined room 'dev'");
  await alice.say("hello dev", "/quit");

  const witnessed: ServerEvent[] = [];
  for (let left = false; !left;) {
    const event = await witness.event();
    if (event.type !== "whisper") witnessed.push(event);
    left = event.type === "presence" && event.event === "leave" && event.room === "dev";
  }
  await until(() => receiver.events.length >= witnessed.length + 2, "the webhook gets as much");
  // The witness was not told of its own arrival in two rooms.
  assertEquals(timeless(receiver.events).slice(2), timeless(witnessed));
  assertEquals(
    witnessed.map((event) => event.type === "presence" ? event.event : event.type),
    [
      "join",
      "rename",
      "message",
      "message",
      "away",
      "topic",
      "notice",
      "leave",
      "join",
      "message",
      "leave",
    ],
  );
  assertEquals(
    receiver.requests.map(({ epoch }) => epoch),
    receiver.requests.map(() => hello.epoch),
  );
});

Deno.test("A webhook gets messages of rooms in which nobody else is", async () => {
  await using receiver = new WebhookReceiver();
  await using server = new TestServer(receiver.options);
  using alice = await server.connect(TCP);
  await alice.asks("/join dev", "Joined room 'dev'");
  await alice.say("alone");
  await receiver.gets("alone");
});

Deno.test("A webhook gets what the program says and what the API posts, and no whispers of the program", async () => {
  await using receiver = new WebhookReceiver();
  const token = "ci-0123456789abcdef";
  await using server = new TestServer({
    ...receiver.options,
    apiTokens: [{ name: "ci", token, write: ["*"] }],
  });
  using alice = await (await server.connect(TCP)).takesName("Alice");
  server.server.say("dev", "from the program");
  server.server.send("Alice", "psst");
  await alice.hears("[Whisper from server]: psst");
  using bot = server.server.connect({ name: "bot", rooms: ["dev"] });
  await bot.say("from a bot", { room: "dev" });
  const response = await fetch(`http://127.0.0.1:${server.port}/api/rooms/dev/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: "from the API",
  });
  assertEquals((await response.json()).id, 3);
  await receiver.gets("from the API");
  assertEquals(receiver.texts, ["from the program", "from a bot", "from the API"]);
});

Deno.test("A webhook shows guest names if addresses are hidden", async () => {
  await using receiver = new WebhookReceiver();
  await using server = new TestServer({ ...receiver.options, hideAddresses: true });
  using alice = await server.connect(TCP);
  await alice.say("hello");
  await receiver.gets("hello");
  assert(!JSON.stringify(receiver.requests).includes("127.0.0.1"));
});

Deno.test("A webhook sends what a turn of the loop brings in few requests, over one connection", async () => {
  await using receiver = new WebhookReceiver();
  await using server = new TestServer(receiver.options);
  using alice = await server.connect(TCP);
  const texts = messages(2_000);
  await alice.socket.write(texts.map((text) => `${text}\n`).join(""));
  await until(() => receiver.texts.length >= texts.length, "all arrive");
  assertEquals(receiver.texts, texts);
  assert(receiver.requests.length <= 40, `${receiver.requests.length} requests`);
  assertEquals(receiver.connections, 1);
});

// Receivers that are down or wrong

Deno.test("A receiver that is down at first gets everything once it is up", async () => {
  const port = freePort();
  await using server = new TestServer({
    webhook: `http://127.0.0.1:${port}/hook?key=T0KEN`,
    webhookSecret: WEBHOOK_SECRET,
  });
  using alice = await server.connect(TCP);
  await alice.say("first");
  await server.logs(
    `Webhook: cannot deliver to http://127.0.0.1:${port}: ` +
      "tcp connect error: Connection refused (os error 111)",
  );
  await using receiver = new WebhookReceiver({ port });
  await alice.say("second");
  await receiver.gets("first", "second");
  assertEquals(receiver.texts, ["first", "second"]);
  await server.logs(/^Webhook: works again, failed requests: \d$/);
});

const REDIRECT = (port: number) =>
  `HTTP/1.1 308 Permanent Redirect\r\nLocation: http://127.0.0.1:${port}/other\r\nContent-Length: 0\r\n\r\n`;

/** Sends a chunk again and again until the connection is closed. */
async function endlessly(chunk: string, socket: Parameters<Behavior>[1]): Promise<boolean> {
  try {
    for (;;) await socket.write(chunk);
  } catch {
    return false;
  }
}

/** What a receiver does wrong, and how the log calls it; nothing if the events count as delivered all the same. */
const WRONGS: Readonly<Record<string, readonly [Behavior, string | undefined]>> = {
  "answers 500": [respond("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), "HTTP 500"],
  "answers 400": [respond("HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n"), "HTTP 400"],
  "answers 429": [
    respond("HTTP/1.1 429 No\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n"),
    "HTTP 429",
  ],
  redirects: [(request, socket) => respond(REDIRECT(1))(request, socket), "HTTP 308"],
  "speaks no HTTP": [respond("220 smtp.example ready\r\n\r\n"), "invalid HTTP version parsed"],
  "closes before the response": [
    () => Promise.resolve(false),
    "connection closed before message completed",
  ],
  "closes in the head of the response": [
    async (_request, socket) => {
      await socket.write("HTTP/1.1 200 OK\r\nContent-Le");
      return false;
    },
    "connection closed before message completed",
  ],
  "sends an endless head": [
    (_request, socket) => endlessly(`x-${"y".repeat(9_000)}: z\r\n`, socket),
    "invalid HTTP version parsed",
  ],
  "never answers": [
    async (_request, socket) => {
      await socket.gone();
      return false;
    },
    "no response in time",
  ],
  "closes in the body of the response": [
    async (_request, socket) => {
      await socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
      return false;
    },
    undefined,
  ],
  "sends an endless body": [
    async (_request, socket) => {
      await socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      return await endlessly(`1000\r\n${"x".repeat(4_096)}\r\n`, socket);
    },
    undefined,
  ],
};

for (const [name, [behavior, reason]] of Object.entries(WRONGS)) {
  Deno.test(`A receiver that ${name} gets every event, in order`, async () => {
    const clock = new FakeClock();
    await using receiver = new WebhookReceiver({
      behaviors: [
        (request, socket) => {
          if (reason === undefined) receiver.note(request);
          return behavior(request, socket);
        },
      ],
    });
    await using server = new TestServer({ ...receiver.options, clock });
    using alice = await server.connect(TCP);
    using bob = await (await server.connect(TCP)).takesName("Bob");
    await alice.say("first");
    await bob.hears(`[${alice.address}]: first`);
    await passUntil(clock, () => receiver.requests.length === 1, "the first request");
    // The chat goes on meanwhile.
    await alice.say("second");
    await bob.hears(`[${alice.address}]: second`);
    await passUntil(clock, () => receiver.texts.includes("second"), "it gets all");
    assertEquals(receiver.texts, ["first", "second"]);
    const ids = receiver.requests.map(({ id }) => id);
    assertEquals(ids[1] === ids[0], reason !== undefined, "only what failed is sent again");
    assert(receiver.requests.every(({ target }) => target === "/hook?key=T0KEN"));
    const logged = server.log.flatMap(({ topic, message }) => topic === "webhook" ? message : []);
    assertEquals(
      logged,
      reason === undefined ? [] : [
        `Webhook: cannot deliver to http://127.0.0.1:${receiver.port}: ${reason}`,
        "Webhook: works again, failed requests: 1",
      ],
    );
    const { requests } = server.server.counters.webhook;
    assertEquals(requests.failed, reason === undefined ? 0 : 1);
  });
}

Deno.test("A receiver whose certificate is not trusted gets nothing, and the log says why", async () => {
  using listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: await Deno.readTextFile(TLS.tlsCert),
    key: await Deno.readTextFile(TLS.tlsKey),
  });
  let received = 0;
  const accepting = (async () => {
    using conn = await listener.accept();
    // The client ends the handshake.
    received = await conn.read(new Uint8Array(1)).catch(() => null) ?? 0;
  })();
  const webhook = `https://127.0.0.1:${listener.addr.port}/T0KEN`;
  await using server = new TestServer({ webhook, webhookSecret: WEBHOOK_SECRET });
  using alice = await server.connect(TCP);
  await alice.say("hello");
  await server.logs(
    /^Webhook: cannot deliver to https:\/\/127\.0\.0\.1:\d+: invalid peer certificate/,
  );
  await accepting;
  assertEquals(received, 0);
});

Deno.test("A receiver that answers 410 Gone gets nothing more, and the chat goes on", async () => {
  await using receiver = new WebhookReceiver({
    behaviors: [respond("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n")],
  });
  const server = new TestServer(receiver.options);
  using alice = await server.connect(TCP);
  using bob = await (await server.connect(TCP)).takesName("Bob");
  await alice.say("first");
  await server.logs(
    /^Webhook: .* answered 410 Gone, nothing is sent until a restart/,
  );
  await alice.say("second");
  await bob.hears(`[${alice.address}]: first`, `[${alice.address}]: second`);
  assertEquals(server.log.filter(({ level }) => level === "error").length, 1);
  await server.shutdown();
  assertEquals(receiver.requests.length, 1);
});

// The queue

Deno.test("A flood for a receiver that hangs delays nobody, and what is dropped is told", async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => release = resolve);
  await using receiver = new WebhookReceiver({
    behaviors: [async (request, socket) => {
      await released;
      receiver.note(request);
      return await accept(request, socket);
    }],
  });
  await using server = new TestServer(receiver.options);
  using alice = await server.connect(TCP);
  using bob = await (await server.connect(TCP)).takesName("Bob");
  await alice.say("first");
  await bob.line();
  await until(() => receiver.requests.length === 1, "the first request");
  using _release = { [Symbol.dispose]: release }; // whatever fails meanwhile
  const count = 12_000;
  const flood = alice.socket.write(messages(count).map((text) => `${text}\n`).join(""));
  await times(count, async () => assertStringIncludes(await bob.line(), "message"));
  await flood;
  const scraped = await scrape(server.port);
  const [{ events }] = receiver.requests as [WebhookRequest];
  assertEquals(scraped.value("backchannel_webhook_queue_events"), 10_000 + events.length);
  assertEquals(scraped.value('backchannel_webhook_events_total{outcome="dropped"}'), 2_000);
  assert(scraped.value("backchannel_webhook_oldest_event_seconds") > 0);
  assertEquals((await scrape(server.port)).value("backchannel_dropped_messages_total"), 0);
  release();
  await until(() => receiver.texts.includes(`message ${count}`), "the last message");
  const dropped = receiver.events.flatMap((event) => event.type === "dropped" ? [event] : []);
  assertEquals(dropped.map(({ count, missed }) => [count, missed]), [
    [2_000, [{ room: "lobby", from: 2, to: 2_001 }]],
  ]);
  assertEquals(receiver.texts, ["first", ...messages(count).slice(2_000)]);
  await server.logs(/^Webhook: the queue is empty again/);
  const lines = server.log.flatMap(({ topic, message }) => topic === "webhook" ? message : []);
  assertEquals(lines, [
    "Webhook: the queue is full, its oldest events are dropped",
    "Webhook: the queue is empty again, events dropped: 2000",
  ]);
  const after = await scrape(server.port);
  assertEquals(after.value("backchannel_webhook_queue_events"), 0);
  assertEquals(after.value("backchannel_webhook_oldest_event_seconds"), 0);
  assertEquals(after.value('backchannel_webhook_requests_total{outcome="failed"}'), 0);
});

Deno.test("A receiver that is killed and restarted again and again gets every event at least once, in order", async () => {
  const port = freePort();
  const texts: string[] = [];
  const clock = new FakeClock();
  await using server = new TestServer({
    webhook: `http://127.0.0.1:${port}/`,
    webhookSecret: WEBHOOK_SECRET,
    clock,
  });
  using alice = await server.connect(TCP);
  const seen = new Map<string, string>(); // across restarts, as a receiver's database
  const count = 40;
  await times(count, async (i) => {
    // Half of them take the batch and die before they answer.
    const dies: Behavior = () => Promise.resolve(false);
    await using receiver = new WebhookReceiver({ port, behaviors: i % 2 === 0 ? [dies] : [] });
    await alice.say(`message ${i + 1}`);
    await server.settle();
    await passUntil(clock, () => receiver.requests.length > 0, "a request");
    for (const { id, events } of receiver.requests) {
      const body = JSON.stringify(events);
      assertEquals(seen.get(id) ?? body, body, "an id stands for one body");
      if (!seen.has(id)) {
        texts.push(...events.flatMap((event) => event.type === "message" ? [event.text] : []));
      }
      seen.set(id, body);
    }
  });
  await using receiver = new WebhookReceiver({ port });
  await passUntil(
    clock,
    () => server.server.counters.webhook.events.delivered >= count,
    "the rest",
  );
  for (const { id, events } of receiver.requests) {
    if (seen.has(id)) continue;
    texts.push(...events.flatMap((event) => event.type === "message" ? [event.text] : []));
  }
  assertEquals(texts, messages(count));
});

// The end

Deno.test("A server that shuts down delivers what is queued", async () => {
  await using receiver = new WebhookReceiver();
  const server = new TestServer(receiver.options);
  using alice = await server.connect(TCP);
  await alice.asks("/join dev", "Joined room 'dev'");
  await alice.say("last words");
  await server.settle();
  await server.shutdown();
  assertEquals(receiver.texts, ["last words"]);
  assertEquals(server.log.filter(({ topic }) => topic === "webhook"), []);
});

Deno.test("A receiver that hangs delays the shutdown by no more than a slow client does", async () => {
  const clock = new FakeClock();
  await using receiver = new WebhookReceiver({
    behaviors: [async (_request, socket) => {
      await socket.gone();
      return false;
    }],
  });
  const server = new TestServer({ ...receiver.options, clock });
  using alice = await server.connect(TCP);
  await alice.say("hello");
  await server.settle();
  await passUntil(clock, () => receiver.requests.length === 1, "the request");
  let isOver = false;
  const over = server.server.shutdown().then(() => isOver = true);
  await alice.ending();
  await until(() => server.server.counters.closed.shutdown === 1, "the client is disconnected");
  assertEquals(isOver, false);
  assert(SHUTDOWN_TIMEOUT < REQUEST_TIMEOUT);
  clock.advance(SHUTDOWN_TIMEOUT);
  await patiently(over, "the end");
  assert(server.hasLogged("Webhook: events not delivered: 2"));
});

for (const hangs of [false, true]) {
  const name = hangs ? "hangs" : "works";
  Deno.test(`main.ts ends at SIGTERM with a receiver that ${name}, and delivers what it takes`, async () => {
    const hang: Behavior = async (_request, socket) => {
      await socket.gone();
      return false;
    };
    await using receiver = new WebhookReceiver({ behaviors: hangs ? [hang] : [] });
    await using folder = new TempFolder();
    const path = folder.path("secret");
    await Deno.writeTextFile(path, WEBHOOK_SECRET, { mode: 0o600 });
    const flags = ["--port=0", "--webhook", receiver.url, "--webhook-secret-file", path];
    const [deno = "", ...args] = denoRun(MAIN, ...flags);
    await using program = new Program([deno, ...args.toSpliced(1, 0, `--allow-read=${path}`)]);
    await program.listens();
    using alice = await (await LineClient.connect(program.port)).takesName("Alice");
    await alice.say("last words");
    await alice.hearsNothing(); // it is said
    const { code } = await program.end("SIGTERM");
    assertEquals([code, program.err], [0, []]);
    assertEquals(receiver.texts, hangs ? [] : ["last words"]);
    const undelivered = program.out.filter((line) => line.startsWith("Webhook: events not"));
    assertEquals(undelivered.length, hangs ? 1 : 0);
  });
}

// Secrets, permissions and options

Deno.test("Logs and metrics of a webhook show neither its secret nor the path of its URL", async () => {
  await using receiver = new WebhookReceiver({
    behaviors: [
      respond(REDIRECT(1)),
      () => Promise.resolve(false),
      respond("HTTP/1.1 401 T0KEN\r\nContent-Length: 0\r\n\r\n"),
    ],
  });
  const clock = new FakeClock();
  const server = new TestServer({ ...receiver.options, clock });
  using alice = await server.connect(TCP);
  await alice.say("hello");
  await passUntil(clock, () => receiver.texts.length > 0, "it is delivered");
  const metrics = await fetch(`http://127.0.0.1:${server.port}/metrics`);
  await server.shutdown();
  const shown = JSON.stringify(server.log) + await metrics.text();
  assertStringIncludes(shown, "HTTP 401");
  for (const secret of ["T0KEN", "hook?", WEBHOOK_SECRET, WEBHOOK_SECRET.slice(6)]) {
    assert(!shown.includes(secret), secret);
  }
});

Deno.test("Without a webhook there are no metrics of one", async () => {
  await using server = new TestServer();
  const { families } = await scrape(server.port);
  assertEquals([...families.keys()].filter((name) => name.includes("webhook")), []);
});

Deno.test("A server with a webhook that cannot work does not start, and says why", async () => {
  await using folder = new TempFolder();
  const path = folder.path("secret");
  await Deno.writeTextFile(path, "short\n", { mode: 0o600 });
  const webhook = "https://hooks.example/T0KEN";
  const webhookSecret = WEBHOOK_SECRET;
  const file = `Cannot use webhook secret file '${path}'`;
  const cases: ReadonlyArray<
    readonly [ServeOptions, typeof TypeError | typeof CredentialError, string]
  > = [
    [{ webhook }, TypeError, "Cannot send webhooks: there is no secret to sign them with"],
    [{ webhookSecret }, TypeError, "Cannot send webhooks: there is a secret, but no URL"],
    [{ webhookSecretFile: path }, TypeError, "Cannot send webhooks: there is a secret, but no URL"],
    [
      { webhook: "mailto:a@b.example", webhookSecret },
      TypeError,
      "Cannot send webhooks: the URL does not begin with http:// or https://",
    ],
    [
      { webhook, webhookSecret, echo: true },
      TypeError,
      "Cannot send webhooks: with echo, no message reaches a room",
    ],
    [
      { webhook, webhookSecret, webhookSecretFile: path },
      TypeError,
      "Cannot use webhookSecret: there is a file with it too",
    ],
    [
      { webhook, webhookSecret: 1 as unknown as string },
      TypeError,
      "Cannot use webhookSecret: not a text",
    ],
    [
      { webhook, webhookSecretFile: folder.path("none") },
      CredentialError,
      `Cannot use webhook secret file '${folder.path("none")}': it is not there`,
    ],
    [
      { webhook, webhookSecretFile: path },
      CredentialError,
      `${file}: a secret has 24 to 64 bytes, not 5`,
    ],
    [
      { webhook, webhookSecret: "whsec_T0KEN" },
      CredentialError,
      "Cannot use webhookSecret: what follows whsec_ is not base64",
    ],
  ];
  for (const [options, errorClass, message] of cases) {
    const error = assertThrows(() => serve({ port: 0, ...options }), errorClass);
    assertEquals(error.message, message);
  }
});

Deno.test("A server reads the secret from a file, and warns if others can read it or the events", async () => {
  await using folder = new TempFolder();
  const path = folder.path("secret");
  await Deno.writeTextFile(path, `${WEBHOOK_SECRET}\n`);
  const webhookSecretFile = path;
  await eachInTurn([[0o600, false], [0o640, true]] as const, async ([mode, warns]) => {
    await Deno.chmod(path, mode);
    await using receiver = new WebhookReceiver();
    await using server = new TestServer({ webhook: receiver.url, webhookSecretFile });
    using alice = await server.connect(TCP);
    await alice.say("hello");
    await receiver.gets("hello");
    const warning =
      `Others on this machine can read the webhook secret file '${path}', try chmod 600`;
    assertEquals(server.hasLogged(warning), warns);
    assert(!server.hasLogged(/on the way/));
  });
  await using server = new TestServer({ webhook: "http://hooks.example/", webhookSecretFile });
  assert(server.hasLogged("Webhooks to http://hooks.example can be read on the way, try https"));
});
