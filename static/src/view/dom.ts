/**
 * Short words for what every view does: finding elements, making them, keeping things in the browser's storage. Text
 * becomes text nodes only; nothing here, or anywhere, makes HTML of a string.
 * @module
 */

export const SVG = "http://www.w3.org/2000/svg";

/** The element of the page with this id. */
export function byId<T extends Element>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new TypeError(`Cannot find #${id}: not in the page`);
  return element;
}

/** A new element. */
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

/** One of the page's icons, as a picture that says nothing to a screen reader. */
export function icon(name: string) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A place in the browser's storage. A page may be forbidden to use it; then nothing is kept. */
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

/** Runs something later. Returns what cancels that. */
export function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/** Runs something before the next picture, once for all calls until then. */
export function onceAFrame(run: () => void) {
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

/** Runs something a little later, once for all calls until then. */
export function onceIn(ms: number, run: () => void) {
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
 */
export function isComposing({ isComposing, keyCode }: KeyboardEvent) {
  return isComposing || keyCode === 229;
}
