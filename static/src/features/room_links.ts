/**
 * Links to rooms: the fragment of the page's address names the shown room, and a link with a fragment shows its room.
 * @module
 */
import * as address from "../model/address.ts";
import { addFeature } from "../view/features.ts";
import { serverOf } from "../net/protocol.ts";

addFeature(({ chat, onRoom, onStatus }) => {
  if (serverOf(location.href) === undefined) return; // a page that was opened from disk can be shared with nobody
  /** The room of the address, until it can be joined. */
  let wanted = address.roomOf(location.href);

  function joinWanted() {
    if (wanted === undefined || !chat.ready || chat.state !== "open") return;
    const room = wanted;
    wanted = undefined;
    chat.join(room);
  }

  onStatus(joinWanted);
  onRoom(() => {
    const { name } = chat.rooms.shown;
    const link = new URL(address.linkTo(name, location.href));
    if (wanted === undefined) {
      history.replaceState(null, "", link.hash || location.pathname + location.search);
    }
  });
  globalThis.addEventListener("hashchange", () => {
    wanted = address.roomOf(location.href);
    joinWanted();
  });
});
