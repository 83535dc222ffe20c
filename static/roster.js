// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * Who is here, and which colour each name has.
 *
 * Must never know the page nor the wire.
 * @module
 */
"use strict";

/** @import { User } from "./protocol.js" */

/** @typedef {ReturnType<typeof Roster.createRoster>} RosterStore */
/** @typedef {typeof Roster} RosterModule */

const Roster = (() => {
  /** How many sender colours the style sheet has. */
  const COLOURS = 8;

  /** As much of a name as decides its colour, in UTF-16 units. Normalizing a long text of marks takes the square of it. */
  const COLOURED = 256;

  const { compare } = new Intl.Collator(undefined, { sensitivity: "base", numeric: true });

  /** @param {() => void} onChange */
  function createRoster(onChange) {
    /** @type {Map<number, User>} */
    const users = new Map();
    /** @type {readonly User[] | undefined} */
    let sorted;

    function change() {
      sorted = undefined;
      onChange();
    }

    return {
      /** @param {readonly User[]} all */
      reset(all) {
        users.clear();
        for (const user of all) users.set(user.id, user);
        change();
      },
      /** @param {User} user */
      put(user) {
        users.set(user.id, user);
        change();
      },
      /** @param {number} id */
      remove(id) {
        users.delete(id);
        change();
      },
      /** @param {number} id */
      get(id) {
        return users.get(id);
      },
      get size() {
        return users.size;
      },
      /** Everybody: those with names first, in the order of the alphabet. */
      sorted() {
        return sorted ??= [...users.values()].sort((a, b) =>
          Number(a.name === null) - Number(b.name === null) ||
          compare(a.name ?? a.address, b.name ?? b.address)
        );
      },
    };
  }

  /**
   * The number of the colour of a name; the same on every page, in whatever case it is written.
   *
   * @param {string} name
   */
  function colourOf(name) {
    let hash = 0x811c9dc5; // FNV-1a
    for (const character of name.slice(0, COLOURED).normalize("NFKC").toLowerCase()) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    }
    return ((hash ^ (hash >>> 16)) >>> 0) % COLOURS;
  }

  return { COLOURS, createRoster, colourOf };
})();
backchannel.roster = Roster;
