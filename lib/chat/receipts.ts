/**
 * What was acknowledged under which id, so that a retry after a lost answer gets the same answer and is not said twice.
 *
 * Knows what clients call their messages, and not what they say.
 * @module
 */
import type { Person, Ref } from "./events.ts";

/**
 * From so many characters on an id is taken for one that nobody else makes (a UUID has 36, 64 random bits in hexadecimal
 * 16), and holds across connections. A shorter one, a counter perhaps, holds for the one connection.
 */
const UNIQUE_REF = 16;

/** The most receipts that are kept, the last ones: about 2 MB. Who sends again does so within seconds or minutes. */
const MAX_RECEIPTS = 10_000;

/** What came of a message: the number that it got in a room, or to whom it was said. */
export type Receipt =
  | { readonly room: string; readonly id: number }
  | { readonly to: Person };

export class Receipts {
  readonly #receipts = new Map<string, Receipt>();

  /** What came of the message that `sender`, a number of a member, called `ref`. */
  find(sender: number, ref: Ref): Receipt | undefined {
    return ref === undefined ? undefined : this.#receipts.get(keyOf(sender, ref));
  }

  note(sender: number, ref: Ref, receipt: Receipt): void {
    if (ref === undefined) return;
    this.#receipts.set(keyOf(sender, ref), receipt);
    if (this.#receipts.size <= MAX_RECEIPTS) return;
    const [oldest] = this.#receipts.keys();
    this.#receipts.delete(oldest!);
  }
}

function keyOf(sender: number, ref: string): string {
  return isUnique(ref) ? ref : `${sender} ${ref}`;
}

/** Whether nobody else makes this id. */
export function isUnique(ref: string): boolean {
  return ref.length >= UNIQUE_REF;
}
