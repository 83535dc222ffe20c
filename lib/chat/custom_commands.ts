/**
 * Commands of the program that embeds the server.
 * @module
 */
import type { ChatUser, FAILED, HookRefusal } from "./hooks.ts";

/** A use of a custom command. */
export interface CommandCall {
  /** The user who has sent it. */
  readonly user: ChatUser;
  /** The room that it was sent in; `undefined` if the user is in none. */
  readonly room: string | undefined;
  /** The text behind the name, without surrounding white space. `""` if there is none. */
  readonly text: string;
}

/** A reply to a custom command. */
export interface CustomReply {
  /** What people read. */
  readonly text: string;
  /** What programs read, as JSON. */
  readonly json: string;
}

/** A custom command, whose function is guarded: it neither throws nor rejects, and settles before a deadline. */
export interface CustomCommand {
  readonly name: string;
  /** The parameters as `/help` shows them; see `CommandRow.parameters`. */
  readonly parameters: string;
  readonly summary: string;
  /** The cost in messages. */
  readonly cost: number;
  readonly isForOperators: boolean;
  run(call: CommandCall): CommandOutcome | Promise<CommandOutcome>;
}

/** What has become of a use of a custom command. */
export type CommandOutcome = CustomReply | HookRefusal | typeof FAILED;
