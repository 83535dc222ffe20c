/**
 * What a webhook could not deliver, until its receiver is told.
 * @module
 */
import type { Loss } from "../delivery/ring_buffer.ts";
import type { MissedRange } from "../wire/shapes.ts";

/**
 * The most rooms whose missing messages are listed. Longer lists would not fit into a request, and a receiver may be down
 * for days.
 */
export const MAX_LISTED_ROOMS = 500;

/** The events of a batch that say what is lost with it. */
type LostEvent =
  | { readonly type: "message"; readonly room: string; readonly id: number }
  | { readonly type: "dropped"; readonly count: number; readonly missed: readonly MissedRange[] }
  | { readonly type: "" };

export class Losses {
  /** Lost events, also those that are no messages and those whose rooms are not listed. */
  #count = 0;
  readonly #ranges = new Map<string, { readonly room: string; from: number; to: number }>();

  /** Adds lost events. */
  add({ count, ranges }: Loss): void {
    this.#count += count;
    for (const range of ranges) this.#addRange(range);
  }

  /**
   * Adds events that are lost as a batch, which is read back: that is so rare that nothing is kept for it.
   *
   * @param json The events, with commas between them.
   * @param count How many they are, a `dropped` not counted.
   */
  addBatch(json: string, count: number): void {
    const events: readonly LostEvent[] = JSON.parse(`[${json}]`);
    this.#count += count;
    for (const event of events) {
      if (event.type === "dropped") this.add({ count: event.count, ranges: event.missed });
      else if (event.type === "message") {
        const { room, id } = event;
        this.#addRange({ room, from: id, to: id });
      }
    }
  }

  /** Returns what was lost, and forgets it; `undefined` if there is nothing. */
  take(): { readonly count: number; readonly missed: readonly MissedRange[] } | undefined {
    const count = this.#count;
    if (count === 0) return undefined;
    const missed = [...this.#ranges.values()];
    this.#count = 0;
    this.#ranges.clear();
    return { count, missed };
  }

  #addRange({ room, from, to }: MissedRange): void {
    const range = this.#ranges.get(room);
    if (range !== undefined) {
      range.from = Math.min(range.from, from);
      range.to = Math.max(range.to, to);
    } else if (this.#ranges.size < MAX_LISTED_ROOMS) this.#ranges.set(room, { room, from, to });
  }
}
