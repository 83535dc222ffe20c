/**
 * The TLS port: the same chat after a handshake, the cost of failed handshakes, and certificates that change.
 * @module
 */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { serve } from "../../mod.ts";
import { LineClient, TCP } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { eachInTurn, patiently, times, until } from "../support/patience.ts";
import { MAIN, Program } from "../support/program.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { FarTlsClient } from "../support/far_tls_client.ts";
import { Relay } from "../support/relay.ts";
import { ResettableSocket } from "../support/reset.ts";
import { TestServer } from "../support/server.ts";
import {
  CertificateFiles,
  connectLine,
  connectTls,
  presents,
  startTls,
  TLS,
  trusting,
} from "../support/tls.ts";
import "../support/environment.ts"; // fetch

/** How often the files are checked, in ms. */
const LOOK = 5_000;

const isLinux = Deno.build.os === "linux";

const tlsPort = (server: TestServer) => server.server.tlsAddr!.port;

function connectPlain(server: TestServer): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: "127.0.0.1", port: tlsPort(server) });
}

/** Removes the errors from the log and returns them. */
function takeErrors(server: TestServer): string[] {
  const errors = server.log.filter(({ level }) => level === "error");
  server.log.splice(0, server.log.length, ...server.log.filter(({ level }) => level !== "error"));
  return errors.map(({ message }) => message);
}

// Protocols

Deno.test("Line clients with and without TLS share one chat", async () => {
  await using server = new TestServer(TLS);
  using alice = await (await connectLine(tlsPort(server))).takesName("Alice");
  using bob = await (await server.connect(TCP)).takesName("Bob");
  await alice.say("hello");
  await bob.hears("[Alice]: hello");
  await bob.say("x".repeat(60_000));
  await alice.hears(`[Bob]: ${"x".repeat(60_000)}`);
  await alice.asks("/quit", "Goodbye!");
  assertEquals((await alice.ending()).lines, []);
});

Deno.test("wss:// works on the TLS port", async () => {
  await using server = new TestServer(TLS);
  using alice = await (await server.connect(TCP)).takesName("Alice");
  using client = Deno.createHttpClient(trusting("first"));
  // The DOM's types, which the page is checked with, do not know what Deno adds to them.
  const options = { client } as unknown as string[];
  const socket = new WebSocket(`wss://127.0.0.1:${tlsPort(server)}`, options);
  const next = (type: "open" | "message" | "close") =>
    patiently(
      new Promise<Event>((resolve, reject) => {
        socket.addEventListener(type, resolve, { once: true });
        socket.addEventListener("error", reject, { once: true });
      }),
      type,
    );
  await next("open");
  socket.send("hello");
  assertMatch(await alice.line(), /^\[127\.0\.0\.1:\d+\]: hello$/);
  const message = next("message");
  await alice.say("hi");
  assertEquals((await message as MessageEvent).data, "[Alice]: hi");
  const closed = next("close");
  socket.close(1000);
  assertEquals((await closed as CloseEvent).code, 1000);
});

Deno.test("https:// works on the TLS port", async () => {
  await using server = new TestServer(TLS);
  using client = Deno.createHttpClient(trusting("first"));
  const origin = `https://127.0.0.1:${tlsPort(server)}`;
  const page = await fetch(origin, { client });
  assertEquals(page.status, 200);
  assertEquals(await page.text(), await Deno.readTextFile("static/index.html"));
  assertEquals(await (await fetch(`${origin}/healthz`, { client })).text(), "ok\n");
});

Deno.test("A silent TLS client receives messages sent since it connected", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ ...TLS, clock });
  using speaker = await (await server.connect(TCP)).takesName("Speaker");
  const conn = await connectPlain(server);
  await speaker.say("before the handshake");
  await speaker.hearsNothing();
  using client = await startTls(conn);
  await speaker.say("behind it");
  await speaker.hearsNothing();
  const { promise: heard, resolve } = Promise.withResolvers<void>();
  client.hears("[Speaker]: before the handshake", "[Speaker]: behind it").then(resolve);
  let over = false;
  heard.then(() => over = true);
  await until(() => {
    clock.advance(100); // it may be that the server has yet to see the end of the handshake
    return over;
  }, "it heard");
});

