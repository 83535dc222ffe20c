/**
 * Users: one person to all others, with any number of clients, who owns the name also while offline.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { handleFrame, handleLine } from "../../lib/chat/commands/handle.ts";
import type { HubOptions } from "../../lib/chat/hub.ts";
import { MAX_CLIENTS } from "../../lib/chat/login_rules.ts";
import { User } from "../../lib/chat/member.ts";
import { REMEMBERED, type StoredUser, type UserStore } from "../../lib/chat/users.ts";
import type { Identity } from "../../lib/identity/identity.ts";
import type { WireFormat } from "../../lib/chat/wire_format.ts";
import { Chat, type Client, flushed, JsonFormat, TalkativeFormat } from "./fakes.ts";
import { PlainHistory } from "./plain_history.ts";

const ALICE: Identity = { id: "1", name: "Alice" };
const DELAY = 15_000;

/** Keeps users as a file does. */
class MemoryStore implements UserStore {
  readonly rows = new Map<string, StoredUser>();
  users = () => [...this.rows.values()];
  putUser = (user: StoredUser) => void this.rows.set(user.key, user);
  deleteUser = (key: string) => void this.rows.delete(key);
}

interface SceneOptions extends Partial<HubOptions> {
  readonly store?: UserStore;
  readonly capacity?: number;
}

/** A chat with logins. Its clock is the one that users are forgotten by. */
class Scene extends Chat {
  constructor({ store, capacity, ...options }: SceneOptions = {}) {
    const clock = { now: () => 0 };
    const time = {
      now: () => clock.now(),
      elapsedSince: (stamp: number) => clock.now() - stamp,
    };
    super({ ...options, users: { time, store, ...(capacity && { capacity }) } });
    clock.now = () => this.now;
  }

  /** What a client reads after it has sent lines. */
  async type(client: Client, ...lines: string[]): Promise<string[]> {
    for (const line of lines) handleLine(this.hub, client.member, line);
    await flushed();
    return client.lines();
  }

  async ask(client: Client, request: object): Promise<Record<string, unknown>[]> {
    handleFrame(this.hub, client.member, JSON.stringify(request));
    await flushed();
    return eventsOf(client);
  }

  /** What a program in the lobby is told from now on. */
  program(): Client {
    return this.join(undefined, new TalkativeFormat());
  }

  tick(ms: number): void {
    this.now += ms;
    this.hub.tick();
  }
}

function eventsOf(client: Client): Record<string, unknown>[] {
  return client.lines().map((line) => JSON.parse(line));
}

async function told(client: Client): Promise<string[]> {
  await flushed();
  return client.lines();
}

Deno.test("All clients of a user are one person in lists, announcements and counts", async () => {
  const scene = new Scene({ presenceDelay: DELAY });
  const program = scene.program();
  const [phone, desk] = [scene.logIn(ALICE), scene.logIn(ALICE, new JsonFormat())];
  assertEquals(await told(program), ["<join Alice, 1 users>"]);
  assertEquals([scene.hub.lobby.users, scene.hub.users().length], [1, 1]);
  assertEquals(scene.hub.statistics().activeConnections, 3);
  assertEquals(await scene.type(program, "/list"), ["Users online: Alice (10.0.0.1:2)"]);
  scene.leave(phone);
  scene.tick(DELAY);
  assertEquals(await told(program), []);
  assertEquals(await scene.type(program, "/list"), ["Users online: Alice (10.0.0.1:3)"]);
  scene.leave(desk);
  scene.tick(DELAY);
  assertEquals(await told(program), ["<leave Alice, 0 users>"]);
});

Deno.test("A user who reconnects on any device is announced neither as leaving nor as joining", async () => {
  const scene = new Scene({ presenceDelay: DELAY });
  const program = scene.program();
  const phone = scene.logIn(ALICE);
  const { id } = phone.member.who;
  scene.leave(phone);
  scene.tick(DELAY - 1);
  scene.logIn(ALICE);
  scene.tick(DELAY);
  assertEquals(await told(program), ["<join Alice, 1 users>", `<back ${id} was ${id}>`]);
});

