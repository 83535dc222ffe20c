/**
 * Everybody who is seen in a chat on several nodes, with what the shared log says of them.
 * @module
 */
import type { Member } from "./member.ts";
import type { PersonRecord } from "./shared_records.ts";

export class Roster {
  /** Members of this node, and those of other nodes who are seen, by id. */
  readonly #members = new Map<number, Member>();
  /** Where in the log members came to their rooms, by room, by the id of a member. */
  readonly #places = new Map<number, PersonRecord["rooms"]>();
  /** Members whose first record is on its way to the log, or has come back. */
  readonly #announced = new Set<Member>();
  /** Those of them who are or will be seen. Users are announced when they log in, and seen later. */
  readonly #seen = new Set<Member>();

  /** Adds a member of this node, or one of another node who is seen. */
  add(member: Member): void {
    this.#members.set(member.id, member);
  }

  get(id: number): Member | undefined {
    return this.#members.get(id);
  }

  delete(member: Member): void {
    this.#members.delete(member.id);
    this.#places.delete(member.id);
    this.#announced.delete(member);
    this.#seen.delete(member);
  }

  /** Notes that a member is announced. */
  announce(member: Member): void {
    this.#announced.add(member);
  }

  /** Returns whether a member has to be shown, which it is from then on. */
  show(member: Member): boolean {
    if (this.#seen.has(member)) return false;
    this.#announced.add(member);
    this.#seen.add(member);
    return true;
  }

  isAnnounced(member: Member): boolean {
    return this.#announced.has(member);
  }

  setPlaces(member: Member, rooms: PersonRecord["rooms"]): void {
    this.#places.set(member.id, rooms);
    this.#announced.add(member);
    if (member.who.visible) this.#seen.add(member);
  }

  /** The record of a member as it is now. */
  record(member: Member): PersonRecord {
    const { id, name, address, away, origin, lineage, resumeToken, isOperator, user } = member;
    const places = this.#places.get(id);
    const rooms = member.memberships.map(({ room: { key } }) => [key, places?.get(key)] as const);
    return {
      id,
      name,
      address,
      away: user === undefined ? away : user.away,
      origin,
      lineage,
      token: resumeToken,
      isOperator,
      user: user && { key: user.key, id: user.id },
      isSeen: true,
      rooms: new Map(rooms),
    };
  }

  /** The members of a node; `undefined` stands for this one. */
  *of(node: string | undefined): Iterable<Member> {
    for (const member of this.#members.values()) if (member.node === node) yield member;
  }

  /** All members of other nodes. */
  *remote(): Iterable<Member> {
    for (const member of this.#members.values()) if (member.node !== undefined) yield member;
  }
}
