/**
 * One `Deno.Conn`: reading when asked to, writing what is there, and an end at which nothing gets lost.
 *
 * Knows how sockets behave, and nothing of what the bytes mean: that is the handler's, which changes when the branch is
 * taken.
 * @module
 */
import type { DisconnectReason } from "../../chat/events.ts";
import type { Place } from "../admission/address_limits.ts";
import { isLoopback } from "../../ip/ip_address.ts";
import { formatAddress } from "../../ip/socket_address.ts";
import { ReadBuffer } from "./read_buffers.ts";
import type { Account } from "../admission/budget.ts";
import type { Context } from "../context.ts";
import { type CloseCause, STALL } from "../observability/counters.ts";
import { describeConnectionError } from "./errors.ts";
import type { InputSource } from "./input_scheduler.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Who a connection's bytes are for, and from. */
export interface Handler {
  /** Bytes came. Nothing more is read, and they stay as they are, until `connection.readOn()` is called. */
  received(bytes: Bytes): void;
  /** The peer will send nothing more. */
  ended(): void;
  /** Goes on with what was stopped because the loop should turn. */
  resumed(): void;
  /** The bytes to write next, or `undefined` if there are none. */
  take(): Bytes | undefined;
  /** The client is to be seen off, with these words if any: what is queued still goes out, then the connection ends. */
  end(reason: DisconnectReason, words?: string): void;
  /** The connection is over. `reason` says more than its cause does, if there is more to say. */
  gone(reason: string | undefined): void;
  /** Some time has passed. */
  tick(now: number): void;
}

/** How long a client may take to fetch what is queued when its connection is to end, in ms. */
const DRAIN_TIMEOUT = 5_000;

/**
 * How long the peer's end is awaited after ours, in ms. Closing at once would answer what is still on its way here with
 * a reset, and a reset destroys what the peer has not read yet (RFC 9112 9.6). As long as something comes it is awaited
 * on, in all up to the limit: an upload of which nobody wants to know.
 */
const LINGER_TIMEOUT = 500, LINGER_LIMIT = 5_000;

/**
 * How long a client may be behind with what it owes, in ms: what it sends is handled at its rate, and so much later at the
 * most. 1,200 messages at once are as much at the default rate, a long text that somebody pastes; beyond it the client is
 * disconnected, as on IRC ("Excess Flood"), or else 4 MB of short lines would be told for half a day.
 */
const DEBT_LIMIT = 60_000;

/**
 * The most that one turn at work is charged, in ms. Nothing that a client sends takes so long: the machine stood still, or
 * had other things to do.
 */
const MAX_CHARGE = 50;

/** What is needed of a `Deno.Conn`. */
export type Socket =
  & Pick<Deno.Conn<Deno.NetAddr>, "remoteAddr" | "close" | "closeWrite">
  & { read(buffer: Bytes): Promise<number | null>; write(bytes: Bytes): Promise<number> };

type State = "open" | "finishing" | "lingering" | "closed";

export class Connection implements InputSource {
  /** The client, `host:port`: the peer, or whom that speaks for. */
  address: string;
  handler!: Handler;
  /** While true nothing is written. */
  held = false;
  /** When bytes came last, in the context's time. */
  lastRead: number;
  /** Why it ends: set before it is closed, or else the client ended it. Once it is closed it is always there. */
  cause: CloseCause | undefined;
  /** The budget that the connection is charged to. Set by the door. */
  place: Place | undefined;
  /** The other end: the TCP peer, or the client that a trusted TCP peer names in a PROXY header. */
  #peer: Deno.NetAddr;
  /** Whether the peer is a trusted proxy. Nothing that is read afterwards, except a PROXY header, changes it. */
  #isTrusted: boolean;
  /** The client: the peer, or the one that a trusted proxy names with a request. */
  #client: Deno.NetAddr;
  readonly #conn: Socket;
  readonly #context: Context;
  readonly #buffer: ReadBuffer;
  #state: State = "open";
  #deadline = 0;
  #lingersUntil = 0;
  #reading = false;
  #ended = false;
  /** The handler has asked for input, and has not been given any since. Without that it is given none. */
  #wanted = false;
  /** How many bytes were read that the handler was not given yet; 0 for the peer's end. */
  #received: number | undefined;
  /** How many bytes the handler was given last. */
  #lastLength = 0;
  /** The handler is at work, perhaps on these bytes: they must not be read over. */
  #handling = false;
  #writing: Bytes | undefined;
  #wroteLast = 0;
  /** What it pays from for what it makes us do. */
  #account: Account;
  /** Since when more had been received than the client had paid for. */
  #behindSince: number | undefined;

