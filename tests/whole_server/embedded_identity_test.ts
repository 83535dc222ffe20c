/**
 * Authentication and authorization by the program that embeds the server, over real sockets.
 * @module
 */
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { type Act, type AuthAttempt, type AuthOutcome, type ChatUser, serve } from "../../mod.ts";
import {
  type Client,
  handshake,
  LineClient,
  WebSocketClient,
  type Wire,
  WIRES,
} from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { eachInTurn, until } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";

const HINT = "Log in with /login <password or token>";

/** Removes the failures from the log, and returns their texts. */
function takeFailures({ log }: TestServer): string[] {
  const failures = log.filter(({ kind }) => kind === "application_failed");
  log.splice(0, log.length, ...log.filter((entry) => !failures.includes(entry)));
  return failures.map(({ message }) => message.split("\n")[0]!);
}

/** Ann logs in with her secret, and guests with one that they share. */
function authenticate({ credential }: AuthAttempt): AuthOutcome {
  if (credential?.type !== "secret") return { refused: "Who are you?" };
  if (credential.secret === "ann's secret") return { id: "u1", name: "Ann" };
  return credential.secret === "guest pass" ? "guest" : { refused: "That is not it" };
}

/** Connects to a server on which one has to log in. */
async function connect(server: TestServer, wire: Wire): Promise<Client> {
  const client = await server.connect(wire);
  if (wire.name === "websocket") await client.hears(`Notice: ${HINT}`);
  await client.asks("hello", `Error: ${HINT}`);
  return client;
}

for (const isAsync of [false, true]) {
  for (const wire of WIRES) {
    const way = isAsync ? "later" : "at once";
    Deno.test(`authenticate() decides ${way} who may log in [${wire.name}]`, async () => {
      const attempts: AuthAttempt[] = [];
      await using server = new TestServer({
        authenticate: (attempt) => {
          attempts.push(attempt);
          return isAsync ? Promise.resolve(authenticate(attempt)) : authenticate(attempt);
        },
      });
      using ann = await connect(server, wire);
      await ann.asks("/login nonsense", "Error: That is not it");
      await ann.asks("/login ann's secret", "Logged in as 'Ann'");
      using guest = await connect(server, wire);
      await guest.asks("/login guest pass", "Logged in");
      const { credential, ip, address, headers } = attempts.at(-1)!;
      assertEquals(credential, { type: "secret", secret: "guest pass" });
      assertEquals([ip, address], ["127.0.0.1", guest.address]);
      assertEquals(headers === undefined, wire.name === "tcp");
      await ann.say("hello");
      await guest.hears("[Ann]: hello");
      const failed = server.log.filter(({ kind }) => kind === "auth_failed");
      assertEquals(failed.map(({ message }) => message), [
        "Authentication failed: That is not it",
      ]);
      const { counters } = server.server;
      assertEquals([counters.authenticated.application, counters.authFailures.wrong], [2, 1]);
    });
  }
}

Deno.test("authenticate() lets a page in by its cookie, and a guest by default", async () => {
  await using server = new TestServer({
    authenticate: ({ headers }) =>
      headers?.get("cookie") === "session=ann" ? { id: "u1", name: "Ann" } : "guest",
  });
  const socket = await RawSocket.connect(server.port);
  await socket.write(handshake({ Cookie: "session=ann" }));
  assertMatch(await socket.through("\r\n\r\n"), /^HTTP\/1\.1 101 /);
  using ann = new WebSocketClient(socket);
  using guest = await LineClient.connect(server.port);
  await guest.hearsNothing();
  await ann.say("hello");
  await guest.hears("[Ann]: hello");
  await guest.asks("/name Ann", "Error: Username 'Ann' is already taken");
  await guest.say("hello Ann");
  await ann.hears(`[${guest.address}]: hello Ann`);
});

for (const wire of WIRES) {
  Deno.test(`An authenticate() that fails refuses the client, and the server goes on [${wire.name}]`, async () => {
    const results: Record<string, () => unknown> = {
      throws: () => {
        throw new Error("The database is away");
      },
      rejects: () => Promise.reject(new Error("The database is slow")),
      nothing: () => undefined,
      nameless: () => ({ name: "Ann" }),
      operator: () => ({ id: "u1", operator: "yes" }),
      rooms: () => ({ id: "u1", rooms: { jion: ["dev"] } }),
      cause: () => ({ refused: "No", cause: "tired" }),
      good: () => ({ id: "u1", name: "Ann" }),
    };
    const authenticate = ({ credential }: AuthAttempt) => {
      const result = credential?.type === "secret"
        ? results[credential.secret]!()
        : { refused: "Log in" };
      return result as AuthOutcome;
    };
    await using server = new TestServer({ authenticate });
    await eachInTurn(Object.keys(results).slice(0, -1), async (secret) => {
      using client = await connect(server, wire);
      const text = "Error: The login could not be checked, try again later";
      await client.asks(`/login ${secret}`, text);
    });
    using client = await connect(server, wire);
    await client.asks("/login good", "Logged in as 'Ann'");
    assertEquals(takeFailures(server), [
      "authenticate failed: Error: The database is away",
      "authenticate failed: Error: The database is slow",
      "authenticate failed: returned nothing, not an identity, 'guest' or { refused }",
      "authenticate failed: returned an object whose 'id' is not a text of 1 to 256 characters",
      "authenticate failed: returned an object whose 'operator' is not true or false",
      "authenticate failed: returned rooms that has a member that is not one of join, read, write",
      "authenticate failed: returned an object whose 'cause' is not one of none, wrong, expired, denied, limited, failed",
    ]);
  });
}

