// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * The chat as this client lives it: what an event from the server does to the timeline, the roster and the rest, and
 * what becomes of a line that was typed.
 *
 * Must never know the page: it tells a view what happened, and is driven by tests without one.
 * @module
 */
"use strict";

/**
 * @import { Clock, ConnectionOptions, ConnectionState, ServerConnection } from "./connection.js"
 * @import { OutboxStore } from "./outbox.js"
 * @import { Command, Event, Hello, Limits, Reply, User } from "./protocol.js"
 * @import { RosterStore } from "./roster.js"
 * @import { StatsSeries } from "./series.js"
 * @import { Entry, TimelineStore } from "./timeline.js"
 */

/**
 * @typedef {object} SessionView What is told of what happened.
 * @property {() => void} onStatus The connection, or who one is, has changed.
 * @property {(problem: string) => void} askName A name is wanted; `problem` is what is wrong with the one that was given.
 * @property {() => void} nameSettled
 * @property {(entry: Entry) => void} onHeard Somebody else has said something.
 * @property {() => void} onStats
 */

/**
 * @typedef {object} SessionOptions
 * @property {TimelineStore} timeline
 * @property {RosterStore} roster
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
  const { gap, markup, naming, protocol, questions, speech } = backchannel;

  /** A connection that was silent for so long is asked whether it lives when the tab comes back, in ms. */
  const SILENCE = 5_000;

  /** How much of a list is shown in the log, in characters. All of it is in the list of people. */
  const LONGEST_LIST = 2_000;

  /** @param {SessionOptions} options */
  function createSession(options) {
    const {
      timeline,
      roster,
      series,
      view,
      nameMemory,
      connect,
      clock,
    } = options;

    const now = () => clock.now();

    /** @type {ConnectionState} */
    let state = "idle";
    /** @type {number | undefined} */
    let retryAt;
    /** @type {User | undefined} */
    let me;
    let anonymous = false;
    /** Whether it is clear under which name to speak. */
    let settled = false;
    /** @type {Hello | undefined} */
    let hello;
    let lastFrame = 0;
    /** How far the server's clock is ahead, in ms. */
    let skew = 0;
    let left = false;
    /** @type {(text: string, ref: string) => boolean} */
    const send = (text, ref) => connection.send(protocol.encodeMessage(text, ref));
    const asked = questions.createQuestions(send);
    const words = speech.createSpeech({
      timeline,
      outbox: options.outbox,
      now,
      send,
    });
    const absence = gap.createAbsence({ timeline, now });
    const name = naming.createNaming({
      send: (wanted) => {
        const ref = protocol.createRef();
        return send(`/name ${wanted}`, ref) ? ref : undefined;
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

    function lose() {
      absence.begin();
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
          return hear(event);
        case "presence":
          return notePresence(event);
        case "back": // so soon that nobody was told: only the number is another
          roster.remove(event.previous);
          return roster.put(event.user);
        case "ack":
          if (me) roster.put(me);
          return absence.note(event.id, words.arrived(event.ref));
        case "reply":
          return answer(event);
        case "error":
          return refuse(event);
        case "dropped":
          timeline.add({
            kind: "missed",
            text: `${gap.count(event.count)} missed: too much at once`,
          });
          return asked.askOnce("/list");
        case "notice":
          return void timeline.add({ kind: "notice", text: event.text });
        case "bye":
          timeline.add({ kind: "notice", text: event.text });
          left = event.reason === "quit";
          return connection.leave();
        case "shutdown":
          timeline.add({ kind: "notice", text: event.text });
          return connection.comeBack(event.reconnect);
      }
    }

    /** @param {Hello} event */
    function greet(event) {
      const before = hello;
      hello = event;
      me = event.you;
      skew = event.time - now();
      roster.reset(event.users);
      if (before !== undefined) absence.end(before.epoch === event.epoch);
      if (event.online > event.users.length) asked.askOnce("/list");
      if (name.begin(before !== undefined)) settled = false;
      else if (anonymous) settle();
      else view.askName("");
      view.onStatus();
    }

    /** @param {Extract<Event, { type: "message" | "whisper" }>} event */
    function hear(event) {
      if (event.type === "message") absence.note(event.id, false);
      const own = event.from.id === me?.id;
      const entry = timeline.add({
        kind: event.type,
        text: event.text,
        time: event.time - skew,
        sender: protocol.displayName(event.from),
        senderId: event.from.id,
        own,
        mention: event.type === "message" && !own && markup.mentions(event.text, me?.name ?? null),
      });
      if (!own) view.onHeard(entry);
    }

    /** @param {Extract<Event, { type: "presence" }>} event */
    function notePresence({ event, user, previous }) {
      const known = roster.get(user.id);
      if (event === "leave") roster.remove(user.id);
      else roster.put(user);
      if (user.id === me?.id) return;
      const called = protocol.displayName(user);
      const before = previous ?? (known && protocol.displayName(known));
      if (event !== "rename") timeline.crowd(event, called);
      else if (before === undefined) timeline.crowd("join", called);
      else timeline.add({ kind: "presence", text: `${before} is now called ${called}` });
    }

    /** @param {Reply} event */
    function answer(event) {
      const typed = asked.take(event.ref)?.typed === true;
      switch (event.command) {
        case "name":
          return named(event.data.user, event.ref);
        case "whisper":
          words.arrived(event.ref, protocol.displayName(event.data.to));
          return;
        case "list":
          roster.reset(event.data.users);
          if (typed) timeline.add({ kind: "notice", text: shorten(event.text) });
          return;
        case "stats":
          series.push(event.data, now());
          view.onStats();
          if (typed) timeline.add({ kind: "notice", text: event.text });
          return;
        case "help": {
          const lines = event.data.commands.map(({ usage, summary }) => `${usage}: ${summary}`);
          if (typed) timeline.add({ kind: "notice", text: lines.join("\n") });
          return;
        }
        default: // of operators
          if (typed) timeline.add({ kind: "notice", text: event.text });
      }
    }

    /** @param {Extract<Event, { type: "error" }>} event */
    function refuse({ ref, code, text }) {
      if (name.refused(ref, code, text)) return;
      asked.take(ref);
      if (!words.refused(ref, text)) {
        timeline.add({ kind: "error", text: text.replace(/^Error: /, "") });
      }
    }

    /**
     * @param {User} user
     * @param {string | null} ref
     */
    function named(user, ref) {
      const asked = name.got(user.name, ref);
      const anew = asked && user.name !== me?.name;
      me = user;
      anonymous = false;
      roster.put(user);
      if (anew) timeline.add({ kind: "notice", text: `You are now called ${user.name}` });
      view.nameSettled();
      settle();
    }

    /** It is clear under which name to speak: says what waits. */
    function settle() {
      settled = true;
      view.onStatus();
      words.flush();
    }

    /** @param {string} line */
    function askTyped(line) {
      if (asked.ask(line, true)) return;
      const [word] = line.split(/\s/, 1);
      timeline.add({ kind: "error", text: `Cannot do ${word}: there is no connection` });
    }

    /**
     * Says what was typed, or queues it.
     *
     * @param {string} text
     */
    function say(text) {
      const taken = words.say(text);
      if (settled) words.flush();
      if (state === "closed" && !left) connection.retry();
      return taken;
    }

    /** @param {string} wanted */
    function changeName(wanted) {
      if (name.choose(wanted)) return;
      timeline.add({
        kind: "notice",
        text: `You will be called ${wanted} when the server is back`,
      });
    }

    function disconnect() {
      left = true;
      send("/quit", protocol.createRef());
      connection.close();
      timeline.add({
        kind: "notice",
        text: "You have left. What you type waits until you are back.",
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
      /** Tries at once what it would try later, or comes back after leaving. */
      retry() {
        left = false;
        connection.retry();
      },
      /** The network or the reader is back: the connection should be, too. */
      wake() {
        if (state === "waiting" || (state === "closed" && !left)) connection.retry();
        else if (state === "open" && now() - lastFrame > SILENCE) asked.askOnce("/list");
      },
      disconnect,
      changeName,
      /** Speaks without a name. */
      stayAnonymous() {
        anonymous = me?.name === null;
        if (anonymous) name.forgo();
        settle();
      },
      typed: words.typed,
      askStats: () => asked.askOnce("/stats"),
      askList: () => asked.askOnce("/list"),
      /**
       * Does what a typed line says. Says whether it was taken.
       *
       * @param {string} text
       */
      submit(text) {
        if (!text.startsWith("/") || text.startsWith("//")) return say(text);
        const [word = ""] = text.split(/\s/, 1);
        const rest = text.slice(word.length).trim();
        if (word.toLowerCase() === "/quit") disconnect();
        else if (word.toLowerCase() === "/name" && rest !== "") changeName(rest);
        else if (speech.WHISPER.test(text)) return say(text);
        else askTyped(text);
        return true;
      },
      get state() {
        return state;
      },
      get retryAt() {
        return retryAt;
      },
      get me() {
        return me;
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

  /**
   * A text that fits into the log.
   *
   * @param {string} text
   */
  function shorten(text) {
    return text.length <= LONGEST_LIST ? text : `${text.slice(0, LONGEST_LIST)}\u2026`;
  }

  return { createSession };
})();
backchannel.session = Session;
