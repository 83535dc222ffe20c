/**
 * The commands that have to do with rooms.
 *
 * Knows the hub, its rooms and who is in them, and nothing of how a command came.
 * @module
 */
import { chargeStep, type Command, refuse, refuseUsage, type Request } from "./command.ts";
import type { Person } from "../events.ts";
import type { Hub } from "../hub.ts";
import { findDeception } from "../name_rules.ts";
import { NAME_RULES } from "../names.ts";
import type { Position } from "../history_reader.ts";
import { excerpt, MAX_TOPIC_LENGTH, readPhrase } from "../single_line.ts";
import { MAX_NAMED } from "../presence.ts";
import { MAX_ROOMS, normalizeRoomName, type Room } from "../room.ts";
import type { Membership } from "../membership.ts";
import { isMuted } from "../message_rules.ts";

/** The most rooms that are listed, in one line: a screen of them. The largest are what somebody looks for. */
const MAX_LISTED_ROOMS = 100;

/** The most people that are listed: twice as many as are told of one by one. Longer lists nobody reads. */
const MAX_LISTED_PEOPLE = 2 * MAX_NAMED;

/** `/join <room>` */
export function join(this: Command, request: Request, rest: string): void {
  if (rest === "") refuseUsage(request, this);
  else joinRoom(request, rest);
}

/** Takes a member to a room. Who says up to where it has all that was said there gets what it missed. */
export function joinRoom(request: Request, room: string, since?: Position): void {
  chargeStep(request);
  const { hub, member, ref } = request;
  const name = normalizeRoomName(room);
  if (name === undefined) {
    return refuse(
      request,
      "room_invalid",
      `Error: Room '${excerpt(room)}' is not allowed, use ${NAME_RULES}`,
    );
  }
  if (isDeceptive(request, name)) return;
  const seat = hub.joinRoom(member, name);
  if (seat === undefined) {
    return refuse(
      request,
      "too_many_rooms",
      `Error: You are in ${MAX_ROOMS} rooms already, leave one first`,
    );
  }
  const missed = since && hub.missed(seat, since);
  hub.answer(member, {
    type: "joined",
    room: seat.room,
    users: greeted(hub, seat.room),
    epoch: hub.epoch,
    missed,
    ref,
  });
}

/** Whether a new room could be taken for another one, which the member has been told then. */
function isDeceptive(request: Request, name: string): boolean {
  const { hub } = request;
  if (hub.room(name) !== undefined) return false;
  const other = hub.lookalikeRoom(name);
  if (other !== undefined) {
    refuse(
      request,
      "room_confusable",
      `Error: Room '${name}' looks like '${other}', which is there`,
    );
    return true;
  }
  const deception = findDeception(name);
  if (deception === undefined) return false;
  refuse(request, "room_invalid", `Error: Room '${name}' is not allowed: it ${deception}`);
  return true;
}

/** Those in a room, as far as somebody who comes is told of them unasked. */
export function greeted(hub: Hub, room: Room): readonly Person[] {
  return room.users > MAX_NAMED ? [] : hub.users(room);
}

/** `/leave` */
export function leave(request: Request): void {
  if (request.seat !== undefined) leaveRoom(request, request.seat);
}

/** Takes a member out of a room. */
export function leaveRoom(request: Request, seat: Membership): void {
  const { hub, member, ref } = request;
  if (!hub.leaveRoom(seat)) {
    return refuse(request, "cannot_leave", "Error: The lobby cannot be left, try /join or /quit");
  }
  const room = member.current?.room ?? hub.lobby;
  hub.answer(member, { type: "left", left: seat.room.name, room, ref });
}

/** `/rooms` */
export function rooms(request: Request): void {
  chargeStep(request);
  const { hub, member, ref } = request;
  hub.answer(member, { type: "rooms", ...hub.largestRooms(MAX_LISTED_ROOMS), ref });
}

/** `/list [room]` */
export function list(request: Request, rest: string): void {
  const { hub, member, seat, ref } = request;
  const room = rest === "" ? seat?.room ?? hub.lobby : hub.room(rest);
  if (room === undefined) {
    return refuse(request, "room_not_found", `Room '${excerpt(rest)}' not found`);
  }
  const users = hub.users(room, MAX_LISTED_PEOPLE);
  hub.answer(member, { type: "users", room: room.name, users, total: room.users, ref });
}

/** What stands for no topic: `/topic` alone asks for it. */
const NO_TOPIC = "-";

/** `/topic [text]` */
export function topic(request: Request, rest: string): void {
  const { hub, member, seat, ref } = request;
  const { text, excess } = readPhrase(rest, MAX_TOPIC_LENGTH);
  if (excess !== undefined) return refuse(request, "too_long", `Error: Topic is ${excess}`);
  const changed = text !== "" && seat !== undefined;
  if (changed && isMuted(request)) return;
  if (changed) hub.setTopic(seat, text === NO_TOPIC ? undefined : text);
  hub.answer(member, { type: "subject", room: seat?.room ?? hub.lobby, changed, ref });
}
