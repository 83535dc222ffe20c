/**
 * The talk of one room by its numbers: how far it has been heard, what is missing before that, and what has to wait until
 * it is clear what was missed.
 * @module
 */
import type { Entry, NumberedEntry, TimelineStore } from "./timeline.ts";
import type { Position } from "../net/protocol.ts";
import * as gapping from "./gaps.ts";

export type Sequence = ReturnType<typeof createSequence>;

/** What is said of messages that this client was too slow for. */
const TOO_MUCH = "Too much at once: ";

export function createSequence(timeline: TimelineStore, now: () => number) {
  const gaps = gapping.createGaps(timeline, now);
  let epoch: string | undefined;
  /** The largest number up to which everything is here, or known to be missing. */
  let high = 0;
  /** What came while it was not clear what was missed before. */
  let held: Array<() => void> | undefined;

  /** All up to this number is here, or comes in another way. */
  function reach(id: number) {
    high = Math.max(high, id);
  }

  return {
    gaps,
    /** How far it has been heard. */
    get position(): Position | undefined {
      return epoch === undefined ? undefined : { epoch, offset: high };
    },
    /**
     * The server counts under this name now, and what was said so far has this number. Whatever was counted under
     * another name stays where it is.
     */
    begin(name: string, offset: number) {
      gaps.settle();
      timeline.renumber();
      epoch = name;
      high = offset;
    },
    /** The server counts on, under another name. */
    rename(name: string) {
      epoch = name;
    },
    reach,
    /** A number was given on this connection, where all come in order: those left out are missing. */
    note(id: number) {
      if (epoch !== undefined && id > high + 1) gaps.open(high + 1, id - 1);
      gaps.cover(id, id);
      reach(id);
    },
    /** These were too much at once: they are missing. */
    miss(from: number, to: number) {
      gaps.open(from, to, { lead: TOO_MUCH });
      for (const id of timeline.idsWithin(from, to)) gaps.cover(id, id); // said by oneself
      reach(to);
    },
    /** Puts messages in their places that came together, without a hole. Returns those that are new. */
    merge(messages: readonly NumberedEntry[]): Entry[] {
      const added = messages.flatMap((message) => timeline.put(message) ?? []);
      const first = messages[0], last = messages.at(-1);
      if (first && last) gaps.cover(first.id, last.id);
      return added;
    },
    /** From now on what comes has to wait. */
    hold() {
      held ??= [];
    },
    /** Does something now, or when it is clear what was missed before. */
    inOrder(run: () => void) {
      if (held === undefined) run();
      else held.push(run);
    },
    /** It is clear what was missed. */
    release() {
      const waiting = held ?? [];
      held = undefined;
      for (const run of waiting) run();
    },
    /** The connection is gone: what waits will be among what was missed. */
    abandon() {
      held = undefined;
      for (const gap of gaps.all) if (gap.state === "loading") gaps.set(gap, "waiting");
    },
  };
}
