/**
 * What was said while this client did not listen: before it came, while it was away, and what it was too slow for.
 *
 * The server numbers the messages of a room without holes, so it is always clear which are missing. After an absence a
 * room is joined `since` the last number that is known; what the reply does not bring, and what was dropped, is a gap that
 * is asked for page by page. What the server does not have any more is said to be missing where it is missing.
 *
 * Must never know a socket.
 * @module
 */
import type {
  ClientRequest,
  DroppedEvent,
  MessageEvent,
  Missed,
  Replies,
  Room,
} from "../models/protocol";
import type { Gap, RoomState } from "./room_book";

/** Messages of a page that is asked for to be read. */
const PAGE = 50;

/** Messages of a page that fills a gap: the most that a server gives. */
const GAP_PAGE = 200;

/** The most that is fetched to fill one gap: who was away longer reads back as far as they like. */
const MAX_GAP = 1_000;

const NEW_SERVER = "The server has started anew: messages may be missing here";

/** What was asked for about the past. */
export type HistoryQuestion =
  | { readonly kind: "rejoin"; readonly room: string; readonly since?: string }
  | { readonly kind: "page"; readonly room: string }
  | { readonly kind: "gap"; readonly room: string; readonly gap: Gap };

type DistributiveOmit<Type, Name extends PropertyKey> = Type extends unknown ? Omit<Type, Name>
  : never;

/** A request that gets its `id` when it is sent. */
export type Request = DistributiveOmit<ClientRequest, "id">;

export interface HistoryOptions {
  readonly ask: (request: Request, question: HistoryQuestion) => boolean;
  /** Puts a message into the log. */
  readonly show: (message: MessageEvent) => void;
  /** The same for a page that somebody has asked for. */
  readonly showOlder: (messages: readonly MessageEvent[]) => void;
  /** Says something in a room, between two messages if `offset` is given. */
  readonly notice: (room: RoomState, text: string, offset?: number) => void;
}

export class History {
  readonly #options: HistoryOptions;
  /** Whether the server keeps messages. */
  kept = false;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** Takes a room again on a new connection. `here` is what the server says of it if the connection is in it already. */
  rejoin(room: RoomState, here: Room | undefined, epoch: string): void {
    const { ask } = this.#options;
    const { name } = room;
    if (this.kept && room.epoch !== undefined) {
      room.held = [];
      const since = { epoch: room.epoch, offset: room.lastOffset };
      ask({ type: "join", room: name, since }, { kind: "rejoin", room: name, since: room.epoch });
    } else if (here !== undefined) this.arrive(room, here.offset, epoch);
    else ask({ type: "join", room: name }, { kind: "rejoin", room: name });
  }