Deno.test("A user is in a room as long as one of the clients is", async () => {
  const scene = new Scene();
  const program = scene.join(undefined, new TalkativeFormat());
  scene.hub.joinRoom(program.member, "dev");
  const [one, two] = [scene.logIn(ALICE), scene.logIn(ALICE)];
  for (const { member } of [one, two]) scene.hub.joinRoom(member, "dev");
  scene.hub.joinRoom(one.member, "tea");
  assertEquals(await told(program), ["<join Alice, 2 users>"]);
  scene.leave(two);
  assertEquals(await told(program), ["<leave Alice, 1 users>"]);
});

Deno.test("A message of one client reaches the others of its user, marked by the account, and not itself", async () => {
  const scene = new Scene();
  const json = new JsonFormat();
  const [desk, phone, nc] = [
    scene.logIn(ALICE, json),
    scene.logIn(ALICE, json),
    scene.logIn(ALICE),
  ];
  const bob = scene.join("Bob", json);
  await flushed();
  for (const client of [desk, phone, nc, bob]) client.lines();
  await scene.type(nc, "hello", "/me waves");
  const [first, second] = eventsOf(desk);
  const { account } = nc.member.who;
  assert(account !== undefined && account.length === 16);
  assertEquals(first?.from, {
    id: nc.member.who.id,
    name: "Alice",
    address: "10.0.0.1:1",
    account,
  });
  assertEquals([first?.text, second?.text, second?.action], ["hello", "waves", true]);
  assertEquals(eventsOf(phone), [first, second]);
  assertEquals(eventsOf(bob), [first, second]);
  assertEquals(nc.lines(), []);
  await scene.ask(desk, { type: "message", text: "from the desk" });
  assertEquals(nc.lines(), ["[Alice]: from the desk"]);
});

Deno.test("A whisper reaches all clients of a user, and shows on the other clients of its author", async () => {
  const scene = new Scene();
  const json = new JsonFormat();
  const [desk, phone, nc] = [
    scene.logIn(ALICE, json),
    scene.logIn(ALICE, json),
    scene.logIn(ALICE),
  ];
  const bob = scene.join("Bob");
  await flushed();
  for (const client of [desk, phone, nc]) client.lines();
  assertEquals(await scene.type(bob, "/whisper alice psst"), ["[Whisper to Alice]: psst"]);
  for (const client of [desk, phone]) {
    const events = eventsOf(client);
    assertEquals(events.map(({ type, text, to }) => [type, text, to]), [[
      "whisper",
      "psst",
      undefined,
    ]]);
  }
  assertEquals(nc.lines(), ["[Whisper from Bob]: psst"]);

  const [reply] = await scene.ask(desk, { type: "command", text: "/whisper Bob yes", id: "1" });
  assertEquals([reply?.type, reply?.ref], ["reply", "1"]);
  const [copy] = eventsOf(phone);
  const { name, address, id } = bob.member;
  assertEquals(copy?.type, "whisper");
  assertEquals(copy?.to, { id, name, address });
  assertEquals((copy?.from as { account: string }).account, desk.member.who.account);
  assertEquals(nc.lines(), ["[Whisper to Bob]: yes"]);
  assertEquals(bob.lines(), ["[Whisper from Alice]: yes"]);
  assertEquals(scene.hub.statistics().totalWhispers, 2);
});

Deno.test("A whisper to oneself comes once on each other client", async () => {
  const scene = new Scene();
  const [one, two] = [scene.logIn(ALICE), scene.logIn(ALICE)];
  assertEquals(await scene.type(one, "/whisper Alice note"), [
    "[Whisper from Alice]: note",
    "[Whisper to Alice]: note",
  ]);
  assertEquals(two.lines(), ["[Whisper from Alice]: note"]);
});

