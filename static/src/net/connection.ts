/**
 * A WebSocket connection that detects when it is dead and reconnects with full-jitter exponential backoff.
 * @module
 */

/** `open`: the server has sent an event. `waiting`: for the next attempt. `closed`: until the user reconnects. */
export type ConnectionState =
  | "idle"
  | "connecting"
  | "open"
  | "waiting"
  | "closed"
  | "incompatible";

export interface Clock {
  /** The current time in ms. */
  now: () => number;
  /** Calls `run` after a time. Returns a function that cancels it. */
  after: (ms: number, run: () => void) => () => void;
}

export interface ConnectionOptions {
  subprotocol: string;
  onState: (state: ConnectionState, retryAt: number | undefined) => void;
  onFrame: (data: unknown) => void;
  createSocket?: (url: string, subprotocols?: string) => WebSocket;
  clock: Clock;
  /** Returns a number from 0 to 1. */
  random?: () => number;
}

export type ServerConnection = ReturnType<typeof createConnection>;

/** The upper bound of the first wait between attempts, in ms. It doubles with every attempt. */
const BACKOFF_BASE = 500;

/** The upper bound of every wait, in ms. */
const BACKOFF_CAP = 30_000;

/** After a connection of at least this duration, in ms, the backoff starts at its base again. */
const STABLE_AFTER = 5_000;

/** The time in ms that the server has to send a frame after a connect or a request. */
const RESPONSE_TIMEOUT = 10_000;

/**
 * The wait before an attempt, in ms: a random time up to a bound that doubles, so that clients that lost their server at
 * the same time do not reconnect at the same time.
 *
 * @param attempt Starts at 0.
 */
export function backoff(attempt: number, random: () => number) {
  return random() * Math.min(BACKOFF_CAP, BACKOFF_BASE * 2 ** attempt);
}

export function createConnection(options: ConnectionOptions) {
  const {
    subprotocol,
    onState,
    onFrame,
    clock,
    createSocket = (url, protocols) => new WebSocket(url, protocols),
    random = Math.random,
  } = options;

  let state: ConnectionState = "idle";
  let url = "";
  let socket: WebSocket | undefined;
  let cancelRetry: (() => void) | undefined;
  let cancelTimeout: (() => void) | undefined;
  let reconnectWait: { after: number; spread: number } | undefined;
  let attempt = 0;
  let openedAt = 0;
  let wasOpen = false;
  let hasProbed = false;

  function change(next: ConnectionState, retryAt?: number) {
    state = next;
    onState(next, retryAt);
  }

  function connect() {
    stopTimers();
    dropSocket();
    change("connecting");
    const opened = createSocket(url, subprotocol);
    socket = opened;
    expectFrame();
    opened.onopen = () => {
      if (opened === socket && opened.protocol !== subprotocol) markIncompatible();
    };
    opened.onmessage = ({ data }) => {
      if (opened === socket) receive(data);
    };
    opened.onclose = () => {
      if (opened === socket) onLost();
    };
  }

  function receive(data: unknown) {
    cancelTimeout?.();
    cancelTimeout = undefined;
    if (state === "connecting") {
      openedAt = clock.now();
      wasOpen = true;
      change("open");
    }
    onFrame(data);
  }

  function onLost() {
    const lived = state === "open" ? clock.now() - openedAt : 0;
    stopTimers();
    dropSocket();
    if (state === "closed") return;
    if (!wasOpen && !hasProbed) return probe();
    if (lived >= STABLE_AFTER) attempt = 0;
    const wait = reconnectWait
      ? reconnectWait.after + random() * reconnectWait.spread
      : backoff(attempt, random);
    reconnectWait = undefined;
    attempt++;
    cancelRetry = clock.after(wait, connect);
    change("waiting", clock.now() + wait);
  }

  /**
   * Browsers fail a connection if the server selects no subprotocol, without giving this as the reason. After the first
   * failure this tries a connection that offers none: a server that accepts it is too old for this page.
   */
  function probe() {
    hasProbed = true;
    const opened = createSocket(url);
    socket = opened;
    expectFrame();
    opened.onopen = () => {
      if (opened === socket) markIncompatible();
    };
    opened.onclose = () => {
      if (opened === socket) onLost();
    };
  }

  function markIncompatible() {
    stopTimers();
    dropSocket();
    change("incompatible");
  }

  /** Treats the connection as dead if no frame arrives in time. */
  function expectFrame() {
    cancelTimeout ??= clock.after(RESPONSE_TIMEOUT, () => {
      cancelTimeout = undefined;
      onLost();
    });
  }

  function stopTimers() {
    cancelRetry?.();
    cancelTimeout?.();
    cancelRetry = cancelTimeout = undefined;
  }

  function dropSocket() {
    const old = socket;
    socket = undefined;
    old?.close();
  }

  return {
    get state() {
      return state;
    },
    /** Connects to a server, and reconnects until {@linkcode close}. */
    open(server: string) {
      url = server;
      attempt = 0;
      wasOpen = hasProbed = false;
      connect();
    },
    /** Connects at once instead of waiting. */
    retry() {
      if (url !== "" && (state === "waiting" || state === "closed" || state === "incompatible")) {
        hasProbed = wasOpen;
        connect();
      }
    },
    /** Closes the connection until {@linkcode open} or {@linkcode retry}. */
    close() {
      stopTimers();
      change("closed");
      dropSocket();
    },
    /** Does not reconnect when the server closes the connection, which it has announced. */
    stayClosed() {
      if (state === "open") change("closed");
    },
    /** Sets the wait before the next attempt, in ms, as the server asks for it. */
    setReconnect(reconnect: { after: number; spread: number }) {
      reconnectWait = reconnect;
    },
    /** Sends a frame that the server will answer. Returns whether there is a connection. */
    send(frame: string) {
      if (state !== "open" || socket?.readyState !== 1) return false;
      socket.send(frame);
      expectFrame();
      return true;
    },
  };
}
