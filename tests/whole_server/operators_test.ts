/**
 * Operators over real sockets: tokens, kicks, bans, lockdowns, and bans that outlive the server.
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { resolveSettings } from "../../lib/server/resolve_settings.ts";
import { OperatorTokenError, type ServeOptions } from "../../mod.ts";
import {
  type Client,
  handshake,
  LineClient,
  TCP,
  WEBSOCKET,
  WebSocketClient,
  WIRES,
} from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { JsonClient } from "../support/json_client.ts";
import { amongStrangers } from "../support/listener.ts";
import { eachInTurn, patiently, times, until } from "../support/patience.ts";
import { denoRun, MAIN, Program, run } from "../support/program.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { TLS } from "../support/tls.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const BANNED = "You are banned from this server";
const LOCKED = "Server is locked down, try again later";
const GRANTED = "You are an operator now, see /help";

/** A server with operators, whose clients connect from a given address. */
class Stage implements AsyncDisposable {
  ip = "192.0.2.1";
  readonly server: TestServer;
  readonly #folder = new TempFolder();

  constructor(options: ServeOptions = {}) {
    const all = { operatorTokenFile: writeToken(this.#folder), ...options };
    this.server = amongStrangers(() => this.ip, () => new TestServer(all));
  }

  async from(ip: string, wire = TCP, name?: string): Promise<Client> {
    this.ip = ip;
    const client = await this.server.connect(wire);
    return name === undefined ? client : await client.takesName(name);
  }

  /** Ada at 192.0.2.1, an operator. */
  async operator(wire = TCP): Promise<Client> {
    const ada = await this.from("192.0.2.1", wire, "Ada");
    await ada.asks(`/oper ${TOKEN}`, GRANTED);
    return ada;
  }

  /** Everything that a client receives that sends only this. */
  async ask(ip: string, text: string): Promise<string> {
    this.ip = ip;
    using socket = await RawSocket.connect(this.server.port);
    await socket.write(text);
    return await socket.restText();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

function writeToken(folder: TempFolder): string {
  const path = folder.path("token");
  Deno.writeTextFileSync(path, `${TOKEN}\n`, { mode: 0o600 });
  return path;
}

function get(path: string, ...fields: string[]): string {
  return ["GET " + path + " HTTP/1.1", "Host: localhost", "Connection: close", ...fields, "", ""]
    .join("\r\n");
}

// Tokens

for (const wire of WIRES) {
  Deno.test(`Three wrong tokens close the connection, and are not logged [${wire.name}]`, async () => {
    await using stage = new Stage();
    using listener = await stage.from("192.0.2.2", TCP, "Listener");
    using client = await stage.from("203.0.113.7", wire);
    await times(2, () => client.asks("/oper hunter2hunter2", "Error: Wrong token"));
    await client.say("/oper hunter2hunter2");
    assertEquals(await client.ending(), {
      lines: ["Error: Wrong token", "Disconnected after too many wrong tokens"],
      ...(wire === TCP ? {} : { code: 1008 }),
    });
    const { log, server } = stage.server;
    await until(() => server.counters.closed.kicked === 1, "it is counted as kicked");
    const failures = log.filter(({ topic }) => topic === "operator");
    assertEquals(
      failures.map(({ level, message }) => [level, message]),
      Array(3).fill([
        "warn",
        "Operator token is wrong",
      ]),
    );
    assert(failures.every(({ address }) => address?.startsWith("203.0.113.7:")));
    await listener.hearsNothing();
    await listener.asks("/history", "No history in 'lobby'");
    assert(!JSON.stringify(log).includes("hunter2"));
  });

  Deno.test(`An operator kicks one client, and the others stay [${wire.name}]`, async () => {
    await using stage = new Stage();
    using ada = await stage.operator(wire);
    using bob = await stage.from("203.0.113.7", wire, "Bob");
    using carol = await stage.from("203.0.113.7", wire, "Carol");
    await ada.asks("/kick Bob spam", "Kicked 'Bob'");
    const code = wire === TCP ? {} : { code: 1008 };
    assertEquals(await bob.ending(), { lines: ["Kicked by Ada: spam"], ...code });
    await carol.say("well");
    await ada.hears("[Carol]: well");
    assert(stage.server.hasLogged(/^Operator Ada kicked 'Bob' \(203\.0\.113\.7:\d+\): spam$/));
    await until(() => stage.server.server.counters.closed.kicked === 1, "it is counted");
    using _again = await stage.from("203.0.113.7", wire, "Bob");
  });

  Deno.test(`A ban disconnects clients and refuses new ones [${wire.name}]`, async () => {
    await using stage = new Stage();
    using ada = await stage.operator(wire);
    using bob = await stage.from("2001:db8:7::1", wire, "Bob");
    using other = await stage.from("2001:db8:7:ffff::2", TCP, "Other");
    using stranger = await stage.from("2001:db8:8::1", TCP, "Stranger");
    await ada.say("/ban 2001:db8:7::/48 10m spam");
    assertMatch(await ada.line(), /^Banned 2001:db8:7::\/48 until 20\d\d-/);
    const words = { lines: ["Banned by Ada: spam"] };
    assertEquals(await bob.ending(), wire === TCP ? words : { ...words, code: 1008 });
    assertEquals(await other.ending(), words);
    await stranger.hearsNothing();
    assertEquals(await stage.ask("2001:db8:7:1::1", "hello\n"), `Error: ${BANNED}\n`);
    for (const path of ["/", "/healthz"]) {
      const answer = await stage.ask("2001:db8:7::9", get(path));
      assertMatch(answer, /^HTTP\/1\.1 403 Forbidden\r\n/);
      assert(answer.endsWith(`\r\n\r\n${BANNED}\n`), answer);
    }
    const { counters } = stage.server.server;
    assertEquals([counters.refused.banned, counters.closed.kicked], [3, 2]);
    await ada.asks("/unban 2001:db8:7::/48", "No longer banned: 2001:db8:7::/48");
    using _bob = await stage.from("2001:db8:7::1", wire, "Bob");
  });

  Deno.test(`A muted client is not heard, not even after it reconnects [${wire.name}]`, async () => {
    await using stage = new Stage({ presenceDelay: 0 });
    using ada = await stage.operator(wire);
    const bob = await stage.from("203.0.113.7", wire, "Bob");
    await ada.asks("/mute Bob", "Muted 'Bob' and 203.0.113.7 until it is lifted");
    await bob.asks("hello", "Error: You are muted");
    bob.close();
    using again = await stage.from("203.0.113.7", wire);
    await eachInTurn(
      ["hello", "/me waves", "/whisper Ada psst"],
      (line) => again.asks(line, "Error: You are muted"),
    );
    using elsewhere = await stage.from("203.0.113.8", wire, "Bob");
    await elsewhere.asks("hello", "Error: You are muted");
    await ada.hearsNothing();
    await ada.asks("/mute Bob off", "No longer muted: 'Bob' and 203.0.113.7");
    await again.say("hello");
    assertMatch(await ada.line(), /^\[203\.0\.113\.7:\d+\]: hello$/);
  });
}

Deno.test("After five wrong tokens an address is ignored, and others are not", async () => {
  const clock = new FakeClock();
  await using stage = new Stage({ clock });
  using one = await stage.from("2001:db8::1");
  using two = await stage.from("2001:db8::2");
  await times(2, () => one.asks("/oper a", "Error: Wrong token"));
  await times(2, () => two.asks("/oper a", "Error: Wrong token"));
  using three = await stage.from("2001:db8::3");
  await three.asks("/oper a", "Error: Wrong token");
  const limited = "Error: Too many wrong tokens from your address, try again later";
  await three.asks(`/oper ${TOKEN}`, limited);
  using other = await stage.from("2001:db8:0:1::1");
  await other.asks(`/oper ${TOKEN}`, GRANTED);
  clock.advance(12_500);
  await stage.server.settle();
  await one.asks(`/oper ${TOKEN}`, GRANTED);
});

Deno.test("JSON clients can be operators, receive notices, and are told that they were kicked", async () => {
  await using stage = new Stage();
  stage.ip = "192.0.2.1";
  using ada = await JsonClient.connect(stage.server.port);
  using bob = await JsonClient.connect(stage.server.port);
  const hello = await ada.event();
  await bob.event();
  assert(hello.type === "hello" && !hello.commands.some(({ name }) => name === "kick"));
  await bob.ask({ type: "command", text: "/name Bob" });
  const granted = await ada.ask({ type: "command", text: `/oper ${TOKEN}`, id: "o" });
  assert(granted.type === "reply" && granted.command === "oper" && granted.ref === "o");
  assertEquals(granted.data.commands[0]?.usage, "/kick <username> [reason]");
  await ada.ask({ type: "command", text: "/say hi\nall" });
  const notice = await bob.next("notice");
  assertEquals([notice.text, notice.from.id], ["hi\nall", hello.you.id]);
  await ada.ask({ type: "command", text: "/kick Bob" });
  const bye = await bob.next("bye");
  assertEquals([bye.reason, bye.text], ["kicked", `Kicked by ${hello.you.address}`]);
  assertEquals((await bob.ending()).code, 1008);
});

/** Regression: `{"type":"message","text":"/drain"}` ended the server, sent by an operator's bot that repeated messages. */
Deno.test("A message of an operator's JSON client that looks like a command is not run", async () => {
  await using stage = new Stage();
  using bob = await stage.server.connect(TCP);
  await bob.hearsNothing();
  using bot = await JsonClient.connect(stage.server.port);
  await bot.ask({ type: "command", text: "/name Bot" });
  await bot.ask({ type: "command", text: `/oper ${TOKEN}` });
  await eachInTurn(["/drain", "/lockdown on", "/ban 127.0.0.1", "//drain"], async (text) => {
    const ack = await bot.ask({ type: "message", text });
    assertEquals(ack.type, "ack");
    await bob.hears(`[Bot]: ${text}`);
  });
  await bob.hearsNothing();
  using newcomer = await stage.server.connect(TCP);
  await newcomer.hearsNothing();
});

Deno.test("/say reaches all rooms, and silent clients", async () => {
  await using stage = new Stage();
  using ada = await stage.operator();
  using dev = await stage.from("203.0.113.7", WEBSOCKET, "Dev");
  await dev.asks("/join dev", "Joined room 'dev'");
  using silent = await stage.from("203.0.113.8");
  await stage.server.settle();
  await ada.asks("/say Restart at noon", "Said to all");
  await dev.hears("Notice: Restart at noon");
  await silent.hears("Notice: Restart at noon");
});

// Addresses that become known later

Deno.test("A ban applies when a trusted proxy names its client", async () => {
  await using folder = new TempFolder();
  const clock = new FakeClock();
  const operatorTokenFile = writeToken(folder);
  const options = { clock, operatorTokenFile, trustProxy: "127.0.0.1", hideAddresses: false };
  await using server = new TestServer(options);
  using ada = await (await server.connect(TCP)).takesName("Ada");
  await ada.asks(`/oper ${TOKEN}`, GRANTED);
  const forwarded = { "X-Forwarded-For": "203.0.113.7" };
  using bob = new WebSocketClient(await RawSocket.connect(server.port));
  await bob.socket.write(handshake(forwarded));
  await bob.socket.through("\r\n\r\n");
  await bob.takesName("Bob");
  await ada.asks("/ban Bob", "Banned 'Bob' and 203.0.113.7 until it is lifted");
  assertEquals(await bob.ending(), { lines: ["Banned by Ada"], code: 1008 });
  const ask = async (text: string) => {
    using socket = await RawSocket.connect(server.port);
    await socket.write(text);
    return await socket.restText();
  };
  assertMatch(await ask(handshake(forwarded)), /^HTTP\/1\.1 403 Forbidden\r\n/);
  const header = (ip: string) => `PROXY TCP4 ${ip} 198.51.100.1 56324 443\r\n`;
  assertEquals(await ask(`${header("203.0.113.7")}hello\n`), `Error: ${BANNED}\n`);
  assertEquals(
    await ask(`${header("203.0.113.8")}/list\n/quit\n`),
    [
      `Users online: Ada (${ada.address})`,
      "Goodbye!\n",
    ].join("\n"),
  );
  assertEquals(server.server.counters.refused.banned, 2);
});

Deno.test("A ban of a network spares a trusted proxy in it", async () => {
  await using folder = new TempFolder();
  const options = { operatorTokenFile: writeToken(folder), trustProxy: "127.0.0.1" };
  await using server = new TestServer(options);
  using ada = new LineClient(await RawSocket.connect(server.port));
  await ada.socket.write("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n");
  await ada.takesName("Ada");
  await ada.asks(`/oper ${TOKEN}`, GRANTED);
  using proxy = await (await server.connect(TCP)).takesName("Proxy");
  await ada.asks("/ban 127.0.0.0/8", "Banned 127.0.0.0/8 until it is lifted");
  await proxy.hearsNothing();
});

Deno.test("A client that is banned during a request is refused", async () => {
  await using stage = new Stage();
  using ada = await stage.operator();
  stage.ip = "203.0.113.7";
  using half = await RawSocket.connect(stage.server.port);
  await half.write("GET / HTTP/1.1\r\nHost: localhost\r\n");
  using silent = await LineClient.connect(stage.server.port);
  await stage.server.settle();
  await ada.asks("/ban 203.0.113.0/24", "Banned 203.0.113.0/24 until it is lifted");
  assertMatch(await half.restText(), /^HTTP\/1\.1 403 Forbidden\r\n/);
  assertEquals((await silent.ending()).lines, ["Banned by Ada"]);
});

Deno.test("With hidden addresses operators see guests, and ban their addresses", async () => {
  await using stage = new Stage({ hideAddresses: true });
  using ada = await stage.operator();
  using guest = await stage.from("203.0.113.7");
  await guest.say("hello");
  const [, name = ""] = /^\[(guest-\d+)\]: hello$/.exec(await ada.line()) ?? [];
  await ada.asks(`/ban ${name}`, "Banned 203.0.113.7 until it is lifted");
  assertEquals((await guest.ending()).lines, ["Banned by Ada"]);
});

Deno.test("A banned address is not worth a TLS handshake", async () => {
  await using stage = new Stage(TLS);
  using ada = await stage.operator();
  await ada.asks("/ban 203.0.113.7", "Banned 203.0.113.7 until it is lifted");
  stage.ip = "203.0.113.7";
  using socket = await RawSocket.connect(stage.server.server.tlsAddr!.port);
  assertEquals(await socket.restText(), "");
  assertEquals(stage.server.server.counters.refused.banned, 1);
});

// Bans in the history

Deno.test("Bans outlive the server in the file of the history", async () => {
  await using folder = new TempFolder();
  const history = folder.path("chat.db");
  const line = "Bans: 'Bob' and 203.0.113.7 until it is lifted (by Ada: spam)";
  {
    await using stage = new Stage({ history });
    using ada = await stage.operator();
    using _bob = await stage.from("203.0.113.7", TCP, "Bob");
    await ada.asks("/ban Bob spam", "Banned 'Bob' and 203.0.113.7 until it is lifted");
    await ada.asks("/ban 10.0.0.0/8", "Banned 10.0.0.0/8 until it is lifted");
    await ada.asks("/unban 10.0.0.0/8", "No longer banned: 10.0.0.0/8");
  }
  {
    await using stage = new Stage({ history });
    assertEquals(await stage.ask("203.0.113.7", "hello\n"), `Error: ${BANNED}\n`);
    using ada = await stage.operator();
    await ada.asks("/bans", line);
    await ada.asks("/name Bob", "Error: Username 'Bob' is banned");
    await ada.asks("/unban bob", "No longer banned: 'Bob' and 203.0.113.7");
  }
  await using stage = new Stage({ history });
  using _bob = await stage.from("203.0.113.7", TCP, "Bob");
});

// Lockdown

Deno.test("A lockdown refuses new clients, and no others", async () => {
  const clock = new FakeClock();
  await using stage = new Stage({ clock });
  using ada = await stage.operator();
  using bob = await stage.from("203.0.113.7", WEBSOCKET, "Bob");
  assertStringIncludes(await stage.ask("203.0.113.9", get("/readyz")), "\r\n\r\nready\n");
  await ada.asks("/lockdown on raid", "Nobody new is let in");

  assertEquals(await stage.ask("203.0.113.9", "hello\n"), `Error: ${LOCKED}\n`);
  using silent = await stage.from("203.0.113.9");
  await stage.server.settle();
  await bob.say("still here");
  await ada.hears("[Bob]: still here");
  clock.advance(resolveSettings({}).sniffTimeout * 1000);
  assertEquals((await silent.ending()).lines, [`Error: ${LOCKED}`]);
  const refused = await stage.ask("203.0.113.9", handshake());
  assertMatch(refused, /^HTTP\/1\.1 503 [^]*\r\nretry-after: 60\r\n/);
  assert(refused.endsWith(`\r\n\r\n${LOCKED}\n`), refused);
  const unready = await stage.ask("203.0.113.9", get("/readyz"));
  assertMatch(unready, /^HTTP\/1\.1 503 [^]*\r\n\r\nnot ready: locked down\n$/);
  assertMatch(await stage.ask("203.0.113.9", get("/")), /^HTTP\/1\.1 200 /);
  assertEquals(stage.server.server.counters.refused.lockdown, 3);

  await ada.asks("/lockdown off", "Newcomers are let in");
  using _carol = await stage.from("203.0.113.9", TCP, "Carol");
  assertStringIncludes(await stage.ask("203.0.113.9", get("/readyz")), "\r\n\r\nready\n");
});

Deno.test("An operator is admitted with the token during a lockdown", async () => {
  await using stage = new Stage();
  const first = await stage.operator();
  await first.asks("/lockdown on", "Nobody new is let in");
  first.close();
  stage.ip = "203.0.113.7";
  using lines = await LineClient.connect(stage.server.port);
  await lines.socket.writeChopped(`/oper ${TOKEN}\n/bans\n`, 7);
  await lines.hears(GRANTED, "No bans");
  // Behind an arrow key it was refused, although the chat itself takes it.
  using arrow = await LineClient.connect(stage.server.port);
  await arrow.socket.write(`\x1b[A/OPER  ${TOKEN}\x1b[C\r\n/bans\n`);
  await arrow.hears(GRANTED, "No bans");
  const bearer = { "Authorization": `Bearer ${TOKEN}` };
  using socket = await RawSocket.connect(stage.server.port);
  await socket.write(handshake(bearer));
  assertMatch(await socket.through("\r\n\r\n"), /^HTTP\/1\.1 101 /);
  const wrong = await stage.ask("203.0.113.7", handshake({ "Authorization": "Bearer nonsense" }));
  assertMatch(wrong, /^HTTP\/1\.1 401 Unauthorized\r\n[^]*\r\nwww-authenticate: Bearer\r\n/);
  assertEquals(await stage.ask("203.0.113.7", "/oper nonsense\n/list\n"), `Error: ${LOCKED}\n`);
  assertEquals(await stage.ask("203.0.113.7", "/operate\n"), `Error: ${LOCKED}\n`);
  const flood = await stage.ask("203.0.113.7", `/oper ${"x".repeat(4_000)}`);
  assertEquals(flood, `Error: ${LOCKED}\n`);
});

// Drain

Deno.test("/drain ends the server as a signal does", async () => {
  const clock = new FakeClock();
  await using stage = new Stage({ clock, drain: 10, random: () => 0.5 });
  using ada = await stage.operator();
  await ada.asks("/drain new version", "The server ends in 10 s");
  await ada.hears("Server is shutting down");
  assertEquals(await stage.ask("192.0.2.9", "hello\n"), "Server is shutting down\n");
  const late = await stage.ask("192.0.2.9", handshake({ "Authorization": `Bearer ${TOKEN}` }));
  assertMatch(late, /^HTTP\/1\.1 503 /);
  const line = await stage.ask("192.0.2.9", `/oper ${TOKEN}\n`);
  assertEquals(line, "Server is shutting down\n");
  clock.advance(5_000);
  assertEquals((await ada.ending()).lines, []);
  await patiently(stage.server.server.finished, "the end");
  assert(stage.server.hasLogged("Operator Ada ended the server: new version"));
});

Deno.test("/drain ends the program with 0, with no more permissions than README names", async () => {
  await using folder = new TempFolder();
  const path = writeToken(folder);
  const [deno = "", ...args] = denoRun(MAIN, "--port=0", "--operator-token-file", path);
  const at = args.indexOf("--allow-net");
  const permitted = ["--no-prompt", `--allow-read=${path}`];
  await using program = new Program([deno, ...args.slice(0, at), ...permitted, ...args.slice(at)]);
  await program.listens();
  using client = await LineClient.connect(program.port);
  await client.asks(`/oper ${TOKEN}`, GRANTED);
  await client.say("/drain");
  assertEquals((await client.ending()).lines, ["The server ends", "Server is shutting down"]);
  assertEquals((await patiently(program.ended, "the end")).code, 0);
  assertEquals(program.err, []);
  assert(!program.out.join("\n").includes(TOKEN));
});

// The token file

Deno.test("An unusable token file ends the program with one line", async () => {
  await using folder = new TempFolder();
  const path = folder.path("token");
  const said = `Cannot use operator token file '${path}'`;
  const [deno = "", ...args] = denoRun(MAIN, "--port=0", "--operator-token-file", path);
  assertEquals(await run([deno, ...args.slice(0, 1), "--no-prompt", ...args.slice(1)]), {
    code: 1,
    stdout: "",
    stderr: `${said}: it needs --allow-read for this path\n`,
  });
  assertThrows(
    () => new TestServer({ operatorTokenFile: path }),
    OperatorTokenError,
    `${said}: it is not there`,
  );
});

Deno.test("A token file that others can read is logged", async () => {
  await using folder = new TempFolder();
  const path = writeToken(folder);
  const warning = "Others on this machine can read the operator token file, try chmod 600";
  await eachInTurn([[0o600, false], [0o644, true]] as const, async ([mode, isWarned]) => {
    Deno.chmodSync(path, mode);
    await using server = new TestServer({ operatorTokenFile: path });
    assertEquals(server.hasLogged(warning), isWarned);
  });
});

// Metrics

Deno.test("/metrics is served with the token", async () => {
  await using stage = new Stage();
  const ask = (...fields: string[]) => stage.ask("203.0.113.7", get("/metrics", ...fields));
  assertMatch(await ask(), /^HTTP\/1\.1 403 /);
  const answer = await ask(`Authorization: Bearer ${TOKEN}`);
  assertMatch(answer, /^HTTP\/1\.1 200 /);
  assertStringIncludes(answer, '\nbackchannel_refusals_total{cause="lockdown"} 0\n');
  assertMatch(await ask("Authorization: Basic Zm9v"), /^HTTP\/1\.1 403 /);
  await times(5, async () => {
    assertMatch(await ask("Authorization: bearer wrong"), /^HTTP\/1\.1 401 Unauthorized\r\n/);
  });
  assertMatch(await ask(`Authorization: Bearer ${TOKEN}`), /^HTTP\/1\.1 429 /);
  await using server = new TestServer();
  using socket = await RawSocket.connect(server.port);
  await socket.write(get("/metrics", `Authorization: Bearer ${TOKEN}`, "Via: 1.1 proxy"));
  assertMatch(await socket.restText(), /^HTTP\/1\.1 403 /);
});
