/**
 * Parts of the client that it does without. A module in static/src/features registers what it adds when it is loaded, so
 * neither the session nor the page has a line for each.
 * @module
 */
import type { Event, Request } from "../net/protocol.ts";
import type { ChatRoom } from "./room.ts";
import type { RoomList } from "./rooms.ts";
import type { NewEntry } from "./timeline.ts";

/** The chat, as features see it. */
export interface FeatureChat {
  readonly rooms: RoomList;
  /** Puts something into the log of a room. */
  tell(room: ChatRoom, entry: NewEntry): void;
  /** Asks the server for something whose answer is not waited for. Says whether it could be sent. */
  request(request: Request): boolean;
}

export interface Feature {
  /** What is done when the server tells something, besides what the session does. */
  readonly events?: {
    readonly [Type in Event["type"]]?: (
      event: Extract<Event, { type: Type }>,
      chat: FeatureChat,
    ) => void;
  };
}

const registered: Feature[] = [];

export function register(feature: Feature): void {
  registered.push(feature);
}

/** All features, in the order in which they were registered. */
export function features(): readonly Feature[] {
  return registered;
}
