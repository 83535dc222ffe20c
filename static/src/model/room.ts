/**
 * One room of this client: its timeline, its users, and the position up to which the user has read it.
 * @module
 */
import type { User } from "../net/protocol.ts";
import type { Position } from "../net/protocol.ts";
import type { Entry } from "./timeline.ts";
import * as colouring from "./colours.ts";
import * as roster from "./roster.ts";
import * as sequencing from "./sequence.ts";
import * as timeline from "./timeline.ts";

export interface RoomOptions {
  name: string;
  now: () => number;
  /** Whether the user is looking at the newest messages of the room. */
  isAttended: (room: ChatRoom) => boolean;
  /** Called when the read position advances. */
  onRead: () => void;
  /** Called when the users, the topic or the number of unread messages change. */
  onChange: () => void;
  /** The read position of an earlier visit. */
  seen: Position | undefined;
}

/** Whether there are older messages. `unkept`: the server stores none. `full`: the page holds no more. */
export type Older = "some" | "loading" | "none" | "unkept" | "full";

export type ChatRoom = ReturnType<typeof createRoom>;

export function createRoom({ name, now, isAttended, onRead, onChange, seen }: RoomOptions) {
  const entries = timeline.createTimeline({ now });
  const sequence = sequencing.createSequence(entries, now);
  const users = roster.createRoster(onChange);
  let read: Position | undefined = seen;
  let topic: string | null = null;
  let unread = 0;
  let mentions = 0;
  let older: Older = "unkept";
  /** The number of users in a large room, where the server does not name them. */
  let countOnlySize: number | undefined;
  /** Whether the unread line of an earlier visit is still to be drawn. */
  let isLineDue = false;
  /** Whether the first page is still loading: the user cannot have read messages that are not shown yet. */
  let isOpening = false;

  function markRead() {
    const { position } = sequence;
    if (position === undefined) return;
    const moved = read?.epoch !== position.epoch || read.offset !== position.offset;
    read = position;
    unread = 0;
    mentions = 0;
    if (moved) onRead();
  }

  const room = {
    name,
    timeline: entries,
    sequence,
    users,
    colours: colouring.createRoomColours(),
    get topic(): string | null {
      return topic;
    },
    set topic(text: string | null) {
      topic = text;
      onChange();
    },
    /** Whether this connection is in the room. */
    joined: false,
    /** The position up to which the user has read. */
    get read(): Position | undefined {
      return read;
    },
    /** The number of unread messages of other users. */
    get unread() {
      return unread;
    },
    /** The number of unread messages that mention the user. */
    get mentions() {
      return mentions;
    },
    get older(): Older {
      if (older === "none" && entries.trimmed) return "some";
      return older === "some" && entries.full ? "full" : older;
    },
    set older(value: Older) {
      older = value;
      isOpening &&= value === "loading";
      entries.trimmed = false;
    },
    /** The number of users. */
    get size() {
      return countOnlySize ?? users.size;
    },
    /** Whether the server sends only the number of users. */
    get countOnly() {
      return countOnlySize !== undefined;
    },
    /** Stores the list of users. `size` is larger if the list is not complete. */
    fill(list: readonly User[], size: number = list.length) {
      countOnlySize = size > list.length ? size : undefined;
      users.reset(list);
    },
    /** Stores the number of users of a large room. */
    count(size: number) {
      countOnlySize = size;
      onChange();
    },
    /** Counts new entries, oldest first, as unread, or as read if the user is looking at them. */
    addUnread(added: readonly Entry[]) {
      const others = added.filter(({ own }) => !own);
      const isRead = isAttended(room) && !isOpening;
      if (others.length > 0 && unread === 0 && !isRead) entries.mark = others[0]?.key;
      unread += others.length;
      mentions += others.filter(({ mention }) => mention).length;
      if (isRead) markRead();
      else if (others.length > 0) onChange();
    },
    /** Adds entries that were missed while the page was not connected. The unread line is drawn before the first. */
    catchUp(added: readonly Entry[]) {
      const first = added.find(({ own }) => !own);
      if (first !== undefined && unread === 0) entries.mark = first.key;
      room.addUnread(added);
    },
    /**
     * Starts the room at an offset of an epoch.
     *
     * @param hasHistory Whether the server stores messages.
     */
    begin(epoch: string, offset: number, hasHistory: boolean) {
      sequence.begin(epoch, offset);
      room.older = !hasHistory ? "unkept" : offset === 0 ? "none" : "some";
      unread = hasHistory && seen?.epoch === epoch ? Math.max(0, offset - seen.offset) : 0;
      isLineDue = unread > 0;
      isOpening = older === "some";
      if (unread === 0) markRead();
    },
    /** Continues the same ids under another epoch. */
    rename(epoch: string) {
      if (sequence.position?.epoch === epoch) return;
      sequence.rename(epoch);
      if (read === undefined) return;
      read = { ...read, epoch };
      onRead();
    },
    /** Draws the unread line of an earlier visit as soon as its place is loaded. Returns whether it did. */
    restoreMark() {
      const oldest = entries.firstId;
      if (!isLineDue || seen === undefined || oldest === undefined) return false;
      if (oldest > seen.offset + 1 && older === "some") return false;
      isLineDue = false;
      const first = entries.firstAfter(seen.offset);
      if (first !== undefined) entries.mark = first.key;
      return first !== undefined;
    },
    /** Marks all messages as read: the user is looking at the newest. */
    markRead,
    /** Called when the user looks away. A line above messages that are read is removed. */
    onUnattended() {
      if (unread === 0) entries.mark = undefined;
    },
    connectionLost() {
      room.joined = false;
      sequence.connectionLost();
      if (older === "loading") older = "some";
    },
  };
  return room;
}
