/**
 * A WebSocket connection that detects when it is dead and reconnects with exponential backoff.
 * @module
 */
import { ConnectionStatus } from "../models/message.model";
import type { Reconnect } from "../models/protocol";
import { fullJitter } from "./backoff";
import type { Socket } from "./environment";

/** After a connection of at least this duration, in ms, the backoff starts at its base again. */
export const STABLE_AFTER = 5_000;

/** The time in ms that the server has to send a frame after a connect or a request. */
export const RESPONSE_TIMEOUT = 10_000;

type Timer = ReturnType<typeof setTimeout>;

export interface ConnectionOptions {
  readonly subprotocol: string;
  readonly createSocket: (url: string, subprotocol: string) => Socket;
  readonly random: () => number;
  /** `retryAt` is the time of the next attempt, as of `Date.now()`. */
  readonly onStatus: (status: ConnectionStatus, retryAt: number | null) => void;
  readonly onFrame: (frame: unknown) => void;
}

export class Connection {
  readonly #options: ConnectionOptions;
  #servers: readonly string[] = [];
  #status = ConnectionStatus.Disconnected;
  #socket: Socket | undefined;
  #retryTimer: Timer | undefined;
  #responseTimer: Timer | undefined;
  #hint: Reconnect | undefined;
  /** The number of attempts since the last stable connection. */
  #attempt = 0;
  #openedAt = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** The server that is tried or connected. */
  get server(): string | undefined {
    return this.#servers[this.#attempt % this.#servers.length];
  }

  /** Connects, and reconnects until {@linkcode close}. The servers are tried in turn until one sends a frame. */
  open(servers: readonly string[]): void {
    this.#servers = servers;
    this.#attempt = 0;
    this.#hint = undefined;
    this.#connect(ConnectionStatus.Connecting);
  }

  /** Connects at once instead of waiting. */
  retry(): void {
    if (this.#servers.length === 0 || this.#socket !== undefined) return;
    this.#connect(
      this.#status === ConnectionStatus.Disconnected ? ConnectionStatus.Connecting : this.#status,
    );
  }

  /** Closes the connection until {@linkcode open} or {@linkcode retry}. */
  close(): void {
    this.#drop();
    this.#change(ConnectionStatus.Disconnected);
  }

  /** Sets the wait before the next attempt, in ms, as the server asks for it. */
  setReconnect(hint: Reconnect): void {
    this.#hint = hint;
  }

  /** Sends a frame that the server will answer. Returns whether there is a connection. */
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
      // Some browsers accept a server that selects no subprotocol.
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
    clearTimeout(this.#responseTimer);
    this.#responseTimer = undefined;
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
    if (connected && Date.now() - this.#openedAt >= STABLE_AFTER) this.#attempt = 0;
    this.#drop();
    const hint = this.#hint;
    const wait = hint ? hint.after + random() * hint.spread : fullJitter(this.#attempt, random);
    this.#hint = undefined;
    this.#attempt++;
    this.#retryTimer = setTimeout(() => this.#connect(ConnectionStatus.Reconnecting), wait);
    this.#change(ConnectionStatus.Reconnecting, Date.now() + wait);
  }

  /** Treats the connection as dead if no frame arrives in time. */
  #expectFrame(): void {
    this.#responseTimer ??= setTimeout(() => this.#lose(), RESPONSE_TIMEOUT);
  }

  #drop(): void {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#responseTimer);
    this.#retryTimer = this.#responseTimer = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  #change(status: ConnectionStatus, retryAt: number | null = null): void {
    this.#status = status;
    this.#options.onStatus(status, retryAt);
  }
}
