// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * The log: a window over the timeline. Only the entries near what is seen are in the document; scrolling brings others
 * from memory, and what is read never moves under the reader's eyes.
 *
 * Must never know what an entry says, nor the wire.
 * @module
 */
"use strict";

/**
 * @import { Entry, TimelineStore } from "./timeline.js"
 */

/**
 * @typedef {object} LogViewOptions
 * @property {HTMLElement} scroller
 * @property {HTMLElement} list
 * @property {HTMLButtonElement} jump
 * @property {TimelineStore} timeline
 * @property {(entry: Entry, previous: Entry | undefined) => HTMLElement} render
 */

/** @typedef {ReturnType<typeof LogView.createLogView>} LogWindow */
/** @typedef {typeof LogView} LogViewModule */

const LogView = (() => {
  const { dom } = backchannel;

  /** Rows that may be in the document; when there are more, it is cut to the number to keep. */
  const MOST = 240, KEEP = 160;

  /** Rows that are fetched at once when the reader comes near an end. */
  const STEP = 60;

  /** How near, in px: a strong flick of the wheel. */
  const NEAR = 800;

  /** Who is so near to the bottom reads the newest, in px. */
  const BOTTOM = 32;

  /** How long a smooth scroll may go on after the reader has jumped to the end, in ms: it must not lead away again. */
  const GLIDE = 700;

  /** @param {LogViewOptions} options */
  function createLogView({ scroller, list, jump, timeline, render }) {
    /** The keys of the rows in the document: from the first to the one before the second. */
    let from = 0, to = 0;
    /** Whether the reader reads the newest. */
    let following = true;
    let unseen = 0;
    /** Where the view was last put or seen. */
    let lastTop = 0;
    /** What ends the time in which a smooth scroll is not the reader's. @type {number | undefined} */
    let gliding;
    /** Rows that are in the document and have changed. @type {Set<number>} */
    const changed = new Set();
    const update = dom.onceAFrame(() => {
      if (following) refresh();
      else if (changed.size > 0) hold(refresh);
      if (following) follow();
      else fill();
      showJump();
    });

    /** @param {number} key */
    function rowOf(key) {
      const entry = timeline.get(key);
      return entry ? render(entry, timeline.get(key - 1)) : document.createElement("div");
    }

    /**
     * @param {number} start
     * @param {number} end
     */
    function rows(start, end) {
      const fragment = document.createDocumentFragment();
      for (let key = start; key < end; key++) fragment.append(rowOf(key));
      return fragment;
    }

    function refresh() {
      for (const key of changed) {
        if (key >= from && key < to) list.children[key - from]?.replaceWith(rowOf(key));
      }
      changed.clear();
    }

    /** Shows the newest entries, and the last of them at the bottom. */
    function follow() {
      const { first, end } = timeline;
      if (end - to > KEEP || from < first) {
        from = Math.max(first, end - KEEP);
        list.replaceChildren(rows(from, end));
      } else {
        list.append(rows(to, end));
        if (end - from > MOST) cutTop(end - KEEP);
      }
      to = end;
      scrollTo(scroller.scrollHeight);
    }

    /** Brings what is missing near the place where one reads. */
    function fill() {
      if (from < timeline.first) hold(() => cutTop(Math.min(timeline.first, to)));
      if (to < timeline.first) from = to = timeline.first;
      while (scroller.scrollTop < NEAR && from > timeline.first) hold(growUp);
      while (distance() < NEAR && to < timeline.end) hold(growDown);
    }

    function growUp() {
      const start = Math.max(timeline.first, from - STEP);
      list.prepend(rows(start, from));
      from = start;
      while (to - from > MOST) {
        list.lastElementChild?.remove();
        to--;
      }
    }

    function growDown() {
      const end = Math.min(timeline.end, to + STEP);
      list.append(rows(to, end));
      to = end;
      if (to - from > MOST) cutTop(to - KEEP);
    }

    /** @param {number} start */
    function cutTop(start) {
      for (; from < start; from++) list.firstElementChild?.remove();
    }

    /**
     * Changes the rows without moving what is seen: the first row in sight that is still there afterwards stays.
     *
     * @param {() => void} change
     */
    function hold(change) {
      const top = scroller.scrollTop;
      const anchors = [...list.children].filter((row) =>
        row instanceof HTMLElement && row.offsetTop + row.offsetHeight > top
      );
      const places = anchors.map((row) => row instanceof HTMLElement ? row.offsetTop : 0);
      change();
      const index = anchors.findIndex((row) => row.isConnected);
      const anchor = anchors[index];
      if (!(anchor instanceof HTMLElement)) return;
      scrollTo(top + anchor.offsetTop - (places[index] ?? 0));
    }

    /** @param {number} top */
    function scrollTo(top) {
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

    scroller.addEventListener("scroll", () => {
      const top = scroller.scrollTop;
      const atEnd = to === timeline.end && distance() <= BOTTOM;
      // Only who scrolls up leaves the end; what grows below does not send anybody away.
      if (atEnd) following = true;
      else if (top < lastTop && gliding === undefined) following = false;
      lastTop = top;
      if (!atEnd) update();
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
      following = true;
      land();
      gliding = Number(setTimeout(land, GLIDE));
      update();
    }

    /** From now on it is the reader who scrolls. */
    function land() {
      clearTimeout(gliding);
      gliding = undefined;
    }

    return {
      /** An entry was added; `counts` if it is something that others said. @param {boolean} counts */
      added(counts) {
        if (!following && counts) unseen++;
        update();
      },
      /** @param {number} key */
      changed(key) {
        changed.add(key);
        // The one behind it may now begin a group, or no longer.
        changed.add(key + 1);
        update();
      },
      toEnd,
    };
  }

  return { createLogView };
})();
backchannel.logView = LogView;
