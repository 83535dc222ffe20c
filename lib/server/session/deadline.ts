/**
 * Deadlines for decisions that are made outside of the server.
 * @module
 */
import type { Authenticator, AuthRefusal } from "../../identity/identity.ts";
import type { Clock } from "../connection/clock.ts";

/**
 * How long the check of a password or a token may take, in ms. It is longer than a slow request to another service, and
 * shorter than a client has for its login.
 */
export const AUTH_TIMEOUT = 10_000;

const TOO_LATE: AuthRefusal = { refused: "The login took too long, try again", cause: "failed" };

/** Resolves as `promise` does, or to `late` if it has not settled after `ms`. */
export function withDeadline<T>(
  promise: Promise<T>,
  clock: Clock,
  ms: number,
  late: T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => resolve(late));
    promise.then(resolve, reject).finally(cancel);
  });
}

/** The same authenticator with a deadline. */
export function authenticateInTime(authenticator: Authenticator, clock: Clock): Authenticator {
  const { required, userHeader } = authenticator;
  return {
    required,
    userHeader,
    authenticate(attempt) {
      const outcome = authenticator.authenticate(attempt);
      if (!(outcome instanceof Promise)) return outcome;
      return withDeadline(outcome, clock, AUTH_TIMEOUT, TOO_LATE);
    },
  };
}
