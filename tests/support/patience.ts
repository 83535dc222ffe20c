/**
 * How tests wait: for a condition or a promise, never for a fixed time.
 * @module
 */
import { deadline, delay } from "@std/async";

/** A test fails after this long, in ms, instead of hanging. It is much more than any machine needs, and proves nothing. */
const PATIENCE = 20_000;

/** Waits for `promise`. If it does not settle, the error names `what` the test waited for. */
export async function patiently<T>(promise: Promise<T>, what: string): Promise<T> {
  const settled = promise.then((value) => ({ value }), (error: unknown) => ({ error }));
  const result = await deadline(settled, PATIENCE).catch((cause) => {
    throw new Error(`Waited in vain for ${what}`, { cause });
  });
  if ("error" in result) throw result.error;
  return result.value;
}

/** Polls until `condition` holds. */
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

/** Lets the event loop turn, so that sockets and timers make progress. */
export function turn(): Promise<void> {
  return delay(1);
}

/** Runs an action for each item, one after the other. */
export async function eachInTurn<T>(
  items: Iterable<T>,
  action: (item: T, index: number) => Promise<unknown>,
): Promise<void> {
  let index = 0;
  for (const item of items) {
    await action(item, index++);
  }
}

/** Runs an action for each of 0 to `count - 1`, one after the other. */
export function times(count: number, action: (index: number) => Promise<unknown>): Promise<void> {
  return eachInTurn(Array(count).keys(), action);
}
