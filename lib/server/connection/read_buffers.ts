/**
 * Memory for reads: little for a quiet connection, more for one that sends much.
 *
 * A pending read holds its buffer, so the buffer's size is the cost of an idle connection.
 * @module
 */

/** Size of a connection's first buffer, in bytes: a chat line. 10,000 idle connections hold 640 kB. */
export const FIRST_READ = 64;
/** Number of first buffers cut from one slab: an ArrayBuffer for each would take more memory than the bytes. */
const SLAB = 256;
/** Maximum size of a connection's own buffer, in bytes. Each read that fills it makes the next one larger. */
export const MAX_OWN_READ = 4_096;
/** Size of a shared buffer, in bytes, for connections that fill their own. Larger reads gain nothing. */
export const SHARED_READ = 65_536;
/**
 * The most shared buffers at once, 4 MiB in all; when all are lent, connections read into their own. A client that fills
 * its own buffer and then falls silent, or stops reading its replies, keeps a shared one: 64 such clients limit others that
 * send much to reads of 4 kB, and do no more harm than that.
 */
const MAX_SHARED = 64;
/** Number of unused shared buffers that are kept. */
const MAX_SPARE = 8;

type Bytes = Uint8Array<ArrayBuffer>;

/** The shared buffers of one server. */
export class BufferPool {
  readonly #spare: Bytes[] = [];
  #out = 0;
  #slab = new ArrayBuffer(0);
  #slabUsed = 0;

  /** A buffer of {@linkcode FIRST_READ} bytes, which is not given back. */
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

/** Something that can be read from. */
export interface ByteSource {
  read(buffer: Bytes): Promise<number | null>;
}

/**
 * The memory that one connection reads into. It grows with the reads that fill it.
 *
 * The kernel may write into it while a read is pending. The memory belongs to that read: only `read()` passes it on, and
 * other calls made meanwhile take effect when the read completes.
 */
export class ReadBuffer {
  readonly #pool: BufferPool;
  readonly #first: Bytes;
  #own: Bytes;
  #shared: Bytes | undefined;
  #isReading = false;
  /** These two are set while a read is pending, and take effect when it completes. */
  #isAbandoned = false;
  #startsOver = false;

  constructor(pool: BufferPool) {
    this.#pool = pool;
    this.#own = this.#first = pool.first();
  }

  /** The most bytes that the next read can return. */
  get size(): number {
    return this.#memory.length;
  }

  /**
   * Reads from `source`. The memory belongs to this read until the promise is settled.
   *
   * @throws {Error} If a read is pending, or the buffer has been released.
   */
  read(source: ByteSource): Promise<number | null> {
    if (this.#isReading) throw new Error("Cannot read: another read is pending");
    if (this.#isAbandoned) throw new Error("Cannot read: the buffer is released");
    this.#isReading = true;
    return source.read(this.#memory).then(this.#onCompleted, this.#onFailed);
  }

  /**
   * The first `length` bytes of the last read, valid until `adapt`, `shrink` or the next `read`.
   *
   * @throws {Error} If a read is pending, since it owns the memory.
   */
  filled(length: number): Bytes {
    if (this.#isReading) throw new Error("Cannot look at a buffer: a read is pending");
    return this.#memory.subarray(0, length);
  }

  /** Called when the last read, of `length` bytes, is handled: makes the next one larger if that one filled the buffer. */
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

  /** Called when the last read is handled and the next one may take long: gives a shared buffer back. */
  shrink(): void {
    if (!this.#isReading) this.#giveBack();
  }

  /** Starts small again, after a pending read if there is one: the input so far does not predict the input to come. */
  startOver(): void {
    this.#startsOver = this.#isReading;
    if (this.#isReading) return;
    this.#giveBack();
    this.#own = this.#first;
  }

  /** Gives a shared buffer back and ends the use of this object, at once or when the pending read completes. */
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

/** A copy of `second` behind `first`, if there is any. */
export function concat(first: Bytes | undefined, second: Bytes): Bytes {
  if (first === undefined) return second.slice();
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