  /** A room was joined since the last number that was known of it. */
  resume(room: RoomState, since: string, data: Replies["join"]): void {
    const { show } = this.#options;
    const { missed, epoch } = data;
    const held = room.held ?? [];
    room.held = undefined;
    if (missed === undefined) this.arrive(room, data.room.offset, epoch);
    else {this.#catchUp(room, missed, {
        epoch,
        goesOn: missed.recovered || epoch === since,
        offset: data.room.offset,
      });}
    for (const message of held) {
      room.note(message.id);
      show(message);
    }
  }

  #catchUp(
    room: RoomState,
    { recovered, messages, more }: Missed,
    { epoch, goesOn, offset }: { epoch: string; goesOn: boolean; offset: number },
  ): void {
    const { gaps } = room;
    if (goesOn) room.epoch = epoch;
    else {
      this.#options.notice(room, NEW_SERVER);
      room.beginNumbering(epoch, offset);
      room.hasOlder = more;
    }
    const first = messages[0]?.id ?? offset + 1;
    if (goesOn && !recovered) this.#miss(room, { from: room.lastOffset + 1, to: first - 1 });
    for (const message of messages) {
      room.note(message.id);
      this.#options.show(message);
    }
    room.lastOffset = Math.max(room.lastOffset, offset);
    if (goesOn) { for (const gap of gaps) this.#fill(room, gap); }
    if (!room.hasHistory) this.loadOlder(room);
  }

  /** The client is in a room whose last message has this number, and gets what is said from now on. */
  arrive(room: RoomState, offset: number, epoch: string): void {
    const { notice } = this.#options;
    const missing = offset - room.lastOffset;
    if (room.epoch === undefined) room.beginNumbering(epoch, offset);
    else if (room.epoch !== epoch) {
      notice(room, NEW_SERVER);
      room.beginNumbering(epoch, offset);
    } else if (missing > 0) {
      notice(room, `${countOf(missing)} missed`, room.lastOffset + 0.5);
      room.lastOffset = offset;
    }
    if (!room.hasHistory) this.loadOlder(room);
  }

  /** Asks for the page before the oldest message that is known. */
  loadOlder(room: RoomState): void {
    if (!this.kept || room.loading) return;
    const before = room.firstOffset;
    room.loading = this.#options.ask(
      {
        type: "history",
        room: room.name,
        limit: PAGE,
        ...(before === undefined ? {} : { before }),
      },
      { kind: "page", room: room.name },
    );
  }

  /** A page that was asked for to be read. */
  page(room: RoomState, { messages, more }: Replies["history"]): void {
    room.loading = false;
    room.hasHistory = true;
    room.hasOlder = more;
    const [first] = messages;
    if (first !== undefined) room.firstOffset = Math.min(room.firstOffset ?? first.id, first.id);
    this.#options.showOlder(messages);
  }

  /** A page that fills a gap, or its beginning. */
  gapPage(
    room: RoomState,
    gap: Gap,
    { messages, epoch, complete, more }: Replies["history"],
  ): void {
    const { show } = this.#options;
    room.gaps = room.gaps.filter((other) => other !== gap);
    if (epoch !== room.epoch) return;
    for (const message of messages) show(message);
    if (!complete) this.#admit(room, gap.from);
    const last = messages.at(-1)?.id ?? gap.to;
    if (more && last < gap.to) this.#miss(room, { from: last + 1, to: gap.to });
  }

  /** This client did not read fast enough, and the server says what it did not get. */
  dropped(event: DroppedEvent, roomOf: (name: string) => RoomState | undefined): void {
    for (const { room: name, from, to } of event.missed) {
      const room = roomOf(name);
      if (room !== undefined) this.#miss(room, { from, to });
    }
  }

  /** The server gives no page. */
  refused(room: RoomState, question: HistoryQuestion): void {
    if (question.kind === "page") {
      room.loading = room.hasOlder = false;
      room.hasHistory = true;
    } else if (question.kind === "gap") {
      room.gaps = room.gaps.filter((gap) => gap !== question.gap);
      this.#admit(room, question.gap.from);
    }
  }

  /** The connection is gone, and with it all answers. Gaps stay. */
  lost(room: RoomState): void {
    room.held = undefined;
    room.loading = false;
  }

  #miss(room: RoomState, { from, to }: Gap): void {
    if (from > to) return;
    if (!this.kept) return this.#admit(room, from);
    const start = Math.max(from, to + 1 - MAX_GAP);
    if (start > from) this.#admit(room, from);
    const gap = { from: start, to };
    room.gaps = [...room.gaps, gap];
    if (room.held === undefined) this.#fill(room, gap);
  }

  #fill(room: RoomState, gap: Gap): void {
    const { name } = room;
    this.#options.ask(
      { type: "history", room: name, after: gap.from - 1, before: gap.to + 1, limit: GAP_PAGE },
      { kind: "gap", room: name, gap },
    );
  }

  /** Something is missing for good. */
  #admit(room: RoomState, offset: number): void {
    this.#options.notice(room, "Messages are missing here", offset - 0.5);
  }
}

function countOf(messages: number): string {
  return messages === 1 ? "1 message was" : `${messages} messages were`;
}
