/**
 * The deduplicator keeps the receipts of messages by their request ids, so that a client that sends a message again after a
 * lost answer gets the same answer, and the message is published once.
 * @module
 */
import type { RequestId as Ref } from "../wire/chat_event.ts";
import type { Person } from "../wire/shapes.ts";
import type { History } from "./history.ts";
import type { Room } from "./room.ts";
import type { Rooms } from "./rooms.ts";

/**
 * The length in characters from which on an id counts as unique in the world and holds across connections: a UUID has 36,
 * 64 random bits in hexadecimal have 16. A shorter id, such as a counter, holds for one connection.
 */
const UNIQUE_REF = 16;

/** The most receipts that are kept, about 2 MB. Clients send a message again within seconds or minutes. */
const MAX_RECEIPTS = 10_000;

/** The outcome of a message: its number in a room, or its receiver. */
export type Receipt =
  | { readonly room: string; readonly id: number }
  | { readonly to: Person };

/** The content of a message. Messages that differ in any of this are different ones, even if their ids are the same. */
export interface MessageContent {
  readonly kind: "message" | "action" | "whisper";
  /** The key of the requested room, or of the receiver's name; `undefined` for the sender's current room. */
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
  readonly #rooms: Rooms;
  readonly #history: History | undefined;

  /** @param history Has the messages from before the last start, with their unique ids. */
  constructor(rooms: Rooms, history?: History) {
    this.#rooms = rooms;
    this.#history = history;
  }

  /**
   * Finds the receipt of a message. Returns "reused" if its id stands for a message with another content.
   *
   * @param sender The id of a member.
   */
  find(sender: number, ref: string, content: MessageContent): Receipt | "reused" | undefined {
    const entry = this.#receipts.get(keyOf(sender, ref));
    if (entry === undefined) return undefined;
    const isElsewhere = content.to !== undefined && content.to !== entry.to;
    return isElsewhere || entry.fingerprint !== fingerprintOf(content) ? "reused" : entry.receipt;
  }

  /**
   * The same for a message to a room, which may be in the history from before the last start. It may be in another room
   * than `room`, the current one of the sender: a client that reconnects is in the lobby at first.
   *
   * @param published The text that is published, which the history has; by default that of `content`.
   */
  findInRoom(
    sender: number,
    ref: string,
    content: MessageContent,
    room: Room,
    published = content.text,
  ): Receipt | "reused" | undefined {
    return this.find(sender, ref, content) ??
      this.#findStored(ref, content, room, published);
  }

  #findStored(
    ref: string,
    { kind, to }: MessageContent,
    room: Room,
    published: string,
  ): Receipt | "reused" | undefined {
    const history = this.#history;
    if (history === undefined || !isUnique(ref)) return undefined;
    const other = history.roomOf(ref);
    if (other === undefined) return undefined;
    const key = history.find(room.key, ref) === undefined ? other : room.key;
    const id = history.find(key, ref);
    if (id === undefined) return undefined;
    const [stored] = history.page(key, { after: id - 1, before: id + 1, limit: 1 }).messages;
    if (stored === undefined) return undefined; // it is not readable any more
    const isElsewhere = to !== undefined && to !== key;
    const isSame = stored.text === published && stored.action === (kind === "action");
    if (isElsewhere || !isSame) return "reused";
    return { room: this.#rooms.find(key)?.name ?? key, id };
  }

  /** Adds a receipt. `to` is the destination of the message: the key of a room or of a name. */
  add(sender: number, ref: Ref, content: MessageContent, to: string, receipt: Receipt): void {
    if (ref === undefined) return;
    const fingerprint = fingerprintOf(content);
    this.#receipts.set(keyOf(sender, ref), { receipt, fingerprint, to });
    if (this.#receipts.size <= MAX_RECEIPTS) return;
    const [oldest] = this.#receipts.keys();
    this.#receipts.delete(oldest!);
  }
}

/** Keys of unique ids and keys of ids of one connection are never the same. */
function keyOf(sender: number, ref: string): string {
  return isUnique(ref) ? `* ${ref}` : `${sender} ${ref}`;
}

/**
 * Hashes kind and text into 53 bits, so that no text has to be kept: two polynomials over the code units, one from each end
 * of the text. A client that constructs a collision deceives only itself.
 */
export function fingerprintOf({ kind, text }: MessageContent): number {
  let forward = text.length;
  let backward = kind.charCodeAt(0);
  for (let i = 0, j = text.length - 1; j >= 0; i++, j--) {
    forward = (Math.imul(forward, 0x2c9277b5) + text.charCodeAt(i)) | 0;
    backward = (Math.imul(backward, 0x5851f42d) ^ text.charCodeAt(j)) | 0;
  }
  return (forward >>> 0) * 0x200000 + (backward >>> 11);
}

/** Whether an id counts as unique in the world. */
export function isUnique(ref: string): boolean {
  return ref.length >= UNIQUE_REF;
}
