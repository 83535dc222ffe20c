/**
 * Permissions: what a member may do in a room, by its login and by the program that embeds the server.
 * @module
 */
import type { Act } from "../../identity/identity.ts";
import { allows } from "../../identity/room_rights.ts";
import type { Hub } from "../hub.ts";
import { isOpenTo } from "../logins.ts";
import type { Member, Membership } from "../member.ts";
import { CommandError, type Request } from "./command.ts";

type Asking = Pick<Request, "hub" | "member">;

/** Whether anything limits what a member may do in rooms. */
export function isLimited({ hub, member }: Asking): boolean {
  return hub.authorize !== undefined || member.identity?.rooms !== undefined;
}

/** Whether a member may do something in a room, named in any spelling: at once, or after the program has decided. */
export function mayDo(
  hub: Hub,
  member: Member,
  act: Act,
  room: string,
): boolean | Promise<boolean> {
  if (!allows(member.identity?.rooms, act, room)) return false;
  return hub.authorize?.(member, room, act) ?? true;
}

/** Whether a member may be in a room: it may join and read it, since whoever is there gets the messages. */
export function mayEnter(hub: Hub, member: Member, room: string): boolean | Promise<boolean> {
  if (!isOpenTo(member, room)) return false;
  const { authorize } = hub;
  if (authorize === undefined) return true;
  const mayJoin = authorize(member, room, "join");
  if (mayJoin === false) return false;
  const mayRead = authorize(member, room, "read");
  if (typeof mayJoin === "boolean" && typeof mayRead === "boolean") return mayRead;
  return Promise.all([mayJoin, mayRead]).then((decisions) => decisions.every(Boolean));
}

/**
 * Does something in a room if the member may. Returns what `act` returns.
 *
 * @throws {CommandError} If it may not, or has left while the program decided.
 */
export function permit<Result>(
  request: Asking,
  act: Act,
  room: string,
  then: () => Result | Promise<Result>,
  refusal: () => CommandError = () => forbidden(act, room),
): Result | Promise<Result> {
  if (!isLimited(request)) return then();
  const { hub, member } = request;
  const decide = (isAllowed: boolean) => {
    if (!hub.has(member) || !isAllowed) throw refusal();
    return then();
  };
  const decision = act === "join" ? mayEnter(hub, member, room) : mayDo(hub, member, act, room);
  return typeof decision === "boolean" ? decide(decision) : decision.then(decide);
}

function forbidden(act: Act, room: string): CommandError {
  return new CommandError("not_allowed", `Error: You may not ${act} '${room}'`);
}

/**
 * The room of a request.
 *
 * @throws {CommandError} If the member is in no room.
 */
export function roomOf({ membership }: Pick<Request, "membership">): Membership {
  if (membership !== undefined) return membership;
  throw new CommandError("not_in_room", "Error: You are in no room, try /join");
}
