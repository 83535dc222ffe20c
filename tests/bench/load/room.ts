// The clients of one measurement: connects them, names those who send, and reads for all of them.

import type { Target } from "../job.ts";
import { Client, Sender } from "./client.ts";
import { acceptQueue } from "./meter.ts";
import { connect, GONE, Poller, receive, send } from "./sockets.ts";
import { type ClientTransport, handshake, incoming, message, outgoing } from "./wire.ts";

/** Connections on the way at once: half of what Node and Deno queue (511), so that none has to retry. */
const CONNECTING_AT_ONCE = 256;

/** For everything that ought to be done in a moment: connecting, naming, the last messages. */
const PATIENCE_SECONDS = 15;

/** Lets the server finish what connecting has started; more than its wait for a silent client. */
const SETTLE_SECONDS = 0.3;

/** One read takes all that waits on a socket in nearly every case. */
const READ_BUFFER_BYTES = 256 * 1024;

/** Called with the number of bytes that a client has received; they are in `Room.buffer`. */
export type OnBytes = (client: Client, bytes: number) => void;

const ignore: OnBytes = () => {};

export class Room {
  readonly target: Target;
  readonly clients: Client[] = [];
  readonly buffer = new Uint8Array(READ_BUFFER_BYTES);
  readonly #poller = new Poller();
  /** The responses to the handshakes so far. */
  readonly #handshakes = new Map<Client, string>();

  constructor(target: Target) {
    this.target = target;
  }

  /** A room with `count` clients in it, after the dust has settled. */
  static open(target: Target, count: number): Room {
    const room = new Room(target);
    room.connect(count);
    room.settle();
    return room;
  }

  /** Adds `count` clients. Returns when the server has accepted all of them. */
  connect(count: number): void {
    const all = this.clients.length + count;
    const done = () => {
      const free = CONNECTING_AT_ONCE - this.#onTheWay();
      const missing = all - this.clients.length;
      for (let i = Math.min(free, missing); i > 0; i--) this.#open();
      return missing === 0 && free === CONNECTING_AT_ONCE;
    };
    const everybody = this.pollUntil(done, PATIENCE_SECONDS, (client, n) => this.#shake(client, n));
    if (!everybody) throw new Error(`Cannot connect ${count} clients in ${PATIENCE_SECONDS} s`);
  }

  /** Reads, and forgets, for a moment. */
  settle(seconds = SETTLE_SECONDS): void {
    this.pollUntil(() => false, seconds, ignore);
  }

  /** Reads whatever is there, after waiting for it at most `waitMs`. */
  poll(waitMs: number, onBytes: OnBytes): void {
    const ready = this.#poller.wait(waitMs);
    for (let i = 0; i < ready; i++) {
      const client = this.clients[this.#poller.tag(i)]!;
      if (this.#poller.isWritable(i)) client.sender?.flush();
      if (this.#poller.isReadable(i)) this.#read(client, onBytes);
    }
  }

  /** Polls until `isDone`. Returns false when that has taken longer than `seconds`. */
  pollUntil(isDone: () => boolean, seconds: number, onBytes: OnBytes): boolean {
    const deadline = performance.now() + seconds * 1_000;
    while (!isDone()) {
      if (performance.now() > deadline) return false;
      this.poll(1, onBytes);
    }
    return true;
  }

  /** From now on this client does not read. */
  stall(client: Client): void {
    this.#poller.remove(client.fd);
  }

  /** Names the client, where clients have names, and lets it say messages that arrive this long. */
  speaker(client: Client, payloadBytes: number): Sender {
    const name = nameOf(client);
    if (this.target.dialect === "backchannel") {
      this.ask(client, `/name ${name}`, new RegExp(`Username set to '${name}'`));
    }
    const text = message(this.target.dialect, name, payloadBytes);
    return new Sender(this.#poller, client, outgoing(client.transport, text));
  }

  /** Sends one thing, and waits while the socket is full. */
  tell(client: Client, bytes: Uint8Array<ArrayBuffer>): void {
    const deadline = performance.now() + PATIENCE_SECONDS * 1_000;
    for (let sent = 0; sent < bytes.length;) {
      const written = send(client.fd, bytes.subarray(sent));
      if (written === GONE) throw new Error(`Cannot send: client ${client.index} was closed`);
      if (performance.now() > deadline) throw new Error("Cannot send: the server does not read");
      sent += written;
    }
  }

  /** Sends a command and waits until `answer` arrives. Returns all that came to that client. */
  ask(client: Client, command: string, answer: RegExp, seconds = PATIENCE_SECONDS): string {
    let heard = "";
    this.tell(client, outgoing(client.transport, command));
    const isAnswered = this.pollUntil(() => answer.test(heard), seconds, (other, bytes) => {
      if (other === client) heard += this.text(bytes);
    });
    if (!isAnswered) throw new Error(`No answer to '${command}', only '${heard.slice(0, 100)}'`);
    return heard;
  }

  /** The bytes of the latest read as text, one character each. */
  text(bytes: number): string {
    return oneCharacterEach(this.buffer.subarray(0, bytes));
  }

  /** Starts to count what each client receives, in messages of this payload. */
  expect(payloadBytes: number): void {
    const text = "x".repeat(payloadBytes);
    const bytes = { ws: incoming("ws", text).length, tcp: incoming("tcp", text).length };
    for (const client of this.clients) client.expect(bytes[client.transport]);
  }

  #onTheWay(): number {
    const isTcp = this.target.transport !== "ws";
    return this.#handshakes.size +
      (isTcp ? acceptQueue(this.target.port) + this.#otherQueue() : 0);
  }

  #open(): void {
    const index = this.clients.length;
    const { transport, other } = this.target;
    const { port } = index % 2 === 1 && other !== undefined ? other : this.target;
    const both: ClientTransport = index % 2 === 0 ? "ws" : "tcp";
    const own = transport === "ws" || transport === "tcp" ? transport : both;
    const client = new Client(connect(port), index, own);
    this.clients.push(client);
    this.#poller.add(client.fd, index);
    if (own === "tcp") return;
    this.#handshakes.set(client, "");
    this.tell(client, handshake(port));
  }

  #otherQueue(): number {
    const { other } = this.target;
    return other === undefined ? 0 : acceptQueue(other.port);
  }

  #shake(client: Client, bytes: number): void {
    const head = this.#handshakes.get(client);
    if (head === undefined) return;
    const longer = head + this.text(bytes);
    if (!longer.includes("\r\n\r\n")) return void this.#handshakes.set(client, longer);
    if (!longer.startsWith("HTTP/1.1 101 ")) throw new Error(`Handshake refused: ${longer}`);
    this.#handshakes.delete(client);
  }

  #read(client: Client, onBytes: OnBytes): void {
    const bytes = receive(client.fd, this.buffer);
    if (bytes > 0) return onBytes(client, bytes);
    if (bytes !== GONE) return;
    client.isOpen = false;
    this.#poller.remove(client.fd);
    if (this.#handshakes.has(client)) throw new Error("The server closed during the handshake");
  }
}

/** Equally long for all, so that their messages are, too. */
export function nameOf(client: Client): string {
  return `c${String(client.index).padStart(5, "0")}`;
}

/** Any bytes as text; equal texts are equal bytes. */
export function oneCharacterEach(bytes: Uint8Array<ArrayBuffer>): string {
  return new TextDecoder("latin1").decode(bytes);
}
