/**
 * The rooms that this client is in, and who is in them.
 *
 * Must never know the wire's frames, nor the log.
 * @module
 */
import { BehaviorSubject, type Observable } from "rxjs";
import type { Room, User } from "../models/message.model";
import type { MessageEvent } from "../models/protocol";

/** Messages that this client should have and has not, by number, both ends included. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** A room as the client keeps it. */
export class RoomState {
  readonly name: string;
  topic: string | null = null;
  readonly users = new Map<number, User>();
  online = 0;
  /** Whether `users` may lack somebody, so that the list has to be asked for. */
  partial = false;
  /** In which `lastOffset` was told; `undefined` before it was. */
  epoch: string | undefined;
  /** The epoch in which the numbers began: they may go on from one epoch to the next. */
  numbering = "";
  /** Everything up to here is known, or among the gaps. */
  lastOffset = 0;
  /** The oldest message that is known; `undefined` if none is. */
  firstOffset: number | undefined;
  /** Whether the newest page of the history is there. */
  hasHistory = false;
  hasOlder = false;
  loading = false;
  /** Live messages that wait until it is known what was said before them. */
  held: MessageEvent[] | undefined;
  gaps: Gap[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** A message with this number is known. */
  note(offset: number): void {
    this.lastOffset = Math.max(this.lastOffset, offset);
    this.firstOffset = Math.min(this.firstOffset ?? offset, offset);
  }

  /** Numbers begin anew. */
  beginNumbering(epoch: string, offset: number): void {
    this.epoch = this.numbering = epoch;
    this.lastOffset = offset;
    this.firstOffset = undefined;
    this.gaps = [];
    this.hasOlder = false;
  }
}

const { compare } = new Intl.Collator(undefined, { sensitivity: "base", numeric: true });

export class RoomBook {
  readonly #rooms = new Map<string, RoomState>();
  readonly #subject = new BehaviorSubject<readonly Room[]>([]);

  get rooms$(): Observable<readonly Room[]> {
    return this.#subject.asObservable();
  }

  get all(): readonly RoomState[] {
    return [...this.#rooms.values()];
  }

  get(name: string): RoomState | undefined {
    return this.#rooms.get(name);
  }

  /** The room of this name, which is new if there was none. */
  enter(name: string): RoomState {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const room = new RoomState(name);
    this.#rooms.set(name, room);
    return room;
  }

  leave(name: string): void {
    this.#rooms.delete(name);
  }

  /** Somebody has another name, or is away or back: the same in every room. */
  refresh(user: User): void {
    for (const { users } of this.#rooms.values()) if (users.has(user.id)) users.set(user.id, user);
  }

  clear(): void {
    this.#rooms.clear();
  }

  /** Tells what has become of the rooms. */
  tell(): void {
    this.#subject.next(this.all.map(toRoom));
  }
}

function toRoom(room: RoomState): Room {
  return {
    name: room.name,
    topic: room.topic,
    users: [...room.users.values()].sort(byName),
    online: Math.max(room.online, room.users.size),
    hasOlder: room.hasOlder,
    loading: room.loading,
  };
}

/** Those with names first, in the order of the alphabet. */
function byName(one: User, other: User): number {
  return (
    Number(one.name === null) - Number(other.name === null) ||
    compare(one.name ?? one.address, other.name ?? other.address)
  );
}