Deno.test("Nobody else takes the name of a user, or one that looks like it, not even while the user is offline", async () => {
  const scene = new Scene();
  const bob = scene.join("Bob");
  const alice = scene.logIn(ALICE);
  const answers = async () => await scene.type(bob, "/name alice", "/name A1ice", "/name Alicia");
  const taken = (why: string) => [
    "Error: Username 'alice' is already taken",
    `Error: Username 'A1ice' looks like 'Alice', ${why}`,
    "Username set to 'Alicia'",
  ];
  assertEquals(await answers(), taken("who is here"));
  scene.leave(alice);
  scene.tick(86_400_000);
  assertEquals(await answers(), taken("which belongs to somebody else"));
  assertEquals(await scene.type(bob, "/whisper Alice psst"), ["User 'Alice' not found"]);
});

Deno.test("A guest who has the name of a user, or one that looks like it, loses it when the user logs in", async () => {
  const scene = new Scene();
  const program = scene.program();
  const guest = scene.join("alice");
  const other = scene.join("A1ice-2");
  const lookalike = scene.join("B0b");
  await told(program);
  scene.logIn(ALICE);
  assertEquals(await told(program), [
    "<rename 10.0.0.1:2 was alice, 3 users>",
    "<join Alice, 4 users>",
  ]);
  assertEquals(guest.lines(), [
    "Notice: 'alice' belongs to a user who has logged in; choose another name with /name",
  ]);
  assertEquals([guest.member.name, other.member.name], [undefined, "A1ice-2"]);
  assertEquals(await scene.type(guest, "/name alice"), [
    "Error: Username 'alice' is already taken",
  ]);
  scene.logIn({ id: "2", name: "Bob" });
  assertEquals(lookalike.member.name, undefined);
});

Deno.test("A name that is kept for a guest goes to the user who owns it", async () => {
  const scene = new Scene({ presenceDelay: DELAY });
  const program = scene.program();
  const guest = scene.join("Alice", new JsonFormat());
  const token = scene.hub.resumeToken(guest.member)!;
  scene.leave(guest);
  await told(program);
  scene.logIn(ALICE);
  assertEquals(await told(program), ["<leave Alice, 0 users>", "<join Alice, 1 users>"]);
  const back = scene.join(undefined, new JsonFormat());
  assertEquals(scene.hub.logins.resume(back.member, token), false);
});

Deno.test("Users of the same name, or of names that look alike, get a number", () => {
  const scene = new Scene();
  const names = [ALICE, { id: "2", name: "Alice" }, { id: "3", name: "A1ice" }].map((identity) =>
    scene.logIn(identity).member.name
  );
  assertEquals(names, ["Alice", "Alice-2", "A1ice-3"]);
  // They keep it, even if the first one is free again.
  assertEquals(scene.logIn({ id: "2", name: "Alice" }).member.name, "Alice-2");
  const long = { name: "x".repeat(32) };
  assertEquals(scene.logIn({ id: "4", ...long }).member.name, long.name);
  assertEquals(scene.logIn({ id: "5", ...long }).member.name, `${"x".repeat(30)}-2`);
});

Deno.test("A name that is no name here becomes one, or keeps its owner out", () => {
  const scene = new Scene();
  assertEquals(scene.logIn({ id: "1", name: "Zo\u00eb O'Hara" }).member.name, "Zo\u00eb-O-Hara");
  const problem = (name: string, operator = false) =>
    scene.hub.logins.problem({ id: "9", name, operator }, { origin: "a:1", user: undefined });
  assertEquals(
    problem("???"),
    "Name '???' cannot be used here, use 1 to 32 letters, digits, '-', '_' or '.'",
  );
  assertEquals(problem("Adm1n"), "Name 'Adm1n' is reserved");
  assertEquals(problem("Adm1n", true), undefined);
  assertEquals(
    problem("P\u0430ul"),
    "Name 'P\u0430ul' is not allowed: it mixes Latin letters with Cyrillic in one word",
  );
});

