/**
 * All that was said and happened in a room, in order. Messages stand in the order of their numbers, whenever they come;
 * what has no number stands where it happened.
 * @module
 */
import type { Crowd } from "./grouping.ts";
import * as grouping from "./grouping.ts";

export type EntryKind = "message" | "whisper" | "notice" | "presence" | "missed" | "error";
export type Delivery = "queued" | "sending" | "sent" | "failed";

/** One thing in the log. */
export interface Entry {
  /** Its own as long as the page is open; says nothing about the order. */
  key: number;
  kind: EntryKind;
  time: number;
  text: string;
  /** Whether this client said it. */
  own: boolean;
  /** How the one who said it is called; empty for what nobody said. */
  sender: string;
  /** 0 for what nobody said. */
  senderId: number;
  /** The number of a message in its room. */
  id?: number;
  /** Whether it is what somebody does, not says. */
  action?: boolean;
  /** Whom it was whispered to. */
  to?: string;
  /** The id under which it was sent. */
  ref?: string;
  /** How far it got; only of what this client said. */
  delivery?: Delivery;
  /** Why it failed. */
  detail?: string;
  /** Whether it names the reader. */
  mention?: boolean;
  /** Of a `presence` entry: who came or went. */
  crowd?: Crowd;
  /** Of a `missed` entry: it stands behind all messages up to this number. */
  behind?: number;
  /** Of a `missed` entry: whether what is missing is on its way, or can be asked for. */
  loading?: "loading" | "waiting" | undefined;
}

export type NewEntry = Pick<Entry, "kind" | "text"> & Partial<Entry>;

export type NumberedEntry = NewEntry & { id: number; time: number };

/** Is told of every change, after it. Places are counted from the oldest entry. */
export interface TimelineListener {
  inserted: (place: number) => void;
  removed: (place: number, count: number) => void;
  /** The entry looks different. */
  changed: (key: number) => void;
}

export type TimelineStore = ReturnType<typeof createTimeline>;

/**
 * Entries that are kept: some days of a busy room, some 5 MB. When there are more, an old tenth goes; the server may
 * still have it.
 */
export const CAPACITY = 10_000;

/** How long people who come or go are gathered in one entry, in ms. */
const CROWD_GAP = 60_000;

/** How far the times of one message may differ that was heard on two connections, in ms: the clocks are compared anew. */
const SAME_TIME = 5_000;

let lastKey = 0;

