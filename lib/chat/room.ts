/**
 * A room: its subscribers by wire format, its visible members and the number of its last message.
 * @module
 */
import type { Broadcaster } from "../delivery/broadcaster.ts";
import { Subscribers } from "../delivery/subscribers.ts";
import { roomKey } from "../text/name.ts";
import type { Person, RoomInfo as RoomFacts } from "../wire/shapes.ts";
import type { History } from "./history.ts";
import { normalizeName } from "./names.ts";
import type { ChatSubscribers, ChatSubscription, WireFormat } from "./wire_format.ts";

export { roomKey };

/** The room in which every client starts. */
export const LOBBY = "lobby";

/**
 * The most rooms that one client may be in. It is more conversations than anybody follows, and no client can open more rooms
 * than that, at about 1 kB each.
 */
export const MAX_ROOMS = 16;

/** Returns the form in which a room's name is shown. The rules are those of user names; a `#` in front is ignored. */
export function normalizeRoomName(text: string): string | undefined {
  return normalizeName(text.replace(/^#/, ""));
}

export class Room implements RoomFacts {
  readonly key: string;
  topic: string | undefined;
  /** Members that have sent a message, taken a name or joined a room, in the order in which they became visible here. */
  readonly visible = new Set<Person>();
  /** One for each format that was ever used here: these are few, and walking an array costs less than a map. */
  subscribers: readonly ChatSubscribers[] = [];

  /**
   * @param name As `normalizeRoomName` returns it.
   * @param offset The number of the last message; the next message gets one more.
   */
  constructor(readonly name: string, public offset: number) {
    const key = roomKey(name);
    this.key = key === name ? name : key; // one string in memory instead of two equal ones
  }

  /** Restores offset and topic from a history. */
  restore(history: History | undefined): void {
    if (history === undefined) return;
    this.offset = history.latest(this.key);
    this.topic = history.topic(this.key) || undefined;
  }

  /** Whether a history has messages or a topic of this room. */
  isKnownTo(history: History | undefined): boolean {
    if (history === undefined) return false;
    return this.topic !== undefined || history.oldest(this.key) <= history.latest(this.key);
  }

  /** The number of visible members. */
  get users(): number {
    return this.visible.size;
  }

  /** Whether nobody is in the room, visible or not, at this node of the chat or another one. */
  get empty(): boolean {
    return this.visible.size === 0 && !this.hasSubscribers;
  }

  get hasSubscribers(): boolean {
    return this.subscribers.some(({ size }) => size > 0);
  }

  /** The subscribers of a format, in which `broadcaster` publishes. */
  subscribersOf(broadcaster: Broadcaster<WireFormat>): ChatSubscribers {
    const { format } = broadcaster;
    let subscribers = this.subscribers.find((subscribers) => subscribers.format === format);
    if (subscribers === undefined) {
      subscribers = new Subscribers(broadcaster);
      this.subscribers = this.subscribers.concat(subscribers);
    }
    return subscribers;
  }

  /** Ends a subscription to this room. Does nothing if it has ended already. */
  unsubscribe(subscription: ChatSubscription | undefined): void {
    if (subscription === undefined) return;
    for (const subscribers of this.subscribers) subscribers.remove(subscription);
  }
}
