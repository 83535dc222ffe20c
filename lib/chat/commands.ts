/**
 * What a line of a member means: something said, or one of the commands in the table. `/help` is made from the table.
 *
 * Knows the hub and its members, and nothing of how the line came.
 * @module
 */
import { cleanLine, hasLineBreak } from "./clean.ts";
import {
  chargeStep,
  type Command,
  describe,
  refuse,
  refuseUsage,
  type Request,
} from "./command.ts";
import type { CommandHelp, Ref } from "./events.ts";
import type { Hub } from "./hub.ts";
import type { Member } from "./member.ts";
import { NAME_RULES, normalizeName } from "./names.ts";
import { history, search } from "./history_commands.ts";
import { findOperatorCommand, OPERATOR_COMMANDS } from "./operators.ts";
import { MAX_AWAY_LENGTH, toPhrase } from "./phrase.ts";
import { isReserved } from "./reserved_names.ts";
import { join, leave, list, rooms, topic } from "./room_commands.ts";
import type { Seat } from "./seat.ts";
import { isMuted, toSpeech } from "./speech.ts";

/** The commands of everybody, in the order of `/help`. */
export const COMMANDS: readonly Command[] = [
  { name: "name", parameters: "<username>", summary: "choose your name", run: setName },
  { name: "list", parameters: "[room]", summary: "who is here", run: list },
  {
    name: "whisper",
    parameters: "<username> <message>",
    summary: "say it to one person",
    speaks: true,
    run: whisper,
  },
  { name: "join", parameters: "<room>", summary: "go to a room", run: join },
  { name: "leave", parameters: "", summary: "leave this room", run: leave },
  { name: "rooms", parameters: "", summary: "which rooms there are", run: rooms },
  { name: "topic", parameters: "[text]", summary: "what this room is about", run: topic },
  { name: "history", parameters: "[n]", summary: "what was said here before", run: history },
  { name: "search", parameters: "<words>", summary: "find what was said here", run: search },
  { name: "me", parameters: "<action>", summary: "tell what you do", speaks: true, run: me },
  {
    name: "away",
    parameters: "[text]",
    summary: "why you are away, or that you are back",
    run: away,
  },
  { name: "stats", parameters: "", summary: "what the server has done", run: stats },
  { name: "help", parameters: "", summary: "this list", run: help },
  { name: "quit", parameters: "", summary: "leave the chat", run: quit },
];

const BY_NAME = new Map(COMMANDS.map((command) => [command.name, command]));

/**
 * Handles one line of `member`. A line in which nobody could see anything says nothing, a `/` at the beginning makes a
 * command, and two stand for one that does not. It is meant for the room of `seat`, one of the member's: by default the
 * one joined last.
 */
export function handleLine(
  hub: Hub,
  member: Member,
  line: string,
  ref?: Ref,
  seat: Seat | undefined = member.seat,
): void {
  const request = { hub, member, seat, ref };
  if (isSlip(hub, line)) {
    refuse(request, "usage", "Error: Not said, since it would tell a token: no blank before /oper");
  } else if (!line.startsWith("/")) handleMessage(request, line);
  else if (line.startsWith("//")) handleMessage(request, line.slice(1));
  else runCommand(request, line);
}

/** Whether it is an operator's token behind a slip of the hand. */
function isSlip(hub: Hub, line: string): boolean {
  return line.charCodeAt(0) <= 0x20 && hub.moderation !== undefined && /^\s+\/oper\s/i.test(line);
}

/** Handles a text that its client calls a command. If it is none it is refused, and never said to the room. */
export function handleCommand(request: Request, text: string): void {
  const line = text.trim();
  if (!line.startsWith("/") || line.startsWith("//")) {
    return refuse(request, "malformed", "Error: A command begins with one '/'");
  }
  const { word, command } = find(request, line);
  if (hasLineBreak(line) && !command?.speaks) {
    return refuse(request, "malformed", `Error: ${cleanLine(word)} is not one line`);
  }
  runCommand(request, line);
}

