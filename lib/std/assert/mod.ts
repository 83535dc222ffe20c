/** Stand-in for the part of `@std/assert` that is used here. */
import * as node from "node:assert";
import { stripVTControlCharacters } from "node:util";
import { equal } from "./equal.ts";

// deno-lint-ignore no-explicit-any -- as the real package declares it
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

/** Thrown by every assertion that does not hold. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** Throws unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Throws unless the two are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  const { message } = new node.AssertionError({ actual, expected, operator: "deepStrictEqual" });
  const difference = message.slice(message.indexOf("\n") + 1);
  throw new AssertionError(`Values are not equal${ending(msg)}\n${difference}`);
}

/** Throws if the two are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  const [one, other] = [actual, expected].map((value) => Deno.inspect(value));
  throw new AssertionError(`Expected actual: ${one} not to be: ${other}${ending(msg)}`);
}

/** Throws unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to contain: "${expected}"${ending(msg)}`,
  );
}

/** Throws unless `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) return;
  throw new AssertionError(`Expected actual: "${actual}" to match: "${expected}"${ending(msg)}`);
}

/** Throws unless `fn` throws anything; returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Throws unless `fn` throws an `ErrorClass` whose message contains `msgIncludes`; returns the error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const expected = expectation(classOrMsg, msgIncludes, msg);
  try {
    fn();
  } catch (error) {
    return checked(error, expected, "thrown");
  }
  throw new AssertionError(`Expected function to throw${ending(expected.msg)}`);
}

/** Rejects unless the promise of `fn` rejects; resolves to the reason. An `fn` that throws does not count. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Rejects unless the promise of `fn` rejects with an `ErrorClass` whose message contains `msgIncludes`. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const expected = expectation(classOrMsg, msgIncludes, msg);
  const promise = promiseOf(fn);
  if (promise === undefined) {
    throw new AssertionError(`Function throws when expected to reject${ending(expected.msg)}`);
  }
  try {
    await promise;
  } catch (error) {
    return checked(error, expected, "rejected");
  }
  throw new AssertionError(`Expected function to reject${ending(expected.msg)}`);
}

interface Expectation {
  readonly Class?: ErrorClass<Error> | undefined;
  readonly includes?: string | undefined;
  readonly msg?: string | undefined;
}

function expectation(
  classOrMsg?: ErrorClass<Error> | string,
  includes?: string,
  msg?: string,
): Expectation {
  return typeof classOrMsg === "string"
    ? { msg: classOrMsg }
    : { Class: classOrMsg, includes, msg };
}

/** `undefined` if `fn` throws, or returns something else. */
function promiseOf(fn: () => PromiseLike<unknown>): PromiseLike<unknown> | undefined {
  try {
    const promise = fn();
    return typeof promise?.then === "function" ? promise : undefined;
  } catch {
    return undefined;
  }
}

function checked(error: unknown, { Class, includes, msg }: Expectation, verb: string): unknown {
  if (Class === undefined) return error;
  const end = ending(msg);
  if (!(error instanceof Error)) throw new AssertionError(`A non-Error object was ${verb}${end}`);
  const { name } = error.constructor;
  if (!(error instanceof Class)) {
    throw new AssertionError(
      `Expected error to be instance of "${Class.name}", but was "${name}"${end}`,
    );
  }
  const [message, part] = [error.message, includes ?? ""].map(stripVTControlCharacters);
  if (message!.includes(part!)) return error;
  throw new AssertionError(
    `Expected error message to include ${JSON.stringify(includes)}, but got ${
      JSON.stringify(error.message)
    }${end}`,
  );
}

function ending(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}
