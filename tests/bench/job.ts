// The jobs of the load generator (one JSON argument) and its results (JSON lines).

/** How a client talks: WebSocket frames, lines over TCP, every second client one of the two, or the HTTP API. */
export type Transport = "ws" | "tcp" | "mixed" | "api";

/**
 * What a room makes of a message: Backchannel puts the sender's name in front and has commands, a
 * relay hands on what it got.
 */
export type Dialect = "backchannel" | "relay";

/** The server has one core for itself, the load generator the other. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

/** The server that is measured, as the load generator sees it. */
export interface Target {
  readonly port: number;
  readonly pid: number;
  /** The other server of the same chat, which every second client uses. */
  readonly other?: { readonly port: number; readonly pid: number };
  /** What the servers share, a Redis. */
  readonly enginePid?: number;
  readonly transport: Transport;
  readonly dialect: Dialect;
}

/** Closed loop: at most `window` messages are on their way to the last of their receivers. */
export interface FanoutTask {
  readonly kind: "fanout";
  /** Tells the tasks of one scenario apart. */
  readonly variant?: string;
  readonly clients: number;
  readonly senders: number;
  readonly window: number;
  readonly payloadBytes: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
}

/** Open loop at fixed paces, while some clients never read. */
export interface SlowReadersTask {
  readonly kind: "slow-readers";
  readonly readers: number;
  readonly stalled: number;
  /** Messages a second, one measurement each. */
  readonly paces: readonly number[];
  readonly payloadBytes: number;
  /** Sent to every client beforehand, so that those who never read are jammed for good. */
  readonly jamBytes: number;
  /** At the highest pace, not measured. */
  readonly warmupSeconds: number;
  readonly seconds: number;
}

/** One client writes as fast as it is let, while `stalled` never read. */
export interface FloodTask {
  readonly kind: "flood";
  readonly stalled: number;
  readonly readers: number;
  readonly payloadBytes: number;
  readonly seconds: number;
  /** The flood ends early when the server has grown to this. */
  readonly rssCapMb: number;
}

/** Many connections that say nothing, then one message to all. */
export interface IdleTask {
  readonly kind: "idle";
  readonly clients: number;
  /** Nothing happens for so long between the last connection and the message. */
  readonly quietSeconds: number;
  readonly payloadBytes: number;
}

/** Lines taken in: from one client alone, and from many at once that hear each other. */
export interface IngestTask {
  readonly kind: "ingest";
  readonly clients: number;
  readonly linesPerClient: number;
  readonly payloadBytes: number;
  /** The measurement ends after this even if not every line is in. */
  readonly seconds: number;
}

/** Closed loop: messages are posted over the HTTP API, and at most `window` of them are on their way to a reader. */
export interface NotifyTask {
  readonly kind: "notify";
  readonly readers: number;
  readonly posters: number;
  readonly window: number;
  readonly payloadBytes: number;
  /** What lets them read and write. */
  readonly token: string;
  readonly warmupSeconds: number;
  readonly seconds: number;
}

export type Task =
  | FanoutTask
  | SlowReadersTask
  | FloodTask
  | IdleTask
  | IngestTask
  | NotifyTask;

export interface Job {
  readonly target: Target;
  readonly task: Task;
}

/** Memory of the server: seconds since the start of the measurement, megabytes. */
export type RssSeries = ReadonlyArray<readonly [seconds: number, megabytes: number]>;

/** One measurement. A metric that could not be taken is left out. */
export interface Outcome {
  /** Tells the measurements of one job apart; empty when there is only one. */
  readonly variant: string;
  readonly metrics: Readonly<Partial<Record<Metric, number>>>;
  readonly rss?: RssSeries;
}

export type Metric =
  | "seconds"
  | "serverCpuSeconds"
  | "serverKernel"
  | "serverBusy"
  | "loadBusy"
  | "othersBusy"
  | "engineCpuSeconds"
  | "perSecond"
  | "perCpuSecond"
  | "framesPerRead"
  | "postsPerSecond"
  | "lost"
  | "extra"
  | "p50Ms"
  | "p99Ms"
  | "maxMs"
  | "rssStartMb"
  | "rssMaxMb"
  | "rssGrowthMb"
  | "rssIdleMb"
  | "rssAfterMb"
  | "connectSeconds"
  | "broadcastMs";

/** A line that the load generator writes to stdout. */
export type LoadLine = { readonly outcome: Outcome } | { readonly error: string };
