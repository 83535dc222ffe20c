/**
 * A WebSocket connection that detects when it is dead and reconnects with full-jitter exponential backoff.
 * @module
 */
import type { ClientEnvironment, Socket } from "./environment.ts";

/**
 * - `idle`: not opened yet.
 * - `connecting`: a connection is being opened.
 * - `open`: the server has sent a frame.
 * - `waiting`: for the next attempt, or for what the program needs to log in.
 * - `closed`: until the user reconnects.
 * - `incompatible`: the server does not speak the subprotocol.
 */
export type ConnectionState =
  | "idle"
  | "connecting"
  | "open"
  | "waiting"
  | "closed"
  | "incompatible";

/** When to reconnect, as a server that shuts down says. Both in milliseconds. */
export interface ReconnectHint {
  readonly after: number;
  readonly spread: number;
}

export interface ConnectionOptions {
  readonly environment: Omit<ClientEnvironment, "createId">;
  readonly subprotocol: string;
  /** `retryAt` is the time of the next attempt, while `waiting`. */
  readonly onState: (state: ConnectionState, retryAt: number | undefined) => void;
  readonly onFrame: (data: unknown) => void;
}

/** The upper bound of the first wait between attempts, in ms. It doubles with every attempt. */
const BACKOFF_BASE = 500;

/** The upper bound of every wait, in ms. */
const BACKOFF_CAP = 30_000;

/** After a connection of at least this duration, in ms, the backoff starts at its base again. */
const STABLE_AFTER = 5_000;

/** The time in ms that the server has to send a frame after a connect or a request. */
const RESPONSE_TIMEOUT = 10_000;

/**
 * The longest wait that a server may ask for, in ms: longer than a restart takes. Timers cannot wait for more than 24 days;
 * they would fire at once.
 */
const MAX_HINT = 600_000;

/** `readyState` of an open WebSocket. */
const OPEN = 1;

/**
 * The wait before an attempt, in ms: a random time up to a bound that doubles, so that clients that lost their server at
 * the same time do not reconnect at the same time.
 *
 * @param attempt Starts at 0.
 */
export function backoff(attempt: number, random: () => number): number {
  return random() * Math.min(BACKOFF_CAP, BACKOFF_BASE * 2 ** attempt);
}

