/**
 * Fetches messages that this client did not receive live: older ones, missed ones, and dropped ones.
 *
 * The server numbers the messages of a room consecutively, so missing ids show which messages are missing. After a
 * reconnect, a room is joined `since` the last known id. Messages that the reply does not contain, and dropped ones, form
 * gaps that are fetched page by page. A notice marks the place of messages that the server no longer has.
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

/** The number of messages on a page that the user loads. */
const PAGE = 50;

/** The number of messages on a page that fills a gap: the maximum that the server accepts. */
const GAP_PAGE = 200;

/** The maximum number of messages that are fetched automatically for one gap. The user can load more. */
const MAX_GAP = 1_000;

const NEW_SERVER = "The server was restarted. Messages may be missing here.";

/** A pending request for messages. */
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
  /** Adds a message to the log. */
  readonly show: (message: MessageEvent) => void;
  /** Adds a page that the user loaded. */
  readonly showOlder: (messages: readonly MessageEvent[]) => void;
  /** Adds a notice to a room, between two messages if `offset` is given. */
  readonly notice: (room: RoomState, text: string, offset?: number) => void;
}

export class History {
  readonly #options: HistoryOptions;
  /** Whether the server stores messages. */
  kept = false;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** Joins a room again on a new connection. `here` is the state of the room if the connection is in it already. */
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

  /** Handles the reply to a join with `since`. */
  resume(room: RoomState, since: string, data: Replies["join"]): void {
    const { show } = this.#options;
    const { missed, epoch } = data;
    const held = room.held ?? [];
    room.held = undefined;
    if (missed === undefined) this.arrive(room, data.room.offset, epoch);
    else {
      const continues = missed.recovered || epoch === since;
      this.#catchUp(room, missed, { epoch, continues, offset: data.room.offset });
    }
    for (const message of held) {
      room.received(message.id);
      show(message);
    }
  }

  #catchUp(
    room: RoomState,
    { recovered, messages, more }: Missed,
    { epoch, continues, offset }: { epoch: string; continues: boolean; offset: number },
  ): void {
    const { gaps } = room;
    if (continues) room.epoch = epoch;
    else {
      this.#options.notice(room, NEW_SERVER);
      room.beginNumbering(epoch, offset);
      room.hasOlder = more;
    }
    const first = messages[0]?.id ?? offset + 1;
    if (continues && !recovered) this.#addGap(room, { from: room.lastOffset + 1, to: first - 1 });
    for (const message of messages) {
      room.received(message.id);
      this.#options.show(message);
    }
    room.lastOffset = Math.max(room.lastOffset, offset);
    if (continues) { for (const gap of gaps) this.#fill(room, gap); }
    if (!room.hasHistory) this.loadOlder(room);
  }

  /** Enters a room whose last message has the id `offset`. */
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

  /** Requests the page before the oldest known message. */
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

  /** Handles a page that the user loaded. */
  page(room: RoomState, { messages, more }: Replies["history"]): void {
    room.loading = false;
    room.hasHistory = true;
    room.hasOlder = more;
    const [first] = messages;
    if (first !== undefined) room.firstOffset = Math.min(room.firstOffset ?? first.id, first.id);
    this.#options.showOlder(messages);
  }

  /** Handles a page that fills a gap or its start. */
  gapPage(
    room: RoomState,
    gap: Gap,
    { messages, epoch, complete, more }: Replies["history"],
  ): void {
    const { show } = this.#options;
    room.gaps = room.gaps.filter((other) => other !== gap);
    if (epoch !== room.epoch) return;
    for (const message of messages) show(message);
    if (!complete) this.#markMissing(room, gap.from);
    const last = messages.at(-1)?.id ?? gap.to;
    if (more && last < gap.to) this.#addGap(room, { from: last + 1, to: gap.to });
  }

  /** Handles messages that the server dropped because this client reads too slowly. */
  dropped(event: DroppedEvent, roomOf: (name: string) => RoomState | undefined): void {
    for (const { room: name, from, to } of event.missed) {
      const room = roomOf(name);
      if (room !== undefined) this.#addGap(room, { from, to });
    }
  }

  /** Handles the server's refusal of a page. */
  refused(room: RoomState, question: HistoryQuestion): void {
    if (question.kind === "page") {
      room.loading = room.hasOlder = false;
      room.hasHistory = true;
    } else if (question.kind === "gap") {
      room.gaps = room.gaps.filter((gap) => gap !== question.gap);
      this.#markMissing(room, question.gap.from);
    }
  }

  /** Called when the connection is lost: no answer will come. Gaps remain. */
  connectionLost(room: RoomState): void {
    room.held = undefined;
    room.loading = false;
  }

  #addGap(room: RoomState, { from, to }: Gap): void {
    if (from > to) return;
    if (!this.kept) return this.#markMissing(room, from);
    const start = Math.max(from, to + 1 - MAX_GAP);
    if (start > from) this.#markMissing(room, from);
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

  /** Marks the place of messages that cannot be fetched. */
  #markMissing(room: RoomState, offset: number): void {
    this.#options.notice(room, "Messages are missing here", offset - 0.5);
  }
}

function countOf(messages: number): string {
  return messages === 1 ? "1 message was" : `${messages} messages were`;
}
