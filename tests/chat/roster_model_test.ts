/**
 * Lists and announcements agree: a seeded simulation of guests and users who come, log in, take names, lose connections and
 * come back. Somebody who keeps a list by the events alone has the same list as the server, once absences are over.
 */
import { assert, assertEquals } from "@std/assert";
import type { Identity } from "../../lib/identity/identity.ts";
import type { ServerEvent, User } from "../../lib/wire/protocol.ts";
import { eachSeed, type Random } from "../random.ts";
import { Chat, type Client, CountingFormat, flushed, JsonFormat } from "./fakes.ts";

const DELAY = 1_000;
const ROOMS = ["lobby", "dev"];
const NAMES = ["Ann", "ann", "Bob", "B0b", "Cy", "Ann-2"];
const IDENTITIES: readonly Identity[] = [
  { id: "1", name: "Ann" },
  { id: "1", name: "Cy" },
  { id: "2", name: "Ann" },
  { id: "3" },
  { id: "4", name: "Bob", rooms: { join: ["dev"] } },
];

/** Keeps the list of a room by the events. */
class Observer {
  readonly rosters = new Map<string, Map<number, string | null>>();

  constructor(readonly client: Client, readonly world: World) {
    const { hub } = world.chat;
    hub.joinRoom(client.member, "dev"); // which makes it visible in the lobby, too
    for (const room of ROOMS) {
      const users = hub.users(hub.room(room));
      this.rosters.set(room, new Map(users.map(({ id, name }) => [id, name ?? null])));
    }
  }

  read(): void {
    for (const line of this.client.lines()) this.#handle(JSON.parse(line));
  }

  #handle(event: ServerEvent): void {
    if (event.type === "presence") {
      const roster = this.rosters.get(event.room)!;
      // It may have left before this observer came.
      if (event.event === "leave") roster.delete(event.user.id);
      else this.#put(roster, event.user, event.event);
      // Those who are not announced yet are in the roster, and not among the users.
      assert(roster.size >= event.users, `${roster.size} of ${event.users}`);
    } else if (event.type === "back") {
      const roster = this.rosters.get(event.room)!;
      roster.delete(event.previous);
      roster.set(event.user.id, event.user.name);
    } else if (event.type === "message") {
      const name = this.rosters.get(event.room)?.get(event.from.id);
      assertEquals(name, event.from.name, "speaks under the name that is listed");
    }
  }

  #put(roster: Map<number, string | null>, { id, name }: User, event: "join" | "rename"): void {
    // Somebody who was away and is back under another name joins.
    const isKnown = roster.has(id) && (event === "rename" || roster.get(id) !== name);
    assertEquals(isKnown, event === "rename" || roster.has(id), `${event} of ${name ?? id}`);
    roster.set(id, name);
  }
}

class World {
  readonly chat: Chat;
  readonly json = new JsonFormat();
  readonly text = new CountingFormat();
  readonly clients: Client[] = [];
  readonly observers: Observer[] = [];
  readonly tokens: string[] = [];

  constructor(readonly random: Random) {
    const time = { now: () => 0, elapsedSince: () => 0 };
    this.chat = new Chat({ presenceDelay: DELAY, users: { time }, hideAddresses: random.oneIn(2) });
    this.observe();
  }

  observe(): void {
    this.observers.push(new Observer(this.chat.join(undefined, this.json), this));
  }

  step(): void {
    const { random, chat } = this;
    const { hub } = chat;
    const client = this.clients[random.below(Math.max(1, this.clients.length))];
    const kind = random.below(12);
    if (client === undefined || kind < 2) return this.connect();
    const { member } = client;
    switch (kind) {
      case 2:
      case 3:
        this.clients.splice(this.clients.indexOf(client), 1);
        hub.disconnect(member, !random.oneIn(4));
        return;
      case 4: {
        const identity = random.pick(IDENTITIES);
        const problem = hub.logins.problem(identity, member);
        if (problem === undefined) hub.logins.logIn(member, identity);
        return;
      }
      case 5:
      case 6:
        if (member.identity?.name === undefined) hub.rename(member, random.pick(NAMES));
        this.remember(client);
        return;
      case 7:
        hub.joinRoom(member, random.pick(ROOMS));
        return;
      case 8:
        if (member.current !== undefined) hub.leaveRoom(member.current, random.oneIn(2));
        return;
      case 9:
        hub.logins.resume(member, random.pick(this.tokens) ?? "");
        this.remember(client);
        this.removeDisconnected();
        return;
      case 10:
        chat.now += random.below(DELAY);
        hub.tick();
        return;
      default:
        if (member.current !== undefined) chat.say(client, "hi");
    }
  }

  connect(): void {
    const format = this.random.oneIn(2) ? this.json : this.text;
    const identity = this.random.pick(IDENTITIES);
    if (this.random.oneIn(2)) this.clients.push(this.chat.join(undefined, format));
    else if (
      this.chat.hub.logins.problem(identity, { origin: "a:1", user: undefined }) === undefined
    ) {
      this.clients.push(this.chat.logIn(identity, format));
    }
  }

  remember({ member }: Client): void {
    const token = this.chat.hub.resumeToken(member);
    if (token !== undefined) this.tokens.push(token);
  }

  removeDisconnected(): void {
    const connected = this.clients.filter(({ member }) => this.chat.hub.has(member));
    this.clients.splice(0, this.clients.length, ...connected);
  }

  async check(): Promise<void> {
    const { chat, observers } = this;
    const { hub } = chat;
    await flushed();
    for (const observer of observers) observer.read();
    chat.now += DELAY;
    while (hub.tick());
    await flushed();
    for (const observer of observers) {
      observer.read();
      for (const name of ROOMS) {
        const users = hub.users(hub.room(name)!);
        const listed = users.map(({ id, name }) => [id, name ?? null] as const);
        assertEquals(sorted(observer.rosters.get(name)!), sorted(listed), name);
      }
    }
    for (const { member } of this.clients) {
      const { name } = member;
      if (name !== undefined) assertEquals(hub.find(name), member.who);
    }
    for (const client of this.clients) client.lines();
  }
}

function sorted(users: Iterable<readonly [number, string | null]>) {
  return [...users].toSorted(([a], [b]) => a - b);
}

Deno.test("A list that is kept by the events alone is that of the server", async () => {
  await eachSeed(40, async (random) => {
    const world = new World(random);
    for (let i = 0; i < 300; i++) {
      world.step();
      if (random.oneIn(3)) await flushed();
      if (random.oneIn(60) && world.observers.length < 4) world.observe();
      if (i % 25 === 24) await world.check();
    }
  });
});
