/**
 * The options of the library, which are also the flags of the program. One table has the name, default, bounds and help
 * of each, so that `serve()`, `--help` and docs/configuration.md cannot disagree.
 * @module
 */
import type { Overflow } from "../delivery/ring_buffer.ts";
import type { Clock } from "./connection/clock.ts";
import type { Logger } from "./observability/log.ts";
import { isLoopback } from "../ip/ip_address.ts";

/** Settings that are flags of the program too. Times are in seconds, as one types them. */
export interface Settings {
  /** The TCP port; 0 takes any free one. */
  readonly port: number;
  /** The address to listen on. */
  readonly hostname: string;
  /** The TCP port for TLS, if there is a certificate; 0 takes any free one. */
  readonly tlsPort: number;
  /** The path of the certificate for TLS, PEM, its chain behind it; without one there is no TLS. */
  readonly tlsCert: string | undefined;
  /** The path of the certificate's key, PEM. */
  readonly tlsKey: string | undefined;
  /** Networks (`10.0.0.0/8,::1`) of proxies that are believed whom they speak for. */
  readonly trustProxy: string | undefined;
  /** A client that stays silent for so many seconds after it connected is a line client, and hears what was said meanwhile. */
  readonly sniffTimeout: number;
  /** The head of an HTTP request, or whatever may become one, has so many seconds. */
  readonly headTimeout: number;
  /** A TLS handshake has so many seconds. */
  readonly handshakeTimeout: number;
  /** A client that sends nothing for so many seconds is disconnected; 0: never. */
  readonly idleTimeout: number;
  /**
   * The same for line clients, which no ping shows to be alive: a longer time keeps those that only read. By default
   * `idleTimeout`.
   */
  readonly lineIdleTimeout: number;
  /** A WebSocket client that is quiet for so many seconds is pinged; 0: never. */
  readonly heartbeat: number;
  /** A WebSocket client that does not answer a ping within so many seconds is disconnected. */
  readonly pongTimeout: number;
  /** A client that takes nothing of what is written to it for so many seconds is disconnected; 0: never. */
  readonly writeTimeout: number;
  /** Messages that may wait for one client. */
  readonly capacity: number;
  /** Bytes that may wait for one client. */
  readonly capacityBytes: number;
  /** What happens when more would wait. */
  readonly overflow: Overflow;
  /** The longest line or WebSocket message that is taken, in bytes. */
  readonly maxPayload: number;
  /** The longest text that is said to others, in bytes of UTF-8. Its sender is told, and stays. */
  readonly maxMessage: number;
  /** Clients see each other as `guest-4821` instead of by their addresses. By default, unless `hostname` is loopback and no proxy trusted. */
  readonly hideAddresses: boolean;
  /** Clients of the text protocol are told who comes, goes and has another name. */
  readonly announce: boolean;
  /** Who is back within so many seconds neither left nor came; 0: that somebody left is told at once. */
  readonly presenceDelay: number;
  /** The file in which what is said is kept; without one it is kept in memory, until the end. */
  readonly history: string | undefined;
  /** Messages that are kept of each room. */
  readonly historyLimit: number;
  /** Messages are kept for so many seconds. */
  readonly historyAge: number;
  /** Nothing that is said is kept. */
  readonly noHistory: boolean;
  /** Messages and commands that a client may say in a second, for long; 0: as many as it likes. */
  readonly rate: number;
  /** Messages and commands that a client may say at once. */
  readonly burst: number;
  /** Connections at once. */
  readonly maxClients: number;
  /** Connections at once from one IP address (IPv6: from one /64) other than the machine itself; 0: any number. */
  readonly maxPerIp: number;
  /** New connections within a minute from one such address; 0: any number. */
  readonly connectRate: number;
  /** The share of the server's time that one such address may use for long, in percent; 0: any. */
  readonly cpuPerIp: number;
  /** Origins of pages that may connect, besides the server's own: with commas between them, `null`, or `*` for all. */
  readonly allowOrigin: string | undefined;
  /** Names by which browsers reach the server, besides IP addresses and `localhost`: with commas between them, or `*`. */
  readonly allowHost: string | undefined;
  /** A folder that is served instead of the page, read when the server starts. */
  readonly static: string | undefined;
  /** The path of a file with the token that operators show; without one there are none. */
  readonly operatorTokenFile: string | undefined;
  /** Every message goes back to its sender and nowhere else. */
  readonly echo: boolean;
  /** When the server shuts down, all are told at once, and disconnected one by one within so many seconds. */
  readonly drain: number;
  /** A TCP port for `/metrics`, `/healthz` and `/readyz` alone; 0: none. */
  readonly metricsPort: number;
  /** The address to listen on for that port. */
  readonly metricsHostname: string;
}

