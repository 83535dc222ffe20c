/**
 * What a line of a member means: something said, or one of the commands in the table. `/help` is made from the table.
 *
 * Knows the hub and its members, and nothing of how the line came.
 * @module
 */
import { type Command, refuse, refuseUsage, type Request, usage } from "./command.ts";
import type { CommandHelp, Ref } from "./events.ts";
import type { Hub } from "./hub.ts";
import type { Member } from "./member.ts";
import { NAME_RULES, normalizeName } from "./names.ts";
import { history, search } from "./history_commands.ts";
import { MAX_AWAY_LENGTH, toPhrase } from "./phrase.ts";
import { join, leave, list, rooms, topic } from "./room_commands.ts";
import type { Seat } from "./seat.ts";

export { usage };

/** All commands, in the order of `/help`. */
export const COMMANDS: readonly Command[] = [
  { name: "name", parameters: "<username>", summary: "choose your name", run: setName },
  { name: "list", parameters: "[room]", summary: "who is here", run: list },
  {
    name: "whisper",
    parameters: "<username> <message>",
    summary: "say it to one person",
    run: whisper,
  },
  { name: "join", parameters: "<room>", summary: "go to a room", run: join },
  { name: "leave", parameters: "", summary: "go back to the lobby", run: leave },
  { name: "rooms", parameters: "", summary: "which rooms there are", run: rooms },
  { name: "topic", parameters: "[text]", summary: "what this room is about", run: topic },
  { name: "history", parameters: "[n]", summary: "what was said here before", run: history },
  { name: "search", parameters: "<words>", summary: "find what was said here", run: search },
  { name: "me", parameters: "<action>", summary: "tell what you do", run: me },
  {
    name: "away",
    parameters: "[text]",
    summary: "why you are away, or that you are back",
    run: away,
  },
  { name: "stats", parameters: "", summary: "what the server has done", run: stats },
  { name: "help", parameters: "", summary: "this list", run: help },
  { name: "quit", parameters: "", summary: "leave", run: quit },
];

const BY_NAME = new Map(COMMANDS.map((command) => [command.name, command]));

/**
 * Handles one line of `member`. A line of white space says nothing, a `/` at the beginning makes a command, and two
 * stand for one that does not. It is meant for the room of `seat`, one of the member's: by default the one joined last.
 */
export function handleLine(
  hub: Hub,
  member: Member,
  line: string,
  ref?: Ref,
  seat: Seat | undefined = member.seat,
): void {
  if (!line.startsWith("/")) {
    if (line.trim() !== "") hub.say(member, line, ref, { seat });
    else if (ref !== undefined) {
      hub.answer(member, {
        type: "error",
        code: "malformed",
        text: "Error: There is nothing to say",
        ref,
      });
    }
  } else if (line.startsWith("//")) {
    hub.say(member, line.slice(1), ref, { seat });
  } else {
    runCommand({ hub, member, seat, ref }, line);
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

function whisper(this: Command, request: Request, rest: string): void {
  const { hub, member, ref } = request;
  const [who = ""] = rest.split(/\s/, 1);
  const text = rest.slice(who.length).trim();
  if (text === "") return refuseUsage(request, this);
  // Whoever got it may be gone by now.
  if (ref !== undefined && hub.repeated(member, text, ref)) return;
  const to = hub.find(who);
  if (to === undefined) return refuse(request, "user_not_found", `User '${who}' not found`);
  hub.whisper(member, to, text, ref);
}

function me(this: Command, request: Request, rest: string): void {
  const { hub, member, seat, ref } = request;
  if (rest === "") refuseUsage(request, this);
  else hub.say(member, rest, ref, { seat, action: true });
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
  hub.setAway(member, text === "" ? undefined : text);
  hub.answer(member, { type: "marked", user: member, ref });
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
