/**
 * The chat service: connects its parts, passes each event of the server to its handler, and handles submitted lines.
 * @module
 */
import { DOCUMENT, inject, Injectable, type OnDestroy } from "@angular/core";
import { BehaviorSubject, type Observable } from "rxjs";
import {
  type ChatMessage,
  ConnectionStatus,
  displayName,
  MessageType,
  type Room,
  type User,
} from "../models/message.model";
import {
  type AckEvent,
  type ByeEvent,
  type DroppedEvent,
  type ErrorEvent,
  type HelloEvent,
  JSON_PROTOCOL,
  type MessageEvent,
  parseEvent,
  type Replies,
  type ReplyEvent,
  type Room as RoomInfo,
  type ServerEvent,
} from "../models/protocol";
import { Connection } from "./connection";
import { BROWSER_MEMORY, CREATE_SOCKET, IS_COPY, RANDOM, SERVERS, TAB_MEMORY } from "./environment";
import { History, type HistoryQuestion, type Request } from "./history";
import { Login, type LoginQuestion } from "./login";
import { type Draft, MessageLog } from "./message_log";
import { Naming } from "./naming";
import { Presence } from "./presence";
import { createRef, DEFAULT_MAX_PAYLOAD, encodeRequest } from "./requests";
import { RoomBook, type RoomState } from "./room_book";
import { isMessage, Outgoing, stripInvisible } from "./outgoing";

/** The room that every connection starts in. */
export const LOBBY = "lobby";

/** If the connection was silent for this time, in ms, it is tested when the user returns to the page. */
const TEST_AFTER_SILENCE = 5_000;

/** A request that the server has not answered yet. */
type Question =
  | HistoryQuestion
  /** The user typed it and sees the answer. */
  | { readonly kind: "typed"; readonly room: string }
  | { readonly kind: "name"; readonly byUser: boolean }
  | { readonly kind: "login" }
  /** Requested for the list of users, at most once for each room at a time. */
  | { readonly kind: "list"; readonly room: string }
  | { readonly kind: "leave"; readonly room: string };

/**
 * A client of one chat server.
 *
 * All streams are states: subscribers receive the current value at once and then every change. {@linkcode connect}
 * reconnects until {@linkcode disconnect}. Messages wait for a connection and are delivered once and in order, however often
 * it is lost: the server recognizes the `id` of a message that is sent again.
 */
@Injectable({ providedIn: "root" })
export class WebSocketService implements OnDestroy {
  readonly #servers = inject(SERVERS);
  readonly #browserMemory = inject(BROWSER_MEMORY);
  readonly #tabMemory = inject(TAB_MEMORY);
  readonly #isCopy = inject(IS_COPY);
  readonly #document = inject(DOCUMENT);

  readonly #status = new BehaviorSubject(ConnectionStatus.Disconnected);
  readonly #retryAt = new BehaviorSubject<number | null>(null);
  readonly #me = new BehaviorSubject<User | null>(null);
  readonly #activeRoom = new BehaviorSubject(LOBBY);

