/**
 * Lines to something that may be slow, stand still or fail, as what a log goes to may. Nobody waits for it: what is too
 * much is lost.
 * @module
 */

/** The most that may wait while something is being written, in characters: some thousand lines. */
const MAX_WAITING = 1_048_576;

const encoder = new TextEncoder();

export class LineWriter {
  readonly #out: Pick<typeof Deno.stdout, "write">;
  #lines: string[] = [];
  /** How many characters these have. */
  #waiting = 0;
  /** When these are written; `undefined` while there are none. */
  #next: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(out: Pick<typeof Deno.stdout, "write">) {
    this.#out = out;
  }

  /**
   * Writes a line behind those before it, together with all of the same turn of the loop. Rejects if it is lost: because
   * it cannot be written, or too many wait already.
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
