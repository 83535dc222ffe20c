/**
 * A client of the chat, without promises: requests go in, events come out at once and in order. The page is built on it;
 * {@linkcode Client} adds promises and iterators.
 * @module
 */
import {
  type ErrorEvent,
  type HelloEvent,
  JSON_PROTOCOL,
  parseEvent,
  type Position,
  type ReplyEvent,
  type ServerEvent,
  type User,
} from "../wire/protocol.ts";
import { Connection, type ConnectionState } from "./connection.ts";
import { Emitter, type Unsubscribe } from "./emitter.ts";
import type { ClientEnvironment, Memory } from "./environment.ts";
import { ChatError } from "./errors.ts";
import type { ClientEvent, ClientEvents, DeliveryEvent } from "./events.ts";
import { Naming } from "./naming.ts";
import { Outbox, type Unsent, type UnsentRequest } from "./outbox.ts";
import { encodeRequest, type Request, roomKey } from "./requests.ts";
import { Rooms } from "./rooms.ts";

export interface CoreOptions {
  readonly environment: ClientEnvironment;
  /** The name to take. It is taken again after a reconnect. */
  readonly name?: string | undefined;
  /** Whether a client without a name waits for one, with `nameNeeded`, before it sends messages. @default false */
  readonly needsName?: boolean | undefined;
  /** Whether a client that the server disconnected because it was idle waits for {@linkcode ClientCore.retry}. @default false */
  readonly restsWhenIdle?: boolean | undefined;
  /** The rooms to be in. By default the one that every connection starts in. */
  readonly rooms?: readonly string[] | undefined;
  /** Where messages are stored that are not delivered yet. By default they are lost with the client. */
  readonly outbox?: Memory | undefined;
  /** The maximum number of messages that are not delivered yet. @default 200 */
  readonly maxUnsent?: number | undefined;
}

export class ClientCore {
  readonly #environment: ClientEnvironment;
  readonly #needsName: boolean;
  readonly #restsWhenIdle: boolean;
  readonly #emitter = new Emitter<ClientEvents>();
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #rooms: Rooms;
  readonly #naming: Naming;
  #isAnonymous = false;
  #isReady = false;
  #hello: HelloEvent | undefined;
  /** Whether this connection has sent its hello. */
  #isGreeted = false;
  #user: User | undefined;
  #retryAt: number | undefined;
  /** The server's time of the last event. */
  #lastEvent = 0;

