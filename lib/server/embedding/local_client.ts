/**
 * A client inside the process: a member of the chat like any other, which gets events as objects instead of bytes.
 *
 * It has a queue as long as any other client's, in the JSON format, from which its events are parsed when they are asked
 * for. So a client that reads too slowly loses messages, and is told which, in the same way.
 * @module
 */
import { handleFrame } from "../../chat/commands/handle.ts";
import type { Steps } from "../../chat/history.ts";
import { type ChatUser, toCaller } from "../../chat/hooks.ts";
import type { Hub } from "../../chat/hub.ts";
import type { Member, Session } from "../../chat/member.ts";
import type { ChatRecipient } from "../../chat/wire_format.ts";
import { Fifo } from "../../delivery/fifo.ts";
import type { Sink } from "../../delivery/recipient.ts";
import { disconnectEvent, type DisconnectReason } from "../../wire/events.ts";
import type { ClientRequest, ServerEvent } from "../../wire/protocol.ts";
import { messageOf, stackOf } from "../connection/errors.ts";
import type { WorkQueue } from "../connection/work_queue.ts";
import type { CloseCause, Counters } from "../observability/counters.ts";
import { logEntry, type Logger } from "../observability/log.ts";
import type { SlowClient, SlowClients } from "../observability/slow_clients.ts";
import { helloEvent, type ServerLimits } from "../session/hello.ts";
import { LongWork } from "../session/long_work.ts";
import { JSON_LINES } from "../session/transport.ts";

/**
 * The most requests of one client that wait, at about 0.3 kB each: a burst of a program that awaits none of them. More of
 * them are refused.
 */
export const MAX_WAITING = 1_024;

/** Where a message goes. */
export interface SayTarget {
  /** A room that the client is in. By default the one that it joined last. */
  readonly room?: string;
  /** The `id` of the request, which its `ack` or `error` repeats as `ref`. */
  readonly id?: string;
}

/**
 * A client inside the process, created by `server.connect()`.
 *
 * Iterating over it gives its events, those of the JSON protocol, beginning with `hello`. There is one stream of events: each
 * is given once, to whoever asks first. Leaving a loop does not disconnect the client. The events end when it has been
 * disconnected: by `close()`, by an operator, or because the server shuts down.
 */
export interface ChatClient extends AsyncIterable<ServerEvent>, Disposable {
  /** The client as others see it. */
  readonly user: ChatUser;
  /** Whether it is in the chat. */
  readonly connected: boolean;
  /**
   * Sends a message to a room, literally: nothing in it is a command. The outcome is an `ack` or an `error` among the events.
   *
   * Requests are handled in the order in which they were sent. The promise resolves when this one has been handled, or to
   * false if the client was disconnected before. It never rejects. While the client's queue is full of events, requests wait
   * until it reads on.
   *
   * @throws {RangeError} If 1,024 requests wait already.
   */
  say(text: string, target?: SayTarget): Promise<boolean>;
  /** Sends any request of the JSON protocol, as {@linkcode say} does. */
  send(request: ClientRequest): Promise<boolean>;
  /** Leaves the chat. Events that have not been read are dropped. Does nothing if the client has left. */
  close(): void;
}

/** What local clients need of their server. All of them share one object. */
export interface LocalClientOptions extends ServerLimits {
  readonly hub: Hub;
  readonly workQueue: Pick<WorkQueue, "add" | "drop">;
  readonly counters: Pick<Counters, "clients" | "activeClients" | "sentMessages">;
  readonly slowClients: Pick<SlowClients, "slow" | "recovered">;
  readonly log: Logger;
  /** Whether the clients were told already that the server shuts down. */
  readonly isDraining: () => boolean;
  /** Calls `action` in another turn of the event loop. */
  readonly nextTurn: (action: () => void) => void;
  readonly onClosed: (client: LocalClient) => void;
}

/** A request that waits. */
interface Waiting {
  readonly frame: string;
  /** Called when it has been handled, or never will be. */
  readonly done: (handled: boolean) => void;
}

type Result = IteratorResult<ServerEvent, undefined>;

const END: Result = { done: true, value: undefined };

export class LocalClient implements ChatClient, Sink, Session, SlowClient {
  readonly address: string;
  readonly member: Member;
  readonly #options: LocalClientOptions;
  readonly #recipient: ChatRecipient;
  readonly #input = new Fifo<Waiting>();
  /** Whether input waits for the next turn of the loop. */
  #isDeferred = false;
  /** The request that is under way, which waits for work. */
  #underWay: Waiting | undefined;
  /** Whether it waits for work outside of the chat. */
  #isAwaiting = false;
  #work: LongWork | undefined;
  /** The end of the last bytes, which is the beginning of an event. */
  #rest = "";
  readonly #decoder = new TextDecoder();
  readonly #events = new Fifo<ServerEvent>();
  /** Those who wait for an event. */
  readonly #readers = new Fifo<(result: Result) => void>();
  #left = false;

  /** @param address What others see if the client has no name. */
  constructor(address: string, options: LocalClientOptions) {
    this.address = address;
    this.#options = options;
    const { hub, counters, log } = options;
    const listener = hub.subscribe(JSON_LINES, this);
    this.#recipient = listener.recipient;
    this.member = hub.connect(listener, address, this);
    counters.clients.local = (counters.clients.local ?? 0) + 1;
    counters.activeClients.local = (counters.activeClients.local ?? 0) + 1;
    log(logEntry("connected", { address, transport: "local" }));
  }

  get user(): ChatUser {
    return toCaller(this.member);
  }

  get connected(): boolean {
    return !this.#left;
  }

  get left(): boolean {
    return this.#left;
  }

