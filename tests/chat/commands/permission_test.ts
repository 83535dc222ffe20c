/**
 * Rights for rooms: by logins, and by the program that embeds the server.
 */
import { assert, assertEquals } from "@std/assert";
import { handleFrame, handleLine } from "../../../lib/chat/commands/handle.ts";
import type { Authorize, HubOptions } from "../../../lib/chat/hub.ts";
import type { RoomRights } from "../../../lib/identity/identity.ts";
import { Chat, type Client, CountingFormat, flushed, JsonFormat } from "../fakes.ts";
import { PlainHistory } from "../plain_history.ts";

class Scene extends Chat {
  readonly json = new JsonFormat();

  constructor(options: Partial<HubOptions> = {}) {
    const time = { now: () => 0, elapsedSince: () => 0 };
    super({ history: new PlainHistory(), users: { time }, ...options });
  }

  /** A client of a user with these rights. */
  withRights(rooms: RoomRights, format: CountingFormat = this.format): Client {
    return this.logIn({ id: crypto.randomUUID(), name: "Alice", rooms }, format);
  }

  async type(client: Client, ...lines: string[]): Promise<string[]> {
    for (const line of lines) handleLine(this.hub, client.member, line);
    await flushed();
    return client.lines();
  }

  /** The types and error codes of the answers to requests. */
  async ask(client: Client, ...requests: object[]): Promise<Answer[]> {
    for (const request of requests) {
      handleFrame(this.hub, client.member, JSON.stringify(request));
    }
    await flushed();
    const events: Answer[] = client.lines().map((line) => JSON.parse(line));
    return events.filter(({ type }) => ["reply", "error", "ack"].includes(type));
  }
}

interface Answer {
  readonly type: string;
  readonly code?: string;
  readonly text?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

const outcomes = (answers: readonly Answer[]) => answers.map(({ type, code }) => code ?? type);

Deno.test("A user joins the rooms alone that the login allows", async () => {
  const scene = new Scene();
  const alice = scene.withRights({ join: ["lobby", "team-*"] });
  assertEquals(
    await scene.type(alice, "/join dev", "/join team-1", "/join TEAM-x", "/join #team-2"),
    [
      "Error: You may not join 'dev'",
      "Joined room 'team-1'",
      "Joined room 'TEAM-x'",
      "Joined room 'team-2'",
    ],
  );
  const json = scene.withRights({ join: ["lobby"], read: ["lobby"] }, scene.json);
  const since = { epoch: scene.hub.epoch, offset: 0 };
  const answers = await scene.ask(json, { type: "join", room: "dev", since }, {
    type: "join",
    room: "lobby",
  });
  assertEquals(outcomes(answers), ["not_allowed", "reply"]);
});

/** Whoever is in a room reads it. */
Deno.test("A room that may not be read cannot be joined", async () => {
  const scene = new Scene();
  const alice = scene.withRights({ read: ["lobby"] });
  assertEquals(await scene.type(alice, "/join dev"), ["Error: You may not join 'dev'"]);
});

Deno.test("A user writes to the rooms alone that the login allows, in any way", async () => {
  const scene = new Scene();
  const alice = scene.withRights({ write: ["dev"] }, scene.json);
  const reader = scene.join();
  await flushed();
  const text = { type: "message", text: "hello" };
  const command = (text: string) => ({ type: "command", text });
  const requests = [text, command("/me waves"), command("/topic mine"), command("/topic -")];
  assertEquals(
    outcomes(await scene.ask(alice, ...requests)),
    ["not_allowed", "not_allowed", "not_allowed", "not_allowed"],
  );
  assertEquals(outcomes(await scene.ask(alice, command("/topic"))), ["reply"]);
  assertEquals(reader.lines(), []);
  const inDev = await scene.ask(alice, command("/join dev"), ...requests, {
    ...text,
    room: "lobby",
  });
  assertEquals(outcomes(inDev), ["reply", "ack", "ack", "reply", "reply", "not_allowed"]);
  assertEquals(reader.lines(), []);
  assertEquals(outcomes(await scene.ask(alice, command("/whisper 10.0.0.1:2 psst"))), [
    "user_not_found", // a guest that nobody has seen
  ]);
  scene.say(reader, "hi");
  assertEquals(outcomes(await scene.ask(alice, command("/whisper 10.0.0.1:2 psst"))), ["reply"]);
});

Deno.test("Lists show a user the rooms alone that may be joined", async () => {
  const scene = new Scene();
  const others = ["dev", "secret", "team-1"];
  for (const room of others) scene.hub.joinRoom(scene.join(`in-${room}`).member, room);
  scene.hub.history?.append("secret-archive", {
    sender: 1,
    name: null,
    address: "a",
    time: 0,
    text: "x",
    action: false,
    clientId: null,
  });
  const alice = scene.withRights({ join: ["lobby", "dev", "team-*"] });
  assertEquals(await scene.type(alice, "/rooms"), ["Rooms: lobby (1), dev (1), team-1 (1)"]);
  assertEquals(await scene.type(alice, "/list secret", "/list nowhere", "/list dev"), [
    "Room 'secret' not found",
    "Room 'nowhere' not found",
    "Users in 'dev': in-dev (10.0.0.1:1)",
  ]);
  const bob = scene.logIn({ id: "2", name: "Bob", rooms: { join: ["*"], read: ["lobby"] } });
  assertEquals(await scene.type(bob, "/rooms"), ["Rooms: lobby (2)"]);
  assertEquals(await scene.type(scene.join(), "/rooms"), [
    "Rooms: lobby (2), dev (1), secret (1), team-1 (1), secret-archive (0)",
  ]);
});

Deno.test("A user does not learn from a look-alike that there is a room", async () => {
  const scene = new Scene();
  scene.hub.joinRoom(scene.join("Bob").member, "payroll");
  const alice = scene.withRights({ join: ["lobby", "payro1l"] });
  assertEquals(await scene.type(alice, "/join payro1l"), [
    "Error: Room 'payro1l' looks like another one, which is there",
  ]);
});

Deno.test("A user who may not join the lobby begins in no room, and can join others", async () => {
  const scene = new Scene();
  const bob = scene.join("Bob");
  const alice = scene.withRights({ join: ["dev"] });
  assertEquals(await scene.type(bob, "hello", "/list"), ["Users online: Bob (10.0.0.1:1)"]);
  const nowhere = "Error: You are in no room, try /join";
  const lines = ["hello", "/me waves", "/list", "/topic", "/topic x", "/history", "/search x"];
  for (const line of [...lines, "/leave"]) {
    assertEquals(await scene.type(alice, line), [nowhere], line);
  }
  assertEquals(await scene.type(alice, "/whisper Bob psst"), ["[Whisper to Bob]: psst"]);
  assertEquals(bob.lines(), ["[Whisper from Alice]: psst"]);
  assertEquals(await scene.type(alice, "/join lobby", "/join dev", "hi"), [
    "Error: You may not join 'lobby'",
    "Joined room 'dev'",
  ]);
  assertEquals(bob.lines(), []);
  assertEquals(await scene.type(alice, "/leave", "hi"), ["Left room 'dev'", nowhere]);
  assertEquals(alice.member.memberships, []);
});

/** Resolves when nothing but the program is waited for. */
async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await flushed();
}