  constructor(conn: Socket, context: Context) {
    this.#conn = conn;
    this.#context = context;
    this.#buffer = new ReadBuffer(context.buffers);
    this.#peer = this.#client = conn.remoteAddr;
    this.#isTrusted = context.proxies.has(this.#peer.hostname);
    this.address = formatAddress(this.#client);
    this.lastRead = context.time;
    this.#account = this.#openAccount();
  }

  /** Whence the client comes. */
  get client(): Deno.NetAddr {
    return this.#client;
  }

  /** The client's IP address. */
  get ip(): string {
    return this.#client.hostname;
  }

  /** Whether the peer is a trusted proxy, which is believed when it names a client. */
  get isTrusted(): boolean {
    return this.#isTrusted;
  }

  /** Whether the client is the trusted proxy itself: it has named no client. */
  get isProxy(): boolean {
    return this.#isTrusted && this.#client === this.#peer;
  }

  /** Whether the client is on this machine. The loopback address of a proxy's machine is not ours. */
  get isLocal(): boolean {
    return isLoopback(this.#client.hostname) && isLoopback(this.#conn.remoteAddr.hostname);
  }

  /** A trusted proxy has named its client in a PROXY header: from here on that is the peer, and trusted or not. */
  setPeer(hostname: string, port: number): void {
    this.#peer = { transport: "tcp", hostname, port };
    this.#isTrusted = this.#context.proxies.has(hostname);
    this.#setClient(this.#peer);
  }

  /**
   * A trusted proxy has named the client of a request, and stays the peer. The port stays that of the proxy's connection,
   * since it tells the clients of one host apart.
   */
  setClient(hostname: string): void {
    this.#setClient({ transport: "tcp", hostname, port: this.#peer.port });
  }

  #setClient(client: Deno.NetAddr): void {
    this.#client = client;
    this.address = formatAddress(client);
    this.#account.close();
    this.#account = this.#openAccount();
  }

  /** What a trusted proxy's clients do is not the proxy's to pay for. */
  #openAccount(): Account {
    return this.#context.budgets.open(this.isProxy ? undefined : this.ip, this.#context.time);
  }

  /** The client made us work for `ms`. */
  charge(ms: number): void {
    this.#account.charge(Math.min(ms, MAX_CHARGE), this.#context.time);
  }

  get closed(): boolean {
    return this.#state === "closed";
  }

  /** Whether something was read that is not handled yet. */
  get hasInput(): boolean {
    return this.#received !== undefined;
  }

  /** Since when the write that is under way has not moved; `undefined` if none is. */
  get stalledSince(): number | undefined {
    return this.#writing === undefined ? undefined : this.#wroteLast;
  }

  /** Whether that is longer than a write should take. */
  get isStalled(): boolean {
    return this.#writing !== undefined && this.#context.time - this.#wroteLast >= STALL;
  }

