/**
 * The page, as features see it that put something into it. A module in static/src/features registers what it does when it
 * is loaded, so the page has no line for each.
 * @module
 */
import type { RoomList } from "../model/rooms.ts";
import type { ChatSession } from "../model/session.ts";
import type { Notifier } from "./notifications.ts";
import type { Panel } from "./panels.ts";

export interface Page {
  readonly chat: ChatSession;
  readonly rooms: RoomList;
  readonly notifier: Notifier;
  /** Has a screen reader say something. */
  announce(text: string): void;
  /** Lets a button show and hide a part of the page. Where there is little room, only one is open at a time. */
  addPanel(id: string, onToggle: (open: boolean) => void): Panel;
  /** Does something whenever the connection, or who one is, has changed. */
  onStatus(run: () => void): void;
}

const starts: Array<(page: Page) => void> = [];

/** Does something when the page is made. */
export function onPage(start: (page: Page) => void): void {
  starts.push(start);
}

/** Starts all that features do with the page. */
export function startFeatures(page: Page): void {
  for (const start of starts) start(page);
}
