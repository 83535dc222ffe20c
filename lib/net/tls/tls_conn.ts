/**
 * A connection that came in on the TLS port: plaintext is read from it and written to it as with any `Deno.Conn`, and
 * the ciphertext is relayed between the client and a hop of the terminator.
 * @module
 */
import { type BufferPool, ReadBuffer } from "../buffers.ts";
import type { Clock } from "../clock.ts";
import type { TlsHop, TlsTerminator } from "./tls_terminator.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How long what was written before `close` may take to reach the client's kernel, in ms. */
const LINGER_TIMEOUT = 1_000;

export interface TlsConnOptions {
  readonly terminator: TlsTerminator;
  readonly buffers: BufferPool;
  readonly clock: Clock;
  /** Told when nothing is left of the connection. */
  readonly onGone: () => void;
}

export class TlsConn {
  readonly remoteAddr: Deno.NetAddr;
  readonly #client: Deno.TcpConn;
  readonly #options: TlsConnOptions;
  #hop: TlsHop | undefined;
  /** There may be something on its way to the client. */
  #isShaken = false;
  #closed = false;
  #isCut = false;
  #cancelLinger = () => {};

  constructor(client: Deno.TcpConn, options: TlsConnOptions) {
    this.#client = client;
    this.#options = options;
    this.remoteAddr = client.remoteAddr;
  }

  /** Has to be done, once, before anything is read or written. `close` ends it. */
  async handshake(): Promise<void> {
    const hop = await this.#options.terminator.open();
    if (this.#closed) {
      hop.near.close();
      hop.secure.close();
      throw new Deno.errors.Interrupted("Connection is closed");
    }
    this.#hop = hop;
    void this.#relay(this.#client, hop.near, false);
    void this.#relay(hop.near, this.#client, true);
    try {
      await hop.secure.handshake();
    } finally {
      this.#isShaken = true; // or refused: that is told too
    }
  }

  read(buffer: Bytes): Promise<number | null> {
    return this.#hop!.secure.read(buffer);
  }

  write(bytes: Bytes): Promise<number> {
    return this.#hop!.secure.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#hop!.secure.closeWrite();
  }

  /** What was written still goes out, if the client takes it soon. In the middle of a handshake there is nothing. */
  close(): void {
    this.#closed = true;
    this.#hop?.secure.close();
    if (this.#isCut) return;
    if (!this.#isShaken) return this.cut();
    this.#cancelLinger = this.#options.clock.after(LINGER_TIMEOUT, () => this.cut());
  }

  /** Ends the connection to the client now, and with it the hop. */
  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#cancelLinger();
    this.#client.close();
    this.#hop?.near.close();
    this.#options.onGone();
  }

  /** Carries everything from one to the other, its end too; when the server has said its last, that is all. */
  async #relay(from: Deno.TcpConn, to: Deno.TcpConn, isLast: boolean): Promise<void> {
    const buffer = new ReadBuffer(this.#options.buffers);
    try {
      for (;;) {
        const length = await buffer.read(from);
        if (length === null) break;
        for (let at = 0; at < length;) {
          at += await to.write(buffer.filled(length).subarray(at));
        }
        buffer.adapt(length);
      }
      await to.closeWrite();
      if (isLast && this.#closed) this.cut();
    } catch {
      this.cut(); // one of the two is gone, which the other end of the hop will learn as its own end
    } finally {
      buffer.release();
    }
  }
}
