/**
 * Events as JSON, and what JSON clients send back: the rendering of `backchannel.v1.json`. What the objects mean stands
 * in `json_events.ts`.
 *
 * Knows no wire format: that these texts travel in WebSocket frames is not its business.
 * @module
 */
import type { ChatEvent, PastMessage, Person, Ref, RoomFacts } from "../chat/events.ts";
import {
  type JsonBan,
  type JsonRoom,
  type JsonUser,
  MAX_PAGE,
  MAX_REF_LENGTH,
  type MessageEvent,
  type ReplyEvent,
  type ServerEvent,
} from "./json_events.ts";
import type { PageQuery } from "../chat/history.ts";
import type { Position } from "../chat/history_reader.ts";
import type { Ban } from "../chat/moderation.ts";
import { renderText } from "./text.ts";

/**
 * When clients should come back after a shutdown, in ms: a restart takes about a second, and a thousand clients spread
 * over five more are two hundred handshakes a second.
 */
const RECONNECT = { after: 1_000, spread: 5_000 };

/** The object that tells `event`, as text. */
export function renderJson(event: ChatEvent, time: number): string {
  return JSON.stringify(toJson(event, time));
}

function toJson(event: ChatEvent, time: number): ServerEvent {
  switch (event.type) {
    case "message":
      return message(event.room, { ...event, time });
    case "whisper":
      return { type: "whisper", time, from: user(event.from), text: event.text };
    case "presence":
      return {
        type: "presence",
        time,
        room: event.room,
        event: event.event,
        user: user(event.user),
        ...(event.event === "rename" ? { previous: event.previous ?? null } : {}),
        users: event.users,
      };
    case "back": {
      const { room, previous } = event;
      return { type: "back", time, room, user: user(event.user), previous };
    }
    case "people":
      return { type: "people", time, room: event.room, users: event.users };
    case "away":
      return { type: "away", time, room: event.room, user: user(event.user) };
    case "topic": {
      const { room, topic } = event;
      return { type: "topic", time, room, from: user(event.from), topic: topic ?? null };
    }
    case "hello": {
      const { version, epoch, limits, commands } = event.server;
      return {
        type: "hello",
        time,
        you: user(event.you),
        server: { name: "backchannel", version },
        epoch,
        limits,
        commands,
        room: room(event.room),
        users: event.users.map(user),
        online: event.online,
      };
    }
    case "ack":
      return { type: "ack", time, ref: event.ref ?? null, room: event.room, id: event.id };
    case "error":
      return { type: "error", time, ref: event.ref ?? null, code: event.code, text: event.text };
    case "dropped":
      return { type: "dropped", time, count: event.count, missed: event.ranges };
    case "notice":
      return { type: "notice", time, from: user(event.from), text: event.text };
    case "throttled":
      return { type: "throttled", time, retryAfter: event.retryAfter };
    case "farewell":
      if (event.reason === "shutdown") {
        return { type: "shutdown", time, text: text(event), reconnect: RECONNECT };
      }
      return { type: "bye", time, reason: event.reason, text: text(event) };
    default:
      return reply(event, time);
  }
}

type Answer = Exclude<Extract<ChatEvent, { ref: Ref }>, { type: "ack" | "error" }>;

function reply(event: Answer, time: number): ReplyEvent {
  const common = { type: "reply", time, ref: event.ref ?? null, text: replyText(event) } as const;
  switch (event.type) {
    case "named":
      return { ...common, command: "name", data: { user: user(event.user) } };
    case "users":
      return {
        ...common,
        command: "list",
        data: { room: event.room, users: event.users.map(user), total: event.total },
      };
    case "joined": {
      const { epoch, missed } = event;
      const joined = { room: room(event.room), users: event.users.map(user), epoch };
      return {
        ...common,
        command: "join",
        data: missed === undefined ? joined : {
          ...joined,
          missed: { ...missed, messages: messages(event.room.name, missed.messages) },
        },
      };
    }
    case "left":
      return { ...common, command: "leave", data: { left: event.left, room: room(event.room) } };
    case "rooms":
      return {
        ...common,
        command: "rooms",
        data: { rooms: event.rooms.map(room), total: event.total },
      };
    case "subject": {
      const { name, topic } = event.room;
      return { ...common, command: "topic", data: { room: name, topic: topic ?? null } };
    }
    case "history": {
      const { room, epoch, complete, more } = event;
      return {
        ...common,
        command: "history",
        data: { room, epoch, messages: messages(room, event.messages), complete, more },
      };
    }
    case "found": {
      const { room, words, complete } = event;
      return {
        ...common,
        command: "search",
        data: { room, words, messages: messages(room, event.messages), complete },
      };
    }
    case "marked":
      return { ...common, command: "away", data: { user: user(event.user) } };
    case "whispered":
      return { ...common, command: "whisper", data: { to: user(event.to), text: event.text } };
    case "statistics":
      return { ...common, command: "stats", data: event.statistics };
    case "help":
      return { ...common, command: "help", data: { commands: event.commands } };
    case "operator":
      return { ...common, command: "oper", data: { commands: event.commands } };
    case "bans":
      return {
        ...common,
        command: "bans",
        data: { bans: event.bans.map(ban), total: event.total },
      };
    case "done":
      return { ...common, command: event.command, data: {} };
  }
}

