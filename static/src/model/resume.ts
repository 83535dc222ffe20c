/**
 * Enters rooms and resumes them after a reconnect: without a gap if the server still has the missed messages, otherwise
 * with a note about what may be missing.
 * @module
 */
import type { Hello, JoinData, Message, Missed } from "../net/protocol.ts";
import type { HistoryPages } from "./pages.ts";
import type { PendingRequests } from "./pending_requests.ts";
import type { ChatRoom } from "./room.ts";
import type { RoomList } from "./rooms.ts";
import type { Entry, NewEntry } from "./timeline.ts";

export interface ResumeOptions {
  rooms: RoomList;
  pending: PendingRequests;
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

export function createResume({ rooms, pending, pages, merge, addEntry, now }: ResumeOptions) {
  let epoch = "";
  /** Whether the server stores messages. */
  let hasHistory = false;
  let lostAt = 0;

  function lead() {
    return `Back after ${Math.max(1, Math.round((now() - lostAt) / 1000))} s. `;
  }

  /** Enters a room for the first time on this page. */
  function enterRoom(room: ChatRoom, offset: number) {
    room.begin(epoch, offset, hasHistory);
    pages.loadOlder(room, room.unread + CONTEXT);
  }

  /** Resumes a room where the connection was lost, as far as the server has the messages since. */
  function resumeRoom(room: ChatRoom, offset: number, missed?: Missed) {
    const { sequence } = room;
    const messages = missed?.messages ?? [];
    const { epoch: before, offset: high } = sequence.position ?? { epoch, offset };
    if (missed?.recovered) room.rename(epoch);
    else if (before !== epoch) return restartRoom(room, offset, messages, missed?.more === true);
    const first = messages[0]?.id ?? offset + 1;
    const isComplete = missed?.recovered === true || first <= high + 1;
    if (!isComplete) {
      const state = hasHistory ? "waiting" : "lost";
      sequence.gaps.open(high + 1, first - 1, { lead: lead(), state });
    }
    room.catchUp(merge(room, messages));
    sequence.advanceTo(offset);
    if (isComplete) addEntry(room, { kind: "notice", text: `${lead()}Nothing was missed.` });
  }

  /**
   * Continues a room after a restart of the server, which cannot tell what followed the messages of the old epoch. The
   * timeline may contain some of the messages that the server has.
   *
   * @param messages The newest messages that the server has.
   * @param more Whether the server has older ones.
   */
  function restartRoom(
    room: ChatRoom,
    offset: number,
    messages: readonly Message[],
    more: boolean,
  ) {
    const { sequence, timeline } = room;
    sequence.begin(epoch, offset);
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
    /** Handles the hello of a new connection, which is in the lobby. */
    connected(event: Hello) {
      const { lobby } = rooms;
      const { position } = lobby.sequence;
      epoch = event.epoch;
      hasHistory = event.limits.history > 0;
      if (event.room === null) return; // users may have no right to enter the lobby
      lobby.joined = true;
      lobby.topic = event.room.topic;
      lobby.fill(event.users, event.online);
      if (position === undefined) return enterRoom(lobby, event.room.offset);
      if (!hasHistory) return resumeRoom(lobby, event.room.offset);
      lobby.sequence.hold();
      pending.send({ type: "join", room: lobby.name, since: position }, joinRequest(lobby));
    },
    /** Joins the other rooms again, once the user's name is settled. */
    rejoin() {
      for (const room of rooms.all) {
        if (room === rooms.lobby || room.joined) continue;
        const since = room.sequence.position;
        pending.send(
          { type: "join", room: room.name, ...(since && hasHistory ? { since } : {}) },
          joinRequest(room),
        );
      }
    },
    /** Handles the reply to a join. */
    joined(room: ChatRoom, data: JoinData) {
      const { room: { offset, topic, users }, missed } = data;
      const wasJoined = room.joined && missed === undefined &&
        room.sequence.position !== undefined;
      epoch = data.epoch;
      room.joined = true;
      room.topic = topic;
      room.fill(data.users, users);
      if (room.sequence.position === undefined) enterRoom(room, offset);
      else if (!wasJoined) resumeRoom(room, offset, missed);
      room.sequence.release();
      pages.fillGaps(room);
    },
  };
}

function joinRequest(room: ChatRoom) {
  return { line: `/join ${room.name}`, typed: false, room };
}