Deno.test("A TLS client that half-closes gets all replies", async () => {
  await using server = new TestServer(TLS);
  using listener = await server.connect(TCP);
  await listener.hearsNothing();
  using client = await connectLine(tlsPort(server));
  await client.socket.write("/name Alice\nno end of line");
  await client.halfClose();
  assertEquals((await client.ending()).lines, ["Username set to 'Alice'"]);
  await listener.hears("[Alice]: no end of line");
});

Deno.test("A truncated TLS connection does not send its unfinished line", async () => {
  // RFC 8446 6.1: without close_notify an attacker may have cut it off.
  await using server = new TestServer(TLS);
  using listener = await server.connect(TCP);
  await listener.hearsNothing();
  await using relay = new Relay(tlsPort(server));
  using client = await (await connectLine(relay.port)).takesName("Alice");
  await client.socket.write("I agree");
  await client.socket.write("\nto nothing of this");
  await listener.hears("[Alice]: I agree");
  relay.cut();
  await server.logs(/^Disconnected: connection cut by peer$/);
  await listener.hearsNothing();
});

Deno.test("Clients on both ports receive messages sent right after they connected", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ ...TLS, clock });
  using speaker = await (await server.connect(TCP)).takesName("Alice");
  await times(5, async (round) => {
    const conns = await Promise.all(Array.from({ length: 40 }, () => connectPlain(server)));
    await speaker.say(`round ${round}`);
    await speaker.hearsNothing();
    const clients = await Promise.all(conns.map(startTls));
    await eachInTurn(clients, async (client) => {
      await client.say("/fence");
      await client.hears(`[Alice]: round ${round}`);
      client.close();
    });
  });
});

/**
 * Regression: in TLS 1.2 the server sends the last message of the handshake, so that the request arrives a round trip later.
 * In a busy room a browser received chat lines instead of the page.
 */
Deno.test("A distant TLS 1.2 browser gets its page in a busy room", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ ...TLS, clock, sniffTimeout: 0.1 });
  using speaker = await (await server.connect(TCP)).takesName("Speaker");
  using far = new FarTlsClient(tlsPort(server), async () => {
    clock.advance(75);
    await speaker.say("hello");
    await speaker.hearsNothing();
  });
  await far.connected;
  far.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  assertMatch(await far.ended, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok\n$/);
  assertEquals(far.protocol, "TLSv1.2");
});

Deno.test("A client that sends close_notify gets one", async () => {
  await using server = new TestServer(TLS);
  const conn = await connectTls(tlsPort(server));
  await conn.write(new TextEncoder().encode("/list\n"));
  await conn.closeWrite();
  const chunks: number[] = [];
  const buffer = new Uint8Array(64);
  for (let length = await conn.read(buffer); length !== null; length = await conn.read(buffer)) {
    chunks.push(...buffer.subarray(0, length)); // and no UnexpectedEof: close_notify has come
  }
  assertEquals(new TextDecoder().decode(Uint8Array.from(chunks)), "No users online\n");
  conn.close();
});

/** Regression: a relay over loopback took three, and a port that any local user could fill. */
Deno.test({
  name: "A TLS connection takes one descriptor, in the middle of its handshake too" +
    (isLinux ? "" : " (skipped: only Linux tells)"),
  ignore: !isLinux,
  fn: async () => {
    using files = new CertificateFiles();
    await using program = startWithTls(files, "--allow-read");
    await program.listens();
    const port = tlsPortOf(program);
    const descriptors = () => [...Deno.readDirSync(`/proc/${program.pid}/fd`)].length;
    using first = await connectLine(port);
    await first.asks("/list", "No users online");
    const before = descriptors();
    const clients: LineClient[] = [];
    await times(20, async () => clients.push(await connectLine(port)));
    await eachInTurn(clients, (client) => client.asks("/list", "No users online"));
    const silent = await Promise.all(
      Array.from({ length: 20 }, () => Deno.connect({ hostname: "127.0.0.1", port })),
    );
    await until(() => descriptors() === before + 40, "all have one");
    for (const client of [...clients, ...silent]) client.close();
    await until(() => descriptors() === before, "all are closed");
  },
});

