/**
 * What the program that embeds the server does in the chat: it says, looks, and keeps order.
 * @module
 */
import { readMessageText } from "../../chat/commands/message_rules.ts";
import { type ChatUser, toChatUser } from "../../chat/hooks.ts";
import { readPage } from "../../chat/history_reader.ts";
import type { Hub } from "../../chat/hub.ts";
import type { Participant, User } from "../../chat/member.ts";
import type { Ban, Moderation } from "../../chat/moderation.ts";
import { nameKey, normalizeName } from "../../chat/names.ts";
import { roomKey } from "../../chat/room.ts";
import {
  findExcess,
  MAX_TOPIC_LENGTH,
  toShortPhrase,
  toSingleLine,
} from "../../chat/single_line.ts";
import { hostOf } from "../../ip/socket_address.ts";
import { renderReplyData } from "../../wire/json.ts";
import { describeEnd, describeTarget } from "../../wire/lines.ts";
import { displayName } from "../../wire/shapes.ts";
import type { Ban as BanInfo, Replies, Room as RoomInfo } from "../../wire/protocol.ts";
import { logEntry, type Logger } from "../observability/log.ts";
import { readName, readRoom } from "./names.ts";

/** The name under which the server speaks by default. Nobody else can take it. */
const SERVER = "server";

/** The longest reason of a kick, a ban or a mute, in graphemes; the rest is cut off. */
const MAX_REASON = 200;

/** The most messages in one page of the history. A page is bounded in bytes, too. */
const MAX_PAGE = 1_000;

/** The number of messages in a page by default. */
const DEFAULT_PAGE = 50;

/** The longest ban or mute, in seconds: a hundred years. */
const MAX_DURATION = 3_153_600_000;

/** Somebody in the chat: by name or, without one, by address; as a hook has named them; or by the id of their identity. */
export type UserTarget = string | ChatUser | { readonly userId: string };

/** How the server says something. */
export interface ServerSayOptions {
  /**
   * The name that it is said under. It belongs to the server from then on: nobody else can take it, or one that looks like
   * it. A guest who has it loses it. Reserved names are allowed. @default "server"
   */
  readonly as?: string;
  /** Whether it is an action, as of `/me`. @default false */
  readonly action?: boolean;
}

/** Which messages of a room. */
export interface HistoryRange {
  /** Only messages with smaller numbers. */
  readonly before?: number;
  /** Only messages with larger numbers: the oldest of them, while without it the page has the newest. */
  readonly after?: number;
  /** The most messages, from 1 to 1,000. @default 50 */
  readonly limit?: number;
}

/** How long a ban or a mute lasts, and why. */
export interface SanctionOptions {
  /** In seconds. By default it lasts until it is lifted. */
  readonly duration?: number;
  /** One line, which the user and the log get. By default there is none. */
  readonly reason?: string;
}

/**
 * What a program does in the chat of its server. No operator has to be configured for it. What the program says is not shown
 * to its own hooks, and nobody's rights or mutes apply to it.
 *
 * The methods throw a `TypeError` for names, rooms and texts that cannot be used, and a `RangeError` for texts that are too
 * long and numbers out of bounds.
 */
export interface ChatMethods {
  /**
   * Says something in a room, which is opened if nobody is there. Returns the number of the message.
   *
   * @throws {Error} If a user owns the name `as`.
   */
  say(
    room: string,
    text: string,
    options?: ServerSayOptions,
  ): { readonly room: string; readonly id: number };
  /** Sends a private message to all clients of a user. Returns false if they are not here. */
  send(user: UserTarget, text: string, options?: Pick<ServerSayOptions, "as">): boolean;
  /** The visible users of a room, or of all rooms. Empty for a room that nobody is in. */
  users(room?: string): ChatUser[];
  /** All rooms with users, a topic or a history. */
  rooms(): RoomInfo[];
  /**
   * Messages of a room, oldest first, without gaps, as JSON clients get them. A page of long messages may have fewer than
   * asked for; `more` tells whether there are others.
   *
   * @throws {Error} If the server keeps no history.
   */
  history(room: string, range?: HistoryRange): Replies["history"];
  /** The topic of a room, or undefined if there is none. */
  topic(room: string): string | undefined;
  /** Sets the topic of a room, or clears it with `null`, and announces that there. */
  topic(
    room: string,
    topic: string | null,
    options?: Pick<ServerSayOptions, "as">,
  ): string | undefined;
  /** Disconnects all clients of a user. Returns false if they are not here. */
  kick(user: UserTarget, reason?: string): boolean;
  /**
   * Bans somebody, and disconnects them: a user by name and address, or a name, an address or a network (`10.0.0.0/8`). The
   * address of a trusted proxy and of this machine is not banned with a user. Bans are stored with the history, if that is a
   * file.
   *
   * @throws {Error} If there is nothing to ban them by.
   */
  ban(target: UserTarget, options?: SanctionOptions): BanInfo;
  /** Lifts a ban. Returns false if there was none. */
  unban(target: string): boolean;
  /** Mutes a user by name and address, as {@linkcode ban} does. Returns false if they are not here. */
  mute(user: UserTarget, options?: SanctionOptions): boolean;
  /** Lifts the mute of a user, or of a name. Returns false if there was none. */
  unmute(user: UserTarget): boolean;
}

