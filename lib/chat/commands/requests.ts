/**
 * What a frame of a JSON client asks for, done.
 *
 * Knows the hub and its members, and nothing of how the frame came.
 * @module
 */
import { refuse, type Request } from "./command.ts";
import { handleCommand, handleLine, handleMessage } from "./commands.ts";
import { tellPage } from "./history_commands.ts";
import type { Hub } from "../hub.ts";
import { parseRequest } from "../../wire/json.ts";
import type { Member } from "../member.ts";
import { excerpt } from "../single_line.ts";
import { roomKey } from "../room.ts";
import { joinRoom, leaveRoom } from "./room_commands.ts";
import type { Membership } from "../membership.ts";

/** Handles one frame of `member`. */
export function handleFrame(hub: Hub, member: Member, frame: string): void {
  const parsed = parseRequest(frame);
  const { ref } = parsed;
  const request = { hub, member, seat: member.current, ref };
  if ("problem" in parsed) return refuse(request, "malformed", parsed.problem);
  if ("line" in parsed) return handleLine(hub, member, parsed.line);
  if ("join" in parsed) return joinRoom(request, parsed.join, parsed.since);
  if ("leave" in parsed) {
    return inRoom(request, parsed.leave, (seat) => seat && leaveRoom(request, seat));
  }
  inRoom(request, parsed.room, (seat) => {
    const there = { ...request, seat, isRoomNamed: parsed.room !== undefined };
    if ("text" in parsed) handleMessage(there, parsed.text);
    else if ("command" in parsed) handleCommand(there, parsed.command);
    else tellPage(there, parsed.history);
  });
}

/** Does something in a room, if the member is in it; by default in the one joined last. */
function inRoom(
  request: Request,
  name: string | undefined,
  act: (seat: Membership | undefined) => void,
): void {
  if (name === undefined) return act(request.seat);
  const key = roomKey(name);
  const seat = request.member.memberships.find(({ room }) => room.key === key);
  if (seat !== undefined) act(seat);
  else refuse(request, "not_in_room", `Error: You are not in room '${excerpt(name)}'`);
}
