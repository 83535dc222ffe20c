/**
 * Calls functions of the program that embeds the server: what they throw is logged and never reaches the server, and a
 * promise that does not settle is given up.
 * @module
 */
import { FAILED } from "../../chat/hooks.ts";
import type { Clock } from "../connection/clock.ts";
import { messageOf, stackOf } from "../connection/errors.ts";
import { logEntry, type Logger } from "../observability/log.ts";

/**
 * How long a function may take to decide, in ms. A client waits meanwhile and nobody else does; a person notices a tenth of
 * it, and after this long believes that the message is lost.
 */
export const DECISION_TIMEOUT = 5_000;

type Failed = typeof FAILED;

/** Whom a call is about, for the log. */
export interface CallSubject {
  /** `host:port` of the client. */
  readonly address?: string;
  readonly user?: string;
  readonly room?: string;
}

export interface GuardOptions {
  readonly clock: Pick<Clock, "after">;
  readonly log: Logger;
}

export class Guard {
  readonly #options: GuardOptions;
  /** Gives up a call each. */
  readonly #underWay = new Set<() => void>();
  #isClosed = false;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /**
   * Calls a function, and passes its result on if `read` accepts it. A promise is awaited for at most `timeout` ms,
   * which may be `Infinity`.
   *
   * @param name The name of the option, for the log.
   * @param read Checks and converts a result. Throws a {@linkcode DecisionError} if it cannot be used.
   */
  call<Result>(
    name: string,
    subject: CallSubject,
    run: () => unknown,
    read: (result: unknown) => Result,
    timeout: number = DECISION_TIMEOUT,
  ): Result | Failed | Promise<Result | Failed> {
    try {
      const result = run();
      if (!isThenable(result)) return read(result);
      return this.#await(result, timeout).then(read).catch((error) => {
        this.failed(name, subject, error);
        return FAILED;
      });
    } catch (error) {
      this.failed(name, subject, error);
      return FAILED;
    }
  }

  /** Calls a function whose result does not matter, once what is under way is done. Calls keep their order. */
  notify(name: string, subject: CallSubject, run: () => unknown): void {
    queueMicrotask(() => {
      try {
        const result = run();
        if (!isThenable(result)) return;
        Promise.resolve(result).catch((error) => this.failed(name, subject, error));
      } catch (error) {
        this.failed(name, subject, error);
      }
    });
  }

  /** Logs that a function has failed. */
  failed(name: string, subject: CallSubject, error: unknown): void {
    if (this.#isClosed) return;
    const entry = { ...subject, function: name, ...describeError(error) };
    this.#options.log(logEntry("application_failed", entry));
  }

  /** Gives up everything that is under way: the server has shut down. */
  close(): void {
    this.#isClosed = true;
    for (const giveUp of this.#underWay) giveUp();
  }

  async #await(result: PromiseLike<unknown>, timeout: number): Promise<unknown> {
    const { promise, reject } = Promise.withResolvers<never>();
    const late = () => reject(new DeadlineError(timeout));
    const cancel = timeout === Infinity ? () => {} : this.#options.clock.after(timeout, late);
    this.#underWay.add(late);
    try {
      return await Promise.race([result, promise]);
    } finally {
      cancel();
      this.#underWay.delete(late);
    }
  }
}

/** Describes what was thrown, which may be anything, even an object that cannot be converted to a string. */
function describeError(error: unknown): { readonly error: string; readonly detail: string } {
  try {
    const message = messageOf(error);
    return { error: message, detail: error instanceof DecisionError ? message : stackOf(error) };
  } catch {
    return { error: "unknown error", detail: "unknown error" };
  }
}

/** A result that cannot be used, or none in time: where in the server that was noticed does not matter. */
export class DecisionError extends Error {
  override readonly name = "DecisionError";
}

class DeadlineError extends DecisionError {
  constructor(timeout: number) {
    super(`no result within ${timeout / 1000} s`);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function";
}

/** @throws {TypeError} If the value of an option is not a function. */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new TypeError(`Cannot set ${name} to ${describeValue(value)}: not a function`);
}

/** A member of an object that is a string; `undefined` if there is none. */
export function stringIn(value: unknown, key: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const member = (value as Record<string, unknown>)[key];
  return typeof member === "string" ? member : undefined;
}

/** The type of a value, for an error: the value may hold a message of a user, which the log must not have. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
