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

/** Something that bytes can be read from. */
export interface ByteSource {
  read(buffer: Bytes): Promise<number | null>;
}

/**
 * The memory that one connection reads into, which grows with what comes.
 *
 * The kernel writes into it for as long as a read is pending. The memory therefore belongs to that read: only `read()`
 * hands it out, and whatever is asked of the buffer meanwhile takes effect when the read completes.
 */
export class ReadBuffer {
  readonly #pool: BufferPool;
  readonly #first: Bytes;
  #own: Bytes;
  #shared: Bytes | undefined;
  #isReading = false;
  /** Set while a read is pending, to take effect when it completes. */
  #isAbandoned = false;
  #startsOver = false;

  constructor(pool: BufferPool) {
    this.#pool = pool;
    this.#own = this.#first = pool.first();
  }

  /** How many bytes the next read takes at most. */
  get size(): number {
    return this.#memory.length;
  }

  /**
   * Reads from `source`. The memory stays with this read until the promise is settled.
   *
   * @throws {Error} If a read is pending, or the buffer was released for good.
   */
  read(source: ByteSource): Promise<number | null> {
    if (this.#isReading) throw new Error("Cannot read: another read is pending");
    if (this.#isAbandoned) throw new Error("Cannot read: the buffer is released");
    this.#isReading = true;
    return source.read(this.#memory).then(this.#onCompleted, this.#onFailed);
  }

  /**
   * The first `length` bytes that the last read brought, valid until `adapt`, `shrink` or the next `read`.
   *
   * @throws {Error} If a read is pending: its memory is nobody else's.
   */
  filled(length: number): Bytes {
    if (this.#isReading) throw new Error("Cannot look at a buffer: a read is pending");
    return this.#memory.subarray(0, length);
  }

  /** To be called when the last read is handled: makes the next one larger if that one took `length` bytes. */
  adapt(length: number): void {
    if (this.#isReading) return;
    if (this.#startsOver) return this.startOver();
    if (this.#shared !== undefined) {
      if (length < this.#shared.length) this.#giveBack();
    } else if (length === this.#own.length) {
      if (length < MAX_OWN_READ) this.#own = new Uint8Array(length * 4);
      else this.#shared = this.#pool.borrow();
    }
  }

  /** To be called when the last read is handled: gives a shared buffer back, since it may be long until the next one. */
  shrink(): void {
    if (!this.#isReading) this.#giveBack();
  }

  /** Begins small again, with the next read that is handled: what came so far says nothing of what will come. */
  startOver(): void {
    this.#startsOver = this.#isReading;
    if (this.#isReading) return;
    this.#giveBack();
    this.#own = this.#first;
  }

  /** Gives back what is shared, for good: at once, or when the pending read completes. */
  release(): void {
    this.#isAbandoned = true;
    if (!this.#isReading) this.#giveBack();
  }

  get #memory(): Bytes {
    return this.#shared ?? this.#own;
  }

  #onCompleted = (length: number | null): number | null => {
    this.#complete();
    return length;
  };

  #onFailed = (error: unknown): never => {
    this.#complete();
    throw error;
  };

  #complete(): void {
    this.#isReading = false;
    if (this.#isAbandoned) this.#giveBack();
  }

  #giveBack(): void {
    if (this.#shared === undefined) return;
    this.#pool.giveBack(this.#shared);
    this.#shared = undefined;
  }
}