  /** Sends the event that describes the server. */
  greet(): void {
    const { hub } = this.#options;
    hub.answer(this.member, helloEvent(hub, this.member, this.#options));
  }

  say(text: string, { room, id }: SayTarget = {}): Promise<boolean> {
    return this.send({
      type: "message",
      text,
      ...(room === undefined ? {} : { room }),
      ...(id === undefined ? {} : { id }),
    });
  }

  send(request: ClientRequest): Promise<boolean> {
    if (this.#left) return Promise.resolve(false);
    if (this.#input.length >= MAX_WAITING) {
      throw new RangeError(`Cannot send: ${MAX_WAITING} requests wait already`);
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#input.push({ frame: JSON.stringify(request), done: resolve });
    this.#pump();
    return promise;
  }

  close(): void {
    this.#leave("quit");
    this.#recipient.discard();
    this.#rest = "";
    while (this.#events.shift() !== undefined);
    this.#endReaders();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<ServerEvent, undefined> {
    return { next: () => this.#next() };
  }

  // The session of the member

  /** The program has connected it, so it does not log in. */
  authenticate(): undefined {
    return undefined;
  }

  charge(): void {}

  workOn(steps: Steps<void>): void {
    this.#work ??= new LongWork({
      queue: this.#options.workQueue,
      charge: () => {},
      onDone: () => this.#resume(),
      onFailed: (error) => this.#fail(error),
    });
    this.#work.set(steps);
    this.#work.start();
  }

  settled(): void {
    if (!this.#isBusy) this.#pump();
  }

  waitFor(work: Promise<void>): void {
    this.#isAwaiting = true;
    work.catch((error) => this.#fail(error)).then(() => {
      this.#isAwaiting = false;
      this.#resume();
    });
  }

  end(reason: DisconnectReason, message?: string): void {
    if (this.#left) return;
    const { hub, isDraining } = this.#options;
    const wasTold = reason === "shutdown" && isDraining();
    if (!wasTold) hub.answer(this.member, disconnectEvent(reason, message));
    this.#leave(reason);
  }

  // The sink of its queue

  flush(): void {
    while (this.#readers.length > 0) {
      const event = this.#take();
      if (event === undefined) break;
      this.#readers.shift()!({ done: false, value: event });
    }
    if (this.#left) this.#endReaders();
  }

  overflow(): void {
    this.#leave("slow");
  }

  slow(dropped: number): void {
    this.#options.slowClients.slow(this, dropped);
  }

  recovered(dropped: number): void {
    this.#options.slowClients.recovered(this, dropped);
  }

  #next(): Promise<Result> {
    const event = this.#readers.length === 0 ? this.#take() : undefined;
    if (this.#input.length > 0) this.#defer(); // there may be room for answers now
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#left) return Promise.resolve(END);
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  /** Takes the next event from the queue. */
  #take(): ServerEvent | undefined {
    while (this.#events.length === 0) {
      const { waiting } = this.#recipient;
      const bytes = this.#recipient.take();
      this.#options.counters.sentMessages += waiting - this.#recipient.waiting;
      if (bytes === undefined) return undefined;
      const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
      this.#rest = lines.pop()!;
      for (const line of lines) this.#events.push(JSON.parse(line));
    }
    return this.#events.shift();
  }

  #endReaders(): void {
    for (let reader = this.#readers.shift(); reader; reader = this.#readers.shift()) reader(END);
  }

  /** Handles requests as far as there is room for the answers. */
  #pump(): void {
    const { hub } = this.#options;
    while (this.#underWay === undefined && this.#input.length > 0) {
      if (this.#isDeferred || this.#recipient.full) return;
      if (hub.congested) return this.#defer();
      const next = this.#input.shift()!;
      if (this.member.unsettled > 0 && this.#hasToSettle(next)) return this.#input.unshift(next);
      this.#handle(next);
    }
  }

  /** Whether the next request has to wait until messages have come back through the log of a chat on several servers. */
  #hasToSettle({ frame }: Waiting): boolean {
    return !frame.startsWith('{"type":"message"') ||
      this.member.unsettled >= this.#options.hub.window;
  }

  #handle(waiting: Waiting): void {
    try {
      handleFrame(this.#options.hub, this.member, waiting.frame);
    } catch (error) {
      this.#fail(error);
    }
    if (this.#isBusy) this.#underWay = waiting;
    else waiting.done(true);
  }

  get #isBusy(): boolean {
    return this.#isAwaiting || this.#work?.isPending === true;
  }

  /** Called when work is done that a request waits for. */
  #resume(): void {
    if (this.#isBusy) return;
    this.#underWay?.done(true);
    this.#underWay = undefined;
    this.#pump();
  }

  /** Handles requests in another turn of the loop. */
  #defer(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    this.#options.nextTurn(() => {
      this.#isDeferred = false;
      this.#pump();
    });
  }

  /** Ends the client after an error in the server. */
  #fail(error: unknown): void {
    const { address } = this;
    const message = `Internal error: ${stackOf(error)}`;
    this.#options.log(logEntry("internal_error", { address, error: messageOf(error), message }));
    this.#leave("internal");
  }

  /** Leaves the chat. What is in the queue can still be read. */
  #leave(cause: CloseCause): void {
    if (this.#left) return;
    this.#left = true;
    const { hub, counters, log, onClosed } = this.#options;
    hub.disconnect(this.member, false); // the name is free at once
    counters.activeClients.local!--;
    this.#work?.drop();
    this.#underWay?.done(false);
    this.#underWay = undefined;
    for (let item = this.#input.shift(); item; item = this.#input.shift()) item.done(false);
    onClosed(this);
    const { address, member: { name: user } } = this;
    log(logEntry("disconnected", { address, cause, ...(user === undefined ? {} : { user }) }));
    this.flush();
  }
}
