/**
 * Writes lines to an output that may be slow, blocked or broken, such as the log's. The caller never waits; lines beyond a
 * limit are dropped.
 * @module
 */

/** The limit of the lines that wait while others are written, in characters: several thousand lines. */
const MAX_WAITING = 1_048_576;

const encoder = new TextEncoder();

export class LineWriter {
  readonly #out: Pick<typeof Deno.stdout, "write">;
  #lines: string[] = [];
  /** The length of these lines, in characters. */
  #waiting = 0;
  /** Settles when these lines are written; `undefined` while there are none. */
  #next: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(out: Pick<typeof Deno.stdout, "write">) {
    this.#out = out;
  }

  /**
   * Queues a line. All lines of one turn of the event loop are written together. The promise rejects if the line is lost
   * because the write failed or too many lines are waiting.
   */
  print(line: string): Promise<void> {
    if (this.#waiting + line.length > MAX_WAITING) {
      return Promise.reject(new RangeError("Cannot print a line: too many wait"));
    }
    this.#waiting += line.length;
    this.#lines.push(line);
    return this.#next ??= this.#last = this.#last.catch(() => {}).then(() => this.#write());
  }

  async #write(): Promise<void> {
    const bytes = encoder.encode(this.#lines.map((line) => `${line}\n`).join(""));
    this.#lines = [];
    this.#waiting = 0;
    this.#next = undefined;
    for (let at = 0; at < bytes.length;) {
      at += await this.#out.write(bytes.subarray(at));
    }
  }
}
