/**
 * Logins: makes clients those of users, and gives guests their names back who return on another connection.
 * @module
 */
import { isProgram } from "../identity/api_tokens.ts";
import type { Identity } from "../identity/identity.ts";
import { allows } from "../identity/room_rights.ts";
import type { ChatEvent } from "../wire/chat_event.ts";
import { findLoginProblem, type LoginSubject } from "./login_rules.ts";
import type { Member, Membership, User } from "./member.ts";
import type { Moderation } from "./moderation.ts";
import type { People } from "./people.ts";
import type { Presence } from "./presence.ts";
import type { UserRecord } from "./shared_records.ts";

/** What logins need of the hub. */
export interface LoginsOptions {
  readonly people: People;
  readonly presence: Presence;
  readonly moderation: () => Moderation | undefined;
  /** Returns the time in milliseconds, from any starting point. */
  readonly now: () => number;
  /** Returns an id that was never given to anybody. */
  readonly newId: () => number;
  readonly answer: (member: Member, event: ChatEvent) => void;
  /** Makes a member visible. */
  readonly show: (member: Member) => void;
  /** Announces the name that a member has got. */
  readonly named: (member: Member, previous: string | undefined) => void;
  /** Removes a member, which stays in the chat, from a room. */
  readonly leave: (membership: Membership) => void;
  readonly disconnect: (member: Member) => void;
  /** Called with a guest that has lost its name to a user. */
  readonly stripped?: (guest: Member) => void;
}

export class Logins {
  readonly #options: LoginsOptions;

  constructor(options: LoginsOptions) {
    this.#options = options;
  }

  /** Whether anybody can log in. */
  get areOpen(): boolean {
    return this.#options.people.users !== undefined;
  }

  /** What keeps somebody from logging in, as one sentence without a full stop; `undefined` if nothing does. */
  problem(identity: Identity, client: LoginSubject): string | undefined {
    const { people, moderation } = this.#options;
    return findLoginProblem(identity, client, people, moderation());
  }

  /** The same for somebody who has no client. The operator has chosen the names of programs. */
  problemOfAuthor(identity: Identity, origin: string): string | undefined {
    const { people, moderation } = this.#options;
    if (!isProgram(identity)) {
      return this.problem(identity, { origin, user: people.users?.find(identity.id) });
    }
    const ban = moderation()?.bans.find({ name: identity.name, origin });
    return ban === undefined ? undefined : "You are banned";
  }

  /**
   * Logs a guest in, or renews the login of a user. {@linkcode problem} must have found nothing. Rooms that the member may
   * not be in any longer are left. Returns false if it has logged in as somebody else.
   */
  logIn(member: Member, identity: Identity): boolean {
    const { user } = member;
    if (user !== undefined && user.key !== identity.id) return false;
    if (user === undefined) this.#unlist(member);
    this.#attach(member, identity);
    for (const membership of member.memberships) {
      if (!isOpenTo(member, membership.room.key)) this.#options.leave(membership);
    }
    return true;
  }

  /**
   * Makes a member, of this node or of another one, a client of a user under a name, as all nodes of a chat have agreed.
   */
  attach(member: Member, { key, id }: UserRecord, name: string | undefined): void {
    const { people, presence } = this.#options;
    const user = people.users?.open(key);
    if (user === undefined) return;
    if (user.id === 0) user.id = id;
    if (member.user === undefined) this.#unlist(member);
    const previous = user.name;
    if (name !== undefined) people.nameUser(user, name, this.#strip);
    if (user.visible && user.name !== previous) presence.renamed(user, previous, undefined);
    if (member.user !== undefined) return;
    people.attach(member, user);
    if (user.visible) { for (const membership of member.memberships) presence.joined(membership); }
  }

  /**
   * Gives a guest its name back, which it had on another connection. That one ends if it has not. Returns false if there is
   * no such guest.
   */
  resume(member: Member, token: string): boolean {
    const { people, disconnect, named } = this.#options;
    const lost = people.findByToken(token);
    if (lost === undefined || lost === member || member.user !== undefined) return false;
    if (lost.isConnected) {
      lost.session.end("replaced");
      disconnect(lost);
    }
    const previous = member.name;
    people.resume(member, lost);
    named(member, previous);
    return true;
  }

  /** Gives programs their names, which nobody else can take meanwhile, and frees those of programs that are gone. */
  openPrograms(identities: readonly Identity[]): void {
    const kept = new Set(identities.map(({ id }) => id));
    this.#options.people.users?.forgetWhere((id) => isProgram({ id }) && !kept.has(id));
    for (const identity of identities) this.userOf(identity);
  }

  /** The user who an identity stands for, with their name, whether or not they have a client. */
  userOf(identity: Identity): User {
    const { people, presence, newId } = this.#options;
    if (people.users === undefined) throw new Error("Cannot log in: there are no users");
    const user = people.users.open(identity.id);
    if (user.id === 0) user.id = newId();
    const previous = user.name;
    const name = people.nameOf(identity);
    if (name !== undefined) people.nameUser(user, name, this.#strip);
    if (user.visible && user.name !== previous) presence.renamed(user, previous, undefined);
    return user;
  }

  /**
   * The voice of the server with this name, which belongs to it from now on. A guest who has the name loses it. Returns
   * `undefined` if a user owns the name.
   */
  voiceOf(name: string): User | undefined {
    const { people, newId } = this.#options;
    const found = people.voiceOf(name);
    if (found !== undefined) return found;
    const voice = people.openVoice(name, this.#strip);
    if (voice !== undefined) voice.id = newId();
    return voice;
  }

  #attach(member: Member, identity: Identity): void {
    const { people, presence, show } = this.#options;
    const user = this.userOf(identity);
    const hadRights = member.identity?.operator === true;
    member.identity = identity;
    if (identity.operator || hadRights) member.isOperator = identity.operator === true;
    if (member.user === undefined) people.attach(member, user);
    if (user.visible) { for (const membership of member.memberships) presence.joined(membership); }
    else if (user.name !== undefined) show(member);
  }

  /** Announces that a guest leaves, which stays as a user. */
  #unlist(guest: Member): void {
    if (!guest.visible) return;
    const { people, presence, now } = this.#options;
    for (const membership of guest.memberships) presence.left(membership, false, now());
    guest.visible = false;
    people.forget(guest);
  }

  /** Tells a guest, and everybody, that its name belongs to a user who has logged in. */
  readonly #strip = (guest: Member, name: string): void => {
    this.#options.presence.renamed(guest, name, guest);
    this.#options.answer(guest, { type: "renamed", user: guest, name });
    this.#options.stripped?.(guest);
  };
}

/** Whether a member may be in a room by its login: it may join and read it. */
export function isOpenTo({ identity }: Pick<Member, "identity">, room: string): boolean {
  const rooms = identity?.rooms;
  return rooms === undefined || (allows(rooms, "join", room) && allows(rooms, "read", room));
}
