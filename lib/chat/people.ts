/**
 * Who is who: names and their owners, users, guests whose connection was lost, and the tokens with which these come back.
 *
 * A name belongs to one participant. A user owns it for good, also while offline. A guest owns it while connected, and for
 * some time after the connection was lost: then only the guest gets it back, who shows the secret token. Text clients have
 * no token: a connection from the same address gets the name back.
 * @module
 */
import type { Identity } from "../identity/identity.ts";
import { toName } from "../text/name.ts";
import { Guests } from "./guests.ts";
import { Member, type Participant, User } from "./member.ts";
import { MAX_NAME_LENGTH, nameKey, NameRegistry } from "./names.ts";
import type { PersonRecord } from "./shared_records.ts";
import { Users, type UsersOptions } from "./users.ts";

/** The length of a resume token in random bytes: it cannot be guessed. */
const TOKEN_BYTES = 16;

/** The most names that are kept for guests whose connection was lost, at about half a kilobyte each. */
const MAX_RESERVED = 10_000;

/**
 * The most names that the server speaks under, at about half a kilobyte each: those of a large chat that a program bridges.
 * When there are more, the name that has been silent for longest is free again.
 */
const MAX_VOICES = 10_000;

/** The most users of the same name. The second one becomes `Ann-2`. */
const MAX_NAMESAKES = 99;

export interface PeopleOptions {
  readonly hidesAddresses: boolean;
  /** Which guest numbers this node of a chat gives out. By default all. */
  readonly guestClass?: (() => { readonly slot: number; readonly slots: number }) | undefined;
  /** How users are remembered. By default nobody can log in. */
  readonly users: Omit<UsersOptions, "names"> | undefined;
}

export class People {
  readonly users: Users | undefined;
  readonly #names = new NameRegistry<Participant>();
  readonly #guests: Guests | undefined;
  /** Visible participants by the address that others see. */
  readonly #byAddress = new Map<string, Participant>();
  /** Named guests by their resume tokens, also those whose connection was lost. */
  readonly #byToken = new Map<string, Member>();
  /** The voices of the server by the keys of their names, the one that spoke last at the end. */
  readonly #voices = new Map<string, User>();
  /** Until when names are kept for guests whose connection was lost, in the order in which they become free. */
  readonly #reserved = new Map<Member, number>();

