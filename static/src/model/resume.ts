/**
 * Coming into rooms, and coming back: where the talk was left it is taken up again, without a hole if the server can, else
 * with a note of what may be missing.
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
  /** Puts messages in their places; returns those that are new. */
  merge: (room: ChatRoom, messages: readonly Message[]) => Entry[];
  /** Puts something into the log of a room. */
  tell: (room: ChatRoom, entry: NewEntry) => void;
  now: () => number;
}

export type ResumeState = ReturnType<typeof createResume>;

/** Messages before the unread ones, so that one finds one's place again. */
const CONTEXT = 10;

export function createResume({ rooms, pending, pages, merge, tell, now }: ResumeOptions) {
  let epoch = "";
  /** Whether the server keeps what was said. */
  let kept = false;
  let lostAt = 0;

  function lead() {
    return `Back after ${Math.max(1, Math.round((now() - lostAt) / 1000))} s. `;
  }

  /** Comes into a room for the first time on this page. */
  function start(room: ChatRoom, offset: number) {
    room.begin(epoch, offset, kept);
    pages.older(room, room.unread + CONTEXT);
  }

  /** The talk goes on where it was left, as far as the server knows. */
  function goOn(room: ChatRoom, offset: number, missed?: Missed) {
    const { sequence } = room;
    const messages = missed?.messages ?? [];
    const { epoch: before, offset: high } = sequence.position ?? { epoch, offset };
    if (missed?.recovered) room.rename(epoch);
    else if (before !== epoch) return renew(room, offset, messages, missed?.more === true);
    const first = messages[0]?.id ?? offset + 1;
    const isWhole = missed?.recovered === true || first <= high + 1;
    if (!isWhole) {
      const state = kept ? "waiting" : "lost";
      sequence.gaps.open(high + 1, first - 1, { lead: lead(), state });
    }
    room.missed(merge(room, messages));
    sequence.reach(offset);
    if (isWhole) tell(room, { kind: "notice", text: `${lead()}Nothing was missed.` });
  }

  /**
   * The server has started anew, and cannot tell what followed on what is here. Some of what it has may be here.
   *
   * @param messages The newest that it has.
   * @param more Whether there are older ones.
   */
  function renew(room: ChatRoom, offset: number, messages: readonly Message[], more: boolean) {
    const { sequence, timeline } = room;
    sequence.begin(epoch, offset);
    const added = new Set(merge(room, messages).map(({ id }) => id));
    const known = messages.findLast(({ id }) => !added.has(id));
    const { key } = timeline.putBehind({
      kind: "missed",
      text: `${lead()}The server has started anew: what was said meanwhile may be missing.`,
      behind: known?.id ?? (messages[0]?.id ?? offset + 1) - 1,
    });
    room.older = !kept ? "unkept" : more ? "some" : "none";
    room.missed(timeline.behind(key).filter(({ id }) => id !== undefined));
  }

  return {
    /** The connection is gone. */
    lost() {
      lostAt = now();
      for (const room of rooms.all) room.lose();
    },
    /** The server has greeted, and everybody is in the lobby. */
    greeted(event: Hello) {
      const { lobby } = rooms;
      const { position } = lobby.sequence;
      epoch = event.epoch;
      kept = (event.limits.history ?? 0) > 0;
      lobby.joined = true;
      lobby.topic = event.room.topic;
      lobby.fill(event.users, event.online);
      if (position === undefined) return start(lobby, event.room.offset);
      if (!kept) return goOn(lobby, event.room.offset);
      lobby.sequence.hold();
      pending.ask({ type: "join", room: lobby.name, since: position }, question(lobby));
    },
    /** Goes to the other rooms, too, when it is clear under which name. */
    rejoin() {
      for (const room of rooms.all) {
        if (room === rooms.lobby || room.joined) continue;
        const since = room.sequence.position;
        pending.ask(
          { type: "join", room: room.name, ...(since && kept ? { since } : {}) },
          question(room),
        );
      }
    },
    /** The server has let this client into a room. */
    joined(room: ChatRoom, data: JoinData) {
      const { room: { offset, topic, users }, missed } = data;
      const isBack = room.joined && missed === undefined && room.sequence.position !== undefined;
      epoch = data.epoch;
      room.joined = true;
      room.topic = topic;
      room.fill(data.users, users);
      if (room.sequence.position === undefined) start(room, offset);
      else if (!isBack) goOn(room, offset, missed);
      room.sequence.release();
      pages.fill(room);
    },
  };
}

function question(room: ChatRoom) {
  return { line: `/join ${room.name}`, typed: false, room };
}
