/**
 * Who wrote what the tables have, as weights: how much each contributor has in each room. Whoever has most pays first when
 * there is too much, so that nobody can push out what others said where it is quiet.
 *
 * A contributor is what the caller takes for one (a network address), known here by a number. The tables have the number
 * with each message, and it means something within one era only: what was written before the last start, and what comes
 * from more contributors than are told apart, has none, and counts for its room. No address is stored.
 * @module
 */
import type { Room } from "./rooms.ts";

/** The number of what has none. */
export const UNATTRIBUTED = 0;

/** Contributors that are told apart, at about 300 bytes each; those who come later count for the rooms they write to. */
const MAX_CONTRIBUTORS = 10_000;

/** Contributors that are told apart in one room. */
const MAX_IN_ROOM = 32;

/** Somebody who pays, and where: in all rooms that have something of theirs, or, unattributed, in one room. */
export interface Payer {
  readonly source: number;
  readonly weight: number;
  readonly room: Room | undefined;
}

interface Contributor {
  readonly key: string;
  weight: number;
  /** In how many rooms there is something, and how many rooms they made. */
  uses: number;
}

export class Contributors {
  readonly #numbers = new Map<string, number>();
  readonly #contributors = new Map<number, Contributor>();
  readonly #byRoom = new Map<Room, Map<number, number>>();
  #lastNumber = UNATTRIBUTED;

  /** The number of a contributor. */
  number(key: string): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#numbers.size >= MAX_CONTRIBUTORS) this.#forgetUnused();
    if (this.#numbers.size >= MAX_CONTRIBUTORS) return UNATTRIBUTED;
    const number = ++this.#lastNumber;
    this.#numbers.set(key, number);
    this.#contributors.set(number, { key, weight: 0, uses: 0 });
    return number;
  }

  #forgetUnused(): void {
    for (const [number, { key, uses }] of this.#contributors) {
      if (uses > 0) continue;
      this.#contributors.delete(number);
      this.#numbers.delete(key);
    }
  }

  /** Somebody made a room: until that is gone they are not forgotten. */
  own(room: Room, source: number): void {
    room.owner = source;
    const contributor = this.#contributors.get(source);
    if (contributor !== undefined) contributor.uses++;
  }

  /** A room is gone. */
  disown(room: Room): void {
    const contributor = this.#contributors.get(room.owner ?? UNATTRIBUTED);
    if (contributor !== undefined) contributor.uses--;
    this.clear(room);
  }

  /** A message was written. */
  add(room: Room, source: number, weight: number): void {
    let shares = this.#byRoom.get(room);
    if (shares === undefined) this.#byRoom.set(room, shares = new Map());
    const isNew = !shares.has(source);
    const contributor = this.#contributors.get(source);
    if (contributor === undefined || (isNew && shares.size >= MAX_IN_ROOM)) {
      shares.set(UNATTRIBUTED, (shares.get(UNATTRIBUTED) ?? 0) + weight);
      return;
    }
    shares.set(source, (shares.get(source) ?? 0) + weight);
    contributor.weight += weight;
    if (isNew) contributor.uses++;
  }

  /** Messages were deleted. */
  remove(room: Room, weights: ReadonlyMap<number, number>): void {
    const shares = this.#byRoom.get(room);
    if (shares === undefined) return;
    for (const [source, weight] of weights) {
      const payer = shares.has(source) ? source : UNATTRIBUTED;
      this.#take(shares, payer, Math.min(weight, shares.get(payer) ?? 0));
    }
  }

  /** A room has no message any more. */
  clear(room: Room): void {
    const shares = this.#byRoom.get(room);
    for (const [source, weight] of shares ?? []) this.#take(shares!, source, weight);
    this.#byRoom.delete(room);
  }

  #take(shares: Map<number, number>, source: number, weight: number): void {
    const left = (shares.get(source) ?? 0) - weight;
    const contributor = this.#contributors.get(source);
    if (contributor !== undefined) contributor.weight -= weight;
    if (left > 0) {
      shares.set(source, left);
      return;
    }
    if (shares.delete(source) && contributor !== undefined) contributor.uses--;
  }

  /** How much of a room is somebody's. */
  weight(room: Room, source: number): number {
    return this.#byRoom.get(room)?.get(source) ?? 0;
  }

  /** How much there is of a room. */
  total(room: Room): number {
    let total = 0;
    for (const weight of this.#byRoom.get(room)?.values() ?? []) total += weight;
    return total;
  }

  /** All who have something, those with most first. */
  heaviestFirst(): Payer[] {
    const payers: Payer[] = [];
    for (const [source, { weight }] of this.#contributors) {
      if (weight > 0) payers.push({ source, weight, room: undefined });
    }
    for (const [room, shares] of this.#byRoom) {
      const weight = shares.get(UNATTRIBUTED) ?? 0;
      if (weight > 0) payers.push({ source: UNATTRIBUTED, weight, room });
    }
    return payers.sort((a, b) => b.weight - a.weight);
  }
}
