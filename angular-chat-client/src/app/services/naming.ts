/**
 * Chooses the user's name and takes it again after a reconnect. The server gives a name to one connection at a time, and
 * may not have noticed yet that the last connection is dead.
 * @module
 */

/** The interval between attempts, in ms, to take a name that this client's old connection may still have. */
export const RETAKE_INTERVAL = 1_000;

/** The time limit of these attempts, in ms. The server detects a dead connection within 15 s. */
export const RETAKE_TIMEOUT = 20_000;

export class Naming {
  readonly #ask: (name: string) => void;
  readonly #keep: (name: string) => void;
  #wanted: string | null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #until = 0;

  /**
   * @param ask Requests a name from the server.
   * @param keep Stores {@linkcode wanted} for the next visit.
   */
  constructor(
    wanted: string | null,
    ask: (name: string) => void,
    keep: (name: string) => void,
  ) {
    this.#wanted = wanted;
    this.#ask = ask;
    this.#keep = keep;
  }

  /** The name that the user has or wants. */
  get wanted(): string | null {
    return this.#wanted;
  }

  /** Requests the wanted name on a new connection. Returns whether there is one. */
  connected(): boolean {
    this.#until = Date.now() + RETAKE_TIMEOUT;
    if (this.#wanted === null) return false;
    this.#ask(this.#wanted);
    return true;
  }

  /** Stops the attempts to take a name again. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Sets the name to request on the next connection. */
  choose(name: string): void {
    this.#wanted = name;
  }

  /** Handles the server's reply to `/name`. */
  granted(name: string | null): void {
    this.stop();
    this.#wanted = name;
    if (name !== null) this.#keep(name);
  }

  /** Handles the refusal of a name that the client requested by itself. Returns whether it tries again. */
  refused(code: string): boolean {
    if (code !== "name_taken" || Date.now() >= this.#until) return false;
    this.#timer = setTimeout(() => {
      if (this.#wanted !== null) this.#ask(this.#wanted);
    }, RETAKE_INTERVAL);
    return true;
  }
}
