/** Stand-in for the part of `@std/async` that is used here, on top of the runtime's own. */
import { setTimeout as wait } from "node:timers/promises";

/** Options of {@linkcode delay}. */
export interface DelayOptions {
  /** Ends the wait; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Whether the process stays up for it. @default {true} */
  persistent?: boolean;
}

/** Resolves after `ms` milliseconds. */
export async function delay(
  ms: number,
  { signal, persistent = true }: DelayOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  try {
    await wait(ms, undefined, signal ? { signal, ref: persistent } : { ref: persistent });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** Settles as `promise` does, or rejects with a `TimeoutError` after `ms` milliseconds. */
export async function deadline<T>(promise: Promise<T>, ms: number): Promise<T> {
  const signal = AbortSignal.timeout(ms);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, late]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
