/**
 * The client library on servers that ask for a login: passwords, tokens that expire, users with several devices, and
 * guests who take their names back.
 */
import { assert, assertEquals } from "@std/assert";
import {
  type Client,
  type ClientOptions,
  connect,
  type LoginRequest,
  type ReceivedMessage,
} from "../../lib/client/mod.ts";
import { CLOCK_SKEW } from "../../lib/identity/claims.ts";
import { Gateway } from "../browser/gateway.ts";
import { LineClient } from "../support/client.ts";
import { until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { secretKey, signToken } from "../support/tokens.ts";

const PASSWORD = "correct horse battery";
const KEY = secretKey("0123456789abcdef0123456789abcdef");
const ANN = { sub: "7", name: "Ann" };

function connectTo(port: number, options: ClientOptions = {}): Client {
  return connect(`ws://127.0.0.1:${port}/`, { random: () => 0, ...options });
}

/** The next message that a loop gets. */
async function next(loop: AsyncIterator<ReceivedMessage>): Promise<ReceivedMessage> {
  const { value } = await loop.next();
  assert(value !== undefined);
  return value;
}

Deno.test("Client logs in with a password, and takes its name back while the server takes its old connection for alive", async () => {
  await using server = new TestServer({ password: PASSWORD });
  await using gateway = new Gateway(() => server.port);
  await using bob = connectTo(server.port, { name: "Bob", login: PASSWORD });
  await using client = connectTo(gateway.port, { name: "Alice", login: () => PASSWORD });
  await Promise.all([bob.ready(), client.ready()]);
  const heard = bob.events("message", "presence");
  await client.send("lobby", "one");
  gateway.cut();
  await client.send("lobby", "two");
  const events = [(await heard.next()).value, (await heard.next()).value];
  assertEquals(events.map((event) => event?.type === "message" && event.text), ["one", "two"]);
  assertEquals(client.user?.name, "Alice");
});

Deno.test("Client ends if the password is wrong, and asks for none on a server without one", async () => {
  await using server = new TestServer({ password: PASSWORD });
  const wrong = connectTo(server.port, { login: "correct horse" });
  assertEquals((await wrong.closed)?.code, "login_failed");
  const none = connectTo(server.port);
  assertEquals((await none.closed)?.code, "login_required");
  await using open = new TestServer();
  await using client = connectTo(open.port, { name: "Alice", login: PASSWORD });
  await client.ready();
  assertEquals(client.user?.name, "Alice");
});

Deno.test("Client is one user on all devices, and knows its own messages", async () => {
  await using server = new TestServer({ jwtKey: KEY.jwk });
  const login = () => signToken(KEY, ANN);
  await using phone = connectTo(server.port, { login, name: "ignored" });
  await using desk = connectTo(server.port, { login });
  await Promise.all([phone.ready(), desk.ready()]);
  assertEquals([phone.user?.name, desk.user?.name], ["Ann", "Ann"]);
  const onDesk = desk.events("message");
  await phone.send("lobby", "from the phone");
  const message = await next(onDesk);
  assertEquals([message.text, desk.isOwn(message.from)], ["from the phone", true]);
  const { users } = await desk.command("list");
  assertEquals(users.map(({ name }) => name), ["Ann"]);
});

Deno.test("Client gets a fresh token when its login expires, and goes on without a gap", async () => {
  await using server = new TestServer({ jwtKey: KEY.jwk });
  const requests: LoginRequest[] = [];
  const login = (request: LoginRequest) => {
    // The first one is over, but the server allows for clocks that are wrong, for a second or two more.
    const lifetime = requests.push(request) === 1 ? 2 - CLOCK_SKEW / 1_000 : 600;
    return signToken(KEY, { ...ANN, exp: Math.floor(Date.now() / 1_000) + lifetime });
  };
  await using client = connectTo(server.port, { login });
  await using bob = connectTo(server.port, {
    login: await signToken(KEY, { sub: "8", name: "Bob" }),
  });
  await Promise.all([client.ready(), bob.ready()]);
  const heard = client.events("message");
  await client.send("lobby", "before");
  await until(() => requests.length === 2, "the first token has expired");
  await bob.send("lobby", "while it was away, or not");
  await client.send("lobby", "after");
  assertEquals((await next(heard)).text, "while it was away, or not");
  assertEquals(requests.map(({ problem }) => problem?.code), [undefined, "expired"]);
  assertEquals(client.user?.name, "Ann");
});

Deno.test("Client keeps out of rooms that its user may not join", async () => {
  await using server = new TestServer({ jwtKey: KEY.jwk });
  const login = await signToken(KEY, { ...ANN, backchannel: { rooms: { join: ["dev"] } } });
  await using client = connectTo(server.port, { login, rooms: ["dev"] });
  await client.ready();
  assertEquals([client.hello?.room, client.rooms], [null, ["dev"]]);
  assertEquals((await client.send("dev", "hello")).id, 1);
  const error = await client.join("ops").catch((error) => error);
  assertEquals(error.code, "not_allowed");
  await using other = connectTo(server.port, { login, rooms: ["dev", "ops"] });
  assertEquals((await other.ready().catch((error) => error)).code, "not_allowed");
});

Deno.test("Guest takes the name back with the stored token, and nobody else can", async () => {
  await using server = new TestServer({ presenceDelay: 600 });
  let stored: string | null = null;
  const resume = { load: () => stored, save: (text: string) => void (stored = text) };
  const before = connectTo(server.port, { name: "Alice", resume });
  await before.ready();
  before.close();
  await server.logs(/^Disconnected/);
  using thief = await LineClient.connect(server.port);
  await thief.asks("/name Alice", "Error: Username 'Alice' is already taken");
  await using after = connectTo(server.port, { name: "Alice", resume });
  await after.ready();
  assertEquals(after.user?.name, "Alice");
});
