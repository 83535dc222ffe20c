/**
 * Enters rooms and resumes them after a reconnect: without a gap if the server still has the missed messages, otherwise
 * with a note about what may be missing.
 * @module
 */
import type { JoinedEvent } from "../net/client.ts";
import type { Hello, Message, Position } from "../net/protocol.ts";
import type { HistoryPages } from "./pages.ts";
import type { ChatRoom } from "./room.ts";
import type { RoomList } from "./rooms.ts";
import type { Entry, NewEntry } from "./timeline.ts";

export interface ResumeOptions {
  rooms: RoomList;
  pages: HistoryPages;
  /** Adds messages to the timeline of a room. Returns those that are new. */
  merge: (room: ChatRoom, messages: readonly Message[]) => Entry[];
  /** Adds an entry to the log of a room. */
  addEntry: (room: ChatRoom, entry: NewEntry) => void;
  now: () => number;
}

export type ResumeState = ReturnType<typeof createResume>;

/** The number of read messages that are loaded before the unread ones. */
const CONTEXT = 10;

export function createResume({ rooms, pages, merge, addEntry, now }: ResumeOptions) {
  /** Whether the server stores messages. */
  let hasHistory = false;
  let lostAt = 0;

  function lead() {
    return `Back after ${Math.max(1, Math.round((now() - lostAt) / 1000))} s. `;
  }

  /** Enters a room for the first time on this page. */
  function enterRoom(room: ChatRoom, { epoch, offset }: Position) {
    room.begin(epoch, offset, hasHistory);
    pages.loadOlder(room, room.unread + CONTEXT);
  }

  /** Resumes a room where the connection was lost, as far as the server has the messages since. */
  function resumeRoom(room: ChatRoom, { position, gap, messages }: JoinedEvent) {
    const { sequence } = room;
    room.rename(position.epoch);
    if (gap !== undefined) {
      const state = hasHistory ? "waiting" : "lost";
      sequence.gaps.open(gap.from, gap.to, { lead: lead(), state });
    }
    sequence.advanceTo(position.offset);
    room.catchUp(merge(room, messages));
    if (gap === undefined) addEntry(room, { kind: "notice", text: `${lead()}Nothing was missed.` });
  }

  /**
   * Continues a room after a restart of the server, which cannot tell what followed the messages of the old epoch. The
   * timeline may contain some of the messages that the server has.
   */
  function restartRoom(
    room: ChatRoom,
    { position, room: { offset }, messages, more }: JoinedEvent,
  ) {
    const { sequence, timeline } = room;
    sequence.begin(position.epoch, position.offset);
    const added = new Set(merge(room, messages).map(({ id }) => id));
    const known = messages.findLast(({ id }) => !added.has(id));
    const { key } = timeline.putAfter({
      kind: "missed",
      text: `${lead()}The server was restarted. Messages sent in the meantime may be missing.`,
      after: known?.id ?? (messages[0]?.id ?? offset + 1) - 1,
    });
    room.older = !hasHistory ? "unkept" : more ? "some" : "none";
    room.catchUp(timeline.entriesAfter(key).filter(({ id }) => id !== undefined));
  }

  return {
    connectionLost() {
      lostAt = now();
      for (const room of rooms.all) room.connectionLost();
    },
    /** Handles the hello of a new connection, which is in the lobby. What was missed there comes with its `joined`. */
    connected(event: Hello) {
      const { lobby } = rooms;
      hasHistory = event.limits.history > 0;
      if (event.room === null) return; // users may have no right to enter the lobby
      lobby.joined = true;
      lobby.topic = event.room.topic;
      lobby.fill(event.users, event.online);
    },
    /** Handles that this connection is in a room. */
    joined(room: ChatRoom, event: JoinedEvent) {
      const { outcome, position, room: { topic, users } } = event;
      room.joined = true;
      room.topic = topic;
      room.fill(event.users, users);
      if (outcome === "entered") enterRoom(room, position);
      else if (outcome === "resumed") resumeRoom(room, event);
      else if (outcome === "restarted") restartRoom(room, event);
      pages.fillGaps(room);
    },
  };
}
