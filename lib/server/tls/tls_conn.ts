/**
 * A connection on the TLS port, read from and written to in plaintext like any `Deno.Conn`.
 *
 * The runtime's TLS engine works on a stream instead of a socket; this class moves the ciphertext between stream and
 * socket. So the server owns the descriptor: it can close it during a handshake, and it sees the client's FIN, which tells
 * an orderly end from a truncated connection.
 * @module
 */
import { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Clock } from "../connection/clock.ts";
import type { TlsTerminator } from "./tls_terminator.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Size of a read of ciphertext while the client sends little, in bytes. */
const FIRST_READ = 512;

/** Maximum size of a read, in bytes: a TLS record (RFC 8446 5.2) and a little more. */
const MAX_READ = 17_408;

/**
 * The most plaintext that the engine gets at once, in bytes. It encrypts all of it before sending any, so this bounds the
 * memory, and the time that a write can take without progress.
 */
const MAX_WRITE = 49_152;

/** Turns of the loop after which the engine has delivered all input that arrived before FIN. */
const END_TURNS = 2;

/** How long the close_notify may take to reach the client's kernel, in ms. */
const LINGER_TIMEOUT = 1_000;

export interface TlsConnOptions {
  readonly terminator: TlsTerminator;
  readonly clock: Clock;
  /** Called when the descriptor is closed. */
  readonly onClosed: () => void;
}

interface Waiting<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

export class TlsConn {
  readonly isSecure = true;
  readonly remoteAddr: Deno.NetAddr;
  /** How long the handshake took, in ms. */
  handshakeTime = 0;
  readonly #conn: Deno.TcpConn;
  readonly #options: TlsConnOptions;
  #tls: TLSSocket | undefined;
  #wire: Duplex | undefined;
  #handshake: Waiting<void> | undefined;
  #began = 0;
  #isEstablished = false;
  /** Plaintext that has not been read yet. */
  #unread: Bytes | undefined;
  #reader: (Waiting<number | null> & { readonly buffer: Bytes }) | undefined;
  #writer: Waiting<number> | undefined;
  /** The client has sent close_notify (RFC 8446 6.1). */
  #ended = false;
  /** The client has sent FIN. */
  #hasFin = false;
  /** Why reads and writes fail. */
  #error: unknown;
  /** Settles when the ciphertext being sent is in the kernel. */
  #sending: Promise<void> | undefined;
  /** Set once the server has ended its side. */
  #finishing: Promise<void> | undefined;
  #isCut = false;
  #cancelLinger = () => {};

  constructor(conn: Deno.TcpConn, options: TlsConnOptions) {
    this.#conn = conn;
    this.#options = options;
    this.remoteAddr = conn.remoteAddr;
  }

