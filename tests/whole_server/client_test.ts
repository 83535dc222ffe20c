/**
 * The client library against a real server: connections that are cut, servers that restart, and the other runtimes.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import WebSocketOfNode from "npm:ws@8";
import {
  ChatError,
  type Client,
  type ClientOptions,
  connect,
  type Socket,
} from "../../lib/client/mod.ts";
import { Gateway } from "../browser/gateway.ts";
import { LineClient } from "../support/client.ts";
import { projectPath } from "../support/paths.ts";
import { until } from "../support/patience.ts";
import { run } from "../support/program.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** Reconnects without a wait: tests do not sleep. */
const IMPATIENT = { random: () => 0 };

function connectTo(port: number, options: ClientOptions = {}): Client {
  return connect(`ws://127.0.0.1:${port}/`, { ...IMPATIENT, ...options });
}

Deno.test("Client chats, whispers, asks and is told", async () => {
  await using server = new TestServer({ presenceDelay: 0 });
  using bob = await (await LineClient.connect(server.port)).takesName("Bob");
  await using client = connectTo(server.port, { name: "Alice" });
  await client.ready();
  const heard = client.events("message", "whisper");
  assertEquals(await client.send("lobby", "/not a command\nbut two lines"), {
    room: "lobby",
    id: 1,
    time: (await client.history("lobby")).messages[0]!.time,
  });
  await bob.hears("[Alice]: /not a command", "[Alice]: but two lines");
  assertEquals((await client.send("lobby", "waves", { action: true })).id, 2);
  await bob.hears("* Alice waves");
  assertEquals((await client.whisper("Bob", "psst")).to.name, "Bob");
  await bob.hears("[Whisper from Alice]: psst");
  await bob.say("hello Alice", "/whisper Alice hey");
  const events = [(await heard.next()).value, (await heard.next()).value];
  assertEquals(events.map((event) => [event?.type, event?.text]), [
    ["message", "hello Alice"],
    ["whisper", "hey"],
  ]);
  const { users } = await client.command("list");
  assertEquals(users.map(({ name }) => name), ["Bob", "Alice"]);
  assertEquals((await client.join("dev")).room.users, 1);
  assertEquals(await client.command("topic", "tea", { room: "dev" }), {
    room: "dev",
    topic: "tea",
  });
  assertEquals((await client.leave("dev")).left, "dev");
  const error = await assertRejects(() => client.send("dev", "too late"), ChatError);
  assertEquals(error.code, "not_in_room");
  assertEquals((await client.setName("Alicia")).name, "Alicia");
});

Deno.test("Client is in the rooms that it asks for, and in no other", async () => {
  await using server = new TestServer({ presenceDelay: 0 });
  using bob = await (await LineClient.connect(server.port)).takesName("Bob");
  await using client = connectTo(server.port, { name: "Alice", rooms: ["dev", "ops"] });
  const heard = client.events("message");
  await client.ready();
  await client.command("list", "dev"); // The server has handled the leave before.
  await bob.say("to the lobby", "/join dev", "to dev");
  assertEquals((await heard.next()).value?.text, "to dev");
  assertEquals(client.rooms, ["dev", "ops"]);
});

Deno.test("Client gets what it missed, in order and once, however often it is cut", async () => {
  await using server = new TestServer();
  await using gateway = new Gateway(() => server.port);
  using bob = await (await LineClient.connect(server.port)).takesName("Bob");
  await using client = connectTo(gateway.port, { name: "Alice" });
  await client.ready();
  const heard = client.events("message");
  for (let round = 0; round < 5; round++) {
    gateway.down = true;
    gateway.cut();
    await bob.say(`while away ${round}`);
    await server.settle();
    gateway.down = false;
    client.retry();
    await client.ready();
    await bob.say(`live ${round}`);
    const texts = [(await heard.next()).value, (await heard.next()).value];
    assertEquals(texts.map((message) => [message?.text, message?.missed]), [
      [`while away ${round}`, true],
      [`live ${round}`, undefined],
    ]);
  }
});

Deno.test("Client.send() is heard once although the acknowledgement is lost", async () => {
  await using server = new TestServer();
  await using gateway = new Gateway(() => server.port);
  using bob = await (await LineClient.connect(server.port)).takesName("Bob");
  await using client = connectTo(gateway.port, { name: "Alice" });
  await client.ready();
  const release = gateway.mute();
  const sending = client.send("lobby", "once");
  await bob.hears("[Alice]: once");
  gateway.cut();
  release();
  assertEquals((await sending).id, 1);
  await client.send("lobby", "then");
  await bob.hears("[Alice]: then");
  await bob.hearsNothing();
});

