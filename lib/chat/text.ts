/**
 * Events as the lines that people read. Every line of the text protocol is made here, and nowhere else.
 *
 * Knows no wire format: whether a line ends with an LF or is a WebSocket frame is not its business.
 * @module
 */
import { type ChatEvent, displayName, type Farewell, type Person } from "./events.ts";
import type { Statistics } from "./statistics.ts";

const FAREWELLS: Readonly<Record<Farewell, string>> = {
  quit: "Goodbye!",
  idle: "Disconnected due to inactivity",
  shutdown: "Server is shutting down",
};

/** The line that tells `event`, without an end; `undefined` for what only programs are told. */
export function renderText(event: ChatEvent): string | undefined {
  switch (event.type) {
    case "hello":
    case "presence":
    case "ack":
      return undefined;
    case "message":
      return said(displayName(event.from), event.text);
    case "whisper":
      return said(`Whisper from ${displayName(event.from)}`, event.text);
    case "whispered":
      return said(`Whisper to ${displayName(event.to)}`, event.text);
    case "named":
      return `Username set to '${displayName(event.user)}'`;
    case "users":
      return renderUsers(event.users);
    case "statistics":
      return renderStatistics(event.statistics);
    case "help":
      return `Commands: ${
        event.commands.map(({ usage, summary }) => `${usage} (${summary})`).join(", ")
      }`;
    case "error":
      return event.text;
    case "dropped":
      return `Notice: ${event.count} messages were dropped because this connection is too slow`;
    case "farewell":
      return FAREWELLS[event.reason];
  }
}

/** A text of several lines says on each of them whose it is, or else anybody could write in somebody else's name. */
function said(by: string, text: string): string {
  if (!text.includes("\n")) return `[${by}]: ${text}`;
  return text.split(/\r?\n/).map((line) => `[${by}]: ${line}`).join("\n");
}

function renderUsers(users: readonly Person[]): string {
  if (users.length === 0) return "No users online";
  return `Users online: ${
    users.map(({ name, address }) => name === undefined ? address : `${name} (${address})`).join(
      ", ",
    )
  }`;
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