Deno.test("A user whose name comes from the login keeps it", async () => {
  const scene = new Scene();
  const alice = scene.logIn(ALICE);
  assertEquals(await scene.type(alice, "/name Bob", "/name ALICE"), [
    "Error: You are 'Alice' by your login, and cannot change your name",
    "Username set to 'Alice'",
  ]);
});

Deno.test("A user without a name in the login chooses one, for all clients and for later", async () => {
  const store = new MemoryStore();
  const scene = new Scene({ store });
  const program = scene.program();
  const identity = { id: "7" };
  const [one, two] = [scene.logIn(identity), scene.logIn(identity)];
  scene.say(two, "hi");
  assertEquals(await told(program), ["<join 10.0.0.1:2, 1 users>", "[10.0.0.1:2]: hi"]);
  assertEquals(await scene.type(one, "/name Nora"), [
    "[10.0.0.1:2]: hi",
    "Username set to 'Nora'",
  ]);
  assertEquals(await told(program), ["<rename Nora was nobody, 1 users>"]);
  assertEquals([one.member.name, two.member.name], ["Nora", "Nora"]);
  assertEquals(await scene.type(scene.join(), "/name nora"), [
    "Error: Username 'nora' is already taken",
  ]);
  const later = new Scene({ store });
  assertEquals(later.logIn(identity).member.name, "Nora");
});

Deno.test("Users are remembered across restarts, with their names and accounts", async () => {
  const store = new MemoryStore();
  const before = new Scene({ store });
  const { account } = before.logIn(ALICE).member.who;
  const scene = new Scene({ store });
  assertEquals(await scene.type(scene.join(), "/name a1ice"), [
    "Error: Username 'a1ice' looks like 'Alice', which belongs to somebody else",
  ]);
  assertEquals(scene.logIn(ALICE).member.who.account, account);
});

Deno.test("A user who was not here for long is forgotten, and one who is here is not", async () => {
  const store = new MemoryStore();
  const scene = new Scene({ store });
  scene.leave(scene.logIn(ALICE));
  scene.logIn({ id: "2", name: "Bob" });
  const guest = scene.join();
  scene.tick(REMEMBERED - 1);
  assertEquals(await scene.type(guest, "/name Alice"), [
    "Error: Username 'Alice' is already taken",
  ]);
  scene.tick(1);
  assertEquals(await scene.type(guest, "/name Bob", "/name Alice"), [
    "Error: Username 'Bob' is already taken",
    "Username set to 'Alice'",
  ]);
  assertEquals([...store.rows.keys()], ["2"]);
});

Deno.test("If there are too many users, the one who has been away for longest is forgotten", () => {
  const store = new MemoryStore();
  const scene = new Scene({ store, capacity: 3 });
  scene.logIn({ id: "here", name: "Hedy" });
  for (const id of ["a", "b", "c"]) scene.leave(scene.logIn({ id, name: `user-${id}` }));
  assertEquals([...store.rows.keys()], ["here", "b", "c"]);
});

Deno.test("The time at which a user was here is stored once a day", () => {
  const store = new MemoryStore();
  let writes = 0;
  const put = store.putUser;
  store.putUser = (user) => (writes++, put(user));
  const scene = new Scene({ store });
  for (let i = 0; i < 48; i++) {
    scene.leave(scene.logIn(ALICE));
    scene.tick(3_600_000);
  }
  assert(writes <= 5, `${writes} writes`);
  assertEquals(store.rows.get("1")?.seen, 86_400_000);
});

Deno.test("A user has a bounded number of clients", () => {
  const scene = new Scene();
  const clients = Array.from({ length: MAX_CLIENTS }, () => scene.logIn(ALICE));
  assertThrows(() => scene.logIn(ALICE), Error, `You are logged in ${MAX_CLIENTS} times already`);
  scene.leave(clients[0]!);
  scene.logIn(ALICE);
});

