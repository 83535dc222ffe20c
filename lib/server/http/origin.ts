/**
 * Which pages may open a WebSocket here: a browser sends along where the page came from (RFC 6454 7), and lets any page
 * connect to any server. It is for the server to say no (RFC 6455 10.2).
 * @module
 */

/** `null` is what pages have that come from nowhere: opened from a file, or in a sandbox. */
const NOWHERE = "null";

const ALL = "*";

/** The origins that are allowed besides that of the server itself. */
export class AllowedOrigins {
  readonly #all: boolean;
  readonly #origins: ReadonlySet<string>;

  /**
   * @param list Origins with commas between them, like `https://chat.example,http://localhost:4200`; `null` is for pages
   * opened from a file, and `*` for all. By default there are no others.
   *
   * @throws {TypeError} If something in it is no origin.
   */
  constructor(list?: string) {
    this.#all = list === ALL;
    this.#origins = new Set(this.#all ? [] : list?.split(",").map(normalize));
  }

  /**
   * Whether a page from `origin` may talk to what it calls `host`. Who sends no origin is no browser, and may.
   *
   * The same host and port are the same origin. The scheme, HTTP or HTTPS, matters only if `scheme` tells it, since
   * a proxy may stand in front and speak TLS: where `host` has no port, it is the default one of the origin's scheme.
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
  if (origin === scheme + host) return true; // the usual case, and no need to look closer
  const normal = parse(origin);
  return normal !== undefined && normal === parse(scheme + host);
}

function normalize(given: string): string {
  const item = given.trim();
  const origin = item === NOWHERE ? item : parse(item);
  if (origin === undefined) {
    throw new TypeError(
      `Cannot allow origin '${item}': not like https://host:port, null or *`,
    );
  }
  return origin;
}

/** An origin in the form that browsers give it: lower case, without the port if it is the scheme's default one. */
function parse(text: string): string | undefined {
  if (!/^[a-z][a-z\d+.-]*:\/\/[^/?#@*\\\s]+$/i.test(text)) return undefined;
  const origin = URL.parse(text)?.origin;
  return origin === "null" ? text.toLowerCase() : origin; // of schemes that browsers do not know, all is theirs
}
