/**
 * Proxies: which peers are believed when they name their clients, and which are not.
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { binaryProxyHeader } from "../protocol/proxy_headers.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import { handshake, LineClient, TCP, WebSocketClient } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import type { ServeOptions } from "../../mod.ts";
import { amongStrangers } from "../support/listener.ts";
import { eachInTurn } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The addresses that the tests connect from. */
const TRUSTING = { trustProxy: "127.0.0.1", hideAddresses: false };
/** Also trusts a proxy in front of the proxy that the tests act as. */
const CHAIN = { trustProxy: "127.0.0.1,10.0.0.0/8", hideAddresses: false, presenceDelay: 0 };
const NOBODY = { trustProxy: "10.0.0.0/8", hideAddresses: false };

const CLIENT = "192.0.2.1:56324";
const TEXT_HEADER = utf8("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n");
const BINARY_HEADER = binaryProxyHeader(
  0x21,
  0x11,
  Uint8Array.of(192, 0, 2, 1, 198, 51, 100, 1, 0xdc, 0x04, 0x01, 0xbb),
);
const HEADERS = { "version 1": TEXT_HEADER, "version 2": BINARY_HEADER };

async function lineClient(server: TestServer, header: Bytes): Promise<LineClient> {
  const client = await LineClient.connect(server.port);
  await client.socket.write(header);
  return client;
}

/** A WebSocket client whose handshake has these fields, after `header`. */
async function webSocketClient(
  server: TestServer,
  fields: Parameters<typeof handshake>[0],
  header: string | Bytes = "",
): Promise<WebSocketClient> {
  const socket = await RawSocket.connect(server.port);
  await socket.write(header);
  await socket.write(handshake(fields));
  assertStringIncludes(await socket.through("\r\n\r\n"), "HTTP/1.1 101 ");
  return new WebSocketClient(socket);
}

const get = (target: string, ...fields: string[]) =>
  [`GET ${target} HTTP/1.1`, "Host: localhost", "Connection: close", ...fields, "", ""].join(
    "\r\n",
  );

/** Everything that the server sends until the connection ends. */
async function answerTo(server: TestServer, request: string): Promise<string> {
  using socket = await RawSocket.connect(server.port);
  await socket.write(request);
  return await socket.restText();
}

/** Checks that every place that shows the address shows this one. */
async function assertKnownAs(
  server: TestServer,
  client: LineClient | WebSocketClient,
  address: string,
): Promise<void> {
  using listener = await (await server.connect(TCP)).takesName("Listener");
  await client.say("hello");
  await listener.hears(`[${address}]: hello`);
  await client.takesName("Alice");
  const everybody = `Listener (${listener.address}), Alice (${address})`;
  await client.asks("/list", `Users online: ${everybody}`);
  assert(server.hasLogged(/^Connected over/, address), `${address} connected`);
  client.close();
  await server.logs(/^Disconnected/, address);
  assert(!server.hasLogged(/./, client.address) || client.address === address);
}

// The PROXY protocol

for (const [version, header] of Object.entries(HEADERS)) {
  Deno.test(`A line client has the address that a trusted proxy names [${version}]`, async () => {
    await using server = new TestServer(TRUSTING);
    using client = await lineClient(server, header);
    await assertKnownAs(server, client, CLIENT);
  });

  Deno.test(`A WebSocket client has the address that a trusted proxy names [${version}]`, async () => {
    await using server = new TestServer(TRUSTING);
    using client = await webSocketClient(server, {}, header);
    await assertKnownAs(server, client, CLIENT);
  });

  Deno.test(`A PROXY header is read however it is split [${version}]`, async () => {
    await using server = new TestServer(TRUSTING);
    const bytes = concat(header, utf8("/list\n"));
    await eachInTurn(bytes.keys(), async (at) => {
      using client = await LineClient.connect(server.port);
      await client.socket.write(bytes.subarray(0, at));
      await server.settle();
      await client.socket.write(bytes.subarray(at));
      await client.hears("No users online");
      assert(server.hasLogged("Connected over tcp", CLIENT), `Cut at ${at}`);
      assert(!server.hasLogged(/./, client.address), `Cut at ${at}`);
      server.log.length = 0;
    });
  });

  Deno.test(`A silent client after a PROXY header receives messages [${version}]`, async () => {
    const clock = new FakeClock();
    await using server = new TestServer({ ...TRUSTING, clock });
    using client = await lineClient(server, header);
    await server.settle();
    using speaker = await (await server.connect(TCP)).takesName("Speaker");
    await speaker.say("hello");
    await speaker.hearsNothing();
    clock.advance(500);
    await client.hears("[Speaker]: hello");
    assert(server.hasLogged("Connected over tcp", CLIENT));
  });

  Deno.test(`A truncated PROXY header is not a line [${version}]`, async () => {
    await using server = new TestServer(TRUSTING);
    using listener = await server.connect(TCP);
    using client = await lineClient(server, header.subarray(0, -1));
    await client.halfClose();
    assertEquals((await client.ending()).lines, []);
    await server.logs("Closed: PROXY header, cut off", client.address);
    await listener.hearsNothing();
  });

  Deno.test(`A PROXY header that takes more than 10 s closes the connection [${version}]`, async () => {
    const clock = new FakeClock();
    await using server = new TestServer({ ...TRUSTING, clock });
    using client = await lineClient(server, header.subarray(0, -1));
    await server.settle();
    clock.advance(10_000);
    assertEquals((await client.ending()).lines, []);
    assert(server.hasLogged("Closed: PROXY header, not finished in time", client.address));
  });
}

