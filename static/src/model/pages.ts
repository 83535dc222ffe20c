/**
 * Fetching what was said before: older messages, page by page, and what is missing between.
 * @module
 */
import type { HistoryData, Message, Request } from "../net/protocol.ts";
import type { PendingRequest, PendingRequests } from "./pending_requests.ts";
import type { ChatRoom } from "./room.ts";

export interface PagesOptions {
  pending: PendingRequests;
  /** Puts messages in their places. */
  merge: (room: ChatRoom, messages: readonly Message[]) => unknown;
  /** Older messages came, or it is known that there are none. */
  onPage: (room: ChatRoom) => void;
  /** The unread line is drawn where one had read to when the page was loaded. */
  onLine: (room: ChatRoom) => void;
}

export type HistoryPages = ReturnType<typeof createPages>;

/** Messages of a page: two screens or so. */
export const PAGE = 50;

/** The most that the server gives at once. */
const LARGEST_PAGE = 200;

/** A hole of so many is filled without asking: more than that would be a burden for one who is slow. */
const FILLED_UNASKED = 1_000;

export function createPages({ pending, merge, onPage, onLine }: PagesOptions) {
  function ask(
    room: ChatRoom,
    range: { before?: number; after?: number; limit: number },
    gap?: PendingRequest["gap"],
  ) {
    const request: Request = { type: "history", room: room.name, ...range };
    const question = { line: "/history", typed: false, room };
    return pending.ask(request, gap === undefined ? question : { ...question, gap });
  }

  /** Fetches the page before the oldest message, if there is one. */
  function older(room: ChatRoom, limit: number = PAGE) {
    if (room.older !== "some" || !room.joined) return;
    const before = room.timeline.firstId;
    const range = before === undefined ? {} : { before };
    const count = Math.min(LARGEST_PAGE, Math.max(PAGE, limit));
    if (ask(room, { ...range, limit: count })) room.older = "loading";
    onPage(room);
  }

  /**
   * Fetches what is missing of one gap: the whole of it, or one page if it is large and somebody has asked for it.
   *
   * @param key Of the gap's entry, if somebody has asked.
   */
  function fill(room: ChatRoom, key?: number) {
    const { gaps } = room.sequence;
    if (room.older === "unkept") { for (const gap of gaps.all) gaps.set(gap, "lost"); }
    if (!room.joined || room.older === "unkept" || gaps.all.some(isLoading)) return;
    const gap = key === undefined
      ? gaps.all.find((one) => one.state === "waiting" && one.to - one.from < FILLED_UNASKED)
      : gaps.byKey(key);
    if (gap?.state !== "waiting") return;
    const { from, to } = gap;
    const range = { after: from - 1, before: to + 1, limit: LARGEST_PAGE };
    if (ask(room, range, { from, to, whole: key === undefined })) gaps.set(gap, "loading");
  }

  function filled(
    room: ChatRoom,
    { from, to, whole }: NonNullable<PendingRequest["gap"]>,
    { messages, complete }: HistoryData,
  ) {
    const { sequence } = room;
    const first = messages[0], last = messages.at(-1);
    merge(room, messages);
    // The numbers of a room may leap when it was closed in between.
    if (complete) sequence.gaps.cover(from, last?.id ?? to);
    for (const gap of sequence.gaps.all.filter((one) => one.from <= to && one.to >= from)) {
      const isGone = !complete && gap.from < (first?.id ?? Infinity);
      sequence.gaps.set(gap, isGone ? "lost" : "waiting");
    }
    if (whole) fill(room);
  }

  return {
    older,
    fill,
    /** A page is there. */
    arrived({ room, gap }: PendingRequest, data: HistoryData) {
      if (data.epoch !== room.sequence.position?.epoch) return;
      if (gap !== undefined) return filled(room, gap, data);
      merge(room, data.messages);
      room.older = data.more ? "some" : "none";
      if (room.recall()) onLine(room);
      onPage(room);
    },
    /** The server cannot give a page. */
    refused({ room, gap }: PendingRequest, code: string) {
      if (gap === undefined) room.older = code === "no_history" ? "unkept" : "none";
      else {for (const one of room.sequence.gaps.all) {
          if (isLoading(one)) room.sequence.gaps.set(one, "lost");
        }}
      onPage(room);
    },
  };
}

function isLoading({ state }: { state: string }) {
  return state === "loading";
}
