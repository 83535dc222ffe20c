/**
 * Takes the user's name, and takes it again after a reconnect. The server gives a name to one connection at a time, and
 * may not have noticed yet that the last connection is dead.
 * @module
 */
import type { ErrorCode, ErrorEvent } from "../wire/protocol.ts";
import type { ClientClock } from "./environment.ts";

export interface NamingOptions {
  /** Requests a name. Returns the id of the request, or `undefined` if it could not be sent. */
  readonly send: (name: string) => string | undefined;
  readonly clock: ClientClock;
  /** The name that the user has or wants. */
  readonly wanted: string | undefined;
}

/** The interval between attempts, in ms, to take a name that the user's old connection may still have. */
const RETAKE_INTERVAL = 1_000;

/** The time limit of these attempts, in ms. The server detects a dead connection within 15 s. */
const RETAKE_AFTER_LOSS = 20_000;

/** The same for the first connection of a client: the name more likely belongs to another user. */
const RETAKE_AT_START = 2_500;

export class Naming {
  readonly #options: NamingOptions;
  #wanted: string | undefined;
  #claim: { readonly id: string; readonly name: string; readonly isByUser: boolean } | undefined;
  #cancelRetake: (() => void) | undefined;
  #retakeUntil = 0;

  constructor(options: NamingOptions) {
    this.#options = options;
    this.#wanted = options.wanted;
  }

  get wanted(): string | undefined {
    return this.#wanted;
  }

  /**
   * Requests the wanted name on a new connection. Returns whether there is one.
   *
   * @param isReconnect Whether the client was connected before.
   */
  connected(isReconnect: boolean): boolean {
    this.#retakeUntil = this.#options.clock.now() +
      (isReconnect ? RETAKE_AFTER_LOSS : RETAKE_AT_START);
    return this.#wanted !== undefined && this.#request(this.#wanted, false) !== undefined;
  }

  /** The user has a name already. */
  settled(name: string): void {
    this.#wanted = name;
  }

  /** Requests the name that the user chose, now or after the next connect. Returns the id if it was requested now. */
  choose(name: string): string | undefined {
    const id = this.#request(name, true);
    if (id === undefined) this.#wanted = name;
    return id;
  }

  /** Stays without a name. */
  giveUp(): void {
    this.#wanted = undefined;
    this.#cancelRetake?.();
  }

  connectionLost(): void {
    this.#claim = undefined;
    this.#cancelRetake?.();
  }

  /** Handles the server's reply to `/name`. Returns whether the user had chosen the name. */
  granted(name: string | null, ref: string | null): boolean {
    const claim = this.#claim?.id === ref ? this.#claim : undefined;
    if (claim !== undefined) this.#claim = undefined;
    this.#wanted = name ?? undefined;
    return claim?.isByUser === true;
  }

  /**
   * Handles an error of the server. Returns the name that it refused for good; `null` if the client tries again;
   * `undefined` if the error is not about a name.
   */
  refused({ ref, code }: Pick<ErrorEvent, "ref" | "code">): string | null | undefined {
    if (this.#claim === undefined || this.#claim.id !== ref) return undefined;
    const { name, isByUser } = this.#claim;
    this.#claim = undefined;
    if (isByUser || !this.#mayRetake(code)) return name;
    const retake = () => void this.#request(name, false);
    this.#cancelRetake = this.#options.clock.after(RETAKE_INTERVAL, retake);
    return null;
  }

  #mayRetake(code: ErrorCode): boolean {
    return code === "name_taken" && this.#options.clock.now() < this.#retakeUntil;
  }

  #request(name: string, isByUser: boolean): string | undefined {
    this.#cancelRetake?.();
    const id = this.#options.send(name);
    if (id !== undefined) this.#claim = { id, name, isByUser };
    return id;
  }
}
