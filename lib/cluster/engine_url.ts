/**
 * The addresses of the engine, as `--cluster` has them: `redis://host:6379` or, with TLS, `rediss://host:6379`.
 * @module
 */

/** Where an engine listens. */
export interface EngineAddress {
  readonly hostname: string;
  readonly port: number;
  readonly tls: boolean;
  /** The user to log in as; `default` is the engine's own default. */
  readonly username: string;
  /** The number of the database. */
  readonly database: number;
}

/** The port of Redis and Valkey. */
const DEFAULT_PORT = 6379;

/** The schemes, and whether they are TLS. */
const SCHEMES: ReadonlyMap<string, boolean> = new Map([
  ["redis:", false],
  ["valkey:", false],
  ["rediss:", true],
  ["valkeys:", true],
]);

/** How a URL has to look, for error texts. */
const FORM = "redis://host:6379 or rediss://host:6379";

/**
 * Parses the addresses of one engine, with commas between them.
 *
 * @throws {TypeError} If one is not a valid address. The message never repeats a password.
 */
export function parseEngineUrls(text: string): EngineAddress[] {
  return text.split(",").map((part) => parseEngineUrl(part.trim()));
}

function parseEngineUrl(text: string): EngineAddress {
  const url = URL.parse(text.includes("://") ? text : "");
  const tls = url === null ? undefined : SCHEMES.get(url.protocol);
  if (url === null || tls === undefined || url.hostname === "") {
    throw new TypeError(`Invalid value for --cluster: use ${FORM}`);
  }
  if (url.password !== "") {
    throw new TypeError(
      "Invalid value for --cluster: other users of the machine can read a password in it, " +
        "use --cluster-password-file",
    );
  }
  const path = url.pathname.replace(/^\//, "");
  if (!/^\d{0,4}$/.test(path) || url.search !== "" || url.hash !== "") {
    throw new TypeError(
      `Invalid value for --cluster: only a database number may follow the address, as in ${FORM}/0`,
    );
  }
  return {
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
    tls,
    username: url.username === "" ? "default" : decodeURIComponent(url.username),
    database: Number(path),
  };
}

/** The address for the log and for errors. */
export function describeAddress({ hostname, port }: EngineAddress): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