// Handshakes that fail

Deno.test("Plaintext on the TLS port costs a line in the log", async () => {
  await using server = new TestServer(TLS);
  const words = ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "hello\n", "\0".repeat(100)];
  await eachInTurn(words, async (word) => {
    using socket = new RawSocket(await connectPlain(server));
    await socket.write(word);
    await socket.gone();
    await server.logs(/^Closed: TLS handshake failed, /, socket.address);
  });
  const { protocol, peer } = server.server.counters.closed;
  assertEquals([protocol, peer], [words.length, 0]);
  using client = await connectLine(tlsPort(server));
  await client.asks("/list", "No users online");
  assertEquals(server.log.filter(({ topic }) => topic === "connection").length, 1);
  assertEquals(server.server.counters.closed.protocol, words.length);
});

Deno.test("A client that does not trust the certificate is logged", async () => {
  await using server = new TestServer(TLS);
  assertEquals(await presents(tlsPort(server), "second"), false);
  await server.logs(/^Closed: TLS handshake failed, /);
});

Deno.test("A handshake that takes too long costs a line in the log", async () => {
  const clock = new FakeClock();
  const handshakeTimeout = 7;
  await using server = new TestServer({ ...TLS, clock, handshakeTimeout });
  using silent = new RawSocket(await connectPlain(server));
  using stalled = new RawSocket(await connectPlain(server));
  await stalled.write(Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01));
  const late = await connectPlain(server);
  await server.settle();
  clock.advance(handshakeTimeout * 1000 - 1);
  using client = await startTls(late);
  await client.asks("/list", "No users online");
  clock.advance(251);
  await eachInTurn([silent, stalled], async (socket) => {
    assertEquals(await socket.restText(), "");
    assert(server.hasLogged(`Closed: No TLS handshake in ${handshakeTimeout} s`, socket.address));
  });
  const { handshake, peer } = server.server.counters.closed;
  assertEquals([handshake, peer], [2, 0]);
  await client.say("/stats");
  assertMatch(await client.line(), /Total connections: 1 \| Active connections: 1 \|/);
});

Deno.test("A client that connects to the TLS port and leaves is not logged", async () => {
  await using server = new TestServer(TLS);
  await times(10, async (i) => {
    (await connectPlain(server)).close();
    const socket = await ResettableSocket.connect(tlsPort(server));
    if (i % 2 === 0) await server.settle();
    await socket.reset();
  });
  await server.settle();
  assertEquals(server.log, []);
});

Deno.test("The server does not wait for handshakes when it shuts down", async () => {
  const server = new TestServer({ ...TLS, clock: new FakeClock() });
  using socket = new RawSocket(await connectPlain(server));
  await server.settle();
  await server.server.shutdown(); // no time has passed
  assertEquals(await socket.restText(), "");
  assertEquals(server.log, []);
  assertEquals(server.server.counters.closed.shutdown, 1);
});

Deno.test("A TLS client that reads nothing is disconnected, and nothing of it remains", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ ...TLS, clock, writeTimeout: 60 });
  using speaker = await server.connect(TCP);
  await speaker.hearsNothing();
  const jammed = await connectTls(tlsPort(server));
  await jammed.write(new TextEncoder().encode("hello\n"));
  await speaker.line();
  const line = "x".repeat(60_000);
  await until(async () => {
    await speaker.say(line);
    await speaker.hearsNothing();
    clock.advance(1_000); // for the writes that still move, and in the end for one that does not
    return server.hasLogged("Disconnected: took nothing for 60 s");
  }, "it is disconnected");
  clock.advance(1_000);
  const buffer = new Uint8Array(65_536);
  await until(async () => {
    try {
      return await jammed.read(buffer) === null;
    } catch {
      return true;
    }
  }, "it is at its end");
  jammed.close();
});

// Certificates that change

