/**
 * The core against the hub of a server, with histories that forget, connections that break anywhere, and a server that
 * restarts: what others say reaches the client once and in order or is reported as a gap, and what it says is said once.
 */
import { assert, assertEquals } from "@std/assert";
import { handleFrame } from "../../lib/chat/commands/handle.ts";
import { ClientCore } from "../../lib/client/core.ts";
import type { Socket } from "../../lib/client/environment.ts";
import { helloEvent } from "../../lib/server/session/hello.ts";
import { Chat, type Client, flushed, JsonFormat } from "../chat/fakes.ts";
import type { Message, Page, PageQuery } from "../../lib/chat/history.ts";
import { PlainHistory } from "../chat/plain_history.ts";
import { eachSeed, type Random } from "../random.ts";
import { FakeClock } from "../support/clock.ts";
import { eachInTurn } from "../support/patience.ts";

const ROOMS = ["lobby", "dev"] as const;
type RoomName = typeof ROOMS[number];

const SERVER_LIMITS = {
  version: "1",
  maxPayload: 65_536,
  maxMessage: 4_096,
  historyLimit: 1_000,
  keepAlive: { idleTimeout: 0, heartbeat: 0 },
};

/** One connection, whose frames arrive when the test says so. */
class Link implements Socket {
  readyState = 0;
  protocol = "";
  onopen: Socket["onopen"] = null;
  onclose: Socket["onclose"] = null;
  onmessage: Socket["onmessage"] = null;
  onerror: Socket["onerror"] = null;
  /** Frames on their way to the server. */
  readonly up: string[] = [];
  /** Frames on their way to the client. */
  readonly down: string[] = [];
  /** The server's end. */
  peer: Client | undefined;
  isCut = false;

  constructor(readonly offered: string | undefined) {}

  send(frame: string): void {
    this.up.push(frame);
  }

  close(): void {
    this.isCut = true;
  }
}

/** A history that gives no more than its newest messages, but recognizes all requests that it has ever had. */
class Archive extends PlainHistory {
  /** The texts of all messages, by room and id. */
  readonly said = new Map<string, string>();
  readonly #window: number;

  /** @param window The number of messages that it gives. */
  constructor(epoch: string, window: number) {
    super(epoch, Infinity);
    this.#window = window;
  }

  override append(room: string, message: Message): number {
    const offset = super.append(room, message);
    this.said.set(`${room} ${offset}`, message.text);
    return offset;
  }

  override oldest(room: string): number {
    return Math.max(super.oldest(room), this.latest(room) - this.#window + 1);
  }

  override page(room: string, query: PageQuery): Page {
    const { after = 0, before = Infinity } = query;
    if (before - after === 2) return super.page(room, query); // the message of a request
    const first = this.oldest(room);
    const page = super.page(room, { ...query, after: Math.max(after, first - 1) });
    const isNewest = query.after === undefined;
    const messages = isNewest
      ? super.page(room, { before, limit: query.limit }).messages.filter(({ offset }) =>
        offset >= first
      )
      : page.messages;
    return { ...page, messages, complete: page.complete && (isNewest || after + 1 >= first) };
  }
}

class World {
  readonly clock = new FakeClock();
  readonly random: Random;
  readonly history: Archive;
  readonly #format = new JsonFormat();
  readonly #links: Link[] = [];
  chat: Chat;
  bob: Client;
  readonly core: ClientCore;
  /** What the client was told, by room: ids of messages, and gaps. */
  readonly heard = { lobby: [] as number[], dev: [] as number[] };
  readonly covered = { lobby: new Set<number>(), dev: new Set<number>() };
  readonly start: Record<RoomName, number | undefined> = { lobby: undefined, dev: undefined };
  /** How often each text was delivered. */
  readonly delivered = new Map<string, number>();
  readonly queued: string[] = [];
  #count = 0;

  constructor(random: Random) {
    this.random = random;
    this.history = new Archive("epoch 0", random.pick([5, 40, 1_000]));
    this.chat = new Chat({ history: this.history });
    this.bob = this.chat.join("Bob", this.#format);
    let ids = 0;
    this.core = new ClientCore({
      environment: {
        clock: this.clock,
        random: () => random.below(1_000) / 1_000,
        createId: () => `id of more than 16 characters ${random.seed} ${++ids}`,
        createSocket: (_, offered) => this.#open(offered),
      },
      name: "Alice",
      rooms: ROOMS,
    });
    this.#listen();
    this.core.open("ws://here/");
  }

  #listen(): void {
    const { core } = this;
    core.on("joined", ({ room, outcome, position }) => {
      const name = room.name as RoomName;
      if (outcome === "entered") this.start[name] ??= position.offset;
      // The history has forgotten too much to go on: the client is told that anything may be missing.
      if (outcome === "restarted") this.#cover(name, 0, position.offset);
    });
    core.on("message", ({ room, id, text }) => {
      assertEquals(this.history.said.get(`${room} ${id}`), text);
      const heard = this.heard[room as RoomName];
      assert(id > (heard.at(-1) ?? 0), `${room}: ${id} after ${heard}`);
      heard.push(id);
      this.#cover(room as RoomName, id, id);
    });
    core.on("gap", ({ room, range }) => {
      if (range !== undefined) this.#cover(room as RoomName, range.from, range.to);
    });
    core.on("delivery", (event) => {
      if (event.state === "failed") throw new Error(`${event.error.code} ${event.error.text}`);
      if (event.state !== "delivered" || event.answer.type !== "ack") return;
      const { text } = event.message.request;
      this.delivered.set(text, (this.delivered.get(text) ?? 0) + 1);
      this.covered[event.answer.room as RoomName].add(event.answer.id);
    });
    core.on("nameNeeded", () => core.stayAnonymous());
  }