Deno.test("A client has its full --sniff-timeout after a late PROXY header", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ ...TRUSTING, clock });
  using socket = await RawSocket.connect(server.port);
  await socket.write(TEXT_HEADER.subarray(0, 20));
  await server.settle();
  clock.advance(1_000);
  await socket.write(TEXT_HEADER.subarray(20));
  await server.settle();
  using speaker = await (await server.connect(TCP)).takesName("Speaker");
  await speaker.say("hello");
  await speaker.hearsNothing();
  clock.advance(99);
  await socket.write("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  assertStringIncludes(await socket.restText(), "HTTP/1.1 200 OK\r\n");
  assert(!server.hasLogged(/./, CLIENT), "It leaves no trace");
});

Deno.test("A proxy that names itself has its own address", async () => {
  await using server = new TestServer(TRUSTING);
  const headers = [utf8("PROXY UNKNOWN\r\n"), binaryProxyHeader(0x20, 0, new Uint8Array(0))];
  await eachInTurn(headers, async (header) => {
    using client = await lineClient(server, header);
    await assertKnownAs(server, client, client.address);
  });
});

Deno.test("A proxy's health check leaves no trace", async () => {
  await using server = new TestServer(TRUSTING);
  await eachInTurn(Object.values(HEADERS), async (header) => {
    using client = await lineClient(server, header);
    await client.halfClose();
    assertEquals((await client.ending()).lines, []);
  });
  await server.settle();
  assertEquals(server.log, []);
});

Deno.test("A trusted peer need not send a PROXY header", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ ...TRUSTING, clock });
  using silent = await server.connect(TCP);
  await server.settle();
  clock.advance(500);
  using client = await server.connect(TCP);
  await client.say("PROXIES are nice", "P");
  await silent.hears(...["PROXIES are nice", "P"].map((it) => `[${client.address}]: ${it}`));
  // These may be the beginning of one.
  await eachInTurn(["PROXY", "\r\n"], async (text) => {
    using slow = await server.connect(TCP);
    await slow.socket.write(text);
    await server.settle();
    clock.advance(10_000);
    await slow.socket.write("!\n");
    await silent.hears(`[${slow.address}]: ${text.trim()}!`);
  });
});

Deno.test("A malformed PROXY header closes the connection and is logged", async () => {
  await using server = new TestServer(TRUSTING);
  using listener = await server.connect(TCP);
  const wrong: ReadonlyArray<readonly [Bytes, string]> = [
    [utf8("PROXY servers are nice\r\n"), "Malformed header"],
    [utf8("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\nhello\n"), "Header does not end with CRLF"],
    [binaryProxyHeader(0x11, 0x11, new Uint8Array(12)), "Unknown version or command"],
  ];
  await eachInTurn(wrong, async ([header, message]) => {
    using client = await lineClient(server, header);
    await client.socket.gone();
    await server.logs(`Closed: PROXY header, ${message}`, client.address);
  });
  await listener.hearsNothing();
});

Deno.test("Only one PROXY header is accepted", async () => {
  await using server = new TestServer(TRUSTING);
  using listener = await server.connect(TCP);
  await listener.hearsNothing();
  using client = await lineClient(server, concat(TEXT_HEADER, TEXT_HEADER));
  await listener.hears(`[${CLIENT}]: PROXY TCP4 192.0.2.1 198.51.100.1 56324 443`);
  await client.hearsNothing();
});

