/**
 * The rooms that this client is in, and which of them is in view. It outlives connections and a reload of the page, as
 * far as which they are and how far each is read.
 * @module
 */
import type { ChatRoom } from "./room.ts";
import type { Position } from "../net/protocol.ts";
import * as protocol from "../net/protocol.ts";
import * as rooming from "./room.ts";

export type Memory = { load: () => string | null; save: (text: string) => void };

export interface RoomsOptions {
  now: () => number;
  /** Which rooms, for this tab. */
  memory: Memory;
  /** How far each is read, for all tabs. */
  reading: Memory;
  /** Whether somebody looks at the newest in the room in view. */
  attended: () => boolean;
  /** What is to be shown of the rooms has changed. */
  onChange: () => void;
}

export type RoomList = ReturnType<typeof createRooms>;

/** Rooms of which it is remembered how far they are read, those read last. */
const REMEMBERED = 100;

/** A longer text is no room's name, in UTF-16 units. Normalizing a long text of marks takes the square of it. */
const LONGEST_NAME = 256;

export function createRooms({ now, memory, reading, attended, onChange }: RoomsOptions) {
  const readings = () => Object.entries(parse(reading.load())).filter(isReading);
  const seen = new Map(readings());
  /** How far this tab has read each room. */
  const noted: Map<string, Position> = new Map();
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
      attended: (one) => one === shown && attended(),
      onRead: () => note(room),
      onChange,
      seen: seen.get(name),
    });
    all.push(room);
    return room;
  }

  function note({ name, read }: ChatRoom) {
    if (read !== undefined) noted.set(name, read);
    onChange();
  }

  function find(name: unknown) {
    const key = typeof name === "string" ? keyOf(name) : undefined;
    return all.find((room) => keyOf(room.name) === key);
  }

  function keep() {
    const names = all.filter((room) => room !== lobby).map(({ name }) => name);
    memory.save(JSON.stringify({ names, shown: shown.name }));
  }

  return {
    /** In which everybody is, always. */
    lobby,
    find,
    get all(): readonly ChatRoom[] {
      return all;
    },
    get shown() {
      return shown;
    },
    /** Puts a room into view. */
    show(room: ChatRoom) {
      if (room === shown) return;
      shown.turnAway();
      shown = room;
      keep();
      onChange();
    },
    /** One is in this room, too. */
    open(name: string) {
      const known = find(name);
      if (known !== undefined) return known;
      const room = add(name);
      keep();
      onChange();
      return room;
    },
    /** One is in this room no more; the one before it comes into view. */
    close(room: ChatRoom) {
      const index = all.indexOf(room);
      if (room === lobby || index < 0) return;
      all.splice(index, 1);
      if (shown === room) shown = all[index - 1] ?? lobby;
      keep();
      onChange();
    },
    /** Writes down how far all is read, here or in another tab. */
    keepReading() {
      const all = new Map(readings());
      for (const [name, here] of noted) {
        const there = all.get(name);
        const isBehind = there?.epoch === here.epoch && there.offset > here.offset;
        all.delete(name);
        all.set(name, isBehind ? there : here);
      }
      reading.save(JSON.stringify(Object.fromEntries([...all].slice(-REMEMBERED))));
    },
  };
}

/** What the names of one room have in common, as the server sees it. */
function keyOf(name: string) {
  if (name.length > LONGEST_NAME) return name;
  const folded = name.replace(/^#/, "").normalize("NFKC").toLowerCase().toUpperCase();
  return folded.toLowerCase().normalize("NFKC");
}

function parse(text: string | null) {
  try {
    const value = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

function isReading(entry: [string, unknown]): entry is [string, Position] {
  return typeof Object(entry[1]).epoch === "string" && typeof Object(entry[1]).offset === "number";
}
