/**
 * The log: a window over a timeline. Only the entries near what is seen are in the document; scrolling brings others, and
 * what is read never moves under the reader's eyes, wherever entries come and go.
 * @module
 */
import type { Entry, TimelineStore } from "../model/timeline.ts";
import * as dom from "./dom.ts";

export interface LogViewOptions {
  scroller: HTMLElement;
  list: HTMLElement;
  jump: HTMLButtonElement;
  render: (entry: Entry, previous: Entry | undefined, isMarked: boolean) => HTMLElement;
  /** The reader comes near the oldest entry. */
  onTop: () => void;
  /** The reader reads the newest, now or again. */
  onEnd: () => void;
}

/** An entry, and how far it is from the top, in px. */
export type Spot = { key: number; offset: number };

export type LogWindow = ReturnType<typeof createLogView>;

/** Rows that may be in the document; when there are more, it is cut to the number to keep. */
const MOST = 240, KEEP = 160;

/** Rows that are added at once when the reader comes near an end. */
const STEP = 60;

/** How near, in px: a strong flick of the wheel. */
const NEAR = 800;

/** Who is so near to the bottom reads the newest, in px. */
const BOTTOM = 32;

/** How long a smooth scroll may go on after the reader has jumped to the end, in ms: it must not lead away again. */
const GLIDE = 700;