/** What the methods need of their server. */
export interface ChatControlsOptions {
  readonly hub: Hub;
  /** The bans and mutes, which are opened when they are first needed. */
  readonly moderation: () => Moderation;
  /** Whether an address stands for many clients, so that it is not banned with one of them. */
  readonly isShared: (ip: string) => boolean;
  readonly log: Logger;
}

export class ChatControls implements ChatMethods {
  readonly #options: ChatControlsOptions;

  constructor(options: ChatControlsOptions) {
    this.#options = options;
  }

  say(room: string, text: string, { as = SERVER, action = false }: ServerSayOptions = {}) {
    const { hub } = this.#options;
    return hub.speak(this.#voice(as), readRoom(room), this.#readText(text), action);
  }

  send(
    user: UserTarget,
    text: string,
    { as = SERVER }: Pick<ServerSayOptions, "as"> = {},
  ): boolean {
    const voice = this.#voice(as);
    const checked = this.#readText(text);
    const to = this.#find(user);
    if (to === undefined) return false;
    this.#options.hub.tell(voice, to, checked);
    return true;
  }

  users(room?: string): ChatUser[] {
    const { hub } = this.#options;
    return Array.from(hub.visible(room === undefined ? undefined : readRoom(room)), toChatUser);
  }

  rooms(): RoomInfo[] {
    return Array.from(this.#options.hub.rooms(), ({ name, topic, users, offset }) => (
      { name, topic: topic ?? null, users, offset }
    ));
  }

  history(
    typed: string,
    { before, after, limit = DEFAULT_PAGE }: HistoryRange = {},
  ): Replies["history"] {
    const { hub } = this.#options;
    const reader = hub.historyReader;
    if (reader === undefined) throw new Error("Cannot read the history: the server keeps none");
    checkNumber("limit", limit, 1, MAX_PAGE);
    for (const [name, value] of Object.entries({ before, after })) {
      if (value !== undefined) checkNumber(name, value, 0, Number.MAX_SAFE_INTEGER);
    }
    const name = readRoom(typed);
    const room = hub.room(name) ?? { key: roomKey(name), name };
    const page = readPage(reader, room, { before, after, limit });
    return JSON.parse(renderReplyData("history", { room: room.name, epoch: hub.epoch, ...page }));
  }

  topic(
    typed: string,
    topic?: string | null,
    { as = SERVER }: Pick<ServerSayOptions, "as"> = {},
  ): string | undefined {
    const { hub } = this.#options;
    const name = readRoom(typed);
    if (topic === undefined) return hub.room(name)?.topic;
    const phrase = topic === null ? undefined : readTopic(topic);
    hub.changeTopic(this.#voice(as), name, phrase);
    return phrase;
  }

  kick(user: UserTarget, reason = ""): boolean {
    const who = this.#find(user);
    if (who === undefined) return false;
    this.#log(`kicked '${displayName(who)}' (${originsOf(who)})`, reason);
    disconnect(who, withReason("Kicked", reason));
    return true;
  }

  ban(target: UserTarget, options: SanctionOptions = {}): BanInfo {
    const moderation = this.#options.moderation();
    const who = this.#find(target);
    const ban = this.#createBan(who ?? this.#absent(target, moderation), options, moderation);
    if (!moderation.bans.add(ban)) throw new RangeError("Cannot ban: there are too many bans");
    this.#log(`banned ${describeTarget(ban)} ${describeEnd(ban)}`, ban.reason);
    const message = withReason("Banned", ban.reason);
    if (who !== undefined) disconnect(who, message);
    moderation.enforce(ban, message);
    const { name, network, since, until, by, reason } = ban;
    return {
      name: name ?? null,
      network: network ?? null,
      since,
      until: until ?? null,
      by,
      reason,
    };
  }

  unban(target: string): boolean {
    const moderation = this.#options.moderation();
    const network = moderation.parseNetwork(target);
    const lifted = moderation.bans.lift(typeof network === "string" ? network : nameKey(target));
    for (const ban of lifted) this.#log(`lifted the ban of ${describeTarget(ban)}`, "");
    return lifted.length > 0;
  }

  mute(user: UserTarget, options: SanctionOptions = {}): boolean {
    const moderation = this.#options.moderation();
    const who = this.#find(user);
    if (who === undefined) return false;
    const mute = this.#createBan(who, options, moderation);
    if (!moderation.mutes.add(mute)) throw new RangeError("Cannot mute: there are too many mutes");
    this.#log(`muted ${describeTarget(mute)} ${describeEnd(mute)}`, mute.reason);
    return true;
  }

  unmute(user: UserTarget): boolean {
    const { mutes } = this.#options.moderation();
    const who = this.#find(user);
    const name = who?.name ?? (typeof user === "string" ? user : undefined);
    const found = who === undefined
      ? name === undefined ? undefined : mutes.findByName(name)
      : mutes.find({ name: who.name, origin: who.members[0]?.origin ?? "" });
    if (found === undefined) return false;
    mutes.lift(found.target);
    this.#log(`lifted the mute of ${describeTarget(found)}`, "");
    return true;
  }

  #voice(typed: string): User {
    const name = readName(typed);
    const voice = this.#options.hub.logins.voiceOf(name);
    if (voice !== undefined) return voice;
    throw new Error(`Cannot speak as '${name}': the name, or one that looks like it, is a user's`);
  }

