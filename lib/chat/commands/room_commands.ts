/**
 * The commands about rooms.
 * @module
 */
import type { ReplyData } from "../../wire/chat_event.ts";
import type { Person } from "../../wire/shapes.ts";
import type { Position } from "../history_reader.ts";
import type { Hub } from "../hub.ts";
import { isOpenTo } from "../logins.ts";
import type { Member, Membership } from "../member.ts";
import { findDeception } from "../name_rules.ts";
import { NAME_RULES } from "../names.ts";
import { MAX_NAMED } from "../presence.ts";
import { MAX_ROOMS, normalizeRoomName, type Room } from "../room.ts";
import { excerpt, MAX_TOPIC_LENGTH, readPhrase } from "../single_line.ts";
import { approve } from "./approval.ts";
import { command, CommandError, type Request, STEP_COST } from "./command.ts";
import { checkMute } from "./message_rules.ts";
import { isLimited, mayEnter, permit, roomOf } from "./permission.ts";

/** The maximum number of rooms in a list: a screen of them. The largest are the ones that people look for. */
export const MAX_LISTED_ROOMS = 100;

/** The maximum number of users in a list: twice as many as are announced one by one. Nobody reads longer lists. */
export const MAX_LISTED_USERS = 2 * MAX_NAMED;

/** Clears a topic: `/topic` alone asks for it. */
const NO_TOPIC = "-";

export const LIST = command({
  name: "list",
  parameters: "[room]",
  summary: "list the users here",
  run(request, rest) {
    const { hub } = request;
    if (rest === "") return usersOf(hub, roomOf(request).room);
    const room = hub.room(rest);
    const notFound = () => new CommandError("room_not_found", `Room '${excerpt(rest)}' not found`);
    if (room === undefined) throw notFound();
    return permit(request, "join", room.name, () => usersOf(hub, room), notFound);
  },
});

function usersOf(hub: Hub, room: Room): ReplyData<"list"> {
  return { room: room.name, users: hub.users(room, MAX_LISTED_USERS), total: room.users };
}

export const JOIN = command({
  name: "join",
  parameters: "<room>",
  summary: "join a room",
  cost: STEP_COST,
  run: (request, rest) => joinRoom(request, rest),
});

export const LEAVE = command({
  name: "leave",
  parameters: "",
  summary: "leave this room",
  run: (request) => leaveRoom(request, roomOf(request)),
});

export const ROOMS = command({
  name: "rooms",
  parameters: "",
  summary: "list the rooms",
  cost: STEP_COST,
  run(request) {
    const { hub, member } = request;
    if (!isLimited(request)) return hub.largestRooms(MAX_LISTED_ROOMS);
    const listed = hub.largestRooms(MAX_LISTED_ROOMS, ({ key }) => isOpenTo(member, key));
    return hub.authorize === undefined ? listed : joinableOf(request, listed.rooms);
  },
});

/** The rooms of a list that the program that embeds the server lets a member join. */
async function joinableOf(
  { hub, member }: Request,
  rooms: readonly Room[],
): Promise<ReplyData<"rooms">> {
  const decisions = await Promise.all(rooms.map(({ name }) => mayEnter(hub, member, name)));
  const joinable = rooms.filter((_, i) => decisions[i]);
  return { rooms: joinable, total: joinable.length };
}

export const TOPIC = command({
  name: "topic",
  parameters: "[text]",
  summary: "show or set the topic",
  run(request, rest) {
    const membership = roomOf(request);
    const { text, excess } = readPhrase(rest, MAX_TOPIC_LENGTH);
    if (excess !== undefined) throw new CommandError("too_long", `Error: Topic is ${excess}`);
    if (text === "") {
      const { name, topic } = membership.room;
      return { room: name, topic, changed: false };
    }
    checkMute(request);
    const { name: room } = membership.room;
    return permit(request, "write", room, () => {
      if (text === NO_TOPIC) return setTopic(request, membership, undefined);
      const destination = { kind: "topic", room, maxLength: MAX_TOPIC_LENGTH } as const;
      return approve(request, destination, text, (topic) => setTopic(request, membership, topic));
    });
  },
});

