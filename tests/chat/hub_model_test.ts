/**
 * The hub against the simplest possible model: for each client a list of the lines that it must get, in order.
 */
import { assert, assertEquals } from "@std/assert";
import { MAX_ROOMS } from "../../lib/chat/room.ts";
import { eachSeed, type Random } from "../random.ts";
import { Chat, type Client, CountingFormat, RoomyFormat, turns } from "./fakes.ts";

/** More rooms than one client can be in. */
const ROOMS = ["lobby", ...Array.from({ length: MAX_ROOMS + 1 }, (_, i) => `room-${i}`)];

/** A client and its rooms, the one joined last at the end. */
interface Guest {
  readonly client: Client;
  readonly roomy: boolean;
  rooms: string[];
}

class Model {
  readonly #chat = new Chat();
  readonly #formats = [
    new CountingFormat("\n"),
    new CountingFormat("|\n"),
    new RoomyFormat("\n"),
    new RoomyFormat("|\n"),
  ];
  readonly #all = new Map<Client, string[]>();
  /** The number of the last message in each open room. */
  readonly #offsets = new Map([["lobby", 0]]);
  #here: Guest[] = [];
  #said = 0;
  #texts = 0;

  constructor(readonly random: Random, readonly rooms: readonly string[]) {}

  step(): void {
    const { random } = this;
    if (this.#here.length < 2 || random.oneIn(6)) return this.#join();
    if (random.oneIn(10)) return this.#leave();
    if (random.oneIn(6)) return this.#whisper();
    if (random.oneIn(4)) return this.#enter();
    if (random.oneIn(8)) return this.#exit();
    this.#say();
  }

  check(): void {
    for (const [client, expected] of this.#all) {
      assertEquals(client.lines(), expected);
      expected.length = 0;
    }
    const { hub } = this.#chat;
    assertEquals(hub.largestRooms(1).total, this.#offsets.size);
    for (const [name, offset] of this.#offsets) assertEquals(hub.room(name)?.offset, offset);
    for (const { client, rooms } of this.#here) {
      assertEquals(client.member.memberships.map(({ room }) => room.name), rooms);
    }
  }

  #join(): void {
    const format = this.random.pick(this.#formats);
    const client = this.#chat.join(undefined, format);
    this.#here.push({ client, roomy: format instanceof RoomyFormat, rooms: ["lobby"] });
    this.#all.set(client, []);
  }

  #leave(): void {
    const guest = this.random.pick(this.#here);
    this.#here = this.#here.filter((other) => other !== guest);
    this.#chat.leave(guest.client);
    this.#forgetEmpty();
  }

  #enter(): void {
    const guest = this.random.pick(this.#here);
    const name = this.random.pick(this.rooms);
    const isIn = guest.rooms.includes(name);
    const isFull = guest.roomy && !isIn && guest.rooms.length === MAX_ROOMS;
    const membership = this.#chat.hub.joinRoom(guest.client.member, name);
    assert(!(membership instanceof Promise), "A server alone waits for nobody");
    assertEquals(membership?.room.name, isFull ? undefined : name);
    if (isFull) return;
    if (!this.#offsets.has(name)) this.#offsets.set(name, this.#said);
    guest.rooms = guest.roomy ? [...guest.rooms.filter((room) => room !== name), name] : [name];
    this.#forgetEmpty();
  }

  #exit(): void {
    const guest = this.random.pick(this.#here);
    const membership = this.random.pick(guest.client.member.memberships);
    const mayGo = guest.rooms.join() !== "lobby";
    assertEquals(this.#chat.hub.leaveRoom(membership), mayGo);
    if (!mayGo) return;
    guest.rooms = guest.rooms.filter((room) => room !== membership.room.name);
    if (guest.rooms.length === 0) guest.rooms = ["lobby"];
    this.#forgetEmpty();
  }

  #say(): void {
    const author = this.random.pick(this.#here);
    const membership = this.random.pick(author.client.member.memberships);
    const room = membership.room.name;
    const text = this.#text();
    this.#chat.hub.say(author.client.member, text, undefined, { membership });
    const offset = this.#offsets.get(room)! + 1;
    this.#offsets.set(room, offset);
    this.#said++;
    const line = `[${author.client.member.address}]: ${text}`;
    for (const { client, roomy, rooms } of this.#here) {
      if (client === author.client || !rooms.includes(room)) continue;
      this.#expect(client, roomy ? `${room} ${offset} ${line}` : line);
    }
  }

  #whisper(): void {
    const [from, to] = [this.random.pick(this.#here).client, this.random.pick(this.#here).client];
    const text = this.#text();
    this.#chat.hub.whisper(from.member, to.member, text);
    this.#expect(to, `[Whisper from ${from.member.address}]: ${text}`);
    this.#expect(from, `[Whisper to ${to.member.address}]: ${text}`);
  }

  #forgetEmpty(): void {
    for (const name of this.#offsets.keys()) {
      const isEmpty = this.#here.every(({ rooms }) => !rooms.includes(name));
      if (isEmpty && name !== "lobby") this.#offsets.delete(name);
    }
  }

  #text(): string {
    const length = this.random.oneIn(50) ? 20_000 : this.random.below(50);
    return `${++this.#texts} ${"x".repeat(length)}`;
  }

  #expect(client: Client, line: string): void {
    this.#all.get(client)!.push(line);
  }
}

for (const count of [1, 2, ROOMS.length]) {
  Deno.test(`Hub gives every member exactly what the model says, in order, with ${count} rooms`, () =>
    eachSeed(20, async (random) => {
      const model = new Model(random, ROOMS.slice(0, count));
      for await (const _ of turns(60)) {
        model.check();
        for (let i = random.below(12); i > 0; i--) model.step();
      }
      model.check();
    }));
}
