/**
 * What a command is, and how a request is answered.
 * @module
 */
import type { ReplyData, ReplyEvent, RequestId } from "../../wire/chat_event.ts";
import type { ErrorCode } from "../../wire/events.ts";
import type { ReplyCommand } from "../../wire/replies.ts";
import type { CommandHelp } from "../../wire/shapes.ts";
import type { Hub } from "../hub.ts";
import type { Member, Membership } from "../member.ts";

/** A request of a member. */
export interface Request {
  readonly hub: Hub;
  readonly member: Member;
  /** The room that the request is for; `undefined` once the member has left. */
  readonly membership: Membership | undefined;
  /** The `id` of the request, which the answer repeats. */
  readonly requestId: RequestId;
  /** Whether the request names the room of `membership`. */
  readonly isRoomNamed?: boolean | undefined;
}

/** The data of a command's reply. A command without a reply of its own returns nothing. */
type Reply<Name extends string> = Name extends ReplyCommand ? ReplyData<Name> : never;

/** The data of a reply, or none, at once or later. */
type Outcome<Data> = Data | undefined | void | Promise<Data | undefined | void>;

/** A request that is under way: nothing more of its client is read until the promise has settled. */
export type Pending = Promise<void> | void;

/** One row of a table of commands. */
export interface CommandRow<Name extends string> {
  readonly name: Name;
  /** The parameters as `/help` shows them: `<required>`, `[optional]`. A command without a required one is refused. */
  readonly parameters: string;
  /** A short phrase for `/help`. */
  readonly summary: string;
  /** The cost in messages, one by default, whether the command succeeds or not. */
  readonly cost?: number;
  /** Whether the last parameter is a text for others, which may have line breaks. */
  readonly speaks?: true;
  /**
   * Runs the command. `rest` is the text behind the name, without surrounding white space. Returns the data of the reply,
   * or nothing if the request is answered in another way. The member may have left before a promise is resolved.
   *
   * @throws {CommandError} If it cannot be done. Nothing has changed then.
   */
  run(request: Request, rest: string): Outcome<Reply<Name>>;
}

/** A command of any name, with the type of its reply forgotten. */
export interface Command extends Omit<CommandRow<string>, "run"> {
  run(request: Request, rest: string): unknown;
}

/** Checks that a command returns the reply of its name. */
export function command<const Name extends string>(row: CommandRow<Name>): Command {
  return row;
}

/** A request that is refused. The message is the line that its sender gets. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  constructor(readonly code: ErrorCode, message: string) {
    super(message);
  }
}

/**
 * The cost of taking a name, joining a room or looking for one: names can be guessed, and everybody in a room is told. At
 * 20 messages a second that makes four a second. The time that the server spends is charged as well.
 */
export const STEP_COST = 5;

/** A command with its parameters: `/whisper <username> <message>`. */
export function usage({ name, parameters }: Pick<Command, "name" | "parameters">): string {
  return parameters === "" ? `/${name}` : `/${name} ${parameters}`;
}

export function usageError(row: Pick<Command, "name" | "parameters">): CommandError {
  return new CommandError("usage", `Usage: ${usage(row)}`);
}

/** The error for a request that cannot be read. */
export function malformed(problem: string): CommandError {
  return new CommandError("malformed", `Error: Cannot read this message: ${problem}`);
}

/** A command as clients see it. */
export function describe(row: Pick<Command, "name" | "parameters" | "summary">): CommandHelp {
  return { name: row.name, usage: usage(row), summary: row.summary };
}

/**
 * Runs a command and answers the request.
 *
 * @throws {CommandError}
 */
export function run(request: Request, row: Command, rest: string): Pending {
  if (rest === "" && row.parameters.startsWith("<")) throw usageError(row);
  return perform(request, row, () => row.run(request, rest));
}

/**
 * Does what a command does, for a request that was not typed as one.
 *
 * @throws {CommandError}
 */
export function perform(
  request: Request,
  { name, cost = 1 }: Pick<Command, "name" | "cost">,
  act: () => unknown,
): Pending {
  if (cost > 1) request.member.session.charge(cost - 1);
  const data = act();
  if (data instanceof Promise) return data.then((data) => answerLater(request, name, data));
  answerWith(request, name, data);
}

function answerWith(request: Request, name: string, data: unknown): void {
  // `command` has made sure that the data is that of this reply.
  if (data !== undefined) answer(request, name as ReplyCommand, data as never);
}

/** Answers a request unless its member has left: nothing may follow the last event of a connection. */
function answerLater(request: Request, name: string, data: unknown): void {
  if (request.hub.has(request.member)) answerWith(request, name, data);
}

/** Answers a request at once: what a command does next may end the connection. */
export function answer<Name extends ReplyCommand>(
  { hub, member, requestId }: Request,
  command: Name,
  data: ReplyData<Name>,
): void {
  hub.answer(member, { type: "reply", command, data, ref: requestId } as ReplyEvent);
}

/** Refuses a request at once. */
export function refuse({ hub, member, requestId }: Request, { code, message }: CommandError): void {
  hub.answer(member, { type: "error", code, text: message, ref: requestId });
}
