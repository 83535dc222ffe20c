/**
 * The user's own name, picture and away state, below the list of rooms.
 * @module
 */
import type { ChatSession } from "../model/session.ts";
import { avatar } from "./avatar.ts";
import * as dom from "./dom.ts";
import * as protocol from "../net/protocol.ts";

/** Returns a function that draws the user. */
export function createSelfView() {
  const button = dom.byId("own-name", HTMLButtonElement);
  const away = dom.byId("self-away", HTMLElement);

  return ({ me, wantedName, state, rooms }: ChatSession) => {
    const name = me?.name ?? wantedName ?? (me && protocol.displayName(me));
    const picture = avatar(name ?? "?", rooms.shown.colours.of(name ?? ""));
    picture.id = "own-avatar";
    document.getElementById("own-avatar")?.replaceWith(picture);
    button.querySelector("bdi")?.replaceChildren(name ?? "no name yet");
    button.disabled = state !== "open";
    away.hidden = me?.away === undefined;
    away.title = me?.away ?? "";
  };
}
