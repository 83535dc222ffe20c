/**
 * How the program that embeds the server authenticates clients, and decides what they may do in rooms.
 * @module
 */
import { type ChatUser, FAILED, toCaller } from "../../chat/hooks.ts";
import type { Authorize } from "../../chat/hub.ts";
import { MAX_ID } from "../../identity/claims.ts";
import type {
  Act,
  AuthAttempt,
  AuthOutcome,
  AuthRefusal,
  AuthRefusalCause,
  Identity,
  RoomRights,
} from "../../identity/identity.ts";
import { readRoomRights } from "../../identity/room_rights.ts";
import { displayName } from "../../wire/shapes.ts";
import { checkFunction, DecisionError, describeValue, type Guard } from "./guard.ts";

/**
 * Options of `serve()` that say who clients are and what they may do. Both functions may return a promise. If one throws, or
 * does not settle within 5 seconds, the answer is no, and the log has an entry.
 */
export interface ServeIdentity {
  /**
   * Authenticates a client, besides passwords, signed tokens and proxies, which come first where they are configured. Called
   * when a client connects, with the fields of its request if it has one, and again with the credential when it logs in.
   *
   * Return the user, `"guest"` for a client that may use the chat as a guest, or a refusal. A client that is refused without a
   * credential is asked to log in; until it has, it neither sends nor receives anything.
   */
  readonly authenticate?: (attempt: AuthAttempt) => AuthOutcome | Promise<AuthOutcome>;
  /**
   * Decides whether a user may join, read or write a room: for each join and each message, and for each look at the history.
   * The rights in the user's identity are checked before, and clients inside the process are asked about like all others.
   */
  readonly authorize?: (user: ChatUser, room: string, act: Act) => boolean | Promise<boolean>;
}

const CAUSES: readonly AuthRefusalCause[] = [
  "none",
  "wrong",
  "expired",
  "denied",
  "limited",
  "failed",
];

/** What clients are told if the program has failed; the log has more. */
const CANNOT_CHECK: AuthRefusal = {
  refused: "The login could not be checked, try again later",
  cause: "failed",
};

/**
 * Returns the way of the program to authenticate clients; `undefined` if it has none.
 *
 * @throws {TypeError} If it is not a function.
 */
export function createAuthentication(
  { authenticate }: ServeIdentity,
  guard: Guard,
): ((attempt: AuthAttempt) => AuthOutcome | Promise<AuthOutcome>) | undefined {
  if (authenticate === undefined) return undefined;
  checkFunction("authenticate", authenticate);
  return (attempt) => {
    const { address, credential } = attempt;
    const settle = (outcome: AuthOutcome | typeof FAILED): AuthOutcome => {
      if (outcome === FAILED) return CANNOT_CHECK;
      const needsCredential = credential === undefined && typeof outcome === "object" &&
        "refused" in outcome && outcome.cause === undefined;
      return needsCredential ? { ...outcome, cause: "none" } : outcome;
    };
    const run = () => authenticate(attempt);
    const outcome = guard.call("authenticate", { address }, run, readOutcome);
    return outcome instanceof Promise ? outcome.then(settle) : settle(outcome);
  };
}

/**
 * Returns what decides about rooms; `undefined` if the program leaves that to the rights of users.
 *
 * @throws {TypeError} If it is not a function.
 */
export function createAuthorization(
  { authorize }: ServeIdentity,
  guard: Guard,
): Authorize | undefined {
  if (authorize === undefined) return undefined;
  checkFunction("authorize", authorize);
  return (member, room, act) => {
    const user = toCaller(member);
    const subject = { user: displayName(user), room };
    const run = () => authorize(user, room, act);
    const decision = guard.call("authorize", subject, run, readDecision);
    return decision instanceof Promise ? decision.then(isAllowed) : isAllowed(decision);
  };
}

function isAllowed(decision: boolean | typeof FAILED): boolean {
  return decision === true;
}

function readDecision(result: unknown): boolean {
  if (typeof result === "boolean") return result;
  throw new DecisionError(`returned ${describeValue(result)}, not true or false`);
}

function readOutcome(result: unknown): AuthOutcome {
  if (result === "guest") return result;
  if (typeof result !== "object" || result === null) {
    const expected = "an identity, 'guest' or { refused }";
    throw new DecisionError(`returned ${describeValue(result)}, not ${expected}`);
  }
  return "refused" in result
    ? readRefusal(result as Partial<AuthRefusal>)
    : readIdentity(result as Partial<Identity>);
}

function readRefusal(given: Partial<AuthRefusal>): AuthRefusal {
  const { refused, cause, retryAfter } = given;
  if (typeof refused !== "string" || refused === "") throw wrong("refused", "a text");
  if (cause !== undefined && !CAUSES.includes(cause)) {
    throw wrong("cause", `one of ${CAUSES.join(", ")}`);
  }
  if (retryAfter !== undefined && typeof retryAfter !== "number") {
    throw wrong("retryAfter", "a number");
  }
  return {
    refused,
    ...cause !== undefined && { cause },
    ...retryAfter !== undefined && { retryAfter },
  };
}

/** A wrong member must not give rights by mistake, so none is ignored. */
function readIdentity(given: Partial<Identity>): Identity {
  const { id, name, operator, rooms, expires } = given;
  if (typeof id !== "string" || id === "" || id.length > MAX_ID) {
    throw wrong("id", `a text of 1 to ${MAX_ID} characters`);
  }
  if (name !== undefined && typeof name !== "string") throw wrong("name", "a text");
  if (operator !== undefined && typeof operator !== "boolean") {
    throw wrong("operator", "true or false");
  }
  if (expires !== undefined && !(typeof expires === "number" && expires >= 0)) {
    throw wrong("expires", "a time in ms");
  }
  return {
    id,
    ...name !== undefined && { name },
    ...operator !== undefined && { operator },
    ...rooms !== undefined && { rooms: readRooms(rooms) },
    ...expires !== undefined && { expires },
  };
}

function readRooms(rooms: unknown): RoomRights {
  try {
    return readRoomRights(rooms);
  } catch (error) {
    throw error instanceof TypeError
      ? new DecisionError(`returned rooms that ${error.message}`)
      : error;
  }
}

function wrong(member: string, expected: string): DecisionError {
  return new DecisionError(`returned an object whose '${member}' is not ${expected}`);
}
