/**
 * What the service takes from the browser. Tests provide their own.
 * @module
 */
import { DOCUMENT, inject, InjectionToken, isDevMode } from "@angular/core";

/** Where a server is looked for if nothing else is said. */
export const DEFAULT_SERVER = "ws://127.0.0.1:8080";

/** As much of a WebSocket as is used. */
export type Socket = Pick<
  WebSocket,
  "readyState" | "protocol" | "onopen" | "onmessage" | "onclose" | "send" | "close"
>;

/** Opens a connection that offers one subprotocol. */
export const CREATE_SOCKET = new InjectionToken<(url: string, subprotocol: string) => Socket>(
  "CREATE_SOCKET",
  { factory: () => (url, subprotocol) => new WebSocket(url, subprotocol) },
);

/** From 0 to 1. */
export const RANDOM = new InjectionToken<() => number>("RANDOM", { factory: () => Math.random });

/** What is kept of this tab across a reload, and of this browser for good. Texts by name. */
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

/** Whether this tab is a copy of another that is still open: what is under way there is not here. */
export const IS_COPY = new InjectionToken<boolean>("IS_COPY", { factory: () => false });

/** Servers to try, in turn until one answers. The page's `backchannel-server` and `?server=` name one. */
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
  /** From the address of the page. Anybody can make such a link, so it counts only where it cannot lead to a stranger. */
  readonly asked?: string | null | undefined;
  /** From the page itself, whose author may choose any server. */
  readonly configured?: string | null | undefined;
  readonly isDevelopment: boolean;
}

/**
 * Where a page looks for its server: where it was told to; else where it came from. A page under development and one
 * from disk came from no server, and one from this machine may have come from a plain file server: these try the default.
 *
 * Addresses may be relative to that of the page: `.` is where the page came from. Those that are none are ignored.
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

/** A browser that is told to keep nothing throws at every touch; then this forgets at once. */
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
        // Nothing is kept.
      }
    },
  };
}