/** One connection after the other to the same server. */
export class Connection {
  readonly #options: ConnectionOptions;
  #state: ConnectionState = "idle";
  #url = "";
  #socket: Socket | undefined;
  #cancelRetry: (() => void) | undefined;
  #cancelTimeout: (() => void) | undefined;
  #hint: ReconnectHint | undefined;
  /** The number of attempts since the last stable connection. */
  #attempt = 0;
  #openedAt = 0;
  #wasOpen = false;
  #hasProbed = false;
  /** Whether the server accepts connections that offer no subprotocol, and has accepted no other yet. */
  #isSuspect = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /**
   * Connects to a server, and reconnects until {@linkcode close}.
   *
   * @throws What the WebSocket throws if the address cannot be used.
   */
  open(url: string): void {
    this.#url = url;
    this.#attempt = 0;
    this.#hint = undefined;
    this.#wasOpen = this.#hasProbed = this.#isSuspect = false;
    try {
      this.#connect();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Connects at once instead of waiting, or again after {@linkcode close}. */
  retry(): void {
    const isIdle = this.#state === "waiting" || this.#state === "closed" ||
      this.#state === "incompatible";
    if (this.#url === "" || !isIdle) return;
    this.#hasProbed = this.#wasOpen;
    this.#isSuspect = false;
    this.#attemptToConnect();
  }

  /** Closes the connection until {@linkcode open} or {@linkcode retry}. */
  close(): void {
    this.#stopTimers();
    this.#dropSocket();
    if (this.#state !== "closed") this.#change("closed");
  }

  /** Closes the connection until {@linkcode retry}: another one is no use yet. */
  pause(): void {
    this.#stopTimers();
    this.#dropSocket();
    this.#change("waiting");
  }

  /** Gives the connection up, and tries again after a wait. */
  lose(): void {
    if (this.#socket !== undefined) this.#onLost();
  }

  /** Sets the wait before the next attempt, as the server asks for it. */
  setReconnect(hint: ReconnectHint): void {
    this.#hint = hint;
  }

  /** Sends a frame that the server will answer. Returns whether there is a connection. */
  send(frame: string): boolean {
    if (this.#state !== "open" || this.#socket?.readyState !== OPEN) return false;
    this.#socket.send(frame);
    this.#expectFrame();
    return true;
  }

  #change(state: ConnectionState, retryAt?: number): void {
    this.#state = state;
    this.#options.onState(state, retryAt);
  }

  #attemptToConnect(): void {
    try {
      this.#connect();
    } catch {
      this.#onLost(); // What could be used before cannot be used now: a policy changed, or memory is short.
    }
  }

  #connect(): void {
    const { environment, subprotocol } = this.#options;
    this.#stopTimers();
    this.#dropSocket();
    this.#change("connecting");
    if (this.#state !== "connecting") return; // The listener closed the connection.
    const socket = environment.createSocket(this.#url, subprotocol);
    this.#use(socket);
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      if (socket.protocol === subprotocol) this.#isSuspect = false;
      else this.#markIncompatible();
    };
    socket.onmessage = ({ data }: { readonly data: unknown }) => {
      if (socket === this.#socket) this.#receive(data);
    };
  }

  #use(socket: Socket): void {
    this.#socket = socket;
    this.#expectFrame();
    socket.onclose = () => {
      if (socket === this.#socket) this.#onLost();
    };
    // A close follows. Without a listener, the package `ws` would end the process.
    socket.onerror = () => {};
  }

  #receive(data: unknown): void {
    this.#cancelTimeout?.();
    this.#cancelTimeout = undefined;
    if (this.#state === "connecting") {
      this.#openedAt = this.#options.environment.clock.now();
      this.#wasOpen = true;
      this.#change("open");
    }
    this.#options.onFrame(data);
  }

  #onLost(): void {
    const { clock } = this.#options.environment;
    const lived = this.#state === "open" ? clock.now() - this.#openedAt : 0;
    this.#stopTimers();
    this.#dropSocket();
    if (this.#isSuspect) return this.#markIncompatible();
    if (!this.#wasOpen && !this.#hasProbed) return this.#probe();
    if (lived >= STABLE_AFTER) this.#attempt = 0;
    const wait = this.#nextWait();
    this.#cancelRetry = clock.after(wait, () => this.#attemptToConnect());
    this.#change("waiting", clock.now() + wait);
  }

  /** The hint of a server replaces a shorter wait only, so that one that always says "at once" is not flooded. */
  #nextWait(): number {
    const { random } = this.#options.environment;
    const asked = this.#hint === undefined
      ? 0
      : Math.min(MAX_HINT, this.#hint.after) + random() * Math.min(MAX_HINT, this.#hint.spread);
    this.#hint = undefined;
    return Math.max(asked, backoff(this.#attempt++, random));
  }

  /**
   * Browsers fail a connection if the server selects no subprotocol, without giving this as the reason. After the first
   * failure this tries a connection that offers none. If the server accepts it, it has either come up just now, or is too
   * old for this client: then it fails the next connection, which offers the subprotocol again.
   */
  #probe(): void {
    this.#hasProbed = true;
    let socket: Socket;
    try {
      socket = this.#options.environment.createSocket(this.#url);
    } catch {
      return this.#onLost();
    }
    this.#use(socket);
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      this.#isSuspect = true;
      this.#attemptToConnect();
    };
  }

  #markIncompatible(): void {
    this.#isSuspect = false;
    this.#stopTimers();
    this.#dropSocket();
    this.#change("incompatible");
  }

  /** Treats the connection as dead if no frame arrives in time. */
  #expectFrame(): void {
    this.#cancelTimeout ??= this.#options.environment.clock.after(RESPONSE_TIMEOUT, () => {
      this.#cancelTimeout = undefined;
      this.#onLost();
    });
  }

  #stopTimers(): void {
    this.#cancelRetry?.();
    this.#cancelTimeout?.();
    this.#cancelRetry = this.#cancelTimeout = undefined;
  }

  #dropSocket(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }
}
