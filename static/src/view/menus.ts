/**
 * Menus: popovers at their buttons, with the keys that menus have (ARIA Authoring Practices, "Menu Button").
 * @module
 */
import * as dom from "./dom.ts";

/** The distance of a menu from its button and from the edge of the page, in px. */
const MARGIN = 6;

/** Prepares a menu. Its button has the id `<id>-toggle` and the attribute `popovertarget`. */
export function createMenu(id: string) {
  const menu = dom.byId(id, HTMLElement);
  const toggle = dom.byId(`${id}-toggle`, HTMLButtonElement);

  function items() {
    return [...menu.querySelectorAll("[role^=menuitem]")].filter((item) =>
      item instanceof HTMLButtonElement && !item.hidden && !item.disabled
    ) as HTMLButtonElement[];
  }

  /** Puts the menu below its button, or above it if there is more space. */
  function place() {
    const button = toggle.getBoundingClientRect();
    const { width, height } = menu.getBoundingClientRect();
    const left = Math.min(button.right - width, innerWidth - width - MARGIN);
    const isBelow = button.bottom + MARGIN + height <= innerHeight;
    const top = isBelow ? button.bottom + MARGIN : button.top - MARGIN - height;
    menu.style.setProperty("left", `${Math.max(MARGIN, left)}px`);
    menu.style.setProperty("top", `${Math.max(MARGIN, top)}px`);
  }

  const targets: Record<string, (index: number, length: number) => number> = {
    ArrowDown: (index, length) => (index + 1) % length,
    ArrowUp: (index, length) => (index + length - 1) % length,
    Home: () => 0,
    End: (_, length) => length - 1,
  };

  menu.addEventListener("toggle", () => {
    const isOpen = menu.matches(":popover-open");
    toggle.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) return;
    place();
    items()[0]?.focus();
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Tab") return close();
    const target = Object.hasOwn(targets, event.key) ? targets[event.key] : undefined;
    if (target === undefined) return;
    event.preventDefault();
    const all = items();
    const focused = all.findIndex((item) => item === document.activeElement);
    all[target(focused, all.length)]?.focus();
  });
  menu.addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.closest("button")) close();
  });
  globalThis.addEventListener("resize", close);

  function close() {
    if (menu.matches(":popover-open")) menu.hidePopover();
  }
}
