/**
 * A connection of the server to itself, and a byte sent through it to make the event loop ask the kernel which sockets
 * are ready. See `input_scheduler.ts` for why.
 * @module
 */

export interface AcceptBarrier {
  /** Resolves when the byte has come back: every connection that was made before has been accepted. */
  round(): Promise<void>;
  close(): void;
}

const HOST = "127.0.0.1";
const BYTE = new Uint8Array(1);

/** Used when the server may not connect to itself: the next turn of the loop, which is nearly always enough. */
const nextTurn: AcceptBarrier = {
  round: () => new Promise((resolve) => setImmediate(resolve)),
  close: () => {},
};

/** Opens the connection, through a temporary listener on loopback. */
export async function openAcceptBarrier(): Promise<AcceptBarrier> {
  // Query first: at a terminal the runtime would prompt for the permission.
  const { state } = await Deno.permissions.query({ name: "net", host: HOST });
  return state === "granted" ? await connectToSelf() : nextTurn;
}

/**
 * How long the server may take to connect to itself, in ms: much longer than it takes. A local user who floods the port at
 * that moment could keep the server's own connection out of the queue, and all input waits for this.
 */
const CONNECT_TIMEOUT = 1_000;

async function connectToSelf(): Promise<AcceptBarrier> {
  using opened = new DisposableStack(); // closed again unless both ends are there
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const listener = Deno.listen({ hostname: HOST, port: 0 });
    timer = setTimeout(() => listener.close(), CONNECT_TIMEOUT); // and accept() rejects
    opened.defer(() => closeQuietly(listener));
    const near = opened.use(await Deno.connect({ hostname: HOST, port: listener.addr.port }));
    const far = await acceptFrom(listener, near.localAddr);
    near.setNoDelay();
    opened.move();
    closeQuietly(listener);
    return new LoopbackProbe(near, far);
  } catch {
    return nextTurn;
  } finally {
    clearTimeout(timer);
  }
}

function closeQuietly(listener: Deno.TcpListener): void {
  try {
    listener.close();
  } catch {
    // The timeout has closed it.
  }
}

/**
 * Accepts connections until the one from `address` arrives, and closes all others. Address and port are both compared: on
 * loopback a stranger chooses both.
 */
export async function acceptFrom(
  listener: { accept(): Promise<Deno.TcpConn> },
  address: Deno.NetAddr,
): Promise<Deno.TcpConn> {
  for (;;) {
    const conn = await listener.accept();
    const { hostname, port } = conn.remoteAddr;
    if (hostname === address.hostname && port === address.port) return conn;
    conn.close();
  }
}

class LoopbackProbe implements AcceptBarrier {
  readonly #buffer = new Uint8Array(16);
  #broken = false;

  constructor(readonly near: Deno.TcpConn, readonly far: Deno.TcpConn) {}

  async round(): Promise<void> {
    if (this.#broken) return nextTurn.round();
    try {
      const read = this.far.read(this.#buffer); // before the write, so that the loop has to find the byte
      await Promise.all([this.near.write(BYTE), read]);
    } catch {
      this.#broken = true;
    }
  }

  close(): void {
    this.#broken = true;
    this.near.close();
    this.far.close();
  }
}
