/**
 * Notifies users who are not looking at the page: with a count in the title and the icon, with notifications, and with a
 * live region for screen readers.
 * @module
 */
import type { Entry } from "../model/timeline.ts";
import * as dom from "./dom.ts";
import * as messageRow from "./message_row.ts";

const TITLE = "Backchannel";

/** The time in which announcements are collected, in ms. */
const COLLECT = 400;

/** The number of announcements that are spoken one by one. More of them are summarized. */
const MAX_SPOKEN = 3;

/** The minimum interval between two updates of the count, in ms. */
const REDRAW = 200;

/** The drawing on the icon without a count. */
const MARK =
  `<path d="M8 10.5h16M8 16h11M8 21.5h6" stroke="#fff" stroke-width="3" stroke-linecap="round"/>` +
  `<circle cx="22.5" cy="21.5" r="2.5" fill="#fff"/>`;

/** The length of the part of a message that a notification shows, in UTF-16 units. */
const EXCERPT = 200;

/** Whether the page is visible and its window has the focus. */
export function isAttended() {
  return !document.hidden && document.hasFocus();
}

/** Calls `run` whenever {@linkcode isAttended} may have changed. */
export function onAttention(run: (attended: boolean) => void) {
  const notify = () => run(isAttended());
  document.addEventListener("visibilitychange", notify);
  globalThis.addEventListener("focus", notify);
  globalThis.addEventListener("blur", notify);
}

/** The count of messages that arrived while the page was not attended. */
export function createUnread() {
  const link = document.querySelector("link[rel=icon]");
  let count = 0;
  let personal = false;

  function draw() {
    document.title = count === 0 ? TITLE : `(${count > 999 ? "999+" : count}) ${TITLE}`;
    link?.setAttribute("href", badge(count, personal));
  }

  const drawSoon = dom.onceIn(REDRAW, draw);

  onAttention((attended) => {
    if (!attended || count === 0) return;
    count = 0;
    personal = false;
    draw();
  });

  return (isPersonal: boolean) => {
    if (isAttended()) return;
    count++;
    personal ||= isPersonal;
    drawSoon();
  };
}

/**
 * The icon with a count, which is red if a message is personal. Without a count it looks like icon.svg, but is a data URL,
 * so that it can be loaded without the server.
 */
function badge(count: number, personal: boolean) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">` +
    `<rect width="32" height="32" rx="8" fill="${personal ? "#a3271f" : "#0b5d56"}"/>` +
    `${count === 0 ? MARK : figure(count > 99 ? "99+" : String(count))}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

function figure(text: string) {
  const size = [0, 17, 14, 11][text.length];
  return `<text x="16" y="16" dy=".36em" text-anchor="middle" font-family="system-ui,sans-serif" ` +
    `font-weight="700" font-size="${size}" fill="#fff">${text}</text>`;
}

export type Notifier = ReturnType<typeof createNotifier>;

/** Notifications of the browser, and the setting that turns them on. */
export function createNotifier() {
  const setting = dom.store("local", "notify");
  let possible = "Notification" in globalThis && isSecureContext;

  return {
    get possible() {
      return possible;
    },
    get on() {
      return possible && setting.load() === "on" && Notification.permission === "granted";
    },
    /** Turns notifications on or off. The browser asks the user for permission. */
    async turn(on: boolean) {
      setting.save(on ? "on" : "off");
      if (on && possible) await Notification.requestPermission();
    },
    /**
     * @param room The name of the room.
     * @param open Shows the room.
     */
    notify(entry: Entry, room: string, open: () => void) {
      if (!this.on || isAttended()) return;
      const title = entry.kind === "whisper"
        ? `${entry.sender} whispers`
        : `${entry.sender} mentions you in ${room}`;
      try {
        const notification = new Notification(title, {
          body: entry.text.slice(0, EXCERPT),
          tag: `backchannel-${entry.key}`,
        });
        notification.onclick = () => {
          globalThis.focus();
          open();
          notification.close();
        };
      } catch {
        possible = false; // phones need a service worker for it
      }
    },
  };
}

/** Announces texts to screen readers. */
export function createAnnouncer() {
  const region = dom.byId("announcer", HTMLElement);
  /** The first of the collected announcements. */
  let lines: string[] = [];
  let last = "";
  let count = 0;

  function speak() {
    region.textContent = count <= MAX_SPOKEN
      ? lines.join("\n")
      : `${count} new entries. The last one: ${last}`;
    lines = [];
    count = 0;
  }

  function say(text: string) {
    if (count++ === 0) setTimeout(speak, COLLECT);
    if (count <= MAX_SPOKEN) lines.push(text);
    last = text;
  }

  return {
    say,
    /** @param room The name of the room, if it is not shown. */
    entry(entry: Entry, room?: string) {
      say(
        `${room === undefined ? "" : `In ${room}, `}${
          messageRow.senderLabel(entry)
        }: ${entry.text}`,
      );
    },
  };
}
