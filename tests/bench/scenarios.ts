// The scenarios: what the load generator does in each, and which of its figures the tables show.

import { ourCommand } from "./servers.ts";
import type { FanoutTask, Metric, Task, Transport } from "./job.ts";

/** The options of the tasks that the flags set. */
export interface Scale {
  readonly seconds: number;
  readonly quick: boolean;
}

/** A figure of a table; with `ratio`, ours divided by that row's. */
export interface Column {
  readonly title: string;
  readonly metric: Metric;
  readonly ratio?: true;
  /** Digits after the point. */
  readonly digits?: number;
  readonly percent?: true;
}

/** One way to start this server. */
export interface Edition {
  readonly variant: string;
  readonly command: () => readonly string[];
}

export interface Scenario {
  readonly number: number;
  readonly title: string;
  readonly transports: readonly Transport[];
  readonly tasks: (scale: Scale) => readonly Task[];
  /** Whether one run is enough, because it is long. */
  readonly once?: true;
  /** Whether only servers take part that have all transports. */
  readonly needsAll?: true;
  /** Only this server takes part, started in each of these ways. */
  readonly editions?: readonly Edition[];
  readonly columns: readonly Column[];
}

const BOTH: readonly Transport[] = ["ws", "tcp"];

const USAGE_COLUMNS: readonly Column[] = [
  { title: "CPU s", metric: "serverCpuSeconds", digits: 2 },
  { title: "in kernel", metric: "serverKernel", percent: true },
  { title: "server busy", metric: "serverBusy", percent: true },
  { title: "load busy", metric: "loadBusy", percent: true },
  { title: "others", metric: "othersBusy", percent: true },
];

const LOST_COLUMN: Column = { title: "lost", metric: "lost" };

const FANOUT_COLUMNS: readonly Column[] = [
  ...rateColumns("deliveries"),
  ...USAGE_COLUMNS,
  { title: "frames/read", metric: "framesPerRead", digits: 1 },
  LOST_COLUMN,
  { title: "extra", metric: "extra" },
];

/** Compiles the hot paths and fills the buffers of both sides. */
const WARMUP_SECONDS = 0.7;

/** Enough growth to judge. Some peers would go on until the machine is full. */
const FLOOD_RSS_CAP_MB = 1_000;

/** Above the 2.6 to 3.9 MB that kernels hold for a connection that is not read. */
const JAM_BYTES = 5_000_000;

/** V8 gives back what a burst of connections made it take when nothing has happened for half a minute, other engines at once. */
const QUIET_SECONDS = 45;

/** Lets the load generator use the HTTP API. */
const API_TOKEN = "the-token-of-the-load-generator";

/** The edition that those with a history are compared with. */
export const WITHOUT_HISTORY = "without";

/** The editions of the scenario of several servers. */
export const ALONE = "one server", CLUSTERED = "two servers";

