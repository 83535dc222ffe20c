/**
 * Never a silent hole: a seeded simulation of clients that connect, send, read slowly, lose their connection in the middle
 * of a write and reconnect, on a server that stops and crashes. A client that claims to have all messages from one on has
 * exactly the published ones, each once, by the numbers of the room.
 *
 * Everything is real (hub, rings, JSON, SQLite in a file and in memory) except sockets and time.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type {
  DroppedEvent,
  MessageEvent,
  ReplyEvent,
  ServerEvent,
} from "../../lib/wire/protocol.ts";
import type { History } from "../../lib/chat/history.ts";
import { Hub } from "../../lib/chat/hub.ts";
import { handleFrame } from "../../lib/chat/commands/handle.ts";
import type { Overflow } from "../../lib/delivery/ring_buffer.ts";
import { openHistory } from "../../lib/history/open_history.ts";
import { Client, flushed, JsonFormat } from "../chat/fakes.ts";
import { eachSeed, type Random } from "../random.ts";
import { FakeClock } from "../support/clock.ts";
import { TempFolder } from "../support/temp_folder.ts";

const ROOMS = ["lobby", "dev", "tea"];

/** The messages of a room that a client claims to have: all after `start`, once it has fetched those that it knows it lacks. */
interface Claim {
  epoch: string;
  start: number;
  readonly seen: Map<number, string>;
  /** The numbers of messages that it knows it lacks. */
  readonly told: Set<number>;
}

/** A JSON client that keeps the messages that it gets, and knows which ones it lacks. */
class Reader {
  readonly claims = new Map<string, Claim>();
  client: Client | undefined;
  /** Rooms whose claim waits for the answer to a join, and the events from there meanwhile. */
  readonly #held = new Map<string, Array<MessageEvent | DroppedEvent>>();
  /** Messages that are not acknowledged yet, by their ids. */
  readonly #sent = new Map<string, { readonly text: string; readonly room: string }>();
  /** Messages that came over this connection without being fetched. */
  readonly #came = new Set<string>();
  #isBack = false;
  #epoch = "";
  #refs = 0;

  constructor(readonly name: string, readonly world: World) {}

  get random(): Random {
    return this.world.random;
  }

  connect(): void {
    const client = this.client = new Client();
    this.#held.clear();
    this.#came.clear();
    this.#isBack = false;
    const { hub } = this.world;
    client.listener = hub.subscribe(JSON_FORMAT, client);
    client.member = hub.connect(
      client.listener,
      `${this.name}:${++this.world.connections}`,
      client,
    );
    this.#held.set("lobby", []); // it is there from the start
    if (this.random.oneIn(2)) this.comeBack();
  }

  /** Requests the messages that it missed, unless it has done so. */
  comeBack(): void {
    if (!this.#held.has("lobby") || this.#isBack) return;
    this.#isBack = true;
    for (const room of ROOMS) if (room !== "lobby" && !this.random.oneIn(3)) this.enter(room);
    const held = this.#held.get("lobby");
    this.#held.delete("lobby");
    this.enter("lobby", held);
    if (this.random.oneIn(2)) this.sayAgain();
  }

  /** Joins a room, perhaps again. */
  enter(room: string, held: Array<MessageEvent | DroppedEvent> = []): void {
    if (this.#held.has(room)) return;
    const claim = this.claims.get(room);
    this.#held.set(room, held);
    const since = claim && { epoch: claim.epoch, offset: position(claim) };
    this.#send({ type: "join", room, ...(since && { since }) });
  }

  say(room: string): void {
    const text = `${this.name} ${++this.#refs}`;
    const id = `${text} is unique by far`;
    this.#sent.set(id, { text, room });
    this.#send({ type: "message", text, room, id });
  }

  /** Sends unacknowledged messages again, as far as it is in their rooms. */
  sayAgain(): void {
    const rooms = this.client!.member.memberships.map(({ room }) => room.key);
    for (const [id, said] of this.#sent) {
      if (rooms.includes(said.room)) this.#send({ type: "message", ...said, id });
    }
  }

  /** Loses the connection, perhaps in the middle of a write. */
  disconnect(): void {
    const { client } = this;
    if (client === undefined) return;
    if (this.random.oneIn(2)) this.#read(client.recipient.take(), this.random.oneIn(2));
    this.world.hub.disconnect(client.member);
    this.client = undefined;
  }

  read(): void {
    if (this.client === undefined || this.client.jammed) return;
    this.client.drain();
    for (const line of this.client.lines()) this.#handle(JSON.parse(line));
  }

  /** Fetches the messages that it knows it lacks. */
  fetch(room: string): void {
    const claim = this.claims.get(room)!;
    if (claim.told.size === 0) return;
    const after = position(claim);
    this.#send({ type: "history", room, after, limit: this.random.between(1, 200) });
    this.read();
    if (position(this.claims.get(room)!) > after) this.fetch(room);
  }

  #send(frame: object): void {
    handleFrame(this.world.hub, this.client!.member, JSON.stringify(frame));
  }

  #read(bytes: Uint8Array | undefined, isTorn: boolean): void {
    const lines = new TextDecoder().decode(bytes).split("\n");
    lines.pop();
    for (const line of lines.slice(0, isTorn ? lines.length >> 1 : undefined)) {
      this.#handle(JSON.parse(line));
    }
  }