/** A program that decides when the test wants it to. */
class Decider {
  readonly asked: string[] = [];
  readonly #pending: Array<(isAllowed: boolean) => void> = [];

  readonly authorize: Authorize = (member, room, act) => {
    this.asked.push(`${member.name ?? member.origin} ${act} ${room}`);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#pending.push(resolve);
    return promise;
  };

  async decide(...decisions: boolean[]): Promise<void> {
    for (const isAllowed of decisions) this.#pending.shift()!(isAllowed);
    await settled();
  }
}

Deno.test("The program decides about joining, reading and writing, and may take time", async () => {
  const decider = new Decider();
  const scene = new Scene({ authorize: decider.authorize });
  const bob = scene.join("Bob");
  assertEquals(await scene.type(bob, "/join dev", "hello"), []);
  await decider.decide(true, true, false);
  assertEquals(bob.lines().toSorted(), ["Error: You may not write 'lobby'", "Joined room 'dev'"]);
  await scene.type(bob, "one", "/me waves", "/history", "/search one", "/topic x");
  assertEquals(decider.asked.slice(3), [
    "Bob write dev",
    "Bob write dev",
    "Bob read dev",
    "Bob read dev",
    "Bob write dev",
  ]);
  await decider.decide(true, false, true, false, true);
  const [past, ...others] = bob.lines().toSorted();
  assert(past?.endsWith("[Bob]: one"), past);
  assertEquals(others, [
    "Error: You may not read 'dev'",
    "Error: You may not write 'dev'",
    "Topic set to 'x'",
  ]);
});

Deno.test("The program is not asked about what a login does not allow", async () => {
  const decider = new Decider();
  const scene = new Scene({ authorize: decider.authorize });
  const alice = scene.withRights({ join: ["lobby"], write: [] });
  assertEquals(await scene.type(alice, "/join dev", "hello"), [
    "Error: You may not join 'dev'",
    "Error: You may not write 'lobby'",
  ]);
  assertEquals(decider.asked, []);
});

Deno.test("A list shows the rooms alone that the program lets somebody join", async () => {
  const scene = new Scene({ authorize: (_, room, act) => act !== "join" || room !== "secret" });
  for (const room of ["dev", "secret"]) scene.hub.joinRoom(scene.join(`in-${room}`).member, room);
  const bob = scene.join("Bob");
  assertEquals(await scene.type(bob, "/list secret"), ["Room 'secret' not found"]);
  await scene.type(bob, "/rooms");
  await settled();
  assertEquals(bob.lines(), ["Rooms: lobby (1), dev (1)"]);
});

Deno.test("A member that has left while the program decides does nothing", async () => {
  const decider = new Decider();
  const scene = new Scene({ authorize: decider.authorize });
  const [bob, reader] = [scene.join("Bob"), scene.join()];
  await scene.type(bob, "hello", "/join dev", "/topic x");
  scene.leave(bob);
  await decider.decide(true, true, true, true);
  assertEquals(reader.lines(), []);
  assertEquals(scene.hub.room("dev"), undefined);
  assertEquals(bob.member.memberships, []);
});
