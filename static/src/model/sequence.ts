/**
 * Follows the ids of the messages of one room: the position up to which it is known, and the gaps before that.
 * @module
 */
import type { Entry, NumberedEntry, Timeline } from "./timeline.ts";
import type { Position } from "../net/protocol.ts";
import * as gapping from "./gaps.ts";

/** The start of a gap's text if the client read too slowly. */
const TOO_SLOW = "Too much at once: ";

export function createSequence(timeline: Timeline, now: () => number) {
  const gaps = gapping.createGaps(timeline, now);
  let epoch: string | undefined;
  /** Every id up to this one is in the timeline or in a gap. */
  let high = 0;

  /** Every id up to this one is in the timeline, in a gap, or arrives in another way. */
  function advanceTo(id: number) {
    high = Math.max(high, id);
  }

  return {
    gaps,
    /** The position up to which the room is known; `undefined` before the first connection. */
    get position(): Position | undefined {
      return epoch === undefined ? undefined : { epoch, offset: high };
    },
    /** Starts a new epoch at an offset. Messages of an earlier epoch stay where they are. */
    begin(newEpoch: string, offset: number) {
      gaps.giveUp();
      timeline.clearIds();
      epoch = newEpoch;
      high = offset;
    },
    /** Continues the same ids under another epoch. */
    rename(newEpoch: string) {
      epoch = newEpoch;
    },
    advanceTo,
    /** Handles the id of a live message. */
    received(id: number) {
      gaps.cover(id, id);
      advanceTo(id);
    },
    /** Opens a gap for messages that the server dropped. */
    dropped(from: number, to: number) {
      gaps.open(from, to, { lead: TOO_SLOW });
      for (const id of timeline.idsWithin(from, to)) gaps.cover(id, id); // the user's own
      advanceTo(to);
    },
    /** Adds messages with consecutive ids to the timeline. Returns those that are new. */
    merge(messages: readonly NumberedEntry[]): Entry[] {
      const added = messages.flatMap((message) => timeline.put(message) ?? []);
      const first = messages[0], last = messages.at(-1);
      if (first && last) gaps.cover(first.id, last.id);
      return added;
    },
    /** Gaps that are loading are requested again on the next connection. */
    connectionLost() {
      for (const gap of gaps.all) if (gap.state === "loading") gaps.set(gap, "waiting");
    },
  };
}