  #handle(event: ServerEvent): void {
    if (event.type === "message") {
      this.#comes(event);
      const held = this.#held.get(event.room);
      if (held === undefined) this.#take(event.room, event);
      else held.push(event);
    } else if (event.type === "ack") {
      const sent = this.#sent.get(event.ref!);
      this.#sent.delete(event.ref!);
      if (sent === undefined) return;
      const { room, id } = event;
      const message = { type: "message", room, id, text: sent.text } as MessageEvent;
      const held = this.#held.get(event.room);
      if (held === undefined) this.#take(event.room, message);
      else held.push(message);
    } else if (event.type === "dropped") {
      for (const [room, claim] of this.claims) this.#lose(room, claim, event);
      for (const held of this.#held.values()) held.push(event);
    } else if (event.type === "reply") this.#handleReply(event);
  }

  #lose(room: string, { start, seen, told }: Claim, { missed }: DroppedEvent): void {
    for (const range of missed) {
      if (range.room !== room) continue;
      for (let id = range.from; id <= range.to; id++) {
        if (id > start && !seen.has(id)) told.add(id);
      }
    }
  }

  #handleReply(event: ReplyEvent): void {
    if (event.command === "history") {
      const { room, messages, complete } = event.data;
      const [first] = messages;
      if (!complete && first !== undefined) this.#forget(room, first.id - 1);
      for (const message of messages) this.#take(room, message);
    } else if (event.command === "join") {
      const { room: { name, offset }, missed, epoch } = event.data;
      this.#epoch = epoch;
      const held = this.#held.get(name) ?? [];
      this.#held.delete(name);
      const claim = this.claims.get(name);
      if (missed?.recovered) {
        claim!.epoch = epoch;
        for (const message of missed.messages) {
          this.#comes(message);
          this.#take(name, message);
        }
      } else if (missed !== undefined && missed.messages.length > 0) this.#restart(name, missed);
      else this.#begin(name, Math.min(offset, ...held.flatMap((event) => firstOf(event, name))));
      for (const event of held) {
        if (event.type === "message") this.#take(name, event);
        else this.#lose(name, this.claims.get(name)!, event);
      }
    }
  }

  /** What was up to some message is gone for good: claims what is behind it only. */
  #forget(room: string, start: number): void {
    const { seen, told } = this.claims.get(room)!;
    this.#begin(room, start);
    const claim = this.claims.get(room)!;
    for (const [id, text] of seen) if (id > start) claim.seen.set(id, text);
    for (const id of told) if (id > start) claim.told.add(id);
  }

  /** Claims what is on the page and behind it only. */
  #restart(room: string, { messages }: { readonly messages: readonly MessageEvent[] }): void {
    this.#begin(room, (messages[0]?.id ?? 0) - 1);
    for (const message of messages) this.#take(room, message);
  }

  #begin(room: string, start: number): void {
    this.claims.set(room, {
      epoch: this.#epoch,
      start: Math.max(0, start),
      seen: new Map(),
      told: new Set(),
    });
  }

  #comes({ room, id }: MessageEvent): void {
    assert(!this.#came.has(`${room} ${id}`), `${this.name} got ${id} of ${room} twice`);
    this.#came.add(`${room} ${id}`);
  }

  #take(room: string, { id, text }: MessageEvent): void {
    const claim = this.claims.get(room);
    if (claim === undefined || id <= claim.start) return;
    const seen = claim.seen.get(id);
    assert(seen === undefined || seen === text, `${id} of ${room} is '${seen}' and '${text}'`);
    claim.seen.set(id, text);
    claim.told.delete(id);
  }
}

/** The number before the first one of which something came; one's own may be from long ago, and sent again. */
function firstOf(event: MessageEvent | DroppedEvent, room: string): number[] {
  if (event.type === "message") return "from" in event ? [event.id - 1] : [];
  return event.missed.flatMap((range) => range.room === room ? range.from - 1 : []);
}

/** Up to where a claim has everything. */
function position({ start, seen }: Claim): number {
  let at = start;
  while (seen.has(at + 1)) at++;
  return at;
}

const JSON_FORMAT = new JsonFormat();

