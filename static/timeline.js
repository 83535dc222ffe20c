// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * All that was said and happened in a room, in order. Messages stand in the order of their numbers, whenever they come;
 * what has no number stands where it happened.
 *
 * Must never know the page nor the wire.
 * @module
 */
"use strict";

/** @import { Crowd } from "./grouping.js" */

/**
 * @typedef {"message" | "whisper" | "notice" | "presence" | "missed" | "error"} EntryKind
 * @typedef {"queued" | "sending" | "sent" | "failed"} Delivery
 */

/**
 * @typedef {object} Entry One thing in the log.
 * @property {number} key Its own as long as the page is open; says nothing about the order.
 * @property {EntryKind} kind
 * @property {number} time
 * @property {string} text
 * @property {boolean} own Whether this client said it.
 * @property {string} sender How the one who said it is called; empty for what nobody said.
 * @property {number} senderId 0 for what nobody said.
 * @property {number} [id] The number of a message in its room.
 * @property {boolean} [action] Whether it is what somebody does, not says.
 * @property {string} [to] Whom it was whispered to.
 * @property {string} [ref] The id under which it was sent.
 * @property {Delivery} [delivery] How far it got; only of what this client said.
 * @property {string} [detail] Why it failed.
 * @property {boolean} [mention] Whether it names the reader.
 * @property {Crowd} [crowd] Of a `presence` entry: who came or went.
 * @property {number} [behind] Of a `missed` entry: it stands behind all messages up to this number.
 * @property {"loading" | "waiting" | undefined} [loading] Of a `missed` entry: whether what is missing is on its way, or can be asked for.
 */

/** @typedef {Pick<Entry, "kind" | "text"> & Partial<Entry>} NewEntry */
/** @typedef {NewEntry & { id: number, time: number }} NumberedEntry */

/**
 * @typedef {object} TimelineListener Is told of every change, after it. Places are counted from the oldest entry.
 * @property {(place: number) => void} inserted
 * @property {(place: number, count: number) => void} removed
 * @property {(key: number) => void} changed The entry looks different.
 */

/** @typedef {ReturnType<typeof Timeline.createTimeline>} TimelineStore */
/** @typedef {typeof Timeline} TimelineModule */

