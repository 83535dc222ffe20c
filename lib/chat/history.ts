/**
 * What a history is to the chat: the messages of rooms in their order, each under an offset. The contract that a store
 * keeps, and what its callers have to keep; how it is kept is not said here.
 *
 * Knows rooms as keys and messages as data. It must never know who is connected, how a message travels or what a command
 * is.
 *
 * What a store keeps:
 *
 * 1. An offset MUST grow by one with each message of a room, beginning with 1. (The one exception are rooms that were
 *    forgotten because there were too many: they go on higher than that, never lower.)
 * 2. Within one epoch an offset of a room MUST never mean two messages, whatever crashes or is lost in between.
 * 3. A page MUST have no hole in it, and MUST NOT be called complete if anything that was asked for is gone.
 * 4. `append` MUST take a time that does not grow with the length of the history.
 * 5. Nothing here MUST throw because a disk fails, something is too much or nonsense was asked for: the store goes on,
 *    in memory and within bounds if need be, and says so once.
 * 6. What is appended MUST be found by `page` and `find` at once, and by a `search` that begins later, unless there is
 *    a problem.
 * 7. Everything that is kept MUST be bounded: messages by room, age and bytes, rooms by their number.
 *    One contributor MUST NOT push out what others said in rooms where it says nothing.
 * 8. `close` MUST lose nothing that can be written.
 *
 * What its callers keep:
 *
 * 9. Numbers are whole and not negative, keys of rooms well-formed strings. A message MUST NOT be changed after it was
 *    appended.
 * 10. After `close` nothing else MUST be called.
 * @module
 */

/** One message as it is handed in. */
export interface Message {
  /** The number of the member that said it. */
  readonly sender: number;
  /** The name that they had when they said it, if any. */
  readonly name: string | null;
  /** How those without a name are called. */
  readonly address: string;
  /** When, in milliseconds since 1970 by the wall clock. It is shown, and decides nothing: how long it is kept is counted otherwise. */
  readonly time: number;
  readonly text: string;
  /** Whether it was done, with `/me`, and not said. */
  readonly action: boolean;
  /** What the sender called it, made as unique as the caller needs it; see {@linkcode History.find}. */
  readonly clientId: string | null;
}

/** One message as it comes back. */
export interface StoredMessage extends Message {
  readonly offset: number;
  /** 0 if it was appended in an earlier epoch: the numbers of members begin again with each run. */
  readonly sender: number;
}

/** Which messages of a room. With `after` they are the oldest of what is asked for, else the newest. */
export interface PageQuery {
  /** Only those with a larger offset. */
  readonly after?: number | undefined;
  /** Only those with a smaller offset. */
  readonly before?: number | undefined;
  /** How many at most. A page may be shorter, if its messages are long: `more` tells. */
  readonly limit: number;
}

export interface Page {
  /** Oldest first, without a hole. */
  readonly messages: readonly StoredMessage[];
  /**
   * Whether nothing is missing from between `after` and the last of these (or, without `after`, from behind the last).
   * False if it was trimmed or cannot be read, or if `after` was never given out: who asked did not get it all.
   */
  readonly complete: boolean;
  /** Whether there are more in the direction that was asked for: newer ones with `after`, else older ones. */
  readonly more: boolean;
}

export interface RoomSummary {
  readonly room: string;
  /** Empty if there is none. */
  readonly topic: string;
  readonly oldest: number;
  readonly latest: number;
}

/** What a search has found. */
export interface SearchResult {
  /** Oldest first. */
  readonly messages: readonly StoredMessage[];
  /** Whether older messages were looked at too; false if the search was ended early. */
  readonly complete: boolean;
}

/**
 * Work that takes longer than the event loop may be held: it is done one step at a time, each of which takes well under
 * a millisecond. At each `yield` its user may leave it alone for a while, and says `true` to have it end early.
 */
export type Steps<T> = Generator<void, T, boolean>;

/** The messages of all rooms. A room is whatever string the caller takes for its key. */
export interface History extends Disposable {
  /**
   * The name of the numbering in which {@linkcode append} gives offsets: another one each time a store is opened, the
   * same as long as it is open. Those of earlier ones stay good as far as {@linkcode trusts} says.
   */
  readonly epoch: string;
  /** What is wrong, as one line for people, while it is: what is appended does not go where it should. */
  readonly problem: string | undefined;

  /**
   * Adds a message to a room, and returns the offset that it got. `source` tells contributors apart, as their networks do:
   * when there is too much, it is taken from who contributed most.
   */
  append(room: string, message: Message, source?: string): number;

  /**
   * The offset of the last message that the room ever had. For a room of which nothing is known it is below every offset
   * that it may get, and not below any that it ever had: 0 as long as no room was forgotten.
   */
  latest(room: string): number;

  /** The offset of the oldest message that is kept, one more than {@linkcode latest} if none is. */
  oldest(room: string): number;

  page(room: string, query: PageQuery): Page;

  /**
   * Whether `offset`, given to somebody under `epoch`, means today what it meant then, and nothing that followed it was
   * lost. Somebody may go on from it without a hole if this is true and the page after it is complete. When in doubt, no.
   */
  trusts(room: string, epoch: string, offset: number): boolean;

  /**
   * The offset of the message in `room` with this `clientId`, as long as it is kept. Asking before appending makes a
   * retry harmless. Who may not know of whose messages is for the caller to put into the id.
   */
  find(room: string, clientId: string): number | undefined;

  /**
   * The newest messages of `room` that have every one of these words in them, in any order. Only letters and digits
   * count, whatever else is typed; case and accents do not. Nothing that can be typed is an error.
   */
  search(room: string, words: string, limit: number): Steps<SearchResult>;

  /** All rooms with messages or a topic, in no special order. */
  rooms(): Iterable<RoomSummary>;

  /** Empty if there is none. */
  topic(room: string): string;
  setTopic(room: string, topic: string, source?: string): void;

  /** Writes everything and lets go of the file. Twice is once. */
  close(): void;
}
