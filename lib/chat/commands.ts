/**
 * What a line of a member means: something said, or one of the commands in the table. `/help` is made from the table.
 *
 * Knows the hub and its members, and nothing of how the line came.
 * @module
 */
import type { ErrorCode } from "./events.ts";
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
  run(hub: Hub, member: Member, rest: string): void;
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
export function handleLine(hub: Hub, member: Member, line: string): void {
  if (!line.startsWith("/")) {
    if (line.trim() !== "") hub.say(member, line);
  } else if (line.startsWith("//")) {
    hub.say(member, line.slice(1));
  } else {
    runCommand(hub, member, line);
  }
}

function runCommand(hub: Hub, member: Member, line: string): void {
  const [word = ""] = line.split(/\s/, 1);
  const command = BY_NAME.get(word.slice(1).toLowerCase());
  if (command === undefined) {
    return refuse(hub, member, "unknown_command", `Error: Unknown command '${word}', try /help`);
  }
  command.run(hub, member, line.slice(word.length).trim());
}

/** How a command is called. */
export function usage({ name, parameters }: Command): string {
  return parameters === "" ? `/${name}` : `/${name} ${parameters}`;
}

function setName(this: Command, hub: Hub, member: Member, rest: string): void {
  if (rest === "") return refuseUsage(hub, member, this);
  const name = normalizeName(rest);
  if (name === undefined) {
    return refuse(
      hub,
      member,
      "name_invalid",
      `Error: Username '${rest}' is not allowed, use ${NAME_RULES}`,
    );
  }
  if (!hub.rename(member, name)) {
    return refuse(hub, member, "name_taken", `Error: Username '${name}' is already taken`);
  }
  hub.answer(member, { type: "named", name });
}

function list(hub: Hub, member: Member): void {
  hub.answer(member, { type: "users", users: hub.users() });
}

function whisper(this: Command, hub: Hub, member: Member, rest: string): void {
  const [who = ""] = rest.split(/\s/, 1);
  const text = rest.slice(who.length).trim();
  if (text === "") return refuseUsage(hub, member, this);
  const to = hub.find(who);
  if (to === undefined) return refuse(hub, member, "user_not_found", `User '${who}' not found`);
  hub.whisper(member, to, text);
}

function stats(hub: Hub, member: Member): void {
  hub.answer(member, { type: "statistics", statistics: hub.statistics() });
}

function help(hub: Hub, member: Member): void {
  const commands = COMMANDS.map((command) => ({ usage: usage(command), summary: command.summary }));
  hub.answer(member, { type: "help", commands });
}

function quit(_hub: Hub, member: Member): void {
  member.sink.end("quit");
}

function refuse(hub: Hub, member: Member, code: ErrorCode, text: string): void {
  hub.answer(member, { type: "error", code, text });
}

function refuseUsage(hub: Hub, member: Member, command: Command): void {
  refuse(hub, member, "usage", `Usage: ${usage(command)}`);
}