  /** Its own messages may be told, or acknowledged, or both. */
  #cover(room: RoomName, from: number, to: number): void {
    for (let id = from; id <= to; id++) this.covered[room].add(id);
  }

  #open(offered: string | undefined): Link {
    const link = new Link(offered);
    this.#links.push(link);
    return link;
  }

  /** The connection that the client uses. */
  get #link(): Link {
    return this.#links.at(-1)!;
  }

  /** The server accepts the connection and greets the client. */
  #accept(link: Link): void {
    link.readyState = 1;
    link.protocol = link.offered ?? "";
    if (link.offered === undefined) return void link.onopen?.({}); // It wants no more than this.
    const peer = this.chat.listen(this.#format);
    this.chat.connect(peer);
    link.peer = peer;
    const { hub } = this.chat;
    hub.answer(peer.member, helloEvent(hub, peer.member, SERVER_LIMITS));
    link.onopen?.({});
  }

  /** Some of what is on its way arrives. */
  async deliver(most = Infinity): Promise<void> {
    const link = this.#link;
    if (link.isCut) return;
    if (link.peer === undefined) this.#accept(link);
    await flushed();
    const { peer } = link;
    if (peer === undefined) return;
    for (const frame of link.up.splice(0, most)) handleFrame(this.chat.hub, peer.member, frame);
    await flushed();
    link.down.push(...peer.lines());
    const frames = link.down.splice(0, most);
    for (const frame of frames) if (!link.isCut) link.onmessage?.({ data: frame });
  }

  /** The connection breaks; some of what the client has sent arrives nevertheless. */
  async cut(): Promise<void> {
    const link = this.#link;
    const { peer } = link;
    if (link.isCut || link.readyState === 0) return;
    link.isCut = true;
    if (peer !== undefined) {
      const arrived = link.up.splice(0, this.random.below(link.up.length + 1));
      for (const frame of arrived) handleFrame(this.chat.hub, peer.member, frame);
      await flushed();
      peer.lines();
    }
    link.readyState = 3;
    link.onclose?.({});
  }

  /** The server notices which connections are lost. */
  notice(): void {
    for (const link of this.#links) {
      if (!link.isCut || link.peer === undefined) continue;
      this.chat.leave(link.peer);
      link.peer = undefined;
    }
  }

  async restart(): Promise<void> {
    await this.cut();
    this.notice();
    this.history.epochs.push(this.history.epoch);
    this.history.epoch = `epoch ${this.history.epochs.length}`;
    this.chat = new Chat({ history: this.history });
    this.bob = this.chat.join("Bob", this.#format);
    for (const link of this.#links) link.peer = undefined;
  }

  speak(room: RoomName): void {
    const text = `bob ${++this.#count}`;
    handleFrame(this.chat.hub, this.bob.member, JSON.stringify({ type: "join", room }));
    handleFrame(this.chat.hub, this.bob.member, JSON.stringify({ type: "message", room, text }));
  }

  write(room: RoomName): void {
    if (this.core.isOutboxFull) return;
    const text = `alice ${++this.#count}`;
    this.queued.push(text);
    this.core.queue({ type: "message", text, room });
  }

  async step(): Promise<void> {
    const { random } = this;
    switch (random.below(12)) {
      case 0:
        return await this.cut();
      case 1:
        return this.notice();
      case 2:
        return random.oneIn(4) ? await this.restart() : undefined;
      case 3:
      case 4:
        return this.write(random.pick(ROOMS));
      case 5:
      case 6:
      case 7:
        for (let count = random.between(1, 8); count > 0; count--) this.speak(random.pick(ROOMS));
        return;
      case 8:
        return this.clock.advance(random.below(4_000));
      default:
        return await this.deliver(random.between(1, 9));
    }
  }

  /** Nothing breaks any more until all is quiet. */
  async settle(): Promise<void> {
    this.notice();
    for (let turn = 0; turn < 100 && !(this.core.isSettled && this.#isQuiet); turn++) {
      this.clock.advance(1_000);
      await this.deliver();
    }
    assert(this.core.isSettled, "It has settled");
    await this.deliver();
  }

  get #isQuiet(): boolean {
    return this.core.unsent.length === 0 && this.#link.up.length + this.#link.down.length === 0;
  }
}

Deno.test("ClientCore and the hub lose nothing without telling, and say nothing twice", async () => {
  const totals = { heard: 0, said: 0, missing: 0 };
  await eachSeed(150, async (random) => {
    const world = new World(random);
    await eachInTurn(Array.from({ length: random.between(10, 120) }), () => world.step());
    await world.settle();
    world.core.close();
    const own = [...world.history.said.values()].filter((text) => text.startsWith("alice"));
    assertEquals(own.toSorted(), world.queued.toSorted(), "Every message of hers was said once");
    assertEquals([...world.delivered.keys()].toSorted(), world.queued.toSorted());
    assertEquals([...world.delivered.values()].every((count) => count === 1), true);
    for (const room of ROOMS) {
      const start = world.start[room];
      assert(start !== undefined, `She was in ${room}`);
      const missing: number[] = [];
      for (let id = start + 1; id <= world.history.latest(room); id++) {
        if (!world.covered[room].has(id)) missing.push(id);
      }
      assertEquals(missing, [], `${room} from ${start}`);
      totals.heard += world.heard[room].length;
      totals.missing += world.covered[room].size - world.heard[room].length;
    }
    totals.said += world.queued.length;
    assertEquals(world.clock.pending, 0, "No timer is left");
  });
  assert(totals.heard > 5_000 && totals.said > 500 && totals.missing > 500, JSON.stringify(totals));
});