  /**
   * Asks for more input, which also says that all bytes of the last `received` are handled. `sparingly` if it may take
   * long until more comes: a buffer that others need is not to wait for that.
   */
  readOn(sparingly = false): void {
    if (this.#wanted || this.#state === "closed") return;
    this.#wanted = true;
    if (this.#reading) return; // for the handler before this one
    if (this.#received !== undefined) return this.#context.inbox.resume(this);
    // All that came is handled, and no more was there.
    if (this.#lastLength < this.#buffer.size) this.#behindSince = undefined;
    if (sparingly) this.#buffer.shrink();
    else this.#buffer.adapt(this.#lastLength);
    this.#lastLength = 0;
    this.#read();
  }

  /** Writes what the handler has, unless a write is under way: then it goes with the next. */
  flush(): void {
    if (
      this.#writing !== undefined || this.held || this.#state === "lingering" ||
      this.#state === "closed"
    ) return;
    const bytes = this.handler.take();
    if (bytes !== undefined) this.#write(bytes);
    else if (this.#state === "finishing") this.#linger();
  }

  /** Ends the connection when all that the handler has is written. */
  finish(): void {
    if (this.#state !== "open") return;
    this.#state = "finishing";
    this.#deadline = this.#context.time + this.#drainTimeout;
    this.held = false;
    this.flush();
  }

  /** Ends the connection now. */
  close(reason?: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#conn.close();
    this.#account.close();
    if (this.#writing !== undefined) this.#noteStall();
    this.#writing = undefined;
    this.#context.counters.closed[this.cause ??= "peer"]++;
    if (!this.#handling) this.#buffer.release();
    this.#context.forget(this);
    this.handler.gone(reason);
  }

  /** Ends the connection now, since what came is not what is spoken here. The log is told why. */
  breakOff(why: string): void {
    const message = `Closed: ${why}`;
    const cause = this.cause ??= "protocol";
    this.#context.log({ level: "info", topic: "protocol", address: this.address, cause, message });
    this.close();
  }

  /** Where the rate is so low that a burst alone takes longer to come back, that is no flood. */
  get #debtLimit(): number {
    const { burst, rate } = this.#context.settings;
    return Math.max(DEBT_LIMIT, rate > 0 ? 1000 * burst / rate : 0);
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

  /** Whether the client, or others of its address, have to pay first for what they have made us do. */
  #owes(): boolean {
    if (this.#state !== "open") return false; // it is seen off, and nothing more is done for it
    const { time } = this.#context;
    const wait = this.#account.wait(time);
    if (wait <= 0) return false;
    this.awaitPayment(wait, this.#account.ownWait(time));
    return true;
  }

  /**
   * Handles no input for `wait` ms. If `ownWait` of them is for what the client itself has done, and it is behind for too
   * long with that, the connection ends.
   */
  awaitPayment(wait: number, ownWait = wait): void {
    const { time, throttle } = this.#context;
    if (ownWait > 0) {
      this.#behindSince ??= time;
      if (time + ownWait - this.#behindSince > this.#debtLimit) return this.handler.end("flood");
    }
    throttle.hold(this, wait);
  }

  /** A mistake of ours costs one connection, never the server. */
  giveUp(error: unknown): void {
    const message = `Internal error: ${error instanceof Error ? error.stack : error}`;
    this.#context.log({ level: "error", topic: "server", address: this.address, message });
    this.#closeBecause("internal");
  }

  #handleInput(): void {
    if (this.#state === "lingering") return this.#discard();
    this.#handling = true;
    try {
      if (this.#received === undefined || !this.#wanted) this.handler.resumed();
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
    this.lastRead = this.#context.time;
    this.#lastLength = length;
    if (length === 0) this.handler.ended();
    else this.handler.received(this.#buffer.filled(length));
  }

  tick(now: number): void {
    if (this.#state === "finishing" || this.#state === "lingering") {
      if (now < this.#deadline) return;
      // A client that has half-closed ended the connection itself, unless it stopped reading before the end.
      if (this.#writing !== undefined) this.cause ??= "write";
      return this.close();
    }
    const { writeTimeout } = this.#context.settings;
    if (
      this.#writing !== undefined && writeTimeout > 0 &&
      now - this.#wroteLast >= writeTimeout * 1000
    ) {
      return this.#closeBecause("write", `took nothing for ${writeTimeout} s`);
    }
    try {
      this.handler.tick(now);
    } catch (error) {
      this.giveUp(error);
    }
  }

  /**
   * Hands over to another handler; `rest` holds the bytes that the old one was given and has not handled, in memory of its
   * own. Bytes that are being read, or were read and not delivered, wait until the new handler asks for them.
   */
  handOver(handler: Handler, rest: Bytes): void {
    this.handler = handler;
    this.#wanted = false;
    this.#buffer.startOver();
    this.#lastLength = 0;
    if (rest.length > 0) handler.received(rest);
    else this.readOn();
  }

  #read(): void {
    if (this.#reading || this.#received !== undefined || this.#ended || this.#state === "closed") {
      return;
    }
    this.#reading = true;
    this.#buffer.read(this.#conn).then(this.#onRead, this.#onError);
  }

  #onRead = (length: number | null): void => {
    this.#reading = false;
    if (this.#state === "closed") return;
    if (length === null) this.#ended = true;
    this.#received = length ?? 0;
    this.#context.counters.receivedBytes += this.#received;
    this.#context.inbox.add(this);
  };

  #onError = (error: unknown): void => {
    this.#reading = false;
    if (this.#state !== "closed") this.#break(error);
  };

  #write(bytes: Bytes): void {
    this.#writing = bytes;
    this.#wroteLast = this.#context.time;
    this.#conn.write(bytes).then(this.#onWritten, this.#onWriteError);
  }

  /** Writes may be short; the rest goes first. */
  #onWritten = (length: number): void => {
    const rest = this.#writing;
    if (rest === undefined || this.#state === "closed") return;
    this.#context.counters.sentBytes += length;
    this.#noteStall();
    if (this.#state === "finishing") this.#deadline = this.#context.time + this.#drainTimeout; // it moves
    if (length < rest.length) return this.#write(rest.subarray(length));
    this.#writing = undefined;
    this.flush();
  };

  #onWriteError = (error: unknown): void => {
    this.#break(error);
  };

  #break(error: unknown): void {
    this.#closeBecause("reset", describeConnectionError(error));
  }

  /** `reason` says more about `cause`, and nothing about a cause that there was before. */
  #closeBecause(cause: CloseCause, reason?: string): void {
    if (this.cause !== undefined) return this.close();
    this.cause = cause;
    this.close(reason);
  }

  /** To be called when a write is over, or moves again. */
  #noteStall(): void {
    const took = this.#context.time - this.#wroteLast;
    if (took >= STALL) this.#context.counters.stalls.observe(took / 1000);
  }

  /** Who has half-closed is here for what is queued and for nothing else, and may take as long as anybody. */
  get #drainTimeout(): number {
    return this.#ended ? this.#context.settings.writeTimeout * 1000 || Infinity : DRAIN_TIMEOUT;
  }

  /** All is written: says so to the peer and waits for it to agree. The handler is given nothing any more. */
  #linger(): void {
    if (this.#ended) return this.close();
    this.#state = "lingering";
    this.#deadline = this.#context.time + LINGER_TIMEOUT;
    this.#lingersUntil = this.#context.time + LINGER_LIMIT;
    this.#conn.closeWrite().catch(this.#onWriteError);
    if (this.#received !== undefined) this.#context.inbox.resume(this);
    else if (!this.#handling) this.#read();
  }

  #isLingering(): boolean {
    return this.#state === "lingering";
  }

  #discard(): void {
    const length = this.#received;
    this.#received = undefined;
    if (length === 0) return this.close();
    if (length === undefined) return;
    this.#deadline = Math.min(this.#lingersUntil, this.#context.time + LINGER_TIMEOUT);
    this.#buffer.adapt(length);
    this.#read();
  }
}
