/**
 * One `Deno.Conn`: reads when its handler asks for input, writes what the handler has, and closes without losing data.
 * The handler gives the bytes their meaning; it changes when the protocol of a client becomes known.
 * @module
 */
import type { DisconnectReason } from "../../wire/events.ts";
import { type CloseCause, type Counters, STALL } from "../observability/counters.ts";
import { logEntry, type Logger } from "../observability/log.ts";
import { ClientAddress } from "./client_address.ts";
import { Debt, type DebtOptions } from "./debt.ts";
import { describeConnectionError, messageOf, stackOf } from "./errors.ts";
import type { InputScheduler, InputSource } from "./input_scheduler.ts";
import { type BufferPool, ReadBuffer } from "./read_buffers.ts";
import type { Throttle } from "./throttle.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Speaks one protocol over a connection. */
export interface Handler {
  /**
   * The cause to count if the connection ends without one being given: the client ends it, or it breaks. By default `peer`
   * or `reset`.
   */
  readonly closeCause?: CloseCause | undefined;
  /** Called with input. The bytes stay valid, and nothing more is read, until `connection.readOn()` is called. */
  received(bytes: Bytes): void;
  /** Called when the peer has ended its side. */
  ended(): void;
  /** Called to continue work that was interrupted to let the loop turn. */
  resumed(): void;
  /** Returns the bytes to write next, or `undefined` if there are none. */
  take(): Bytes | undefined;
  /** Disconnects the client: queued bytes are still written, then the connection ends. */
  end(reason: DisconnectReason, message?: string): void;
  /** Called once when the connection is closed. `message` adds detail to the cause, if there is any. */
  closed(cause: CloseCause, message: string | undefined): void;
  /** Called at every sweep. */
  tick(now: number): void;
}

/** How long a client may take to fetch queued bytes when its connection ends, in ms. */
const DRAIN_TIMEOUT = 5_000;

/**
 * How long the server waits for the peer's end after its own, in ms. Closing at once would answer input that is still on
 * its way with a reset, which destroys bytes that the peer has not read yet (RFC 9112 9.6). The wait goes on while input
 * arrives, up to the limit: an upload that nobody reads.
 */
const LINGER_TIMEOUT = 500, LINGER_LIMIT = 5_000;

/** The part of a `Deno.Conn` that a connection uses. */
export type Socket =
  & Pick<Deno.Conn<Deno.NetAddr>, "remoteAddr" | "close" | "closeWrite">
  & {
    /** Whether it is encrypted. By default it is not. */
    readonly isSecure?: boolean;
  }
  & { read(buffer: Bytes): Promise<number | null>; write(bytes: Bytes): Promise<number> };

/** What connections need of their server. All connections share one object. */
export interface ConnectionOptions extends DebtOptions {
  readonly scheduler: Pick<InputScheduler, "add" | "resume">;
  readonly throttle: Pick<Throttle, "hold">;
  readonly buffers: BufferPool;
  readonly isTrustedProxy: (hostname: string) => boolean;
  readonly counters: Pick<Counters, "closed" | "receivedBytes" | "sentBytes" | "stalls">;
  readonly log: Logger;
  /** How long a write may make no progress, in seconds; 0 for no limit. */
  readonly writeTimeout: number;
  readonly onClosed: (connection: Connection) => void;
}

type State = "open" | "finishing" | "lingering" | "closed";

export class Connection implements InputSource {
  readonly client: ClientAddress;
  /** While true nothing is written. */
  held = false;
  /** When input was last handled. */
  lastRead: number;
  readonly #conn: Socket;
  readonly #options: ConnectionOptions;
  readonly #buffer: ReadBuffer;
  #handler!: Handler;
  #state: State = "open";
  /** Why the connection ends: the first cause, if one led to another. */
  #cause: CloseCause | undefined;
  #deadline = 0;
  #lingersUntil = 0;
  #reading = false;
  #ended = false;
  /** Whether the handler has asked for input since it last received some. It receives none otherwise. */
  #wanted = false;
  /** Number of bytes that were read and not delivered yet; 0 for the peer's end. */
  #received: number | undefined;
  /** Number of bytes delivered last. */
  #lastLength = 0;
  /** Whether the handler is at work, perhaps on the bytes in the buffer, which must not be overwritten. */
  #handling = false;
  #writing: Bytes | undefined;
  #wroteLast = 0;
  readonly #debt: Debt;

  constructor(conn: Socket, options: ConnectionOptions) {
    this.#conn = conn;
    this.#options = options;
    this.#buffer = new ReadBuffer(options.buffers);
    this.client = new ClientAddress(conn.remoteAddr, options.isTrustedProxy);
    this.lastRead = options.time.now;
    this.#debt = new Debt(this.#payer, options);
  }

  /** The client's address, `host:port`. */
  get address(): string {
    return this.client.text;
  }

  /** Whether the connection is encrypted. */
  get isSecure(): boolean {
    return this.#conn.isSecure === true;
  }