  /** Must be called once, before any read or write. `close` ends it. */
  handshake(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#began = this.#options.clock.now();
    this.#handshake = { resolve, reject };
    const wire = this.#wire = this.#openWire();
    const tls = this.#tls = this.#options.terminator.wrap(wire);
    const fail = (error: unknown) => this.#fail(error);
    tls.on("error", fail);
    tls.on("_tlsError", fail); // the only event for an error after the handshake
    tls.on("secure", this.#onSecure);
    tls.on("data", this.#onData);
    tls.on("end", this.#onEnd);
    wire.on("error", fail);
    return promise;
  }

  read(buffer: Bytes): Promise<number | null> {
    if (this.#unread !== undefined) return Promise.resolve(this.#takeInto(buffer));
    if (this.#ended) return Promise.resolve(null);
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject, buffer };
      this.#tls!.resume();
      if (this.#hasFin) this.#awaitEnd();
    });
  }

  /** Resolves to the number of bytes whose ciphertext is in the kernel. */
  write(bytes: Bytes): Promise<number> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    const { length } = bytes.length > MAX_WRITE ? bytes = bytes.subarray(0, MAX_WRITE) : bytes;
    return new Promise((resolve, reject) => {
      this.#writer = { resolve, reject };
      this.#tls!.write(bytes, (error) => {
        if (error) return this.#fail(error);
        // The engine may call back while its last ciphertext is still being sent.
        if (this.#sending === undefined) this.#onWritten(length);
        else this.#sending.then(() => this.#onWritten(length), this.#onWireError);
      });
    });
  }

  /** Ends the server's side: close_notify, then FIN. */
  closeWrite(): Promise<void> {
    return this.#finishing ??= this.#finish();
  }

  /** Closes the connection. Written bytes are still sent, and a close_notify if the client reads it soon enough. */
  close(): void {
    const error = new Deno.errors.Interrupted("Connection is closed");
    const isSound = this.#isEstablished && this.#error === undefined && this.#writer === undefined;
    this.#fail(error);
    if (this.#isCut) return;
    if (!isSound) return this.cut();
    this.#cancelLinger = this.#options.clock.after(LINGER_TIMEOUT, () => this.cut());
    this.closeWrite().catch(() => {}).then(() => this.cut());
  }

  /** Ends the connection to the client now. */
  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#cancelLinger();
    this.#conn.close();
    this.#tls?.destroy();
    this.#wire?.destroy();
    this.#options.onClosed();
  }

  /** The stream of ciphertext that the engine reads and writes. */
  #openWire(): Duplex {
    let size = FIRST_READ;
    const wire: Duplex = new Duplex({
      readableHighWaterMark: 1, // the engine consumes each chunk at once, or asks for none
      read: () => {
        const chunk = new Uint8Array(size);
        this.#conn.read(chunk).then((length) => {
          if (this.#isCut) return;
          if (length === null) return this.#onFin();
          size = length === size ? Math.min(size * 4, MAX_READ) : FIRST_READ;
          wire.push(chunk.subarray(0, length));
        }, this.#onWireError);
      },
      write: (chunk: Bytes, _encoding, done) => {
        this.#sending = this.#send(chunk);
        this.#sending.then(() => done(), done);
      },
      destroy: (error, done) => done(error), // `cut` closes the socket
    });
    return wire;
  }

  async #send(bytes: Bytes): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.#conn.write(bytes.subarray(at));
    }
    this.#sending = undefined;
  }

  #onWritten(length: number): void {
    const writer = this.#writer;
    this.#writer = undefined;
    writer?.resolve(length);
  }

  #onWireError = (error: unknown): void => {
    if (!this.#isCut) this.#fail(error);
  };

  #onFin(): void {
    this.#hasFin = true;
    this.#awaitEnd();
  }

  /** A FIN without a close_notify truncates the connection: an attacker may have cut off input (RFC 8446 6.1). */
  async #awaitEnd(): Promise<void> {
    // The engine delivers earlier input in later turns of the loop.
    for (let turns = 0; turns < END_TURNS; turns++) await nextTurn();
    if (this.#reader === undefined && this.#handshake === undefined) return; // the next read checks again
    this.#fail(new Deno.errors.UnexpectedEof("Connection ended without close_notify"));
  }

  #onSecure = (): void => {
    this.#isEstablished = true;
    this.handshakeTime = this.#options.clock.now() - this.#began;
    this.#handshake?.resolve();
    this.#handshake = undefined;
  };

  #onData = (bytes: Bytes): void => {
    this.#tls!.pause();
    this.#unread = bytes;
    const reader = this.#reader;
    if (reader === undefined) return;
    this.#reader = undefined;
    reader.resolve(this.#takeInto(reader.buffer));
  };

  #onEnd = (): void => {
    this.#ended = true;
    this.#reader?.resolve(null);
    this.#reader = undefined;
  };

  #takeInto(buffer: Bytes): number {
    const unread = this.#unread!;
    const length = Math.min(unread.length, buffer.length);
    buffer.set(unread.subarray(0, length));
    this.#unread = length < unread.length ? unread.subarray(length) : undefined;
    return length;
  }

  #fail(error: unknown): void {
    this.#error ??= error;
    for (const waiting of [this.#handshake, this.#reader, this.#writer]) waiting?.reject(error);
    this.#handshake = this.#reader = this.#writer = undefined;
  }

  async #finish(): Promise<void> {
    await new Promise<void>((resolve) => this.#tls!.end(() => resolve()));
    do { // the engine passes on the close_notify after what it is sending
      await this.#sending;
      await nextTurn();
    } while (this.#sending !== undefined);
    if (!this.#isCut) await this.#conn.closeWrite();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