  constructor(options: CoreOptions) {
    const { environment, name, rooms } = options;
    this.#environment = environment;
    this.#needsName = options.needsName ?? false;
    this.#restsWhenIdle = options.restsWhenIdle ?? false;
    this.#outbox = new Outbox(options.outbox, options.maxUnsent);
    this.#rooms = new Rooms({
      post: (request) => this.post(request),
      emit: (event) => this.#emit(event),
    }, rooms);
    this.#naming = new Naming({
      clock: environment.clock,
      wanted: name,
      send: (wanted) => this.post({ type: "command", text: `/name ${wanted}` }),
    });
    this.#connection = new Connection({
      environment,
      subprotocol: JSON_PROTOCOL,
      onState: (state, retryAt) => this.#changeState(state, retryAt),
      onFrame: (frame) => this.#receive(frame),
    });
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  /** The time of the next attempt to connect, as of the clock; `undefined` if none is scheduled. */
  get retryAt(): number | undefined {
    return this.#retryAt;
  }

  /** The first event of the newest connection. */
  get hello(): HelloEvent | undefined {
    return this.#hello;
  }

  /** This user, as the server knows it. */
  get user(): User | undefined {
    return this.#user;
  }

  /** The name that the user has or wants. */
  get wantedName(): string | undefined {
    return this.#naming.wanted;
  }

  /** Whether the client has its name and takes part in the chat. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** The messages that are not delivered yet, in order. */
  get unsent(): readonly Unsent[] {
    return this.#outbox.all;
  }

  get isOutboxFull(): boolean {
    return this.#outbox.isFull;
  }

  /** The rooms that this connection is in. */
  get rooms(): readonly string[] {
    return this.#rooms.joined;
  }

  /** Whether the client is in all rooms that it wants to be in, or was refused. */
  get isSettled(): boolean {
    return this.#isReady && this.#rooms.isSettled;
  }

  isJoined(room: string): boolean {
    return this.#rooms.isJoined(room);
  }

  /** The last message of a room that was passed on; `undefined` if the client was never there. */
  position(room: string): Position | undefined {
    return this.#rooms.position(room);
  }

  /**
   * Calls a listener for every event of a type. `hello` is the first event of a connection. What the client makes of an
   * event of the server comes before that event.
   */
  on<Type extends keyof ClientEvents>(
    type: Type,
    listener: (event: ClientEvents[Type]) => void,
  ): Unsubscribe {
    return this.#emitter.on(type, listener);
  }

  /** Calls a listener for every event. */
  onAny(listener: (event: ClientEvent) => void): Unsubscribe {
    return this.#emitter.onAny(listener);
  }

  /**
   * Connects to a server, and reconnects until {@linkcode close}.
   *
   * @throws What the WebSocket throws if the address cannot be used.
   */
  open(url: string): void {
    this.#hello = undefined;
    this.#connection.open(url);
  }

  /** Connects at once instead of waiting, or again after {@linkcode close}. */
  retry(): void {
    this.#connection.retry();
  }

  /** Closes the connection until {@linkcode open} or {@linkcode retry}. */
  close(): void {
    this.#connection.close();
  }

  /**
   * Sends a request. Its answer is an event with the returned id as `ref`. Returns `undefined` without a connection.
   */
  post(request: Request): string | undefined {
    const id = this.#environment.createId();
    return this.#connection.send(encodeRequest(request, id)) ? id : undefined;
  }

  /**
   * Queues a message, whisper or action. It is sent until it is acknowledged, again after every reconnect, and reaches its
   * recipients once.
   *
   * @throws {ChatError} `outbox_full` if too many wait already.
   */
  queue(request: UnsentRequest): string {
    if (this.#outbox.isFull) {
      throw new ChatError("outbox_full", "Cannot queue a message: too many are waiting");
    }
    const { createId, clock } = this.#environment;
    const message = this.#outbox.add({ id: createId(), request, time: clock.now() });
    this.#emit({ type: "delivery", message, state: "queued" });
    this.#flush();
    return message.id;
  }

  /** Forgets a queued message. One that was sent may have reached its recipients. */
  discard(id: string): void {
    this.#outbox.remove(id);
  }

  /** Leaves a room. Returns the id of the request, unless the connection is not in the room. */
  leave(room: string): string | undefined {
    return this.#rooms.leave(room);
  }

  /** Takes a name, now or on the next connection. Returns the id of the request if it was sent now. */
  setName(name: string): string | undefined {
    this.#isAnonymous = false;
    return this.#naming.choose(name);
  }

  /** Goes on without a name. */
  stayAnonymous(): void {
    this.#isAnonymous = true;
    this.#naming.giveUp();
    this.#becomeReady();
  }

  #emit(event: ClientEvent): void {
    this.#emitter.emit(event.type, event as never);
  }

  #changeState(state: ConnectionState, retryAt: number | undefined): void {
    this.#retryAt = retryAt;
    if (state !== "open" && this.#isGreeted) this.#connectionLost();
    this.#emit({ type: "state", state, retryAt });
  }

  #connectionLost(): void {
    this.#isGreeted = this.#isReady = false;
    this.#naming.connectionLost();
    this.#rooms.connectionLost(this.#lastEvent);
    for (const message of this.#outbox.connectionLost()) {
      this.#emit({ type: "delivery", message, state: "queued" });
    }
  }

  #receive(frame: unknown): void {
    const event = parseEvent(frame);
    if (event === undefined) return;
    this.#lastEvent = event.time;
    if (event.type === "hello") return this.#greet(event);
    if (this.#isGreeted && !this.#isUnwanted(event)) this.#handle(event);
  }

  /** Whether the event is about the room that the client is about to leave. */
  #isUnwanted(event: ServerEvent): boolean {
    return "room" in event && typeof event.room === "string" &&
      this.#rooms.isUnwanted(event.room);
  }

  #greet(event: HelloEvent): void {
    if (this.#isGreeted) return; // A connection is greeted once.
    const isReconnect = this.#hello !== undefined;
    this.#isGreeted = true;
    this.#hello = event;
    this.#user = event.you;
    this.#emit(event);
    if (this.#isGreeted) this.#rooms.connected(event);
    // A listener may have closed the connection.
    if (!this.#isGreeted || this.#naming.connected(isReconnect)) return;
    if (this.#isAnonymous || !this.#needsName) this.#becomeReady();
    else this.#emit({ type: "nameNeeded", error: undefined, name: undefined });
  }

  #handle(event: ServerEvent): void {
    switch (event.type) {
      case "message":
        return this.#inOrder(event);
      case "ack":
        this.#delivered(event.ref, { state: "delivered", answer: event });
        return this.#inOrder(event);
      case "reply":
        this.#reply(event);
        break;
      case "error":
        if (this.#refused(event)) return;
        break;
      case "dropped":
        this.#rooms.dropped(event);
        break;
      case "bye":
        this.#emit(event);
        if (event.reason !== "idle" || this.#restsWhenIdle) this.#connection.stayClosed();
        return;
      case "shutdown":
        this.#connection.setReconnect(event.reconnect);
        break;
    }
    this.#emit(event);
  }

  /** Passes on an event with the id of a message, in the order of its room. */
  #inOrder(event: Extract<ServerEvent, { type: "message" | "ack" }>): void {
    const { room, id } = event;
    this.#rooms.inOrder(room, id, () => {
      this.#rooms.received(room, id);
      this.#emit(event);
    });
  }

  #reply(event: ReplyEvent): void {
    switch (event.command) {
      case "name":
        return this.#named(event.data.user, event.ref);
      case "away":
        return this.#updateUser(event.data.user, false);
      case "join":
        this.#rooms.replied(event);
        return this.#flush();
      case "leave":
        return this.#rooms.left(event.data);
      default:
        this.#delivered(event.ref, { state: "delivered", answer: event });
    }
  }

  #named(user: User, ref: string | null): void {
    this.#updateUser(user, this.#naming.granted(user.name, ref));
    this.#becomeReady();
  }

  #updateUser(user: User, isByUser: boolean): void {
    this.#user = user;
    this.#emit({ type: "user", user, isByUser });
  }

  /** Called when the user's name is settled: joins the other rooms again and sends the queued messages. */
  #becomeReady(): void {
    if (!this.#isGreeted) return;
    const wasReady = this.#isReady;
    this.#isReady = true;
    this.#rooms.rejoin();
    if (!wasReady) this.#emit({ type: "ready" });
    this.#flush();
  }

  /** Handles an error that an event of the client replaces. Returns whether it does. */
  #refused(error: ErrorEvent): boolean {
    const name = this.#naming.refused(error);
    if (name === null) return true;
    if (name !== undefined) this.#emit({ type: "nameNeeded", error, name });
    return name !== undefined || this.#delivered(error.ref, { state: "failed", error }) ||
      this.#stayedOut(error);
  }

  /** Handles that the client may not join a room again: messages that wait for it fail. */
  #stayedOut(error: ErrorEvent): boolean {
    const refused = this.#rooms.refused(error);
    if (refused === undefined) return false;
    if (this.#rooms.isJoined(refused)) return true;
    for (const { id, request: { room } } of this.#outbox.all) {
      if (room === undefined || roomKey(room) !== roomKey(refused)) continue;
      this.#delivered(id, { state: "failed", error });
    }
    return true;
  }

  #delivered(
    id: string | null,
    result:
      | Pick<Extract<DeliveryEvent, { state: "delivered" }>, "state" | "answer">
      | Pick<Extract<DeliveryEvent, { state: "failed" }>, "state" | "error">,
  ): boolean {
    const message = this.#outbox.remove(id);
    if (message === undefined) return false;
    this.#emit({ type: "delivery", message, ...result });
    return true;
  }

  #flush(): void {
    if (!this.#isReady) return;
    const sent = this.#outbox.flush(
      ({ request: { room } }) => room === undefined || !this.#rooms.isPending(room),
      ({ id, request }) => this.#connection.send(encodeRequest(request, id)),
    );
    for (const message of sent) this.#emit({ type: "delivery", message, state: "sending" });
  }
}
