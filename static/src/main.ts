/**
 * Starts the page. `deno task bundle` makes static/app.js from this module, the features and their imports.
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { createBrowserTab } from "./model/browser_tab.ts";
import { RUNTIME } from "./net/client.ts";
import { startPage } from "./view/app.ts";
import { after, store } from "./view/dom.ts";

const channel = "BroadcastChannel" in globalThis
  ? new BroadcastChannel("backchannel.tab")
  : undefined;

const tab = createBrowserTab({
  memory: store("session", "tab"),
  channel: channel && {
    post: (message) => channel.postMessage(message),
    listen: (onMessage) => channel.addEventListener("message", ({ data }) => onMessage(data)),
  },
  after,
  createId: RUNTIME.createId,
});

globalThis.addEventListener("pagehide", tab.onHide);
globalThis.addEventListener("pageshow", ({ persisted }) => persisted && tab.onRestore());
tab.claim(startPage);
