/**
 * Addresses of servers.
 * @module
 */

/** The address of a server for a WebSocket. In browsers it may be relative to the page. Throws a TypeError if it is none. */
export function toWebSocket(address: string | URL): string {
  const base: string | undefined = Object(globalThis).location?.href;
  const url = URL.canParse(String(address), base) ? new URL(address, base) : undefined;
  if (url === undefined || !/^(?:ws|http)s?:$/.test(url.protocol)) {
    throw new TypeError(`Cannot connect to '${address}': it is not like wss://host:port/`);
  }
  url.hash = "";
  return url.href.replace(/^http/, "ws");
}
