/**
 * Fetches messages from the server's history: older ones page by page, and those in gaps.
 * @module
 */
import type { HistoryData, Message, Reply, Request } from "../net/protocol.ts";
import type { ErrorEvent, PendingRequest, PendingRequests } from "./pending_requests.ts";
import type { ChatRoom } from "./room.ts";

export interface PagesOptions {
  pending: PendingRequests;
  /** Adds messages to the timeline of a room. */
  merge: (room: ChatRoom, messages: readonly Message[]) => unknown;
  /** Called when older messages arrived or are known not to exist. */
  onPage: (room: ChatRoom) => void;
  /** Called when the unread line of an earlier visit is drawn. */
  onLine: (room: ChatRoom) => void;
}

export type HistoryPages = ReturnType<typeof createPages>;

/** The number of messages on a page: about two screens. */
export const PAGE = 50;

/** The maximum page size that the server accepts. */
const MAX_PAGE = 200;

/** Gaps of fewer messages are filled automatically. Larger ones would overload a slow client; the user can load them. */
const MAX_AUTOMATIC_GAP = 1_000;

export function createPages({ pending, merge, onPage, onLine }: PagesOptions) {
  function send(
    room: ChatRoom,
    range: { before?: number; after?: number; limit: number },
    gap?: PendingRequest["gap"],
  ) {
    const request: Request = { type: "history", room: room.name, ...range };
    const about = { line: "/history", typed: false, room };
    return pending.send(request, gap === undefined ? about : { ...about, gap });
  }

  /** Fetches the page before the oldest message, if there is one. */
  function loadOlder(room: ChatRoom, limit: number = PAGE) {
    if (room.older !== "some" || !room.joined) return;
    const before = room.timeline.firstId;
    const range = before === undefined ? {} : { before };
    const count = Math.min(MAX_PAGE, Math.max(PAGE, limit));
    if (send(room, { ...range, limit: count })) room.older = "loading";
    onPage(room);
  }

  /**
   * Fetches the messages in one gap: all of them, or one page if the user loads a large gap.
   *
   * @param key The key of the gap's entry, if the user asked for it.
   */
  function fillGaps(room: ChatRoom, key?: number) {
    const { gaps } = room.sequence;
    if (room.older === "unkept") { for (const gap of gaps.all) gaps.set(gap, "lost"); }
    if (!room.joined || room.older === "unkept" || gaps.all.some(isLoading)) return;
    const gap = key === undefined
      ? gaps.all.find((one) =>
        one.state === "waiting" && one.kind === "missed" && one.to - one.from < MAX_AUTOMATIC_GAP
      )
      : gaps.byKey(key);
    if (gap?.state !== "waiting") return;
    const { from, to } = gap;
    const range = { after: from - 1, before: to + 1, limit: MAX_PAGE };
    if (send(room, range, { from, to, whole: key === undefined })) gaps.set(gap, "loading");
  }

  function gapPageReceived(
    room: ChatRoom,
    { from, to, whole }: NonNullable<PendingRequest["gap"]>,
    { messages, complete }: HistoryData,
  ) {
    const { sequence } = room;
    const first = messages[0], last = messages.at(-1);
    merge(room, messages);
    // The ids of a room skip numbers if the room was closed in between.
    if (complete) sequence.gaps.cover(from, last?.id ?? to);
    for (const gap of sequence.gaps.all.filter((one) => one.from <= to && one.to >= from)) {
      const isGone = !complete && gap.from < (first?.id ?? Infinity);
      sequence.gaps.set(gap, isGone ? "lost" : "waiting");
    }
    if (whole) fillGaps(room);
  }

  /** Loads a message and those around it, and calls `done` with the key of its entry if it still exists. */
  function locate(room: ChatRoom, id: number, done: (key: number | undefined) => void) {
    const known = room.timeline.byId(id);
    if (known !== undefined || !room.joined) return done(known?.key);
    const range = { before: id + PAGE / 2, limit: PAGE };
    const about = {
      line: "/history",
      typed: false,
      room,
      onAnswer(answer: Reply | ErrorEvent) {
        if (answer.type === "reply" && answer.command === "history") {
          pageAroundReceived(room, answer.data);
        }
        done(room.timeline.byId(id)?.key);
      },
    };
    if (!pending.send({ type: "history", room: room.name, ...range }, about)) done(undefined);
  }

  /** Adds a page that does not adjoin the messages in the timeline, and the gaps before and after it. */
  function pageAroundReceived(room: ChatRoom, { epoch, messages, more }: HistoryData) {
    const { timeline, sequence: { gaps, position } } = room;
    const first = messages[0], last = messages.at(-1);
    if (epoch !== position?.epoch || first === undefined || last === undefined) return;
    timeline.makeRoom();
    const { below, above } = timeline.neighbours(first.id, last.id);
    merge(room, messages);
    const skip = (from: number, to: number) => {
      const isKnown = gaps.all.some((gap) => gap.from <= from && gap.to >= to);
      if (!isKnown) gaps.open(from, to, { kind: "skipped" });
    };
    if (above !== undefined) skip(last.id + 1, above - 1);
    if (below !== undefined) skip(below + 1, first.id - 1);
    else room.older = more ? "some" : "none";
    onPage(room);
  }

  return {
    loadOlder,
    locate,
    fillGaps,
    /** Handles the page that a request returned. */
    pageReceived({ room, gap }: PendingRequest, data: HistoryData) {
      if (data.epoch !== room.sequence.position?.epoch) return;
      if (gap !== undefined) return gapPageReceived(room, gap, data);
      merge(room, data.messages);
      room.older = data.more ? "some" : "none";
      if (room.restoreMark()) onLine(room);
      onPage(room);
    },
    /** Handles the server's refusal of a page. */
    refused({ room, gap }: PendingRequest, code: string) {
      if (gap === undefined) room.older = code === "no_history" ? "unkept" : "none";
      else {
        const { gaps } = room.sequence;
        for (const one of gaps.all.filter(isLoading)) gaps.set(one, "lost");
      }
      onPage(room);
    },
  };
}

function isLoading({ state }: { state: string }) {
  return state === "loading";
}
