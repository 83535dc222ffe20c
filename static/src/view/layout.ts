/**
 * The parts beside the conversation: the list of rooms, which is a drawer on phones, and panels. One panel is open at a
 * time. On phones a panel covers the page; elsewhere nothing covers the conversation.
 * @module
 */
import * as dom from "./dom.ts";

/** A part of the page that a button shows and hides. */
export interface Panel {
  readonly open: boolean;
  show(open: boolean): void;
  close(): void;
}

export type Layout = ReturnType<typeof createLayout>;

/** The width from which on there is room for the rooms, the conversation and a panel. The style sheet has the same. */
const WIDE = "(min-width: 67.5rem)";

/** The width up to which the rooms are in a drawer and panels cover the page. The style sheet has the same. */
const PHONE = "(max-width: 43.74rem)";

export function createLayout() {
  const side = dom.byId("side", HTMLElement);
  const toggle = dom.byId("side-toggle", HTMLButtonElement);
  const shade = dom.byId("shade", HTMLElement);
  const main = dom.byId("main", HTMLElement);
  const phone = matchMedia(PHONE);
  const panels: Panel[] = [];

  function showSide(open: boolean) {
    const hadFocus = side.contains(document.activeElement);
    side.classList.toggle("open", open);
    toggle.setAttribute("aria-expanded", String(open));
    shade.hidden = !open;
    main.inert = open;
    if (open) side.querySelector<HTMLElement>("[aria-current]")?.focus();
    else if (hadFocus) toggle.focus();
  }

  function closeSide() {
    if (side.classList.contains("open")) showSide(false);
  }

  function closePanels(except?: Panel) {
    for (const panel of panels) if (panel !== except && panel.open) panel.show(false);
  }

  function openSide() {
    if (phone.matches) showSide(true);
    else if (toggle.checkVisibility()) closePanels(); // then the rooms are in the panel's place again
  }

  toggle.addEventListener("click", openSide);
  dom.byId("side-close", HTMLButtonElement).addEventListener("click", closeSide);
  shade.addEventListener("click", closeSide);
  side.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) closeSide();
  });
  phone.addEventListener("change", () => {
    closeSide();
    main.inert = phone.matches && panels.some(({ open }) => open);
  });

  return {
    openSide,
    closeSide,
    /** Whether panels cover the conversation. */
    get isPhone() {
      return phone.matches;
    },
    get isWide() {
      return matchMedia(WIDE).matches;
    },
    /**
     * Makes a button show and hide a panel.
     *
     * @param id The id of the panel. Its button has the id `<id>-toggle`.
     * @param onToggle Called after the panel was shown or hidden.
     */
    addPanel(id: string, onToggle: (open: boolean) => void): Panel {
      const element = dom.byId(id, HTMLElement);
      const button = dom.byId(`${id}-toggle`, HTMLButtonElement);
      const panel = {
        get open() {
          return !element.hidden;
        },
        show(open: boolean) {
          if (open) closePanels(panel);
          element.hidden = !open;
          if (button.hasAttribute("aria-expanded")) {
            button.setAttribute("aria-expanded", String(open));
          }
          main.inert = phone.matches && open;
          onToggle(open);
        },
        close() {
          const hadFocus = element.contains(document.activeElement);
          panel.show(false);
          if (!hadFocus) return;
          // The item of a menu that is closed cannot have the focus, but the menu's button can.
          const menu = button.closest("[popover]");
          const target = menu ? document.querySelector(`[popovertarget="${menu.id}"]`) : button;
          if (target instanceof HTMLElement) target.focus();
        },
      };
      button.addEventListener("click", () => {
        if (panel.open) return panel.close();
        closeSide();
        panel.show(true);
        element.querySelector("h2")?.focus();
      });
      element.querySelector(".close")?.addEventListener("click", panel.close);
      element.addEventListener("keydown", (event) => {
        if (event.key === "Escape") panel.close();
      });
      panels.push(panel);
      return panel;
    },
  };
}
