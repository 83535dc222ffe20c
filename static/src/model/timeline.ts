/**
 * The entries of the log of a room. Messages are in the order of their ids, whenever they arrive; entries without an id
 * stay where they were added.
 * @module
 */
import type { PresenceGroup } from "./grouping.ts";
import * as grouping from "./grouping.ts";

/** `answer`: to a command of the user. `missed` and `skipped`: a gap; the page skips messages when it jumps to an old one. */
export type EntryKind =
  | "message"
  | "whisper"
  | "answer"
  | "notice"
  | "presence"
  | "missed"
  | "skipped"
  | "error";
export type Delivery = "queued" | "sending" | "sent" | "failed";

/** An entry of the log. */
export interface Entry {
  /** Identifies the entry as long as the page is open. Keys are not in the order of the entries. */
  key: number;
  kind: EntryKind;
  time: number;
  text: string;
  /** Whether it is a message of this client. */
  own: boolean;
  /** The name of the sender; empty if there is none. */
  sender: string;
  /** The user id of the sender; 0 if there is none. */
  senderId: number;
  /** The id of the message in its room. */
  id?: number;
  /** Whether it is an action (`/me`). */
  action?: boolean;
  /** The name of the recipient of a whisper. */
  to?: string;
  /** The `id` of the request that sent it. */
  ref?: string;
  /** The state of a message of this client. */
  delivery?: Delivery;
  /** The reason why it was not delivered. */
  detail?: string;
  /** Whether it mentions the user. */
  mention?: boolean;
  /** The command that an `answer` or an `error` is about, as the user typed it. */
  command?: string;
  /** The lines of an answer that has two columns, for example the commands and what they do. */
  rows?: ReadonlyArray<readonly [string, string]>;
  /** The users in a `presence` entry. */
  group?: PresenceGroup;
  /** The id after which a gap is inserted. */
  after?: number;
  /** Whether the messages of a gap are loading, or can be loaded. */
  loading?: "loading" | "waiting" | undefined;
}

export type NewEntry = Pick<Entry, "kind" | "text"> & Partial<Entry>;

export type NumberedEntry = NewEntry & { id: number; time: number };

/** Called after every change. Indexes count from the oldest entry. */
export interface TimelineListener {
  inserted: (index: number) => void;
  removed: (index: number, count: number) => void;
  /** The entry must be drawn again. */
  changed: (key: number) => void;
}

export type Timeline = ReturnType<typeof createTimeline>;

/**
 * The maximum number of entries: some days of a busy room, about 5 MB. When it is exceeded, the oldest tenth is removed.
 * The server may still have these messages.
 */
export const CAPACITY = 10_000;

/** Users who join or leave within this time, in ms, are shown in one entry. */
const PRESENCE_GAP = 60_000;

/** The maximum difference of the times of one message on two connections, in ms: each compares the clocks again. */
const SAME_TIME = 5_000;

let lastKey = 0;

