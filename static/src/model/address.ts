/**
 * Addresses of the page: links to rooms, and the command that reaches the same server from a terminal.
 * @module
 */
import * as protocol from "../net/protocol.ts";

/** The room in the fragment of an address, as in `https://chat.example/#dev`; `undefined` if there is none. */
export function roomOf(href: string): string | undefined {
  try {
    return decodeURIComponent(new URL(href).hash.slice(1)) || undefined;
  } catch {
    return undefined; // broken percent-encoding
  }
}

/** The address that shows a room, without its query. The lobby needs no fragment. */
export function linkTo(room: string, href: string): string {
  const url = new URL(href);
  url.search = "";
  url.hash = room === protocol.LOBBY ? "" : encodeURIComponent(room);
  return url.href.replace(/#$/, "");
}

/**
 * The command that connects a terminal to the server of the page. `undefined` behind https or in a folder: there a proxy is
 * likely, and proxies forward no lines.
 *
 * @param server The address of the server.
 */
export function terminalCommand(server: string): string | undefined {
  const { protocol: scheme, hostname, port, pathname } = new URL(server);
  if (scheme !== "ws:" || pathname !== "/") return undefined;
  return `nc ${hostname.replace(/^\[|\]$/g, "")} ${port || 80}`;
}