Deno.test("A PROXY header from an untrusted peer is a line like any other", async () => {
  await eachInTurn([{}, NOBODY], async (options) => {
    await using server = new TestServer(options);
    using listener = await server.connect(TCP);
    await listener.hearsNothing();
    using client = await lineClient(server, TEXT_HEADER);
    await listener.hears(`[${client.address}]: PROXY TCP4 192.0.2.1 198.51.100.1 56324 443`);
    assert(!server.hasLogged(/./, CLIENT));
  });
});

/** A proxy that the operator forgot to list had the lobby told every request's head, its cookies included. */
Deno.test("A request behind a PROXY header that is not believed is answered with 400 and sent to nobody", async () => {
  await eachInTurn([{}, NOBODY], async (options) => {
    await using server = new TestServer(options);
    using listener = await server.connect(TCP);
    await listener.hearsNothing();
    await eachInTurn(Object.values(HEADERS), async (header) => {
      const request = concat(header, utf8(get("/", "Cookie: secret")));
      using socket = await RawSocket.connect(server.port);
      await socket.write(request);
      assertMatch(await socket.restText(), /^HTTP\/1\.1 400 /);
    });
    await listener.hearsNothing();
  });
});

/**
 * Regression: the address in a PROXY header replaced the `guest-4821` of a line client, so that everybody saw it, and the
 * guest number was never free again.
 */
Deno.test("A client after a PROXY header stays a guest where addresses are hidden", async () => {
  await using server = new TestServer({ trustProxy: "127.0.0.1" });
  using listener = await server.connect(TCP);
  await listener.hearsNothing();
  await eachInTurn(Object.values(HEADERS), async (header) => {
    using client = await lineClient(server, header);
    await client.say("hello");
    assertMatch(await listener.line(), /^\[guest-\d+\]: hello$/);
    await client.say("/list");
    assertMatch(await client.line(), /^Users online: guest-\d+$/);
    client.close();
    await server.logs(/^Disconnected/, CLIENT);
  });
});

/** Regression: the log showed the proxy's address for a slow client. */
Deno.test("The log names slow clients by the address in a PROXY header", async () => {
  await using server = new TestServer({ trustProxy: "127.0.0.1", capacity: 10 });
  using jammed = await lineClient(server, TEXT_HEADER);
  using speaker = await server.connect(TCP);
  const text = "x".repeat(60_000);
  while (!server.hasLogged(/^Slow client/)) {
    await speaker.say(text);
    await speaker.hearsNothing();
  }
  assert(server.hasLogged(/^Slow client/, CLIENT));
  jammed.close();
});

// X-Forwarded-For

Deno.test("A WebSocket client has the address in X-Forwarded-For of a trusted proxy", async () => {
  await using server = new TestServer(CHAIN);
  const lists: ReadonlyArray<readonly [string | string[], string]> = [
    ["192.0.2.1", "192.0.2.1"],
    ["127.0.0.9, 192.0.2.1, 10.1.2.3", "192.0.2.1"],
    [["forged", "2001:DB8::1, 10.1.2.3"], "[2001:db8::1]"],
    ["192.0.2.1:4711", "192.0.2.1"],
  ];
  await eachInTurn(lists, async ([list, host]) => {
    using client = await webSocketClient(server, { "X-Forwarded-For": list });
    // The port stays the one by which the proxy's connections can be told apart.
    await assertKnownAs(server, client, `${host}:${client.address.split(":")[1]}`);
  });
});

Deno.test("A trusted proxy that names no client is a client with its own address", async () => {
  await using server = new TestServer(TRUSTING);
  using client = await webSocketClient(server, {});
  await assertKnownAs(server, client, client.address);
});

/** Regression: the client counted as the proxy itself, and on loopback no ban or limit applied to it. */
Deno.test("A malformed X-Forwarded-For is refused with 400", async () => {
  await using server = new TestServer(TRUSTING);
  const lists = ["", "unknown", "_hidden", "192.0.2.1, nonsense", "192.0.2.1, unknown", "unix:"];
  await eachInTurn(lists, async (list) => {
    for (
      const request of [
        handshake({ "X-Forwarded-For": list }),
        get("/", `X-Forwarded-For: ${list}`),
      ]
    ) {
      assertMatch(await answerTo(server, request), /^HTTP\/1\.1 400 Bad Request\r\n/);
    }
  });
  // From any other peer it is ignored.
  await using other = new TestServer(NOBODY);
  assertMatch(await answerTo(other, get("/", "X-Forwarded-For: unknown")), /^HTTP\/1\.1 200 /);
});

