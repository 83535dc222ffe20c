/**
 * What a line of a member means: something said, or one of the commands in the table. `/help` is made from the table.
 *
 * Knows the hub and its members, and nothing of how the line came.
 * @module
 */
import type { CommandHelp, ErrorCode, Ref } from "./events.ts";
import type { Hub } from "./hub.ts";
import type { Member } from "./member.ts";
import { NAME_RULES, normalizeName } from "./names.ts";

export interface Command {
  readonly name: string;
  /** What stands behind the name, `<required>` and `[optional]`. */
  readonly parameters: string;
  /** One short phrase for `/help`. */
  readonly summary: string;
  /** `rest` is what stands behind the name, without the white space around it. */
  run(request: Request, rest: string): void;
}

/** Who asks whom, and what for. */
interface Request {
  readonly hub: Hub;
  readonly member: Member;
  readonly ref: Ref;
}

/** All commands, in the order of `/help`. */
export const COMMANDS: readonly Command[] = [
  { name: "name", parameters: "<username>", summary: "choose your name", run: setName },
  { name: "list", parameters: "", summary: "who is here", run: list },
  {
    name: "whisper",
    parameters: "<username> <message>",
    summary: "say it to one person",
    run: whisper,
  },
  { name: "stats", parameters: "", summary: "what the server has done", run: stats },
  { name: "help", parameters: "", summary: "this list", run: help },
  { name: "quit", parameters: "", summary: "leave", run: quit },
];

const BY_NAME = new Map(COMMANDS.map((command) => [command.name, command]));

/**
 * Handles one line of `member`. A line of white space says nothing, a `/` at the beginning makes a command, and two
 * stand for one that does not.
 */
export function handleLine(hub: Hub, member: Member, line: string, ref?: Ref): void {
  if (!line.startsWith("/")) {
    if (line.trim() !== "") hub.say(member, line, ref);
  } else if (line.startsWith("//")) {
    hub.say(member, line.slice(1), ref);
  } else {
    runCommand({ hub, member, ref }, line);
  }
}

function runCommand(request: Request, line: string): void {
  const [word = ""] = line.split(/\s/, 1);
  const command = BY_NAME.get(word.slice(1).toLowerCase());
  if (command === undefined) {
    return refuse(request, "unknown_command", `Error: Unknown command '${word}', try /help`);
  }
  command.run(request, line.slice(word.length).trim());
}

/** How a command is called. */
export function usage({ name, parameters }: Command): string {
  return parameters === "" ? `/${name}` : `/${name} ${parameters}`;
}

/** All commands as clients are told of them. */
export function describeCommands(): CommandHelp[] {
  return COMMANDS.map((command) => ({
    name: command.name,
    usage: usage(command),
    summary: command.summary,
  }));
}

function setName(this: Command, request: Request, rest: string): void {
  if (rest === "") return refuseUsage(request, this);
  const { hub, member, ref } = request;
  const name = normalizeName(rest);
  if (name === undefined) {
    return refuse(
      request,
      "name_invalid",
      `Error: Username '${rest}' is not allowed, use ${NAME_RULES}`,
    );
  }
  if (!hub.rename(member, name)) {
    return refuse(request, "name_taken", `Error: Username '${name}' is already taken`);
  }
  hub.answer(member, { type: "named", user: member, ref });
}

function list({ hub, member, ref }: Request): void {
  hub.answer(member, { type: "users", users: hub.users(), ref });
}

function whisper(this: Command, request: Request, rest: string): void {
  const { hub, member, ref } = request;
  const [who = ""] = rest.split(/\s/, 1);
  const text = rest.slice(who.length).trim();
  if (text === "") return refuseUsage(request, this);
  const to = hub.find(who);
  if (to === undefined) return refuse(request, "user_not_found", `User '${who}' not found`);
  hub.whisper(member, to, text, ref);
}

function stats({ hub, member, ref }: Request): void {
  hub.answer(member, { type: "statistics", statistics: hub.statistics(), ref });
}

function help({ hub, member, ref }: Request): void {
  hub.answer(member, { type: "help", commands: describeCommands(), ref });
}

function quit({ member }: Request): void {
  member.sink.end("quit");
}

function refuse({ hub, member, ref }: Request, code: ErrorCode, text: string): void {
  hub.answer(member, { type: "error", code, text, ref });
}

function refuseUsage(request: Request, command: Command): void {
  refuse(request, "usage", `Usage: ${usage(command)}`);
}
