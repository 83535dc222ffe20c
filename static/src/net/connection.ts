/**
 * One connection that wants to live: opens, notices when it is dead, and comes back with full-jitter exponential
 * backoff.
 * @module
 */

/** `open` is a connection on which the server has spoken; `closed` stays so until somebody opens it again. */
export type ConnectionState =
  | "idle"
  | "connecting"
  | "open"
  | "waiting"
  | "closed"
  | "incompatible";

export interface Clock {
  /** In milliseconds. */
  now: () => number;
  /** Runs something later; returns what cancels that. */
  after: (ms: number, run: () => void) => () => void;
}

export interface ConnectionOptions {
  subprotocol: string;
  onState: (state: ConnectionState, retryAt: number | undefined) => void;
  onFrame: (data: unknown) => void;
  createSocket?: (url: string, subprotocols?: string) => WebSocket;
  clock: Clock;
  /** From 0 to 1. */
  random?: () => number;
}

export type ServerConnection = ReturnType<typeof createConnection>;

/** The first attempts come within half a second, later ones within half a minute, in ms. */
const BACKOFF_BASE = 500, BACKOFF_CAP = 30_000;

/** A connection that lived so long was a good one, in ms: the next backoff begins anew. */
const GOOD_AFTER = 5_000;

/** How long a connection may take to speak, and the server to say anything after it was spoken to, in ms. */
const PATIENCE = 10_000;

/**
 * How long to wait before an attempt: anything from nothing to a bound that doubles, so that a crowd that lost its
 * server together does not come back together.
 *
 * @param attempt From 0.
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
  let cancelPatience: (() => void) | undefined;
  let hint: { after: number; spread: number } | undefined;
  let attempt = 0;
  let openedAt = 0;
  let everOpen = false;
  let probed = false;

  function change(next: ConnectionState, retryAt?: number) {
    state = next;
    onState(next, retryAt);
  }

  function connect() {
    stopTimers();
    dropSocket();
    change("connecting");
    const mine = createSocket(url, subprotocol);
    socket = mine;
    expectFrame();
    mine.onopen = () => {
      if (mine === socket && mine.protocol !== subprotocol) refuse();
    };
    mine.onmessage = ({ data }) => {
      if (mine === socket) receive(data);
    };
    mine.onclose = () => {
      if (mine === socket) lose();
    };
  }

  function receive(data: unknown) {
    cancelPatience?.();
    cancelPatience = undefined;
    if (state === "connecting") {
      openedAt = clock.now();
      everOpen = true;
      change("open");
    }
    onFrame(data);
  }

  function lose() {
    const lived = state === "open" ? clock.now() - openedAt : 0;
    stopTimers();
    dropSocket();
    if (state === "closed") return;
    if (!everOpen && !probed) return probe();
    if (lived >= GOOD_AFTER) attempt = 0;
    const wait = hint ? hint.after + random() * hint.spread : backoff(attempt, random);
    hint = undefined;
    attempt++;
    cancelRetry = clock.after(wait, connect);
    change("waiting", clock.now() + wait);
  }

  /**
   * A browser fails a connection on which the server picks no subprotocol, without saying that this was why. So the
   * first failure is looked into: if the same server takes a connection that offers none, it is too old for this page.
   */
  function probe() {
    probed = true;
    const mine = createSocket(url);
    socket = mine;
    expectFrame();
    mine.onopen = () => {
      if (mine === socket) refuse();
    };
    mine.onclose = () => {
      if (mine === socket) lose();
    };
  }

  function refuse() {
    stopTimers();
    dropSocket();
    change("incompatible");
  }

  /** Something must come within a while, or the connection counts as dead. */
  function expectFrame() {
    cancelPatience ??= clock.after(PATIENCE, () => {
      cancelPatience = undefined;
      lose();
    });
  }

  function stopTimers() {
    cancelRetry?.();
    cancelPatience?.();
    cancelRetry = cancelPatience = undefined;
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
    /** Connects to a server, and goes on trying. */
    open(server: string) {
      url = server;
      attempt = 0;
      everOpen = probed = false;
      connect();
    },
    /** Tries at once what it would try later. */
    retry() {
      if (url !== "" && (state === "waiting" || state === "closed" || state === "incompatible")) {
        probed = everOpen;
        connect();
      }
    },
    /** Ends it, until somebody opens it again. */
    close() {
      stopTimers();
      change("closed");
      dropSocket();
    },
    /** The server will end it, and has said why it should stay so. */
    leave() {
      if (state === "open") change("closed");
    },
    /** The server will end it, and has said when to come back. */
    comeBack(reconnect: { after: number; spread: number }) {
      hint = reconnect;
    },
    /** Sends a frame that the server answers. Says whether it could. */
    send(frame: string) {
      if (state !== "open" || socket?.readyState !== 1) return false;
      socket.send(frame);
      expectFrame();
      return true;
    },
  };
}
