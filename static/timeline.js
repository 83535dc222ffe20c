// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * All that was said and happened, in order, and how it falls into days and groups.
 *
 * Must never know the page nor the wire.
 * @module
 */
"use strict";

/**
 * @typedef {"message" | "whisper" | "notice" | "presence" | "missed" | "error"} EntryKind
 * @typedef {"queued" | "sending" | "sent" | "failed"} Delivery
 */

/**
 * @typedef {object} Entry One thing in the log.
 * @property {number} key Its number; grows by one with every entry.
 * @property {EntryKind} kind
 * @property {number} time
 * @property {string} text
 * @property {boolean} own Whether this client said it.
 * @property {string} sender How the one who said it is called; empty for what nobody said.
 * @property {number} senderId 0 for what nobody said.
 * @property {string} [to] Whom it was whispered to.
 * @property {string} [ref] The id under which it was sent.
 * @property {Delivery} [delivery] How far it got; only of what this client said.
 * @property {string} [detail] Why it failed.
 * @property {boolean} [mention] Whether it names the reader.
 * @property {Crowd} [crowd] Of a `presence` entry: who came or went.
 */

/** @typedef {{ event: "join" | "leave", names: readonly string[], others: number }} Crowd */
/** @typedef {Pick<Entry, "kind" | "text"> & Partial<Entry>} NewEntry */
/** @typedef {ReturnType<typeof Timeline.createTimeline>} TimelineStore */
/** @typedef {typeof Timeline} TimelineModule */

const Timeline = (() => {
  /** Entries that are kept: some days of a busy room, some 10 MB. When there are more, an old tenth goes. */
  const CAPACITY = 20_000;

  /** A pause after which the same sender is named again, in ms. */
  const GROUP_GAP = 5 * 60_000;

  /** How long people who come or go are gathered in one entry, in ms. */
  const CROWD_GAP = 60_000;

  /** How many of them are named. */
  const CROWD_NAMES = 4;

  /**
   * @param {object} options
   * @param {(key: number) => void} options.onAdd
   * @param {(key: number) => void} options.onChange
   * @param {() => number} [options.now]
   * @param {number} [options.capacity]
   */
  function createTimeline({ onAdd, onChange, now = Date.now, capacity = CAPACITY }) {
    /** @type {Entry[]} */
    let entries = [];
    /** The key of the first entry that is kept. */
    let first = 0;
    /** @type {Map<string, number>} */
    const byRef = new Map();

    /** @param {number} key */
    function get(key) {
      return entries[key - first];
    }

    /** @param {NewEntry} given */
    function add(given) {
      const key = first + entries.length;
      const entry = { time: now(), own: false, sender: "", senderId: 0, ...given, key };
      entries.push(entry);
      if (entry.ref !== undefined) byRef.set(entry.ref, key);
      if (entries.length > capacity) forget(Math.ceil(capacity / 10));
      onAdd(key);
      return entry;
    }

    /** @param {number} count */
    function forget(count) {
      for (const { ref } of entries.slice(0, count)) if (ref !== undefined) byRef.delete(ref);
      entries = entries.slice(count);
      first += count;
    }

    /**
     * Changes an entry, if it is still kept.
     *
     * @param {number} key
     * @param {Partial<Entry>} change
     */
    function update(key, change) {
      const entry = get(key);
      if (entry === undefined) return;
      Object.assign(entry, change);
      onChange(key);
    }

    return {
      add,
      get,
      update,
      /** The key of the oldest entry. */
      get first() {
        return first;
      },
      /** The key that the next entry will have. */
      get end() {
        return first + entries.length;
      },
      /**
       * The entry that was sent with this id.
       *
       * @param {string | null} ref
       */
      byRef(ref) {
        const key = ref === null ? undefined : byRef.get(ref);
        return key === undefined ? undefined : get(key);
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
          const crowd = enlarge(last.crowd, name);
          update(last.key, { crowd, text: describeCrowd(crowd) });
        } else {
          const crowd = { event, names: [name], others: 0 };
          add({ kind: "presence", text: describeCrowd(crowd), crowd });
        }
      },
    };
  }

  /**
   * @param {Crowd} crowd
   * @param {string} name
   */
  function enlarge({ event, names, others }, name) {
    if (names.includes(name)) return { event, names, others };
    if (names.length < CROWD_NAMES) return { event, names: [...names, name], others };
    return { event, names, others: others + 1 };
  }

  /** @param {Crowd} crowd */
  function describeCrowd({ event, names, others }) {
    const rest = others === 0 ? [] : [others === 1 ? "one other" : `${others} others`];
    return `${list([...names, ...rest])} ${event === "join" ? "joined" : "left"}`;
  }

  /** @param {readonly string[]} names */
  function list(names) {
    return names.length < 2
      ? names.join("")
      : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  }

  /**
   * Whether an entry begins a new day, and whether it must say who speaks.
   *
   * @param {Entry} entry
   * @param {Entry | undefined} previous
   */
  function place(entry, previous) {
    const newDay = previous === undefined || dayOf(entry.time) !== dayOf(previous.time);
    const opens = newDay || previous.kind !== entry.kind || previous.own !== entry.own ||
      previous.sender !== entry.sender || previous.senderId !== entry.senderId ||
      previous.to !== entry.to || entry.time - previous.time > GROUP_GAP;
    return { newDay, opens };
  }

  /** @param {number} time */
  function dayOf(time) {
    return new Date(time).toDateString();
  }

  return { CAPACITY, createTimeline, place };
})();
backchannel.timeline = Timeline;
