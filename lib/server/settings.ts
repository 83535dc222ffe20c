/**
 * The options of the library, which are also the flags of the program. `serve()`, `--help` and docs/configuration.md take
 * the name, default, bounds and help text of each from one table.
 * @module
 */
import type { Overflow } from "../delivery/ring_buffer.ts";

/** Options that are also flags of the program. Times are in seconds. */
export interface Settings {
  /** The TCP port to listen on; 0 picks a free one. */
  readonly port: number;
  /** The address to listen on. */
  readonly hostname: string;
  /** The TCP port for TLS; 0 picks a free one. Needs `tlsCert` and `tlsKey`. */
  readonly tlsPort: number;
  /** The path of the TLS certificate with its chain, PEM. Without it there is no TLS. */
  readonly tlsCert: string | undefined;
  /** The path of the private key of the certificate, PEM. */
  readonly tlsKey: string | undefined;
  /** Networks (`10.0.0.0/8,::1`) of trusted proxies, whose forwarded client addresses are believed. */
  readonly trustProxy: string | undefined;
  /** Time after which a silent client is treated as a line client. It gets the messages that were sent meanwhile. */
  readonly sniffTimeout: number;
  /** Time limit for the head of an HTTP request. */
  readonly headTimeout: number;
  /** Time limit for a TLS handshake. */
  readonly handshakeTimeout: number;
  /** Clients that stay silent for this long are disconnected; 0 for never. */
  readonly idleTimeout: number;
  /**
   * The idle timeout of line clients. They cannot be pinged, so a longer one keeps clients that only read. By default
   * `idleTimeout`.
   */
  readonly lineIdleTimeout: number;
  /** WebSocket clients that stay silent for this long are pinged; 0 for never. */
  readonly heartbeat: number;
  /** WebSocket clients that do not answer a ping within this time are disconnected. */
  readonly pongTimeout: number;
  /** Clients that have not read anything for this long while data is being written are disconnected; 0 for never. */
  readonly writeTimeout: number;
  /** Maximum number of messages queued for one client. */
  readonly capacity: number;
  /** Maximum number of bytes queued for one client. */
  readonly capacityBytes: number;
  /** What happens when a queue is full. */
  readonly overflow: Overflow;
  /** Maximum length of a line or WebSocket message, in bytes. */
  readonly maxPayload: number;
  /** Maximum length of a chat message, in bytes of UTF-8. Longer ones are refused. */
  readonly maxMessage: number;
  /** Whether clients see `guest-4821` instead of addresses. By default, unless `hostname` is loopback and no proxy is trusted. */
  readonly hideAddresses: boolean;
  /** Whether line clients, too, get notices of clients that join, leave or change their names. */
  readonly announce: boolean;
  /** Clients that reconnect within this time are not announced; 0 announces everybody at once. */
  readonly presenceDelay: number;
  /** The path of the SQLite file for room messages. Without it they are kept in memory. */
  readonly history: string | undefined;
  /** Number of messages kept for each room. */
  readonly historyLimit: number;
  /** How long messages are kept. */
  readonly historyAge: number;
  /** Whether no messages are kept. */
  readonly noHistory: boolean;
  /** Sustained rate of messages and commands of one client, per second; 0 for no limit. */
  readonly rate: number;
  /** Messages and commands that one client may send at once. */
  readonly burst: number;
  /** Maximum number of connections. */
  readonly maxClients: number;
  /** Maximum number of connections from one IP address (IPv6: from one /64), except loopback; 0 for no limit. */
  readonly maxPerIp: number;
  /** Maximum number of new connections per minute from one such address; 0 for no limit. */
  readonly connectRate: number;
  /** Share of one core that one such address may use, in percent; 0 for no limit. */
  readonly cpuPerIp: number;
  /** Requests per second to the HTTP API with the tokens of one program or user; 0 for no limit. */
  readonly apiRate: number;
  /** Event streams of the HTTP API at once with the tokens of one program or user. */
  readonly apiStreams: number;
  /** Other origins whose pages may connect, separated by commas; `null` for files, `*` for all. */
  readonly allowOrigin: string | undefined;
  /** Host names of the server besides IP addresses and `localhost`, separated by commas; `*` for all. */
  readonly allowHost: string | undefined;
  /** The path of a folder to serve instead of the built-in page. It is read when the server starts. */
  readonly static: string | undefined;
  /** The path of the file with the operator token. Without it there are no operators. */
  readonly operatorTokenFile: string | undefined;
  /** The path of the file with the shared password, without which nobody gets into the chat. */
  readonly passwordFile: string | undefined;
  /** The path of the file with the key, or keys, of signed tokens (JWT): public keys in PEM, a JWK, a JWK Set, or a secret. */
  readonly jwtKeyFile: string | undefined;
  /** The audience that signed tokens must name (`aud`). Without one, tokens that name an audience are refused. */
  readonly jwtAudience: string | undefined;
  /** The header field in which trusted proxies name the users that they have authenticated. Needs `trustProxy`. */
  readonly userHeader: string | undefined;
  /** The path of the file with the tokens of programs that use the HTTP API. */
  readonly apiTokenFile: string | undefined;
  /** The URL that events of the chat are sent to, see `docs/webhooks.md`. Needs `webhookSecretFile` or `webhookSecret`. */
  readonly webhook: string | undefined;
  /** The path of the file with the secret that webhooks are signed with. */
  readonly webhookSecretFile: string | undefined;
  /** Whether every message is sent back to its sender and to nobody else. */
  readonly echo: boolean;
  /** On shutdown, clients are notified at once and disconnected one by one over this time; 0 for at once. */
  readonly drain: number;
  /** A separate TCP port for `/metrics`, `/healthz` and `/readyz`; 0 for none. */
  readonly metricsPort: number;
  /** The address for `metricsPort` to listen on. */
  readonly metricsHostname: string;
  /**
   * The addresses of the Redis or Valkey that makes several servers one chat, separated by commas:
   * `redis://127.0.0.1:6379`, or `rediss://` with TLS. By default this server is the only one.
   */
  readonly cluster: string | undefined;
  /** The name of the chat. Several chats may use the same engine. */
  readonly clusterName: string;
  /** The path of the file with the engine's password. By default it asks for none. */
  readonly clusterPasswordFile: string | undefined;
  /** How long what clients do waits for an engine that does not answer. */
  readonly clusterTimeout: number;
  /** Whether other processes may listen on the same port, so that the kernel spreads clients over them. */
  readonly reusePort: boolean;
}

