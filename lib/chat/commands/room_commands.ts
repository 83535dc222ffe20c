/**
 * The commands about rooms.
 * @module
 */
import type { ReplyData } from "../../wire/chat_event.ts";
import type { Person } from "../../wire/shapes.ts";
import type { Position } from "../history_reader.ts";
import type { Hub } from "../hub.ts";
import type { Membership } from "../member.ts";
import { findDeception } from "../name_rules.ts";
import { NAME_RULES } from "../names.ts";
import { MAX_NAMED } from "../presence.ts";
import { MAX_ROOMS, normalizeRoomName, type Room } from "../room.ts";
import { excerpt, MAX_TOPIC_LENGTH, readPhrase } from "../single_line.ts";
import { approve } from "./approval.ts";
import { command, CommandError, type Request, STEP_COST } from "./command.ts";
import { checkMute } from "./message_rules.ts";

/** The maximum number of rooms in a list: a screen of them. The largest are the ones that people look for. */
const MAX_LISTED_ROOMS = 100;

/** The maximum number of users in a list: twice as many as are announced one by one. Nobody reads longer lists. */
const MAX_LISTED_USERS = 2 * MAX_NAMED;

/** Clears a topic: `/topic` alone asks for it. */
const NO_TOPIC = "-";

export const LIST = command({
  name: "list",
  parameters: "[room]",
  summary: "list the users here",
  run({ hub, membership }, rest) {
    const room = rest === "" ? membership?.room ?? hub.lobby : hub.room(rest);
    if (room === undefined) {
      throw new CommandError("room_not_found", `Room '${excerpt(rest)}' not found`);
    }
    return { room: room.name, users: hub.users(room, MAX_LISTED_USERS), total: room.users };
  },
});

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
  run: (request) =>
    request.membership === undefined ? undefined : leaveRoom(request, request.membership),
});

export const ROOMS = command({
  name: "rooms",
  parameters: "",
  summary: "list the rooms",
  cost: STEP_COST,
  run: ({ hub }) => hub.largestRooms(MAX_LISTED_ROOMS),
});

export const TOPIC = command({
  name: "topic",
  parameters: "[text]",
  summary: "show or set the topic",
  run(request, rest) {
    const { hub, membership } = request;
    const { text, excess } = readPhrase(rest, MAX_TOPIC_LENGTH);
    if (excess !== undefined) throw new CommandError("too_long", `Error: Topic is ${excess}`);
    if (text === "" || membership === undefined) {
      const { name, topic } = membership?.room ?? hub.lobby;
      return { room: name, topic, changed: false };
    }
    checkMute(request);
    if (text === NO_TOPIC) return setTopic(request, membership, undefined);
    const { room: { name: room } } = membership;
    const destination = { kind: "topic", room, maxLength: MAX_TOPIC_LENGTH } as const;
    return approve(request, destination, text, (topic) => setTopic(request, membership, topic));
  },
});

function setTopic(
  { hub }: Request,
  membership: Membership,
  topic: string | undefined,
): ReplyData<"topic"> {
  hub.setTopic(membership, topic);
  return { room: membership.room.name, topic, changed: true };
}

/** Joins a room. A client that says with `since` which messages it has gets those that it missed. */
export function joinRoom(
  { hub, member }: Request,
  typed: string,
  since?: Position,
): ReplyData<"join"> {
  const name = normalizeRoomName(typed);
  if (name === undefined) {
    const text = `Error: Room '${excerpt(typed)}' is not allowed, use ${NAME_RULES}`;
    throw new CommandError("room_invalid", text);
  }
  if (hub.room(name) === undefined) checkNewRoom(hub, name);
  const membership = hub.joinRoom(member, name);
  if (membership === undefined) {
    const text = `Error: You are in ${MAX_ROOMS} rooms already, leave one first`;
    throw new CommandError("too_many_rooms", text);
  }
  const { room } = membership;
  const missed = since && hub.missed(membership, since);
  return { room, users: announcedUsers(hub, room), epoch: hub.epoch, missed };
}

/** @throws {CommandError} If a new room of this name could be mistaken for another. */
function checkNewRoom(hub: Hub, name: string): void {
  const other = hub.lookalikeRoom(name);
  if (other !== undefined) {
    const text = `Error: Room '${name}' looks like '${other}', which is there`;
    throw new CommandError("room_confusable", text);
  }
  const deception = findDeception(name);
  if (deception === undefined) return;
  throw new CommandError("room_invalid", `Error: Room '${name}' is not allowed: it ${deception}`);
}

/** The users of a room as a client gets them unasked: none if they are too many. */
export function announcedUsers(hub: Hub, room: Room): readonly Person[] {
  return room.users > MAX_NAMED ? [] : hub.users(room);
}

/** Leaves a room. */
function leaveRoom({ hub, member }: Request, membership: Membership): ReplyData<"leave"> {
  if (!hub.leaveRoom(membership)) {
    const text = "Error: The lobby cannot be left, try /join or /quit";
    throw new CommandError("cannot_leave", text);
  }
  return { left: membership.room.name, room: member.current?.room ?? hub.lobby };
}
