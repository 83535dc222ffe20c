/**
 * Random numbers for tests: small, fast, and the same for the same seed on every machine.
 * @module
 */

/** Mulberry32, whose whole state is 32 bits. */
export class Random {
  #state: number;

  constructor(readonly seed: number) {
    this.#state = seed | 0;
  }

  /** A whole number from 0 up to but not including `limit`. */
  below(limit: number): number {
    let mixed = this.#state = (this.#state + 0x6d2b79f5) | 0;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * limit);
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True with a probability of one in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  /** Splits `bytes` into chunks of 1 to `longest` bytes. */
  cut(bytes: Uint8Array, longest: number): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = this.between(1, longest);
      pieces.push(bytes.subarray(at, at + length));
      at += length;
    }
    return pieces;
  }
}

/** Runs a test with the seeds 1 to `count`, one after the other. The error of a failure names the seed. */
export async function eachSeed(
  count: number,
  run: (random: Random) => void | Promise<void>,
): Promise<void> {
  await Array.fromAsync({ length: count }, async (_, index) => {
    const seed = index + 1;
    try {
      await run(new Random(seed));
    } catch (cause) {
      throw new Error(`With seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, {
        cause,
      });
    }
  });
}
