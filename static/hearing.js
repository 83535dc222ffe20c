// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * What the server tells unasked of the rooms that one is in, put where it belongs: what is said there, who comes, goes and
 * is away, what they are about.
 *
 * Must never know the page nor a socket, nor what this client has asked.
 * @module
 */
"use strict";

/**
 * @import { Event, Message } from "./protocol.js"
 * @import { PageFetcher } from "./pages.js"
 * @import { ChatRoom } from "./room.js"
 * @import { RoomList } from "./rooms.js"
 * @import { SelfState } from "./self.js"
 * @import { SpeechState } from "./speech.js"
 * @import { Entry, NewEntry, NumberedEntry } from "./timeline.js"
 */

/**
 * @template {Event["type"]} Type
 * @typedef {Extract<Event, { type: Type }>} EventOf
 */

/**
 * @typedef {object} HearingOptions
 * @property {RoomList} rooms
 * @property {SelfState} self
 * @property {SpeechState} words
 * @property {PageFetcher} pages
 * @property {(event: Message) => NumberedEntry} entryOf
 * @property {(time: number) => number} localTime What the server's time is by the clock of the reader.
 * @property {(room: ChatRoom, entry: NewEntry) => void} tell Puts something into the log of a room.
 * @property {(room: ChatRoom, entry: Entry) => void} onAdded Something is in the log of a room that was not said by oneself.
 * @property {(room: ChatRoom) => void} onUnsure Who is in a room is not known any more.
 */

/** @typedef {typeof Hearing} HearingModule */

const Hearing = (() => {
  const { gaps, protocol } = backchannel;

  /** @param {HearingOptions} options */
  function createHearing(options) {
    const { rooms, self, words, pages, entryOf, localTime, tell, onAdded, onUnsure } = options;

    /**
     * Does something in a room, unless one has just left it.
     *
     * @param {string} name
     * @param {(room: ChatRoom) => void} act
     */
    function inRoom(name, act) {
      const room = rooms.find(name);
      if (room !== undefined) act(room);
    }

    /**
     * @param {ChatRoom} room
     * @param {Message} event
     */
    function hear(room, event) {
      const given = entryOf(event);
      room.talk.note(event.id);
      if (given.own && words.recognise(room, given)) return;
      const entry = room.timeline.put(given);
      if (entry === undefined) return;
      room.heard([entry]);
      if (!entry.own) onAdded(room, entry);
      pages.fill(room);
    }

    /**
     * @param {ChatRoom} room
     * @param {"join" | "leave"} event
     * @param {string} name
     */
    function crowd(room, event, name) {
      const entry = room.timeline.crowd(event, name);
      if (entry !== undefined) onAdded(room, entry);
    }

    return {
      /** @param {Message} event */
      message(event) {
        inRoom(event.room, (room) => room.talk.inOrder(() => hear(room, event)));
      },
      /** Whispers cross rooms: they are shown in the one in view. @param {EventOf<"whisper">} event */
      whisper({ from, text, time }) {
        const { shown } = rooms;
        const entry = shown.timeline.add({
          kind: "whisper",
          text,
          time: localTime(time),
          sender: protocol.displayName(from),
          senderId: from.id,
          own: self.is(from),
        });
        if (!entry.own) onAdded(shown, entry);
      },
      /** One's own message has got a number. @param {EventOf<"ack">} event */
      ack({ ref, room: name, id, time }) {
        const { user } = self;
        const sender = user === undefined ? "" : protocol.displayName(user);
        words.arrived(ref, { id, time: localTime(time), sender, senderId: user?.id ?? 0 });
        inRoom(name, (room) => {
          if (user) room.people.put(user);
          room.talk.inOrder(() => {
            room.talk.note(id);
            room.heard([]);
            pages.fill(room);
          });
        });
      },
      /** @param {EventOf<"presence">} event */
      presence({ room: name, event, user, previous }) {
        inRoom(name, (room) => {
          const known = room.people.get(user.id);
          if (event === "leave") room.people.remove(user.id);
          else room.people.put(user);
          if (room.crowded) onUnsure(room);
          if (user.id === self.user?.id) return;
          const called = protocol.displayName(user);
          const before = previous ?? (known && protocol.displayName(known));
          if (event !== "rename") crowd(room, event, called);
          else if (before === undefined) crowd(room, "join", called);
          else tell(room, { kind: "presence", text: `${before} is now called ${called}` });
        });
      },
      /** So soon that nobody was told: only the number is another. @param {EventOf<"back">} event */
      back({ room: name, user, previous }) {
        inRoom(name, (room) => {
          room.people.remove(previous);
          room.people.put(user);
        });
      },
      /** @param {EventOf<"people">} event */
      people({ room: name, users }) {
        inRoom(name, (room) => room.count(users));
      },
      /** @param {EventOf<"away">} event */
      away({ room: name, user }) {
        inRoom(name, (room) => room.people.put(user));
      },
      /** @param {EventOf<"topic">} event */
      topic({ room: name, from, topic }) {
        inRoom(name, (room) => {
          room.topic = topic;
          tell(room, {
            kind: "notice",
            text: topic === null
              ? `${protocol.displayName(from)} removed the topic`
              : `${protocol.displayName(from)} set the topic to \u201c${topic}\u201d`,
          });
        });
      },
      /**
       * Messages were too much for this connection.
       *
       * @param {EventOf<"dropped">} event
       */
      dropped({ count, missed }) {
        for (const room of rooms.all) if (room.joined && !room.crowded) onUnsure(room);
        for (const { room: name, from, to } of missed ?? []) {
          inRoom(name, (room) =>
            room.talk.inOrder(() => {
              room.talk.miss(from, to);
              pages.fill(room);
            }));
        }
        if (missed?.length) return;
        const text = `Too much at once: ${gaps.count(count)} missed.`;
        tell(rooms.shown, { kind: "missed", text });
      },
    };
  }

  return { createHearing };
})();
backchannel.hearing = Hearing;
