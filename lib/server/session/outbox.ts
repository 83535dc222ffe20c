/**
 * The outgoing side of a connection to the chat: its subscription, and the queue of messages that wait to be written.
 * @module
 */
import type { Hub } from "../../chat/hub.ts";
import type { Listener, Member, Session } from "../../chat/member.ts";
import type { ChatRecipient, WireFormat } from "../../chat/wire_format.ts";
import type { Sink } from "../../delivery/recipient.ts";
import type { Identity } from "../../identity/identity.ts";
import type { Connection } from "../connection/connection.ts";
import type { Counters } from "../observability/counters.ts";
import type { SlowClient, SlowClients } from "../observability/slow_clients.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What outboxes need of their server. All outboxes share one object. */
export interface OutboxOptions {
  readonly hub: Pick<Hub, "subscribe" | "prepare" | "unsubscribe" | "connect" | "answerBytes">;
  readonly counters: Pick<Counters, "sentMessages" | "queue">;
  readonly slowClients: Pick<SlowClients, "slow" | "recovered">;
}

export class Outbox implements Sink, SlowClient {
  readonly recipient: ChatRecipient;
  readonly #connection: Connection;
  readonly #options: OutboxOptions;
  /** The place of the connection in the hub, until the client becomes a member. */
  #listener: Listener | undefined;
  #left = false;

  /**
   * Subscribes the connection, unless it has to log in first. Messages from now on are queued until `connection.flush()` is
   * called.
   */
  constructor(
    connection: Connection,
    format: WireFormat,
    options: OutboxOptions,
    isSubscribed = true,
  ) {
    this.#connection = connection;
    this.#options = options;
    const { hub } = options;
    this.#listener = isSubscribed ? hub.subscribe(format, this) : hub.prepare(format, this);
    this.recipient = this.#listener.recipient;
  }

  get address(): string {
    return this.#connection.address;
  }

  get left(): boolean {
    return this.#left;
  }

  /** Queues bytes as they are, behind all messages so far. */
  send(bytes: Bytes): void {
    this.#options.hub.answerBytes(this.recipient, bytes);
  }

  /** Returns the bytes to write next. */
  take(): Bytes | undefined {
    const { recipient } = this;
    const { waiting } = recipient;
    const bytes = recipient.take();
    this.#options.counters.sentMessages += waiting - recipient.waiting;
    return bytes;
  }

  /** Whether the connection gets the lobby's messages before it is a member. */
  get isSubscribed(): boolean {
    return this.#listener?.subscription !== undefined;
  }

  /**
   * Makes the client a member of the chat. Must be called once at most, and not after it has left.
   *
   * @param identity Who has logged in. By default the member is a guest.
   */
  connect(session: Session, identity?: Identity): Member {
    if (this.#listener === undefined) throw new Error("Cannot connect: it has left");
    const member = this.#options.hub.connect(this.#listener, this.address, session, identity);
    this.#listener = undefined;
    return member;
  }

  /** Notes that the client has left the chat. Returns false if it had left before. */
  leave(): boolean {
    if (this.#left) return false;
    return this.#left = true;
  }

  /** Ends the subscription of a connection that never became a member. */
  unsubscribe(): void {
    if (!this.leave() || this.#listener === undefined) return;
    this.#options.hub.unsubscribe(this.#listener);
    this.#listener = undefined;
  }

  /** Samples the length of the queue. */
  sample(): void {
    this.#options.counters.queue.observe(this.recipient.waiting);
  }

  flush(): void {
    this.#connection.flush();
  }

  /** A held connection cannot drain, so its client is not treated as slow. It is told later which messages it missed. */
  overflow(): void {
    if (!this.#connection.held) this.#connection.cut("slow");
  }

  slow(dropped: number): void {
    this.#options.slowClients.slow(this, dropped);
  }

  recovered(dropped: number): void {
    this.#options.slowClients.recovered(this, dropped);
  }
}
