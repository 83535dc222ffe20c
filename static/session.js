// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * The chat as this client lives it: the way of an event from the server to the part that it is for, and what becomes of a
 * line that was typed.
 *
 * Must never know the page: it tells a view what happened, and is driven by tests without one.
 * @module
 */
"use strict";

/**
 * @import { Clock, ConnectionOptions, ConnectionState, ServerConnection } from "./connection.js"
 * @import { OutboxStore } from "./outbox.js"
 * @import { Command, Event, Hello, Limits, Message, RoomFacts, User } from "./protocol.js"
 * @import { ChatRoom } from "./room.js"
 * @import { RoomList } from "./rooms.js"
 * @import { SelfState } from "./self.js"
 * @import { StatsSeries } from "./series.js"
 * @import { Entry, NewEntry, NumberedEntry } from "./timeline.js"
 */

/**
 * @typedef {object} SessionView What is told of what happened.
 * @property {() => void} onStatus The connection, or who one is, has changed.
 * @property {(problem: string) => void} askName A name is wanted; `problem` is what is wrong with the one that was given.
 * @property {() => void} nameSettled
 * @property {(room: ChatRoom, entry: Entry) => void} onEntry Something happened that one did not do oneself.
 * @property {(room: ChatRoom, entry: Entry) => void} onFailed Something was not taken that one has said.
 * @property {(room: ChatRoom) => void} onPage What is known of a room's older messages has changed.
 * @property {(room: ChatRoom) => void} onLine A room has an unread line.
 * @property {(room: ChatRoom) => void} onJoined One is in a room because one wanted to.
 * @property {(problem: string) => void} onRefused One cannot go to a room.
 * @property {(rooms: readonly RoomFacts[]) => void} onRooms Which rooms there are.
 * @property {(ms: number) => void} onThrottled One is too fast for the server.
 * @property {() => void} onStats
 */

/**
 * @typedef {object} SessionOptions
 * @property {RoomList} rooms
 * @property {SelfState} self
 * @property {OutboxStore} outbox
 * @property {StatsSeries} series
 * @property {SessionView} view
 * @property {{ load: () => string | null, save: (name: string) => void }} nameMemory
 * @property {(options: Pick<ConnectionOptions, "subprotocol" | "clock" | "onState" | "onFrame">) => ServerConnection} connect
 * @property {Clock} clock
 */

/** @typedef {ReturnType<typeof Session.createSession>} ChatSession */
/** @typedef {typeof Session} SessionModule */

