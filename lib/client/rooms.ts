/**
 * The rooms of a client: joins them again after a reconnect, with the position up to which it has their messages, and
 * tells what is missing.
 * @module
 */
import type {
  DroppedEvent,
  ErrorEvent,
  HelloEvent,
  MessageEvent,
  Missed,
  Position,
  Replies,
  ReplyEvent,
  Room,
  User,
} from "../wire/protocol.ts";
import type { GapEvent, IdRange, JoinedEvent, LeftEvent, ReceivedMessage } from "./events.ts";
import { type Request, roomKey } from "./requests.ts";

export interface RoomsOptions {
  /** Sends a request. Returns its id, or `undefined` without a connection. */
  readonly post: (request: Request) => string | undefined;
  readonly emit: (event: JoinedEvent | LeftEvent | GapEvent | ReceivedMessage) => void;
}

/**
 * The maximum number of events that wait for the reply to a join. A server answers at once; one that does not shall not
 * fill the memory.
 */
const MAX_HELD = 1_000;

interface HeldEvent {
  /** The id of the message that it tells of. */
  readonly id: number | undefined;
  readonly run: () => void;
}

interface State {
  name: string;
  /** Whether this connection is in the room. */
  isJoined: boolean;
  /** `undefined` before the first join. */
  epoch: string | undefined;
  /** Every id up to this one was passed on, or reported as missing. */
  high: number;
  /** The `id` of the client's own request to join the room again. */
  rejoin: string | undefined;
  /** The `id` of the request to leave the room. */
  leaving: string | undefined;
  /** The room as the hello has it, while its events are held. */
  here: Pick<Arrival, "room" | "users"> | undefined;
  /** Events that wait until it is known what was missed before them. */
  held: HeldEvent[] | undefined;
}

/** What is known of a room that the client enters. */
interface Arrival {
  readonly ref: string | null;
  readonly room: Room;
  readonly users: readonly User[];
  readonly epoch: string;
  readonly missed: Missed | undefined;
}

export class Rooms {
  readonly #options: RoomsOptions;
  readonly #rooms = new Map<string, State>();
  /** The key of the room that every connection starts in. */
  #start: string | undefined;
  /** Whether the client wants to be in that room. */
  #wantsStart: boolean;
  /** The key of that room while this connection is in it, but the client does not want to be. */
  #unwanted: string | undefined;
  #leavesUnwanted = false;
  #epoch = "";
  #hasHistory = false;
  /** The server's time of the last event before the connection was lost. */
  #lostAt = 0;

  /** @param names The rooms to join on the first connection. By default the one that every connection starts in. */
  constructor(options: RoomsOptions, names?: readonly string[]) {
    this.#options = options;
    this.#wantsStart = names === undefined;
    for (const name of names ?? []) this.#add(name);
  }

