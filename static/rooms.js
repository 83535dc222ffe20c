// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * The rooms that this client is in, and which of them is in view. It outlives connections and a reload of the page, as
 * far as which they are and how far each is read.
 *
 * Must never know the page nor the wire.
 * @module
 */
"use strict";

/**
 * @import { ChatRoom } from "./room.js"
 * @import { Position } from "./talk.js"
 */

/** @typedef {{ load: () => string | null, save: (text: string) => void }} Memory */

/**
 * @typedef {object} RoomsOptions
 * @property {() => number} now
 * @property {Memory} memory Which rooms, for this tab.
 * @property {Memory} reading How far each is read, for all tabs.
 * @property {() => boolean} attended Whether somebody looks at the newest in the room in view.
 * @property {() => void} onChange What is to be shown of the rooms has changed.
 */

/** @typedef {ReturnType<typeof Rooms.createRooms>} RoomList */
/** @typedef {typeof Rooms} RoomsModule */

const Rooms = (() => {
  const { protocol, room: rooming } = backchannel;

  /** Rooms of which it is remembered how far they are read, those read last. */
  const REMEMBERED = 100;

  /** A longer text is no room's name, in UTF-16 units. Normalizing a long text of marks takes the square of it. */
  const LONGEST_NAME = 256;

  /** @param {RoomsOptions} options */
  function createRooms({ now, memory, reading, attended, onChange }) {
    const readings = () => Object.entries(parse(reading.load())).filter(isReading);
    const seen = new Map(readings());
    /** How far this tab has read each room. @type {Map<string, Position>} */
    const noted = new Map();
    const kept = parse(memory.load());
    /** @type {ChatRoom[]} */
    const all = [];
    const lobby = add(protocol.LOBBY);
    let shown = lobby;
    for (const name of Array.isArray(kept.names) ? kept.names : []) {
      if (typeof name === "string" && !find(name)) add(name);
    }
    shown = find(kept.shown) ?? lobby;

    /** @param {string} name */
    function add(name) {
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

    /** @param {ChatRoom} room */
    function note({ name, read }) {
      if (read !== undefined) noted.set(name, read);
      onChange();
    }

    /** @param {unknown} name */
    function find(name) {
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
      /** @returns {readonly ChatRoom[]} */
      get all() {
        return all;
      },
      get shown() {
        return shown;
      },
      /** Puts a room into view. @param {ChatRoom} room */
      show(room) {
        if (room === shown) return;
        shown.turnAway();
        shown = room;
        keep();
        onChange();
      },
      /** One is in this room, too. @param {string} name */
      open(name) {
        const known = find(name);
        if (known !== undefined) return known;
        const room = add(name);
        keep();
        onChange();
        return room;
      },
      /** One is in this room no more; the one before it comes into view. @param {ChatRoom} room */
      close(room) {
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

  /** What the names of one room have in common, as the server sees it. @param {string} name */
  function keyOf(name) {
    if (name.length > LONGEST_NAME) return name;
    const folded = name.replace(/^#/, "").normalize("NFKC").toLowerCase().toUpperCase();
    return folded.toLowerCase().normalize("NFKC");
  }

  /** @param {string | null} text */
  function parse(text) {
    try {
      const value = JSON.parse(text ?? "{}");
      return typeof value === "object" && value !== null ? value : {};
    } catch {
      return {};
    }
  }

  /**
   * @param {[string, any]} entry
   * @returns {entry is [string, Position]}
   */
  function isReading([, position]) {
    return typeof position?.epoch === "string" && typeof position.offset === "number";
  }

  return { createRooms };
})();
backchannel.rooms = Rooms;
