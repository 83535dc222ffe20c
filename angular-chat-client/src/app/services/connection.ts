/**
 * One connection that wants to live: opens, notices when it is dead, and comes back with exponential backoff.
 *
 * Must never know what the frames say: only that they come.
 * @module
 */
import { ConnectionStatus } from "../models/message.model";
import type { Reconnect } from "../models/protocol";
import { fullJitter } from "./backoff";
import type { Socket } from "./environment";

/** A connection that lived so long was a good one, in ms: the next backoff begins anew. */
export const GOOD_AFTER = 5_000;

/** How long a connection may take to speak, and the server to say anything after it was spoken to, in ms. */
export const PATIENCE = 10_000;

type Timer = ReturnType<typeof setTimeout>;

export interface ConnectionOptions {
  readonly subprotocol: string;
  readonly createSocket: (url: string, subprotocol: string) => Socket;
  readonly random: () => number;
  /** `retryAt` is when the next attempt comes, in the time of `Date.now()`. */
  readonly onStatus: (status: ConnectionStatus, retryAt: number | null) => void;
  readonly onFrame: (frame: unknown) => void;
}

export class Connection {
  readonly #options: ConnectionOptions;
  #servers: readonly string[] = [];
  #status = ConnectionStatus.Disconnected;
  #socket: Socket | undefined;
  #retryTimer: Timer | undefined;
  #patienceTimer: Timer | undefined;
  #hint: Reconnect | undefined;
  /** Attempts since the last good connection. */
  #attempt = 0;
  #openedAt = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** The server that is tried, or has spoken. */
  get server(): string | undefined {
    return this.#servers[this.#attempt % this.#servers.length];
  }

  /** Connects, and goes on trying: the servers in turn until one has spoken, then that one. */
  open(servers: readonly string[]): void {
    this.#servers = servers;
    this.#attempt = 0;
    this.#hint = undefined;
    this.#connect(ConnectionStatus.Connecting);
  }

  /** Tries at once what it would try later. */
  retry(): void {
    if (this.#servers.length === 0 || this.#socket !== undefined) return;
    this.#connect(
      this.#status === ConnectionStatus.Disconnected ? ConnectionStatus.Connecting : this.#status,
    );
  }

  /** Ends it, until somebody opens it again. */
  close(): void {
    this.#drop();
    this.#change(ConnectionStatus.Disconnected);
  }

  /** The server is about to end it, and has said when to come back. */
  comeBack(hint: Reconnect): void {
    this.#hint = hint;
  }

  /** Sends a frame that the server answers. Says whether it could. */
  send(frame: string): boolean {
    if (this.#status !== ConnectionStatus.Connected || this.#socket?.readyState !== 1) return false;
    this.#socket.send(frame);
    this.#expectFrame();
    return true;
  }

  #connect(status: ConnectionStatus): void {
    this.#drop();
    this.#change(status);
    const { createSocket, subprotocol } = this.#options;
    const server = this.server ?? "";
    const socket = createSocket(server, subprotocol);
    this.#socket = socket;
    this.#expectFrame();
    socket.onopen = () => {
      // Another server than ours; some browsers let that pass.
      if (socket === this.#socket && socket.protocol !== subprotocol) this.#lose();
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket) this.#receive(data, server);
    };
    socket.onclose = () => {
      if (socket === this.#socket) this.#lose();
    };
  }

  #receive(frame: unknown, server: string): void {
    clearTimeout(this.#patienceTimer);
    this.#patienceTimer = undefined;
    if (this.#status !== ConnectionStatus.Connected) {
      this.#servers = [server];
      this.#openedAt = Date.now();
      this.#change(ConnectionStatus.Connected);
    }
    this.#options.onFrame(frame);
  }

  #lose(): void {
    const { random } = this.#options;
    const connected = this.#status === ConnectionStatus.Connected;
    if (connected && Date.now() - this.#openedAt >= GOOD_AFTER) this.#attempt = 0;
    this.#drop();
    const hint = this.#hint;
    const wait = hint ? hint.after + random() * hint.spread : fullJitter(this.#attempt, random);
    this.#hint = undefined;
    this.#attempt++;
    this.#retryTimer = setTimeout(() => this.#connect(ConnectionStatus.Reconnecting), wait);
    this.#change(ConnectionStatus.Reconnecting, Date.now() + wait);
  }

  /** Something must come within a while, or the connection counts as dead. */
  #expectFrame(): void {
    this.#patienceTimer ??= setTimeout(() => this.#lose(), PATIENCE);
  }

  #drop(): void {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#patienceTimer);
    this.#retryTimer = this.#patienceTimer = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  #change(status: ConnectionStatus, retryAt: number | null = null): void {
    this.#status = status;
    this.#options.onStatus(status, retryAt);
  }
}
