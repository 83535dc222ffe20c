/**
 * Messages that are appended and not in the tables yet, in their order.
 *
 * Knows neither the tables nor when they are written. Whoever pushes looks that it does not grow without end.
 * @module
 */
import type { Message, StoredMessage } from "../chat/history.ts";
import type { Room } from "./room_index.ts";

export interface Row {
  readonly room: Room;
  readonly offset: number;
  readonly message: Message;
  /** Who contributed it, see `contributors.ts`. */
  readonly source: string;
  /** When it was appended, by the clock of `trusted_clock.ts`. */
  readonly at: number;
}

/** So many dropped rows may lie at the beginning of the array before it is cut. */
const SLACK = 1_024;

export class Pending {
  #rows: Row[] = [];
  /** Where in the array the first row is. */
  #head = 0;
  #characters = 0;
  #gone = 0;
  readonly #byClientId = new Map<string, number>();
  /** The newest row of each id, whatever its room. */
  readonly #newest = new Map<string, Row>();

  get length(): number {
    return this.#rows.length - this.#head;
  }

  /** How many were ever taken out. */
  get gone(): number {
    return this.#gone;
  }

  /** The length of all texts, in UTF-16 units. */
  get characters(): number {
    return this.#characters;
  }

  push(row: Row): void {
    this.#rows.push(row);
    const { room, offset, message: { text, clientId } } = row;
    this.#characters += text.length;
    if (clientId === null) return;
    this.#byClientId.set(key(room.name, clientId), offset);
    this.#newest.set(clientId, row);
  }

  at(index: number): Row | undefined {
    return this.#rows[this.#head + index];
  }

  /** Forgets the oldest `count` rows. */
  drop(count: number): void {
    this.#gone += count;
    for (let i = 0; i < count; i++) this.#forget(this.#rows[this.#head++]!);
    if (this.length === 0) this.#cut();
    else if (this.#head > SLACK && this.#head > this.length) this.#cut();
  }

  #forget(row: Row): void {
    const { room, offset, message: { text, clientId } } = row;
    this.#characters -= text.length;
    if (clientId === null) return;
    const id = key(room.name, clientId);
    if (this.#byClientId.get(id) === offset) this.#byClientId.delete(id);
    if (this.#newest.get(clientId) === row) this.#newest.delete(clientId);
  }

  #cut(): void {
    this.#rows = this.#rows.slice(this.#head);
    this.#head = 0;
  }

  find(room: string, clientId: string): number | undefined {
    return this.#byClientId.get(key(room, clientId));
  }

  /** The room of the newest message with this id. */
  roomOf(clientId: string): string | undefined {
    return this.#newest.get(clientId)?.room.name;
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

function toStored({ offset, message }: Row): StoredMessage {
  const { sender, name, address, time, action, text, clientId } = message;
  return { offset, sender, name, address, time, action, text, clientId };
}

/** Not a name and not an id can make this the key of others: it tells how long the first is. */
function key(room: string, clientId: string): string {
  return `${room.length} ${room}${clientId}`;
}