/**
 * Regression: nginx with keepalive, HAProxy with http-reuse and Caddy send requests of several clients over one connection.
 * The address of the first client replaced the proxy's, so that later ones were not checked: a banned client was admitted.
 */
Deno.test("A connection of a trusted proxy serves one request, so that no client gets the address of another", async () => {
  await using server = new TestServer({ ...TRUSTING, maxPerIp: 1 });
  const first = get("/icon.svg", "X-Forwarded-For: 192.0.2.1").replace("Connection: close\r\n", "");
  const second = handshake({ "X-Forwarded-For": "192.0.2.2" });
  await eachInTurn([first + second, first], async (requests) => {
    using socket = await RawSocket.connect(server.port);
    await socket.write(requests);
    assertStringIncludes(await socket.through("\r\n\r\n"), "connection: close");
    if (requests === first) await socket.write(second);
    const rest = await socket.restText();
    assert(!rest.includes("HTTP/1.1"), rest.slice(-200));
  });
  assertEquals(server.log, []);
});

Deno.test("Limits and bans apply to the client that a trusted proxy names", async () => {
  await using server = new TestServer({ ...TRUSTING, maxPerIp: 2, connectRate: 0 });
  const knock = (client: string) =>
    RawSocket.connect(server.port).then(async (socket) => {
      await socket.write(handshake({ "X-Forwarded-For": client }));
      return { socket, status: (await socket.through("\r\n")).slice(9, 12) };
    });
  const told: string[] = [];
  const sockets: RawSocket[] = [];
  // A /64 is one client; untrusted private addresses are not the proxy's own.
  const clients = [
    "192.0.2.1",
    "192.0.2.1:80",
    "::ffff:192.0.2.1",
    "2001:db8::1",
    "[2001:db8::2]:1",
    "2001:db8::3%eth0",
  ];
  await eachInTurn([...clients, "10.0.0.1", "10.0.0.1", "10.0.0.1"], async (client) => {
    const { socket, status } = await knock(client);
    told.push(status);
    sockets.push(socket);
  });
  assertEquals(told, ["101", "101", "429", "101", "101", "429", "101", "101", "429"]);
  sockets[0]!.close();
  await server.logs(/^Disconnected/);
  const again = await knock("192.0.2.1");
  assertEquals(again.status, "101", "Its place is free again");
  sockets.push(again.socket);
  for (const socket of sockets) socket.close();
});

/** It is the proxy's machine, and not this one, which has no limits and may read the metrics. */
Deno.test("A loopback address that a proxy names is not this machine", async () => {
  const options = { trustProxy: "192.0.2.9", maxPerIp: 1, hideAddresses: false };
  await using server = amongStrangers(() => "192.0.2.9", () => new TestServer(options));
  const header = "PROXY TCP4 127.0.0.1 198.51.100.1 56324 443\r\n";
  assertMatch(await answerTo(server, header + get("/metrics")), /^HTTP\/1\.1 403 /);
  using one = await lineClient(server, utf8(header));
  await one.takesName("One");
  using two = await lineClient(server, utf8(`${header}hello\n`));
  await two.hears("Error: Too many connections from your address, try again later");
  const fields = { "X-Forwarded-For": "::1" };
  assertMatch(await answerTo(server, handshake(fields)), /^HTTP\/1\.1 429 /);
});

Deno.test("X-Forwarded-For of an untrusted peer is ignored", async () => {
  await eachInTurn([{}, NOBODY], async (options) => {
    await using server = new TestServer(options);
    using client = await webSocketClient(server, { "X-Forwarded-For": "192.0.2.1" });
    await assertKnownAs(server, client, client.address);
  });
});

Deno.test("X-Forwarded-For is believed only if the peer in the PROXY header is trusted", async () => {
  await using server = new TestServer(CHAIN);
  const fields = { "X-Forwarded-For": "203.0.113.9" };
  // The client itself wrote it.
  using client = await webSocketClient(server, fields, TEXT_HEADER);
  await assertKnownAs(server, client, CLIENT);
  // A trusted proxy in front of the trusted proxy wrote it.
  const header = "PROXY TCP4 10.1.2.3 198.51.100.1 4711 443\r\n";
  using other = await webSocketClient(server, fields, header);
  await assertKnownAs(server, other, "203.0.113.9:4711");
});

