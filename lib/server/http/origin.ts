/**
 * The origins of pages that may open a WebSocket here. A browser lets any page connect to any server, and sends the page's
 * origin (RFC 6454 7); the server has to refuse unwanted ones (RFC 6455 10.2).
 * @module
 */

/** The origin of pages that were opened from a file, or in a sandbox. */
const OPAQUE = "null";

const ALL = "*";

/** The origins that are allowed in addition to the server's own. */
export class AllowedOrigins {
  readonly #all: boolean;
  readonly #origins: ReadonlySet<string>;

  /**
   * @param list Origins separated by commas, like `https://chat.example,http://localhost:4200`; `null` for pages opened from
   * a file, and `*` for all. By default there are none.
   *
   * @throws {TypeError} If an item is not an origin.
   */
  constructor(list?: string) {
    this.#all = list === ALL;
    this.#origins = new Set(this.#all ? [] : list?.split(",").map(normalize));
  }

  /**
   * Whether a page from `origin` may connect to a server that it addresses as `host`. A client that sends no origin is not
   * a browser, and may.
   *
   * The same host and port are the same origin. The scheme is compared only if `scheme` is known, since a proxy in front may
   * terminate TLS: without a port, `host` has the default port of the origin's scheme.
   */
  allows(
    origin: string | undefined,
    host: string | undefined,
    scheme?: "http" | "https",
  ): boolean {
    if (origin === undefined || this.#all) return true;
    if (host !== undefined && host !== "" && isSame(origin, host, scheme)) return true;
    return this.#origins.size > 0 && this.#origins.has(parse(origin) ?? origin);
  }
}

function isSame(origin: string, host: string, wanted: "http" | "https" | undefined): boolean {
  const scheme = /^https?:\/\//i.exec(origin)?.[0];
  if (scheme === undefined) return false;
  if (wanted !== undefined && scheme.toLowerCase() !== `${wanted}://`) return false;
  if (origin === scheme + host) return true; // the usual case
  const normal = parse(origin);
  return normal !== undefined && normal === parse(scheme + host);
}

function normalize(given: string): string {
  const item = given.trim();
  const origin = item === OPAQUE ? item : parse(item);
  if (origin === undefined) {
    throw new TypeError(
      `Cannot allow origin '${item}': not like https://host:port, null or *`,
    );
  }
  return origin;
}

/** An origin as browsers serialize it: lower case, without the default port of its scheme. */
function parse(text: string): string | undefined {
  if (!/^[a-z][a-z\d+.-]*:\/\/[^/?#@*\\\s]+$/i.test(text)) return undefined;
  const origin = URL.parse(text)?.origin;
  return origin === "null" ? text.toLowerCase() : origin; // an opaque origin, of a scheme that browsers do not know
}