/** The sections of `--help` and of the documentation, in their order. */
export const SECTIONS = [
  "Network",
  "Timeouts",
  "Slow readers",
  "Messages",
  "History",
  "Limits",
  "Authentication",
  "Operation",
  "Several servers",
  "Logging and help",
] as const;

export type Section = typeof SECTIONS[number];

interface Base {
  readonly section: Section;
  /** Whether `--help` lists it among the most used flags. */
  readonly isMostUsed?: true;
  readonly help: string;
  /** The placeholder for the value in the help text. */
  readonly value?: string;
}
type NumberSetting = Base & {
  readonly type: "number";
  /** `undefined` if the default is the value of another setting. */
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

/** A day. Longer timeouts are mistakes, and timers of the runtime end at 24 days. */
const MAX_SECONDS = 86_400;

/** A year, in seconds. */
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

/** The table of settings. The comments give the reasons for the defaults. */
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
    // A lost first packet is resent after 0.2 s and a round trip. Half a second does not bother a reader.
    sniffTimeout: seconds(0.5, "treat a silent client as a line client after this long", 0.01, 60),
    // A slow phone needs one or two seconds from a head's first byte to its last.
    headTimeout: seconds(10, "refuse an HTTP request whose head takes longer than this", 0.01),
    // Two round trips and a signature.
    handshakeTimeout: seconds(
      10,
      "disconnect a client whose TLS handshake takes longer than this",
      0.01,
    ),
    // Longer than people think, shorter than a NAT keeps a silent connection.
    idleTimeout: {
      ...seconds(30, "disconnect a client that stays silent for this long; 0 for never"),
      isMostUsed: true,
    },
    // A longer one also keeps the names of clients that have vanished for longer.
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
    // A closed laptop or a dead phone. The kernel alone would notice after about fifteen minutes.
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
    // 1,024 messages of a kilobyte. 10,000 clients that do not read take 10 GiB in the worst case.
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
    // The longest message (4 kB) as JSON that escapes everything but ASCII, three bytes for one, and the rest of the object.
    maxPayload: count(
      16_384,
      16,
      16_777_216,
      "bytes",
      "maximum length of a line or WebSocket message",
    ),
    // A page of text, which fills a screen for every reader.
    maxMessage: count(
      4_096,
      1,
      16_777_216,
      "bytes",
      "maximum length of a chat message, in bytes of UTF-8",
    ),
    // The default for the default hostname.
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
    // Longer than a page takes to reload, or a phone to change from Wi-Fi to mobile.
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
    // As much as people read after a day away, at about 0.3 kB each.
    historyLimit: count(1_000, 1, 1_000_000, "messages", "number of messages kept for each room"),
    historyAge: {
      ...seconds(604_800, "how long messages are kept, 7d for example", 1, 10 * YEAR),
      whole: true,
    },
    noHistory: { type: "switch", default: false, help: "keep no messages" },
  }),
  ...section("Limits", {
    // Four times as many lines as the fastest typists manage. The burst is for a screen of pasted text.
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
    // They fit into a gigabyte with room to spare, and below the usual raised limit of descriptors.
    maxClients: count(
      10_000,
      1,
      10_000_000,
      "connections",
      "connections at once; more are refused",
    ),
    // An office behind one address, where a page opens six connections at once.
    maxPerIp: count(
      64,
      0,
      10_000_000,
      "connections",
      "connections at once from one address; 0 for no limit",
    ),
    // Forty page loads of six persistent connections and a WebSocket each.
    connectRate: count(
      300,
      0,
      10_000_000,
      "connections",
      "new connections per minute from one address; 0 for no limit",
    ),
    // 5,000 messages a second, or 100 people who load history at once. It takes ten addresses to saturate a core.
    cpuPerIp: {
      type: "number",
      default: 10,
      min: 0,
      max: 100,
      whole: false,
      value: "percent",
      help: "share of one core that one address may use; 0 for no limit",
    },
    // As many messages as a client may send: a build that reports each of its steps stays below.
    apiRate: {
      type: "number",
      default: 20,
      min: 0,
      max: 1_000_000,
      whole: false,
      value: "requests",
      help: "requests per second to /api with one token; 0 for no limit",
    },
    // A dashboard for each room, twice over while one version replaces another.
    apiStreams: count(
      100,
      1,
      10_000_000,
      "streams",
      "event streams of /api at once with one token",
    ),
    allowOrigin: {
      type: "text",
      default: undefined,
      value: "origins",
      help: "other sites whose pages may connect: https://host,..., null (files) or * (all)",
    },
    // Any page can point its own name at this machine (DNS rebinding), so the operator must list the names.
    allowHost: {
      type: "text",
      default: undefined,
      value: "names",
      help: "names of this server in URLs besides localhost: chat.example,... or * (all)",
      isMostUsed: true,
    },
  }),
  ...section("Authentication", {
    passwordFile: {
      type: "text",
      default: undefined,
      value: "file",
      help: "file with the password that lets clients in; 8 characters or more",
      isMostUsed: true,
    },
    jwtKeyFile: {
      type: "text",
      default: undefined,
      value: "file",
      help: "file with the key of signed tokens (JWT): PEM, JWK, JWK Set or a secret",
    },
    jwtAudience: {
      type: "text",
      default: undefined,
      value: "name",
      help: "audience that signed tokens must be meant for",
    },
    // Each proxy has a name of its own for it.
    userHeader: {
      type: "text",
      default: undefined,
      value: "name",
      help: "header field in which trusted proxies name the user: X-Forwarded-User for example",
    },
    apiTokenFile: {
      type: "text",
      default: undefined,
      value: "file",
      help: "file with the tokens that /api accepts; each line has a name, a token and rights",
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
    webhook: {
      type: "text",
      default: undefined,
      value: "url",
      help: "send the events of all rooms to this URL, signed; needs --webhook-secret-file",
    },
    webhookSecretFile: {
      type: "text",
      default: undefined,
      value: "file",
      help: "file with the secret that webhooks are signed with",
    },
    echo: {
      type: "switch",
      default: false,
      help: "send every message back to its sender and to nobody else",
    },
    // With a single server, clients have nowhere else to connect to meanwhile.
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
    // Metrics would tell strangers how busy the server is.
    metricsHostname: {
      type: "text",
      default: "127.0.0.1",
      value: "address",
      help: "address for --metrics-port to listen on",
    },
  }),
  ...section("Several servers", {
    cluster: {
      type: "text",
      default: undefined,
      value: "url,...",
      help: "make one chat with other servers over this Redis or Valkey: redis://host:6379",
    },
    clusterName: {
      type: "text",
      default: "backchannel",
      value: "name",
      help: "name of the chat, if several use the same Redis",
    },
    clusterPasswordFile: {
      type: "text",
      default: undefined,
      value: "file",
      help: "file with the password of the Redis",
    },
    // As long as people wait for a page. A restart of the engine takes a fraction of that.
    clusterTimeout: seconds(
      5,
      "refuse what clients do if the Redis is away for this long",
      0.1,
      60,
    ),
    reusePort: {
      type: "switch",
      default: false,
      help: "share the port with other servers on this machine; needs --unstable-net",
    },
  }),
};

/** A setting as the flag of the program: `idleTimeout` is `--idle-timeout`. */
export function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