/** Says `typed` to the room, literally: nothing in it is a command. */
export function handleMessage(request: Request, typed: string): void {
  const text = toSpeech(request, typed);
  if (text === undefined) return;
  const { hub, member, seat, ref } = request;
  if (text !== "") hub.say(member, text, ref, { seat });
  else if (ref !== undefined) refuse(request, "malformed", "Error: There is nothing to say");
}

/** The first word of `line`, and the command that it names. */
function find(request: Request, line: string): { word: string; command: Command | undefined } {
  const [word = ""] = line.split(/\s/, 1);
  const name = word.slice(1).toLowerCase();
  return { word, command: BY_NAME.get(name) ?? findOperatorCommand(request, name) };
}

function runCommand(request: Request, line: string): void {
  const { word, command } = find(request, line);
  if (command === undefined) {
    const text = `Error: Unknown command '${cleanLine(word)}', try /help`;
    return refuse(request, "unknown_command", text);
  }
  command.run(request, line.slice(word.length).trim());
}

/** All commands that a member may use, as clients are told of them; that is somebody who is no operator by default. */
export function describeCommands(member?: Pick<Member, "isOperator">): CommandHelp[] {
  const commands = member?.isOperator ? [...COMMANDS, ...OPERATOR_COMMANDS] : COMMANDS;
  return commands.map(describe);
}

function setName(this: Command, request: Request, rest: string): void {
  if (rest === "") return refuseUsage(request, this);
  chargeStep(request);
  const { hub, member, ref } = request;
  const name = normalizeName(rest);
  if (name === undefined) {
    return refuse(
      request,
      "name_invalid",
      `Error: Username '${cleanLine(rest)}' is not allowed, use ${NAME_RULES}`,
    );
  }
  if (isReserved(name)) {
    return refuse(request, "name_reserved", `Error: Username '${name}' is reserved`);
  }
  if (isMuted(request)) return;
  if (hub.moderation?.bans.ofName(name) !== undefined) {
    return refuse(request, "name_banned", `Error: Username '${name}' is banned`);
  }
  if (!hub.rename(member, name)) return refuseName(request, name);
  hub.answer(member, { type: "named", user: member, ref });
}

function refuseName(request: Request, name: string): void {
  const { hub, member } = request;
  const other = hub.find(name) === undefined ? hub.lookalike(member, name) : undefined;
  if (other === undefined) {
    return refuse(request, "name_taken", `Error: Username '${name}' is already taken`);
  }
  const text = `Error: Username '${name}' looks like '${other.name}', who is here`;
  refuse(request, "name_confusable", text);
}

function whisper(this: Command, request: Request, rest: string): void {
  const { hub, member, ref } = request;
  const [who = ""] = rest.split(/\s/, 1);
  const text = toSpeech(request, rest.slice(who.length).trim());
  if (text === undefined) return;
  if (text === "") return refuseUsage(request, this);
  // Whoever got it may be gone by now.
  if (ref !== undefined && hub.repeated(member, text, ref)) return;
  const to = hub.find(who);
  if (to === undefined) {
    return refuse(request, "user_not_found", `User '${cleanLine(who)}' not found`);
  }
  hub.whisper(member, to, text, ref);
}

function me(this: Command, request: Request, rest: string): void {
  const { hub, member, seat, ref } = request;
  const text = toSpeech(request, rest);
  if (text === "") refuseUsage(request, this);
  else if (text !== undefined) hub.say(member, text, ref, { seat, action: true });
}

function away(request: Request, rest: string): void {
  const { hub, member, ref } = request;
  const text = toPhrase(rest);
  if (text.length > MAX_AWAY_LENGTH) {
    return refuse(
      request,
      "too_long",
      `Error: Away text is longer than ${MAX_AWAY_LENGTH} characters`,
    );
  }
  if (text !== "" && isMuted(request)) return;
  hub.setAway(member, text === "" ? undefined : text);
  hub.answer(member, { type: "marked", user: member, ref });
}

function stats({ hub, member, ref }: Request): void {
  hub.answer(member, { type: "statistics", statistics: hub.statistics(), ref });
}

function help({ hub, member, ref }: Request): void {
  hub.answer(member, { type: "help", commands: describeCommands(member), ref });
}

function quit({ member }: Request): void {
  member.sink.end("quit");
}