for (const keeps of [true, false]) {
  const what = keeps ? "goes on without a gap" : "tells a gap";
  Deno.test(`Client ${what} if the server restarts ${keeps ? "with" : "without"} its history`, async () => {
    await using folder = new TempFolder();
    const options = keeps ? { history: folder.path("chat.db") } : {};
    const first = new TestServer(options);
    const { port } = first;
    await using client = connectTo(port, { name: "Alice" });
    await client.ready();
    const seen = client.events("message", "gap", "joined");
    const { epoch } = client.position("lobby")!;
    await client.send("lobby", "before");
    await first.shutdown();
    const sending = client.send("lobby", "queued");
    await using second = new TestServer({ port, ...options });
    using bob = await (await LineClient.connect(port)).takesName("Bob");
    await bob.say("before she was back");
    await second.settle();
    client.retry();
    await sending;
    await bob.hears("[Alice]: queued");
    assert(client.position("lobby")?.epoch !== epoch, "The epoch has changed");
    const joined = (await seen.next()).value;
    assertEquals(joined?.type === "joined" && joined.outcome, keeps ? "resumed" : "restarted");
    if (!keeps) {
      const gap = (await seen.next()).value;
      assertEquals(gap?.type === "gap" && gap.cause, "restart");
    }
    const message = (await seen.next()).value;
    assertEquals(message?.type === "message" && message.text, "before she was back");
  });
}

Deno.test("Client ends if an operator kicks it, and its error says why", async () => {
  await using folder = new TempFolder();
  const token = "0123456789abcdef0123456789abcdef";
  await Deno.writeTextFile(folder.path("token"), token, { mode: 0o600 });
  await using server = new TestServer({ operatorTokenFile: folder.path("token") });
  using bob = await (await LineClient.connect(server.port)).takesName("Bob");
  await bob.asks(`/oper ${token}`, "You are an operator now, see /help");
  const client = connectTo(server.port, { name: "Alice" });
  await client.ready();
  await bob.say("/kick Alice be nice");
  const error = await client.closed;
  assertEquals([error?.code, error?.message], ["disconnected_by_server", "Kicked by Bob: be nice"]);
  await until(() => client.state === "closed", "it stays away");
});

Deno.test("Client works with the WebSockets of the package `ws`", async () => {
  await using server = new TestServer();
  await using gateway = new Gateway(() => server.port);
  using bob = await (await LineClient.connect(server.port)).takesName("Bob");
  const createSocket = (url: string, subprotocol?: string) =>
    new WebSocketOfNode(url, subprotocol) as unknown as Socket;
  await using client = connectTo(gateway.port, { name: "Alice", createSocket });
  await client.ready();
  await client.send("lobby", "from another package");
  await bob.hears("[Alice]: from another package");
  gateway.down = true;
  gateway.cut();
  await until(() => client.state === "waiting", "it is cut");
  gateway.down = false;
  client.retry();
  await client.send("lobby", "again");
  await bob.hears("[Alice]: again");
});

/** Runs with the client as one file. It is cut off once, and ends by itself. */
const SCENARIO = `
import { connect } from "./client.mjs";

const client = connect(process.argv[2], { name: "Alice", rooms: ["dev"], random: () => 0 });
await client.ready();
const heard = client.events("message");
const { id } = await client.send("dev", "hello");
const lines = [];
for await (const { text, missed } of heard) {
  lines.push([text, missed === true]);
  if (text === "stop") break;
}
const { users } = await client.command("list", "dev");
console.log(JSON.stringify({ id, lines, users: users.map(({ name }) => name) }));
client.close();
`;

/** A runtime on this machine, with what it needs to have a global WebSocket; `undefined` if there is none. */
async function findNode(): Promise<string[] | undefined> {
  const found = await run(["node", "--version"]).catch(() => undefined);
  const major = Number(/^v(\d+)/.exec(found?.stdout ?? "")?.[1]);
  if (!(major >= 20)) return undefined;
  return major >= 22 ? ["node"] : ["node", "--experimental-websocket"];
}

const node = await findNode();

Deno.test({
  name: "Client works in Node" + (node ? "" : " (skipped: there is no Node 20 or later)"),
  ignore: node === undefined,
  fn: async () => {
    await using folder = new TempFolder();
    const bundled = await run([
      Deno.execPath(),
      "bundle",
      "--quiet",
      `--config=${projectPath("deno.json")}`,
      `--output=${folder.path("client.mjs")}`,
      projectPath("lib/client/mod.ts"),
    ]);
    assertEquals([bundled.code, bundled.stderr], [0, ""]);
    await Deno.writeTextFile(folder.path("scenario.mjs"), SCENARIO);
    await using server = new TestServer({ presenceDelay: 0 });
    await using gateway = new Gateway(() => server.port);
    using bob = await (await LineClient.connect(server.port)).takesName("Bob");
    await bob.asks("/join dev", "Joined room 'dev'");
    const url = `ws://127.0.0.1:${gateway.port}/`;
    const ended = run([...node!, folder.path("scenario.mjs"), url]);
    await bob.hears("[Alice]: hello");
    await bob.say("live");
    await server.settle();
    gateway.cut();
    await bob.say("while it was cut", "stop");
    const { code, stdout } = await ended;
    const { id, lines, users } = JSON.parse(stdout);
    assertEquals([code, id, users], [0, 1, ["Bob", "Alice"]]);
    assertEquals(lines.map(([text]: [string]) => text), ["live", "while it was cut", "stop"]);
  },
});
