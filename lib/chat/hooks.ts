/**
 * Hooks: where the program that embeds the server decides about messages and names, and learns who joins and leaves.
 * @module
 */
import type { Author } from "./author.ts";
import type { Member, Participant } from "./member.ts";

/** A user as the program that embeds the server sees them. A snapshot: it does not change. */
export interface ChatUser {
  /** The number of the user, as in events. It is never reused while the server runs. */
  readonly id: number;
  /** The `id` of the identity with which the user has logged in; `undefined` for a guest. Others do not see it. */
  readonly userId: string | undefined;
  /** The name, or `undefined` for a user without one. */
  readonly name: string | undefined;
  /** What others see if there is no name: `host:port`, or `guest-4821` if addresses are hidden. */
  readonly address: string;
  /** Whether the user is an operator, as far as the client is concerned that the call is about. */
  readonly operator: boolean;
}

/** A text that a user sends to others. */
export interface UserMessage {
  /**
   * What it is: a `message` or an `action` (`/me`) to a room, a `whisper` to one user, the new `topic` of a room, or the
   * text of a user who is `away`.
   */
  readonly kind: "message" | "action" | "whisper" | "topic" | "away";
  /** The sender. */
  readonly user: ChatUser;
  /** The room that it goes to; `undefined` for a whisper and for the text of a user who is away. */
  readonly room: string | undefined;
  /** The receiver of a whisper. */
  readonly to: ChatUser | undefined;
  /** The text as it would be published: sanitized, and no longer than `maxMessage`. */
  readonly text: string;
}

/** A refusal, as the user is told. */
export interface HookRefusal {
  /** One sentence for people, without a full stop. */
  readonly refused: string;
}

/** A text in place of the one that was sent. */
export interface HookChange {
  /** The text to publish. */
  readonly text: string;
}

/** A hook that has failed: what it was to decide about is refused. */
export const FAILED = Symbol("failed");

/** What a hook has decided: to let something pass, to change it, or to refuse it. */
export type Decision = undefined | HookChange | HookRefusal | typeof FAILED;

/** The hooks of a server. They neither throw nor reject, and a promise settles before a deadline. */
export interface Hooks {
  readonly onMessage: ((message: UserMessage) => Decision | Promise<Decision>) | undefined;
  readonly onRename: ((user: ChatUser, name: string) => Decision | Promise<Decision>) | undefined;
  /** Called when others are told that a user has joined a room, or would be if they were fewer. */
  readonly onJoin: ((user: ChatUser, room: string) => void) | undefined;
  readonly onLeave: ((user: ChatUser, room: string) => void) | undefined;
  /** Reports a decision that cannot be carried out. */
  failed(hook: "onMessage", user: ChatUser, problem: string): void;
}

/** What is known of a participant, perhaps at an earlier time. */
type Known = Pick<Participant, "id" | "name" | "address" | "isOperator"> & {
  /** See {@linkcode User.key}. */
  readonly key?: string | undefined;
};

/** A participant as the program that embeds the server sees them. */
export function toChatUser({ id, key, name, address, isOperator }: Known): ChatUser {
  return { id, userId: key, name, address, operator: isOperator };
}

/** The participant behind a client, with the rights of this client. */
export function toCaller({ who, identity, isOperator }: Member | Author): ChatUser {
  return { ...toChatUser(who), userId: identity?.id, operator: isOperator };
}
