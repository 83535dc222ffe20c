/**
 * Injection tokens for everything that the service takes from the browser. Tests provide their own.
 * @module
 */
import { DOCUMENT, inject, InjectionToken, isDevMode } from "@angular/core";

/** The default server. */
export const DEFAULT_SERVER = "ws://127.0.0.1:8080";

/** The part of a WebSocket that the client uses. */
export type Socket = Pick<
  WebSocket,
  "readyState" | "protocol" | "onopen" | "onmessage" | "onclose" | "send" | "close"
>;

/** Opens a connection that offers one subprotocol. */
export const CREATE_SOCKET = new InjectionToken<(url: string, subprotocol: string) => Socket>(
  "CREATE_SOCKET",
  { factory: () => (url, subprotocol) => new WebSocket(url, subprotocol) },
);

/** Returns a number from 0 to 1. */
export const RANDOM = new InjectionToken<() => number>("RANDOM", { factory: () => Math.random });

/** Storage of texts by name: for this tab, which survives a reload, or for the browser. */
export interface Memory {
  get(name: string): string | null;
  set(name: string, value: string): void;
}

export const TAB_MEMORY = new InjectionToken<Memory>("TAB_MEMORY", {
  factory: () => rememberIn(inject(DOCUMENT).defaultView, "sessionStorage"),
});

export const BROWSER_MEMORY = new InjectionToken<Memory>("BROWSER_MEMORY", {
  factory: () => rememberIn(inject(DOCUMENT).defaultView, "localStorage"),
});

/** Whether this tab is a copy of another one that is still open, which owns the stored state. */
export const IS_COPY = new InjectionToken<boolean>("IS_COPY", { factory: () => false });

/** The servers to try in turn until one answers. `backchannel-server` in the page and `?server=` name one. */
export const SERVERS = new InjectionToken<readonly string[]>("SERVERS", {
  factory: () => {
    const { location, head } = inject(DOCUMENT);
    return chooseServers(location.href, {
      asked: new URLSearchParams(location.search).get("server"),
      configured: head.querySelector<HTMLMetaElement>("meta[name=backchannel-server]")?.content,
      isDevelopment: isDevMode(),
    });
  },
});

export interface ServerChoice {
  /** From the address of the page. Anybody can make such a link, so other origins are allowed only in development. */
  readonly asked?: string | null | undefined;
  /** From the page itself. Its author may choose any server. */
  readonly configured?: string | null | undefined;
  readonly isDevelopment: boolean;
}

/**
 * Chooses the servers of a page: the one that was asked for or configured, otherwise the origin of the page. Pages in
 * development or opened from disk have no origin and use the default. A page from this machine may come from a file server,
 * so it tries the default, too.
 *
 * Addresses may be relative to the page: `.` is its folder. Invalid addresses are ignored.
 *
 * @param page The address of the page.
 */
export function chooseServers(
  page: string,
  { asked, configured, isDevelopment }: ServerChoice,
): readonly string[] {
  const wanted = resolve(asked, page);
  if (wanted !== undefined && (isDevelopment || isSameOrigin(wanted, page))) return [wanted];
  const own = resolve(configured, page);
  if (own !== undefined) return [own];
  const { protocol, hostname } = new URL(page);
  if (isDevelopment || !/^https?:$/.test(protocol)) return [DEFAULT_SERVER];
  const origin = toWebSocket(new URL(".", page));
  return isLoopback(hostname) ? [origin, DEFAULT_SERVER] : [origin];
}

function resolve(address: string | null | undefined, page: string): string | undefined {
  if (!address || !URL.canParse(address, page)) return undefined;
  const server = toWebSocket(new URL(address, page));
  return /^wss?:/.test(server) ? server : undefined;
}

function isSameOrigin(server: string, page: string): boolean {
  return new URL(server).origin === new URL(toWebSocket(new URL(page))).origin;
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

function toWebSocket(url: URL): string {
  url.hash = "";
  return url.href.replace(/^http/, "ws");
}

/** Storage of the browser. If the browser forbids storage, nothing is stored. */
export function rememberIn(
  window: Window | null,
  storage: "sessionStorage" | "localStorage",
): Memory {
  return {
    get: (name) => {
      try {
        return window?.[storage].getItem(`backchannel.angular.${name}`) ?? null;
      } catch {
        return null;
      }
    },
    set: (name, value) => {
      try {
        window?.[storage].setItem(`backchannel.angular.${name}`, value);
      } catch {
        // The browser forbids storage.
      }
    },
  };
}