export function createTimeline(
  { now = Date.now, capacity = CAPACITY }: { now?: () => number; capacity?: number } = {},
) {
  const entries: Entry[] = [];
  const byKey: Map<number, Entry> = new Map();
  const byRef: Map<string, Entry> = new Map();
  const byId: Map<number, Entry> = new Map();
  /** Messages whose numbers mean nothing any more, by what they say. */
  const unnumbered: Map<string, Entry[]> = new Map();
  let listener: TimelineListener | undefined;
  let mark: number | undefined;
  let forgotten = false;

  function insert(index: number, given: NewEntry) {
    const entry = { time: now(), own: false, sender: "", senderId: 0, ...given, key: ++lastKey };
    entries.splice(index, 0, entry);
    byKey.set(entry.key, entry);
    if (entry.ref !== undefined) byRef.set(entry.ref, entry);
    if (entry.id !== undefined) byId.set(entry.id, entry);
    listener?.inserted(index);
    changedAt(index + 1);
    if (entries.length > capacity && index > 0) forget(Math.ceil(capacity / 10));
    return entry;
  }

  /** Takes entries out for good. */
  function drop(index: number, count: number) {
    for (const { key, ref, id } of entries.splice(index, count)) {
      byKey.delete(key);
      if (ref !== undefined) byRef.delete(ref);
      if (id !== undefined) byId.delete(id);
      if (key === mark) mark = undefined;
    }
    listener?.removed(index, count);
    changedAt(index);
  }

  function forget(count: number) {
    forgotten = true;
    drop(0, count);
  }

  /** What stands there may begin a group now, or no longer. */
  function changedAt(index: number) {
    const entry = entries[index];
    if (entry !== undefined) listener?.changed(entry.key);
  }

  /**
   * Where a message with this number belongs: behind all with smaller ones, and what happened before it; before what is
   * yet to be said.
   */
  function placeOf(id: number, time: number) {
    let index = entries.length;
    while (index > 0 && !((orderOf(entries[index - 1]) ?? Infinity) < id)) index--;
    for (let entry = entries[index]; entry !== undefined; entry = entries[++index]) {
      if (orderOf(entry) !== undefined || isPending(entry) || entry.time > time) break;
    }
    return index;
  }

  /** Changes an entry, if it is still kept. */
  function update(key: number, change: Partial<Entry>) {
    const entry = byKey.get(key);
    if (entry === undefined) return;
    Object.assign(entry, change);
    listener?.changed(key);
    changedAt(entries.lastIndexOf(entry) + 1);
  }

  /** Says which number a message got that is there, and puts it in its place. Another copy of it goes. */
  function identify(key: number, id: number, change: Partial<Entry> = {}) {
    const entry = byKey.get(key);
    if (entry === undefined) return;
    const copy = byId.get(id);
    if (copy !== undefined && copy !== entry) drop(entries.lastIndexOf(copy), 1);
    const from = entries.lastIndexOf(entry);
    if (entry.id !== undefined) byId.delete(entry.id);
    entries.splice(from, 1);
    Object.assign(entry, change, { id });
    byId.set(id, entry);
    const to = placeOf(id, entry.time);
    entries.splice(to, 0, entry);
    if (to !== from) {
      listener?.removed(from, 1);
      listener?.inserted(to);
      changedAt(from);
    }
    listener?.changed(key);
    changedAt(to + 1);
  }

  /** A message that was here when the numbers were others. */
  function findUnnumbered(given: NumberedEntry) {
    if (unnumbered.size === 0) return undefined;
    const alike = unnumbered.get(likeness(given)) ?? [];
    const index = alike.findIndex(({ key, time }) =>
      byKey.has(key) && Math.abs(time - given.time) < SAME_TIME
    );
    return index < 0 ? undefined : alike.splice(index, 1)[0];
  }

  return {
    /** Adds something at the end. */
    add: (given: NewEntry) => insert(entries.length, given),
    /** Puts a message in its place, unless it is here. Returns it if it is new. */
    put(given: NumberedEntry) {
      if (byId.has(given.id)) return undefined;
      const known = findUnnumbered(given);
      if (known === undefined) return insert(placeOf(given.id, given.time), given);
      identify(known.key, given.id);
      return undefined;
    },
    /** Puts an entry behind all messages up to a number. */
    putBehind(given: NewEntry & { behind: number }) {
      return insert(placeOf(given.behind + 1, given.time ?? now()), given);
    },
    identify,
    update,
    /** Takes an entry out. */
    remove(key: number) {
      const entry = byKey.get(key);
      if (entry !== undefined) drop(entries.lastIndexOf(entry), 1);
    },
    /** The numbers mean nothing any more: others begin. */
    renumber() {
      unnumbered.clear();
      for (const entry of byId.values()) {
        delete entry.id;
        const alike = unnumbered.get(likeness(entry));
        if (alike === undefined) unnumbered.set(likeness(entry), [entry]);
        else alike.push(entry);
      }
      byId.clear();
      for (const entry of entries) delete entry.behind;
    },
    get: (key: number) => byKey.get(key),
    byId: (id: number) => byId.get(id),
    /** The entry that was sent with this id. */
    byRef: (ref: string | null) => ref === null ? undefined : byRef.get(ref),
    /** The entry at a place. */
    at: (place: number) => entries[place],
    /** Where an entry stands, -1 if it is gone. */
    placeOf(key: number) {
      const entry = byKey.get(key);
      return entry === undefined ? -1 : entries.lastIndexOf(entry);
    },
    /** All that stands behind an entry. */
    behind: (key: number) => entries.slice(entries.findIndex((entry) => entry.key === key) + 1),
    get size() {
      return entries.length;
    },
    /** Whether older messages are not to be put here, since newer ones would have to go for them. */
    get full() {
      return entries.length >= capacity * 0.9;
    },
    /** Whether the oldest went, since there were too many. */
    get forgotten() {
      return forgotten;
    },
    set forgotten(value) {
      forgotten = value;
    },
    /** The smallest number of a message, `undefined` if there is none. */
    get firstId() {
      return entries.find(({ id }) => id !== undefined)?.id;
    },
    /** The numbers within a range that are here. */
    idsWithin: (from: number, to: number) =>
      [...byId.keys()].filter((id) => id >= from && id <= to),
    /** The first message with a larger number that others said. */
    firstBehind: (id: number) => entries.find((entry) => (entry.id ?? 0) > id && !entry.own),
    /** The key of the entry before which the unread line stands. */
    get mark() {
      return mark;
    },
    set mark(key: number | undefined) {
      if (key === mark) return;
      const before = mark;
      mark = key;
      for (const each of [before, key]) if (each !== undefined) listener?.changed(each);
    },
    /** From now on this one is told of changes, and no other. */
    listen(other: TimelineListener | undefined) {
      listener = other;
    },
    /** Says that somebody came or went, together with others who did so a moment ago. */
    crowd(event: "join" | "leave", name: string) {
      const last = entries.at(-1);
      if (last?.crowd?.event === event && now() - last.time < CROWD_GAP) {
        const crowd = grouping.enlarge(last.crowd, name);
        update(last.key, { crowd, text: grouping.describe(crowd) });
        return undefined;
      }
      const crowd = { event, names: [name], others: 0 };
      return insert(entries.length, { kind: "presence", text: grouping.describe(crowd), crowd });
    },
  };
}

/** The number by which an entry has its place, if it has one. */
function orderOf(entry: Entry | undefined) {
  return entry?.id ?? entry?.behind;
}

/** Whether it is yet to be said. */
function isPending({ delivery }: Entry) {
  return delivery === "queued" || delivery === "sending";
}

function likeness({ sender = "", text, action = false }: NewEntry) {
  return `${sender} ${action} ${text}`;
}
