/**
 * Events as JSON, and what JSON clients send back: the rendering of `backchannel.v1.json`. What the objects mean stands
 * in `json_events.ts`.
 *
 * Knows no wire format: that these texts travel in WebSocket frames is not its business.
 * @module
 */
import type { ChatEvent, Person, Ref, RoomFacts } from "./events.ts";
import {
  type JsonRoom,
  type JsonUser,
  MAX_LINES,
  MAX_REF_LENGTH,
  type ReplyEvent,
  type ServerEvent,
} from "./json_events.ts";
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
      return {
        type: "message",
        time,
        room: event.room,
        id: event.id,
        from: user(event.from),
        text: event.text,
        ...(event.action ? { action: true } : {}),
      };
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
      return { type: "topic", time, room, from: user(event.from), topic };
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
      return { type: "dropped", time, count: event.count };
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
  const common = { type: "reply", time, ref: event.ref ?? null, text: text(event) } as const;
  switch (event.type) {
    case "named":
      return { ...common, command: "name", data: { user: user(event.user) } };
    case "users":
      return {
        ...common,
        command: "list",
        data: { room: event.room, users: event.users.map(user) },
      };
    case "joined":
      return {
        ...common,
        command: "join",
        data: { room: room(event.room), users: event.users.map(user) },
      };
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
    case "marked":
      return { ...common, command: "away", data: { user: user(event.user) } };
    case "whispered":
      return { ...common, command: "whisper", data: { to: user(event.to), text: event.text } };
    case "statistics":
      return { ...common, command: "stats", data: event.statistics };
    case "help":
      return { ...common, command: "help", data: { commands: event.commands } };
  }
}

function user({ id, name, address, away }: Person): JsonUser {
  const known = { id, name: name ?? null, address };
  return away === undefined ? known : { ...known, away };
}

function room({ name, topic, users, offset }: RoomFacts): JsonRoom {
  return { name, topic: topic ?? null, users, offset };
}

function text(event: ChatEvent): string {
  return renderText(event) ?? "";
}

/** What a JSON client sent: a line to handle, a room to join or leave, or what is wrong with it. */
export type ParsedRequest =
  | { readonly line: string; readonly ref: Ref; readonly room?: string }
  | { readonly join: string; readonly ref: Ref }
  | { readonly leave: string; readonly ref: Ref }
  | { readonly problem: string; readonly ref: Ref };

/** Takes a frame of a JSON client apart. A slash command may come as it is typed. Never throws. */
export function parseRequest(frame: string): ParsedRequest {
  if (frame.startsWith("/")) return { line: frame, ref: undefined };
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return problem("not JSON and not a command");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return problem("not an object");
  }
  const { type, text, room, id } = value as Readonly<Record<string, unknown>>;
  if (id !== undefined && (typeof id !== "string" || id.length > MAX_REF_LENGTH)) {
    return problem(`id is not a string of up to ${MAX_REF_LENGTH} characters`);
  }
  if (type === "join" || type === "leave") {
    if (typeof room !== "string") return problem("room is not a string", id);
    return type === "join" ? { join: room, ref: id } : { leave: room, ref: id };
  }
  if (type !== "message") return problem("type is not 'message', 'join' or 'leave'", id);
  if (typeof text !== "string") return problem("text is not a string", id);
  if (text.split("\n", MAX_LINES + 1).length > MAX_LINES) {
    return problem(`text has more than ${MAX_LINES} lines`, id);
  }
  if (room === undefined) return { line: text, ref: id };
  if (typeof room !== "string") return problem("room is not a string", id);
  return { line: text, ref: id, room };
}

function problem(what: string, ref?: string): ParsedRequest {
  return { problem: `Error: Cannot read this message: ${what}`, ref };
}
