/**
 * What a command is, and the words of one that cannot be done.
 * @module
 */
import type { CommandHelp, ErrorCode, Ref } from "./events.ts";
import type { Hub } from "./hub.ts";
import type { Member } from "./member.ts";
import type { Seat } from "./seat.ts";

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
  readonly seat: Seat | undefined;
  readonly ref: Ref;
}

/**
 * What it costs to take a name, go to a room or look for one, in messages, done or not. Names can be guessed at, everybody
 * in a room is told, and rooms are found among thousands: at 20 messages a second it is four a second.
 */
const STEP_COST = 5;

/** Takes what a step costs beyond the message that asked for it. */
export function chargeStep({ member }: Request): void {
  member.sink.charge(STEP_COST - 1);
}

/**
 * What it costs to have all that was said in a room searched: the one question whose answer takes a tenth of a second, in
 * a room that was filled for it.
 */
const SEARCH_COST = 10;

/**
 * So many messages of the past, and so many people in a list, cost as much as one message that is said: with texts of 4 kB
 * a page of 200 takes 17 ms and a list of 10,000 people 30 ms, where what is said takes 0.03 ms.
 */
const PAST_PER_MESSAGE = 10, PEOPLE_PER_MESSAGE = 100;

/** Takes what a search costs beyond the message that asked for it. */
export function chargeSearch({ member }: Request): void {
  member.sink.charge(SEARCH_COST - 1);
}

/** Takes what it costs to tell so many messages of the past. */
export function chargePast({ member }: Request, count: number): void {
  member.sink.charge(Math.floor(count / PAST_PER_MESSAGE));
}

/** Takes what it costs to tell of so many people. */
export function chargePeople({ member }: Request, count: number): void {
  member.sink.charge(Math.floor(count / PEOPLE_PER_MESSAGE));
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