  readonly #book = new RoomBook();
  readonly #log = new MessageLog(({ room, place }) => {
    const state = this.#book.get(room ?? "");
    if (state === undefined || place === undefined || !this.#history.kept) return;
    state.hasOlder = true;
    state.firstOffset = Math.max(state.firstOffset ?? 0, place.offset + 1);
  });
  readonly #history = new History({
    ask: (request, question) => this.#ask(request, question),
    show: (message) => this.#log.add(this.#toDraft(message)),
    showOlder: (messages) => this.#log.addPast(messages.map((each) => this.#toDraft(each))),
    notice: (room, text, offset) => this.#notice(room.name, text, room, offset),
  });
  readonly #presence = new Presence({
    book: this.#book,
    isMe: (user) => this.#isMe(user),
    askList: (room) => this.#askList(room),
    notice: (room, text) => this.#notice(room, text),
  });
  readonly #outgoing = new Outgoing({
    log: this.#log,
    memory: this.#tabMemory,
    isCopy: this.#isCopy,
    now: () => this.#now(),
    send: (frame) => this.#connection.send(frame),
  });
  readonly #naming = new Naming(
    this.#isCopy ? null : this.#tabMemory.get("name") ?? this.#browserMemory.get("name"),
    (name) => this.#claim(name, false),
    (name) => {
      this.#tabMemory.set("name", name);
      this.#browserMemory.set("name", name);
    },
  );
  readonly #login = new Login({
    memory: this.#tabMemory,
    ask: (request) => this.#ask(request, { kind: "login" }),
    retry: () => this.retry(),
  });
  readonly #connection = new Connection({
    subprotocol: JSON_PROTOCOL,
    createSocket: inject(CREATE_SOCKET),
    random: inject(RANDOM),
    onStatus: (status, retryAt) => this.#changeStatus(status, retryAt),
    onFrame: (frame) => this.#receive(frame),
  });

  #server = "";
  #questions = new Map<string, Question>();
  #hello: HelloEvent | undefined;
  /** The user ids of this client's connections in this epoch. */
  #ids = new Set<number>();
  /** The server's time minus the time of this machine, in ms. */
  #skew = 0;
  #lastFrame = 0;
  /** Whether this connection has got its hello. */
  #isGreeted = false;
  /** Whether queued messages may be sent: the user's name is settled. */
  #ready = false;
  /** Whether the user disconnected, so that the client must not reconnect by itself. */
  #hasQuit = true;

  /** The complete log, in order. */
  readonly messages$: Observable<readonly ChatMessage[]> = this.#log.messages$;
  readonly connectionStatus$: Observable<ConnectionStatus> = this.#status.asObservable();
  /** The time of the next attempt to connect, as of `Date.now()`; `null` if none is scheduled. */
  readonly retryAt$: Observable<number | null> = this.#retryAt.asObservable();
  /** This user, as the server knows it; `null` before the first event. */
  readonly me$: Observable<User | null> = this.#me.asObservable();
  /** The rooms that this client is in, in the order in which it joined them. */
  readonly rooms$: Observable<readonly Room[]> = this.#book.rooms$;
  /** What the user is asked for while the server lets nobody in without a password or token; otherwise `null`. */
  readonly loginQuestion$: Observable<LoginQuestion | null> = this.#login.question$;
  /** The shown room, which {@linkcode send} sends messages to. */
  readonly activeRoom$: Observable<string> = this.#activeRoom.asObservable();

  constructor() {
    const window = this.#document.defaultView;
    window?.addEventListener("online", this.#wake);
    this.#document.addEventListener("visibilitychange", this.#wake);
  }

  /** The address of the server. */
  get server(): string {
    return this.#connection.server ?? this.#server;
  }

  /**
   * Connects, and stays connected until {@linkcode disconnect}.
   *
   * @param server A WebSocket address. By default the servers of the page are tried in turn until one answers.
   */
  connect(server?: string): void {
    const servers = server === undefined ? this.#servers : [server];
    const [first = ""] = servers;
    if (first !== this.#server) this.#moveTo(first);
    this.#hasQuit = false;
    this.#connection.open(servers);
  }

  /** Connects at once instead of waiting. */
  retry(): void {
    this.#hasQuit = false;
    this.#connection.retry();
  }

  /** Disconnects until {@linkcode connect} or {@linkcode retry}. */
  disconnect(): void {
    this.#hasQuit = true;
    this.#login.cancel();
    this.#connection.send(encodeRequest({ type: "command", id: createRef(), text: "/quit" }));
    this.#connection.close();
  }

  /**
   * Handles a submitted line: `/` begins a command, everything else is a message to {@linkcode activeRoom$}. Without a
   * connection, messages wait and commands fail. Returns whether the line was accepted.
   */
  send(line: string): boolean {
    const text = stripInvisible(line);
    if (text === "") return false;
    const [, command = "", rest = ""] = /^\/(\w+)\s*(.*)$/s.exec(text) ?? [];
    if (command.toLowerCase() === "quit") this.disconnect();
    else if (command.toLowerCase() === "name" && rest !== "") this.changeName(rest);
    else if (command.toLowerCase() === "login" && rest !== "") this.logIn(rest.trim());
    else if (isMessage(text)) return this.#say(text);
    else return this.#askTyped(text);
    return true;
  }

  /** Requests a name, now or on the next connection. */
  changeName(name: string): void {
    if (this.#status.value === ConnectionStatus.Connected) return this.#claim(name.trim(), true);
    this.#naming.choose(name.trim());
    this.#notice(null, `You will be called ${name.trim()} when you are connected`);
  }

  /** Logs in with a password or token, now or on the next connection. It is remembered for this tab. */
  logIn(secret: string): void {
    this.#hasQuit = false;
    this.#login.enter(secret, this.#isGreeted);
  }

  joinRoom(name: string): boolean {
    return this.#askTyped(`/join ${name}`);
  }

  leaveRoom(name: string): boolean {
    return this.#ask({ type: "leave", room: name }, { kind: "typed", room: name });
  }

  /** Shows one of the rooms that the client is in. */
  selectRoom(name: string): void {
    if (this.#book.get(name) !== undefined) this.#activeRoom.next(name);
  }

  /** Loads older messages of a room. */
  loadOlder(name: string): void {
    const room = this.#book.get(name);
    if (room === undefined) return;
    this.#history.loadOlder(room);
    this.#book.publish();
  }

  ngOnDestroy(): void {
    this.#document.defaultView?.removeEventListener("online", this.#wake);
    this.#document.removeEventListener("visibilitychange", this.#wake);
    this.#naming.stop();
    this.#connection.close();
  }

  /** Reconnects, or tests a silent connection, when the network or the user is back. */
  readonly #wake = (): void => {
    if (this.#hasQuit || this.#document.visibilityState === "hidden") return;
    if (this.#status.value !== ConnectionStatus.Connected) this.#connection.retry();
    else if (Date.now() - this.#lastFrame > TEST_AFTER_SILENCE) {
      this.#askList(this.#activeRoom.value);
    }
  };

  // The connection

  #moveTo(server: string): void {
    this.#server = server;
    this.#hello = undefined;
    this.#book.clear();
    this.#login.moveTo(server);
    this.#outgoing.moveTo(server);
  }

  #changeStatus(status: ConnectionStatus, retryAt: number | null): void {
    if (this.#status.value === ConnectionStatus.Connected) this.#connectionLost();
    this.#retryAt.next(retryAt);
    if (status !== this.#status.value) this.#status.next(status);
  }

  #connectionLost(): void {
    this.#ready = this.#isGreeted = false;
    this.#login.connectionLost();
    this.#questions.clear();
    this.#naming.stop();
    this.#outgoing.connectionLost();
    for (const room of this.#book.all) this.#history.connectionLost(room);
    this.#book.publish();
  }

  #receive(frame: unknown): void {
    this.#lastFrame = Date.now();
    const event = parseEvent(frame);
    if (event === undefined) return;
    // An event is sent before it arrives, so the largest difference is the most accurate.
    this.#skew = Math.max(this.#skew, event.time - this.#lastFrame);
    this.#handle(event);
  }

  #handle(event: ServerEvent): void {
    switch (event.type) {
      case "login_required":
        return this.#login.required();
      case "hello":
        return this.#greet(event);
      case "message":
        return this.#receiveMessage(event);
      case "whisper":
        return this.#add(null, MessageType.Whisper, event.text, {
          // The user's own whispers come from another device.
          ...(event.to === undefined ? { from: event.from } : { to: displayName(event.to) }),
          time: event.time,
        });
      case "ack":
        return this.#acknowledge(event);
      case "reply":
        return this.#answer(event);
      case "error":
        return this.#refuse(event);
      case "dropped":
        return this.#dropped(event);
      case "throttled":
        return this.#notice(null, "You are sending too fast. The server will catch up.");
      case "notice":
        return this.#notice(null, event.text);
      case "renamed":
        return this.#renamed(event.user, event.name);
      case "bye":
        return this.#leave(event);
      case "shutdown":
        this.#notice(null, event.text);
        return this.#connection.setReconnect(event.reconnect);
      case "presence":
      case "back":
      case "people":
      case "away":
      case "topic":
        return this.#presence.handle(event);
      default: // an event that this client does not show
        return;
    }
  }

  /** The server ends the connection. Whether the client connects again depends on the reason. */
  #leave({ reason, text }: ByeEvent): void {
    // The client connects again when the user has entered something.
    if (reason !== "login" || !this.#login.isAsking) this.#notice(null, text);
    if (reason === "expired") return this.#login.expired(text);
    this.#hasQuit ||= reason === "quit" || reason === "replaced";
    this.#connection.close();
  }

  // Users

  /** Whether a user is the one of this client: on this or an earlier connection, or on another device. */
  #isMe({ id, account }: User): boolean {
    return account === undefined ? this.#ids.has(id) : account === this.#me.value?.account;
  }

  #greet(event: HelloEvent): void {
    if (this.#hello?.epoch !== event.epoch) this.#ids.clear();
    this.#hello = event;
    this.#isGreeted = true;
    this.#ids.add(event.you.id);
    this.#me.next(event.you);
    this.#skew = event.time - Date.now();
    this.#history.kept = event.limits.history > 0;
    this.#takeRooms(event);
    if (!this.#login.greeted(event)) this.#settleName();
  }

  /** Called when it is settled who the client is. It needs a name now, unless the login has given it one. */
  #settleName(): void {
    const name = this.#me.value?.name ?? null;
    if (name !== null) this.#naming.granted(name);
    if (name !== null || !this.#naming.connected()) this.#becomeReady();
  }

  /** Joins the rooms of the client again: every connection starts in the lobby, if the user may be there. */
  #takeRooms(event: HelloEvent): void {
    const here = event.room;
    const wanted = this.#book.all.map(({ name }) => name);
    if (wanted.length === 0) wanted.push(...this.#rememberedRooms());
    if (wanted.length === 0 && here !== null) wanted.push(here.name);
    for (const name of wanted) {
      const room = this.#book.enter(name);
      const isHere = name === here?.name;
      if (isHere) {
        room.topic = here.topic;
        this.#presence.take(room, event.users, event.online);
      }
      this.#history.rejoin(room, isHere ? here : undefined, event.epoch);
      // Leave early, because the server limits the number of rooms.
      if (name === wanted[0] && here !== null && !wanted.includes(here.name)) {
        this.#leaveQuietly(here.name);
      }
    }
    if (!wanted.includes(this.#activeRoom.value)) this.#activeRoom.next(wanted[0] ?? "");
    this.#book.publish();
  }

  #leaveQuietly(room: string): void {
    this.#ask({ type: "leave", room }, { kind: "leave", room });
  }

  #rememberedRooms(): readonly string[] {
    return (this.#tabMemory.get(`rooms ${this.#server}`) ?? "").split(" ").filter(Boolean);
  }

  #rememberRooms(): void {
    const names = this.#book.all.map(({ name }) => name).join(" ");
    this.#tabMemory.set(`rooms ${this.#server}`, names);
    this.#book.publish();
  }

  #claim(name: string, byUser: boolean): void {
    this.#ask({ type: "command", text: `/name ${name}` }, { kind: "name", byUser });
  }

  #named({ user, resume }: Replies["name"], question: Question | undefined): void {
    this.#login.named(resume);
    this.#updateMe(user);
    this.#naming.granted(user.name);
    if (question?.kind !== "name") return;
    if (question.byUser) this.#notice(null, `You are now called ${displayName(user)}`);
    if (!this.#ready) this.#becomeReady();
  }

  #loggedIn({ user, resume }: Replies["login"], question: Question | undefined): void {
    this.#updateMe(user);
    if (question?.kind !== "login") return this.#login.named(resume);
    if (!this.#login.accepted(resume)) return;
    if (this.#ready) this.#notice(null, `You have logged in as ${displayName(user)}`);
    this.#settleName();
  }

  /** A user who owns the name has logged in. */
  #renamed(user: User, name: string): void {
    this.#login.named(undefined);
    this.#naming.granted(null);
    this.#updateMe(user);
    this.#notice(null, `'${name}' belongs to a user who has logged in. Choose another name.`);
  }

  #updateMe(user: User): void {
    this.#ids.add(user.id);
    this.#me.next(user);
    for (const room of this.#book.all) room.users.set(user.id, user);
    this.#book.publish();
  }

  /** Called when the user's name is settled: sends the queued messages. */
  #becomeReady(): void {
    this.#ready = true;
    this.#outgoing.flush();
  }

  // Messages

  #say(text: string): boolean {
    const most = this.#hello?.limits.maxPayload ?? DEFAULT_MAX_PAYLOAD;
    const problem = this.#outgoing.add(text, this.#activeRoom.value, most);
    if (problem !== undefined) return this.#fail(problem);
    if (this.#ready) this.#outgoing.flush();
    if (this.#status.value === ConnectionStatus.Disconnected && !this.#hasQuit) {
      this.#connection.retry();
    }
    return true;
  }

  #acknowledge({ ref, room: name, id }: AckEvent): void {
    const room = this.#book.get(name);
    const me = this.#me.value;
    if (room !== undefined && me !== null) {
      room.received(id);
      room.users.set(me.id, me);
      this.#book.publish();
    }
    this.#outgoing.acknowledged(ref, name, room && { numbering: room.numbering, offset: id });
  }

  #receiveMessage(event: MessageEvent): void {
    const room = this.#book.get(event.room);
    if (room === undefined) return;
    if (room.held !== undefined) room.held.push(event);
    else {
      room.received(event.id);
      this.#log.add(this.#toDraft(event));
    }
  }

  #toDraft(event: MessageEvent): Draft {
    const { room, time, text, from, id } = event;
    return {
      type: this.#isMe(from) ? MessageType.Sent : MessageType.Received,
      room,
      time,
      text,
      from,
      ...(event.action === true ? { action: true } : {}),
      place: { numbering: this.#book.get(room)?.numbering ?? "", offset: id },
    };
  }

  #dropped(event: DroppedEvent): void {
    if (event.missed.length === 0 || !this.#history.kept) {
      this.#notice(null, `Too much at once: ${event.count} messages were missed`);
    } else this.#history.dropped(event, (name) => this.#book.get(name));
    for (const { name } of this.#book.all) this.#askList(name);
  }

  // Requests

  #askTyped(text: string): boolean {
    const room = this.#activeRoom.value;
    if (this.#ask({ type: "command", text, room }, { kind: "typed", room })) return true;
    return this.#fail(`Cannot run ${text.split(/\s/, 1)[0]}: not connected`);
  }

  #askList(room: string): void {
    const asked = [...this.#questions.values()];
    if (asked.some((question) => question.kind === "list" && question.room === room)) return;
    this.#ask({ type: "command", text: "/list", room }, { kind: "list", room });
  }

  #ask(request: Request, question: Question): boolean {
    const id = createRef();
    if (!this.#connection.send(encodeRequest({ ...request, id }))) return false;
    this.#questions.set(id, question);
    return true;
  }

  #take(ref: string | null): Question | undefined {
    const question = this.#questions.get(ref ?? "");
    this.#questions.delete(ref ?? "");
    return question;
  }

  #answer(event: ReplyEvent): void {
    const question = this.#take(event.ref);
    this.#apply(event, question);
    if (question?.kind === "typed") {
      this.#notice(this.#roomOfAnswer(event, question.room), describeReply(event));
    }
  }

  #roomOfAnswer(event: ReplyEvent, asked: string): string {
    if (event.command === "join" || event.command === "leave") {
      return event.data.room?.name ?? asked;
    }
    return asked;
  }

  #apply(event: ReplyEvent, question: Question | undefined): void {
    switch (event.command) {
      case "name":
        return this.#named(event.data, question);
      case "login":
        return this.#loggedIn(event.data, question);
      case "list":
        return this.#listed(event.data);
      case "join":
        return this.#joined(event.data, question);
      case "leave":
        return this.#leftRoom(event.data.left, event.data.room);
      case "topic":
        return this.#setTopic(event.data.room, event.data.topic);
      case "away":
        this.#me.next(event.data.user);
        this.#book.refresh(event.data.user);
        return this.#book.publish();
      case "whisper":
        return this.#outgoing.whispered(event.ref, event.data.to);
      case "history":
        return this.#historyPage(event.data, question);
    }
  }

  #listed({ room: name, users }: Replies["list"]): void {
    const room = this.#book.get(name);
    if (room !== undefined) this.#presence.take(room, users);
    this.#book.publish();
  }

  #joined(data: Replies["join"], question: Question | undefined): void {
    if (question?.kind === "rejoin" && question.room !== data.room.name) {
      this.#book.leave(question.room);
    }
    const room = this.#book.enter(data.room.name);
    room.topic = data.room.topic;
    this.#presence.take(room, data.users, data.room.users);
    if (question?.kind === "rejoin" && question.since !== undefined) {
      this.#history.resume(room, question.since, data);
    } else this.#history.arrive(room, data.room.offset, data.epoch);
    if (question?.kind === "typed") this.#activeRoom.next(room.name);
    this.#rememberRooms();
  }

  #leftRoom(left: string, here: RoomInfo | null): void {
    this.#book.leave(left);
    if (here !== null && this.#book.get(here.name) === undefined) {
      const room = this.#book.enter(here.name);
      room.topic = here.topic;
      this.#presence.take(room, [], here.users);
      this.#history.arrive(room, here.offset, this.#hello?.epoch ?? "");
    }
    if (this.#activeRoom.value === left) {
      this.#activeRoom.next(here?.name ?? this.#book.all[0]?.name ?? "");
    }
    this.#rememberRooms();
  }

  /** Called when the server does not let this client into a room again. If it was the last one, the lobby is joined. */
  #lostRoom(name: string): void {
    this.#book.leave(name);
    this.#rememberRooms();
    const [first] = this.#book.all;
    if (first === undefined && this.#hello !== undefined) this.#takeRooms(this.#hello);
    else if (this.#activeRoom.value === name && first !== undefined) {
      this.#activeRoom.next(first.name);
    }
  }

  #setTopic(name: string, topic: string | null): void {
    const room = this.#book.get(name);
    if (room === undefined) return;
    room.topic = topic;
    this.#book.publish();
  }

  #historyPage(data: Replies["history"], question: Question | undefined): void {
    const room = this.#book.get(data.room);
    if (room === undefined) return;
    if (question?.kind === "page") this.#history.page(room, data);
    else if (question?.kind === "gap") this.#history.gapPage(room, question.gap, data);
    this.#book.publish();
  }

  #refuse({ ref, code, text }: ErrorEvent): void {
    const question = this.#take(ref);
    const room = this.#outgoing.refused(ref);
    const reason = text.replace(/^Error: /, "");
    if (room !== undefined) return this.#add(room, MessageType.Error, reason);
    switch (question?.kind) {
      case "login":
        if (!this.#isGreeted) return void this.#login.refused({ code, text });
        if (this.#login.refused({ code, text }) && !this.#ready) this.#settleName();
        if (code !== "login_failed") return;
        break;
      case "name":
        if (question.byUser) break;
        if (this.#naming.refused(code)) return;
        this.#becomeReady();
        break;
      case "rejoin":
        this.#lostRoom(question.room);
        break;
      case "page":
      case "gap": {
        const room = this.#book.get(question.room);
        if (room !== undefined) this.#history.refused(room, question);
        return this.#book.publish();
      }
      case "list":
      case "leave":
        return;
    }
    this.#add(question?.kind === "typed" ? question.room : null, MessageType.Error, reason);
  }

  // The log

  #notice(name: string | null, text: string, room?: RoomState, offset?: number): void {
    const { numbering } = room ?? {};
    const isPlaced = numbering !== undefined && offset !== undefined;
    this.#add(name, MessageType.System, text, isPlaced ? { place: { numbering, offset } } : {});
  }

  #fail(text: string): false {
    this.#add(this.#activeRoom.value, MessageType.Error, text);
    return false;
  }

  #add(
    room: string | null,
    type: MessageType,
    text: string,
    more: Partial<Pick<ChatMessage, "from" | "to" | "time" | "place">> = {},
  ): void {
    this.#log.add({ room, type, text, time: this.#now(), ...more });
  }

  /** The server's time. */
  #now(): number {
    return Date.now() + this.#skew;
  }
}

/** The text of a reply. Replies with messages include them. */
function describeReply(event: ReplyEvent): string {
  if (event.command !== "history" && event.command !== "search") return event.text;
  const lines = event.data.messages.map(({ from, text, action }) =>
    action === true ? `* ${displayName(from)} ${text}` : `[${displayName(from)}]: ${text}`
  );
  return [event.text, ...lines].join("\n");
}
