/**
 * What this client says: in the log at once, in the outbox until it is known to have arrived, sent again with the same
 * id on the next connection if that is not known.
 * @module
 */
import type { OutboxStore, Unsent } from "./outbox.ts";
import type { Limits } from "../net/protocol.ts";
import type { ChatRoom } from "./room.ts";
import type { RoomList } from "./rooms.ts";
import type { Entry, NumberedEntry } from "./timeline.ts";
import type { Request } from "../net/protocol.ts";
import * as protocol from "../net/protocol.ts";

export interface OutgoingOptions {
  rooms: RoomList;
  outbox: OutboxStore;
  now: () => number;
  /** Says whether it could be sent. */
  send: (item: Unsent) => boolean;
}

export type Outgoing = ReturnType<typeof createOutgoing>;

/** Whom a line is whispered to, and what. */
export const WHISPER = /^\/whisper\s+(\S+)\s+(\S.*)$/is;

/** What a line says that one does. */
export const ACTION = /^\/me\s+(\S.*)$/is;

/** What is said by a line that says something. */
function parse(line: string) {
  const [, to, whispered] = WHISPER.exec(line) ?? [];
  const [, deed] = ACTION.exec(line) ?? [];
  const text = whispered ?? deed ?? (line.startsWith("//") ? line.slice(1) : line);
  return { text, to, action: deed !== undefined };
}

/** What cannot be seen in front of a command: it is a command for everybody who reads it. */
const UNSEEN = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]+(?=\/)/u;

/** A line as a reader sees it: nothing invisible hides a command. */
export function uncover(line: string) {
  return line.replace(UNSEEN, "");
}

/** Whether a line is a command: two slashes stand for a text that begins with one. */
export function isCommand(line: string) {
  return line.startsWith("/") && !line.startsWith("//");
}

/** What is sent for a line. A whisper goes to a person, wherever they are. */
export function requestOf(line: string, room: string): Extract<Request, { text: string }> {
  if (WHISPER.test(line)) return { type: "command", text: line };
  if (isCommand(line)) return { type: "command", text: line, room };
  return { type: "message", text: line.startsWith("//") ? line.slice(1) : line, room };
}

/**
 * How long a line is, and may be, in bytes: what it says, or the frame in which it is sent, whichever is nearer to its
 * limit.
 */
export function measure(
  line: string,
  room: string,
  { maxMessage, maxPayload }: Pick<Limits, "maxMessage" | "maxPayload">,
) {
  const said = { used: protocol.byteLength(parse(line).text), limit: maxMessage };
  const framed = { used: protocol.frameLength(requestOf(line, room)), limit: maxPayload };
  return said.used / said.limit > framed.used / framed.limit ? said : framed;
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

  /** Whether it could be taken where it is. */
  function mayGo(item: Unsent) {
    return WHISPER.test(item.text) || roomOf(item).joined;
  }

  return {
    /** Puts a message or a whisper into the log and the outbox. Says whether there was room. */
    say(text: string, room: ChatRoom) {
      if (outbox.full) {
        room.timeline.add({
          kind: "error",
          text: "Cannot queue this: too much is waiting already",
        });
        return false;
      }
      const item = { ref: protocol.createRef(), text, room: room.name, time: now() };
      outbox.add(item);
      room.timeline.mark = undefined;
      show(item);
      return true;
    },
    /** What was typed for an entry. */
    typed({ text, to, action }: Entry) {
      if (to !== undefined) return `/whisper ${to} ${text}`;
      if (action) return `/me ${text}`;
      return text.startsWith("/") ? `/${text}` : text;
    },
    /** Sends what waits and has somewhere to go, in order. */
    flush() {
      for (const item of outbox.all()) {
        if (item.flying || !mayGo(item)) continue;
        if (!send(item)) return;
        item.flying = true;
        update(item, { delivery: "sending" });
      }
    },
    /** The connection is gone: all that was not acknowledged waits for the next. */
    ground() {
      outbox.ground();
      for (const item of outbox.all()) update(item, { delivery: "queued" });
    },
    /** Something arrived, and has a number if it was said to a room. */
    arrived(ref: string | null, { id, ...change }: Partial<Entry>) {
      const item = outbox.get(ref);
      if (item === undefined || !outbox.settle(ref)) return;
      const { timeline } = roomOf(item);
      const entry = timeline.byRef(ref);
      if (entry === undefined) return;
      if (id === undefined) timeline.update(entry.key, { ...change, delivery: "sent" });
      else timeline.identify(entry.key, id, { ...change, delivery: "sent" });
    },
    /**
     * Something that this client said on an earlier connection is heard. Says whether it is one that waits to be sent
     * again; the server will say so, too, but nothing is to be seen twice until then.
     */
    recognise(room: ChatRoom, { id, text, action = false }: NumberedEntry) {
      for (const { ref, again } of outbox.all()) {
        const entry = again ? room.timeline.byRef(ref) : undefined;
        if (entry === undefined || entry.id !== undefined || entry.kind !== "message") continue;
        if (entry.text !== text || (entry.action ?? false) !== action) continue;
        room.timeline.identify(entry.key, id);
        return true;
      }
      return false;
    },
    /** What waits for a room that one is in no more will not be said. */
    forget(room: ChatRoom) {
      for (const item of outbox.all()) if (roomOf(item) === room) outbox.settle(item.ref);
    },
    /** The server refused something. Says whether it was something said. */
    refused(ref: string | null, reason: string) {
      const item = outbox.get(ref);
      if (item === undefined || !outbox.settle(ref)) return undefined;
      update(item, { delivery: "failed", detail: reason });
      return roomOf(item).timeline.byRef(ref);
    },
  };
}