export function createTimeline(
  { now = Date.now, capacity = CAPACITY }: { now?: () => number; capacity?: number } = {},
) {
  const entries: Entry[] = [];
  const byKey: Map<number, Entry> = new Map();
  const byRef: Map<string, Entry> = new Map();
  const byId: Map<number, Entry> = new Map();
  /** Messages of an earlier epoch, by their content. */
  const unnumbered: Map<string, Entry[]> = new Map();
  let listener: TimelineListener | undefined;
  let mark: number | undefined;
  let trimmed = false;

  function insert(index: number, given: NewEntry) {
    const entry = { time: now(), own: false, sender: "", senderId: 0, ...given, key: ++lastKey };
    entries.splice(index, 0, entry);
    byKey.set(entry.key, entry);
    if (entry.ref !== undefined) byRef.set(entry.ref, entry);
    if (entry.id !== undefined) byId.set(entry.id, entry);
    listener?.inserted(index);
    changedAt(index + 1);
    if (entries.length > capacity && index > 0) trim(Math.ceil(capacity / 10));
    return entry;
  }

  /** Removes entries. */
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

  function trim(count: number) {
    trimmed = true;
    drop(0, count);
  }

  /** Redraws an entry whose predecessor changed: it may start a group now, or no longer. */
  function changedAt(index: number) {
    const entry = entries[index];
    if (entry !== undefined) listener?.changed(entry.key);
  }

  /** The index for a message: after those with smaller ids and earlier entries, before messages that wait to be sent. */
  function insertionIndex(id: number, time: number) {
    let index = entries.length;
    while (index > 0 && !((orderOf(entries[index - 1]) ?? Infinity) < id)) index--;
    for (let entry = entries[index]; entry !== undefined; entry = entries[++index]) {
      if (orderOf(entry) !== undefined || isPending(entry) || entry.time > time) break;
    }
    return index;
  }

  /** Changes an entry, if it still exists. */
  function update(key: number, change: Partial<Entry>) {
    const entry = byKey.get(key);
    if (entry === undefined) return;
    Object.assign(entry, change);
    listener?.changed(key);
    changedAt(entries.lastIndexOf(entry) + 1);
  }

  /** Gives an entry the id of a message and moves it to its place. Another entry with this id is removed. */
  function setId(key: number, id: number, change: Partial<Entry> = {}) {
    const entry = byKey.get(key);
    if (entry === undefined) return;
    const copy = byId.get(id);
    if (copy !== undefined && copy !== entry) drop(entries.lastIndexOf(copy), 1);
    const from = entries.lastIndexOf(entry);
    if (entry.id !== undefined) byId.delete(entry.id);
    entries.splice(from, 1);
    Object.assign(entry, change, { id });
    byId.set(id, entry);
    const to = insertionIndex(id, entry.time);
    entries.splice(to, 0, entry);
    if (to !== from) {
      listener?.removed(from, 1);
      listener?.inserted(to);
      changedAt(from);
    }
    listener?.changed(key);
    changedAt(to + 1);
  }

  /** Finds a message of an earlier epoch with the same content. */
  function findUnnumbered(given: NumberedEntry) {
    if (unnumbered.size === 0) return undefined;
    const alike = unnumbered.get(signature(given)) ?? [];
    const index = alike.findIndex(({ key, time }) =>
      byKey.has(key) && Math.abs(time - given.time) < SAME_TIME
    );
    return index < 0 ? undefined : alike.splice(index, 1)[0];
  }

  return {
    /** Adds an entry at the end. */
    add: (given: NewEntry) => insert(entries.length, given),
    /** Inserts a message at its place, unless it is in the timeline. Returns the entry if it is new. */
    put(given: NumberedEntry) {
      if (byId.has(given.id)) return undefined;
      const known = findUnnumbered(given);
      if (known === undefined) return insert(insertionIndex(given.id, given.time), given);
      setId(known.key, given.id);
      return undefined;
    },
    /** Inserts an entry after all messages up to an id. */
    putAfter(given: NewEntry & { after: number }) {
      return insert(insertionIndex(given.after + 1, given.time ?? now()), given);
    },
    setId,
    update,
    /** Removes an entry. */
    remove(key: number) {
      const entry = byKey.get(key);
      if (entry !== undefined) drop(entries.lastIndexOf(entry), 1);
    },
    /** Removes the ids of all messages: a new epoch starts, and gives them to other messages. */
    clearIds() {
      unnumbered.clear();
      for (const entry of byId.values()) {
        delete entry.id;
        const alike = unnumbered.get(signature(entry));
        if (alike === undefined) unnumbered.set(signature(entry), [entry]);
        else alike.push(entry);
      }
      byId.clear();
      for (const entry of entries) delete entry.after;
    },
    get: (key: number) => byKey.get(key),
    byId: (id: number) => byId.get(id),
    /** The message that was sent in the request with this id. */
    byRef: (ref: string | null) => ref === null ? undefined : byRef.get(ref),
    at: (index: number) => entries[index],
    /** The index of an entry, or -1 if it was removed. */
    indexOf(key: number) {
      const entry = byKey.get(key);
      return entry === undefined ? -1 : entries.lastIndexOf(entry);
    },
    /** All entries after the one with this key. */
    entriesAfter: (key: number) =>
      entries.slice(entries.findIndex((entry) => entry.key === key) + 1),
    get size() {
      return entries.length;
    },
    /** Whether anybody has said something. */
    get hasMessages() {
      return entries.some(({ kind }) => kind === "message" || kind === "whisper");
    },
    /** Whether there is no room for older messages. */
    get full() {
      return entries.length >= capacity * 0.9;
    },
    /** Whether the oldest entries were removed because there were too many. */
    get trimmed() {
      return trimmed;
    },
    set trimmed(value) {
      trimmed = value;
    },
    /** Makes room for a page of messages by removing the oldest entries. */
    makeRoom() {
      if (entries.length >= capacity * 0.9) trim(Math.ceil(capacity / 5));
    },
    /** The largest id below, and the smallest id above a range of ids. */
    neighbours(from: number, to: number) {
      let below: number | undefined, above: number | undefined;
      for (const id of byId.keys()) {
        if (id < from && !(below !== undefined && below > id)) below = id;
        if (id > to && !(above !== undefined && above < id)) above = id;
      }
      return { below, above };
    },
    /** The smallest id; `undefined` if no entry has one. */
    get firstId() {
      return entries.find(({ id }) => id !== undefined)?.id;
    },
    /** The ids within a range that are in the timeline. */
    idsWithin: (from: number, to: number) =>
      [...byId.keys()].filter((id) => id >= from && id <= to),
    /** The first message of another user with a larger id. */
    firstAfter: (id: number) => entries.find((entry) => (entry.id ?? 0) > id && !entry.own),
    /** The key of the entry below the unread line. */
    get mark() {
      return mark;
    },
    set mark(key: number | undefined) {
      if (key === mark) return;
      const before = mark;
      mark = key;
      for (const each of [before, key]) if (each !== undefined) listener?.changed(each);
    },
    /** Sets the one listener that is called after every change. */
    setListener(newListener: TimelineListener | undefined) {
      listener = newListener;
    },
    /** Shows that a user joined or left, in the same entry as other users shortly before. */
    addPresence(event: "join" | "leave", name: string) {
      const last = entries.at(-1);
      if (last?.group !== undefined && now() - last.time < PRESENCE_GAP) {
        const group = grouping.addToGroup(last.group, event, name);
        update(last.key, { group, text: grouping.describeGroup(group) });
        return undefined;
      }
      const group = grouping.addToGroup(grouping.EMPTY_GROUP, event, name);
      return insert(entries.length, {
        kind: "presence",
        text: grouping.describeGroup(group),
        group,
      });
    },
  };
}

/** The id that decides the place of an entry, if it has one. */
function orderOf(entry: Entry | undefined) {
  return entry?.id ?? entry?.after;
}

/** Whether it is a message that the server has not acknowledged. */
function isPending({ delivery }: Entry) {
  return delivery === "queued" || delivery === "sending";
}

function signature({ sender = "", text, action = false }: NewEntry) {
  return `${sender} ${action} ${text}`;
}