/** Options of `serve()`. All of them may be left out. */
export interface ServeOptions extends Partial<Settings> {
  /** Shuts the server down when it is aborted. */
  readonly signal?: AbortSignal;
  /** Gets every log entry. By default nothing is logged. */
  readonly log?: Logger;
  /** Called once when the server listens, before `serve` returns. */
  readonly onListen?: (address: Deno.NetAddr) => void;
  /** The time. By default the machine's. */
  readonly clock?: Clock;
  /** Numbers from 0 up to but not including 1, for the moments of a drain. By default `Math.random`. */
  readonly random?: () => number;
}

/** The sections of `--help` and of the documentation, in their order. */
export const SECTIONS = [
  "Network",
  "Timeouts",
  "Slow readers",
  "Messages",
  "History",
  "Limits",
  "Operation",
  "Logging and help",
] as const;

export type Section = typeof SECTIONS[number];

interface Base {
  readonly section: Section;
  /** Whether `--help` has it on top. */
  readonly isMostUsed?: true;
  readonly help: string;
  /** What stands for the value in the help text. */
  readonly value?: string;
}
type NumberSetting = Base & {
  readonly type: "number";
  /** Without one, that of another setting. */
  readonly default: number | undefined;
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
};
export type ChoiceSetting = Base & {
  readonly type: "choice";
  readonly default: string;
  readonly choices: readonly string[];
};
type TextSetting = Base & { readonly type: "text"; readonly default: string | undefined };
type SwitchSetting = Base & { readonly type: "switch"; readonly default: false };
export type Setting = NumberSetting | ChoiceSetting | TextSetting | SwitchSetting;

type WithoutSection<T> = T extends Setting ? Omit<T, "section"> : never;
type Unsorted = WithoutSection<Setting>;

/** A day: longer waits are mistakes, and a 32-bit count of milliseconds ends at 24 days. */
const MAX_SECONDS = 86_400;

/** A year has so many seconds. */
const YEAR = 31_536_000;

const seconds = (
  value: number,
  help: string,
  min = 0,
  max = MAX_SECONDS,
): WithoutSection<NumberSetting> => (
  { type: "number", default: value, min, max, whole: false, value: "seconds", help }
);
const count = (
  value: number,
  min: number,
  max: number,
  name: string,
  help: string,
): WithoutSection<NumberSetting> => (
  { type: "number", default: value, min, max, whole: true, value: name, help }
);

/** Puts settings into a section of `--help` and of the documentation. */
function section<Names extends string>(
  title: Section,
  settings: Readonly<Record<Names, Unsorted>>,
): Readonly<Record<Names, Setting>> {
  const sorted = Object.entries<Unsorted>(settings).map(([name, setting]) =>
    [name, { ...setting, section: title }] as const
  );
  return Object.fromEntries(sorted) as Readonly<Record<Names, Setting>>;
}

