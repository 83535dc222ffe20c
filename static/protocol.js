// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * The wire: where the server is, what is sent, and what comes made into events that can be relied on.
 *
 * Must never know a socket, the page, or what an event means.
 * @module
 */
"use strict";

/**
 * @import { CommandHelp, HelloEvent, ReplyEvent, Room, Replies, ServerEvent, User as WireUser } from "../lib/wire/protocol.ts"
 */

/** @typedef {ServerEvent} Event */
/** @typedef {Extract<ServerEvent, { type: "message" }>} Message */

/**
 * @typedef {{ type: "message" | "command", text: string, room?: string }
 *   | { type: "join", room: string, since?: import("./talk.js").Position }
 *   | { type: "leave", room: string }
 *   | { type: "history", room: string, before?: number, after?: number, limit: number }} Request
 */
/** @typedef {WireUser} User */
/** @typedef {CommandHelp} Command */
/** @typedef {HelloEvent["limits"]} Limits */
/** @typedef {HelloEvent} Hello */
/** @typedef {ReplyEvent} Reply */
/** @typedef {Extract<ReplyEvent, { command: "join" }>["data"]} JoinData */
/** @typedef {Extract<ReplyEvent, { command: "history" }>["data"]} HistoryData */
/** @typedef {NonNullable<JoinData["missed"]>} Missed */
/** @typedef {Room} RoomFacts */
/** @typedef {Replies["stats"]} Stats */
/** @typedef {typeof Protocol} ProtocolModule */

