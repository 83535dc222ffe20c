/**
 * Memory for reading: next to nothing for a connection that is quiet, much for one that sends much.
 *
 * A read that waits keeps its buffer, so the size of it is what an idle connection costs.
 * @module
 */

/** What a connection reads into at first, in bytes: a chat line. 10,000 idle connections hold 640 kB. */
export const FIRST_READ = 64;
/** First buffers are cut from slabs of so many: an ArrayBuffer for each would take more than the bytes themselves. */
const SLAB = 256;
/** How large a connection's own buffer may grow, in bytes. Each read that fills it makes the next one larger. */
export const MAX_OWN_READ = 4_096;
/** A shared buffer, in bytes: for connections that fill their own. From here on larger reads gain nothing. */
export const SHARED_READ = 65_536;
/**
 * The most shared buffers there are at once, so 4 MiB; with all of them out a connection reads into its own. Whoever fills
 * its own and then falls silent, or stops taking its answers, keeps one: 64 who do may slow down the reading of others who
 * send much, to 4 kB at a time, and no more than that.
 */
const MAX_SHARED = 64;
/** Shared buffers that are kept for the next one who needs one. */
const MAX_SPARE = 8;

type Bytes = Uint8Array<ArrayBuffer>;

/** The shared buffers of one server. */
export class BufferPool {
  readonly #spare: Bytes[] = [];
  #out = 0;
  #slab = new ArrayBuffer(0);
  #slabUsed = 0;

  /** A buffer of {@linkcode FIRST_READ} bytes, never given back. */
  first(): Bytes {
    if (this.#slabUsed === this.#slab.byteLength) {
      this.#slab = new ArrayBuffer(SLAB * FIRST_READ);
      this.#slabUsed = 0;
    }
    const buffer = new Uint8Array(this.#slab, this.#slabUsed, FIRST_READ);
    this.#slabUsed += FIRST_READ;
    return buffer;
  }

  borrow(): Bytes | undefined {
    if (this.#out === MAX_SHARED) return undefined;
    this.#out++;
    return this.#spare.pop() ?? new Uint8Array(SHARED_READ);
  }

  giveBack(buffer: Bytes): void {
    this.#out--;
    if (this.#spare.length < MAX_SPARE) this.#spare.push(buffer);
  }
}

/** The buffer of one connection, which grows with what comes. */
export class ReadBuffer {
  readonly #pool: BufferPool;
  readonly #first: Bytes;
  #own: Bytes;
  #shared: Bytes | undefined;

  constructor(pool: BufferPool) {
    this.#pool = pool;
    this.#own = this.#first = pool.first();
  }

  get bytes(): Bytes {
    return this.#shared ?? this.#own;
  }

  /** To be called when the last read is handled: makes the next one larger if that one took `length` bytes. */
  adapt(length: number): void {
    if (this.#shared !== undefined) {
      if (length < this.#shared.length) this.release();
    } else if (length === this.#own.length) {
      if (length < MAX_OWN_READ) this.#own = new Uint8Array(length * 4);
      else this.#shared = this.#pool.borrow();
    }
  }

  /** Begins small again: what was read so far says nothing of what will come. No read may be under way. */
  reset(): void {
    this.release();
    this.#own = this.#first;
  }

  /** Gives a shared buffer back. No read may be under way. */
  release(): void {
    if (this.#shared === undefined) return;
    this.#pool.giveBack(this.#shared);
    this.#shared = undefined;
  }
}
