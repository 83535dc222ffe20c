/**
 * What a line of a member means: something said, or one of the commands in the table. `/help` is made from the table.
 *
 * Knows the hub and its members, and nothing of how the line came.
 * @module
 */
import { hasLineBreak, isPlain } from "../../text/sanitize.ts";
import {
  chargeStep,
  type Command,
  describe,
  refuse,
  refuseUsage,
  type Request,
} from "./command.ts";
import { commandName, mayHaveCommand, readLine } from "./command_line.ts";
import type { CommandHelp, Ref } from "../events.ts";
import type { Hub } from "../hub.ts";
import type { Member } from "../member.ts";
import { findDeception } from "../name_rules.ts";
import { NAME_RULES, normalizeName } from "../names.ts";
import { history, search } from "./history_commands.ts";
import { findOperatorCommand, OPERATOR_COMMANDS } from "./operator_commands.ts";
import { excerpt, MAX_AWAY_LENGTH, readPhrase } from "../single_line.ts";
import { isReserved } from "../reserved_names.ts";
import { join, leave, list, rooms, topic } from "./room_commands.ts";
import type { Membership } from "../membership.ts";
import { isMuted, toMessageText } from "../message_rules.ts";

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
  seat: Membership | undefined = member.current,
  isRoomNamed = false,
): void {
  const request = { hub, member, seat, ref, isRoomNamed };
  const plain = isPlain(line);
  if (!mayHaveCommand(line, plain)) return handleMessage(request, line, plain);
  if (isTooLong(request, line)) return;
  const typed = readLine(line);
  if ("text" in typed) handleMessage(request, typed.text);
  else if ("command" in typed) runCommand(request, typed.command);
  else refuse(request, "usage", typed.problem);
}

/** Handles a text that its client calls a command. If it is none it is refused, and never said to the room. */
export function handleCommand(request: Request, text: string): void {
  if (isTooLong(request, text)) return;
  const typed = readLine(text);
  if (!("command" in typed)) {
    const text = "problem" in typed ? typed.problem : "Error: A command begins with one '/'";
    return refuse(request, "malformed", text);
  }
  const { word, command } = find(request, typed.command);
  if (hasLineBreak(typed.command) && !command?.speaks) {
    return refuse(request, "malformed", `Error: ${excerpt(word)} is not one line`);
  }
  runCommand(request, typed.command);
}

/** Says `typed` to the room, literally: nothing in it is a command. */
export function handleMessage(request: Request, typed: string, plain = isPlain(typed)): void {
  const text = toMessageText(request, typed, plain);
  if (text === undefined) return;
  const { hub, member, seat, ref, isRoomNamed } = request;
  if (text !== "") hub.say(member, text, ref, { seat, isRoomNamed });
  else if (ref !== undefined) refuse(request, "malformed", "Error: There is nothing to say");
}

/**
 * How much longer than a message a command may be, in characters (UTF-16 units): its name, whom it is for, and blanks.
 */
const MAX_COMMAND_HEAD = 256;

/** How many times as long as a message a line may be that has to be searched for hidden characters: 16 kB take 5 ms. */
const MAX_HIDDEN_FACTOR = 4;

/** Whether `line` is too long to be searched for a command, which its author has been told then. */
function isTooLong(request: Request, line: string): boolean {
  const longest = MAX_HIDDEN_FACTOR * request.hub.maxMessage + MAX_COMMAND_HEAD;
  if (line.length <= longest) return false;
  refuseLength(request, request.hub.maxMessage + MAX_COMMAND_HEAD);
  return true;
}

function refuseLength(request: Request, longest: number): void {
  refuse(request, "too_long", `Error: Command is longer than ${longest} characters`);
}

/** The first word of `line`, and the command that it names. */
function find(request: Request, line: string): { word: string; command: Command | undefined } {
  const [word = ""] = line.split(/\s/, 1);
  const name = commandName(word);
  return { word, command: BY_NAME.get(name) ?? findOperatorCommand(request, name) };
}

function runCommand(request: Request, line: string): void {
  const longest = request.hub.maxMessage + MAX_COMMAND_HEAD;
  if (line.length > longest) return refuseLength(request, longest);
  const { word, command } = find(request, line);
  if (command === undefined) {
    const text = `Error: Unknown command '${excerpt(word)}', try /help`;
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
      `Error: Username '${excerpt(rest)}' is not allowed, use ${NAME_RULES}`,
    );
  }
  if (isReserved(name)) {
    return refuse(request, "name_reserved", `Error: Username '${name}' is reserved`);
  }
  if (isMuted(request)) return;
  if (hub.moderation?.bans.ofName(name) !== undefined) {
    return refuse(request, "name_banned", `Error: Username '${name}' is banned`);
  }
  const deception = findDeception(name);
  if (deception !== undefined && !isConfusable(request, name)) {
    const text = `Error: Username '${name}' is not allowed: it ${deception}`;
    return refuse(request, "name_invalid", text);
  }
  if (deception !== undefined || !hub.rename(member, name)) return refuseName(request, name);
  hub.answer(member, { type: "named", user: member, ref });
}

/** Whether there is somebody whom `name` could be taken for: then that is what is wrong with it. */
function isConfusable({ hub, member }: Request, name: string): boolean {
  return hub.find(name) === undefined && hub.lookalike(member, name) !== undefined;
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
  const text = toMessageText(request, rest.slice(who.length).trim());
  if (text === undefined) return;
  if (text === "") return refuseUsage(request, this);
  // Whoever got it may be gone by now.
  if (ref !== undefined && hub.hasWhispered(member, who, text, ref)) return;
  const to = hub.find(who);
  if (to === undefined) {
    return refuse(request, "user_not_found", `User '${excerpt(who)}' not found`);
  }
  hub.whisper(member, to, text, ref, who);
}

function me(this: Command, request: Request, rest: string): void {
  const { hub, member, seat, ref, isRoomNamed } = request;
  const text = toMessageText(request, rest);
  if (text === "") refuseUsage(request, this);
  else if (text !== undefined) hub.say(member, text, ref, { seat, isRoomNamed, action: true });
}

function away(request: Request, rest: string): void {
  const { hub, member, ref } = request;
  const { text, excess } = readPhrase(rest, MAX_AWAY_LENGTH);
  if (excess !== undefined) return refuse(request, "too_long", `Error: Away text is ${excess}`);
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
  member.session.end("quit");
}
