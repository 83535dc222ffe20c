/**
 * Events as the lines that text clients read.
 * @module
 */
import type { ChatEvent } from "./chat_event.ts";
import { EVENTS } from "./events.ts";
import { REPLIES } from "./replies.ts";
import { displayName } from "./shapes.ts";
import type { EventRow, ReplyRow } from "./table.ts";

/** The line that tells an event to text clients; `undefined` if they are not told. */
export function renderText(event: ChatEvent): string | undefined {
  if (event.type === "reply") {
    return (REPLIES[event.command] as ReplyRow<unknown, unknown>).text(event.data);
  }
  if (event.type === "custom") return event.text;
  return (EVENTS[event.type] as EventRow<unknown, unknown>).text?.(event);
}

/** Like {@linkcode renderText}, with a notice for each user who joins, leaves or changes their name. */
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
