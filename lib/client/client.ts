/**
 * A client of the chat, with promises for answers and iterators for events.
 * @module
 */
import type {
  ErrorCode,
  HelloEvent,
  Position,
  Replies,
  ReplyEvent,
  User,
} from "../wire/protocol.ts";
import { toWebSocket } from "./address.ts";
import type { ConnectionState } from "./connection.ts";
import { ClientCore } from "./core.ts";
import type { Unsubscribe } from "./emitter.ts";
import { Calls } from "./calls.ts";
import { abortable, defer, type Deferred } from "./deferred.ts";
import { ChatError, refusal, unexpectedAnswer } from "./errors.ts";
import { EventQueue, MAX_EVENTS } from "./event_queue.ts";
import type { ClientEvent, ClientEvents, DeliveryEvent, NameNeededEvent } from "./events.ts";
import type { ClientOptions, HistoryRange, RequestOptions, SendOptions, Sent } from "./options.ts";
import type { UnsentRequest } from "./outbox.ts";
import type { AnswerTo, Request } from "./requests.ts";
import { RUNTIME } from "./runtime.ts";

type Delivered = Extract<DeliveryEvent, { readonly state: "delivered" }>;

/**
 * Connects to a server: `wss://chat.example/`, or the same with `https:`. The client reconnects until it is closed.
 *
 * @example
 * ```ts ignore
 * const client = connect("ws://127.0.0.1:8080", { name: "echo" });
 * for await (const { room, text, missed } of client.events("message")) {
 *   if (!missed) await client.send(room, text);
 * }
 * ```
 * @throws {TypeError} If the address is none of a server.
 */
export function connect(url: string | URL, options: ClientOptions = {}): Client {
  return new Client(url, options);
}

/**
 * A client that stays connected.
 *
 * Answers are promises. A request is sent once and needs a connection; messages wait for one, and are delivered once
 * however often it is lost. Events come to listeners and to loops; after a reconnect, missed messages come first. Promises
 * reject with a {@linkcode ChatError}.
 */
export class Client implements AsyncIterable<ClientEvent, undefined>, AsyncDisposable {
  readonly #core: ClientCore;
  readonly #options: ClientOptions;
  readonly #calls = new Calls();
  /** By the ids of messages. */
  readonly #sends = new Map<string, Deferred<Delivered>>();
  readonly #waiters = new Set<Deferred<void>>();
  readonly #queues = new Set<EventQueue<ClientEvent>>();
  readonly #closed = defer<ChatError | undefined>();
  /** Why the client cannot stay in one of its rooms. */
  #refusal: ChatError | undefined;
  /** Why the connection is about to end for good. */
  #reason: ChatError | undefined;
  #isClosed = false;