export const SCENARIOS: readonly Scenario[] = [
  {
    number: 1,
    title: "single writes: 100 clients, 1 sender, 1 message in flight, 64 bytes",
    transports: BOTH,
    tasks: (scale) => [fanout(scale, { clients: 100, senders: 1, window: 1 })],
    columns: FANOUT_COLUMNS,
  },
  {
    number: 2,
    title: "pipelined: 1,000 clients, 8 senders, 64 messages in flight, 64 bytes",
    transports: BOTH,
    tasks: (scale) => [fanout(scale, { clients: 1_000, senders: 8, window: 64 })],
    columns: FANOUT_COLUMNS,
  },
  {
    number: 3,
    title: "slow readers: 900 read, 100 never do, paced messages of 200 bytes",
    transports: BOTH,
    tasks: ({ quick }) => [{
      kind: "slow-readers",
      readers: 900,
      stalled: 100,
      paces: quick ? [100] : [50, 100],
      payloadBytes: 200,
      jamBytes: quick ? 0 : JAM_BYTES,
      warmupSeconds: WARMUP_SECONDS,
      seconds: 2,
    }],
    columns: [
      { title: "p50 ms", metric: "p50Ms", digits: 1 },
      { title: "p99 ms", metric: "p99Ms", digits: 1 },
      { title: "ours:its", metric: "p99Ms", ratio: true },
      { title: "max ms", metric: "maxMs", digits: 1 },
      ...rssColumns(),
      ...USAGE_COLUMNS,
      LOST_COLUMN,
    ],
  },
  {
    number: 4,
    title: "flood: 1 sender at full speed, 1,000 clients that never read, 10 that do, 1,000 bytes",
    transports: BOTH,
    once: true,
    tasks: ({ quick }) => [{
      kind: "flood",
      stalled: 1_000,
      readers: 10,
      payloadBytes: 1_000,
      seconds: quick ? 5 : 60,
      rssCapMb: FLOOD_RSS_CAP_MB,
    }],
    columns: [
      { title: "flood s", metric: "seconds", digits: 1 },
      { title: "messages/s", metric: "perSecond" },
      ...rssColumns(),
      ...USAGE_COLUMNS,
    ],
  },
  {
    number: 5,
    title: "10,000 connections (--quick: 2,000), idle, then one message to all",
    transports: BOTH,
    once: true,
    tasks: ({ quick }) => [{
      kind: "idle",
      clients: quick ? 2_000 : 10_000,
      quietSeconds: quick ? 0 : QUIET_SECONDS,
      payloadBytes: 64,
    }],
    columns: [
      { title: "RSS MB at once", metric: "rssStartMb", digits: 1 },
      { title: "when idle", metric: "rssIdleMb", digits: 1 },
      { title: "ours:its", metric: "rssIdleMb", ratio: true },
      { title: "after message", metric: "rssAfterMb", digits: 1 },
      { title: "connect s", metric: "connectSeconds", digits: 2 },
      { title: "broadcast ms", metric: "broadcastMs", digits: 0 },
      ...USAGE_COLUMNS,
      LOST_COLUMN,
    ],
  },
  {
    number: 6,
    title: "ingest: 1 client with 1,000,000 lines alone (--quick: 200,000); 100 with 10,000 each",
    transports: BOTH,
    tasks: ({ quick }) => [
      ingest(1, quick ? 200_000 : 1_000_000, 20),
      ingest(100, 10_000, quick ? 1 : 3),
    ],
    columns: [...rateColumns("lines"), ...USAGE_COLUMNS, LOST_COLUMN],
  },
  {
    number: 7,
    title: "mixed: scenario 2 with half TCP and half WebSocket clients, and each alone",
    transports: ["ws", "tcp", "mixed"],
    needsAll: true,
    tasks: (scale) => [fanout(scale, { clients: 1_000, senders: 8, window: 64 })],
    columns: FANOUT_COLUMNS,
  },
  {
    number: 8,
    title: "history: scenario 2 without one, with one in memory, and in a file",
    transports: ["tcp", "ws"],
    tasks: (scale) => [fanout(scale, { clients: 1_000, senders: 8, window: 64 })],
    editions: [
      { variant: WITHOUT_HISTORY, command: () => ourCommand(["--no-history"]) },
      { variant: "in memory", command: () => ourCommand() },
      { variant: "in a file", command: inFile },
    ],
    columns: FANOUT_COLUMNS,
  },
  {
    number: 9,
    title:
      "notifications: 8 connections post, 64 messages of 64 bytes in flight, to 1,000 event streams",
    transports: ["api"],
    tasks: ({ seconds, quick }) => [{
      kind: "notify",
      readers: 1_000,
      posters: 8,
      window: 64,
      payloadBytes: 64,
      token: API_TOKEN,
      warmupSeconds: quick ? WARMUP_SECONDS / 2 : WARMUP_SECONDS,
      seconds,
    }],
    editions: [{ variant: "", command: withApi }],
    columns: [
      ...rateColumns("deliveries").filter(({ ratio }) => !ratio),
      { title: "posts/s", metric: "postsPerSecond" },
      ...USAGE_COLUMNS,
      { title: "frames/read", metric: "framesPerRead", digits: 1 },
      LOST_COLUMN,
      { title: "extra", metric: "extra" },
    ],
  },
  {
    number: 10,
    title: "several servers: scenarios 1 and 2 on one server, and on two with a Redis",
    transports: ["tcp", "ws"],
    tasks: (scale) => [
      { ...fanout(scale, { clients: 100, senders: 1, window: 1 }), variant: "single writes" },
      { ...fanout(scale, { clients: 1_000, senders: 8, window: 64 }), variant: "pipelined" },
    ],
    editions: [
      { variant: ALONE, command: () => ourCommand(["--no-history"]) },
      { variant: CLUSTERED, command: inCluster },
    ],
    columns: [
      ...rateColumns("deliveries").filter(({ ratio }) => !ratio),
      ...USAGE_COLUMNS,
      { title: "Redis CPU s", metric: "engineCpuSeconds", digits: 2 },
      { title: "frames/read", metric: "framesPerRead", digits: 1 },
      LOST_COLUMN,
      { title: "extra", metric: "extra" },
    ],
  },
];

function inCluster(): readonly string[] {
  return [Deno.execPath(), "run", "-A", new URL("cluster.ts", import.meta.url).pathname];
}

/** A new file each time. It is in a folder of temporary files, which the system clears. */
function inFile(): readonly string[] {
  const path = Deno.makeTempFileSync({ prefix: "bench-", suffix: ".db" });
  return ourCommand(["--history", path], [`--allow-read=${path}`, `--allow-write=${path}`]);
}

/** With a token for the HTTP API, and without its limits. */
function withApi(): readonly string[] {
  const path = Deno.makeTempFileSync({ prefix: "bench-", suffix: ".tokens" });
  Deno.writeTextFileSync(path, `bench ${API_TOKEN} read=* write=*\n`);
  const flags = ["--no-history", "--api-token-file", path, "--api-rate", "0"];
  return ourCommand([...flags, "--api-streams", "100000"], [`--allow-read=${path}`]);
}

function fanout(
  { seconds, quick }: Scale,
  shape: Pick<FanoutTask, "clients" | "senders" | "window">,
): Task {
  const warmupSeconds = quick ? WARMUP_SECONDS / 2 : WARMUP_SECONDS;
  return { kind: "fanout", ...shape, payloadBytes: 64, warmupSeconds, seconds };
}

/** `seconds` bounds it: a peer at 1,500 lines a second would need ten minutes for a million. */
function ingest(clients: number, linesPerClient: number, seconds: number): Task {
  return { kind: "ingest", clients, linesPerClient, payloadBytes: 64, seconds };
}

function rateColumns(things: string): readonly Column[] {
  return [
    { title: `${things}/s`, metric: "perSecond" },
    { title: "ours:its", metric: "perSecond", ratio: true },
    { title: "per CPU s", metric: "perCpuSecond" },
    { title: "ours:its", metric: "perCpuSecond", ratio: true },
  ];
}

function rssColumns(): readonly Column[] {
  return [
    { title: "RSS MB", metric: "rssStartMb", digits: 1 },
    { title: "max", metric: "rssMaxMb", digits: 1 },
    { title: "growth", metric: "rssGrowthMb", digits: 1 },
  ];
}