  /** The rooms that this connection is in. */
  get joined(): readonly string[] {
    return [...this.#rooms.values()].filter(({ isJoined }) => isJoined).map(({ name }) => name);
  }

  isJoined(name: string): boolean {
    return this.#find(name)?.isJoined === true;
  }

  /** Whether messages to a room must wait until this connection has joined it again. */
  isPending(name: string): boolean {
    const room = this.#find(name);
    return room !== undefined && !room.isJoined && room.rejoin !== undefined;
  }

  /** Whether all rooms that the client wants to be in are joined, or refused. */
  get isSettled(): boolean {
    return [...this.#rooms.values()].every(({ rejoin }) => rejoin === undefined);
  }

  /** The last message of a room that was passed on; `undefined` if the client was never there. */
  position(name: string): Position | undefined {
    const room = this.#find(name);
    return room?.epoch === undefined ? undefined : { epoch: room.epoch, offset: room.high };
  }

  /** Whether events of this room are ignored: the client is there only because every connection starts there. */
  isUnwanted(name: string): boolean {
    return this.#unwanted !== undefined && roomKey(name) === this.#unwanted;
  }

  /** Handles the hello of a new connection, which is in a room from the beginning, if it may be there. */
  connected({ room: facts, users, epoch, online, limits }: HelloEvent): void {
    this.#epoch = epoch;
    this.#hasHistory = limits.history > 0;
    if (facts === null) return; // the client may not be in the lobby
    this.#start = roomKey(facts.name);
    if (!this.#wantsStart && !this.#rooms.has(this.#start)) {
      this.#unwanted = this.#start;
      return;
    }
    const room = this.#add(facts.name);
    const here = { users, room: { ...facts, users: online } };
    const since = this.position(facts.name);
    if (since !== undefined && this.#hasHistory) this.#rejoin(room, since);
    if (room.rejoin === undefined) {
      return this.#enter(room, { ...here, ref: null, epoch, missed: undefined });
    }
    room.isJoined = true;
    room.here = here;
    room.held = [];
  }

  /** Joins the other rooms. */
  rejoin(): void {
    for (const room of this.#rooms.values()) {
      if (room.isJoined || room.rejoin !== undefined) continue;
      this.#rejoin(room, this.#hasHistory ? this.position(room.name) : undefined);
    }
  }

  /** Leaves a room, now or, if this connection is not in it, by not joining it again. Returns the id of the request. */
  leave(name: string): string | undefined {
    const room = this.#find(name);
    if (room?.isJoined === false) {
      this.#remove(room);
      return undefined;
    }
    const id = this.#options.post({ type: "leave", room: name });
    if (room !== undefined) room.leaving = id;
    return id;
  }

  /** Handles the reply to a join. */
  replied({ ref, data }: Extract<ReplyEvent, { command: "join" }>): void {
    const asked = ref === null
      ? undefined
      : [...this.#rooms.values()].find(({ rejoin }) => rejoin === ref);
    const room = this.#add(data.room.name);
    if (asked !== undefined && asked !== room) this.#rooms.delete(roomKey(asked.name));
    const { users, epoch, missed } = data;
    // The client has given up to wait for what it missed.
    const isLate = room.isJoined && room.held === undefined && missed !== undefined;
    this.#enter(room, { ref, users, epoch, room: data.room, missed: isLate ? undefined : missed });
    this.#leaveUnwanted(room);
  }

  /** Handles the reply to a leave. */
  left({ left, room: facts }: Replies["leave"]): void {
    const room = this.#find(left);
    if (room !== undefined) this.#remove(room);
    if (this.isUnwanted(left)) this.#unwanted = undefined;
    if (facts === null || this.#find(facts.name) !== undefined) return;
    const arrival = { ref: null, users: [], epoch: this.#epoch, missed: undefined };
    this.#enter(this.#add(facts.name), { ...arrival, room: facts });
  }

  /** Handles an error. Returns the room if it was about the client's own request to join it again. */
  refused(error: ErrorEvent): string | undefined {
    const { ref } = error;
    if (ref === null) return undefined;
    for (const room of this.#rooms.values()) if (room.leaving === ref) room.leaving = undefined;
    const room = [...this.#rooms.values()].find(({ rejoin }) => rejoin === ref);
    if (room === undefined) return undefined;
    room.rejoin = undefined;
    if (room.held !== undefined) this.#giveUp(room);
    else this.#options.emit({ type: "left", room: room.name, error });
    return room.name;
  }

  /** Calls `run` now, or when it is known which messages were missed before. */
  inOrder(name: string, id: number | undefined, run: () => void): void {
    const room = this.#find(name);
    if (room?.held === undefined) return run();
    room.held.push({ id, run });
    if (room.held.length > MAX_HELD) this.#giveUp(room);
  }

  /** Handles the id of a message. They arrive in order, so skipped ids are missing. */
  received(name: string, id: number): void {
    const room = this.#find(name);
    if (room?.epoch === undefined) return;
    const { high } = room;
    room.high = Math.max(high, id);
    if (id > high + 1) this.#emitGap(room, "unknown", { from: high + 1, to: id - 1 });
  }

  /** Handles messages that the server dropped. */
  dropped({ missed }: DroppedEvent): void {
    for (const { room: name, from, to } of missed) {
      this.inOrder(name, from, () => {
        const room = this.#find(name);
        if (room === undefined || from > to) return;
        room.high = Math.max(room.high, to);
        this.#emitGap(room, "slow", { from, to });
      });
    }
  }

  /**
   * Handles the loss of the connection. Events that were held back are forgotten: the next join brings them again.
   *
   * @param time The server's time of the last event.
   */
  connectionLost(time: number): void {
    this.#lostAt = time;
    this.#unwanted = undefined;
    this.#leavesUnwanted = false;
    for (const room of [...this.#rooms.values()]) {
      if (room.leaving !== undefined) this.#remove(room);
      room.isJoined = false;
      room.held = room.here = room.rejoin = undefined;
    }
  }

  #find(name: string): State | undefined {
    return this.#rooms.get(roomKey(name));
  }

  #add(name: string): State {
    const known = this.#find(name);
    if (known !== undefined) return known;
    const room: State = {
      name,
      isJoined: false,
      epoch: undefined,
      high: 0,
      rejoin: undefined,
      leaving: undefined,
      held: undefined,
      here: undefined,
    };
    this.#rooms.set(roomKey(name), room);
    return room;
  }

  #remove(room: State): void {
    const key = roomKey(room.name);
    this.#rooms.delete(key);
    if (key === this.#start) this.#wantsStart = false;
    this.#options.emit({ type: "left", room: room.name, error: undefined });
  }

  #rejoin(room: State, since: Position | undefined): void {
    const { name } = room;
    room.rejoin = this.#options.post({ type: "join", room: name, ...(since ? { since } : {}) });
  }

  /** Leaves the room that every connection starts in, once the client is in another one. */
  #leaveUnwanted(joined: State): void {
    if (this.#unwanted === undefined || this.#leavesUnwanted) return;
    if (roomKey(joined.name) === this.#unwanted) this.#unwanted = undefined;
    else {
      this.#leavesUnwanted = true;
      this.#options.post({ type: "leave", room: this.#unwanted });
    }
  }

  /** Stops to wait for what was missed in a room. */
  #giveUp(room: State): void {
    const { name, high, here } = room;
    const { users, room: facts } = here ??
      { users: [], room: { name, topic: null, users: 0, offset: high } };
    const missed = { recovered: false, messages: [], more: false };
    this.#enter(room, { ref: null, epoch: this.#epoch, users, room: facts, missed });
  }

  #enter(room: State, { ref, room: facts, users, epoch, missed }: Arrival): void {
    const { outcome, gap, fresh } = this.#advance(room, epoch, facts.offset, missed);
    const held = room.held ?? [];
    room.name = facts.name;
    room.isJoined = true;
    room.held = room.here = room.rejoin = undefined;
    const { messages = [], more = false } = missed ?? {};
    const { emit } = this.#options;
    const position = { epoch: room.epoch ?? epoch, offset: room.high };
    emit({ type: "joined", ref, room: facts, users, position, outcome, gap, messages, more });
    if (gap !== undefined) this.#emitGap(room, "away", gap);
    if (outcome === "restarted") this.#emitGap(room, "restart", undefined);
    for (const message of fresh) emit({ ...message, missed: true });
    for (const { run } of held) run();
  }

  /** Moves the position of a room to where live events begin. `fresh` are the messages that the client has not had. */
  #advance(
    room: State,
    epoch: string,
    offset: number,
    missed: Missed | undefined,
  ): Pick<JoinedEvent, "outcome" | "gap"> & { readonly fresh: readonly MessageEvent[] } {
    const { epoch: before, high, isJoined, held } = room;
    const messages = missed?.messages ?? [];
    const nothing = { gap: undefined, fresh: [] };
    if (isJoined && missed === undefined && before !== undefined) {
      return { outcome: "unchanged", ...nothing };
    }
    room.epoch = epoch;
    const isRecovered = missed?.recovered === true;
    // The first message that is known besides those before `high`: missed, live, or none yet.
    const first = messages[0]?.id ?? held?.find(({ id }) => id !== undefined)?.id ?? offset + 1;
    const last = messages.at(-1)?.id ?? first - 1;
    if (before === undefined || (before !== epoch && !isRecovered)) {
      room.high = last;
      if (before === undefined) return { outcome: "entered", ...nothing };
      const fresh = messages.filter(({ time }) => time > this.#lostAt);
      return { outcome: "restarted", gap: undefined, fresh };
    }
    const isComplete = isRecovered || first <= high + 1;
    room.high = isRecovered && messages.length === 0 ? high : Math.max(high, last);
    return {
      outcome: "resumed",
      gap: isComplete ? undefined : { from: high + 1, to: first - 1 },
      fresh: messages.filter(({ id }) => id > high),
    };
  }

  #emitGap(room: State, cause: GapEvent["cause"], range: IdRange | undefined): void {
    this.#options.emit({ type: "gap", room: room.name, cause, range });
  }
}
