/**
 * Asks the program that embeds the server about texts and names before others see them.
 * @module
 */
import {
  type Decision,
  FAILED,
  type HookChange,
  type HookRefusal,
  toCaller,
  toChatUser,
  type UserMessage,
} from "../hooks.ts";
import type { Author } from "../author.ts";
import type { Hub } from "../hub.ts";
import { Member, type Participant } from "../member.ts";
import type { Room } from "../room.ts";
import { toShortPhrase } from "../single_line.ts";
import { CommandError, type Pending, type Request } from "./command.ts";
import { checkMute, readMessageText } from "./message_rules.ts";
import { isLimited, permit, roomOf } from "./permission.ts";

/** The maximum length of the reason for a refusal, in graphemes; the rest is cut off. */
const MAX_REASON = 400;

/** Where a text goes. */
interface Destination {
  readonly kind: UserMessage["kind"];
  readonly room?: string;
  readonly to?: Participant;
  /** The maximum length in graphemes of a text that is one line. By default it is a message, which may have several. */
  readonly maxLength?: number;
}

/** Who asks: a member, or an author who is not connected. */
interface Asking {
  readonly hub: Hub;
  readonly member: Member | Author;
}

/**
 * Sends a sanitized text to the room of the request.
 *
 * @throws {CommandError} If the member may not write there.
 */
export function say(request: Request, text: string, action = false): Pending {
  const { hub, member, membership, requestId, isRoomNamed } = request;
  // The usual way has no closure: a function with one takes memory with each call.
  if (membership === undefined || hub.hooks !== undefined || isLimited(request)) {
    return sayIfPermitted(request, text, action);
  }
  return hub.say(member, text, requestId, { membership, isRoomNamed, action });
}

function sayIfPermitted(request: Request, text: string, action: boolean): Pending {
  const { room } = roomOf(request);
  return permit(request, "write", room.name, () => sayIfApproved(request, room, text, action));
}

function sayIfApproved(request: Request, room: Room, text: string, action: boolean): Pending {
  const { hub, member, membership, requestId, isRoomNamed } = request;
  const options = { membership, isRoomNamed, action };
  if (requestId !== undefined && hub.hasSaid(member, text, requestId, options)) return;
  const destination = { kind: action ? "action" : "message", room: room.name } as const;
  return approve(request, destination, text, (approved) => {
    hub.say(member, approved, requestId, { ...options, original: text });
  });
}

/**
 * Does something with a text once it is approved, perhaps in another form. Returns what `act` returns.
 *
 * @throws {CommandError} If the text is refused.
 */
export function approve<Result>(
  request: Asking,
  { kind, room, to, maxLength }: Destination,
  text: string,
  act: (approved: string) => Result | Promise<Result>,
): Result | Promise<Result> {
  const { hooks } = request.hub;
  if (hooks?.onMessage === undefined) return act(text);
  const user = toCaller(request.member);
  const decision = hooks.onMessage({ kind, user, room, to: to && toChatUser(to), text });
  const carryOut = (decision: Decision) => {
    checkHere(request);
    const change = check(decision);
    if (change === undefined || change.text === text) return act(text);
    const changed = maxLength === undefined
      ? readMessageText(change.text, request.hub.maxMessage)
      : toShortPhrase(change.text, maxLength);
    if (typeof changed === "string" && changed !== "") return act(changed);
    hooks.failed("onMessage", user, changed === "" ? "The text is blank" : changed.problem);
    throw failedError();
  };
  if (!(decision instanceof Promise)) return carryOut(decision);
  return decision.then((decision) => {
    checkMute(request); // an operator may have muted the sender meanwhile
    return carryOut(decision);
  });
}

/**
 * Does something once a name is approved.
 *
 * @throws {CommandError} If the name is refused.
 */
export function approveName<Result>(
  request: Request,
  name: string,
  act: () => Result | Promise<Result>,
): Result | Promise<Result> {
  const { hub, member } = request;
  const decision = hub.hooks?.onRename?.(toCaller(member), name);
  const carryOut = (decision: Decision) => {
    checkHere(request);
    check(decision);
    return act();
  };
  return decision instanceof Promise ? decision.then(carryOut) : carryOut(decision);
}

/** @throws {CommandError} If the decision is a refusal, or the hook has failed. */
function check(decision: Decision): HookChange | undefined {
  if (decision === FAILED) throw failedError();
  if (decision === undefined || "text" in decision) return decision;
  throw rejection(decision);
}

/** The error of a refusal. */
export function rejection({ refused }: HookRefusal): CommandError {
  const reason = toShortPhrase(refused, MAX_REASON);
  return new CommandError("rejected", `Error: ${reason === "" ? "Not allowed here" : reason}`);
}

/** @throws {CommandError} If a hook has disconnected the member. Nobody gets the error. */
function checkHere({ hub, member }: Asking): void {
  if (member instanceof Member && !hub.has(member)) {
    throw new CommandError("rejected", "Error: You have left");
  }
}

/** The error of a function that has failed. The log has more. */
export function failedError(): CommandError {
  return new CommandError(
    "failed",
    "Error: Not done, because the application behind this chat failed",
  );
}
