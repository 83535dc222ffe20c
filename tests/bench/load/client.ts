// One connection of the load generator: what it has received, and what it still has to send.

import { GONE, type Poller, send } from "./sockets.ts";
import type { ClientTransport } from "./wire.ts";

/** Bytes of repeated frames that a sender hands to the kernel at once. */
const BLOCK_BYTES = 128 * 1024;

/**
 * Counts frames by their bytes. All messages of a measurement are equally long, so nothing has to be
 * parsed, and a lost or a torn message shows at the end as a wrong count.
 */
export class Client {
  /** Whole frames received since `expect`. */
  frames = 0;
  /** Bytes received of the next frame. */
  spare = 0;
  isOpen = true;
  sender: Sender | undefined;
  #frameBytes = Infinity;

  constructor(readonly fd: number, readonly index: number, readonly transport: ClientTransport) {}

  /** Starts counting, from zero, frames of this size. */
  expect(frameBytes: number): void {
    this.#frameBytes = frameBytes;
    this.frames = 0;
    this.spare = 0;
  }

  /** Counts `bytes` more. Returns how many frames they completed. */
  take(bytes: number): number {
    const pending = this.spare + bytes;
    const completed = Math.floor(pending / this.#frameBytes);
    this.spare = pending - completed * this.#frameBytes;
    this.frames += completed;
    return completed;
  }
}

/** Sends the same frame again and again: what is left to send is just a number of bytes. */
export class Sender {
  readonly client: Client;
  readonly frameBytes: number;
  readonly #poller: Poller;
  readonly #block: Uint8Array<ArrayBuffer>;
  #offset = 0;
  #owed = 0;
  #sent = 0;
  #isBlocked = false;

  constructor(poller: Poller, client: Client, frame: Uint8Array) {
    this.#poller = poller;
    this.client = client;
    this.frameBytes = frame.length;
    const copies = Math.max(1, Math.floor(BLOCK_BYTES / frame.length));
    this.#block = new Uint8Array(copies * frame.length);
    for (let i = 0; i < copies; i++) this.#block.set(frame, i * frame.length);
    client.sender = this;
  }

  /** Messages handed over so far, waiting ones included. */
  get messages(): number {
    return (this.#sent + this.#owed) / this.frameBytes;
  }

  get isDone(): boolean {
    return this.#owed === 0;
  }

  /** Sends `messages` more: now as far as the kernel takes them, the rest whenever it does. */
  say(messages: number): void {
    this.#owed += messages * this.frameBytes;
    if (!this.#isBlocked) this.flush();
  }

  flush(): void {
    let written = Infinity;
    while (this.#owed > 0 && written > 0) {
      const end = Math.min(this.#block.length, this.#offset + this.#owed);
      written = send(this.client.fd, this.#block.subarray(this.#offset, end));
      if (written === GONE) throw new Error(`Cannot send: client ${this.client.index} was closed`);
      this.#owed -= written;
      this.#sent += written;
      this.#offset = (this.#offset + written) % this.#block.length;
    }
    this.#watch(this.#owed > 0);
  }

  #watch(isBlocked: boolean): void {
    if (isBlocked === this.#isBlocked) return;
    this.#isBlocked = isBlocked;
    this.#poller.watchWritable(this.client.fd, this.client.index, isBlocked);
  }
}
