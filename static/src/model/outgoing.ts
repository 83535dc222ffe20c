/**
 * Messages and whispers of this user. They are shown at once. The client library sends them until the server acknowledges
 * them, and stores them, so that they survive a reload of the page.
 * @module
 */
import type { ClientCore, DeliveryEvent, Unsent } from "../net/client.ts";
import type { Limits } from "../net/protocol.ts";
import type { ChatRoom } from "./room.ts";
import type { RoomList } from "./rooms.ts";
import type { Entry, NumberedEntry } from "./timeline.ts";
import type { Request } from "../net/protocol.ts";
import * as protocol from "../net/protocol.ts";

export interface OutgoingOptions {
  rooms: RoomList;
  client: Pick<ClientCore, "unsent" | "isOutboxFull" | "queue" | "discard">;
}

export type Outgoing = ReturnType<typeof createOutgoing>;

/** Matches a whisper: its recipient and its text. */
export const WHISPER = /^\/whisper\s+(\S+)\s+(\S.*)$/is;

/** Matches an action: its text. */
export const ACTION = /^\/me\s+(\S.*)$/is;

/** The parts of a line that is a message, a whisper or an action. */
function parse(line: string) {
  const [, to, whispered] = WHISPER.exec(line) ?? [];
  const [, action] = ACTION.exec(line) ?? [];
  const text = whispered ?? action ?? (line.startsWith("//") ? line.slice(1) : line);
  return { text, to, action: action !== undefined };
}

/** Invisible characters in front of a slash. Users see a command there, so the line is one. */
const INVISIBLE = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]+(?=\/)/u;

/** Removes invisible characters that hide a command. */
export function stripInvisible(line: string) {
  return line.replace(INVISIBLE, "");
}

/** Whether a line is a command with a password or token, which is neither shown again nor stored. */
export function isSecret(line: string) {
  return /^\/(?:login|oper)\s/i.test(stripInvisible(line));
}

/** Whether a line is a command. Two slashes start a message that begins with one slash. */
export function isCommand(line: string) {
  return line.startsWith("/") && !line.startsWith("//");
}

/** What the page stores with a message: the room where the user wrote it, and the line. */
interface Origin {
  room: string;
  line: string;
}

function originOf({ tag, request: { text, room = "" } }: Unsent): Origin {
  try {
    const { room, line } = Object(JSON.parse(tag ?? ""));
    if (typeof room === "string" && typeof line === "string") return { room, line };
  } catch {
    // It is broken.
  }
  return { room, line: text };
}

/** The request for a line. A whisper goes to a user, so it has no room. */
export function requestOf(line: string, room: string): Extract<Request, { text: string }> {
  if (WHISPER.test(line)) return { type: "command", text: line };
  if (isCommand(line)) return { type: "command", text: line, room };
  return { type: "message", text: line.startsWith("//") ? line.slice(1) : line, room };
}

/** Names the recipient of a whisper as the server does, which knows guests by their addresses. */
export function addressed(line: string, rooms: RoomList) {
  const [, to = ""] = WHISPER.exec(line) ?? [];
  for (const { users } of to.startsWith("guest") ? rooms.all : []) {
    const guest = users.sorted().find((user) => protocol.displayName(user) === to);
    if (guest !== undefined) return line.replace(to, guest.name ?? guest.address);
  }
  return line;
}

/** The name of the recipient of a whisper on the page, which shows no addresses. */
function nameOf(to: string, rooms: RoomList) {
  if (!to.includes(":")) return to; // no name has one
  const guest = rooms.all.flatMap(({ users }) => users.sorted()).find(({ address }) =>
    address === to
  );
  return guest === undefined ? "guest" : protocol.displayName(guest);
}

/** The length and the limit of a line in bytes: of its text or of its frame, whichever is nearer to its limit. */
export function measure(
  line: string,
  room: string,
  { maxMessage, maxPayload }: Pick<Limits, "maxMessage" | "maxPayload">,
) {
  const message = { used: protocol.byteLength(parse(line).text), limit: maxMessage };
  const frame = { used: protocol.frameLength(requestOf(line, room)), limit: maxPayload };
  return message.used / message.limit > frame.used / frame.limit ? message : frame;
}

export function createOutgoing({ rooms, client }: OutgoingOptions) {
  for (const item of client.unsent) show(item);

  /** The room where the user wrote a message. */
  function roomOf(item: Unsent) {
    return rooms.find(originOf(item).room) ?? rooms.lobby;
  }

  function entryOf(item: Unsent) {
    return roomOf(item).timeline.byRef(item.id);
  }

  function show(item: Unsent) {
    const { id, time } = item;
    const { text, to, action } = parse(originOf(item).line);
    roomOf(item).timeline.add({
      kind: to === undefined ? "message" : "whisper",
      text,
      ...(to === undefined ? {} : { to: nameOf(to, rooms) }),
      ...(action ? { action } : {}),
      time,
      own: true,
      ref: id,
      delivery: "queued",
    });
  }

  function update(item: Unsent, change: Partial<Entry>) {
    const entry = entryOf(item);
    if (entry) roomOf(item).timeline.update(entry.key, change);
  }

  return {
    /** Adds a message or a whisper to the log and the outbox. Returns whether the outbox had room. */
    queue(text: string, room: ChatRoom) {
      if (client.isOutboxFull) {
        room.timeline.add({
          kind: "error",
          text: "Cannot queue this message: too many are waiting",
        });
        return false;
      }
      room.timeline.mark = undefined;
      const origin: Origin = { room: room.name, line: text };
      const request = requestOf(addressed(text, rooms), room.name);
      client.queue(request, { tag: JSON.stringify(origin) });
      return true;
    },
    /** The line that the user typed for an entry. */
    lineOf({ text, to, action }: Entry) {
      if (to !== undefined) return `/whisper ${to} ${text}`;
      if (action) return `/me ${text}`;
      return text.startsWith("/") ? `/${text}` : text;
    },
    /** Shows that a message waits or is on its way. */
    changed({ message, state }: DeliveryEvent & { state: "queued" | "sending" }) {
      if (entryOf(message) === undefined) show(message);
      else update(message, { delivery: state });
    },
    /** Shows that a message was delivered: one to a room has an `id` then, and a whisper has none. */
    delivered(message: Unsent, { id, ...change }: Partial<Entry>) {
      const entry = entryOf(message);
      if (entry === undefined) return;
      const { timeline } = roomOf(message);
      if (id === undefined) timeline.update(entry.key, { ...change, delivery: "sent" });
      else timeline.setId(entry.key, id, { ...change, delivery: "sent" });
    },
    /** Shows that a message was refused. Returns its entry. */
    refused(message: Unsent, reason: string) {
      update(message, { delivery: "failed", detail: reason });
      return entryOf(message);
    },
    /**
     * Finds the queued copy of a message that this client sent on an earlier connection, so that it is not shown twice
     * until the server acknowledges it. Returns whether there is one.
     */
    recognise(room: ChatRoom, { id, text, action = false }: NumberedEntry) {
      for (const { id: ref, sentBefore } of client.unsent) {
        const entry = sentBefore ? room.timeline.byRef(ref) : undefined;
        if (entry === undefined || entry.id !== undefined || entry.kind !== "message") continue;
        if (entry.text !== text || (entry.action ?? false) !== action) continue;
        room.timeline.setId(entry.key, id);
        return true;
      }
      return false;
    },
    /** Removes the queued messages for a room that the user has left. */
    discard(room: ChatRoom) {
      for (const item of client.unsent) if (roomOf(item) === room) client.discard(item.id);
    },
  };
}
