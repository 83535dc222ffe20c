/**
 * The users that the chat remembers: everybody who has logged in, with their name and the account that others see, also
 * while they are offline.
 *
 * Users who have not been here for long are forgotten, and so are those who have been away for longest when there are too
 * many. With a store, users are remembered across restarts.
 * @module
 */
import type { ElapsedTime } from "./moderation.ts";
import { type Participant, User } from "./member.ts";
import type { NameRegistry } from "./names.ts";

/** How long a user who is away is remembered, in ms: 90 days. Neither a long holiday nor an illness costs the name. */
export const REMEMBERED = 90 * 86_400_000;

/** The most users that are remembered, at about half a kilobyte each. */
export const MAX_USERS = 50_000;

/** How exactly the time is stored at which a user was here, in ms: each user costs one write a day. */
const SEEN_STEP = 86_400_000;

/** The length of an account in random bytes: nobody's account is ever that of somebody else. */
const ACCOUNT_BYTES = 12;

/** A user as they are stored. */
export interface StoredUser {
  /** See {@linkcode User.key}. */
  readonly key: string;
  readonly account: string;
  readonly name: string | undefined;
  /** The {@linkcode ElapsedTime} stamp of when the user was here. */
  readonly seen: number;
}

/** Where users are remembered across restarts. No call throws if the disk fails: a change is written later. */
export interface UserStore {
  users(): StoredUser[];
  putUser(user: StoredUser): void;
  /** @param name The name that the user owned. */
  deleteUser(key: string, name?: string): void;
}

export interface UsersOptions {
  readonly names: NameRegistry<Participant>;
  readonly time: ElapsedTime;
  /** @default in memory only */
  readonly store?: UserStore | undefined;
  /** @default MAX_USERS */
  readonly capacity?: number;
  /** The account of a new user. @default random */
  readonly accountOf?: ((key: string) => string) | undefined;
}

/** A user, and what is known of their presence. */
interface Entry {
  readonly user: User;
  /** When the user was here. */
  seen: number;
  /** The same as it is stored. */
  storedSeen: number;
}

export class Users {
  readonly #options: UsersOptions;
  /** By key, in the order in which they were seen. */
  readonly #entries = new Map<string, Entry>();

  constructor(options: UsersOptions) {
    this.#options = options;
    const stored = options.store?.users() ?? [];
    for (const row of stored.toSorted((a, b) => a.seen - b.seen)) this.#restore(row);
    this.forgetOld();
  }

  /** The number of remembered users. */
  get size(): number {
    return this.#entries.size;
  }

  /** Finds a user. */
  find(key: string): User | undefined {
    return this.#entries.get(key)?.user;
  }

  /** Returns the user with this key, and remembers them if they are new. */
  open(key: string): User {
    const found = this.find(key);
    if (found !== undefined) return found;
    if (this.size >= (this.#options.capacity ?? MAX_USERS)) this.#forgetLongestAway();
    const user = new User(key, this.#options.accountOf?.(key) ?? randomAccount());
    const entry = { user, seen: this.#options.time.now(), storedSeen: 0 };
    this.#entries.set(key, entry);
    this.#put(entry);
    return user;
  }

  /** Notes that a user is here. `isChanged` tells that their name has changed. */
  seen({ key }: User, isChanged: boolean): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.seen = this.#options.time.now();
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (isChanged || entry.seen - entry.storedSeen >= SEEN_STEP) this.#put(entry);
  }

  /** Forgets the users with these keys, and frees their names. */
  forgetWhere(isUnwanted: (key: string) => boolean): void {
    for (const { user } of [...this.#entries.values()]) {
      if (isUnwanted(user.key)) this.#forget(user);
    }
  }

  /** Forgets users who have not been here for long, and frees their names. */
  forgetOld(): void {
    const { time } = this.#options;
    for (const { user, seen } of this.#entries.values()) {
      if (time.elapsedSince(seen) < REMEMBERED) return;
      if (user.members.length > 0) this.seen(user, false);
      else this.#forget(user);
    }
  }

  /**
   * Takes over a user that another node of the chat knows, who was here `age` ms ago. Their name is theirs unless it is that
   * of somebody who is here.
   */
  replicate(key: string, name: string | undefined, age: number): void {
    if (this.find(key) !== undefined) return;
    const account = this.#options.accountOf?.(key) ?? randomAccount();
    this.#restore({ key, account, name, seen: this.#options.time.now() - age });
  }

  /** Forgets a user whom another node has forgotten. */
  drop(key: string): void {
    const user = this.find(key);
    if (user === undefined || user.members.length > 0) return;
    this.#entries.delete(key);
    if (user.name !== undefined) this.#options.names.release(user.name);
  }

  #restore({ key, account, name, seen }: StoredUser): void {
    const user = new User(key, account);
    // The rules for look-alikes may have become stricter.
    if (name !== undefined && this.#options.names.claim(name, user, undefined)) user.name = name;
    this.#entries.set(key, { user, seen, storedSeen: seen });
  }

  #forgetLongestAway(): void {
    for (const { user } of this.#entries.values()) {
      if (user.members.length === 0) return this.#forget(user);
    }
  }

  #forget({ key, name }: User): void {
    this.#entries.delete(key);
    if (name !== undefined) this.#options.names.release(name);
    this.#options.store?.deleteUser(key, name);
  }

  #put(entry: Entry): void {
    const { user: { key, account, name }, seen } = entry;
    entry.storedSeen = seen;
    this.#options.store?.putUser({ key, account, name, seen });
  }
}

function randomAccount(): string {
  return crypto.getRandomValues(new Uint8Array(ACCOUNT_BYTES)).toBase64({ alphabet: "base64url" });
}
