/**
 * What the server tells unasked of the rooms that one is in, put where it belongs: what is said there, who comes, goes and
 * is away, what they are about.
 * @module
 */
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

/** What is done at each event. */
export type EventHandlers = {
  readonly [Type in Event["type"]]?: (event: EventOf<Type>) => void;
};

export interface EventHandlerOptions {
  rooms: RoomList;
  identity: Identity;
  outgoing: Outgoing;
  pages: HistoryPages;
  entryOf: (event: Message) => NumberedEntry;
  /** What the server's time is by the clock of the reader. */
  localTime: (time: number) => number;
  /** Puts something into the log of a room. */
  tell: (room: ChatRoom, entry: NewEntry) => void;
  /** Something is in the log of a room that was not said by oneself. */
  onAdded: (room: ChatRoom, entry: Entry) => void;
  /** Who is in a room is not known any more. */
  onUnsure: (room: ChatRoom) => void;
}

export function createEventHandlers(options: EventHandlerOptions) {
  const { rooms, identity, outgoing, pages, entryOf, localTime, tell, onAdded, onUnsure } = options;

  /** Does something in a room, unless one has just left it. */
  function inRoom(name: string, act: (room: ChatRoom) => void) {
    const room = rooms.find(name);
    if (room !== undefined) act(room);
  }

  function hear(room: ChatRoom, event: Message) {
    const given = entryOf(event);
    room.sequence.note(event.id);
    if (given.own && outgoing.recognise(room, given)) return;
    const entry = room.timeline.put(given);
    if (entry === undefined) return;
    room.heard([entry]);
    if (!entry.own) onAdded(room, entry);
    pages.fill(room);
  }

  function crowd(room: ChatRoom, event: "join" | "leave", name: string) {
    const entry = room.timeline.crowd(event, name);
    if (entry !== undefined) onAdded(room, entry);
  }

  return {
    message(event: Message) {
      inRoom(event.room, (room) => room.sequence.inOrder(() => hear(room, event)));
    },
    /** Whispers cross rooms: they are shown in the one in view. */
    whisper({ from, text, time }: EventOf<"whisper">) {
      const { shown } = rooms;
      const entry = shown.timeline.add({
        kind: "whisper",
        text,
        time: localTime(time),
        sender: protocol.displayName(from),
        senderId: from.id,
        own: identity.is(from),
      });
      if (!entry.own) onAdded(shown, entry);
    },
    /** One's own message has got a number. */
    ack({ ref, room: name, id, time }: EventOf<"ack">) {
      const { user } = identity;
      const sender = user === undefined ? "" : protocol.displayName(user);
      outgoing.arrived(ref, { id, time: localTime(time), sender, senderId: user?.id ?? 0 });
      inRoom(name, (room) => {
        if (user) room.people.put(user);
        room.sequence.inOrder(() => {
          room.sequence.note(id);
          room.heard([]);
          pages.fill(room);
        });
      });
    },
    presence({ room: name, event, user, previous }: EventOf<"presence">) {
      inRoom(name, (room) => {
        const known = room.people.get(user.id);
        if (event === "leave") room.people.remove(user.id);
        else room.people.put(user);
        if (room.crowded) onUnsure(room);
        if (user.id === identity.user?.id) return;
        const called = protocol.displayName(user);
        const before = previous ?? (known && protocol.displayName(known));
        if (event !== "rename") crowd(room, event, called);
        else if (before === undefined) crowd(room, "join", called);
        else tell(room, { kind: "presence", text: `${before} is now called ${called}` });
      });
    },
    /** So soon that nobody was told: only the number is another. */
    back({ room: name, user, previous }: EventOf<"back">) {
      inRoom(name, (room) => {
        room.people.remove(previous);
        room.people.put(user);
      });
    },
    people({ room: name, users }: EventOf<"people">) {
      inRoom(name, (room) => room.count(users));
    },
    away({ room: name, user }: EventOf<"away">) {
      inRoom(name, (room) => room.people.put(user));
    },
    topic({ room: name, from, topic }: EventOf<"topic">) {
      inRoom(name, (room) => {
        room.topic = topic;
        tell(room, {
          kind: "notice",
          text: topic === null
            ? `${protocol.displayName(from)} removed the topic`
            : `${protocol.displayName(from)} set the topic to \u201c${topic}\u201d`,
        });
      });
    },
    /** Messages were too much for this connection. */
    dropped({ count, missed }: EventOf<"dropped">) {
      for (const room of rooms.all) if (room.joined && !room.crowded) onUnsure(room);
      for (const { room: name, from, to } of missed ?? []) {
        inRoom(name, (room) =>
          room.sequence.inOrder(() => {
            room.sequence.miss(from, to);
            pages.fill(room);
          }));
      }
      if (missed?.length) return;
      const text = `Too much at once: ${gaps.count(count)} missed.`;
      tell(rooms.shown, { kind: "missed", text });
    },
  };
}