/** The line of a text client, but for pages: these would be told twice. */
function replyText(event: Answer): string {
  switch (event.type) {
    case "history":
      return `${event.messages.length} messages of '${event.room}'`;
    case "found":
      return `${event.messages.length} messages found in '${event.room}'`;
    default:
      return text(event);
  }
}

function message(room: string, { id, time, from, text, action }: PastMessage): MessageEvent {
  const event = { type: "message", time, room, id, from: user(from), text } as const;
  return action ? { ...event, action } : event;
}

function messages(room: string, past: readonly PastMessage[]): MessageEvent[] {
  return past.map((each) => message(room, each));
}

function user({ id, name, address, away }: Person): JsonUser {
  const known = { id, name: name ?? null, address };
  return away === undefined ? known : { ...known, away };
}

function room({ name, topic, users, offset }: RoomFacts): JsonRoom {
  return { name, topic: topic ?? null, users, offset };
}

function ban({ name, network, since, until, by, reason }: Ban): JsonBan {
  return { name: name ?? null, network: network ?? null, since, until: until ?? null, by, reason };
}

function text(event: ChatEvent): string {
  return renderText(event) ?? "";
}

/**
 * What a JSON client sent: a text for a room, a command, a line as a person typed it, a room to join or leave, a page of
 * the history to read, or a description of what is wrong with the frame.
 */
export type ParsedRequest =
  & { readonly ref: Ref }
  & (
    | { readonly text: string; readonly room?: string | undefined }
    | { readonly command: string; readonly room?: string | undefined }
    | { readonly line: string }
    | { readonly join: string; readonly since?: Position | undefined }
    | { readonly leave: string }
    | { readonly history: PageQuery; readonly room?: string | undefined }
    | { readonly problem: string }
  );

/** How long a page is that a client asks for without saying so: two or three screens. */
const DEFAULT_PAGE = 50;

/** Why a frame cannot be read. */
class Malformed extends Error {}

/** Takes a frame of a JSON client apart. A slash command may come as it is typed. Never throws. */
export function parseRequest(frame: string): ParsedRequest {
  if (frame.startsWith("/")) return { line: frame, ref: undefined };
  let ref: Ref;
  try {
    const fields = parseObject(frame);
    ref = refOf(fields.id);
    return { ...parseFields(fields), ref };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { problem: `Error: Cannot read this message: ${error.message}`, ref };
  }
}

type Fields = Readonly<Record<string, unknown>>;
/** What a request is, without what it is called. */
type Unreferenced = ParsedRequest extends infer R ? R extends unknown ? Omit<R, "ref"> : never
  : never;

function parseObject(frame: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    throw new Malformed("not JSON and not a command");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Malformed("not an object");
  }
  return value as Fields;
}

function refOf(id: unknown): Ref {
  if (id === undefined) return undefined;
  if (typeof id === "string" && id.length <= MAX_REF_LENGTH) return id;
  throw new Malformed(`id is not a string of up to ${MAX_REF_LENGTH} characters`);
}

function parseFields(fields: Fields): Unreferenced {
  switch (fields.type) {
    case "message":
      return { text: textOf(fields.text), ...optionalRoom(fields.room) };
    case "command":
      return { command: textOf(fields.text), ...optionalRoom(fields.room) };
    case "join": {
      const join = roomOf(fields.room);
      return fields.since === undefined ? { join } : { join, since: positionOf(fields.since) };
    }
    case "leave":
      return { leave: roomOf(fields.room) };
    case "history":
      return { history: queryOf(fields), ...optionalRoom(fields.room) };
    default:
      throw new Malformed("type is not 'message', 'command', 'join', 'leave' or 'history'");
  }
}

function textOf(text: unknown): string {
  if (typeof text !== "string") throw new Malformed("text is not a string");
  return text;
}

function roomOf(room: unknown): string {
  if (typeof room !== "string") throw new Malformed("room is not a string");
  return room;
}

function optionalRoom(room: unknown): { readonly room?: string } {
  return room === undefined ? {} : { room: roomOf(room) };
}

function positionOf(since: unknown): Position {
  const { epoch, offset } = Object(since) as Fields;
  if (typeof epoch !== "string" || !isOffset(offset)) {
    throw new Malformed("since is not an epoch and an offset");
  }
  return { epoch, offset };
}

function queryOf({ before, after, limit = DEFAULT_PAGE }: Fields): PageQuery {
  if (before !== undefined && !isOffset(before)) throw new Malformed("before is not an offset");
  if (after !== undefined && !isOffset(after)) throw new Malformed("after is not an offset");
  if (!isOffset(limit) || limit < 1 || limit > MAX_PAGE) {
    throw new Malformed(`limit is not a number from 1 to ${MAX_PAGE}`);
  }
  return { before, after, limit };
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
