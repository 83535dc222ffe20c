/**
 * What was acknowledged under which id, so that a retry after a lost answer gets the same answer and is not said twice.
 *
 * Knows what clients call their messages, and of what they say only whether it is the same.
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

/** What is said, how and to whom: two that differ in any of these are two messages, whatever their ids are. */
export interface Utterance {
  readonly kind: "message" | "action" | "whisper";
  /** The key of the room that was asked for, or of the name; `undefined` for wherever the sender is. */
  readonly to: string | undefined;
  readonly text: string;
}

interface Entry {
  readonly receipt: Receipt;
  readonly fingerprint: number;
  readonly to: string;
}

export class Deduplicator {
  readonly #receipts = new Map<string, Entry>();

  /**
   * What came of the message that `sender`, a number of a member, called `ref`; "reused" if that was another one than
   * `utterance`.
   */
  find(sender: number, ref: string, utterance: Utterance): Receipt | "reused" | undefined {
    const entry = this.#receipts.get(keyOf(sender, ref));
    if (entry === undefined) return undefined;
    const isElsewhere = utterance.to !== undefined && utterance.to !== entry.to;
    return isElsewhere || entry.fingerprint !== fingerprintOf(utterance) ? "reused" : entry.receipt;
  }

  /** `to` is where `utterance` went: the key of a room or a name. */
  note(sender: number, ref: Ref, utterance: Utterance, to: string, receipt: Receipt): void {
    if (ref === undefined) return;
    const fingerprint = fingerprintOf(utterance);
    this.#receipts.set(keyOf(sender, ref), { receipt, fingerprint, to });
    if (this.#receipts.size <= MAX_RECEIPTS) return;
    const [oldest] = this.#receipts.keys();
    this.#receipts.delete(oldest!);
  }
}

/** A unique id and the id of one connection are never the same key, whatever is in them. */
function keyOf(sender: number, ref: string): string {
  return isUnique(ref) ? `* ${ref}` : `${sender} ${ref}`;
}

/**
 * Tells texts and kinds apart in 53 bits, so that no text has to be kept: two polynomials over the code units, one from
 * each end of the text. Who makes two texts alike on purpose fools only themselves.
 */
function fingerprintOf({ kind, text }: Utterance): number {
  let forward = text.length;
  let backward = kind.charCodeAt(0);
  for (let i = 0, j = text.length - 1; j >= 0; i++, j--) {
    forward = (Math.imul(forward, 0x2c9277b5) + text.charCodeAt(i)) | 0;
    backward = (Math.imul(backward, 0x5851f42d) ^ text.charCodeAt(j)) | 0;
  }
  return (forward >>> 0) * 0x200000 + (backward >>> 11);
}

/** Whether nobody else makes this id. */
export function isUnique(ref: string): boolean {
  return ref.length >= UNIQUE_REF;
}