const Protocol = (() => {
  /** What is offered in `Sec-WebSocket-Protocol`. */
  const SUBPROTOCOL = "backchannel.v1.json";

  /** The room in which everybody begins. */
  const LOBBY = "lobby";

  /** Where a page that was opened from disk looks for a server. */
  const DEFAULT_SERVER = "ws://127.0.0.1:8080";

  /** The server's defaults, until it has said what it takes. */
  const DEFAULT_LIMITS = { maxPayload: 65_536, maxMessage: 4_096 };

  /** Characters of an `id` that this page gives. */
  const REF_LENGTH = 32;

  /** What operators do, answered in words alone. */
  const OPERATOR_ACTS = ["kick", "ban", "unban", "mute", "say", "lockdown", "drain"];

  const encoder = new TextEncoder();

  /** @type {Record<string, (event: any) => boolean>} What each type must have for the page to trust it. */
  const CHECKS = {
    hello: (event) =>
      isUser(event.you) && isUsers(event.users) && isObject(event.limits) && isRoom(event.room),
    message: isMessage,
    whisper: (event) => isUser(event.from) && typeof event.text === "string",
    presence: (event) => isUser(event.user) && typeof event.room === "string",
    back: (event) => isUser(event.user) && typeof event.previous === "number",
    people: (event) => typeof event.room === "string" && typeof event.users === "number",
    away: (event) => isUser(event.user) && typeof event.room === "string",
    topic: (event) => isUser(event.from) && typeof event.room === "string",
    ack: (event) => typeof event.id === "number" && typeof event.room === "string",
    reply: (event) => isObject(event.data) && REPLIES[event.command]?.(event.data) === true,
    error: (event) => typeof event.text === "string",
    dropped: (event) =>
      typeof event.count === "number" && (event.missed ?? []).every(isMissedRange),
    throttled: (event) => typeof event.retryAfter === "number",
    notice: (event) => isUser(event.from) && typeof event.text === "string",
    bye: (event) => typeof event.text === "string",
    shutdown: (event) => typeof event.text === "string" && isObject(event.reconnect),
  };

  /** @type {Record<string, (data: any) => boolean>} */
  const REPLIES = {
    name: (data) => isUser(data.user),
    list: (data) => isUsers(data.users) && typeof data.room === "string",
    join: (data) =>
      isRoom(data.room) && isUsers(data.users) &&
      (data.missed === undefined || isMessages(data.missed?.messages)),
    leave: (data) => typeof data.left === "string",
    rooms: (data) => Array.isArray(data.rooms) && data.rooms.every(isRoom),
    topic: (data) => typeof data.room === "string",
    away: (data) => isUser(data.user),
    history: (data) => typeof data.epoch === "string" && isMessages(data.messages),
    search: (data) => isMessages(data.messages),
    whisper: (data) => isUser(data.to) && typeof data.text === "string",
    stats: (data) => typeof data.totalMessages === "number",
    help: (data) => Array.isArray(data.commands),
    oper: (data) => Array.isArray(data.commands),
    bans: (data) => Array.isArray(data.bans),
    ...Object.fromEntries(OPERATOR_ACTS.map((act) => [act, () => true])),
  };

  /**
   * The event in a frame, or `undefined` for one that this page does not know.
   *
   * @param {unknown} frame
   * @returns {Event | undefined}
   */
  function parseEvent(frame) {
    if (typeof frame !== "string") return undefined;
    try {
      const event = JSON.parse(frame);
      if (!isObject(event) || !Object.hasOwn(CHECKS, event.type)) return undefined;
      return CHECKS[event.type]?.(event) ? event : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * The frame that asks for something.
   *
   * @param {Request} request
   * @param {string} id
   */
  function encode(request, id) {
    return JSON.stringify({ ...request, id });
  }

  /** How many bytes the frame of a request has. @param {Request} request */
  function frameLength(request) {
    return byteLength(encode(request, "0".repeat(REF_LENGTH)));
  }

  /** @param {string} text */
  function byteLength(text) {
    return encoder.encode(text).length;
  }

  /** A new `id` for what is sent. Not `randomUUID`: a page over plain http from another machine has none. */
  function createRef() {
    const bytes = crypto.getRandomValues(new Uint8Array(REF_LENGTH / 2));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /**
   * Where the server of a page is: the folder that the page came from. `undefined` if it came from disk.
   *
   * @param {string} href The page's own address.
   */
  function serverOf(href) {
    const url = new URL(".", href);
    if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return url.href;
  }

  /**
   * What somebody typed as a server made into an address, or `undefined` if it is none.
   *
   * @param {string} text
   */
  function parseServer(text) {
    const address = text.trim().replace(/^http(?=s?:\/\/)/i, "ws");
    const whole = /^[a-z][a-z\d+.\-]*:\/\//i.test(address) ? address : `ws://${address}`;
    if (!URL.canParse(whole)) return undefined;
    const url = new URL(whole);
    // Chromium takes a space in a host for `%20`.
    if (!/^wss?:$/.test(url.protocol) || !/^[^\s%]+$/.test(url.hostname) || url.username !== "") {
      return undefined;
    }
    url.hash = "";
    return url.href;
  }

  /**
   * What others call somebody.
   *
   * @param {Pick<User, "name" | "address">} user
   */
  function displayName(user) {
    return user.name ?? user.address;
  }

  /** @param {any} value */
  function isObject(value) {
    return typeof value === "object" && value !== null;
  }

  /** @param {any} value */
  function isUser(value) {
    return isObject(value) && typeof value.id === "number" && typeof value.address === "string" &&
      (value.name === null || typeof value.name === "string");
  }

  /** @param {any} value */
  function isUsers(value) {
    return Array.isArray(value) && value.every(isUser);
  }

  /** @param {any} value */
  function isRoom(value) {
    return isObject(value) && typeof value.name === "string" && typeof value.offset === "number" &&
      typeof value.users === "number";
  }

  /** @param {any} value */
  function isMessage(value) {
    return isObject(value) && isUser(value.from) && typeof value.text === "string" &&
      typeof value.id === "number" && typeof value.room === "string";
  }

  /** @param {any} value */
  function isMessages(value) {
    return Array.isArray(value) && value.every(isMessage);
  }

  /** @param {any} value */
  function isMissedRange(value) {
    return isObject(value) && typeof value.room === "string" && typeof value.from === "number" &&
      typeof value.to === "number";
  }

  return {
    SUBPROTOCOL,
    LOBBY,
    DEFAULT_SERVER,
    DEFAULT_LIMITS,
    parseEvent,
    encode,
    frameLength,
    byteLength,
    createRef,
    serverOf,
    parseServer,
    displayName,
  };
})();
backchannel.protocol = Protocol;
