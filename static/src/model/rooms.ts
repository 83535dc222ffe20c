/**
 * The list of rooms and the one that is shown. The names of the rooms and their read positions survive a reload.
 * @module
 */
import type { ChatRoom } from "./room.ts";
import type { Memory } from "../net/client.ts";
import type { Position } from "../net/protocol.ts";
import { roomKey } from "../net/client.ts";
import * as protocol from "../net/protocol.ts";
import * as rooming from "./room.ts";

export interface RoomsOptions {
  now: () => number;
  /** Stores the names of the rooms of this tab. */
  memory: Memory;
  /** Stores the read positions for all tabs. */
  readPositions: Memory;
  /** Whether the user is looking at the newest messages of the shown room. */
  isAttended: () => boolean;
  /** Called when the list or one of the rooms changes. */
  onChange: () => void;
}

export type RoomList = ReturnType<typeof createRooms>;

/** The number of read positions that are stored: those of the rooms that were read last. */
const MAX_POSITIONS = 100;

export function createRooms({ now, memory, readPositions, isAttended, onChange }: RoomsOptions) {
  const storedPositions = () => Object.entries(parse(readPositions.load())).filter(isPosition);
  const seen = new Map(storedPositions());
  /** The read positions of this tab. */
  const positions: Map<string, Position> = new Map();
  const kept = parse(memory.load());
  const all: ChatRoom[] = [];
  const lobby = add(protocol.LOBBY);
  let shown = lobby;
  for (const name of Array.isArray(kept.names) ? kept.names : []) {
    if (typeof name === "string" && !find(name)) add(name);
  }
  shown = find(kept.shown) ?? lobby;

  function add(name: string) {
    const room = rooming.createRoom({
      name,
      now,
      isAttended: (one) => one === shown && isAttended(),
      onRead: () => setPosition(room),
      onChange,
      seen: seen.get(name),
    });
    all.push(room);
    return room;
  }

  function setPosition({ name, read }: ChatRoom) {
    if (read !== undefined) positions.set(name, read);
    onChange();
  }

  function find(name: unknown) {
    const key = typeof name === "string" ? roomKey(name) : undefined;
    return all.find((room) => roomKey(room.name) === key);
  }

  function keep() {
    const names = all.filter((room) => room !== lobby).map(({ name }) => name);
    memory.save(JSON.stringify({ names, shown: shown.name }));
  }

  return {
    /** The room that every connection is in. */
    lobby,
    find,
    get all(): readonly ChatRoom[] {
      return all;
    },
    get shown() {
      return shown;
    },
    /** Shows a room. */
    show(room: ChatRoom) {
      if (room === shown) return;
      shown.onUnattended();
      shown = room;
      keep();
      onChange();
    },
    /** Adds a room, unless it is in the list. Returns it. */
    open(name: string) {
      const known = find(name);
      if (known !== undefined) return known;
      const room = add(name);
      keep();
      onChange();
      return room;
    },
    /** Removes a room. If it was shown, the room before it is shown. */
    close(room: ChatRoom) {
      const index = all.indexOf(room);
      if (room === lobby || index < 0) return;
      all.splice(index, 1);
      if (shown === room) shown = all[index - 1] ?? lobby;
      keep();
      onChange();
    },
    /** Stores the read positions: for each room the larger one of this tab and of other tabs. */
    saveReadPositions() {
      const all = new Map(storedPositions());
      for (const [name, here] of positions) {
        const there = all.get(name);
        const isBehind = there?.epoch === here.epoch && there.offset > here.offset;
        all.delete(name);
        all.set(name, isBehind ? there : here);
      }
      readPositions.save(JSON.stringify(Object.fromEntries([...all].slice(-MAX_POSITIONS))));
    },
  };
}

function parse(text: string | null) {
  try {
    const value = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

function isPosition(entry: [string, unknown]): entry is [string, Position] {
  return typeof Object(entry[1]).epoch === "string" && typeof Object(entry[1]).offset === "number";
}
