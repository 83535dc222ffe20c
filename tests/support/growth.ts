/**
 * Whether the time that code takes is proportional to its input. The time is that of the processor, which other programs
 * on a busy machine do not add to.
 * @module
 */
import process from "node:process";
import { AssertionError } from "@std/assert";

/** The long input is this many times as long as the short one. */
const FACTOR = 10;

/** The most that the time may grow by: linear code takes 10 times as long, quadratic code 100 times. */
const MAX_GROWTH = 40;

/** Times shorter than this, in ms, measure the clock rather than the code. */
const MEASURABLE = 0.05;

/** Garbage collection can spoil a measurement, but not all of so many. */
const ATTEMPTS = 20;

/** No new attempt begins after this, in ms: code that is so slow needs no more of them. */
const ATTEMPTS_END = 10_000;

/** Measurements of the short input in each attempt. They are cheap, and one alone would let slow code pass. */
const SHORT_ROUNDS = 3;

export interface Growth<T> {
  /** The code under test. Its input may be used again. */
  readonly run: (input: T) => unknown;
  /** Makes an input of a length. This is not measured. */
  readonly make: (length: number) => T;
  /** The length of the longer input, of which quadratic code needs some milliseconds at least. */
  readonly length: number;
}

/**
 * Asserts that `run` takes time in proportion to its input. The best times of all attempts count, and the first attempt
 * within the bound is enough: only code that is never fast enough fails.
 *
 * @param label Names the input in the error.
 */
export function assertProportional<T>({ run, make, length }: Growth<T>, label: string): void {
  const [short, long] = [make(Math.ceil(length / FACTOR)), make(length)];
  run(short); // the first run compiles
  let shortTime = Infinity, longTime = Infinity;
  const end = performance.now() + ATTEMPTS_END;
  for (let attempt = 0; attempt < ATTEMPTS && performance.now() < end; attempt++) {
    for (let round = 0; round < SHORT_ROUNDS; round++) {
      shortTime = Math.min(shortTime, timeOf(run, short));
    }
    longTime = Math.min(longTime, timeOf(run, long));
    if (longTime <= MAX_GROWTH * Math.max(shortTime, MEASURABLE)) return;
  }
  throw new AssertionError(
    `${label}: ${FACTOR} times the input took ${Math.round(longTime / shortTime)} times as long ` +
      `(${longTime.toFixed(2)} ms, ${shortTime.toFixed(2)} ms)`,
  );
}

function timeOf<T>(run: (input: T) => unknown, input: T): number {
  const start = processorTime();
  run(input);
  return processorTime() - start;
}

/** The processor time of this process so far, in ms. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
