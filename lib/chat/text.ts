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

/** The line that tells `event`, without an end. */
export function renderText(event: ChatEvent): string {
  switch (event.type) {
    case "message":
      return `[${displayName(event.from)}]: ${event.text}`;
    case "whisper":
      return `[Whisper from ${displayName(event.from)}]: ${event.text}`;
    case "whispered":
      return `[Whisper to ${displayName(event.to)}]: ${event.text}`;
    case "named":
      return `Username set to '${event.name}'`;
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
