/** Stand-in for the part of `@std/async` that is used here. */

/** Options of {@linkcode delay}. */
export interface DelayOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Whether the process stays alive for it. @default {true} */
  persistent?: boolean;
}

/** Options of {@linkcode deadline}. */
export interface DeadlineOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** The longest wait of one timer, in ms: a longer one would fire at once. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** Resolves after `ms` milliseconds, however many they are. */
export function delay(ms: number, options: DelayOptions = {}): Promise<void> {
  const { signal, persistent = true } = options;
  if (signal?.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const end = Date.now() + ms;
  let timer: ReturnType<typeof setTimeout>;
  const wait = (left: number) => {
    timer = setTimeout(left > MAX_TIMEOUT ? goOn : done, Math.min(left, MAX_TIMEOUT));
    if (!persistent) Deno.unrefTimer(timer);
  };
  const goOn = () => wait(end - Date.now());
  const done = () => {
    signal?.removeEventListener("abort", abort);
    resolve();
  };
  const abort = () => {
    clearTimeout(timer);
    reject(signal?.reason);
  };
  signal?.addEventListener("abort", abort, { once: true });
  wait(Math.trunc(Math.max(0, ms)) || 0);
  return promise;
}

/** Settles as `p` does, or rejects with a `TimeoutError` after `ms` milliseconds; forever is `Infinity`. */
export async function deadline<T>(
  p: Promise<T>,
  ms: number,
  options: DeadlineOptions = {},
): Promise<T> {
  const signals = options.signal === undefined ? [] : [options.signal];
  if (ms < Number.MAX_SAFE_INTEGER) signals.push(AbortSignal.timeout(ms));
  const signal = AbortSignal.any(signals);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([late, p]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
