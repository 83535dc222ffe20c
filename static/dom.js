// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * Short words for what every view does: finding elements, making them, keeping things in the browser's storage. Text
 * becomes text nodes only; nothing here, or anywhere, makes HTML of a string.
 *
 * Must never know the chat.
 * @module
 */
"use strict";

/** @typedef {typeof Dom} DomModule */

const Dom = (() => {
  const SVG = "http://www.w3.org/2000/svg";

  /**
   * The element of the page with this id.
   *
   * @template {Element} T
   * @param {string} id
   * @param {new () => T} type
   * @returns {T}
   */
  function byId(id, type) {
    const element = document.getElementById(id);
    if (!(element instanceof type)) throw new TypeError(`Cannot find #${id}: not in the page`);
    return element;
  }

  /**
   * A new element.
   *
   * @template {keyof HTMLElementTagNameMap} Tag
   * @param {Tag} tag
   * @param {string} [className]
   * @param {...(Node | string)} children
   */
  function make(tag, className = "", ...children) {
    const element = document.createElement(tag);
    if (className !== "") element.className = className;
    element.append(...children);
    return element;
  }

  /**
   * One of the page's icons, as a picture that says nothing to a screen reader.
   *
   * @param {string} name
   */
  function icon(name) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS(SVG, "use");
    use.setAttribute("href", `#i-${name}`);
    svg.append(use);
    return svg;
  }

  /**
   * A place in the browser's storage. A page may be forbidden to use it; then nothing is kept.
   *
   * @param {"local" | "session"} where
   * @param {string} key
   */
  function store(where, key) {
    const open = () => where === "local" ? localStorage : sessionStorage;
    return {
      load() {
        try {
          return open().getItem(`backchannel.${key}`);
        } catch {
          return null;
        }
      },
      /** @param {string} text */
      save(text) {
        try {
          open().setItem(`backchannel.${key}`, text);
        } catch {
          // Full, or forbidden.
        }
      },
    };
  }

  /**
   * Runs something before the next picture, once for all calls until then.
   *
   * @param {() => void} run
   */
  function onceAFrame(run) {
    let wanted = false;
    return () => {
      if (wanted) return;
      wanted = true;
      requestAnimationFrame(() => {
        wanted = false;
        run();
      });
    };
  }

  /**
   * Runs something a little later, once for all calls until then.
   *
   * @param {number} ms
   * @param {() => void} run
   */
  function onceIn(ms, run) {
    let wanted = false;
    return () => {
      if (wanted) return;
      wanted = true;
      setTimeout(() => {
        wanted = false;
        run();
      }, ms);
    };
  }

  /**
   * Whether a key belongs to an input method. Safari ends the composition before it reports the key that ended it, so there
   * only the code says so: 229 (UI Events, "keyCode for IME processing").
   *
   * @param {KeyboardEvent} event
   */
  function isComposing({ isComposing, keyCode }) {
    return isComposing || keyCode === 229;
  }

  return { SVG, byId, make, icon, store, onceAFrame, onceIn, isComposing };
})();
backchannel.dom = Dom;
