/**
 * Messages and whispers of this user. They are shown at once, and stay in the outbox until the server acknowledges them;
 * unacknowledged ones are sent again with the same `id` on the next connection.
 * @module
 */
import type { Outbox, Unsent } from "./outbox.ts";
import type { Limits } from "../net/protocol.ts";
import type { ChatRoom } from "./room.ts";
import type { RoomList } from "./rooms.ts";
import type { Entry, NumberedEntry } from "./timeline.ts";
import type { Request } from "../net/protocol.ts";
import * as protocol from "../net/protocol.ts";

export interface OutgoingOptions {
  rooms: RoomList;
  outbox: Outbox;
  now: () => number;
  /** Returns whether the message was sent. */
  send: (item: Unsent) => boolean;
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

/** Whether a line is a command. Two slashes start a message that begins with one slash. */
export function isCommand(line: string) {
  return line.startsWith("/") && !line.startsWith("//");
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

export function createOutgoing({ rooms, outbox, now, send }: OutgoingOptions) {
  for (const item of outbox.all()) show(item);

  function roomOf({ room }: Unsent) {
    return rooms.find(room) ?? rooms.lobby;
  }

  function show(item: Unsent) {
    const { ref, time } = item;
    const { text, to, action } = parse(item.text);
    roomOf(item).timeline.add({
      kind: to === undefined ? "message" : "whisper",
      text,
      ...(to === undefined ? {} : { to }),
      ...(action ? { action } : {}),
      time,
      own: true,
      ref,
      delivery: "queued",
    });
  }

  function update(item: Unsent, change: Partial<Entry>) {
    const { timeline } = roomOf(item);
    const entry = timeline.byRef(item.ref);
    if (entry) timeline.update(entry.key, change);
  }

  /** Whether the server would accept a message now: this connection is in its room. */
  function canSend(item: Unsent) {
    return WHISPER.test(item.text) || roomOf(item).joined;
  }

  return {
    /** Adds a message or a whisper to the log and the outbox. Returns whether the outbox had room. */
    queue(text: string, room: ChatRoom) {
      if (outbox.full) {
        room.timeline.add({
          kind: "error",
          text: "Cannot queue this message: too many are waiting",
        });
        return false;
      }
      const item = { ref: protocol.createRef(), text, room: room.name, time: now() };
      outbox.add(item);
      room.timeline.mark = undefined;
      show(item);
      return true;
    },
    /** The line that the user typed for an entry. */
    lineOf({ text, to, action }: Entry) {
      if (to !== undefined) return `/whisper ${to} ${text}`;
      if (action) return `/me ${text}`;
      return text.startsWith("/") ? `/${text}` : text;
    },
    /** Sends the queued messages in order, except those for rooms that are not joined yet. */
    flush() {
      for (const item of outbox.all()) {
        if (item.inFlight || !canSend(item)) continue;
        if (!send(item)) return;
        item.inFlight = true;
        update(item, { delivery: "sending" });
      }
    },
    /** Queues all unacknowledged messages for the next connection. */
    connectionLost() {
      outbox.connectionLost();
      for (const item of outbox.all()) update(item, { delivery: "queued" });
    },
    /** Handles the acknowledgement of a message, which has an `id`, or of a whisper, which has none. */
    delivered(ref: string | null, { id, ...change }: Partial<Entry>) {
      const item = outbox.get(ref);
      if (item === undefined || !outbox.remove(ref)) return;
      const { timeline } = roomOf(item);
      const entry = timeline.byRef(ref);
      if (entry === undefined) return;
      if (id === undefined) timeline.update(entry.key, { ...change, delivery: "sent" });
      else timeline.setId(entry.key, id, { ...change, delivery: "sent" });
    },
    /**
     * Finds the queued copy of a message that this client sent on an earlier connection, so that it is not shown twice
     * until the server acknowledges it. Returns whether there is one.
     */
    recognise(room: ChatRoom, { id, text, action = false }: NumberedEntry) {
      for (const { ref, sentBefore } of outbox.all()) {
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
      for (const item of outbox.all()) if (roomOf(item) === room) outbox.remove(item.ref);
    },
    /** Handles an error of the server. Returns the entry of the message that it is about, if it is about one. */
    refused(ref: string | null, reason: string) {
      const item = outbox.get(ref);
      if (item === undefined || !outbox.remove(ref)) return undefined;
      update(item, { delivery: "failed", detail: reason });
      return roomOf(item).timeline.byRef(ref);
    },
  };
}
