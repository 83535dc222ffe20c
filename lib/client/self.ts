/**
 * Who this client is: its user, and its ids on earlier connections.
 * @module
 */
import type { HelloEvent, User } from "../wire/protocol.ts";

/** The number of ids that are remembered: more than there are while their messages are still of interest. */
const MAX_IDS = 200;

export class Self {
  /** The ids of this client on its connections in an epoch, oldest first. */
  readonly #ids = new Set<number>();
  #epoch = "";
  #user: User | undefined;

  get user(): User | undefined {
    return this.#user;
  }

  /** Handles the hello of a connection. Ids of an earlier epoch mean other users now. */
  greeted({ you, epoch }: HelloEvent): void {
    if (epoch !== this.#epoch) this.#ids.clear();
    this.#epoch = epoch;
    this.update(you);
  }

  /** Stores a new name, away state or login. */
  update(user: User): void {
    this.#user = user;
    this.#ids.add(user.id);
    const [oldest] = this.#ids;
    if (this.#ids.size > MAX_IDS) this.#ids.delete(oldest!);
  }

  /** Whether a user is the one of this client: on this or an earlier connection, or on another device. */
  is({ id, account }: User): boolean {
    return account === undefined ? this.#ids.has(id) : account === this.#user?.account;
  }
}
