/**
 * The parts of the lines that text clients read.
 * @module
 */
import {
  type BanInfo,
  displayName,
  type PastMessage,
  type Person,
  type RoomInfo,
  type Statistics,
} from "./shapes.ts";

/** The room in which every client begins. */
export const LOBBY = "lobby";

/** A text with its author in front. */
export function said(by: string, text: string): string {
  return eachLine(`[${by}]: `, text);
}

/** Repeats the prefix on every line of a text. Otherwise a line break would let an author write in another's name. */
export function eachLine(prefix: string, text: string): string {
  if (!text.includes("\n")) return prefix + text;
  return text.split(/\r?\n/).map((line) => prefix + line).join("\n");
}

export function messageLine(
  { from, text, action }: Pick<PastMessage, "from" | "text" | "action">,
): string {
  return action ? eachLine(`* ${displayName(from)} `, text) : said(displayName(from), text);
}

/** A message of the history, with its number and its time in UTC. */
export function pastLine(message: PastMessage): string {
  return eachLine(`#${message.id} ${timestamp(message.time)} `, messageLine(message));
}

/** `2026-01-31 12:00:00`, in UTC: readers who compare notes are in different places. */
function timestamp(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace("T", " ");
}

export function usersLine(room: string, users: readonly Person[], total: number): string {
  const where = room === LOBBY ? "online" : `in '${room}'`;
  if (total === 0) return `No users ${where}`;
  return `Users ${where}: ${users.map(userWithNotes).join(", ")}${more(users, total)}`;
}

function more(listed: readonly unknown[], total: number): string {
  return total > listed.length ? `, and ${total - listed.length} more` : "";
}

function userWithNotes({ name, address, away }: Person): string {
  const notes = name === undefined || name === null ? [] : [address];
  if (away !== undefined) notes.push(`away: ${withoutParentheses(away)}`);
  const who = displayName({ name, address });
  return notes.length === 0 ? who : `${who} (${notes.join(", ")})`;
}

/** Parentheses in a note could make one user look like two. */
function withoutParentheses(note: string): string {
  return note.replace(/[()]/g, "|");
}

export function roomsLine(rooms: readonly RoomInfo[], total: number): string {
  const listed = rooms.map(({ name, users }) => `${name} (${users})`);
  return `Rooms: ${listed.join(", ")}${more(rooms, total)}`;
}

/** `changed` tells that the client has just set the topic. */
export function topicReplyLine(
  { room, topic, changed }: {
    readonly room: string;
    readonly topic?: string | null | undefined;
    readonly changed: boolean;
  },
): string {
  const isSet = topic !== undefined && topic !== null;
  if (changed) return isSet ? `Topic set to '${topic}'` : "Topic cleared";
  return isSet ? `Topic of '${room}': ${topic}` : `No topic in '${room}'`;
}

export function statisticsLine(statistics: Statistics): string {
  return "Server Statistics: " + [
    `Total connections: ${statistics.totalConnections}`,
    `Active connections: ${statistics.activeConnections}`,
    `Total messages: ${statistics.totalMessages}`,
    `Total whispers: ${statistics.totalWhispers}`,
    `Dropped messages: ${statistics.droppedMessages}`,
    `Uptime: ${statistics.uptime} s`,
  ].join(" | ");
}

export function searchLine(
  { room, words, messages, complete }: {
    readonly room: string;
    readonly words: string;
    readonly messages: readonly PastMessage[];
    readonly complete: boolean;
  },
): string {
  const found = messages.length === 0
    ? [`Nothing found for '${words}' in '${room}'`]
    : messages.map(pastLine);
  if (!complete) found.push("Notice: Older messages were not searched, since that takes too long");
  return found.join("\n");
}

/** The target of a ban: `'Bob' and 203.0.113.7`. */
export function describeTarget({ name, network }: Pick<BanInfo, "name" | "network">): string {
  const parts = name === undefined || name === null ? [] : [`'${name}'`];
  return (network === undefined || network === null ? parts : [...parts, network]).join(" and ");
}

/** How long a ban lasts. */
export function describeEnd({ until }: Pick<BanInfo, "until">): string {
  if (until === undefined || until === null) return "until it is lifted";
  return `until ${timestamp(until)}`;
}

export function bansLine(bans: readonly BanInfo[], total: number): string {
  if (total === 0) return "No bans";
  const more = total > bans.length ? `, and ${total - bans.length} older` : "";
  return `Bans: ${bans.map(banWithNotes).join(", ")}${more}`;
}

function banWithNotes(ban: BanInfo): string {
  const reason = ban.reason === "" ? "" : `: ${withoutParentheses(ban.reason)}`;
  return `${describeTarget(ban)} ${describeEnd(ban)} (by ${ban.by}${reason})`;
}
