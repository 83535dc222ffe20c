/**
 * Fuzz targets: an input from a seed, and a property that must hold for it. A finding shows the smallest input that breaks
 * the property.
 *
 * To add a target, write a file that exports a {@linkcode Target} and add it to `targets.ts`. `fuzz_test.ts` and
 * `deno task fuzz` run it.
 * @module
 */
import { Random } from "../random.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

export interface Target {
  readonly name: string;
  /** The number of seeds that `deno task test` tries, within a second at most. */
  readonly short: number;
  /** Makes an input, usually a nearly valid one: noise would be rejected at its first byte. */
  generate(random: Random): Bytes;
  /** Throws if the property does not hold. `random` makes the same choices for the same seed. */
  check(input: Bytes, random: Random): void | Promise<void>;
}

/** A property does not hold. */
export class Finding extends Error {
  override readonly name = "Finding";

  constructor(
    readonly target: string,
    readonly seed: number,
    readonly input: Bytes,
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.stack ?? cause.message : String(cause);
    super(
      `${target} with seed ${seed}: ${reason}\n\n` +
        `The smallest input found, ${input.length} bytes: ${shown(input)}\n` +
        `Again: deno task fuzz --target ${target} --seed ${seed}`,
      { cause },
    );
  }
}

/** Tries one seed. @throws {Finding} With the smallest input that breaks the property. */
export async function tryTarget(target: Target, seed: number): Promise<void> {
  const input = target.generate(new Random(seed));
  if (await failure(target, seed, input) === undefined) return;
  const smallest = await shrink(
    input,
    async (input) => await failure(target, seed, input) !== undefined,
  );
  throw new Finding(target.name, seed, smallest, await failure(target, seed, smallest));
}

async function failure(target: Target, seed: number, input: Bytes): Promise<unknown> {
  try {
    await target.check(input.slice(), new Random(~seed));
    return undefined;
  } catch (error) {
    return error ?? new Error("It threw nothing");
  }
}

/** Removes parts of the input, halves first, then smaller ones, as long as it still fails. */
export async function shrink(
  input: Bytes,
  fails: (input: Bytes) => boolean | Promise<boolean>,
): Promise<Bytes> {
  let smallest = input;
  for (let size = input.length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < smallest.length;) {
      const less = without(smallest, at, at + size);
      if (await fails(less)) smallest = less;
      else at += size;
    }
  }
  return smallest;
}

function without(input: Bytes, from: number, to: number): Bytes {
  return Uint8Array.from([...input.subarray(0, from), ...input.subarray(to)]);
}

function shown(input: Bytes): string {
  const text = Array.from(
    input.subarray(0, 400),
    (byte) =>
      byte >= 0x20 && byte < 0x7f && byte !== 0x5c
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, "0")}`,
  ).join("");
  return `"${text}"${input.length > 400 ? "..." : ""}`;
}
