/**
 * Messages that were appended and are not in the tables yet, oldest first.
 * @module
 */
import type { Message, StoredMessage } from "../chat/history.ts";
import type { Room } from "./room_index.ts";

export interface PendingRow {
  readonly room: Room;
  readonly offset: number;
  readonly message: Message;
  /** The contributor, as the caller of `append` names it. */
  readonly source: string;
  /** When it was appended, as a stamp of `trusted_clock.ts`. */
  readonly at: number;
}

/** Dropped rows that may remain at the start of the array before it is copied. */
const SLACK = 1_024;

/** A queue without a limit: the caller keeps it within bounds. */
export class PendingMessages {
  #rows: PendingRow[] = [];
  /** The index of the first row in the array. */
  #head = 0;
  #characters = 0;
  #dropped = 0;
  readonly #offsetsByClientId = new Map<string, number>();
  /** The newest row with each client id, in any room. */
  readonly #newestByClientId = new Map<string, PendingRow>();

  get length(): number {
    return this.#rows.length - this.#head;
  }

  /** The number of rows that were ever dropped. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The length of all texts, in UTF-16 units. */
  get characters(): number {
    return this.#characters;
  }

  push(row: PendingRow): void {
    this.#rows.push(row);
    const { room, offset, message: { text, clientId } } = row;
    this.#characters += text.length;
    if (clientId === null) return;
    this.#offsetsByClientId.set(keyOf(room.name, clientId), offset);
    this.#newestByClientId.set(clientId, row);
  }

  at(index: number): PendingRow | undefined {
    return this.#rows[this.#head + index];
  }

  /** Removes the oldest `count` rows. */
  drop(count: number): void {
    this.#dropped += count;
    for (let i = 0; i < count; i++) this.#forget(this.#rows[this.#head++]!);
    if (this.length === 0 || (this.#head > SLACK && this.#head > this.length)) {
      this.#rows = this.#rows.slice(this.#head);
      this.#head = 0;
    }
  }

  #forget(row: PendingRow): void {
    const { room, offset, message: { text, clientId } } = row;
    this.#characters -= text.length;
    if (clientId === null) return;
    const key = keyOf(room.name, clientId);
    if (this.#offsetsByClientId.get(key) === offset) this.#offsetsByClientId.delete(key);
    if (this.#newestByClientId.get(clientId) === row) this.#newestByClientId.delete(clientId);
  }

  /** The offset of the newest message with this client id in a room. */
  find(room: string, clientId: string): number | undefined {
    return this.#offsetsByClientId.get(keyOf(room, clientId));
  }

  /** The room of the newest message with this client id. */
  roomOf(clientId: string): string | undefined {
    return this.#newestByClientId.get(clientId)?.room.name;
  }

  /** The messages of a room from one offset to another, both included, oldest first. */
  messages(room: Room, from: number, to: number): StoredMessage[] {
    const found: StoredMessage[] = [];
    for (let i = this.#head; i < this.#rows.length; i++) {
      const row = this.#rows[i]!;
      if (row.room !== room || row.offset < from || row.offset > to) continue;
      found.push(toStored(row));
    }
    return found;
  }
}

function toStored({ offset, message }: PendingRow): StoredMessage {
  const { sender, name, address, account, time, action, text, clientId } = message;
  const stored = { offset, sender, name, address, time, action, text, clientId };
  return account === undefined ? stored : { ...stored, account };
}

/** With the length of the name in front, no two pairs of room and client id have the same key. */
function keyOf(room: string, clientId: string): string {
  return `${room.length} ${room}${clientId}`;
}
