// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * How entries of a log belong together: in days, in groups of one speaker, and those who come and go in one entry.
 *
 * Must never know the page nor the wire, nor keep anything.
 * @module
 */
"use strict";

/** @import { Entry } from "./timeline.js" */

/** @typedef {{ event: "join" | "leave", names: readonly string[], others: number }} Crowd */
/** @typedef {typeof Grouping} GroupingModule */

const Grouping = (() => {
  /** A pause after which the same sender is named again, in ms. */
  const GROUP_GAP = 5 * 60_000;

  /** How many of a crowd are named. */
  const CROWD_NAMES = 4;

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
  function describe({ event, names, others }) {
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
    const opens = newDay || previous.kind !== entry.kind || !isSameSpeaker(previous, entry) ||
      previous.to !== entry.to || previous.action !== entry.action ||
      entry.time - previous.time > GROUP_GAP;
    return { newDay, opens };
  }

  /**
   * Whether one spoke as who one was; one's own number is another with every connection.
   *
   * @param {Entry} one
   * @param {Entry} other
   */
  function isSameSpeaker(one, other) {
    if (one.own || other.own) return one.own === other.own;
    return one.sender === other.sender && one.senderId === other.senderId;
  }

  /** @param {number} time */
  function dayOf(time) {
    return new Date(time).toDateString();
  }

  return { enlarge, describe, place };
})();
backchannel.grouping = Grouping;
