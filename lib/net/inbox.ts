/**
 * What was read waits here until everybody who was connected when it arrived is in.
 *
 * A client gets every broadcast made after its `connect` returned, also while its connection still stands in the accept
 * queue. The kernel reports that queue in order with everything else, so this is what it takes: after bytes were read,
 * ask the kernel once more what is ready, and accept all that comes with it. Only then are the bytes handled.
 *
 * The loop asks the kernel when it parks, not at every turn (Tokio: every 61 turns), and `setImmediate` keeps it from
 * parking. What makes it ask is a byte sent to ourselves: when that has come back, so has every connection before it.
 * It costs 14 us a turn, however many clients were read in that turn.
 * @module
 */

/** Something whose input waits. */
export interface Waiting {
  /** Handles what was read. */
  handleInput(): void;
}

export interface InboxOptions {
  /** How many connections were accepted so far. */
  readonly accepted: () => number;
  /** The most connections that can stand in the accept queue: after so many, all who were there are in. */
  readonly backlog: number;
  /** Whether the loop should turn before more is handled. */
  readonly congested: () => boolean;
  /** Resolves when the kernel was asked what is ready. */
  readonly probe: () => Promise<void>;
}

export class Inbox {
  readonly #options: InboxOptions;
  /** Read, but somebody may have been connected before. */
  #waiting: Waiting[] = [];
  /** To be handled, in this order. */
  #ready: Waiting[] = [];
  #probing = false;
  #handling = false;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** Something was read just now. */
  add(item: Waiting): void {
    this.#waiting.push(item);
    if (this.#probing) return;
    this.#probing = true;
    setImmediate(this.#probe); // at the end of the turn, so that all who were read in it share one probe
  }

  /** Goes on with something that was stopped in the middle; nobody has to be waited for. */
  resume(item: Waiting): void {
    this.#ready.push(item);
    this.#handleSoon();
  }

  #probe = async (): Promise<void> => {
    const batch = this.#waiting;
    this.#waiting = [];
    const start = this.#options.accepted();
    let before;
    do {
      before = this.#options.accepted();
      await this.#options.probe();
    } while (this.#options.accepted() !== before && before - start < this.#options.backlog);
    this.#probing = this.#waiting.length > 0;
    if (this.#probing) setImmediate(this.#probe);
    for (const item of batch) this.#ready.push(item);
    this.#handle();
  };

  #handleSoon(): void {
    if (this.#handling) return;
    this.#handling = true;
    setImmediate(this.#handle);
  }

  #handle = (): void => {
    this.#handling = false;
    const ready = this.#ready;
    this.#ready = [];
    for (let i = 0; i < ready.length; i++) {
      if (this.#options.congested()) {
        // What resumed meanwhile goes behind those who have waited longer.
        this.#ready = ready.slice(i).concat(this.#ready);
        break;
      }
      ready[i]!.handleInput();
    }
    if (this.#ready.length > 0) this.#handleSoon();
  };
}
