/**
 * What was said and what happened, in order, each message once, however it came: live, in a page of the history, or both.
 *
 * Must never know the wire.
 * @module
 */
import { BehaviorSubject, type Observable } from "rxjs";
import type { ChatMessage, Place } from "../models/message.model";

/** Entries of one room that are kept, if nobody asked for older ones: what a phone can show. */
export const ROOM_CAPACITY = 1_000;

export type Draft = Omit<ChatMessage, "key">;

export class MessageLog {
  readonly #subject = new BehaviorSubject<readonly ChatMessage[]>([]);
  readonly #onTrim: (entry: ChatMessage) => void;
  /** Keys of the messages that stand at a place. */
  readonly #places = new Map<string, number>();
  readonly #sizes = new Map<string | null, number>();
  readonly #capacities = new Map<string | null, number>();
  #nextKey = 1;

  /** @param onTrim Is told of the entry that has made room for a new one. */
  constructor(onTrim: (entry: ChatMessage) => void) {
    this.#onTrim = onTrim;
  }

  get messages$(): Observable<readonly ChatMessage[]> {
    return this.#subject.asObservable();
  }

  /** Adds an entry where it belongs, and returns its key; `undefined` if that message is there already. */
  add(draft: Draft): number | undefined {
    if (this.#keyAt(draft) !== undefined) return undefined;
    const key = this.#nextKey++;
    this.#subject.next(
      this.#trim(this.#insert(this.#subject.value, { ...draft, key }), draft.room),
    );
    return key;
  }

  /** Adds messages that somebody asked for: they stay, however many there are. */
  addOlder(drafts: readonly Draft[]): void {
    let messages = this.#subject.value;
    for (const draft of drafts) {
      if (this.#keyAt(draft) !== undefined) continue;
      this.#capacities.set(draft.room, this.#capacityOf(draft.room) + 1);
      messages = this.#insert(messages, { ...draft, key: this.#nextKey++ });
    }
    this.#subject.next(messages);
  }

  update(key: number, change: Partial<Pick<ChatMessage, "delivery" | "to" | "text">>): void {
    this.#subject.next(
      this.#subject.value.map((message) =>
        message.key === key ? { ...message, ...change } : message
      ),
    );
  }

  /** Puts an entry to the place that it turned out to have. A copy that came from the history gives way. */
  place(key: number, room: string, place: Place): void {
    const entry = this.#subject.value.find((message) => message.key === key);
    if (entry === undefined) return;
    const copy = this.#keyAt({ room, place });
    const others = this.#subject.value.filter((message) => {
      if (message.key !== key && message.key !== copy) return true;
      this.#forget(message);
      return false;
    });
    this.#subject.next(this.#insert(others, { ...entry, room, place }));
  }

  #insert(messages: readonly ChatMessage[], entry: ChatMessage): readonly ChatMessage[] {
    let index = messages.length;
    for (let before = index - 1; before >= 0; before--) {
      const other = messages[before];
      if (other === undefined || !concernsSame(other, entry)) continue;
      if (!isLater(other, entry)) break;
      index = before;
    }
    if (entry.place !== undefined) this.#places.set(placeName(entry.room, entry.place), entry.key);
    this.#sizes.set(entry.room, (this.#sizes.get(entry.room) ?? 0) + 1);
    return messages.toSpliced(index, 0, entry);
  }

  #trim(messages: readonly ChatMessage[], room: string | null): readonly ChatMessage[] {
    if ((this.#sizes.get(room) ?? 0) <= this.#capacityOf(room)) return messages;
    const index = messages.findIndex((message) => message.room === room);
    const oldest = messages[index];
    if (oldest !== undefined) {
      this.#forget(oldest);
      this.#onTrim(oldest);
    }
    return messages.toSpliced(index, 1);
  }

  #capacityOf(room: string | null): number {
    return this.#capacities.get(room) ?? ROOM_CAPACITY;
  }

  #keyAt({ room, place }: Pick<Draft, "room" | "place">): number | undefined {
    return place === undefined ? undefined : this.#places.get(placeName(room, place));
  }

  #forget({ room, place }: ChatMessage): void {
    if (place !== undefined) this.#places.delete(placeName(room, place));
    this.#sizes.set(room, (this.#sizes.get(room) ?? 0) - 1);
  }
}

function placeName(room: string | null, { numbering, offset }: Place): string {
  return `${offset} ${numbering} ${room}`;
}

/** Whether two entries can be seen side by side. */
function concernsSame(one: ChatMessage, other: ChatMessage): boolean {
  return one.room === other.room || one.room === null || other.room === null;
}

/** Whether `one` stands behind `other`: by the server's numbers where both have them, else by time. */
function isLater(one: ChatMessage, other: ChatMessage): boolean {
  if (
    one.room === other.room && one.place?.numbering === other.place?.numbering && one.place &&
    other.place
  ) {
    return one.place.offset > other.place.offset;
  }
  return one.time > other.time;
}
