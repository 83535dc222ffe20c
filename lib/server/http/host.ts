/**
 * The host names by which the server may be addressed. A page elsewhere can make its host name resolve to this machine (DNS
 * rebinding): the browser then treats both as one origin, and only the name in Host tells them apart.
 * @module
 */
import { parseIpAddress } from "../../ip/ip_address.ts";

const ALL = "*";

/** RFC 6761 6.3: these names always resolve to the machine itself. */
const LOCALHOST = /^(?:.+\.)?localhost$/;

/** A DNS name, as in Host. */
const NAME = /^[a-z\d_-]+(?:\.[a-z\d_-]+)*$/;

export class AllowedHosts {
  /** Whether the operator has listed the names. Then they are checked behind a proxy too. */
  readonly isConfigured: boolean;
  readonly #all: boolean;
  readonly #names: ReadonlySet<string>;

  /**
   * @param list Names separated by commas, like `chat.example,chat.lan`, or `*` for all.
   * @param own The addresses that the server listens on, which may be names.
   *
   * @throws {TypeError} If an item of the list is not a name.
   */
  constructor(list?: string, own: readonly string[] = []) {
    this.isConfigured = list !== undefined;
    this.#all = list === ALL;
    const names = this.#all ? [] : list?.split(",").map(parseName) ?? [];
    this.#names = new Set([...names, ...own.map(normalize)]);
  }

  /** Whether `host`, with or without a port, is a name or address of this server. Browsers always send one. */
  allows(host: string | undefined): boolean {
    if (host === undefined || host === "" || this.#all) return true;
    const [, ipv6, name = ""] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
    if (ipv6 !== undefined) return parseIpAddress(ipv6) !== undefined;
    const normal = normalize(name);
    return this.#names.has(normal) || LOCALHOST.test(normal) ||
      parseIpAddress(normal) !== undefined;
  }
}

/** Names are case-insensitive, and a trailing dot only marks one as fully qualified. */
function normalize(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

function parseName(given: string): string {
  const name = normalize(given.trim());
  if (!NAME.test(name)) {
    throw new TypeError(`Cannot allow host '${given.trim()}': not a name like chat.example, or *`);
  }
  return name;
}
