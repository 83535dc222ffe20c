/**
 * Getting a name, and getting it again: the server gives it to one connection at a time, and may not have noticed yet that
 * the last one is dead.
 *
 * Must never know how a name is asked for on the wire.
 * @module
 */

/** How often a name that is taken is asked for again, in ms, in case it is this client's own old connection that has it. */
export const RETAKE_EVERY = 1_000;

/** For how long, in ms: the server needs 15 s to see that a connection is dead. */
export const RETAKE_FOR = 20_000;

export class Naming {
  readonly #ask: (name: string) => void;
  readonly #keep: (name: string) => void;
  #wanted: string | null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #until = 0;

  /**
   * @param ask Asks the server.
   * @param keep Remembers what {@linkcode wanted} was, for the next visit.
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

  /** The name that the client has or would like to have. */
  get wanted(): string | null {
    return this.#wanted;
  }

  /** There is a connection. Says whether a name was asked for. */
  begin(): boolean {
    this.#until = Date.now() + RETAKE_FOR;
    if (this.#wanted === null) return false;
    this.#ask(this.#wanted);
    return true;
  }

  /** There is no connection yet, or no more. A name that is given meanwhile is asked for later. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Somebody has chosen a name before there is a connection. */
  choose(name: string): void {
    this.#wanted = name;
  }

  /** The server has given a name. */
  got(name: string | null): void {
    this.stop();
    this.#wanted = name;
    if (name !== null) this.#keep(name);
  }

  /** The name that was asked for by itself is refused. Says whether it is asked for again. */
  refused(code: string): boolean {
    if (code !== "name_taken" || Date.now() >= this.#until) return false;
    this.#timer = setTimeout(() => {
      if (this.#wanted !== null) this.#ask(this.#wanted);
    }, RETAKE_EVERY);
    return true;
  }
}
