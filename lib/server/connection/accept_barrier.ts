/**
 * A connection to ourselves, and a byte sent through it to make the event loop ask the kernel what is ready.
 * What that is good for stands in `inbox.ts`.
 * @module
 */
import { acceptFrom } from "./accept_from.ts";

export interface AcceptBarrier {
  /** Resolves when the byte has come back. */
  round(): Promise<void>;
  close(): void;
}

const HOST = "127.0.0.1";
const BYTE = new Uint8Array(1);

/** Where no connection to ourselves may be made: the next turn of the loop, which is right nearly always. */
const nextTurn: AcceptBarrier = {
  round: () => new Promise((resolve) => setImmediate(resolve)),
  close: () => {},
};

/** Opens the connection, over a listener of its own on loopback that is closed again at once. */
export async function openAcceptBarrier(): Promise<AcceptBarrier> {
  // Asked first: at a terminal the runtime would ask the user, who was told of one port only.
  const { state } = await Deno.permissions.query({ name: "net", host: HOST });
  return state === "granted" ? await connectToSelf() : nextTurn;
}

/**
 * How long connecting to ourselves may take, in ms: much longer than it takes. A local user who floods the port in that
 * moment could keep our own connection out of its queue, and everybody's input waits for this.
 */
const CONNECT_TIMEOUT = 1_000;

async function connectToSelf(): Promise<AcceptBarrier> {
  using opened = new DisposableStack(); // what is closed again unless both ends are there
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
    // The timeout did.
  }
}

class LoopbackProbe implements AcceptBarrier {
  readonly #buffer = new Uint8Array(16);
  #broken = false;

  constructor(readonly near: Deno.TcpConn, readonly far: Deno.TcpConn) {}

  async round(): Promise<void> {
    if (this.#broken) return nextTurn.round();
    try {
      const read = this.far.read(this.#buffer); // first, so that it is the loop that finds the byte
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
