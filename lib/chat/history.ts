/**
 * The history of rooms as the chat uses it: messages in their order, each with an offset. `lib/history` implements it.
 *
 * A history keeps these promises:
 *
 * 1. The offset of a room MUST grow by one with each message, beginning with 1. (The one exception is a room that was
 *    removed because there were too many: it continues with higher offsets, never with lower ones.)
 * 2. Within an epoch an offset of a room MUST NOT mean two messages, whatever crashes or is lost in between.
 * 3. A page MUST NOT have gaps, and MUST NOT be called complete if a message that was asked for is gone.
 * 4. `append` MUST take a time that does not grow with the length of the history.
 * 5. No call MUST throw because a disk fails, a limit is reached or the arguments make no sense: the history continues, in
 *    memory and within bounds if necessary, and reports that once.
 * 6. `page` and `find` MUST find an appended message at once, and so MUST every `search` that begins later, unless there is
 *    a problem.
 * 7. Everything MUST be bounded: messages by room, age and bytes, rooms by their number. A contributor MUST NOT push out
 *    messages in rooms to which it writes nothing.
 * 8. `close` MUST write everything that can be written.
 *
 * Its callers keep these:
 *
 * 9. Numbers MUST be whole and not negative, and room keys well-formed strings. A message MUST NOT be changed after it was
 *    appended.
 * 10. Nothing else MUST be called after `close`.
 * @module
 */

/** A message to append. */
export interface Message {
  /** The id of the member who sent it. */
  readonly sender: number;
  /** The sender's name at that time; null if there was none. */
  readonly name: string | null;
  /** The address that others see, shown if there is no name. */
  readonly address: string;
  /** The account of a user, by which the user's clients find their own messages again. Guests have none. */
  readonly account?: string | undefined;
  /** When it was sent, in milliseconds since 1970 by the wall clock. It is only displayed: its age is measured otherwise. */
  readonly time: number;
  /** The text as others got it. */
  readonly text: string;
  /** Whether it is an action, sent with `/me`. */
  readonly action: boolean;
  /** The sender's id of the message, made unique enough by the caller; see {@linkcode History.find}. */
  readonly clientId: string | null;
}

/** A message as it is read back. */
export interface StoredMessage extends Message {
  /** Its number in the room. */
  readonly offset: number;
  /** 0 if it was appended in an earlier epoch, since member ids begin anew with each run. */
  readonly sender: number;
}

/** Selects messages of a room: with `after` the oldest that match, else the newest. */
export interface PageQuery {
  /** Only messages with a greater offset. @default all */
  readonly after?: number | undefined;
  /** Only messages with a smaller offset. @default all */
  readonly before?: number | undefined;
  /** The most messages. A page of long messages may have fewer; see {@linkcode Page.more}. */
  readonly limit: number;
}

/** Messages of one room. */
export interface Page {
  /** Oldest first, without gaps. */
  readonly messages: readonly StoredMessage[];
  /**
   * Whether no message is missing between `after` and the last of these (without `after`: behind the last of these). False
   * if messages were deleted or cannot be read, or if `after` was never given out.
   */
  readonly complete: boolean;
  /** Whether there are more messages: newer ones with `after`, else older ones. */
  readonly more: boolean;
}

/** What a history knows of a room. */
export interface RoomSummary {
  /** The key of the room. */
  readonly room: string;
  /** Empty if there is none. */
  readonly topic: string;
  /** The offset of the oldest message. */
  readonly oldest: number;
  /** The offset of the last message. */
  readonly latest: number;
}

/** What a search has found. */
export interface SearchResult {
  /** Oldest first. */
  readonly messages: readonly StoredMessage[];
  /** False if the search was cancelled or something could not be read, so that older messages may match too. */
  readonly complete: boolean;
}

/**
 * Work that would hold the event loop for too long, done in steps of well under a millisecond. The caller may pause at
 * each `yield`, and passes `true` to cancel the work.
 */
export type Steps<T> = Generator<void, T, boolean>;

/** The messages of all rooms. Any string can be the key of a room. */
export interface History extends Disposable {
  /**
   * Names the numbering of the offsets from {@linkcode append}. It is new each time a history is opened, and constant while
   * it is open. {@linkcode trusts} tells whether an offset of an earlier epoch is still valid.
   */
  readonly epoch: string;
  /** Why messages are not stored as they should be, as one line; `undefined` while they are. */
  readonly problem: string | undefined;

  /**
   * Adds a message to a room and returns its offset. `source` identifies the contributor, such as their network: when the
   * history is full, the contributors with most lose messages first.
   */
  append(room: string, message: Message, source?: string): number;

  /**
   * The offset of the last message that the room ever had. For an unknown room it is lower than any offset that the room
   * will get and no lower than any that it had: 0 as long as no room was removed.
   */
  latest(room: string): number;

  /** The offset of the oldest message; `latest + 1` if there is none. */
  oldest(room: string): number;

  /** Messages of a room, as `query` selects them. */
  page(room: string, query: PageQuery): Page;

  /**
   * Whether `offset`, given out under `epoch`, still means the same message and no message after it was lost. A client can
   * continue from it without a gap if this is true and the page after it is complete. False when in doubt.
   */
  trusts(room: string, epoch: string, offset: number): boolean;

  /**
   * The offset of the message in `room` with this `clientId`, as long as it is kept. Looking before appending makes retries
   * harmless. If senders must not learn of each other's messages, the caller makes the sender a part of the id.
   */
  find(room: string, clientId: string): number | undefined;

  /** A room in which {@linkcode find} finds a message with this `clientId`. */
  roomOf(clientId: string): string | undefined;

  /**
   * The newest messages of `room` that contain all of `words`, in any order. Only letters and digits matter; case and
   * accents do not. Every string is a valid search.
   */
  search(room: string, words: string, limit: number): Steps<SearchResult>;

  /** All rooms with messages or a topic, in no particular order. */
  rooms(): Iterable<RoomSummary>;

  /** The topic of a room, empty if there is none. */
  topic(room: string): string;
  /** Sets the topic of a room; an empty one clears it. */
  setTopic(room: string, topic: string, source?: string): void;

  /** Writes everything and releases the file. A second call does nothing. */
  close(): void;
}
