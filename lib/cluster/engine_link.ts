/**
 * The two connections of a node to the engine, made anew whenever one of them ends: one for commands and private messages,
 * and one that waits for the log.
 * @module
 */
import type { RespValue } from "../protocol/resp/resp.ts";
import { connectToEngine } from "./engine.ts";
import { EngineConnection } from "./engine_connection.ts";
import { describeError, EngineUnavailable } from "./engine_error.ts";
import type { EngineAddress } from "./engine_url.ts";

/** The pauses between attempts to connect, in ms. A restart of the engine takes a fraction of a second. */
const FIRST_PAUSE = 50, MAX_PAUSE = 1_000;

/** The longest time for one attempt to connect and log in, in ms. */
const MAX_ATTEMPT = 2_000;

/** Timers, passed in for tests. */
export interface ClusterClock {
  /** Milliseconds from any origin; never goes back. */
  now(): number;
  every(ms: number, action: () => void): () => void;
  after(ms: number, action: () => void): () => void;
}

/** Both connections to one run of the engine. */
export interface EnginePair {
  readonly commands: EngineConnection;
  readonly log: EngineConnection;
  readonly run: string;
}

/** What a node logs. */
export type ClusterLogKind =
  /** The connection to the engine has ended. */
  | "cluster_lost"
  /** The engine cannot be connected again. */
  | "cluster_failing"
  | "cluster_recovered"
  /** The engine answers, but does not write. */
  | "cluster_refused"
  /** The other nodes took this one for dead. */
  | "cluster_fenced"
  /** The log went on without this node for too long. */
  | "cluster_gap"
  /** The engine has lost what clients have seen. */
  | "cluster_data_lost";

/** Logs what has happened; `detail` may be empty. */
export type ClusterLog = (kind: ClusterLogKind, detail: string) => void;

export interface EngineLinkOptions {
  readonly addresses: readonly EngineAddress[];
  readonly password: string | undefined;
  /** How long the engine may take to answer at the start, in ms. */
  readonly timeout: number;
  readonly clock: ClusterClock;
  readonly log: ClusterLog;
  readonly onPush: (items: readonly RespValue[]) => void;
  /** Begins to use the connections. If it fails, they are closed. */
  readonly onConnected: (pair: EnginePair) => Promise<void>;
  readonly onLost: () => void;
  readonly onReconnect: () => void;
}

export class EngineLink {
  readonly #options: EngineLinkOptions;
  #isClosed = false;
  #pair: EnginePair | undefined;
  #running: Promise<void> | undefined;
  #endPause: () => void = () => {};

  constructor(options: EngineLinkOptions) {
    this.#options = options;
  }

  /**
   * Connects, and stays connected from then on. The engine may be starting, too, so it is given some time.
   *
   * @throws {EngineUnavailable} If it does not answer in time.
   * @throws {EngineRefused}
   */
  async start(): Promise<void> {
    const { clock, timeout } = this.#options;
    const end = clock.now() + timeout;
    for (;;) {
      try {
        this.#running = this.#stayConnected(await this.#connect());
        return;
      } catch (error) {
        if (!(error instanceof EngineUnavailable) || clock.now() >= end) throw error;
        await this.#pause(FIRST_PAUSE);
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#pair?.commands.close();
    this.#endPause();
    await this.#running;
  }

  async #stayConnected(connected: Connected | undefined): Promise<void> {
    const { log, onLost } = this.#options;
    while (connected !== undefined) {
      const { message } = await connected.ended;
      onLost();
      if (!this.#isClosed) log("cluster_lost", message);
      connected = await this.#reconnect();
    }
  }

  /** Returns `undefined` once it is closed. */
  async #reconnect(): Promise<Connected | undefined> {
    const { log, onReconnect } = this.#options;
    let reported = "";
    for (let pause = FIRST_PAUSE; !this.#isClosed; pause = Math.min(2 * pause, MAX_PAUSE)) {
      // Not all nodes at once.
      await this.#pause(pause * (0.5 + Math.random() / 2));
      if (this.#isClosed) return undefined;
      try {
        const connected = await this.#connect();
        log("cluster_recovered", "");
        onReconnect();
        return connected;
      } catch (error) {
        const message = describeError(error);
        if (message !== reported) log("cluster_failing", message);
        reported = message;
      }
    }
    return undefined;
  }

  #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(ms, resolve);
    this.#endPause = () => {
      cancel();
      resolve();
    };
    return promise;
  }

  async #connect(): Promise<Connected> {
    const { addresses, password, timeout, onPush, onConnected } = this.#options;
    const options = { password, timeout: Math.min(timeout, MAX_ATTEMPT) };
    const { connection: commands, run } = await connectToEngine(addresses, { ...options, onPush });
    let log: EngineConnection | undefined;
    try {
      const second = await connectToEngine([commands.address], options);
      log = second.connection;
      if (run !== second.run) throw new EngineUnavailable("the engine was restarted");
      const ended = Promise.race([commands.closed, log.closed]).then((reason) => {
        commands.close();
        log?.close();
        return reason;
      });
      this.#pair = { commands, log, run };
      await withTimeout(onConnected(this.#pair), commands, timeout);
      if (this.#isClosed) commands.close();
      return { ended };
    } catch (error) {
      commands.close();
      log?.close();
      throw error;
    }
  }
}

interface Connected {
  /** Resolves when one of the connections has ended, and the other is closed. */
  readonly ended: Promise<EngineUnavailable>;
}

/** Waits for an answer for so many ms, and ends the connection then. */
export async function withTimeout<T>(
  answer: Promise<T>,
  connection: EngineConnection,
  ms: number,
): Promise<T> {
  const timer = setTimeout(() => connection.close("it does not answer"), ms);
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
  }
}
