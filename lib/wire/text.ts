/**
 * Events as the lines that people read. Every line of the text protocol is made here, and nowhere else.
 *
 * Knows no wire format: whether a line ends with an LF or is a WebSocket frame is not its business.
 * @module
 */
import {
  type ChatEvent,
  type DisconnectReason,
  displayName,
  type Person,
  type RoomFacts,
} from "../chat/events.ts";
import type { PastMessage } from "../chat/events.ts";
import { LOBBY } from "../chat/room.ts";
import type { Ban } from "../chat/moderation.ts";
import { describeEnd, describeTarget } from "./bans.ts";
import type { Statistics } from "../chat/statistics.ts";

type Found = Extract<ChatEvent, { type: "found" }>;

const FAREWELLS: Readonly<Record<DisconnectReason, string>> = {
  quit: "Goodbye!",
  idle: "Disconnected due to inactivity",
  shutdown: "Server is shutting down",
  kicked: "Kicked",
  flood: "Excess flood: you kept sending more than this server takes",
};

/** The line that tells `event`, without an end; `undefined` for what only programs are told. */
export function renderText(event: ChatEvent): string | undefined {
  switch (event.type) {
    case "hello":
    case "presence":
    case "back":
    case "people":
    case "away":
    case "ack":
    case "throttled":
      return undefined;
    case "message":
      return renderMessage(event);
    case "whisper":
      return said(`Whisper from ${displayName(event.from)}`, event.text);
    case "whispered":
      return said(`Whisper to ${displayName(event.to)}`, event.text);
    case "topic":
      return event.topic === undefined
        ? `Notice: ${displayName(event.from)} cleared the topic`
        : `Notice: ${displayName(event.from)} set the topic to '${event.topic}'`;
    case "named":
      return `Username set to '${displayName(event.user)}'`;
    case "users":
      return renderUsers(event.room, event.users, event.total);
    case "joined":
      return `Joined room '${event.room.name}'` +
        (event.room.topic === undefined ? "" : `, topic: ${event.room.topic}`);
    case "left":
      return `Left room '${event.left}'`;
    case "rooms":
      return renderRooms(event.rooms, event.total);
    case "subject":
      return renderSubject(event.room, event.changed);
    case "history":
      return event.messages.length === 0
        ? `No history in '${event.room}'`
        : event.messages.map(renderPast).join("\n");
    case "found":
      return renderFound(event);
    case "marked":
      return event.user.away === undefined ? "You are back" : `You are away: ${event.user.away}`;
    case "statistics":
      return renderStatistics(event.statistics);
    case "help":
      return `Commands: ${
        event.commands.map(({ usage, summary }) => `${usage} (${summary})`).join(", ")
      }`;
    case "notice":
      return eachLine("Notice: ", event.text);
    case "operator":
      return "You are an operator now, see /help";
    case "bans":
      return renderBans(event.bans, event.total);
    case "done":
    case "error":
      return event.text;
    case "dropped":
      return `Notice: ${event.count} messages were dropped because this connection is too slow`;
    case "farewell":
      return event.words ?? FAREWELLS[event.reason];
  }
}

/** Like {@linkcode renderText}, for those who want to be told who comes and goes. */
export function renderAnnouncing(event: ChatEvent): string | undefined {
  if (event.type !== "presence") return renderText(event);
  const who = displayName(event.user);
  switch (event.event) {
    case "join":
      return `Notice: ${who} joined`;
    case "leave":
      return `Notice: ${who} left`;
    case "rename":
      return `Notice: ${event.previous ?? event.user.address} is now ${who}`;
  }
}

function renderMessage({ from, text, action }: Omit<PastMessage, "time">): string {
  return action ? eachLine(`* ${displayName(from)} `, text) : said(displayName(from), text);
}

/** With its number and the time in front, in UTC: those who compare notes sit in different places. */
function renderPast(message: PastMessage): string {
  const time = new Date(message.time).toISOString().slice(0, 19).replace("T", " ");
  return eachLine(`#${message.id} ${time} `, renderMessage(message));
}

function renderFound({ room, words, messages, complete }: Found): string {
  const found = messages.length === 0
    ? [`Nothing found for '${words}' in '${room}'`]
    : messages.map(renderPast);
  if (!complete) found.push("Notice: Older messages were not searched, since that takes too long");
  return found.join("\n");
}

function said(by: string, text: string): string {
  return eachLine(`[${by}]: `, text);
}

/** A text of several lines says on each of them whose it is, or else anybody could write in somebody else's name. */
function eachLine(by: string, text: string): string {
  if (!text.includes("\n")) return by + text;
  return text.split(/\r?\n/).map((line) => by + line).join("\n");
}

function renderUsers(room: string, users: readonly Person[], total: number): string {
  const where = room === LOBBY ? "online" : `in '${room}'`;
  if (total === 0) return `No users ${where}`;
  const more = total > users.length ? `, and ${total - users.length} more` : "";
  return `Users ${where}: ${users.map(renderUser).join(", ")}${more}`;
}

function renderUser({ name, address, away }: Person): string {
  const remarks = name === undefined ? [] : [address];
  // Without parentheses of its own, lest it look like one person more.
  if (away !== undefined) remarks.push(`away: ${away.replace(/[()]/g, "|")}`);
  const who = name ?? address;
  return remarks.length === 0 ? who : `${who} (${remarks.join(", ")})`;
}

function renderRooms(rooms: readonly RoomFacts[], total: number): string {
  const more = total > rooms.length ? `, and ${total - rooms.length} more` : "";
  return `Rooms: ${rooms.map(({ name, users }) => `${name} (${users})`).join(", ")}${more}`;
}

function renderBans(bans: readonly Ban[], total: number): string {
  if (total === 0) return "No bans";
  const more = total > bans.length ? `, and ${total - bans.length} older` : "";
  return `Bans: ${bans.map(renderBan).join(", ")}${more}`;
}

function renderBan(ban: Ban): string {
  const reason = ban.reason === "" ? "" : `: ${ban.reason.replace(/[()]/g, "|")}`;
  return `${describeTarget(ban)} ${describeEnd(ban)} (by ${ban.by}${reason})`;
}

function renderSubject({ name, topic }: RoomFacts, changed: boolean): string {
  if (changed) return topic === undefined ? "Topic cleared" : `Topic set to '${topic}'`;
  return topic === undefined ? `No topic in '${name}'` : `Topic of '${name}': ${topic}`;
}

function renderStatistics(statistics: Statistics): string {
  return "Server Statistics: " + [
    `Total connections: ${statistics.totalConnections}`,
    `Active connections: ${statistics.activeConnections}`,
    `Total messages: ${statistics.totalMessages}`,
    `Total whispers: ${statistics.totalWhispers}`,
    `Dropped messages: ${statistics.droppedMessages}`,
    `Uptime: ${statistics.uptime} s`,
  ].join(" | ");
}