const Session = (() => {
  const {
    answers,
    deeds: doing,
    hearing,
    markup,
    naming,
    pages: paging,
    protocol,
    questions,
    resume: resuming,
    speech,
  } = backchannel;

  /** A connection that was silent for so long is asked whether it lives when the tab comes back, in ms. */
  const SILENCE = 5_000;

  /** @param {SessionOptions} options */
  function createSession(options) {
    const { rooms, self, series, view, nameMemory, connect, clock } = options;

    const now = () => clock.now();

    /** @type {ConnectionState} */
    let state = "idle";
    /** @type {number | undefined} */
    let retryAt;
    let anonymous = false;
    /** Whether it is clear under which name to speak. */
    let settled = false;
    /** Why one is away, as one has said. */
    let away = "";
    /** @type {Hello | undefined} */
    let hello;
    let lastFrame = 0;
    /** How far the server's clock is ahead, in ms. */
    let skew = 0;
    /** @type {(request: import("./protocol.js").Request, ref: string) => boolean} */
    const send = (request, ref) => connection.send(protocol.encode(request, ref));
    const asked = questions.createQuestions(send);
    const words = speech.createSpeech({
      rooms,
      outbox: options.outbox,
      now,
      send: ({ ref, text, room }) => send(speech.requestOf(text, room), ref),
    });
    const pages = paging.createPages({ asked, merge, onLine: view.onLine, onPage });
    const resume = resuming.createResume({ rooms, asked, pages, merge, tell, now });
    const heard = hearing.createHearing({
      rooms,
      self,
      words,
      pages,
      entryOf,
      localTime: (time) => time - skew,
      tell,
      onAdded: view.onEntry,
      onUnsure: (room) => asked.askOnce("/list", room),
    });
    const answer = answers.createAnswers({
      rooms,
      self,
      words,
      asked,
      pages,
      resume,
      tell,
      onNamed: named,
      onAway(user) {
        away = user.away ?? "";
        become(user);
        view.onStatus();
      },
      onStats(stats) {
        series.push(stats, now());
        view.onStats();
      },
      onJoined(room, typed) {
        if (room.crowded) asked.askOnce("/list", room);
        if (typed) rooms.show(room);
        view.onPage(room);
        if (typed) view.onJoined(room);
        if (settled) words.flush();
      },
      onRooms: view.onRooms,
    });
    const name = naming.createNaming({
      send: (wanted) => {
        const ref = protocol.createRef();
        return send({ type: "command", text: `/name ${wanted}` }, ref) ? ref : undefined;
      },
      ask: view.askName,
      memory: nameMemory,
      clock,
    });

    const connection = connect({
      subprotocol: protocol.SUBPROTOCOL,
      clock,
      onFrame: (data) => {
        lastFrame = now();
        const event = protocol.parseEvent(data);
        if (event !== undefined) handle(event);
      },
      onState: (next, at) => {
        if (state === "open" && next !== "open") lose();
        state = next;
        retryAt = at;
        view.onStatus();
      },
    });

    /**
     * @param {Message} event
     * @returns {NumberedEntry}
     */
    function entryOf({ id, text, time, from, action }) {
      const own = self.is(from);
      return {
        kind: "message",
        id,
        text,
        time: time - skew,
        sender: protocol.displayName(from),
        senderId: from.id,
        own,
        mention: !own && markup.mentions(text, self.user?.name ?? null),
        ...(action ? { action } : {}),
      };
    }

    /**
     * Puts messages in their places that came together. Returns those that are new.
     *
     * @param {ChatRoom} room
     * @param {readonly Message[]} messages
     */
    function merge(room, messages) {
      const entries = messages.map(entryOf);
      for (const entry of entries) if (entry.own) words.recognise(room, entry);
      return room.talk.merge(entries);
    }

    /**
     * @param {ChatRoom} room
     * @param {NewEntry} entry
     */
    function tell(room, entry) {
      view.onEntry(room, room.timeline.add(entry));
    }

    /** @param {ChatRoom} room */
    function onPage(room) {
      room.heard([]);
      view.onPage(room);
    }

    function lose() {
      resume.lost();
      settled = false;
      name.stop();
      asked.clear();
      words.ground();
    }

    /** @param {Event} event */
    function handle(event) {
      switch (event.type) {
        case "hello":
          return greet(event);
        case "message":
        case "whisper":
        case "presence":
        case "back":
        case "people":
        case "away":
        case "topic":
        case "ack":
        case "dropped": {
          /** @type {(event: any) => void} */
          const hear = heard[event.type];
          return hear(event);
        }
        case "reply":
          return answer(event);
        case "error":
          return refuse(event);
        case "throttled":
          return view.onThrottled(event.retryAfter);
        case "notice":
          return void tell(rooms.shown, { kind: "notice", text: event.text });
        case "bye":
          tell(rooms.shown, { kind: "notice", text: event.text });
          return connection.leave();
        case "shutdown":
          tell(rooms.shown, { kind: "notice", text: event.text });
          return connection.comeBack(event.reconnect);
      }
    }

    /** @param {Hello} event */
    function greet(event) {
      const again = hello !== undefined;
      hello = event;
      skew = event.time - now();
      self.begin(event.you, event.epoch);
      resume.greeted(event);
      if (rooms.lobby.crowded) asked.askOnce("/list", rooms.lobby);
      if (name.begin(again)) settled = false;
      else if (anonymous) settle();
      else view.askName("");
      view.onStatus();
    }

    /** @param {Extract<Event, { type: "error" }>} event */
    function refuse({ ref, code, text }) {
      if (name.refused(ref, code, text)) return;
      const question = asked.take(ref);
      const failed = words.refused(ref, text);
      if (failed !== undefined) return view.onFailed(rooms.shown, failed);
      if (question?.line === "/history" && !question.typed) return pages.refused(question, code);
      if (question?.line.startsWith("/join ") && question.typed) return view.onRefused(text);
      tell(rooms.shown, { kind: "error", text: text.replace(/^Error: /, "") });
    }

    /**
     * @param {User} user
     * @param {string | null} ref
     */
    function named(user, ref) {
      const asked = name.got(user.name, ref);
      const anew = asked && user.name !== self.user?.name;
      anonymous = false;
      become(user);
      if (anew) tell(rooms.shown, { kind: "notice", text: `You are now called ${user.name}` });
      view.nameSettled();
      settle();
    }

    /** One is called otherwise, or away. @param {User} user */
    function become(user) {
      self.change(user);
      for (const room of rooms.all) if (room.joined) room.people.put(user);
    }

    /** It is clear under which name to speak: goes where one was, and says what waits. */
    function settle() {
      settled = true;
      if (state === "open") resume.rejoin();
      if (away !== "" && self.user?.away === undefined) {
        asked.askLine(`/away ${away}`, rooms.lobby, false);
      }
      view.onStatus();
      words.flush();
    }

    const deeds = doing.createDeeds({
      rooms,
      words,
      asked,
      connection,
      tell,
      changeName,
      onRefused: view.onRefused,
      onJoined: view.onJoined,
      isSettled: () => settled,
    });

    /** @param {string} wanted */
    function changeName(wanted) {
      if (name.choose(wanted)) return;
      tell(rooms.shown, {
        kind: "notice",
        text: `You will be called ${wanted} when the server is back`,
      });
    }

    return {
      /**
       * Connects to a server, which may be another one than before.
       *
       * @param {string} url
       */
      open(url) {
        hello = undefined;
        connection.open(url);
      },
      retry: deeds.comeBack,
      /** The network or the reader is back: the connection should be, too. */
      wake() {
        if (state === "waiting" || (state === "closed" && !deeds.left)) connection.retry();
        else if (state === "open" && now() - lastFrame > SILENCE) {
          asked.askOnce("/list", rooms.lobby);
        }
      },
      disconnect: deeds.disconnect,
      submit: deeds.submit,
      join: deeds.join,
      leave: deeds.leave,
      changeName,
      /** Speaks without a name. */
      stayAnonymous() {
        anonymous = self.user?.name === null;
        if (anonymous) name.forgo();
        settle();
      },
      typed: words.typed,
      askStats: () => asked.askOnce("/stats", rooms.lobby),
      askList: () => asked.askOnce("/list", rooms.shown),
      askRooms: () => asked.askOnce("/rooms", rooms.lobby),
      /** Fetches what was said before the oldest message of the room in view. */
      askOlder: () => pages.older(rooms.shown),
      /** Fetches what is missing where an entry says so. @param {number} key */
      askMissing: (key) => pages.fill(rooms.shown, key),
      get state() {
        return state;
      },
      get retryAt() {
        return retryAt;
      },
      get me() {
        return self.user;
      },
      get settled() {
        return settled;
      },
      get wantedName() {
        return name.wanted;
      },
      /** @returns {Limits | undefined} */
      get limits() {
        return hello?.limits;
      },
      /** @returns {readonly Command[]} */
      get commands() {
        return hello?.commands ?? [];
      },
    };
  }

  return { createSession };
})();
backchannel.session = Session;