class World {
  readonly readers: Reader[];
  hub!: Hub;
  connections = 0;
  #history!: History;
  #clock!: FakeClock;
  #files = 0;
  #path: string | undefined;
  readonly #limit: number;
  readonly #overflow: Overflow;

  constructor(readonly random: Random, readonly folder: TempFolder | undefined) {
    this.readers = Array.from({ length: 5 }, (_, i) => new Reader(`r${i}`, this));
    this.#limit = random.pick([20, 100, 1_000]);
    this.#overflow = random.pick(["drop-oldest", "drop-newest"] as const);
    this.#path = folder?.path("0.db");
    this.#open();
  }

  #open(): void {
    this.#clock = new FakeClock();
    const clock = this.#clock;
    this.#history = openHistory({
      path: this.#path,
      limit: this.#limit,
      clock: {
        now: () => clock.now(),
        wall: () => Date.now(),
        every: (ms, action) => clock.every(ms, action),
        after: (ms, action) => clock.after(ms, action),
      },
    });
    this.hub = new Hub({
      capacity: this.random.pick([2, 5, 30]),
      capacityBytes: 1 << 20,
      overflow: this.#overflow,
      now: () => clock.now(),
      history: this.#history,
    });
  }

  close(): void {
    this.#history.close();
  }

  /** Restarts the server, or crashes it: then the file is what was written at that moment. */
  #restart(): void {
    for (const reader of this.readers) {
      if (this.random.oneIn(2)) reader.read();
      reader.disconnect();
    }
    const isCrash = this.folder !== undefined && this.random.oneIn(2);
    const before = this.#path;
    if (isCrash) {
      this.#path = this.folder!.path(`${++this.#files}.db`);
      for (const part of ["", "-wal"]) Deno.copyFileSync(before + part, this.#path + part);
    }
    this.#history.close();
    this.#open();
  }

  step(): void {
    const { random } = this;
    if (random.oneIn(150)) return this.#restart();
    if (random.oneIn(3)) this.#clock.advance(random.pick([1, 10, 60, 2_000]));
    const reader = random.pick(this.readers);
    const { client } = reader;
    if (client === undefined) return random.oneIn(2) ? reader.connect() : undefined;
    const inRooms = client.member.memberships.map(({ room }) => room.key);
    if (random.oneIn(25)) return reader.disconnect();
    if (random.oneIn(4)) reader.comeBack();
    if (random.oneIn(15)) client.jammed = !client.jammed;
    if (random.oneIn(20)) return reader.enter(random.pick(ROOMS));
    if (random.oneIn(10)) return reader.sayAgain();
    if (random.oneIn(3)) reader.read();
    if (!client.recipient.full) reader.say(random.pick(inRooms));
  }

  /** All clients read and fetch; then all of their claims must be true. */
  async check(): Promise<void> {
    await flushed();
    for (const reader of this.readers) {
      const { client } = reader;
      if (client === undefined) continue;
      client.jammed = false;
      reader.comeBack();
      reader.read();
      for (const { room: { key, offset } } of client.member.memberships) {
        this.#assertTold(reader, key, offset);
        reader.fetch(key);
        const claim = reader.claims.get(key)!;
        assertEquals(position(claim), Math.max(claim.start, offset), `${reader.name} in ${key}`);
        this.#assertTrue(claim, key);
      }
    }
  }

  /** Checks that a client knows of every message that it lacks. */
  #assertTold(reader: Reader, room: string, offset: number): void {
    const claim = reader.claims.get(room)!;
    for (let id = claim.start + 1; id <= offset; id++) {
      assert(claim.seen.has(id) || claim.told.has(id), `${reader.name} lacks ${id} of ${room}`);
    }
  }

  #assertTrue({ seen, start }: Claim, room: string): void {
    const { messages } = this.#history.page(room, { after: start, limit: this.#limit });
    const truth = messages.filter(({ offset }) => offset > start);
    for (const { offset, text } of truth) assertEquals(seen.get(offset), text, `${offset}`);
    assertEquals(new Set(truth.map(({ text }) => text)).size, truth.length, "Said twice");
  }
}

for (const isKept of [true, false]) {
  const where = isKept ? "in a file" : "in memory";
  Deno.test(`Whoever claims to have everything has it, with a history ${where}`, () =>
    eachSeed(isKept ? 6 : 12, async (random) => {
      await using folder = isKept ? new TempFolder() : undefined;
      const world = new World(random, folder);
      const steps = async (left: number): Promise<void> => {
        if (left === 0) return;
        for (let i = random.between(1, 40); i > 0; i--) world.step();
        await flushed();
        if (random.oneIn(3)) await world.check();
        return steps(left - 1);
      };
      try {
        await steps(60);
        await world.check();
      } finally {
        world.close();
      }
    }));
}
