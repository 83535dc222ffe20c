/**
 * The log: shows a window of a timeline. Only the rows near the visible part are in the document; scrolling adds others.
 * Rows that are added or removed elsewhere do not move the visible ones.
 * @module
 */
import type { Entry, Timeline } from "../model/timeline.ts";
import * as dom from "./dom.ts";

export interface LogViewOptions {
  scroller: HTMLElement;
  list: HTMLElement;
  jump: HTMLButtonElement;
  render: (entry: Entry, previous: Entry | undefined, isMarked: boolean) => HTMLElement;
  /** Called when the user scrolls near the oldest entry. */
  onTop: () => void;
  /** Called when the user scrolls to the newest entry. */
  onEnd: () => void;
}

/** An entry and its distance from the top, in px. */
export type ScrollPosition = { key: number; offset: number };

/** The maximum number of rows in the document. */
const MAX_ROWS = 240;

/** The number of rows that are kept when there are more than the maximum. */
const KEPT_ROWS = 160;

/** The number of rows that are added when the user scrolls near an end. */
const ROW_STEP = 60;

/** The distance from an end, in px, at which rows are added: one strong turn of the wheel. */
const NEAR = 800;

/** The distance from the bottom, in px, within which the log follows new messages. */
const FOLLOW_DISTANCE = 32;

/** The maximum duration of the smooth scroll after a jump to the end, in ms. Its events do not count as scrolling up. */
const SMOOTH_SCROLL = 700;

/** How long an entry is marked after a jump to it, in ms. */
const FOUND_SHOWN = 2_500;

