/**
 * The event that describes the server and the lobby to a client that has connected.
 * @module
 */
import { describeCommands } from "../../chat/commands/registry.ts";
import { announcedUsers } from "../../chat/commands/room_commands.ts";
import type { Hub } from "../../chat/hub.ts";
import type { Member } from "../../chat/member.ts";
import { MAX_NAME_LENGTH, NAME_RULES } from "../../chat/names.ts";
import { MAX_ROOMS } from "../../chat/room.ts";
import type { ChatEvent } from "../../wire/chat_event.ts";

/** The limits that clients are told. */
export interface ServerLimits {
  /** The version of the program. */
  readonly version: string;
  /** The longest message that is read, in bytes. */
  readonly maxPayload: number;
  /** The longest message that is published, in bytes of UTF-8. */
  readonly maxMessage: number;
  /** Messages that the history keeps of each room. */
  readonly historyLimit: number;
  /** How long a client may stay silent, and after how much silence it is pinged, in seconds; 0 for never. */
  readonly keepAlive: { readonly idleTimeout: number; readonly heartbeat: number };
}

export function helloEvent(
  hub: Hub,
  you: Member,
  { version, maxPayload, maxMessage, historyLimit, keepAlive }: ServerLimits,
): ChatEvent {
  const room = you.current?.room;
  return {
    type: "hello",
    you: you.who,
    resume: hub.resumeToken(you),
    server: { version },
    epoch: hub.epoch,
    limits: {
      maxPayload,
      maxMessage,
      maxName: MAX_NAME_LENGTH,
      nameRules: NAME_RULES,
      idleTimeout: keepAlive.idleTimeout,
      heartbeat: keepAlive.heartbeat,
      maxRooms: MAX_ROOMS,
      history: hub.history === undefined ? 0 : historyLimit,
    },
    commands: describeCommands(hub, you),
    room,
    users: room === undefined ? [] : announcedUsers(hub, room),
    online: room?.users ?? 0,
  };
}