Deno.test("A changed certificate is loaded, and clients stay connected", async () => {
  using files = new CertificateFiles();
  const clock = new FakeClock();
  await using server = new TestServer({ ...files.options, clock });
  const port = tlsPort(server);
  using client = await (await connectLine(port)).takesName("Alice");
  files.put("second");
  clock.advance(2 * LOOK);
  await server.logs("The certificate was read again");
  assertEquals([await presents(port, "second"), await presents(port, "first")], [true, false]);
  assertEquals(tlsPort(server), port);
  using other = await (await connectLine(port, "second")).takesName("Bob");
  await other.say("hello");
  await client.hears("[Bob]: hello");
  await client.say("hi");
  await other.hears("[Alice]: hi");
  // And back again.
  files.put("first");
  clock.advance(2 * LOOK);
  await until(() => presents(port, "first"), "the first is back");
});

Deno.test("A certificate is not loaded before its key has changed too", async () => {
  using files = new CertificateFiles();
  const clock = new FakeClock();
  await using server = new TestServer({ ...files.options, clock });
  files.putCertificate("second");
  clock.advance(LOOK);
  await server.server.reloadCertificate().catch(() => {}); // comes behind that look
  assertEquals(takeErrors(server).length, 1); // asked for, it is tried at once
  files.putKey("second");
  clock.advance(2 * LOOK);
  await server.logs("The certificate was read again");
  assert(await presents(tlsPort(server), "second"));
});

Deno.test("An unusable certificate is logged once, and the old one stays in use", async () => {
  using files = new CertificateFiles();
  const clock = new FakeClock();
  await using server = new TestServer({ ...files.options, clock });
  const { tlsCert = "", tlsKey = "" } = files.options;
  const wrongs = {
    "KeyMismatch": () => files.putCertificate("second"),
    "No certificates found": () => Deno.writeTextFileSync(tlsCert, ""),
    "No keys found": () => (files.put("first"), Deno.writeTextFileSync(tlsKey, "secret")),
    "No such file": () => Deno.removeSync(tlsKey),
  };
  await eachInTurn(Object.entries(wrongs), async ([message, spoil]) => {
    spoil();
    clock.advance(5 * LOOK);
    await server.logs(new RegExp(`^Cannot use the certificate, the old one stays: .*${message}`));
    clock.advance(5 * LOOK);
    assert(await presents(tlsPort(server), "first"), message);
    await server.settle();
    assertEquals(takeErrors(server).length, 1, message);
  });
  files.put("second");
  clock.advance(2 * LOOK);
  await server.logs("The certificate was read again");
  assert(await presents(tlsPort(server), "second"));
});

Deno.test("reloadCertificate() loads the files at once", async () => {
  using files = new CertificateFiles();
  await using server = new TestServer(files.options);
  files.put("second");
  await Promise.all([server.server.reloadCertificate(), server.server.reloadCertificate()]);
  assert(server.hasLogged("The certificate was read again"));
  assert(await presents(tlsPort(server), "second"));
});

Deno.test("reloadCertificate() without TLS does nothing", async () => {
  await using server = new TestServer();
  await server.server.reloadCertificate();
  assertEquals([server.log, server.server.tlsAddr], [[], undefined]);
});

Deno.test("Clients in the accept queue are admitted when the certificate changes", async () => {
  using files = new CertificateFiles();
  await using server = new TestServer(files.options);
  await times(10, async () => {
    const connecting = Array.from({ length: 50 }, () => connectPlain(server));
    const conns = await Promise.all(connecting);
    await server.server.reloadCertificate();
    const clients = await Promise.all(conns.map(startTls));
    await eachInTurn(clients, async (client) => {
      await client.hearsNothing();
      client.close();
    });
  });
});

Deno.test("The server can shut down while a certificate is loaded", async () => {
  using files = new CertificateFiles();
  await times(10, async (i) => {
    const server = new TestServer(files.options);
    const reloaded = server.server.reloadCertificate();
    await times(i, () => Promise.resolve());
    if (i > 5) await server.settle();
    await server.shutdown();
    await reloaded;
    takeErrors(server);
  });
});

// The start

