/**
 * The page in the browser: `deno task bundle` makes static/app.js of this, and of all that it imports.
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { createBrowserTab } from "./model/browser_tab.ts";
import { createRef } from "./net/protocol.ts";
import { startPage } from "./view/app.ts";
import { after, store } from "./view/dom.ts";

const channel = "BroadcastChannel" in globalThis
  ? new BroadcastChannel("backchannel.tab")
  : undefined;

const tab = createBrowserTab({
  memory: store("session", "tab"),
  channel: channel && {
    post: (message) => channel.postMessage(message),
    listen: (hear) => channel.addEventListener("message", ({ data }) => hear(data)),
  },
  after,
  createId: createRef,
});

globalThis.addEventListener("pagehide", tab.leave);
globalThis.addEventListener("pageshow", ({ persisted }) => persisted && tab.comeBack());
tab.claim(startPage);