  #readText(text: string): string {
    if (typeof text !== "string") throw new TypeError("Cannot say this: it is not a text");
    const read = readMessageText(text, this.#options.hub.maxMessage);
    if (typeof read !== "string") throw new RangeError(`Cannot say this: ${read.problem}`);
    if (read === "") throw new TypeError("Cannot say this: nothing in it is visible");
    return read;
  }

  #find(target: UserTarget): Participant | undefined {
    const { hub } = this.#options;
    if (typeof target === "string") return hub.find(target);
    if (typeof target !== "object" || target === null) {
      throw new TypeError("Cannot find a user by this: it is neither a name nor a user");
    }
    if (!("id" in target)) return hub.findByUserId(target.userId);
    const found = hub.find(target.name ?? target.address);
    return found?.id === target.id ? found : hub.findById(target.id);
  }

  /** Somebody to ban who is not here. */
  #absent(target: UserTarget, moderation: Moderation): { name?: string; network?: string } {
    const typed = typeof target === "string" ? target : "name" in target ? target.name : undefined;
    if (typed === undefined) throw new Error("Cannot ban a user who is not here and has no name");
    const network = moderation.parseNetwork(typed);
    if (typeof network === "object") throw new TypeError(`Cannot ban: ${network.error}`);
    if (network !== undefined) return { network };
    const name = normalizeName(typed);
    if (name === undefined) throw new TypeError("Cannot ban: neither a name nor an address");
    return { name };
  }

  #createBan(
    target: Participant | { readonly name?: string; readonly network?: string },
    { duration, reason = "" }: SanctionOptions,
    moderation: Moderation,
  ): Ban {
    if (duration !== undefined) checkNumber("duration", duration, 0, MAX_DURATION, false);
    const { name } = target;
    const network = "members" in target ? this.#networkOf(target, moderation) : target.network;
    if (name === undefined && network === undefined) {
      throw new Error("Cannot ban a user without a name, whose address many share");
    }
    const since = moderation.now();
    return {
      target: name === undefined ? network! : nameKey(name),
      name,
      network,
      since,
      until: duration === undefined ? undefined : since + 1000 * duration,
      by: SERVER,
      reason: toShortPhrase(reason, MAX_REASON),
    };
  }

  #networkOf({ name, members: [first] }: Participant, moderation: Moderation): string | undefined {
    if (first === undefined || this.#options.isShared(hostOf(first.origin))) return undefined;
    return moderation.networkOf({ name, origin: first.origin });
  }

  #log(action: string, reason: string): void {
    const short = toShortPhrase(reason, MAX_REASON);
    this.#options.log(logEntry("application_action", { action, reason: short }));
  }
}

function withReason(text: string, reason: string): string {
  const why = toShortPhrase(reason, MAX_REASON);
  return why === "" ? text : `${text}: ${why}`;
}

function originsOf({ members }: Participant): string {
  return members.map(({ origin }) => origin).join(", ");
}

function disconnect({ members }: Participant, message: string): void {
  for (const { session } of members) session.end("kicked", message);
}

function readTopic(topic: string): string {
  if (typeof topic !== "string") throw new TypeError("Cannot set the topic: it is not a text");
  const phrase = toSingleLine(topic.slice(0, MAX_TYPED_TOPIC));
  if (phrase === "") throw new TypeError("Cannot set the topic: nothing in it is visible");
  const excess = findExcess(phrase, MAX_TOPIC_LENGTH);
  if (excess !== undefined || topic.length > MAX_TYPED_TOPIC) {
    throw new RangeError(`Cannot set the topic: it is ${excess ?? "too long"}`);
  }
  return phrase;
}

/** The longest text that is cleaned to become a topic, in UTF-16 units. */
const MAX_TYPED_TOPIC = 4_096;

function checkNumber(
  name: string,
  value: number,
  min: number,
  max: number,
  isWhole = true,
): void {
  const isNumber = typeof value === "number" && value >= min && value <= max;
  if (isNumber && (!isWhole || Number.isInteger(value))) return;
  throw new RangeError(`Cannot use ${name} ${value}: not a number from ${min} to ${max}`);
}