/** Every setting with its default and the reason for it. */
export const SETTINGS: { readonly [Name in keyof Settings]: Setting } = {
  ...section("Network", {
    port: {
      ...count(8080, 0, 65_535, "port", "TCP port to listen on; 0 picks a free one"),
      isMostUsed: true,
    },
    hostname: {
      type: "text",
      default: "127.0.0.1",
      value: "address",
      help: "address to listen on; 0.0.0.0 for all IPv4 addresses",
      isMostUsed: true,
    },
    // Next to 8080, as 443 is to 80.
    tlsPort: count(8443, 0, 65_535, "port", "TCP port for TLS; needs --tls-cert and --tls-key"),
    tlsCert: {
      type: "text",
      default: undefined,
      value: "file",
      help: "TLS certificate with its chain, PEM; reloaded when it changes",
      isMostUsed: true,
    },
    tlsKey: {
      type: "text",
      default: undefined,
      value: "file",
      help: "private key of the TLS certificate, PEM",
      isMostUsed: true,
    },
    trustProxy: {
      type: "text",
      default: undefined,
      value: "cidr,...",
      help: "trusted proxies, whose forwarded client addresses are believed",
      isMostUsed: true,
    },
  }),
  ...section("Timeouts", {
    // A first packet that is lost comes again after 0.2 s and a round trip. Half a second is no harm to a reader.
    sniffTimeout: seconds(0.5, "treat a silent client as a line client after this long", 0.01, 60),
    // A slow phone needs one or two seconds from a head's first byte to its last.
    headTimeout: seconds(10, "refuse an HTTP request whose head takes longer than this", 0.01),
    // Two round trips and a signature.
    handshakeTimeout: seconds(
      10,
      "disconnect a client whose TLS handshake takes longer than this",
      0.01,
    ),
    // Longer than a thought, shorter than a NAT's memory.
    idleTimeout: {
      ...seconds(30, "disconnect a client that stays silent for this long; 0 for never"),
      isMostUsed: true,
    },
    // By default that of idleTimeout. A longer one keeps the names of clients that have vanished as long.
    lineIdleTimeout: {
      ...seconds(
        0,
        "disconnect a line client that stays silent for this long; default: --idle-timeout",
      ),
      default: undefined,
    },
    // Three pings fit into the idle timeout; proxies cut WebSockets that are silent for 60 s.
    heartbeat: seconds(10, "ping a WebSocket client after this much silence; 0 for never"),
    // Ten times a bad mobile round trip.
    pongTimeout: seconds(
      5,
      "disconnect a WebSocket client that does not answer a ping within this time",
      0.01,
    ),
    // A closed lid or a dead phone; the kernel alone would take about fifteen minutes to notice.
    writeTimeout: seconds(
      60,
      "disconnect a client that has not read anything for this long; 0 for never",
    ),
  }),
  ...section("Slow readers", {
    // About a second of a very busy room.
    capacity: count(
      1_024,
      1,
      1_048_576,
      "messages",
      "maximum number of messages queued for one client",
    ),
    // What 1,024 messages of a kilobyte take; 10,000 jammed clients stay within 10 GiB at the very worst.
    capacityBytes: count(
      1_048_576,
      1_024,
      1_073_741_824,
      "bytes",
      "maximum number of bytes queued for one client",
    ),
    overflow: {
      type: "choice",
      default: "drop-oldest",
      choices: ["drop-oldest", "drop-newest", "disconnect"],
      value: "policy",
      help: "what to do when a queue is full: drop-oldest, drop-newest or disconnect",
    },
  }),
  ...section("Messages", {
    // The longest message (4 kB) as JSON that escapes all but ASCII, three bytes for one, and what stands around it.
    maxPayload: count(
      16_384,
      16,
      16_777_216,
      "bytes",
      "maximum length of a line or WebSocket message",
    ),
    // A page of text; a screen of it for each who reads.
    maxMessage: count(
      4_096,
      1,
      16_777_216,
      "bytes",
      "maximum length of a chat message, in bytes of UTF-8",
    ),
    // The default is that of the default hostname.
    hideAddresses: {
      type: "switch",
      default: false,
      help: "show guest-4821 instead of addresses; on unless bound to loopback only",
    },
    announce: {
      type: "switch",
      default: false,
      help: "tell line clients, too, who joins and leaves",
    },
    // What reloading a page or changing from Wi-Fi to mobile takes, and some.
    presenceDelay: seconds(
      15,
      "do not announce a client that reconnects within this time; 0 for none",
    ),
  }),
  ...section("History", {
    history: {
      type: "text",
      default: undefined,
      value: "file",
      help: "store room messages in this SQLite file instead of in memory",
      isMostUsed: true,
    },
    // What somebody reads who was away for a day, at about 0.3 kB each.
    historyLimit: count(1_000, 1, 1_000_000, "messages", "number of messages kept for each room"),
    historyAge: {
      ...seconds(604_800, "how long messages are kept, 7d for example", 1, 10 * YEAR),
      whole: true,
    },
    noHistory: { type: "switch", default: false, help: "keep no messages" },
  }),
  ...section("Limits", {
    // Four times what the fastest typists manage, in lines; programs that paste a screen of text have the burst.
    rate: {
      type: "number",
      default: 20,
      min: 0,
      max: 1_000_000,
      whole: false,
      value: "messages",
      help: "messages a client may send per second; 0 for no limit",
    },
    burst: count(60, 1, 1_000_000, "messages", "messages a client may send at once"),
    // What fits into a gigabyte with room to spare, and below the usual limit of descriptors when that is raised.
    maxClients: count(
      10_000,
      1,
      10_000_000,
      "connections",
      "connections at once; more are refused",
    ),
    // An office behind one address; a page opens six at once.
    maxPerIp: count(
      64,
      0,
      10_000_000,
      "connections",
      "connections at once from one address; 0 for no limit",
    ),
    // Forty page loads, each of them six connections, which are kept, and a WebSocket.
    connectRate: count(
      300,
      0,
      10_000_000,
      "connections",
      "new connections per minute from one address; 0 for no limit",
    ),
    // What 5,000 messages a second take, or 100 people who read back at once; ten addresses are needed to fill a core.
    cpuPerIp: {
      type: "number",
      default: 10,
      min: 0,
      max: 100,
      whole: false,
      value: "percent",
      help: "share of one core that one address may use; 0 for no limit",
    },
    allowOrigin: {
      type: "text",
      default: undefined,
      value: "origins",
      help: "other sites whose pages may connect: https://host,..., null (files) or * (all)",
    },
    // A page anywhere can make its own name lead to this machine. Only operators know which names are ours.
    allowHost: {
      type: "text",
      default: undefined,
      value: "names",
      help: "names of this server in URLs besides localhost: chat.example,... or * (all)",
    },
  }),
  ...section("Operation", {
    static: {
      type: "text",
      default: undefined,
      value: "folder",
      help: "serve this folder instead of the built-in page",
    },
    operatorTokenFile: {
      type: "text",
      default: undefined,
      value: "file",
      help: "file with the token that /oper accepts; 16 characters or more",
      isMostUsed: true,
    },
    echo: {
      type: "switch",
      default: false,
      help: "send every message back to its sender and to nobody else",
    },
    // With a single server there is nowhere else to send the clients meanwhile.
    drain: {
      ...seconds(0, "on shutdown, disconnect clients one by one over this time; 0 for at once"),
      isMostUsed: true,
    },
    metricsPort: count(
      0,
      0,
      65_535,
      "port",
      "TCP port for /metrics, /healthz and /readyz; 0 for none",
    ),
    // Metrics tell strangers how busy a server is and when it will break.
    metricsHostname: {
      type: "text",
      default: "127.0.0.1",
      value: "address",
      help: "address for --metrics-port to listen on",
    },
  }),
};