export function createLogView({ scroller, list, jump, render, onTop, onEnd }: LogViewOptions) {
  let timeline: Timeline | undefined;
  /** The indexes of the entries in the document, `to` excluded. */
  let from = 0, to = 0;
  /** The rows in the document by the keys of their entries. */
  const rows: Map<number, HTMLElement> = new Map();
  /** The keys of the entries that must be drawn again. */
  const changed: Set<number> = new Set();
  /** Whether the log follows new messages. */
  let following = true;
  let unseen = 0;
  /** The scroll position at the last event. */
  let lastTop = 0;
  let smoothScrollTimer: number | undefined;
  /** The scroll positions in timelines that are not shown. */
  const positions: WeakMap<Timeline, ScrollPosition> = new WeakMap();
  const updateSoon = dom.onceAFrame(update);

  const listener = {
    inserted(index: number) {
      const isAbove = index < from || (index === from && from < to);
      if (isAbove) from++;
      if (isAbove || index < to) to++;
      updateSoon();
    },
    removed(index: number, count: number) {
      from -= Math.min(count, Math.max(0, from - index));
      to -= Math.min(count, Math.max(0, to - index));
      updateSoon();
    },
    changed(key: number) {
      changed.add(key);
      updateSoon();
    },
  };

  function update() {
    if (timeline === undefined) return;
    if (following) follow();
    else {
      trim(scroller.scrollTop > distance() ? "top" : "bottom");
      keepPosition(draw);
      fill();
    }
    showJump();
    const isShort = scroller.scrollHeight <= scroller.clientHeight;
    if (from === 0 && (following ? isShort : scroller.scrollTop < NEAR)) onTop();
  }

  /** Draws the rows of the window. */
  function draw() {
    if (timeline === undefined) return;
    const entries: Entry[] = [];
    for (let index = from; index < to; index++) {
      const entry = timeline.at(index);
      if (entry) entries.push(entry);
    }
    const wanted = new Set(entries.map(({ key }) => key));
    for (const [key, row] of rows) {
      if (wanted.has(key) && !changed.has(key)) continue;
      row.remove();
      rows.delete(key);
    }
    changed.clear();
    let next = list.firstElementChild;
    entries.forEach((entry, index) => {
      const row = rows.get(entry.key) ?? rowOf(entry, from + index);
      if (row === next) next = row.nextElementSibling;
      else list.insertBefore(row, next);
    });
  }

  function rowOf(entry: Entry, index: number) {
    const row = render(entry, timeline?.at(index - 1), timeline?.mark === entry.key);
    rows.set(entry.key, row);
    return row;
  }

  /** Shows the newest entries and scrolls to the bottom. */
  function follow() {
    to = timeline?.size ?? 0;
    if (to - from > MAX_ROWS || to - from < KEPT_ROWS) from = Math.max(0, to - KEPT_ROWS);
    draw();
    scrollTo(scroller.scrollHeight);
  }

  /** Adds rows near the visible part. */
  function fill() {
    while (scroller.scrollTop < NEAR && from > 0) keepPosition(growUp);
    while (distance() < NEAR && to < (timeline?.size ?? 0)) keepPosition(growDown);
  }

  function growUp() {
    from = Math.max(0, from - ROW_STEP);
    trim("bottom");
    draw();
  }

  function growDown() {
    to = Math.min(timeline?.size ?? 0, to + ROW_STEP);
    trim("top");
    draw();
  }

  /**
   * Limits the number of rows.
   *
   * @param end The end at which rows may be removed.
   */
  function trim(end: "top" | "bottom") {
    if (to - from <= MAX_ROWS) return;
    if (end === "top") from = to - KEPT_ROWS;
    else to = from + MAX_ROWS;
  }

  /** The rows in the document, in order. */
  function rowList() {
    return [...list.children].filter((row) => row instanceof HTMLElement);
  }

  /** Changes rows without moving the visible ones: the first visible row that remains, or is drawn again, stays in place. */
  function keepPosition(change: () => void) {
    const top = scroller.scrollTop;
    const anchors = rowList().filter((row) => row.offsetTop + row.offsetHeight > top)
      .map((row) => ({ key: keyOf(row), offset: row.offsetTop - top }));
    change();
    const anchor = anchors.find(({ key }) => rows.has(key));
    if (anchor !== undefined) putAt(anchor);
  }

  function keyOf(row: HTMLElement) {
    return Number(row.dataset["key"]);
  }

  function putAt({ key, offset }: ScrollPosition) {
    const row = rows.get(key);
    if (row !== undefined) scrollTo(row.offsetTop - offset);
  }

  function scrollTo(top: number) {
    scroller.scrollTop = top;
    lastTop = scroller.scrollTop;
  }

  /** The distance from the visible part to the end of the rows, in px. */
  function distance() {
    return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
  }

  function showJump() {
    if (following) unseen = 0;
    jump.hidden = following;
    const label = unseen === 0
      ? "Newest messages"
      : unseen === 1
      ? "1 new message"
      : `${unseen.toLocaleString()} new messages`;
    const text = jump.querySelector("span");
    if (text && text.textContent !== label) text.textContent = label;
    jump.classList.toggle("fresh", unseen > 0);
  }

  function setFollowing(now: boolean) {
    const before = following;
    following = now;
    if (now && !before) onEnd();
  }

  scroller.addEventListener("scroll", () => {
    const top = scroller.scrollTop;
    const atEnd = to === timeline?.size && distance() <= FOLLOW_DISTANCE;
    // Only scrolling up ends following. Rows that are added below do not.
    if (atEnd) setFollowing(true);
    else if (top < lastTop && smoothScrollTimer === undefined) setFollowing(false);
    lastTop = top;
    if (!atEnd) updateSoon();
    else if (!jump.hidden) showJump();
  }, { passive: true });
  for (const event of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    scroller.addEventListener(event, endSmoothScroll, { passive: true });
  }
  jump.addEventListener("click", () => {
    scrollToEnd();
    scroller.focus({ preventScroll: true });
  });
  const observer = new ResizeObserver(() => {
    if (following) scrollTo(scroller.scrollHeight);
  });
  observer.observe(scroller);
  observer.observe(list);

  function scrollToEnd() {
    setFollowing(true);
    endSmoothScroll();
    smoothScrollTimer = Number(setTimeout(endSmoothScroll, SMOOTH_SCROLL));
    updateSoon();
  }

  /** From now on scroll events come from the user. */
  function endSmoothScroll() {
    clearTimeout(smoothScrollTimer);
    smoothScrollTimer = undefined;
  }

  /** Stores the scroll position, unless the log follows new messages. */
  function savePosition() {
    if (timeline === undefined) return;
    const row = rowList().find((one) => one.offsetTop + one.offsetHeight > scroller.scrollTop);
    if (following || row === undefined) positions.delete(timeline);
    else positions.set(timeline, { key: keyOf(row), offset: row.offsetTop - scroller.scrollTop });
  }

  /** Scrolls to an entry. If the newest entry is visible there, too, the log follows new messages. */
  function goTo({ key, offset }: ScrollPosition) {
    const index = timeline?.indexOf(key) ?? -1;
    if (timeline === undefined || index < 0) return;
    from = Math.max(0, index - ROW_STEP);
    to = Math.min(timeline.size, from + KEPT_ROWS);
    draw();
    putAt({ key, offset });
    following = to === timeline.size && distance() <= FOLLOW_DISTANCE;
    updateSoon();
  }

  return {
    /** Whether the log follows new messages. */
    get following() {
      return following;
    },
    /** Brings another timeline into view, where it was positions. */
    show(other: Timeline) {
      if (other === timeline) return;
      savePosition();
      timeline?.setListener(undefined);
      timeline = other;
      other.setListener(listener);
      list.replaceChildren();
      rows.clear();
      changed.clear();
      from = to = unseen = 0;
      following = true;
      endSmoothScroll();
      const position = positions.get(other);
      if (position !== undefined && other.get(position.key) !== undefined) goTo(position);
      else update();
    },
    /** Scrolls to the unread line, unless it is visible together with the newest entry. */
    scrollToMark(unread: number) {
      const mark = timeline?.mark;
      if (mark === undefined) return;
      update();
      goTo({ key: mark, offset: Math.round(scroller.clientHeight / 4) });
      unseen = following ? 0 : unread;
      showJump();
    },
    /** Scrolls to an entry, and marks it for a moment. */
    scrollToEntry(key: number) {
      update();
      goTo({ key, offset: Math.round(scroller.clientHeight / 3) });
      showJump();
      const row = rows.get(key);
      row?.classList.add("found");
      setTimeout(() => row?.classList.remove("found"), FOUND_SHOWN);
    },
    /** Counts a message of another user for the button that jumps to the newest. */
    addUnseen() {
      if (!following) unseen++;
      updateSoon();
    },
    /** Changes elements around the rows without moving the rows. */
    changeSurroundings(change: () => void) {
      if (following) change();
      else keepPosition(change);
      updateSoon();
    },
    scrollToEnd,
  };
}
