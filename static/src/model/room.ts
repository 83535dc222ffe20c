/**
 * One room as this client knows it: its talk, who is in it, and how far one has read.
 * @module
 */
import type { User } from "../net/protocol.ts";
import type { Position } from "../net/protocol.ts";
import type { Entry } from "./timeline.ts";
import * as roster from "./roster.ts";
import * as sequencing from "./sequence.ts";
import * as timeline from "./timeline.ts";

export interface RoomOptions {
  name: string;
  now: () => number;
  /** Whether somebody looks at the newest that is said there. */
  attended: (room: ChatRoom) => boolean;
  /** One has read on. */
  onRead: () => void;
  /** Who is here, or how much is unread, is another. */
  onChange: () => void;
  /** How far one had read when the page was loaded. */
  seen: Position | undefined;
}

/** Whether there are older messages than those here: `unkept` if the server keeps none, `full` if no more have room. */
export type Older = "some" | "loading" | "none" | "unkept" | "full";

export type ChatRoom = ReturnType<typeof createRoom>;

export function createRoom({ name, now, attended, onRead, onChange, seen }: RoomOptions) {
  const entries = timeline.createTimeline({ now });
  const sequence = sequencing.createSequence(entries, now);
  const people = roster.createRoster(onChange);
  let read: Position | undefined = seen;
  let topic: string | null = null;
  let unread = 0;
  let personal = false;
  let older: Older = "unkept";
  /** How many are in a crowd of which only that is told. */
  let crowd: number | undefined;
  /** Whether the unread line is yet to be drawn where one had read to when the page was loaded. */
  let isLineDue = false;
  /** Whether the first page is yet to come: nobody can have read what is not there. */
  let isOpening = false;

  function readAll() {
    const { position } = sequence;
    if (position === undefined) return;
    const moved = read?.epoch !== position.epoch || read.offset !== position.offset;
    read = position;
    unread = 0;
    personal = false;
    if (moved) onRead();
  }

  const room = {
    name,
    timeline: entries,
    sequence,
    people,
    /** What it is about. */
    get topic(): string | null {
      return topic;
    },
    set topic(text: string | null) {
      topic = text;
      onChange();
    },
    /** Whether the server has let this connection in. */
    joined: false,
    /** How far one has read. */
    get read(): Position | undefined {
      return read;
    },
    /** How much others have said since. */
    get unread() {
      return unread;
    },
    /** Whether some of that is meant for the reader in person. */
    get personal() {
      return personal;
    },
    get older(): Older {
      if (older === "none" && entries.forgotten) return "some";
      return older === "some" && entries.full ? "full" : older;
    },
    set older(value: Older) {
      older = value;
      isOpening &&= value === "loading";
      entries.forgotten = false;
    },
    /** How many are here. */
    get size() {
      return crowd ?? people.size;
    },
    /** Whether only the number of people is told. */
    get crowded() {
      return crowd !== undefined;
    },
    /** Who is here, or merely how many. */
    fill(users: readonly User[], size: number = users.length) {
      crowd = size > users.length ? size : undefined;
      people.reset(users);
    },
    /** Only the number of people is told. */
    count(size: number) {
      crowd = size;
      onChange();
    },
    /** Others have said these, oldest first: they are read at once if somebody looks. */
    heard(added: readonly Entry[]) {
      const others = added.filter(({ own }) => !own);
      const looking = attended(room) && !isOpening;
      if (others.length > 0 && unread === 0 && !looking) entries.mark = others[0]?.key;
      unread += others.length;
      personal ||= others.some(({ mention }) => mention);
      if (looking) readAll();
      else if (others.length > 0) onChange();
    },
    /** Messages came that were said in one's absence: the unread begin with them. */
    missed(added: readonly Entry[]) {
      const first = added.find(({ own }) => !own);
      if (first !== undefined && unread === 0) entries.mark = first.key;
      room.heard(added);
    },
    /**
     * The server counts under this name, and what was said so far has this number.
     *
     * @param kept Whether the server keeps what was said.
     */
    begin(epoch: string, offset: number, kept: boolean) {
      sequence.begin(epoch, offset);
      room.older = !kept ? "unkept" : offset === 0 ? "none" : "some";
      unread = kept && seen?.epoch === epoch ? Math.max(0, offset - seen.offset) : 0;
      isLineDue = unread > 0;
      isOpening = older === "some";
      if (unread === 0) readAll();
    },
    /** The server counts on, under another name. */
    rename(epoch: string) {
      sequence.rename(epoch);
      if (read === undefined) return;
      read = { ...read, epoch };
      onRead();
    },
    /**
     * Draws the unread line where one had read to when the page was loaded, as soon as that place is known. Says whether
     * it did.
     */
    recall() {
      const oldest = entries.firstId;
      if (!isLineDue || seen === undefined || oldest === undefined) return false;
      if (oldest > seen.offset + 1 && older === "some") return false;
      isLineDue = false;
      const first = entries.firstBehind(seen.offset);
      if (first !== undefined) entries.mark = first.key;
      return first !== undefined;
    },
    /** Somebody looks at the newest that is said here. */
    readAll,
    /** Nobody looks any more: what is read needs no line. */
    turnAway() {
      if (unread === 0) entries.mark = undefined;
    },
    /** The connection is gone. */
    lose() {
      room.joined = false;
      sequence.abandon();
      if (older === "loading") older = "some";
    },
  };
  return room;
}
