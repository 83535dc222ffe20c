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
import type { ClientEnvironment } from "./environment.ts";
import type { ClientEvent, ClientEvents } from "./events.ts";
import { Login } from "./login.ts";
import { Messages } from "./messages.ts";
import { Naming } from "./naming.ts";
import type { CoreOptions } from "./options.ts";
import { Outbox, type Unsent, type UnsentRequest } from "./outbox.ts";
import { encodeRequest, type Request, roomKey } from "./requests.ts";
import { Rooms } from "./rooms.ts";
import { Self } from "./self.ts";

export class ClientCore {
  readonly #environment: ClientEnvironment;
  readonly #needsName: boolean;
  readonly #restsWhenIdle: boolean;
  readonly #emitter = new Emitter<ClientEvents>();
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #messages: Messages;
  readonly #self = new Self();
  readonly #rooms: Rooms;
  readonly #login: Login;
  readonly #naming: Naming;
  #isAnonymous = false;
  #isReady = false;
  #hello: HelloEvent | undefined;
  /** Whether this connection has sent its hello. */
  #isGreeted = false;
  #isReconnect = false;
  #retryAt: number | undefined;
  /** The server's time of the last event. */
  #lastEvent = 0;

  constructor(options: CoreOptions) {
    const { environment, name, rooms } = options;
    this.#environment = environment;
    this.#needsName = options.needsName ?? false;
    this.#restsWhenIdle = options.restsWhenIdle ?? false;
    this.#outbox = new Outbox(options.outbox, options.maxUnsent);
    this.#messages = new Messages({
      outbox: this.#outbox,
      createId: environment.createId,
      now: () => environment.clock.now(),
      mayGo: (room) => room === undefined || !this.#rooms.isPending(room),
      send: ({ id, request }) => this.#connection.send(encodeRequest(request, id)),
      emit: (event) => this.#emit(event),
    });
    this.#rooms = new Rooms({
      post: (request) => this.post(request),
      emit: (event) => this.#emit(event),
    }, rooms);
    this.#naming = new Naming({
      clock: environment.clock,
      wanted: name,
      send: (wanted) => this.post({ type: "command", text: `/name ${wanted}` }),
    });
    this.#login = new Login({
      source: options.login,
      memory: options.resume,
      post: (request) => this.post(request),
      onSettled: (user) => this.#loggedIn(user),
      onRefused: (problem) => {
        this.#emit({ type: "loginFailed", problem, error: undefined });
        this.#connection.close();
      },
      onFailed: (error) => {
        this.#emit({ type: "loginFailed", problem: undefined, error });
        this.#connection.lose();
      },
      onSecret: () => this.#connection.retry(),
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
    return this.#self.user;
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

  /** Whether a user is the one of this client: on this or an earlier connection, or on another device. */
  isOwn(user: User): boolean {
    return this.#self.is(user);
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
    this.#login.open(url);
    this.#connection.open(url);
  }

  /** Connects at once instead of waiting, or again after {@linkcode close}. */
  retry(): void {
    this.#connection.retry();
  }

  /** Closes the connection until {@linkcode open} or {@linkcode retry}. */
  close(): void {
    this.#login.cancel();
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
   * @param options.tag A note that is stored with the message.
   * @throws {ChatError} `outbox_full` if too many wait already.
   */
  queue(request: UnsentRequest, { tag }: { readonly tag?: string } = {}): string {
    const id = this.#messages.queue(request, tag);
    this.#flush();
    return id;
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
    if (state !== "open") this.#login.connectionLost();
    if (state !== "open" && this.#isGreeted) this.#connectionLost();
    this.#emit({ type: "state", state, retryAt });
  }

  #connectionLost(): void {
    this.#isGreeted = this.#isReady = false;
    this.#naming.connectionLost();
    this.#rooms.connectionLost(this.#lastEvent);
    this.#messages.connectionLost();
  }

  #receive(frame: unknown): void {
    const event = parseEvent(frame);
    if (event === undefined) return;
    this.#lastEvent = event.time;
    if (event.type === "hello") return this.#greet(event);
    if (!this.#isGreeted) this.#handleBeforeHello(event);
    else if (!this.#isUnwanted(event)) this.#handle(event);
  }

  /** Handles an event of a server that has not let the client in yet. Others than these do not come then. */
  #handleBeforeHello(event: ServerEvent): void {
    switch (event.type) {
      case "login_required":
        this.#emit(event);
        return this.#login.require();
      case "reply":
        if (event.command === "login") this.#login.replied(event.ref, event.data);
        return this.#emit(event);
      case "error":
        return this.#login.refused(event) ? undefined : this.#emit(event);
      case "bye":
        return this.#leaves(event);
      case "shutdown":
        this.#connection.setReconnect(event.reconnect);
        return this.#emit(event);
    }
  }

  /** Whether the event is about the room that the client is about to leave. */
  #isUnwanted(event: ServerEvent): boolean {
    return "room" in event && typeof event.room === "string" &&
      this.#rooms.isUnwanted(event.room);
  }

  #greet(event: HelloEvent): void {
    if (this.#isGreeted) return; // A connection is greeted once.
    this.#isReconnect = this.#hello !== undefined;
    this.#isGreeted = true;
    this.#hello = event;
    this.#self.greeted(event);
    this.#emit(event);
    // A listener may have closed the connection.
    if (this.#isGreeted) this.#rooms.connected(event);
    if (this.#isGreeted) this.#login.greeted(event);
  }

  /** Called when it is settled who the client is. It needs a name now. */
  #loggedIn(user: User | undefined): void {
    if (!this.#isGreeted) return;
    if (user !== undefined) this.#updateUser(user, false);
    const name = this.user?.name ?? null;
    if (name !== null) this.#naming.settled(name);
    else if (this.#naming.connected(this.#isReconnect)) return;
    if (name !== null || this.#isAnonymous || !this.#needsName) this.#becomeReady();
    else this.#emit({ type: "nameNeeded", error: undefined, name: undefined });
  }

  #handle(event: ServerEvent): void {
    switch (event.type) {
      case "message":
        return this.#inOrder(event);
      case "ack":
        this.#messages.ended(event.ref, { state: "delivered", answer: event });
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
      case "renamed":
        this.#renamed(event);
        break;
      case "bye":
        return this.#leaves(event);
      case "shutdown":
        this.#connection.setReconnect(event.reconnect);
        break;
    }
    this.#emit(event);
  }

  /** The server ends the connection. Whether the client connects again depends on the reason. */
  #leaves(event: Extract<ServerEvent, { type: "bye" }>): void {
    this.#emit(event);
    switch (event.reason) {
      case "expired":
        return this.#login.expired(event.text);
      case "login":
        // The next connection would wait for the same person to enter the same password.
        if (this.#login.isAsking) this.#connection.pause();
        return;
      case "idle":
        if (this.#restsWhenIdle) this.#connection.close();
        return;
      default:
        return this.#connection.close();
    }
  }

  /** A user who owns the name has logged in. */
  #renamed({ user, name }: Extract<ServerEvent, { type: "renamed" }>): void {
    this.#login.renamed();
    this.#naming.giveUp();
    this.#updateUser(user, false);
    if (this.#needsName) this.#emit({ type: "nameNeeded", error: undefined, name });
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
        this.#login.named(event.data);
        return this.#named(event.data.user, event.ref);
      case "login":
        if (!this.#login.replied(event.ref, event.data)) this.#updateUser(event.data.user, false);
        return;
      case "away":
        return this.#updateUser(event.data.user, false);
      case "join":
        this.#rooms.replied(event);
        return this.#flush();
      case "leave":
        return this.#rooms.left(event.data);
      default:
        this.#messages.ended(event.ref, { state: "delivered", answer: event });
    }
  }

  #named(user: User, ref: string | null): void {
    this.#updateUser(user, this.#naming.granted(user.name, ref));
    this.#becomeReady();
  }

  #updateUser(user: User, isByUser: boolean): void {
    this.#self.update(user);
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
    if (this.#login.refused(error)) return true;
    const name = this.#naming.refused(error);
    if (name === null) return true;
    if (name !== undefined) this.#emit({ type: "nameNeeded", error, name });
    return name !== undefined || this.#messages.ended(error.ref, { state: "failed", error }) ||
      this.#stayedOut(error);
  }

  /** Handles that the client may not join a room again: messages that wait for it fail. */
  #stayedOut(error: ErrorEvent): boolean {
    const refused = this.#rooms.refused(error);
    if (refused === undefined) return false;
    if (this.#rooms.isJoined(refused)) return true;
    for (const { id, request: { room } } of this.#outbox.all) {
      if (room === undefined || roomKey(room) !== roomKey(refused)) continue;
      this.#messages.ended(id, { state: "failed", error });
    }
    return true;
  }

  #flush(): void {
    if (this.#isReady) this.#messages.flush();
  }
}
