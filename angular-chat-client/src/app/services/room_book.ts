/**
 * The rooms that this client is in, with their users.
 * @module
 */
import { BehaviorSubject, type Observable } from "rxjs";
import type { Room, User } from "../models/message.model";
import type { MessageEvent } from "../models/protocol";

/** A range of missing messages by id, both ends included. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** The state of a room. */
export class RoomState {
  readonly name: string;
  topic: string | null = null;
  readonly users = new Map<number, User>();
  online = 0;
  /** Whether `users` may be incomplete, so that the list has to be requested. */
  partial = false;
  /** The epoch of `lastOffset`; `undefined` before the first one is known. */
  epoch: string | undefined;
  /** The epoch in which the ids started. They may continue in later epochs. */
  numbering = "";
  /** Every id up to this one is in the log or in a gap. */
  lastOffset = 0;
  /** The id of the oldest known message; `undefined` if there is none. */
  firstOffset: number | undefined;
  /** Whether the newest page of the history is loaded. */
  hasHistory = false;
  hasOlder = false;
  loading = false;
  /** Live messages that wait until the missed ones before them are known. */
  held: MessageEvent[] | undefined;
  gaps: Gap[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Stores that the message with this id is known. */
  received(offset: number): void {
    this.lastOffset = Math.max(this.lastOffset, offset);
    this.firstOffset = Math.min(this.firstOffset ?? offset, offset);
  }

  /** Starts a new numbering. */
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

  /** Returns the room with this name, and adds it if necessary. */
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

  /** Updates a user in every room. */
  refresh(user: User): void {
    for (const { users } of this.#rooms.values()) if (users.has(user.id)) users.set(user.id, user);
  }

  clear(): void {
    this.#rooms.clear();
  }

  /** Notifies subscribers of changed rooms. */
  publish(): void {
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

/** Sorts users with names first, in alphabetical order. */
function byName(one: User, other: User): number {
  return (
    Number(one.name === null) - Number(other.name === null) ||
    compare(one.name ?? one.address, other.name ?? other.address)
  );
}