/** A setting as the flag of the program: `idleTimeout` is `--idle-timeout`. */
export function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} If a number is out of its bounds.
 * @throws {TypeError} If a value is of the wrong type or not one of the choices, or one is missing without which another
 * makes no sense.
 */
export function resolveSettings(given: Partial<Settings>): Settings {
  const settings: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const value = given[name as keyof Settings];
    settings[name] = value === undefined ? setting.default : checkSetting(name, setting, value);
  }
  // On this machine addresses are of use and tell nothing; elsewhere they are people's own.
  settings.hideAddresses = given.hideAddresses ??
    (!isLoopback(settings.hostname as string) || given.trustProxy !== undefined);
  settings.lineIdleTimeout ??= settings.idleTimeout;
  checkTls(given);
  checkHistory(given);
  return settings as unknown as Settings;
}

/** Who asks for TLS and would get none has to know. */
function checkTls({ tlsPort, tlsCert, tlsKey }: Partial<Settings>): void {
  if (tlsCert !== undefined && tlsKey !== undefined) return;
  const missing = tlsCert === undefined ? "certificate" : "key";
  if (tlsCert !== undefined || tlsKey !== undefined || tlsPort !== undefined) {
    throw new TypeError(`Cannot listen for TLS: there is no ${missing}`);
  }
}

/** Who names a file and gets none would find out when it is needed. */
function checkHistory({ history, noHistory }: Partial<Settings>): void {
  if (history === undefined || noHistory !== true) return;
  throw new TypeError(`Cannot keep history in '${history}': no history is to be kept`);
}

function checkSetting(name: string, setting: Setting, value: unknown): unknown {
  switch (setting.type) {
    case "number":
      if (typeof value !== "number") {
        throw new TypeError(`Cannot set ${name} to ${value}: not a number`);
      }
      if (
        !(value >= setting.min && value <= setting.max) ||
        (setting.whole && !Number.isInteger(value))
      ) {
        const kind = setting.whole ? "a whole number" : "a number";
        throw new RangeError(
          `Cannot set ${name} to ${value}: not ${kind} from ${setting.min} to ${setting.max}`,
        );
      }
      return value;
    case "choice":
      if (!setting.choices.includes(value as string)) {
        throw new TypeError(
          `Cannot set ${name} to ${value}: not one of ${setting.choices.join(", ")}`,
        );
      }
      return value;
    case "text":
      if (typeof value !== "string" || value === "") {
        throw new TypeError(`Cannot set ${name} to '${value}': not a text`);
      }
      return value;
    case "switch":
      if (typeof value !== "boolean") {
        throw new TypeError(`Cannot set ${name} to ${value}: not true or false`);
      }
      return value;
  }
}
