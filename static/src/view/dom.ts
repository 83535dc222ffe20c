/**
 * Helpers for elements, the browser's storage and timers. Texts become text nodes: no module of the page makes HTML from a
 * string.
 * @module
 */

export const SVG = "http://www.w3.org/2000/svg";

/** Returns the element with this id. Throws if there is none of this type. */
export function byId<T extends Element>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new TypeError(`Cannot find #${id}: not in the page`);
  return element;
}

/** Creates an element. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = "",
  ...children: Array<Node | string>
) {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.append(...children);
  return element;
}

/** Creates an icon that screen readers ignore. */
export function icon(name: string) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A value in the browser's storage. If the browser forbids storage, nothing is stored. */
export function store(where: "local" | "session", key: string) {
  const open = () => where === "local" ? localStorage : sessionStorage;
  return {
    load() {
      try {
        return open().getItem(`backchannel.${key}`);
      } catch {
        return null;
      }
    },
    save(text: string) {
      try {
        open().setItem(`backchannel.${key}`, text);
      } catch {
        // Full, or forbidden.
      }
    },
  };
}

/** Calls `run` after a time. Returns a function that cancels it. */
export function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/** Returns a function that calls `run` before the next frame, once for all calls until then. */
export function onceAFrame(run: () => void) {
  let isScheduled = false;
  return () => {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(() => {
      isScheduled = false;
      run();
    });
  };
}

/** Returns a function that calls `run` after a time, once for all calls until then. */
export function onceIn(ms: number, run: () => void) {
  let isScheduled = false;
  return () => {
    if (isScheduled) return;
    isScheduled = true;
    setTimeout(() => {
      isScheduled = false;
      run();
    }, ms);
  };
}

/**
 * Whether a key belongs to an input method. Safari reports the key that ends a composition after its end, so only its code
 * tells: 229 (UI Events, "keyCode for IME processing").
 */
export function isComposing({ isComposing, keyCode }: KeyboardEvent) {
  return isComposing || keyCode === 229;
}