export function createLogView({ scroller, list, jump, render, onTop, onEnd }: LogViewOptions) {
  let timeline: TimelineStore | undefined;
  /** The places of the entries in the document: from the first to the one before the second. */
  let from = 0, to = 0;
  /** The rows in the document, by the keys of their entries. */
  const rows: Map<number, HTMLElement> = new Map();
  /** Entries that look different now. */
  const changed: Set<number> = new Set();
  /** Whether the reader reads the newest. */
  let following = true;
  let unseen = 0;
  /** Where the view was last put or seen. */
  let lastTop = 0;
  /** What ends the time in which a smooth scroll is not the reader's. */
  let gliding: number | undefined;
  /** Where the reader was in what is not in view now. */
  const left: WeakMap<TimelineStore, Spot> = new WeakMap();
  const updateSoon = dom.onceAFrame(update);

  const listener = {
    inserted(place: number) {
      const isAbove = place < from || (place === from && from < to);
      if (isAbove) from++;
      if (isAbove || place < to) to++;
      updateSoon();
    },
    removed(place: number, count: number) {
      from -= Math.min(count, Math.max(0, from - place));
      to -= Math.min(count, Math.max(0, to - place));
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
      hold(draw);
      fill();
    }
    showJump();
    const isShort = scroller.scrollHeight <= scroller.clientHeight;
    if (from === 0 && (following ? isShort : scroller.scrollTop < NEAR)) onTop();
  }

  /** Makes the document show the window. */
  function draw() {
    if (timeline === undefined) return;
    const entries: Entry[] = [];
    for (let place = from; place < to; place++) {
      const entry = timeline.at(place);
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

  function rowOf(entry: Entry, place: number) {
    const row = render(entry, timeline?.at(place - 1), timeline?.mark === entry.key);
    rows.set(entry.key, row);
    return row;
  }

  /** Shows the newest entries, and the last of them at the bottom. */
  function follow() {
    to = timeline?.size ?? 0;
    if (to - from > MOST || to - from < KEEP) from = Math.max(0, to - KEEP);
    draw();
    scrollTo(scroller.scrollHeight);
  }

  /** Brings what is missing near the place where one reads. */
  function fill() {
    while (scroller.scrollTop < NEAR && from > 0) hold(growUp);
    while (distance() < NEAR && to < (timeline?.size ?? 0)) hold(growDown);
  }

  function growUp() {
    from = Math.max(0, from - STEP);
    trim("bottom");
    draw();
  }

  function growDown() {
    to = Math.min(timeline?.size ?? 0, to + STEP);
    trim("top");
    draw();
  }

  /**
   * Keeps the document small.
   *
   * @param end Where rows may go.
   */
  function trim(end: "top" | "bottom") {
    if (to - from <= MOST) return;
    if (end === "top") from = to - KEEP;
    else to = from + MOST;
  }

  /** The rows in the document, in order. */
  function rowList() {
    return [...list.children].filter((row) => row instanceof HTMLElement);
  }

  /**
   * Changes the rows without moving what is seen: the first row in sight that is still there afterwards stays. One that
   * is drawn anew counts as there.
   */
  function hold(change: () => void) {
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

  function putAt({ key, offset }: Spot) {
    const row = rows.get(key);
    if (row !== undefined) scrollTo(row.offsetTop - offset);
  }

  function scrollTo(top: number) {
    scroller.scrollTop = top;
    lastTop = scroller.scrollTop;
  }

  /** How far the end of the document's part of the log is below what is seen. */
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
    const atEnd = to === timeline?.size && distance() <= BOTTOM;
    // Only who scrolls up leaves the end; what grows below does not send anybody away.
    if (atEnd) setFollowing(true);
    else if (top < lastTop && gliding === undefined) setFollowing(false);
    lastTop = top;
    if (!atEnd) updateSoon();
    else if (!jump.hidden) showJump();
  }, { passive: true });
  for (const event of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    scroller.addEventListener(event, land, { passive: true });
  }
  jump.addEventListener("click", () => {
    toEnd();
    scroller.focus({ preventScroll: true });
  });
  const observer = new ResizeObserver(() => {
    if (following) scrollTo(scroller.scrollHeight);
  });
  observer.observe(scroller);
  observer.observe(list);

  function toEnd() {
    setFollowing(true);
    land();
    gliding = Number(setTimeout(land, GLIDE));
    updateSoon();
  }

  /** From now on it is the reader who scrolls. */
  function land() {
    clearTimeout(gliding);
    gliding = undefined;
  }

  /** Remembers where the reader is, unless at the end. */
  function remember() {
    if (timeline === undefined) return;
    const row = rowList().find((one) => one.offsetTop + one.offsetHeight > scroller.scrollTop);
    if (following || row === undefined) left.delete(timeline);
    else left.set(timeline, { key: keyOf(row), offset: row.offsetTop - scroller.scrollTop });
  }

  /** Puts an entry where it was, or a little below the top, unless it can be seen together with the newest one. */
  function goTo({ key, offset }: Spot) {
    const place = timeline?.placeOf(key) ?? -1;
    if (timeline === undefined || place < 0) return;
    from = Math.max(0, place - STEP);
    to = Math.min(timeline.size, from + KEEP);
    draw();
    putAt({ key, offset });
    following = to === timeline.size && distance() <= BOTTOM;
    updateSoon();
  }

  return {
    /** Whether the reader reads the newest. */
    get following() {
      return following;
    },
    /** Brings another timeline into view, where it was left. */
    show(other: TimelineStore) {
      if (other === timeline) return;
      remember();
      timeline?.listen(undefined);
      timeline = other;
      other.listen(listener);
      list.replaceChildren();
      rows.clear();
      changed.clear();
      from = to = unseen = 0;
      following = true;
      land();
      const spot = left.get(other);
      if (spot !== undefined && other.get(spot.key) !== undefined) goTo(spot);
      else update();
    },
    /** Goes to the unread line, if it cannot be seen together with the newest entry. */
    toMark(unread: number) {
      const mark = timeline?.mark;
      if (mark === undefined) return;
      update();
      goTo({ key: mark, offset: Math.round(scroller.clientHeight / 4) });
      unseen = following ? 0 : unread;
      showJump();
    },
    /** Others have said something. */
    heard() {
      if (!following) unseen++;
      updateSoon();
    },
    /** Something around the rows has changed, which must not move them. */
    around(change: () => void) {
      if (following) change();
      else hold(change);
      updateSoon();
    },
    toEnd,
  };
}