  /** Sets the client that a trusted proxy names in a PROXY header, see {@linkcode ClientAddress.setPeer}. */
  setPeer(hostname: string, port: number): void {
    this.client.setPeer(hostname, port);
    this.#debt.move(this.#payer);
  }

  /** Sets the client that a trusted proxy names in a request, see {@linkcode ClientAddress.setClient}. */
  setClient(hostname: string): void {
    this.client.setClient(hostname);
    this.#debt.move(this.#payer);
  }

  /** Replaces the handler. The new one receives no input before `readOn` is called. */
  setHandler(handler: Handler): void {
    this.#handler = handler;
    this.#wanted = false;
    this.#buffer.startOver();
    this.#lastLength = 0;
  }

  /**
   * Replaces the handler, and gives the new one `rest`: bytes that the old one received and has not handled, copied out of
   * the buffer. Bytes that are being read, or were read and not delivered, wait until the new handler asks for them.
   */
  handOver(handler: Handler, rest?: Bytes): void {
    this.setHandler(handler);
    if (rest !== undefined && rest.length > 0) handler.received(rest);
    else this.readOn();
  }

  /** Charges the client for `ms` of work. */
  charge(ms: number): void {
    this.#debt.charge(ms);
  }

  get closed(): boolean {
    return this.#state === "closed";
  }

  /** Whether there is input that was read and not handled yet. */
  get hasInput(): boolean {
    return this.#received !== undefined;
  }

  /** Since when the pending write has made no progress; `undefined` if none is pending. */
  get stalledSince(): number | undefined {
    return this.#writing === undefined ? undefined : this.#wroteLast;
  }

  /** Whether a pending write has stalled. */
  get isStalled(): boolean {
    return this.#writing !== undefined && this.#options.time.now - this.#wroteLast >= STALL;
  }

