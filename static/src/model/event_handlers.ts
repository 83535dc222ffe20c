/**
 * Handlers of the events that the server sends on its own: messages, presence, topics and dropped messages.
 * @module
 */
import type { GapEvent, ReceivedMessage } from "../net/client.ts";
import type { Event, Message } from "../net/protocol.ts";
import type { HistoryPages } from "./pages.ts";
import type { ChatRoom } from "./room.ts";
import type { RoomList } from "./rooms.ts";
import type { Identity } from "./identity.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Entry, NewEntry, NumberedEntry } from "./timeline.ts";
import * as gaps from "./gaps.ts";
import * as protocol from "../net/protocol.ts";

export type EventOf<Type extends Event["type"]> = Extract<Event, { type: Type }>;

/** A handler for each type of event. */
export type EventHandlers = {
  readonly [Type in Event["type"]]?: (event: EventOf<Type>) => void;
};

export interface EventHandlerOptions {
  rooms: RoomList;
  identity: Identity;
  outgoing: Pick<Outgoing, "recognise">;
  pages: HistoryPages;
  entryOf: (event: Message) => NumberedEntry;
  /** Converts a time of the server to the clock of this machine. */
  localTime: (time: number) => number;
  /** Adds an entry to the log of a room. */
  addEntry: (room: ChatRoom, entry: NewEntry) => void;
  /** Called when an entry that is not the user's own was added to the log of a room. */
  onAdded: (room: ChatRoom, entry: Entry) => void;
  /** Called when the list of users of a room may be incomplete. */
  onUsersUnknown: (room: ChatRoom) => void;
}

export function createEventHandlers(options: EventHandlerOptions) {
  const {
    rooms,
    identity,
    outgoing,
    pages,
    entryOf,
    localTime,
    addEntry,
    onAdded,
    onUsersUnknown,
  } = options;

  /** Calls `handle` with a room, unless the user has just left it. */
  function inRoom(name: string, handle: (room: ChatRoom) => void) {
    const room = rooms.find(name);
    if (room !== undefined) handle(room);
  }

  function addMessage(room: ChatRoom, event: Message) {
    const received = entryOf(event);
    room.sequence.received(event.id);
    if (received.own && outgoing.recognise(room, received)) return;
    const entry = room.timeline.put(received);
    if (entry === undefined) return;
    room.addUnread([entry]);
    if (!entry.own) onAdded(room, entry);
    pages.fillGaps(room);
  }

  function addPresence(room: ChatRoom, event: "join" | "leave", name: string) {
    const entry = room.timeline.addPresence(event, name);
    if (entry !== undefined) onAdded(room, entry);
  }

  return {
    message(event: ReceivedMessage) {
      if (event.missed) return; // It came with the reply to the rejoin.
      inRoom(event.room, (room) => addMessage(room, event));
    },
    /** A whisper belongs to no room. It is added to the shown one. */
    whisper({ from, text, time, to }: EventOf<"whisper">) {
      const { shown } = rooms;
      const entry = shown.timeline.add({
        kind: "whisper",
        text,
        time: localTime(time),
        sender: protocol.displayName(from),
        senderId: from.id,
        own: identity.is(from),
        ...(to === undefined ? {} : { to: protocol.displayName(to) }), // from the user's other device
      });
      if (!entry.own) onAdded(shown, entry);
    },
    /** The server delivered a message of this client and gave it an id. */
    ack({ room: name, id }: EventOf<"ack">) {
      const { user } = identity;
      inRoom(name, (room) => {
        if (user) room.users.put(user);
        room.sequence.received(id);
        room.addUnread([]);
        pages.fillGaps(room);
      });
    },
    presence({ room, event, user, previous }: EventOf<"presence">) {
      inRoom(room, (room) => {
        const known = room.users.get(user.id);
        if (event === "leave") room.users.remove(user.id);
        else room.users.put(user);
        if (room.countOnly) onUsersUnknown(room);
        if (user.id === identity.user?.id) return;
        const name = protocol.displayName(user);
        const before = previous ?? (known && protocol.displayName(known));
        if (event !== "rename") addPresence(room, event, name);
        else if (before === undefined) addPresence(room, "join", name);
        else addEntry(room, { kind: "presence", text: `${before} is now called ${name}` });
      });
    },
    /** The user returned so soon that no other client noticed: only the id changes. */
    back({ room: name, user, previous }: EventOf<"back">) {
      inRoom(name, (room) => {
        room.users.remove(previous);
        room.users.put(user);
      });
    },
    people({ room: name, users }: EventOf<"people">) {
      inRoom(name, (room) => room.count(users));
    },
    away({ room: name, user }: EventOf<"away">) {
      inRoom(name, (room) => room.users.put(user));
    },
    topic({ room: name, from, topic }: EventOf<"topic">) {
      inRoom(name, (room) => {
        room.topic = topic;
        addEntry(room, {
          kind: "notice",
          text: topic === null
            ? `${protocol.displayName(from)} removed the topic`
            : `${protocol.displayName(from)} set the topic to \u201c${topic}\u201d`,
        });
      });
    },
    /** The server dropped messages because this client reads too slowly, or skipped them. */
    gap({ room: name, cause, range }: GapEvent) {
      if (range === undefined || cause === "away") return; // They are shown where the room is resumed.
      inRoom(name, (room) => {
        if (cause === "unknown") return room.sequence.gaps.open(range.from, range.to);
        room.sequence.dropped(range.from, range.to);
        pages.fillGaps(room);
      });
    },
    /** The server dropped events because this client reads too slowly. */
    dropped({ count, missed }: EventOf<"dropped">) {
      for (const room of rooms.all) if (room.joined && !room.countOnly) onUsersUnknown(room);
      if (missed.length > 0) return;
      const text = `Too much at once: ${gaps.count(count)} missed.`;
      addEntry(rooms.shown, { kind: "missed", text });
    },
  };
}
