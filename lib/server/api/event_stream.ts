/**
 * A stream of the events of a room to one reader. The reader is a recipient with a bounded queue like every client, and no
 * member of the chat: nobody sees it.
 * @module
 */
import type { Hub } from "../../chat/hub.ts";
import type { Position } from "../../chat/history_reader.ts";
import type { Listener } from "../../chat/member.ts";
import type { WireFormat } from "../../chat/wire_format.ts";
import type { Sink } from "../../delivery/recipient.ts";
import { HEARTBEAT } from "../../protocol/http/event_stream.ts";
import { disconnectEvent, type DisconnectReason } from "../../wire/events.ts";
import type { TimeSource } from "../connection/clock.ts";
import type { Connection } from "../connection/connection.ts";
import type { ResponseStream } from "../http/answer.ts";
import type { CloseCause, Counters } from "../observability/counters.ts";
import { logEntry, type Logger } from "../observability/log.ts";
import type { ClientData, StreamData } from "../observability/log_kinds.ts";
import type { SlowClient, SlowClients } from "../observability/slow_clients.ts";
import { renderBeginning, renderEnd } from "./event_format.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

const HEARTBEAT_BYTES: Bytes = encoder.encode(HEARTBEAT);

/** What streams need of their server. All streams share one object. */
export interface EventStreamOptions {
  readonly hub: Pick<Hub, "listen" | "unsubscribe" | "answerBytes" | "missed" | "epoch">;
  readonly format: WireFormat;
  readonly time: TimeSource;
  /** The wall clock, in ms of Unix time. */
  readonly now: () => number;
  readonly random: () => number;
  readonly counters: Pick<Counters, "sentMessages" | "queue" | "eventStreams">;
  readonly slowClients: Pick<SlowClients, "slow" | "recovered">;
  readonly log: Logger;
  /** After how much silence a stream gets a comment, in seconds; 0 for never. */
  readonly heartbeat: number;
  /** Whether the clients were told already that the server shuts down. */
  readonly isDraining: () => boolean;
}

/** What a stream is for. */
export interface EventStreamRequest {
  readonly connection: Connection;
  /** The name of the room, as `normalizeRoomName` returns it. */
  readonly room: string;
  /** The name of the reader, for the log. */
  readonly user: string | undefined;
  /** Where the reader was when its last stream ended. */
  readonly since: Position | undefined;
  /** When the reader has to authenticate again, in ms of Unix time. */
  readonly expires: number | undefined;
  /** Called once when the stream is over. */
  readonly onClosed: () => void;
}

export class EventStream implements ResponseStream, Sink, SlowClient {
  readonly isEndless = true;
  state: "open" | "ended" = "open";
  readonly #options: EventStreamOptions;
  readonly #request: EventStreamRequest;
  readonly #listener: Listener;
  /** When something was written last. */
  #wroteLast: number;
  /** Whether it is being written. */
  #isStarted = false;
  /** Why the server has ended the stream. */
  #cause: CloseCause | undefined;
  #flush = (): void => {};

  /** Subscribes the reader. Events from now on are queued until they are taken. */
  constructor(options: EventStreamOptions, request: EventStreamRequest) {
    const { hub, format, time, counters } = options;
    this.#options = options;
    this.#request = request;
    this.#wroteLast = time.now;
    this.#listener = hub.listen(request.room, format, this);
    counters.eventStreams++;
    const { room, start } = this.#listener;
    const { since } = request;
    const missed = since && hub.missed(this.#listener, since);
    this.#send(renderBeginning({ room, epoch: hub.epoch, start, since, missed }, options.now()));
  }

  get address(): string {
    return this.#request.connection.address;
  }

  get left(): boolean {
    return this.state === "ended";
  }

  start(flush: () => void): void {
    this.#flush = flush;
    this.#isStarted = true;
    this.#options.log(logEntry("stream_opened", this.#logged));
  }

  take(): Bytes | undefined {
    const { recipient } = this.#listener;
    const { counters, time } = this.#options;
    const { waiting } = recipient;
    const bytes = recipient.take();
    counters.sentMessages += waiting - recipient.waiting;
    if (bytes !== undefined) this.#wroteLast = time.now;
    return bytes;
  }

  tick(now: number): void {
    const { counters, heartbeat, now: wall } = this.#options;
    const { connection, expires } = this.#request;
    const { waiting } = this.#listener.recipient;
    counters.queue.observe(waiting);
    if (expires !== undefined && wall() >= expires) {
      return connection.end("expired");
    }
    const isSilent = heartbeat > 0 && now - this.#wroteLast >= heartbeat * 1000;
    // A comment behind a stalled write tells nobody anything.
    if (isSilent && waiting === 0 && connection.stalledSince === undefined) {
      this.#wroteLast = now;
      this.#options.hub.answerBytes(this.#listener.recipient, HEARTBEAT_BYTES);
    }
  }

  end(reason: DisconnectReason, message?: string): void {
    const { isDraining, now, random } = this.#options;
    this.state = "ended";
    this.#cause = reason;
    const event = disconnectEvent(reason, message);
    if (event.type !== "shutdown") return this.#send(renderEnd(event, undefined, now()));
    const { after, spread } = event.reconnect;
    // Readers reconnect at different times: a program that reads server-sent events adds nothing random itself.
    const retry = Math.round(after + random() * spread);
    this.#send(renderEnd(isDraining() ? undefined : event, retry, now()));
  }

  closed(cause: CloseCause = "peer"): void {
    this.state = "ended";
    const { counters, hub, log } = this.#options;
    counters.eventStreams--;
    hub.unsubscribe(this.#listener);
    this.#listener.recipient.discard();
    this.#request.onClosed();
    if (!this.#isStarted) return; // nobody has read it, as after HEAD
    log(logEntry("stream_closed", { ...this.#logged, cause: this.#cause ?? cause }));
  }

  get #logged(): ClientData & StreamData {
    const { user, room } = this.#request;
    return { address: this.address, room, ...user === undefined ? {} : { user } };
  }

  flush(): void {
    this.#flush();
  }

  overflow(): void {
    this.#request.connection.close("slow");
  }

  slow(dropped: number): void {
    this.#options.slowClients.slow(this, dropped);
  }

  recovered(dropped: number): void {
    this.#options.slowClients.recovered(this, dropped);
  }

  /** Queues a text that is never dropped, behind all events so far. */
  #send(text: string): void {
    if (text === "") return;
    const { recipient } = this.#listener;
    this.#options.hub.answerBytes(recipient, encoder.encode(text));
  }
}