const Timeline = (() => {
  const { grouping } = backchannel;

  /**
   * Entries that are kept: some days of a busy room, some 5 MB. When there are more, an old tenth goes; the server may
   * still have it.
   */
  const CAPACITY = 10_000;

  /** How long people who come or go are gathered in one entry, in ms. */
  const CROWD_GAP = 60_000;

  /** How far the times of one message may differ that was heard on two connections, in ms: the clocks are compared anew. */
  const SAME_TIME = 5_000;

  let lastKey = 0;

  /**
   * @param {object} [options]
   * @param {() => number} [options.now]
   * @param {number} [options.capacity]
   */
  function createTimeline({ now = Date.now, capacity = CAPACITY } = {}) {
    /** @type {Entry[]} */
    const entries = [];
    /** @type {Map<number, Entry>} */
    const byKey = new Map();
    /** @type {Map<string, Entry>} */
    const byRef = new Map();
    /** @type {Map<number, Entry>} */
    const byId = new Map();
    /** Messages whose numbers mean nothing any more, by what they say. @type {Map<string, Entry[]>} */
    const unnumbered = new Map();
    /** @type {TimelineListener | undefined} */
    let listener;
    /** @type {number | undefined} */
    let mark;
    let forgotten = false;

    /**
     * @param {number} index
     * @param {NewEntry} given
     */
    function insert(index, given) {
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

    /**
     * Takes entries out for good.
     *
     * @param {number} index
     * @param {number} count
     */
    function drop(index, count) {
      for (const { key, ref, id } of entries.splice(index, count)) {
        byKey.delete(key);
        if (ref !== undefined) byRef.delete(ref);
        if (id !== undefined) byId.delete(id);
        if (key === mark) mark = undefined;
      }
      listener?.removed(index, count);
      changedAt(index);
    }

    /** @param {number} count */
    function forget(count) {
      forgotten = true;
      drop(0, count);
    }

    /** What stands there may begin a group now, or no longer. @param {number} index */
    function changedAt(index) {
      const entry = entries[index];
      if (entry !== undefined) listener?.changed(entry.key);
    }

    /**
     * Where a message with this number belongs: behind all with smaller ones, and what happened before it; before what is
     * yet to be said.
     *
     * @param {number} id
     * @param {number} time
     */
    function placeOf(id, time) {
      let index = entries.length;
      while (index > 0 && !((orderOf(entries[index - 1]) ?? Infinity) < id)) index--;
      for (let entry = entries[index]; entry !== undefined; entry = entries[++index]) {
        if (orderOf(entry) !== undefined || isPending(entry) || entry.time > time) break;
      }
      return index;
    }

    /**
     * Changes an entry, if it is still kept.
     *
     * @param {number} key
     * @param {Partial<Entry>} change
     */
    function update(key, change) {
      const entry = byKey.get(key);
      if (entry === undefined) return;
      Object.assign(entry, change);
      listener?.changed(key);
      changedAt(entries.lastIndexOf(entry) + 1);
    }

    /**
     * Says which number a message got that is there, and puts it in its place. Another copy of it goes.
     *
     * @param {number} key
     * @param {number} id
     * @param {Partial<Entry>} [change]
     */
    function identify(key, id, change = {}) {
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

    /**
     * A message that was here when the numbers were others.
     *
     * @param {NumberedEntry} given
     */
    function findUnnumbered(given) {
      if (unnumbered.size === 0) return undefined;
      const alike = unnumbered.get(likeness(given)) ?? [];
      const index = alike.findIndex(({ key, time }) =>
        byKey.has(key) && Math.abs(time - given.time) < SAME_TIME
      );
      return index < 0 ? undefined : alike.splice(index, 1)[0];
    }

    return {
      /** Adds something at the end. @param {NewEntry} given */
      add: (given) => insert(entries.length, given),
      /**
       * Puts a message in its place, unless it is here. Returns it if it is new.
       *
       * @param {NumberedEntry} given
       */
      put(given) {
        if (byId.has(given.id)) return undefined;
        const known = findUnnumbered(given);
        if (known === undefined) return insert(placeOf(given.id, given.time), given);
        identify(known.key, given.id);
        return undefined;
      },
      /**
       * Puts an entry behind all messages up to a number.
       *
       * @param {NewEntry & { behind: number }} given
       */
      putBehind(given) {
        return insert(placeOf(given.behind + 1, given.time ?? now()), given);
      },
      identify,
      update,
      /** Takes an entry out. @param {number} key */
      remove(key) {
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
      /** @param {number} key */
      get: (key) => byKey.get(key),
      /** @param {number} id */
      byId: (id) => byId.get(id),
      /**
       * The entry that was sent with this id.
       *
       * @param {string | null} ref
       */
      byRef: (ref) => ref === null ? undefined : byRef.get(ref),
      /** The entry at a place. @param {number} place */
      at: (place) => entries[place],
      /** Where an entry stands, -1 if it is gone. @param {number} key */
      placeOf(key) {
        const entry = byKey.get(key);
        return entry === undefined ? -1 : entries.lastIndexOf(entry);
      },
      /** All that stands behind an entry. @param {number} key */
      behind: (key) => entries.slice(entries.findIndex((entry) => entry.key === key) + 1),
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
      /**
       * The numbers within a range that are here.
       *
       * @param {number} from
       * @param {number} to
       */
      idsWithin: (from, to) => [...byId.keys()].filter((id) => id >= from && id <= to),
      /** The first message with a larger number that others said. @param {number} id */
      firstBehind: (id) => entries.find((entry) => (entry.id ?? 0) > id && !entry.own),
      /** The key of the entry before which the unread line stands. */
      get mark() {
        return mark;
      },
      set mark(/** @type {number | undefined} */ key) {
        if (key === mark) return;
        const before = mark;
        mark = key;
        for (const each of [before, key]) if (each !== undefined) listener?.changed(each);
      },
      /** From now on this one is told of changes, and no other. @param {TimelineListener | undefined} other */
      listen(other) {
        listener = other;
      },
      /**
       * Says that somebody came or went, together with others who did so a moment ago.
       *
       * @param {"join" | "leave"} event
       * @param {string} name
       */
      crowd(event, name) {
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

  /** The number by which an entry has its place, if it has one. @param {Entry | undefined} entry */
  function orderOf(entry) {
    return entry?.id ?? entry?.behind;
  }

  /** Whether it is yet to be said. @param {Entry} entry */
  function isPending({ delivery }) {
    return delivery === "queued" || delivery === "sending";
  }

  /** @param {NewEntry} entry */
  function likeness({ sender = "", text, action = false }) {
    return `${sender} ${action} ${text}`;
  }

  return { CAPACITY, createTimeline };
})();
backchannel.timeline = Timeline;
