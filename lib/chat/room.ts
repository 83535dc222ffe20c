/**
 * A room: who is in it, by the wire formats in which they hear it, and how far its talk has come.
 *
 * Knows who is here, and not why: who may come and when a room is over is the hub's business.
 * @module
 */
import { Subscribers } from "../delivery/subscribers.ts";
import type { Broadcaster } from "../delivery/broadcaster.ts";
import type { RoomFacts } from "./events.ts";
import type { History } from "./history.ts";
import type { Member } from "./member.ts";
import { nameKey, normalizeName } from "./names.ts";
import { Membership } from "./membership.ts";

/** Where everybody begins. */
export const LOBBY = "lobby";

/**
 * The most rooms that one client may be in. More conversations than anybody follows; and a client can make no more rooms
 * than that, at about 1 kB each.
 */
export const MAX_ROOMS = 16;

/** The form in which a room's name is shown: a user name's, the `#` of other chats being decoration. */
export function normalizeRoomName(text: string): string | undefined {
  return normalizeName(text.replace(/^#/, ""));
}

/** What the names of one room have in common, whatever text stands for it. */
export function roomKey(text: string): string {
  return nameKey(text.replace(/^#/, ""));
}

export class Room implements RoomFacts {
  readonly key: string;
  topic: string | undefined;
  /** Who has said, named or joined something, in the order in which they did. */
  readonly visible = new Set<Member>();
  /** One for each format in which somebody was ever here: these are few, and walking an array costs less than a map. */
  subscribers: readonly Subscribers[] = [];

  /**
   * @param name As of `normalizeRoomName`.
   * @param offset The number of the last message; the next gets one more.
   */
  constructor(readonly name: string, public offset: number) {
    this.key = roomKey(name);
  }

  /** Takes over what a history knows of this room. */
  recall(history: History | undefined): void {
    if (history === undefined) return;
    this.offset = history.latest(this.key);
    this.topic = history.topic(this.key) || undefined;
  }

  /** Whether a history has anything of this room. */
  hasPast(history: History | undefined): boolean {
    if (history === undefined) return false;
    return this.topic !== undefined || history.oldest(this.key) <= history.latest(this.key);
  }

  /** How many are in the list. */
  get users(): number {
    return this.visible.size;
  }

  /** Whether nobody is here, listed or not. */
  get empty(): boolean {
    return this.subscribers.every(({ size }) => size === 0);
  }

  /** Lets `member` in: from now on it hears what is said here. */
  admit(member: Member, channel: Broadcaster): Membership {
    const seat = new Membership(member, this);
    this.#audience(channel).add(seat);
    return seat;
  }

  release(seat: Membership): void {
    seat.subscribers?.remove(seat);
  }

  #audience(channel: Broadcaster): Subscribers {
    let audience = this.subscribers.find((audience) => audience.broadcaster === channel);
    if (audience === undefined) {
      audience = new Subscribers(channel);
      this.subscribers = this.subscribers.concat(audience);
    }
    return audience;
  }
}
