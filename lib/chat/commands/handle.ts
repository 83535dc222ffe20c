/**
 * Handles the input of a member: a line as a person types it, or a frame of a JSON client.
 * @module
 */
import { hasLineBreak, isPlain } from "../../text/sanitize.ts";
import type { Request as JsonRequest } from "../../wire/chat_event.ts";
import { type MalformedRequest, parseRequest } from "../../wire/json.ts";
import { DEFAULT_PAGE } from "../../wire/requests.ts";
import type { Hub } from "../hub.ts";
import type { Member } from "../member.ts";
import { roomKey } from "../room.ts";
import { UnavailableError } from "../shared_log.ts";
import { excerpt } from "../single_line.ts";
import { say } from "./approval.ts";
import {
  type Command,
  CommandError,
  malformed,
  type Pending,
  perform,
  refuse,
  type Request,
  run,
} from "./command.ts";
import { commandName, mayHaveCommand, readLine } from "./command_line.ts";
import { HISTORY, pageOf } from "./history_commands.ts";
import { LOGIN, logIn } from "./login_command.ts";
import { toMessageText } from "./message_rules.ts";
import { findCommand } from "./registry.ts";
import { JOIN, joinRoom, LEAVE } from "./room_commands.ts";

/**
 * How much longer than a message a command may be, in UTF-16 units: its name, the recipient, and blanks.
 */
const MAX_COMMAND_HEAD = 256;

/** How many times as long as a message a line may be that is searched for hidden characters: 16 kB take 5 ms. */
const MAX_HIDDEN_FACTOR = 4;

/**
 * Handles a line. `/` begins a command, `//` a message that begins with `/`, and a line in which nothing is visible is
 * ignored. Messages go to the room that the member joined last.
 */
export function handleLine(hub: Hub, member: Member, line: string): void {
  const request = { hub, member, membership: member.current, requestId: undefined };
  try {
    const pending = runLine(request, line);
    if (typeof pending === "object") awaitPending(request, pending);
  } catch (error) {
    fail(request, error);
  }
}

/** Handles a frame of a JSON client. */
export function handleFrame(hub: Hub, member: Member, frame: string): void {
  const parsed = parseRequest(frame);
  if (parsed.type === "line") return handleLine(hub, member, parsed.text);
  const request = { hub, member, membership: member.current, requestId: parsed.id };
  try {
    const pending = runRequest(request, parsed);
    if (typeof pending === "object") awaitPending(request, pending);
  } catch (error) {
    fail(request, error);
  }
}

/** Lets the client's next input wait for a request that is under way. */
function awaitPending(request: Request, pending: Promise<void>): void {
  request.member.session.waitFor(pending.catch((error) => fail(request, error)));
}

/** The one place where errors become answers. A member that has left gets none. */
function fail(request: Request, error: unknown): void {
  const known = error instanceof UnavailableError
    ? new CommandError("unavailable", `Error: ${error.message}`)
    : error;
  if (!(known instanceof CommandError)) throw error;
  if (request.hub.has(request.member)) refuse(request, known);
}

function runLine(request: Request, line: string): Pending {
  const plain = isPlain(line);
  if (!mayHaveCommand(line, plain)) return sendMessage(request, line, plain);
  checkLength(request, line);
  const typed = readLine(line);
  if ("text" in typed) return sendMessage(request, typed.text);
  if ("command" in typed) return runCommand(request, typed.command);
  throw new CommandError("usage", typed.problem);
}

function runRequest(request: Request, parsed: JsonRequest | MalformedRequest): Pending {
  switch (parsed.type) {
    case "malformed":
      throw malformed(parsed.problem);
    case "login":
      return perform(request, LOGIN, () => logIn(request, parsed));
    case "message":
      return sendMessage(inRoom(request, parsed.room), parsed.text);
    case "command":
      return runTypedCommand(inRoom(request, parsed.room), parsed.text);
    case "join":
      return perform(request, JOIN, () => joinRoom(request, parsed.room, parsed.since));
    case "leave": {
      const there = inRoom(request, parsed.room);
      return perform(there, LEAVE, () => LEAVE.run(there, ""));
    }
    case "history": {
      const { before, after, limit = DEFAULT_PAGE, room } = parsed;
      const there = inRoom(request, room);
      return perform(there, HISTORY, () => pageOf(there, { before, after, limit }));
    }
  }
}

/**
 * The request in a room that the member is in; by default the one joined last.
 *
 * @throws {CommandError} If the member is not in it.
 */
function inRoom(request: Request, name: string | undefined): Request {
  if (name === undefined) return request;
  const key = roomKey(name);
  const membership = request.member.memberships.find(({ room }) => room.key === key);
  if (membership !== undefined) return { ...request, membership, isRoomNamed: true };
  throw new CommandError("not_in_room", `Error: You are not in room '${excerpt(name)}'`);
}

/** Runs a text that a client calls a command. A text that is none is refused and never reaches a room. */
function runTypedCommand(request: Request, text: string): Pending {
  checkLength(request, text);
  const typed = readLine(text);
  if (!("command" in typed)) {
    const text = "problem" in typed ? typed.problem : "Error: A command begins with one '/'";
    throw new CommandError("malformed", text);
  }
  const { word, row } = find(request, typed.command);
  if (hasLineBreak(typed.command) && !row?.speaks) {
    throw new CommandError("malformed", `Error: ${excerpt(word)} is not one line`);
  }
  return runCommand(request, typed.command);
}

/** Sends a text to the room, literally: nothing in it is a command. */
function sendMessage(request: Request, typed: string, plain = isPlain(typed)): Pending {
  const text = toMessageText(request, typed, plain);
  if (text !== "") return say(request, text);
  if (request.requestId === undefined) return;
  throw new CommandError("malformed", "Error: There is nothing to say");
}

/** Refuses a line that is too long to be searched for a command. */
function checkLength({ hub }: Request, line: string): void {
  if (line.length <= MAX_HIDDEN_FACTOR * hub.maxMessage + MAX_COMMAND_HEAD) return;
  throw lengthError(hub.maxMessage + MAX_COMMAND_HEAD);
}

function lengthError(longest: number): CommandError {
  return new CommandError("too_long", `Error: Command is longer than ${longest} characters`);
}

/** The first word of a line, and the command that it names. */
function find(request: Request, line: string): { word: string; row: Command | undefined } {
  const [word = ""] = line.split(/\s/, 1);
  return { word, row: findCommand(request, commandName(word)) };
}

function runCommand(request: Request, line: string): Pending {
  const longest = request.hub.maxMessage + MAX_COMMAND_HEAD;
  if (line.length > longest) throw lengthError(longest);
  const { word, row } = find(request, line);
  if (row === undefined) {
    const text = `Error: Unknown command '${excerpt(word)}', try /help`;
    throw new CommandError("unknown_command", text);
  }
  return run(request, row, line.slice(word.length).trim());
}
