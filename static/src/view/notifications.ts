/**
 * Telling somebody who is not looking, or cannot: the count in the title and the icon, notifications, and the live
 * region that a screen reader follows.
 * @module
 */
import type { Entry } from "../model/timeline.ts";
import * as dom from "./dom.ts";
import * as messageRow from "./message_row.ts";

const TITLE = "Backchannel";

/** How long what is to be read out is gathered, in ms, and how much of it is read out one by one. */
const GATHER = 400, ONE_BY_ONE = 3;

/** How often the count is drawn, in ms. */
const REDRAW = 200;

/** What is on the icon when there is nothing to count. */
const MARK =
  `<path d="M8 10.5h16M8 16h11M8 21.5h6" stroke="#fff" stroke-width="3" stroke-linecap="round"/>` +
  `<circle cx="22.5" cy="21.5" r="2.5" fill="#fff"/>`;

/** How much of a message a notification shows, in characters. */
const EXCERPT = 200;

/** Whether somebody can be reading the page: it is in sight, and its window is the one that is used. */
export function isAttended() {
  return !document.hidden && document.hasFocus();
}

/** @param run Told whenever that may have changed. */
export function onAttention(run: (attended: boolean) => void) {
  const tell = () => run(isAttended());
  document.addEventListener("visibilitychange", tell);
  globalThis.addEventListener("focus", tell);
  globalThis.addEventListener("blur", tell);
}

/** The count of what came while nobody was reading. */
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
 * The icon with a count on it, which is red when one is meant in person; without one the same as icon.svg, but there
 * even when the server is not.
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

/** Whether one wants to be notified, and doing it. */
export function createNotifier() {
  const wish = dom.store("local", "notify");
  let possible = "Notification" in globalThis && isSecureContext;

  return {
    get possible() {
      return possible;
    },
    get on() {
      return possible && wish.load() === "on" && Notification.permission === "granted";
    },
    /** Turns it on or off; on only if the reader allows it. */
    async turn(on: boolean) {
      wish.save(on ? "on" : "off");
      if (on && possible) await Notification.requestPermission();
    },
    /**
     * @param place The room where it was said.
     * @param open Brings it into view.
     */
    notify(entry: Entry, place: string, open: () => void) {
      if (!this.on || isAttended()) return;
      const title = entry.kind === "whisper"
        ? `${entry.sender} whispers`
        : `${entry.sender} mentions you in ${place}`;
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
        possible = false; // phones want a service worker for it
      }
    },
  };
}

/** What is said by a screen reader when it has said what it is saying. */
export function createAnnouncer() {
  const region = dom.byId("announcer", HTMLElement);
  /** The first of what is gathered. */
  let lines: string[] = [];
  let last = "";
  let count = 0;

  function speak() {
    region.textContent = count <= ONE_BY_ONE
      ? lines.join("\n")
      : `${count} new entries. The last: ${last}`;
    lines = [];
    count = 0;
  }

  function say(text: string) {
    if (count++ === 0) setTimeout(speak, GATHER);
    if (count <= ONE_BY_ONE) lines.push(text);
    last = text;
  }

  return {
    say,
    /** @param place The room, if it is not in view. */
    entry(entry: Entry, place?: string) {
      say(
        `${place === undefined ? "" : `In ${place}, `}${messageRow.speaker(entry)}: ${entry.text}`,
      );
    },
  };
}
