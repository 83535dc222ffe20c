/**
 * The types of events, from the tables of the wire.
 * @module
 */
export type { ChatEvent, RequestId as Ref } from "../wire/chat_event.ts";
export type { DisconnectReason, ErrorCode } from "../wire/events.ts";
export {
  type CommandHelp,
  displayName,
  type Missed,
  type MissedRange,
  type PastMessage,
  type Person,
  type RoomInfo as RoomFacts,
} from "../wire/shapes.ts";