  /**
   * Asks for more input, which also states that all bytes of the last `received` are handled. With `sparingly`, a shared
   * buffer is given back first, since the next input may take long to arrive.
   */
  readOn(sparingly = false): void {
    if (this.#wanted || this.#state === "closed") return;
    this.#wanted = true;
    if (this.#reading) return; // the read was started for the previous handler
    if (this.#received !== undefined) return this.#options.scheduler.resume(this);
    // All input is handled, and the last read left nothing in the kernel.
    if (this.#lastLength < this.#buffer.size) this.#debt.clear();
    if (sparingly) this.#buffer.shrink();
    else this.#buffer.adapt(this.#lastLength);
    this.#lastLength = 0;
    this.#read();
  }

  /** Writes what the handler has, unless a write is pending: it continues with the next bytes. */
  flush(): void {
    if (
      this.#writing !== undefined || this.held || this.#state === "lingering" ||
      this.#state === "closed"
    ) return;
    const bytes = this.#handler.take();
    if (bytes !== undefined) this.#write(bytes);
    else if (this.#state === "finishing") this.#linger();
  }

  /** Disconnects the client, see {@linkcode Handler.end}. */
  end(reason: DisconnectReason, message?: string): void {
    this.#handler.end(reason, message);
  }

  /** Ends the connection when everything that the handler has is written; without a cause, the client has ended it. */
  finish(cause?: CloseCause): void {
    if (this.#state !== "open") return;
    this.#cause = cause;
    this.#state = "finishing";
    this.#deadline = this.#options.time.now + this.#drainTimeout;
    this.held = false;
    this.flush();
  }

  /** Ends the connection now. `message` adds detail to the cause; it is dropped if there was another cause before. */
  close(cause: CloseCause, message?: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#conn.close();
    this.#debt.close();
    if (this.#writing !== undefined) this.#noteStall();
    this.#writing = undefined;
    const first = this.#cause ?? cause;
    this.#options.counters.closed[first]++;
    if (!this.#handling) this.#buffer.release();
    this.#options.onClosed(this);
    this.#handler.closed(first, this.#cause === undefined ? message : undefined);
  }

  /** Ends the connection now for a cause outside of its handler, unless the handler has one, see `Handler.closeCause`. */
  cut(cause: CloseCause, message?: string): void {
    const { closeCause } = this.#handler;
    if (closeCause === undefined) this.close(cause, message);
    else this.close(closeCause);
  }

  /** Ends the connection now because of invalid input, and logs why. */
  breakOff(why: string, cause: CloseCause = "protocol"): void {
    this.#options.log(logEntry("broken_off", { address: this.address, cause, reason: why }));
    this.close(cause);
  }

  /** Ends the connection after an error in the server, which costs one connection and not the server. */
  giveUp(error: unknown): void {
    const { address } = this;
    const message = `Internal error: ${stackOf(error)}`;
    this.#options.log(logEntry("internal_error", { address, error: messageOf(error), message }));
    this.cut("internal");
  }

  handleInput(): void {
    if (this.#state === "closed" || this.#owes()) return;
    const start = performance.now();
    try {
      this.#handleInput();
    } catch (error) {
      this.giveUp(error);
    }
    this.charge(performance.now() - start);
  }

  /**
   * Handles no input for `wait` ms. If the client has been behind for too long with what it owes itself, of which `ownWait`
   * ms are left, it is disconnected.
   */
  awaitPayment(wait: number, ownWait = wait): void {
    if (this.#debt.defer(ownWait)) this.#options.throttle.hold(this, wait);
    else this.end("flood");
  }

  tick(now: number): void {
    if (this.#state === "finishing" || this.#state === "lingering") {
      if (now < this.#deadline) return;
      // A client that has half-closed ended the connection itself, unless it stopped reading before the end.
      return this.cut(this.#writing === undefined ? "peer" : "write");
    }
    const { writeTimeout } = this.#options;
    if (
      this.#writing !== undefined && writeTimeout > 0 &&
      now - this.#wroteLast >= writeTimeout * 1000
    ) {
      return this.cut("write", `took nothing for ${writeTimeout} s`);
    }
    try {
      this.#handler.tick(now);
    } catch (error) {
      this.giveUp(error);
    }
  }

  /** Whether the client, or its address, has to wait until its budget has recovered. */
  #owes(): boolean {
    if (this.#state !== "open") return false; // it is being disconnected, and causes no more work
    const { wait, ownWait } = this.#debt;
    if (wait <= 0) return false;
    this.awaitPayment(wait, ownWait);
    return true;
  }

  /** The address that pays for the client's work. A trusted proxy does not pay for its clients. */
  get #payer(): string | undefined {
    return this.client.isProxy ? undefined : this.client.ip;
  }

  #handleInput(): void {
    if (this.#state === "lingering") return this.#discard();
    this.#handling = true;
    try {
      if (this.#received === undefined || !this.#wanted) this.#handler.resumed();
      else this.#deliver(this.#received);
    } finally {
      this.#handling = false;
      if (this.closed) this.#buffer.release();
    }
    if (this.#isLingering()) this.#read();
  }

  #deliver(length: number): void {
    this.#received = undefined;
    this.#wanted = false;
    this.lastRead = this.#options.time.now;
    this.#lastLength = length;
    if (length === 0) this.#handler.ended();
    else this.#handler.received(this.#buffer.filled(length));
  }

  #read(): void {
    if (this.#reading || this.#received !== undefined || this.#ended || this.#state === "closed") {
      return;
    }
    this.#reading = true;
    this.#buffer.read(this.#conn).then(this.#onRead, this.#onReadError);
  }

  #onRead = (length: number | null): void => {
    this.#reading = false;
    if (this.#state === "closed") return;
    if (length === null) this.#ended = true;
    this.#received = length ?? 0;
    this.#options.counters.receivedBytes += this.#received;
    this.#options.scheduler.add(this);
  };

  #onReadError = (error: unknown): void => {
    this.#reading = false;
    if (this.#state !== "closed") this.#break(error);
  };

  #write(bytes: Bytes): void {
    this.#writing = bytes;
    this.#wroteLast = this.#options.time.now;
    this.#conn.write(bytes).then(this.#onWritten, this.#onWriteError);
  }

  /** Writes may be short; the rest goes first. */
  #onWritten = (length: number): void => {
    const rest = this.#writing;
    if (rest === undefined || this.#state === "closed") return;
    const { counters, time } = this.#options;
    counters.sentBytes += length;
    this.#noteStall();
    if (this.#state === "finishing") this.#deadline = time.now + this.#drainTimeout;
    if (length < rest.length) return this.#write(rest.subarray(length));
    this.#writing = undefined;
    this.flush();
  };

  #onWriteError = (error: unknown): void => {
    this.#break(error);
  };

  #break(error: unknown): void {
    this.cut("reset", describeConnectionError(error));
  }

  /** Called when a write completes or makes progress. */
  #noteStall(): void {
    const { counters, time } = this.#options;
    const took = time.now - this.#wroteLast;
    if (took >= STALL) counters.stalls.observe(took / 1000);
  }

  /** A client that has half-closed only waits for queued bytes, and may take as long as any other. */
  get #drainTimeout(): number {
    return this.#ended ? this.#options.writeTimeout * 1000 || Infinity : DRAIN_TIMEOUT;
  }

  /** Ends the server's side once all is written, and waits for the peer's end. The handler receives no more input. */
  #linger(): void {
    if (this.#ended) return this.cut("peer");
    const { now } = this.#options.time;
    this.#state = "lingering";
    this.#deadline = now + LINGER_TIMEOUT;
    this.#lingersUntil = now + LINGER_LIMIT;
    this.#conn.closeWrite().catch(this.#onWriteError);
    if (this.#received !== undefined) this.#options.scheduler.resume(this);
    else if (!this.#handling) this.#read();
  }

  #isLingering(): boolean {
    return this.#state === "lingering";
  }

  #discard(): void {
    const length = this.#received;
    this.#received = undefined;
    if (length === 0) return this.cut("peer");
    if (length === undefined) return;
    this.#deadline = Math.min(this.#lingersUntil, this.#options.time.now + LINGER_TIMEOUT);
    this.#buffer.adapt(length);
    this.#read();
  }
}
