/**
 * What a command is, and the words of one that cannot be done.
 * @module
 */
import type { CommandHelp, ErrorCode, Ref } from "../events.ts";
import type { Hub } from "../hub.ts";
import type { Member } from "../member.ts";
import type { Membership } from "../membership.ts";

export interface Command {
  readonly name: string;
  /** What stands behind the name, `<required>` and `[optional]`. */
  readonly parameters: string;
  /** One short phrase for `/help`. */
  readonly summary: string;
  /** Whether its last parameter is a text for others, which may have line breaks. */
  readonly speaks?: true;
  /** `rest` is what stands behind the name, without the white space around it. */
  run(request: Request, rest: string): void;
}

/** Who asks whom, in which of the rooms where they are, and what for. */
export interface Request {
  readonly hub: Hub;
  readonly member: Member;
  /** Nowhere, for somebody who has left. */
  readonly seat: Membership | undefined;
  readonly ref: Ref;
  /** Whether the request names the room of `seat`. */
  readonly isRoomNamed?: boolean | undefined;
}

/**
 * What it costs to take a name, go to a room or look for one, in messages, done or not: names can be guessed at, and
 * everybody in a room is told. At 20 messages a second it is four a second. The time that the server spends on a request
 * is charged besides, whatever the request is.
 */
const STEP_COST = 5;

/** Takes what a step costs beyond the message that asked for it. */
export function chargeStep({ member }: Request): void {
  member.session.charge(STEP_COST - 1);
}

/** How a command is called. */
export function usage({ name, parameters }: Command): string {
  return parameters === "" ? `/${name}` : `/${name} ${parameters}`;
}

/** A command as clients are told of it. */
export function describe(command: Command): CommandHelp {
  return { name: command.name, usage: usage(command), summary: command.summary };
}

export function refuse({ hub, member, ref }: Request, code: ErrorCode, text: string): void {
  hub.answer(member, { type: "error", code, text, ref });
}

export function refuseUsage(request: Request, command: Command): void {
  refuse(request, "usage", `Usage: ${usage(command)}`);
}
