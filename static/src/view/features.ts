/**
 * Optional parts of the page. A module in static/src/features adds itself here when it is loaded, so that a new feature
 * changes neither the session nor the page.
 * @module
 */
import type { ChatRoom } from "../model/room.ts";
import type { ChatSession } from "../model/session.ts";
import type { Notifier } from "./notifications.ts";
import type { Panel } from "./layout.ts";

/** The page as features see it. */
export interface Page {
  /** `chat.on()` subscribes to events of the server, `chat.request()` sends requests. */
  readonly chat: ChatSession;
  readonly notifier: Notifier;
  /** Makes screen readers speak a text. */
  announce(text: string): void;
  /** Makes a button show and hide a panel. One panel is open at a time. */
  addPanel(id: string, onToggle: (open: boolean) => void): Panel;
  /** Shows the list of rooms, where it is hidden. */
  openSide(): void;
  /** Hides the list of rooms, if it covers the conversation. */
  closeSide(): void;
  /** Shows a room. */
  showRoom(room: ChatRoom): void;
  /** Shows an entry of the shown room. */
  showEntry(key: number): void;
  /** Calls `run` whenever another room is shown. */
  onRoom(run: () => void): void;
  /** Calls `run` whenever the state of the connection or this user's identity changes. */
  onStatus(run: () => void): void;
}

const features: Array<(page: Page) => void> = [];

/** Adds a feature. `start` is called once, when the page is ready. */
export function addFeature(start: (page: Page) => void): void {
  features.push(start);
}

/** Starts all features, in the order in which they were added. */
export function startFeatures(page: Page): void {
  for (const start of features) start(page);
}
