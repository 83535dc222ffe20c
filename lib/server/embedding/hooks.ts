/**
 * The hooks that the program that embeds the server gives to it, and how they become those of the chat.
 * @module
 */
import {
  type ChatUser,
  type HookChange,
  type HookRefusal,
  type Hooks,
  type UserMessage,
} from "../../chat/hooks.ts";
import { displayName } from "../../wire/shapes.ts";
import { checkFunction, DecisionError, describeValue, type Guard, stringIn } from "./guard.ts";

/**
 * Hooks of `serve()`. They apply to clients of every kind: line clients, WebSocket clients, the HTTP API and clients in the
 * process. They do not apply to what the program itself says with the methods of the server.
 *
 * `onMessage` and `onRename` decide. They may return a promise: until it settles, the client's next input waits, so that the
 * order of its messages stays, and nobody else waits. If one throws, or does not settle within 5 seconds, the client gets the
 * error `failed`, nothing is published, and the log has an entry.
 *
 * `onJoin` and `onLeave` are told afterwards, and nothing waits for them.
 */
export interface ServeHooks {
  /**
   * Decides about a text before others see it: return nothing to let it pass, `{ text }` to publish another text, or
   * `{ refused }` to refuse it with an error to its sender.
   */
  readonly onMessage?: (
    message: UserMessage,
  ) =>
    | HookChange
    | HookRefusal
    | undefined
    | void
    | Promise<
      HookChange | HookRefusal | undefined | void
    >;
  /** Decides about the name that a user chooses: return nothing to let it pass, or `{ refused }`. */
  readonly onRename?: (
    user: ChatUser,
    name: string,
  ) => HookRefusal | undefined | void | Promise<HookRefusal | undefined | void>;
  /**
   * A user has appeared in a room: others are told so, or would be if the room were not too large. A user appears in the
   * lobby with the first name, message or join.
   */
  readonly onJoin?: (user: ChatUser, room: string) => void | Promise<void>;
  /**
   * A user has left a room: others are told so. Users who return within `presenceDelay` have not left. Not called when the
   * server shuts down.
   */
  readonly onLeave?: (user: ChatUser, room: string) => void | Promise<void>;
}

/**
 * Returns the hooks for the chat; `undefined` if there are none.
 *
 * @throws {TypeError} If one is not a function.
 */
export function createHooks(
  { onMessage, onRename, onJoin, onLeave }: ServeHooks,
  guard: Guard,
): Hooks | undefined {
  const given = Object.entries({ onMessage, onRename, onJoin, onLeave })
    .filter(([, hook]) => hook !== undefined);
  if (given.length === 0) return undefined;
  for (const [name, hook] of given) checkFunction(name, hook);
  const subjectOf = (user: ChatUser, room?: string) => ({
    user: displayName(user),
    ...(room === undefined ? {} : { room }),
  });
  const notifier = (name: string, hook: ServeHooks["onJoin"]) =>
    hook &&
    ((user: ChatUser, room: string) =>
      guard.notify(name, subjectOf(user, room), () => hook(user, room)));
  return {
    onMessage: onMessage &&
      ((message) =>
        guard.call(
          "onMessage",
          subjectOf(message.user, message.room),
          () => onMessage(message),
          readMessageDecision,
        )),
    onRename: onRename &&
      ((user, name) =>
        guard.call("onRename", subjectOf(user), () => onRename(user, name), readNameDecision)),
    onJoin: notifier("onJoin", onJoin),
    onLeave: notifier("onLeave", onLeave),
    failed: (hook, user, problem) =>
      guard.failed(hook, subjectOf(user), new DecisionError(problem)),
  };
}

function readMessageDecision(result: unknown): HookChange | HookRefusal | undefined {
  const text = stringIn(result, "text");
  return text === undefined ? readRefusal(result, "nothing, { text } or { refused }") : { text };
}

function readNameDecision(result: unknown): HookRefusal | undefined {
  return readRefusal(result, "nothing or { refused }");
}

function readRefusal(result: unknown, expected: string): HookRefusal | undefined {
  if (result === undefined) return undefined;
  const refused = stringIn(result, "refused");
  if (refused !== undefined) return { refused };
  throw new DecisionError(`returned ${describeValue(result)}, not ${expected}`);
}