Deno.test("serve() opens both ports or none", () => {
  const probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = probe.addr;
  probe.close();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  assertThrows(
    () => serve({ ...TLS, port, tlsPort: taken.addr.port }),
    Deno.errors.AddrInUse,
  );
  assertThrows(() => serve({ ...TLS, port, tlsKey: "nowhere" }), Deno.errors.NotFound);
  assertThrows(() => serve({ ...TLS, port, tlsKey: TLS.tlsCert }), Deno.errors.InvalidData);
  Deno.listen({ hostname: "127.0.0.1", port }).close();
});

/** The TLS port of a program that listens. */
function tlsPortOf(program: Program): number {
  const line = program.out.find((line) => line.startsWith("With TLS: ")) ?? "";
  return Number(/:(\d+),/.exec(line)?.[1]);
}

function startWithTls(files: CertificateFiles, ...permissions: string[]): Program {
  const { tlsCert = "", tlsKey = "" } = files.options;
  const flags = ["--port=0", "--tls-port=0", "--tls-cert", tlsCert, "--tls-key", tlsKey];
  const command = [Deno.execPath(), "run", "--quiet", "--allow-net", ...permissions];
  return new Program([...command, MAIN, ...flags]);
}

Deno.test("main.ts needs to read the two files and nothing else, and reloads them at SIGHUP", async () => {
  using files = new CertificateFiles();
  const { tlsCert, tlsKey } = files.options;
  await using program = startWithTls(files, `--allow-read=${tlsCert},${tlsKey}`);
  await program.listens();
  const line = program.out.find((line) => line.startsWith("With TLS: ")) ?? "";
  assertMatch(line, /^With TLS: wss:\/\/127\.0\.0\.1:(\d+), https:\/\/127\.0\.0\.1:\1\/$/);
  const port = Number(/:(\d+),/.exec(line)![1]);
  using client = await (await connectLine(port)).takesName("Alice");
  files.put("second");
  program.kill("SIGHUP");
  await program.prints(/^The certificate was read again$/);
  assert(await presents(port, "second"));
  await client.asks("/list", `Users online: Alice (${client.address})`);
  assertEquals((await program.end("SIGTERM")).code, 0);
  assertEquals(program.err, []);
});

/** Regression: a relay needed another port, and a permission that was hard to guess. */
Deno.test("main.ts needs network permission only for its two ports", async () => {
  using files = new CertificateFiles();
  const { tlsCert = "", tlsKey = "" } = files.options;
  await using program = new Program([
    ...[
      Deno.execPath(),
      "run",
      "--quiet",
      "--allow-net=127.0.0.1:0",
      `--allow-read=${tlsCert},${tlsKey}`,
    ],
    ...[MAIN, "--port=0", "--tls-port=0", "--tls-cert", tlsCert, "--tls-key", tlsKey],
  ]);
  await program.listens();
  using alice = await connectLine(tlsPortOf(program));
  await alice.asks("/list", "No users online");
  assertEquals((await program.end("SIGTERM")).code, 0);
  assertEquals(program.err, []);
});

Deno.test("main.ts reports a missing read permission for the certificate in one line", async () => {
  using files = new CertificateFiles();
  await using program = startWithTls(files);
  assertEquals((await patiently(program.ended, "its end")).code, 1);
  assertEquals([program.out, program.err.length], [[], 1]);
  assertMatch(program.err[0] ?? "", /^Cannot listen: .*--allow-read/);
});

Deno.test("Without TLS, SIGHUP ends the program as usual", async () => {
  await using program = await Program.start();
  using client = await LineClient.connect(program.port);
  await client.hearsNothing();
  assertEquals((await program.end("SIGHUP")).signal, "SIGHUP");
});

Deno.test("TLS connections are closed with close_notify", async () => {
  await using server = new TestServer(TLS);
  const conn = await connectTls(tlsPort(server));
  await conn.write(new TextEncoder().encode("/quit\n"));
  const buffer = new Uint8Array(64);
  assertEquals(await conn.read(buffer), 9);
  assertEquals(await conn.read(buffer), null); // and no UnexpectedEof: close_notify has come
  conn.close();
});
