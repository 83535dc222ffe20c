/**
 * How tests wait: for what has to come, never for a time.
 * @module
 */

/** After so long, in ms, a test fails rather than hang. Much more than any machine needs, since it proves nothing. */
const PATIENCE = 20_000;

/** Waits for `promise`, which has to settle; `what` it stands for is told if it does not. */
export async function patiently<T>(promise: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`Waited in vain for ${what}`)), PATIENCE);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again and again until `condition` holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`Waited in vain until ${what}`);
    await turn();
  }
}

/** Lets the event loop turn, so that sockets and timers get their share. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** Does something for each item, one after the other. */
export async function eachInTurn<T>(
  items: Iterable<T>,
  action: (item: T, index: number) => Promise<unknown>,
): Promise<void> {
  let index = 0;
  for (const item of items) {
    await action(item, index++);
  }
}

/** Does something for each of 0 to `count - 1`, one after the other. */
export function times(count: number, action: (index: number) => Promise<unknown>): Promise<void> {
  return eachInTurn(Array(count).keys(), action);
}
