/**
 * The log: messages and notices in order. A message that arrives twice, live and from the history, is added once.
 * @module
 */
import { BehaviorSubject, type Observable } from "rxjs";
import type { ChatMessage, Place } from "../models/message.model";

/** The maximum number of entries of one room, unless the user loads older ones: what a phone can show. */
export const ROOM_CAPACITY = 1_000;

export type Draft = Omit<ChatMessage, "key">;

export class MessageLog {
  readonly #subject = new BehaviorSubject<readonly ChatMessage[]>([]);
  readonly #onTrim: (entry: ChatMessage) => void;
  /** The keys of the messages by their places. */
  readonly #places = new Map<string, number>();
  readonly #sizes = new Map<string | null, number>();
  readonly #capacities = new Map<string | null, number>();
  #nextKey = 1;

  /** @param onTrim Called with each entry that was removed to make room. */
  constructor(onTrim: (entry: ChatMessage) => void) {
    this.#onTrim = onTrim;
  }

  get messages$(): Observable<readonly ChatMessage[]> {
    return this.#subject.asObservable();
  }

  /**
   * Adds an entry at the end, but before messages with larger ids. Returns its key, or `undefined` if the message is in the
   * log already.
   */
  add(draft: Draft): number | undefined {
    if (this.#keyAt(draft) !== undefined) return undefined;
    const key = this.#nextKey++;
    const messages = this.#insert(this.#subject.value, { ...draft, key }, isLaterByPlace);
    this.#subject.next(this.#trim(messages, draft.room));
    return key;
  }

  /** Adds a page that the user loaded. These messages do not count towards the maximum. */
  addPast(drafts: readonly Draft[]): void {
    let messages = this.#subject.value;
    for (const draft of drafts) {
      if (this.#keyAt(draft) !== undefined) continue;
      this.#capacities.set(draft.room, this.#capacityOf(draft.room) + 1);
      messages = this.#insert(messages, { ...draft, key: this.#nextKey++ }, isLaterByTime);
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

  /**
   * Gives an entry its place. The entry moves only if it has to, because the user has seen it where it was. A copy from the
   * history is removed.
   */
  place(key: number, room: string, place: Place): void {
    const copy = this.#keyAt({ room, place });
    const messages = this.#subject.value.filter((message) => {
      if (message.key !== copy) return true;
      this.#forget(message);
      return false;
    });
    const index = messages.findIndex((message) => message.key === key);
    const entry = messages[index];
    if (entry === undefined) return;
    const placed = { ...entry, room, place };
    const stays = messages.every((other, at) => {
      const later = isLaterByPlace(other, placed);
      return later === undefined || later === at > index;
    });
    this.#forget(entry);
    const others = messages.toSpliced(index, 1);
    this.#subject.next(
      stays
        ? others.toSpliced(index, 0, this.#note(placed))
        : this.#insert(others, placed, isLaterByPlace),
    );
  }

  #insert(
    messages: readonly ChatMessage[],
    entry: ChatMessage,
    isLater: (other: ChatMessage, entry: ChatMessage) => boolean | undefined,
  ): readonly ChatMessage[] {
    let index = messages.length;
    for (let before = index - 1; before >= 0; before--) {
      const other = messages[before];
      const later = other === undefined ? undefined : isLater(other, entry);
      if (later === false) break;
      if (later === true) index = before;
    }
    return messages.toSpliced(index, 0, this.#note(entry));
  }

  #note(entry: ChatMessage): ChatMessage {
    if (entry.place !== undefined) this.#places.set(placeName(entry.room, entry.place), entry.key);
    this.#sizes.set(entry.room, (this.#sizes.get(entry.room) ?? 0) + 1);
    return entry;
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

/** Whether `one` is after `other` by their ids; `undefined` if these cannot be compared. */
function isLaterByPlace(one: ChatMessage, other: ChatMessage): boolean | undefined {
  if (one.place === undefined || other.place === undefined || one.room !== other.room) {
    return undefined;
  }
  if (one.place.numbering !== other.place.numbering) return undefined;
  return one.place.offset > other.place.offset;
}

/** The same, but by time for entries that are shown together and have no comparable ids. */
function isLaterByTime(one: ChatMessage, other: ChatMessage): boolean | undefined {
  if (one.room !== other.room && one.room !== null && other.room !== null) return undefined;
  return isLaterByPlace(one, other) ?? one.time > other.time;
}