Deno.test("A user is away on all clients", async () => {
  const scene = new Scene();
  const [one, two] = [scene.logIn(ALICE), scene.logIn(ALICE, new TalkativeFormat())];
  assertEquals(await scene.type(one, "/away at lunch"), ["You are away: at lunch"]);
  assertEquals(two.lines(), ["<away Alice: at lunch>"]);
  assertEquals(await scene.type(two, "/away"), ["You are back"]);
});

Deno.test("With hidden addresses a user keeps the guest name as long as there is a client", () => {
  const scene = new Scene({ hideAddresses: true });
  const [one, two] = [scene.logIn({ id: "7" }), scene.logIn({ id: "7" })];
  scene.say(one, "hi");
  const { address } = one.member.who;
  scene.leave(one);
  assertEquals(two.member.who.address, address);
  assertEquals(scene.hub.find(address), two.member.who);
  const others = Array.from({ length: 200 }, () => scene.join().member.address);
  assert(!others.includes(address), "nobody else gets it meanwhile");
});

Deno.test("The history tells users their own messages from those of others, after a restart too", async () => {
  const store = new MemoryStore();
  const history = new PlainHistory();
  const scene = new Scene({ store, history });
  const nc = scene.logIn(ALICE);
  scene.say(nc, "mine");
  scene.say(scene.join("Bob"), "a guest's");
  const accountsFor = async (client: Client) => {
    client.lines();
    const [reply] = await scene.ask(client, { type: "history", limit: 10 });
    const { messages } = reply?.data as { messages: Array<{ from: { account?: string } }> };
    return messages.map(({ from }) => from.account);
  };
  const { account } = nc.member.who;
  assertEquals(await accountsFor(scene.logIn(ALICE, new JsonFormat())), [account, undefined]);
  const later = new Scene({ store, history });
  const again = later.logIn(ALICE, new JsonFormat());
  assertEquals(again.member.who.account, account);
  handleFrame(later.hub, again.member, `{"type":"history"}`);
  await flushed();
  const { messages } = eventsOf(again).at(-1)?.data as { messages: Array<{ from: object }> };
  assertEquals(messages.map(({ from }) => "account" in from && from.account), [account, false]);
});

Deno.test("A guest who logs in leaves, and joins as the user", async () => {
  const scene = new Scene({ presenceDelay: DELAY });
  const program = scene.program();
  const guest = scene.join("Alice");
  scene.hub.joinRoom(program.member, "lobby");
  await told(program);
  assert(scene.hub.logins.logIn(guest.member, ALICE));
  assertEquals(await told(program), ["<leave Alice, 0 users>", "<join Alice, 1 users>"]);
  assert(guest.member.who instanceof User);
  assertEquals(scene.hub.find("Alice"), guest.member.who);
  scene.say(guest, "hi");
  assertEquals(await told(program), ["[Alice]: hi"]);
  scene.leave(guest);
  scene.tick(DELAY);
  assertEquals(await told(program), ["<leave Alice, 0 users>"]);
});

Deno.test("A login can be renewed by the same user alone, and takes away what it does not allow", async () => {
  const scene = new Scene();
  const format: WireFormat = new JsonFormat();
  const alice = scene.logIn({ ...ALICE, operator: true }, format);
  scene.hub.joinRoom(alice.member, "dev");
  assertEquals(scene.hub.logins.logIn(alice.member, { id: "2", name: "Bob" }), false);
  assertEquals(alice.member.isOperator, true);
  const renewed = { ...ALICE, rooms: { join: ["lobby"] } };
  assert(scene.hub.logins.logIn(alice.member, renewed));
  assertEquals(alice.member.memberships.map(({ room }) => room.name), ["lobby"]);
  assertEquals(alice.member.isOperator, false);
  assertEquals(
    await scene.type(alice, "/join dev").then((lines) => JSON.parse(lines.at(-1)!).code),
    "not_allowed",
  );
});
