/**
 * What several events have in common: people, rooms, messages and bans, as they look on the wire.
 * @module
 */
import {
  choice,
  constant,
  flag,
  type GivenOf,
  integer,
  list,
  mark,
  nullable,
  number,
  object,
  optional,
  text,
} from "./schema.ts";

/** The maximum length of an `id` that a client gives to a request, in UTF-16 units. A UUID has 36. */
export const MAX_REF_LENGTH = 64;

/** The maximum length of a password or a token, in UTF-16 units. A token with a key of 4,096 bits has about 2,000. */
export const MAX_SECRET_LENGTH = 8_192;

/** A point in time, in milliseconds since 1970 (UTC). */
export const time = integer({ expected: "a time" });

/** A number of messages, people or rooms, or the number of a message in its room. */
export const count = integer({ min: 0, expected: "an offset" });

export const user = object({
  id: [
    integer(),
    "The number of a guest's connection, or of a user with all connections. It is never reused while the server runs.",
  ],
  name: [nullable(text()), "`null` for a user without a name, who is shown by address."],
  address: [text(), "`host:port`, or `guest-4821` if the server hides addresses."],
  away: [optional(text()), "Why the user is away, if they are."],
  account: [
    optional(text()),
    "Identifies a user who has logged in, on all devices and in stored messages. Guests have none.",
  ],
}, { name: "User" });

export const room = object({
  name: [text(), ""],
  topic: [nullable(text()), ""],
  users: [count, "The number of visible users."],
  offset: [count, "The `id` of the last message."],
}, { name: "Room" });

/** The members of a message, in a room or in its history. */
export const MESSAGE = {
  room: [text(), ""],
  id: [count, "Grows by one with every message in the room."],
  from: [user, ""],
  text: [text(), ""],
  action: [mark, "Whether the text is an action (`/me waves`)."],
} as const;

/** A message of the history: the event as it was sent at the time. */
export const pastMessage = object({
  type: [constant("message"), ""],
  time: [time, ""],
  ...MESSAGE,
}, { name: "MessageEvent" });

/** Messages of one room, oldest first, without a gap between them. */
export const PAGE = {
  messages: [
    list(pastMessage),
    "Oldest first, without gaps. `from.id` is 0 for messages of an earlier epoch.",
  ],
  more: [flag, "Whether there are more messages in the requested direction."],
} as const;

/** What a client missed. */
export const missed = object({
  recovered: [
    flag,
    "Whether this is everything. If not, these are the newest messages, and `more` tells whether older ones exist.",
  ],
  ...PAGE,
}, { name: "Missed" });

export const command = object({
  name: [text(), "Without the slash."],
  usage: [text(), "For example `/whisper <username> <message>`."],
  summary: [text(), ""],
}, { name: "CommandHelp" });

export const ban = object({
  name: [nullable(text()), "The banned name, if the ban has one."],
  network: [
    nullable(text()),
    "The banned address or network (`203.0.113.7`, `10.0.0.0/8`), if known.",
  ],
  since: [time, ""],
  until: [nullable(time), "`null` if the ban does not expire."],
  by: [text(), "The name of the operator."],
  reason: [text(), "Empty if none was given."],
}, { name: "Ban" });

export const missedRange = object({
  room: [text(), ""],
  from: [count, ""],
  to: [count, ""],
}, { name: "MissedRange" });

export const STATISTICS = {
  totalConnections: [count, "Clients that have ever taken part."],
  activeConnections: [count, "Clients that take part now."],
  totalMessages: [count, "Messages to rooms since the start."],
  totalWhispers: [count, "Private messages since the start."],
  droppedMessages: [count, "Messages that clients lost because they read too slowly."],
  uptime: [count, "Seconds since the start."],
} as const;

export const statistics = object(STATISTICS, { name: "Statistics" });

export const limits = object({
  maxPayload: [integer(), "The maximum frame size that the server accepts, in bytes."],
  maxMessage: [
    integer(),
    "The maximum message length, in bytes of UTF-8; longer ones are refused with `too_long`.",
  ],
  maxName: [integer(), "The maximum name length, in characters."],
  nameRules: [text(), "The rules for names, in words."],
  idleTimeout: [
    number,
    "Clients that stay silent for this many seconds are disconnected, pongs counted; 0: never.",
  ],
  heartbeat: [number, "Clients that are silent for this many seconds are pinged; 0: never."],
  maxRooms: [integer(), "The number of rooms that a client may be in."],
  history: [integer(), "The number of messages that are stored for each room; 0: none."],
}, { name: "Limits" });

export const presence = choice("join", "leave", "rename");

/** How others see somebody. */
export type Person = GivenOf<typeof user>;
/** What is told of a room. */
export type RoomInfo = GivenOf<typeof room>;
export type PastMessage = GivenOf<typeof pastMessage>;
export type Missed = GivenOf<typeof missed>;
export type MissedRange = GivenOf<typeof missedRange>;
export type CommandHelp = GivenOf<typeof command>;
export type BanInfo = GivenOf<typeof ban>;
export type Statistics = GivenOf<typeof statistics>;
export type Limits = GivenOf<typeof limits>;

/** The name that others see: the chosen name, or the address of those who have none. */
export function displayName({ name, address }: Pick<Person, "name" | "address">): string {
  return name ?? address;
}