  constructor({ hidesAddresses, users, guestClass }: PeopleOptions) {
    this.#guests = hidesAddresses ? new Guests(undefined, guestClass) : undefined;
    this.users = users && new Users({ ...users, names: this.#names });
  }

  /** The address that others see of a client from `origin`. */
  addressOf(origin: string): string {
    return this.#guests?.take() ?? origin;
  }

  /** Whether others see guest names instead of addresses. */
  get hidesAddresses(): boolean {
    return this.#guests !== undefined;
  }

  /** Makes a participant visible: it can be found by its address. */
  show(who: Participant): void {
    who.visible = true;
    this.#byAddress.set(who.address, who);
  }

  /** Finds somebody in the chat by name or, if there is none, by address. */
  find(nameOrAddress: string): Participant | undefined {
    const owner = this.#names.owner(nameOrAddress);
    if (owner !== undefined && owner.members.length > 0) return owner;
    const who = this.#byAddress.get(nameOrAddress);
    return who?.name === undefined ? who : undefined;
  }

  /** Returns the owner of a name, who may be offline. */
  owner(name: string): Participant | undefined {
    return this.#names.owner(name);
  }

  /** Returns another participant, who may be offline, whose name can be mistaken for this one. */
  lookalike(who: Participant, name: string): Participant | undefined {
    return this.#names.lookalike(name, who);
  }

  /** Whether somebody may take a name. */
  mayTake(member: Member, name: string): boolean {
    const { who } = member;
    for (const holder of this.#names.holders(name, who)) {
      if (holder !== this.#names.owner(name) || !isSameTerminal(member, holder)) return false;
    }
    return true;
  }

  /** Gives a name in the form of `normalizeName`. Returns false if somebody else owns it or one that looks like it. */
  rename(member: Member, name: string): boolean {
    if (!this.mayTake(member, name)) return false;
    const { who } = member;
    for (const holder of this.#names.holders(name, who)) this.#release(holder as Member);
    this.#claim(who, name);
    return true;
  }

  /** Makes a token, if the client can use one, with which this guest takes its name back on another connection. */
  resumeToken(member: Member): string | undefined {
    const isProgram = member.recipient.format.tellsRoom === true;
    if (!isProgram || member.user !== undefined || member.name === undefined) return undefined;
    if (member.resumeToken === undefined) {
      member.resumeToken = randomToken();
      this.#byToken.set(member.resumeToken, member);
    }
    return member.resumeToken;
  }

  /** The same token without a name that it stands for yet. */
  newToken(member: Member): string | undefined {
    const isProgram = member.recipient.format.tellsRoom === true;
    if (!isProgram || member.user !== undefined) return undefined;
    return member.resumeToken ?? randomToken();
  }

  /** The guest whose name is kept, and whom a member may take it from. */
  lostOwner(member: Member, name: string): Member | undefined {
    const owner = this.#names.owner(name);
    return owner instanceof Member && isSameTerminal(member, owner) ? owner : undefined;
  }

  /** Gives a member the name, the lineage and the token that all nodes of a chat have agreed on. */
  assign(
    member: Member,
    { name, lineage, token }: Pick<PersonRecord, "name" | "lineage" | "token">,
  ): void {
    const { who } = member;
    member.lineage = lineage;
    if (name === undefined) {
      if (who === member && who.name !== undefined) {
        this.#names.release(who.name);
        who.name = undefined;
      }
    } else if (name !== who.name) {
      for (const holder of this.#names.holders(name, who)) {
        if (holder instanceof Member) this.#release(holder);
      }
      this.#claim(who, name);
    }
    if (token === undefined || token === member.resumeToken) return;
    if (member.resumeToken !== undefined) this.#byToken.delete(member.resumeToken);
    member.resumeToken = token;
    this.#byToken.set(token, member);
  }

  /** Finds the guest to whom a token was given. It may be connected. */
  findByToken(token: string): Member | undefined {
    return this.#byToken.get(token);
  }

  /** Gives the name of a guest, whose connection was lost, to the same guest on another connection. */
  resume(member: Member, lost: Member): void {
    const { name } = lost;
    if (name === undefined) return;
    this.#release(lost);
    member.lineage = lost.lineage;
    this.#claim(member, name);
  }

  /**
   * Frees what a client had that has left. `until` is until when the name of a guest is kept; `undefined` if the guest does
   * not come back.
   */
  disconnect(member: Member, until: number | undefined): void {
    member.isConnected = false;
    const { user } = member;
    if (user !== undefined) this.#detach(member, user);
    this.#guests?.release(member.address);
    if (this.#byAddress.get(member.address) === member) this.#byAddress.delete(member.address);
    if (user !== undefined || member.name === undefined) return;
    if (until === undefined) return this.#release(member);
    this.#reserved.set(member, until);
    const [first] = this.#reserved.keys();
    if (this.#reserved.size > MAX_RESERVED) this.#release(first!);
  }

  /**
   * Frees the names that are not kept any longer, and forgets users. `mayRelease` tells whether that of a guest may be freed
   * now; by default all may.
   */
  tick(now: number, mayRelease?: (guest: Member) => boolean): void {
    for (const [member, until] of this.#reserved) {
      if (until > now) break;
      if (mayRelease?.(member) ?? true) this.#release(member);
    }
    this.users?.forgetOld();
  }

  /**
   * The name that an identity gets: its own, or one with a number if another user has that. `undefined` if it has none, or
   * none that can be used.
   */
  nameOf({ id, name }: Identity): string | undefined {
    const base = name === undefined ? undefined : toName(name);
    if (base === undefined) return undefined;
    const user = this.users?.find(id);
    let free: string | undefined;
    for (const name of namesakes(base)) {
      if (name === user?.name) return name;
      if (free === undefined && this.#isFreeOfUsers(name, user)) free = name;
      if (free !== undefined && user?.name === undefined) break;
    }
    return free;
  }

  /** Frees the name of a guest, which becomes a user. Others must not see the guest any more. */
  forget(guest: Member): void {
    if (this.#byAddress.get(guest.address) === guest) this.#byAddress.delete(guest.address);
    this.#release(guest);
    guest.name = guest.away = undefined;
  }

  /** Makes a client one of a user's. It must not have been visible as a guest, or be forgotten. */
  attach(member: Member, user: User): void {
    member.user = user;
    member.name = user.name;
    if (user.members.length === 0) user.address = member.address;
    user.members = user.members.concat(member);
    this.users?.seen(user, false);
  }

  /**
   * Gives a user the name of their identity. Guests who have it, or one that looks like it, lose theirs; `strip` is called
   * with each of those that are connected, and the name.
   */
  nameUser(user: User, name: string, strip: (guest: Member, name: string) => void): void {
    if (user.name === name) return;
    for (const holder of this.#names.holders(name, user)) {
      if (!(holder instanceof Member)) continue;
      const previous = holder.name!;
      this.#release(holder);
      holder.name = undefined;
      if (holder.isConnected) strip(holder, previous);
    }
    this.#claim(user, name);
  }

  /** The voice of the server with this name. */
  voiceOf(name: string): User | undefined {
    const key = nameKey(name);
    const voice = this.#voices.get(key);
    if (voice === undefined) return undefined;
    this.#voices.delete(key); // it is the last one to be forgotten
    this.#voices.set(key, voice);
    return voice;
  }

  /** Gives a name to a new voice of the server, as {@linkcode nameUser} does; `undefined` if a user owns it. */
  openVoice(name: string, strip: (guest: Member, name: string) => void): User | undefined {
    const voice = new User("", "");
    if (!this.#isFreeOfUsers(name, voice)) return undefined;
    this.nameUser(voice, name, strip);
    this.#voices.set(nameKey(name), voice);
    if (this.#voices.size > MAX_VOICES) this.#forgetVoice();
    return voice;
  }

  #forgetVoice(): void {
    const [key] = this.#voices.keys();
    this.#names.release(this.#voices.get(key!)!.name!);
    this.#voices.delete(key!);
  }

  #claim(who: Participant, name: string): void {
    this.#names.claim(name, who, who.name);
    who.name = name;
    if (who instanceof Member) return;
    for (const member of who.members) member.name = name;
    this.users?.seen(who, true);
  }

  /** Frees the name of a guest, and the token for it. */
  release(guest: Member): void {
    this.#release(guest);
  }

  #release(guest: Member): void {
    if (guest.name !== undefined) this.#names.release(guest.name);
    this.#reserved.delete(guest);
    if (guest.resumeToken === undefined) return;
    this.#byToken.delete(guest.resumeToken);
    guest.resumeToken = undefined;
  }

  /** Removes a client of a user. If addresses are hidden, the user keeps the guest name as long as there is a client. */
  #detach(member: Member, user: User): void {
    user.members = user.members.filter((other) => other !== member);
    const [next] = user.members;
    if (next === undefined) {
      if (this.#byAddress.get(user.address) === user) this.#byAddress.delete(user.address);
      user.visible = false;
      user.away = undefined;
      return this.users?.seen(user, false);
    }
    if (user.address !== member.address) return;
    if (this.hidesAddresses) {
      [next.address, member.address] = [member.address, next.address];
      return;
    }
    this.#byAddress.delete(user.address);
    user.address = next.address;
    if (user.visible) this.#byAddress.set(user.address, user);
  }

  #isFreeOfUsers(name: string, user: User | undefined): boolean {
    for (const holder of this.#names.holders(name, user ?? NOBODY)) {
      if (holder instanceof User) return false;
    }
    return true;
  }
}

/** Stands for a user who is not known yet. */
const NOBODY = new User("", "");

/** Whether a text client comes from the address of another one, whose connection was lost. */
function isSameTerminal(member: Member, lost: Participant): boolean {
  return lost instanceof Member && !lost.isConnected && lost.resumeToken === undefined &&
    hostOf(lost.origin) === hostOf(member.origin);
}

/** The host of a `host:port`. */
function hostOf(origin: string): string {
  return origin.replace(/:\d+$/, "");
}

/** The names of users who would all be called `base`, in the order in which they are given. */
function* namesakes(base: string): Generator<string> {
  yield base;
  for (let i = 2; i <= MAX_NAMESAKES; i++) {
    const suffix = `-${i}`;
    const short = toName(Array.from(base).slice(0, MAX_NAME_LENGTH - suffix.length).join(""));
    if (short !== undefined) yield short + suffix;
  }
}

function randomToken(): string {
  return crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
}
