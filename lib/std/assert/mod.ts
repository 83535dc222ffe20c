/** Stand-in for the part of `@std/assert` that is used here, on top of `node:assert/strict`. */
import * as strict from "node:assert/strict";

type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

/** Throws unless `value` is truthy. */
export function assert(value: unknown, message = ""): asserts value {
  strict.ok(value, message || "Expected a truthy value");
}

/** Throws unless the two are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  strict.deepStrictEqual(actual, expected, message);
}

/** Throws if the two are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  strict.notDeepStrictEqual(actual, expected, message);
}

/** Throws unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  strict.ok(
    actual.includes(expected),
    message ?? `Expected ${JSON.stringify(actual)} to contain ${JSON.stringify(expected)}`,
  );
}

/** Throws unless `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  strict.match(actual, expected, message);
}

/** Throws unless `fn` throws (an `ErrorClass` with `messageIncludes` in it); returns what it threw. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass?: ErrorClass<E>,
  messageIncludes?: string,
): E {
  try {
    fn();
  } catch (error) {
    return checked(error, ErrorClass, messageIncludes);
  }
  throw new strict.AssertionError({ message: "Expected function to throw" });
}

/** Throws unless `fn` rejects (with an `ErrorClass` with `messageIncludes` in it); resolves to the reason. */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass?: ErrorClass<E>,
  messageIncludes?: string,
): Promise<E> {
  try {
    await fn();
  } catch (error) {
    return checked(error, ErrorClass, messageIncludes);
  }
  throw new strict.AssertionError({ message: "Expected function to reject" });
}

function checked<E extends Error>(error: unknown, Class?: ErrorClass<E>, includes = ""): E {
  strict.ok(error instanceof Error, "Expected an Error object to be thrown");
  if (Class) {
    strict.ok(
      error instanceof Class,
      `Expected ${Class.name}, got ${error.constructor.name}: ${error.message}`,
    );
  }
  assertStringIncludes(error.message, includes);
  return error as E;
}