// X-Forwarded-Host, -Proto and -Port

/** Regression: nginx's `$host` has no port, so a page on port 8443 never had the same origin as its server. */
Deno.test("The origin of a page is compared with the one that a trusted proxy forwards", async () => {
  await using server = new TestServer(TRUSTING);
  const cases: ReadonlyArray<
    readonly [origin: string, fields: Record<string, string>, status: string]
  > = [
    ["https://chat.example:8443", {
      "X-Forwarded-Host": "chat.example:8443",
      "X-Forwarded-Proto": "https",
    }, "101"],
    ["https://chat.example:8443", { Host: "chat.example:8443" }, "101"],
    ["https://chat.example:8443", { Host: "chat.example", "X-Forwarded-Port": "8443" }, "101"],
    ["https://chat.example:8443", {
      "X-Forwarded-Host": "chat.example",
      "X-Forwarded-Port": "8443",
    }, "101"],
    ["https://chat.example", { Host: "127.0.0.1:8080", "X-Forwarded-Host": "chat.example" }, "101"],
    ["https://chat.example", { Host: "chat.example", "X-Forwarded-Proto": "wss" }, "101"],
    ["https://chat.example", {
      Host: "chat.example",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Port": "443",
    }, "101"],
    ["https://chat.example:8443", { Host: "chat.example" }, "403"],
    ["http://chat.example", { Host: "chat.example", "X-Forwarded-Proto": "https" }, "403"],
    ["https://evil.example", { "X-Forwarded-Host": "evil.example, chat.example" }, "403"],
    ["https://evil.example", { Host: "evil.example", "X-Forwarded-Host": "chat.example" }, "403"],
    ["https://chat.example", { Host: "chat.example", "X-Forwarded-Host": "a b" }, "400"],
    ["https://chat.example", { Host: "chat.example", "X-Forwarded-Proto": "ftp" }, "400"],
    ["https://chat.example", { Host: "chat.example", "X-Forwarded-Port": "x" }, "400"],
  ];
  const from = { "X-Forwarded-For": "192.0.2.1" };
  await eachInTurn(cases, async ([origin, fields, status]) => {
    using socket = await RawSocket.connect(server.port);
    await socket.write(handshake({ ...from, Host: "chat.example", Origin: origin, ...fields }));
    assertEquals(
      (await socket.through("\r\n")).slice(9, 12),
      status,
      JSON.stringify([origin, fields]),
    );
  });
});

Deno.test("X-Forwarded-Host of an untrusted peer is ignored", async () => {
  await eachInTurn([{}, NOBODY], async (options) => {
    await using server = new TestServer(options);
    const fields = { Origin: "https://evil.example", "X-Forwarded-Host": "evil.example" };
    assertMatch(await answerTo(server, handshake(fields)), /^HTTP\/1\.1 403 /);
  });
});

/** A proxy chooses the names that it forwards. A peer without its fields may be a browser on this machine. */
Deno.test("A trusted proxy's own requests need a name of the server, and those that it forwards do not", async () => {
  const knock = async (options: ServeOptions, fields: Parameters<typeof handshake>[0]) => {
    await using server = new TestServer({ ...TRUSTING, ...options });
    using socket = await RawSocket.connect(server.port);
    await socket.write(handshake({ Host: "chat.example", ...fields }));
    return (await socket.through("\r\n")).slice(9, 12);
  };
  const from = { "X-Forwarded-For": "192.0.2.1" };
  assertEquals(await knock({}, from), "101");
  assertEquals(await knock({}, { "X-Forwarded-Host": "chat.example" }), "101");
  assertEquals(await knock({}, {}), "421");
  assertEquals(await knock({ allowHost: "chat.example" }, from), "101");
  assertEquals(await knock({ allowHost: "chat.lan" }, from), "421");
});

Deno.test("serve() rejects a trustProxy that is not a list of networks", () => {
  let message = "";
  try {
    new TestServer({ trustProxy: "10.0.0.1/8" });
  } catch (error) {
    if (error instanceof TypeError) message = error.message;
  }
  assertStringIncludes(message, "Cannot read network '10.0.0.1/8': ");
});