  /** The same as {@linkcode connect}. */
  constructor(url: string | URL, options: ClientOptions = {}) {
    const { signal, login, resume, name, rooms, outbox, maxUnsent } = options;
    const {
      createSocket = RUNTIME.createSocket,
      clock = RUNTIME.clock,
      random = RUNTIME.random,
      createId = RUNTIME.createId,
    } = options;
    const address = toWebSocket(url);
    this.#options = options;
    const environment = { createSocket, clock, random, createId };
    this.#core = new ClientCore({
      environment,
      login,
      resume,
      name,
      rooms,
      outbox,
      maxUnsent,
    });
    this.#listen();
    signal?.addEventListener("abort", this.#onAbort);
    if (signal?.aborted === true) this.close();
    else this.#core.open(address);
  }

  readonly #onAbort = (): void => this.close();

  /** The state of the connection. */
  get state(): ConnectionState {
    return this.#core.state;
  }

  /** When the client tries to connect again, as of its clock; `undefined` if it does not wait for that. */
  get retryAt(): number | undefined {
    return this.#core.retryAt;
  }

  /** The first event of the newest connection: limits and commands of the server. */
  get hello(): HelloEvent | undefined {
    return this.#core.hello;
  }

  /** This client's user; `undefined` before the first connection. */
  get user(): User | undefined {
    return this.#core.user;
  }

  /** The rooms that the client is in now. */
  get rooms(): readonly string[] {
    return this.#core.rooms;
  }

  /** The number of messages that are not delivered yet. */
  get unsent(): number {
    return this.#core.unsent.length;
  }

  /**
   * Settles when the client is closed for good: with `undefined` if you closed it, otherwise with the reason. Never rejects.
   */
  get closed(): Promise<ChatError | undefined> {
    return this.#closed.promise;
  }

  /** Whether a user is the one of this client: on this or an earlier connection, or on another device. */
  isOwn(user: User): boolean {
    return this.#core.isOwn(user);
  }

  /** The last message of a room that the client has; `undefined` if it was never there. */
  position(room: string): Position | undefined {
    return this.#core.position(room);
  }

  /**
   * Resolves when the client is connected, has its name and is in its rooms; at once if it is.
   *
   * @throws {ChatError} If the server does not let it into one of its rooms, or the client is closed before.
   */
  ready(): Promise<void> {
    if (this.#isClosed) return Promise.reject(this.#closedError());
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    if (this.#core.isSettled) return Promise.resolve();
    const waiter = defer<void>();
    this.#waiters.add(waiter);
    return waiter.promise;
  }

  /**
   * Calls a listener for every event of a type, at once and in order. Returns a function that removes it.
   *
   * The types are those of the server's events, and `state`, `ready`, `user`, `nameNeeded`, `joined`, `left`, `gap` and
   * `delivery`, which the client makes. Errors that a listener throws are reported as uncaught.
   */
  on<Type extends keyof ClientEvents>(
    type: Type,
    listener: (event: ClientEvents[Type]) => void,
  ): Unsubscribe {
    return this.#core.on(type, listener);
  }

  /**
   * The events of some types, or all events, from now on. The loop ends when the client is closed, and throws the reason if
   * it was not closed by you. If more than `maxEvents` wait, it gets those and throws `events_full`.
   */
  events<Type extends keyof ClientEvents>(
    ...types: Type[]
  ): AsyncIterableIterator<ClientEvents[Type], undefined> {
    const { maxEvents = MAX_EVENTS } = this.#options;
    const stop: Unsubscribe[] = [];
    const queue = new EventQueue<ClientEvent>(maxEvents, () => {
      this.#queues.delete(queue);
      for (const unsubscribe of stop) unsubscribe();
    });
    if (this.#isClosed) {
      queue.end(this.#reason);
      return queue as unknown as EventQueue<ClientEvents[Type]>;
    }
    this.#queues.add(queue);
    const push = (event: ClientEvent) => queue.push(event);
    if (types.length === 0) stop.push(this.#core.onAny(push));
    for (const type of types) stop.push(this.#core.on(type, push));
    return queue as unknown as EventQueue<ClientEvents[Type]>;
  }

  /** All events from now on. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ClientEvent, undefined> {
    return this.events();
  }

  /**
   * Sends a message to a room, now or when the client is connected again. It is delivered once, however often the
   * connection is lost, and messages stay in order.
   *
   * @returns When the server has delivered it.
   * @throws {ChatError} If the server refuses it, too many wait (`outbox_full`), or the client is closed before.
   */
  async send(room: string, text: string, options: SendOptions = {}): Promise<Sent> {
    const request = options.action === true
      ? { type: "command", text: `/me ${text}`, room } as const
      : { type: "message", text, room } as const;
    const { answer } = await this.#queue(request, options.signal);
    if (answer.type !== "ack") throw unexpectedAnswer();
    return { room: answer.room, id: answer.id, time: answer.time };
  }

  /** Sends a private message to a user. The same as {@linkcode send} otherwise. */
  async whisper(
    name: string,
    text: string,
    options: RequestOptions = {},
  ): Promise<Replies["whisper"]> {
    if (/\s/.test(name)) throw new TypeError(`Cannot whisper to '${name}': names have no spaces`);
    const request = { type: "command", text: `/whisper ${name} ${text}` } as const;
    const { answer } = await this.#queue(request, options.signal);
    if (answer.type !== "reply" || answer.command !== "whisper") throw unexpectedAnswer();
    return answer.data;
  }

  /**
   * Sends a request once, and waits for its answer. For a `command` the answer is the whole reply, for other requests its
   * data. Messages go through {@linkcode send}.
   *
   * @throws {ChatError} If the server refuses it, or there is no connection, or it is lost before the answer comes
   * (`disconnected`): then nobody knows whether the server executed the request.
   */
  async request<const R extends Exclude<Request, { readonly type: "message" }>>(
    request: R,
    options: RequestOptions = {},
  ): Promise<AnswerTo<R>> {
    const { type } = request;
    const post = () => type === "leave" ? this.#core.leave(request.room) : this.#core.post(request);
    const reply = await this.#answer(post, type === "command" ? undefined : type, options.signal);
    return (type === "command" ? reply : reply.data) as AnswerTo<R>;
  }

  /**
   * Runs a command, such as `command("topic", "Release on Friday", { room: "dev" })`, and returns the data of its reply.
   *
   * @param name Without the slash.
   * @throws {ChatError} The same as {@linkcode request}.
   */
  async command<Name extends keyof Replies>(
    name: Name,
    args = "",
    { room, signal }: RequestOptions & { readonly room?: string } = {},
  ): Promise<Replies[Name]> {
    const text = args === "" ? `/${name}` : `/${name} ${args}`;
    const post = () =>
      this.#core.post({ type: "command", text, ...(room === undefined ? {} : { room }) });
    return (await this.#answer(post, name, signal)).data as Replies[Name];
  }

  /** Joins a room, and again after every reconnect. */
  join(room: string, options?: RequestOptions): Promise<Replies["join"]> {
    return this.request({ type: "join", room }, options);
  }

  /** Leaves a room. */
  leave(room: string, options?: RequestOptions): Promise<Replies["leave"]> {
    return this.request({ type: "leave", room }, options);
  }

  /** Fetches a page of a room's messages. */
  history(
    room: string,
    range: HistoryRange = {},
    options?: RequestOptions,
  ): Promise<Replies["history"]> {
    return this.request({ type: "history", room, ...range }, options);
  }

  /** Takes another name. If it is refused, the client keeps the one that it has. */
  async setName(name: string, { signal }: RequestOptions = {}): Promise<User> {
    const reply = await this.#answer(() => this.#core.setName(name), "name", signal);
    return (reply.data as Replies["name"]).user;
  }

  /** Connects at once instead of waiting for the next attempt: the network is back. */
  retry(): void {
    if (!this.#isClosed) this.#core.retry();
  }

  /** Closes the client for good. Loops end, and everything that waits for an answer rejects with `closed`. */
  close(): void {
    this.#end(undefined);
  }

  /** Closes the client at the end of a block with `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #listen(): void {
    const core = this.#core;
    core.on("reply", (event) => this.#calls.replied(event));
    core.on("error", (event) => void this.#calls.refuse(event.ref, refusal(event)));
    core.on("delivery", (event) => this.#delivered(event));
    core.on("loginFailed", ({ problem }) => {
      if (problem !== undefined) this.#end(new ChatError(problem.code as ErrorCode, problem.text));
    });
    core.on("nameNeeded", (event) => void this.#nameRefused(event));
    core.on("ready", () => this.#settle());
    core.on("joined", () => this.#settle());
    core.on("left", ({ error }) => {
      if (error === undefined) return;
      this.#refusal = refusal(error);
      for (const { reject } of take(this.#waiters)) reject(this.#refusal);
    });
    core.on("bye", ({ reason, text }) => {
      if (reason !== "quit") this.#reason = new ChatError("disconnected_by_server", text);
    });
    core.on("state", ({ state }) => this.#changeState(state));
  }

  #changeState(state: ConnectionState): void {
    if (state === "open") return;
    this.#refusal = undefined;
    this.#calls.connectionLost();
    if (state === "closed") this.#end(this.#reason);
    else this.#reason = undefined;
    if (state === "incompatible") {
      this.#end(new ChatError("incompatible", "The server does not speak backchannel.v1.json"));
    }
  }

  #settle(): void {
    if (!this.#core.isSettled) return;
    for (const { resolve } of take(this.#waiters)) resolve();
  }

  #end(reason: ChatError | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reason = reason;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#core.close();
    const error = this.#closedError();
    for (const { reject } of [...take(this.#waiters), ...this.#sends.values()]) reject(error);
    this.#sends.clear();
    for (const queue of [...this.#queues]) queue.end(reason);
    this.#closed.resolve(reason);
  }

  #closedError(): ChatError {
    return this.#reason ?? new ChatError("closed", "The client is closed");
  }

  /** Asks for another name if the server refused the one that the client needs to go on. */
  async #nameRefused({ error, name }: NameNeededEvent): Promise<void> {
    if (error === undefined || name === undefined) return;
    const problem = refusal(error);
    if (this.#calls.refuse(error.ref, problem)) return;
    const { onNameRefused } = this.#options;
    if (onNameRefused === undefined) return this.#end(problem);
    try {
      const other = await onNameRefused(problem);
      if (this.#isClosed) return;
      if (other === undefined) this.#core.stayAnonymous();
      else this.#core.setName(other);
    } catch (cause) {
      this.#end(new ChatError(error.code, problem.message, { cause }));
    }
  }

  #delivered(event: DeliveryEvent): void {
    if (event.state !== "delivered" && event.state !== "failed") return;
    const { id } = event.message;
    const sending = this.#sends.get(id);
    this.#sends.delete(id);
    if (event.state === "delivered") sending?.resolve(event);
    else sending?.reject(refusal(event.error));
  }

  /** @param post Sends the request. Returns its id, or `undefined` without a connection. */
  async #answer(
    post: () => string | undefined,
    command: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ReplyEvent> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw this.#closedError();
    return await this.#calls.wait(post(), command, signal);
  }

  async #queue(request: UnsentRequest, signal: AbortSignal | undefined): Promise<Delivered> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw this.#closedError();
    const id = this.#core.queue(request);
    const sending = defer<Delivered>();
    this.#sends.set(id, sending);
    return await abortable(sending, signal, () => {
      this.#sends.delete(id);
      this.#core.discard(id);
    });
  }
}

/** All members of a set, which is empty afterwards. */
function take<T>(set: Set<T>): T[] {
  const all = [...set];
  set.clear();
  return all;
}