Deno.test("An authenticate() that hangs refuses its client after 5 seconds, and delays nobody else", async () => {
  const clock = new FakeClock();
  const hang = new Promise<never>(() => {});
  await using server = new TestServer({
    clock,
    authenticate: ({ credential }) =>
      credential?.type !== "secret"
        ? { refused: "Log in" }
        : credential.secret === "hang"
        ? hang
        : { id: "u2", name: "Bob" },
  });
  const [tcp, websocket] = WIRES;
  using slow = await connect(server, websocket);
  await slow.say("/login hang");
  await server.settle();
  using bob = await connect(server, tcp);
  await bob.asks("/login quick", "Logged in as 'Bob'");
  clock.advance(5_000);
  await slow.hears("Error: The login could not be checked, try again later");
  assertEquals(takeFailures(server), ["authenticate failed: no result within 5 s"]);
});

/** Ann may do everything but write in `news` and join `vault`; guests may read the lobby. */
function authorize({ userId }: ChatUser, room: string, act: Act): boolean {
  if (userId === "u1") return !(room === "news" && act === "write") && room !== "vault";
  return room === "lobby" && act !== "write";
}

for (const isAsync of [false, true]) {
  for (const wire of WIRES) {
    const way = isAsync ? "later" : "at once";
    Deno.test(`authorize() decides ${way} about rooms [${wire.name}]`, async () => {
      await using server = new TestServer({
        authenticate: ({ credential }) =>
          credential?.type === "secret" ? { id: "u1", name: "Ann" } : "guest",
        authorize: (...asked) =>
          isAsync ? Promise.resolve(authorize(...asked)) : authorize(...asked),
      });
      using guest = await (await server.connect(wire)).takesName("Guest");
      using ann = await server.connect(wire);
      await ann.asks("/login x", "Logged in as 'Ann'");
      await guest.asks("hello", "Error: You may not write 'lobby'");
      await guest.asks("/me waves", "Error: You may not write 'lobby'");
      await guest.asks("/join dev", "Error: You may not join 'dev'");
      await ann.say("hello");
      await guest.hears("[Ann]: hello");
      await ann.asks("/join vault", "Error: You may not join 'vault'");
      await ann.asks("/join news", "Joined room 'news'");
      await ann.asks("extra", "Error: You may not write 'news'");
      await ann.asks("/topic extra", "Error: You may not write 'news'");
      await ann.hearsNothing();
    });
  }
}

Deno.test("An authorize() that fails or hangs allows nothing", async () => {
  const clock = new FakeClock();
  const results: Record<string, () => unknown> = {
    throws: () => {
      throw new Error("No list of members");
    },
    nonsense: () => "yes",
    hangs: () => new Promise(() => {}),
    lobby: () => true,
    good: () => Promise.resolve(true),
  };
  const authorize = (_user: ChatUser, room: string) => results[room]!() as boolean;
  await using server = new TestServer({ clock, authorize });
  using client = await LineClient.connect(server.port);
  await client.asks("/join throws", "Error: You may not join 'throws'");
  await client.asks("/join nonsense", "Error: You may not join 'nonsense'");
  await client.say("/join hangs", "/join good");
  await server.settle();
  clock.advance(5_000);
  await client.hears("Error: You may not join 'hangs'", "Joined room 'good'");
  assertEquals(takeFailures(server), [
    "authorize failed: Error: No list of members",
    "authorize failed: returned a string, not true or false",
    "authorize failed: no result within 5 s", // to join and to read are asked for at once
    "authorize failed: no result within 5 s",
  ]);
});

Deno.test("Hooks and commands learn the id of the user", async () => {
  const seen: Array<readonly [string, string | undefined]> = [];
  await using server = new TestServer({
    authenticate: () => ({ id: "u1", name: "Ann", operator: true }),
    onMessage: ({ user }) => void seen.push(["message", user.userId]),
    onJoin: ({ userId }) => void seen.push(["join", userId]),
    onLeave: ({ userId }) => void seen.push(["leave", userId]),
    presenceDelay: 0,
    commands: {
      whoami: {
        summary: "say who I am",
        operator: true,
        run: ({ user }) => `${user.userId}, ${user.operator ? "operator" : "no operator"}`,
      },
    },
  });
  const client = await LineClient.connect(server.port);
  await client.asks("/whoami", "u1, operator");
  await client.say("hello");
  await client.hearsNothing();
  client.close();
  await until(() => seen.length === 3, "Ann has left");
  assertEquals(seen, [["join", "u1"], ["message", "u1"], ["leave", "u1"]]);
});

Deno.test("serve() refuses what is no function, and listens to nothing then", () => {
  for (const name of ["authenticate", "authorize"]) {
    const options = { port: 0, [name]: "yes" };
    assertThrows(() => serve(options), TypeError, `Cannot set ${name} to a string: not a function`);
  }
});
