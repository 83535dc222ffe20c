/**
 * The clients of a test: writers that retry, readers, and claimers of confusable names. They record what they see.
 * @module
 */
import { delay } from "@std/async";
import { type Client, connect } from "../../lib/client/mod.ts";
import type { Random } from "../random.ts";
import type { Observation } from "./checker.ts";

export const ROOMS = ["lobby", "dev"] as const;

/** Names that look alike, so that one of them is in use at a time. */
const LOOKS = [["alice", "a1ice", "al1ce"], ["bob", "b0b"]] as const;

/** How long a claimer holds a name, and pauses, in ms. */
const HOLD = 300;

export interface World {
  readonly random: Random;
  readonly ports: readonly number[];
  readonly record: (observation: Observation) => void;
  /** Whether the clients should end. */
  readonly isOver: () => boolean;
}

/** Connects to a server, and after a disconnect to any of them. */
function open({ random, ports }: World, rooms: readonly string[] = ROOMS): Client {
  return connect("ws://127.0.0.1:1/", {
    rooms,
    random: () => random.below(1_000) / 10_000, // reconnects soon
    createSocket: (_url, protocol) =>
      new WebSocket(`ws://127.0.0.1:${random.pick(ports)}/`, protocol) as never,
  });
}

/** Sends texts that are different from all others, and waits for each to be delivered. */
export async function write(world: World, name: string): Promise<void> {
  await using client = open(world);
  for (let i = 0; !world.isOver(); i++) {
    const text = `${name}-${i}`;
    const room = world.random.pick(ROOMS);
    world.record({ type: "sent", text, room });
    try {
      const { id } = await client.send(room, text);
      world.record({ type: "acked", text, room, id });
    } catch (error) {
      // The servers were away for longer than it was to wait. It may have been said.
      if ((error as { code?: string }).code !== "unavailable") throw error;
    }
    await delay(world.random.below(20));
  }
}

/** Reads everything, and remembers what it is told that it lacks. */
export async function listen(world: World, reader: string): Promise<Client> {
  const client = open(world);
  client.on("message", ({ room, id, text }) => {
    const epoch = client.position(room)?.epoch ?? "";
    world.record({ type: "read", reader, room, epoch, id, text });
  });
  client.on("gap", ({ room, range }) => {
    world.record({ type: "gap", reader, room, to: range?.to });
  });
  client.on("joined", ({ room: { name, offset }, outcome }) => {
    if (outcome !== "restarted") return;
    world.record({ type: "gap", reader, room: name, to: offset });
  });
  await client.ready();
  return client;
}

/** Takes one of several confusable names again and again, and proves that it has it. */
export async function claim(world: World, name: string): Promise<void> {
  for (let i = 0; !world.isOver(); i++) {
    await using client = open(world, ["claims"]);
    let isLost = false;
    client.on("state", ({ state }) => {
      if (state === "waiting") isLost = true;
    });
    // A server that was paused past its lease may have lost the name to others, and says so before the next answer.
    client.on("renamed", () => isLost = true);
    const looks = world.random.pick(LOOKS);
    try {
      await client.ready();
      await client.setName(world.random.pick(looks));
      const from = performance.now();
      for (const end = from + world.random.below(HOLD); performance.now() < end && !isLost;) {
        const to = performance.now();
        const text = `${name}-${i}-${to}`;
        // On a new connection, the proof would be one of another claim.
        await client.send("claims", text);
        if (!isLost) world.record({ type: "named", client: name, look: looks[0], from, to });
      }
    } catch {
      // Somebody else has the name, or the servers are away.
    }
    await client.close();
    await delay(world.random.below(HOLD));
  }
}

/** Reads the whole history of a room from one server. */
export async function readHistory(world: World, room: string): Promise<void> {
  await using client = open(world);
  await client.ready();
  for (let after = 0;;) {
    const { messages, more } = await client.history(room, { after, limit: 200 });
    for (const { id, text } of messages) world.record({ type: "stored", room, id, text });
    after = messages.at(-1)?.id ?? after;
    if (!more || messages.length === 0) return;
  }
}
