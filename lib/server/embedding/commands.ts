/**
 * The commands that the program that embeds the server gives to it: their options, and how they become those of the chat.
 * @module
 */
import { readMessageText } from "../../chat/commands/message_rules.ts";
import { isBuiltIn } from "../../chat/commands/registry.ts";
import type {
  CommandCall,
  CommandOutcome,
  CustomCommand,
  CustomReply,
} from "../../chat/custom_commands.ts";
import type { HookRefusal } from "../../chat/hooks.ts";
import { displayName } from "../../wire/shapes.ts";
import { DecisionError, describeValue, type Guard, stringIn } from "./guard.ts";

/**
 * How long a command may take, in ms. Its sender's next input waits, and nobody else's. Longer work should reply at once, and
 * report its end with `server.say` or `server.send`.
 */
export const COMMAND_TIMEOUT = 30_000;

/** The most commands, as `hello` and `/help` list them all. */
const MAX_COMMANDS = 100;

/** The longest usage and the longest summary, in characters: a line of `/help`. */
const MAX_PHRASE = 200;

/** The longest text of a reply, in bytes of UTF-8: some screens. */
const MAX_REPLY_TEXT = 16_384;

/** The longest data of a reply, in characters of JSON. An answer must not take the memory of many messages. */
const MAX_REPLY_DATA = 65_536;

/** Letters, digits, `-` and `_`, and a letter first: nothing that a person could not type after `/`. */
const NAME = /^[a-z][a-z0-9_-]{0,31}$/;

/** The reply to a custom command: a text, or a text with data for programs. */
export type CommandReply =
  | string
  | {
    /** What people read: the line or the lines of text clients, and the `text` of the JSON reply. */
    readonly text: string;
    /** The `data` of the JSON reply: an object that `JSON.stringify` accepts. @default {} */
    readonly data?: object;
  };

/** A command of the program that embeds the server. */
export interface CommandOptions {
  /**
   * The parameters as `/help` shows them, such as `<service> [version]`. If it begins with `<`, the command is refused without
   * a parameter. @default "" for none
   */
  readonly usage?: string;
  /** A short phrase for `/help`, in the imperative. */
  readonly summary: string;
  /** Whether only operators may use it. @default false */
  readonly operator?: boolean;
  /** The cost in messages, which counts for the client's rate. @default 1 */
  readonly cost?: number;
  /**
   * Runs the command, and returns the reply to its sender or `{ refused }`, at once or later. If it throws, or takes longer
   * than 30 seconds, the sender gets the error `failed`, and the log has an entry.
   */
  readonly run: (
    call: CommandCall,
  ) =>
    | CommandReply
    | HookRefusal
    | undefined
    | void
    | Promise<
      CommandReply | HookRefusal | undefined | void
    >;
}

/** The reply if a command returns nothing. */
const DONE = "Done";
const NO_DATA = "{}";

/**
 * Returns the commands for the chat, by name.
 *
 * @throws {TypeError} If a name, a usage or a summary cannot be used, or a function is missing.
 * @throws {RangeError} If there are too many commands, or a cost is not a number from 0 to 1,000.
 */
export function createCommands(
  options: Readonly<Record<string, CommandOptions>>,
  guard: Guard,
): ReadonlyMap<string, CustomCommand> {
  const given = Object.entries(options);
  if (given.length > MAX_COMMANDS) {
    throw new RangeError(`Cannot add ${given.length} commands: the maximum is ${MAX_COMMANDS}`);
  }
  return new Map(given.map(([name, command]) => [name, createCommand(name, command, guard)]));
}

function createCommand(name: string, options: CommandOptions, guard: Guard): CustomCommand {
  const { usage = "", summary, operator = false, cost = 1, run } = options;
  const problem = nameProblem(name) ?? phraseProblem("usage", usage, /^(?:[<[].*)?$/) ??
    phraseProblem("summary", summary, /./) ??
    (typeof run === "function" ? undefined : "run is not a function") ??
    (typeof operator === "boolean" ? undefined : "operator is not true or false");
  if (problem !== undefined) throw new TypeError(`Cannot add command '${name}': ${problem}`);
  if (typeof cost !== "number" || !(cost >= 0 && cost <= 1_000)) {
    throw new RangeError(`Cannot add command '${name}': cost is not a number from 0 to 1000`);
  }
  return {
    name,
    parameters: usage,
    summary,
    cost,
    isForOperators: operator,
    run: (call): CommandOutcome | Promise<CommandOutcome> => {
      const { user, room } = call;
      const subject = { user: displayName(user), ...(room === undefined ? {} : { room }) };
      return guard.call(`/${name}`, subject, () => run(call), readReply, COMMAND_TIMEOUT);
    },
  };
}

function nameProblem(name: string): string | undefined {
  if (!NAME.test(name)) return "use up to 32 of a-z, 0-9, '-' and '_', and a letter first";
  return isBuiltIn(name) ? "there is a built-in command of this name" : undefined;
}

function phraseProblem(member: string, phrase: unknown, pattern: RegExp): string | undefined {
  if (typeof phrase !== "string") return `${member} is not a text`;
  const isLine = readMessageText(phrase, MAX_PHRASE) === phrase || phrase === "";
  if (isLine && !phrase.includes("\n") && pattern.test(phrase)) return undefined;
  const form = member === "usage" ? " that begins with '<' or '['" : "";
  return `${member} is not one line of up to ${MAX_PHRASE} bytes${form}`;
}

function readReply(result: unknown): CustomReply | HookRefusal {
  if (result === undefined) return { text: DONE, json: NO_DATA };
  const refused = stringIn(result, "refused");
  if (refused !== undefined) return { refused };
  const text = typeof result === "string" ? result : stringIn(result, "text");
  if (text === undefined) {
    const expected = "a text, { text, data } or { refused }";
    throw new DecisionError(`returned ${describeValue(result)}, not ${expected}`);
  }
  const data = typeof result === "string" ? undefined : (result as { data?: unknown }).data;
  return { text: readText(text), json: readData(data) };
}

function readText(text: string): string {
  const read = readMessageText(text, MAX_REPLY_TEXT);
  if (typeof read === "string") return read === "" ? DONE : read;
  throw new DecisionError(read.problem.replace("Message", "The text"));
}

function readData(data: unknown): string {
  if (data === undefined) return NO_DATA;
  const json = JSON.stringify(data);
  if (!json?.startsWith("{")) throw new DecisionError("The data is not an object"); // as in all other replies
  if (json.length <= MAX_REPLY_DATA) return json;
  throw new DecisionError(`The data has more than ${MAX_REPLY_DATA} characters of JSON`);
}