function setTopic(
  { hub }: Request,
  membership: Membership,
  topic: string | undefined,
): ReplyData<"topic"> | Promise<ReplyData<"topic">> {
  const reply = () => ({ room: membership.room.name, topic, changed: true });
  const work = hub.setTopic(membership, topic);
  return work instanceof Promise ? work.then(reply) : reply();
}

/**
 * Joins a room. A client that says with `since` which messages it has gets those that it missed.
 *
 * @throws {CommandError}
 */
export function joinRoom(
  request: Request,
  typed: string,
  since?: Position,
): ReplyData<"join"> | Promise<ReplyData<"join">> {
  const name = readRoomName(typed);
  return permit(request, "join", name, () => enterRoom(request, name, since));
}

/**
 * The name of a room in the form in which it is shown.
 *
 * @throws {CommandError} If it is not a name.
 */
export function readRoomName(typed: string): string {
  const name = normalizeRoomName(typed);
  if (name !== undefined) return name;
  const text = `Error: Room '${excerpt(typed)}' is not allowed, use ${NAME_RULES}`;
  throw new CommandError("room_invalid", text);
}

function enterRoom(
  { hub, member }: Request,
  name: string,
  since: Position | undefined,
): ReplyData<"join"> | Promise<ReplyData<"join">> {
  checkNewRoom(hub, member, name);
  const membership = hub.joinRoom(member, name);
  return membership instanceof Promise
    ? membership.then((membership) => replyTo(hub, membership, since))
    : replyTo(hub, membership, since);
}

function replyTo(
  hub: Hub,
  membership: Membership | undefined,
  since: Position | undefined,
): ReplyData<"join"> {
  if (membership === undefined) {
    const text = `Error: You are in ${MAX_ROOMS} rooms already, leave one first`;
    throw new CommandError("too_many_rooms", text);
  }
  const { room } = membership;
  const missed = since && hub.missed(membership, since);
  return { room, users: announcedUsers(hub, room), epoch: hub.epoch, missed };
}

/** @throws {CommandError} If there is no such room, and a new one of this name could be mistaken for another. */
export function checkNewRoom(
  hub: Hub,
  member: Pick<Member, "identity">,
  name: string,
): void {
  if (hub.room(name) !== undefined) return;
  const other = hub.lookalikeRoom(name);
  if (other !== undefined) {
    // Members do not learn the names of rooms that are closed to them.
    const isShown = hub.authorize === undefined && isOpenTo(member, other);
    const shown = isShown ? `'${other}', which` : "another one, which";
    throw new CommandError("room_confusable", `Error: Room '${name}' looks like ${shown} is there`);
  }
  const deception = findDeception(name);
  if (deception === undefined) return;
  throw new CommandError("room_invalid", `Error: Room '${name}' is not allowed: it ${deception}`);
}

/** The users of a room as a client gets them unasked: none if they are too many. */
export function announcedUsers(hub: Hub, room: Room): readonly Person[] {
  return room.users > MAX_NAMED ? [] : hub.users(room);
}

/** Leaves a room. A member that is in no other goes to the lobby, if it may. */
function leaveRoom(
  request: Request,
  membership: Membership,
): ReplyData<"leave"> | Promise<ReplyData<"leave">> {
  const { hub, member } = request;
  const { room } = membership;
  const reply = (hasLeft: boolean) => {
    if (!hasLeft) {
      const text = "Error: The lobby cannot be left, try /join or /quit";
      throw new CommandError("cannot_leave", text);
    }
    return { left: room.name, room: member.current?.room };
  };
  const leave = (mayEnterLobby: boolean) => {
    const hasLeft = hub.leaveRoom(membership, mayEnterLobby);
    return typeof hasLeft === "boolean" ? reply(hasLeft) : hasLeft.then(reply);
  };
  const staysElsewhere = member.memberships.length > 1 || room === hub.lobby;
  if (staysElsewhere || !isLimited(request)) return leave(true);
  const decision = mayEnter(hub, member, hub.lobby.name);
  return typeof decision === "boolean" ? leave(decision) : decision.then(leave);
}
