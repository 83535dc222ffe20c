/**
 * The chat as this client lives it: what an event from the server does, and what becomes of a line that was typed. The
 * parts of it, each in its file, know nothing of each other; this brings them together.
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
  type DroppedEvent,
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
import { type Draft, MessageLog } from "./message_log";
import { Naming } from "./naming";
import { Presence } from "./presence";
import { createRef, DEFAULT_MAX_PAYLOAD, encodeRequest } from "./requests";
import { RoomBook, type RoomState } from "./room_book";
import { isSaid, Speech, uncover } from "./speech";

/** Where everybody begins. */
export const LOBBY = "lobby";

/** A connection that was silent for so long is asked whether it lives when the page is looked at again, in ms. */
const SILENCE = 5_000;

/** What was asked of the server and is not answered yet. */
type Question =
  | HistoryQuestion
  /** Typed by a person, who is told the answer. */
  | { readonly kind: "typed"; readonly room: string }
  | { readonly kind: "name"; readonly byPerson: boolean }
  /** For the lists; no more than one for a room at a time. */
  | { readonly kind: "list"; readonly room: string }
  | { readonly kind: "leave"; readonly room: string };

/**
 * A client of one chat server.
 *
 * All streams are states: who subscribes gets the present one at once, and the next ones as they come about.
 * {@linkcode connect} goes on trying until {@linkcode disconnect}. What is said meanwhile waits, and is said once when
 * there is a connection, in order, however often that breaks: everything goes under an id that the server knows again.
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
    isMe: (id) => this.#ids.has(id),
    askList: (room) => this.#askList(room),
    notice: (room, text) => this.#notice(room, text),
  });
  readonly #speech = new Speech({
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
  /** The numbers that this client's connections have had in this epoch. */
  #ids = new Set<number>();
  /** How far the server's clock is ahead, in ms. */
  #skew = 0;
  #lastFrame = 0;
  /** Whether it is clear under which name to speak. */
  #settled = false;
  /** Whether somebody has ended the connection. */
  #left = true;

  /** The log, whole and in order. */
  readonly messages$: Observable<readonly ChatMessage[]> = this.#log.messages$;
  readonly connectionStatus$: Observable<ConnectionStatus> = this.#status.asObservable();
  /** When the next attempt to connect comes, in the time of `Date.now()`; `null` if none is waited for. */
  readonly retryAt$: Observable<number | null> = this.#retryAt.asObservable();
  /** Who this client is, as the server says; `null` before it has said anything. */
  readonly me$: Observable<User | null> = this.#me.asObservable();
  /** The rooms that this client is in, in the order in which it joined them. */
  readonly rooms$: Observable<readonly Room[]> = this.#book.rooms$;
  /** The room that is looked at, and where {@linkcode send} speaks. */
  readonly activeRoom$: Observable<string> = this.#activeRoom.asObservable();

  constructor() {
    const window = this.#document.defaultView;
    window?.addEventListener("online", this.#wake);
    this.#document.addEventListener("visibilitychange", this.#wake);
  }

  /** Where this client is connected, or tries to be. */
  get server(): string {
    return this.#connection.server ?? this.#server;
  }

  /**
   * Connects, and stays connected until {@linkcode disconnect}.
   *
   * @param server A WebSocket address. By default the servers of the page in turn, until one answers.
   */
  connect(server?: string): void {
    const servers = server === undefined ? this.#servers : [server];
    const [first = ""] = servers;
    if (first !== this.#server) this.#moveTo(first);
    this.#left = false;
    this.#connection.open(servers);
  }

  /** Tries at once what would be tried later. */
  retry(): void {
    this.#left = false;
    this.#connection.retry();
  }

  /** Leaves, and does not come back by itself. */
  disconnect(): void {
    this.#left = true;
    this.#connection.send(encodeRequest({ type: "command", id: createRef(), text: "/quit" }));
    this.#connection.close();
  }

  /**
   * Does what a typed line says: `/` begins a command, everything else is said in {@linkcode activeRoom$}. What is said
   * waits if there is no connection; what is asked fails. Says whether the line was taken.
   */
  send(line: string): boolean {
    const text = uncover(line);
    if (text === "") return false;
    const [, command = "", rest = ""] = /^\/(\w+)\s*(.*)$/s.exec(text) ?? [];
    if (command.toLowerCase() === "quit") this.disconnect();
    else if (command.toLowerCase() === "name" && rest !== "") this.changeName(rest);
    else if (isSaid(text)) return this.#say(text);
    else return this.#askTyped(text);
    return true;
  }

  /** Takes a name, now or as soon as there is a connection. */
  changeName(name: string): void {
    if (this.#status.value === ConnectionStatus.Connected) return this.#claim(name.trim(), true);
    this.#naming.choose(name.trim());
    this.#notice(null, `You will be called ${name.trim()} when there is a connection`);
  }

  joinRoom(name: string): boolean {
    return this.#askTyped(`/join ${name}`);
  }

  leaveRoom(name: string): boolean {
    return this.#ask({ type: "leave", room: name }, { kind: "typed", room: name });
  }

  /** Looks at one of the rooms that the client is in. */
  selectRoom(name: string): void {
    if (this.#book.get(name) !== undefined) this.#activeRoom.next(name);
  }

  /** Asks for older messages of a room. */
  loadOlder(name: string): void {
    const room = this.#book.get(name);
    if (room === undefined) return;
    this.#history.loadOlder(room);
    this.#book.tell();
  }

  ngOnDestroy(): void {
    this.#document.defaultView?.removeEventListener("online", this.#wake);
    this.#document.removeEventListener("visibilitychange", this.#wake);
    this.#naming.stop();
    this.#connection.close();
  }

  /** The network or the reader is back: the connection should be, too. */
  readonly #wake = (): void => {
    if (this.#left || this.#document.visibilityState === "hidden") return;
    if (this.#status.value !== ConnectionStatus.Connected) this.#connection.retry();
    else if (Date.now() - this.#lastFrame > SILENCE) this.#askList(this.#activeRoom.value);
  };

  // The connection

  #moveTo(server: string): void {
    this.#server = server;
    this.#hello = undefined;
    this.#book.clear();
    this.#speech.moveTo(server);
  }

  #changeStatus(status: ConnectionStatus, retryAt: number | null): void {
    if (this.#status.value === ConnectionStatus.Connected) this.#lose();
    this.#retryAt.next(retryAt);
    if (status !== this.#status.value) this.#status.next(status);
  }

  #lose(): void {
    this.#settled = false;
    this.#questions.clear();
    this.#naming.stop();
    this.#speech.ground();
    for (const room of this.#book.all) this.#history.lost(room);
    this.#book.tell();
  }

  #receive(frame: unknown): void {
    this.#lastFrame = Date.now();
    const event = parseEvent(frame);
    if (event === undefined) return;
    // It was said before it came: the largest difference is the nearest to the truth.
    this.#skew = Math.max(this.#skew, event.time - this.#lastFrame);
    this.#handle(event);
  }

  #handle(event: ServerEvent): void {
    switch (event.type) {
      case "hello":
        return this.#greet(event);
      case "message":
        return this.#hear(event);
      case "whisper":
        return this.#add(null, MessageType.Whisper, event.text, {
          from: event.from,
          time: event.time,
        });
      case "ack":
        return this.#acknowledge(event);
      case "reply":
        return this.#answer(event);
      case "error":
        return this.#refuse(event.ref, event.code, event.text);
      case "dropped":
        return this.#notePoverty(event);
      case "throttled":
        return this.#notice(null, "That is faster than this server takes it: it will catch up");
      case "notice":
        return this.#notice(null, event.text);
      case "bye":
        this.#left ||= event.reason === "quit";
        this.#notice(null, event.text);
        return this.#connection.close();
      case "shutdown":
        this.#notice(null, event.text);
        return this.#connection.comeBack(event.reconnect);
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

  // Who is here

  #greet(event: HelloEvent): void {
    if (this.#hello?.epoch !== event.epoch) this.#ids.clear();
    this.#hello = event;
    this.#ids.add(event.you.id);
    this.#me.next(event.you);
    this.#skew = event.time - Date.now();
    this.#history.kept = event.limits.history > 0;
    this.#takeRooms(event);
    if (!this.#naming.begin()) this.#settle();
  }

  /** Every connection begins in the lobby; this takes it to where the client was. */
  #takeRooms(event: HelloEvent): void {
    const here = event.room;
    const wanted = this.#book.all.map(({ name }) => name);
    if (wanted.length === 0) wanted.push(...this.#rememberedRooms());
    if (wanted.length === 0) wanted.push(here.name);
    for (const name of wanted) {
      const room = this.#book.enter(name);
      if (name === here.name) {
        room.topic = here.topic;
        this.#presence.take(room, event.users, event.online);
      }
      this.#history.rejoin(room, name === here.name ? here : undefined, event.epoch);
      // As soon as there is another one to be in: there is a limit to the number of rooms.
      if (name === wanted[0] && !wanted.includes(here.name)) this.#leaveQuietly(here.name);
    }
    if (!wanted.includes(this.#activeRoom.value)) this.#activeRoom.next(wanted[0] ?? here.name);
    this.#book.tell();
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
    this.#book.tell();
  }

  #claim(name: string, byPerson: boolean): void {
    this.#ask({ type: "command", text: `/name ${name}` }, { kind: "name", byPerson });
  }

  #named(user: User, question: Question | undefined): void {
    this.#me.next(user);
    this.#naming.got(user.name);
    for (const room of this.#book.all) room.users.set(user.id, user);
    this.#book.tell();
    if (question?.kind !== "name") return;
    if (question.byPerson) this.#notice(null, `You are now called ${displayName(user)}`);
    if (!this.#settled) this.#settle();
  }

  /** It is clear under which name to speak: says what waits. */
  #settle(): void {
    this.#settled = true;
    this.#speech.flush();
  }

  // What is said

  #say(text: string): boolean {
    const most = this.#hello?.limits.maxPayload ?? DEFAULT_MAX_PAYLOAD;
    const problem = this.#speech.say(text, this.#activeRoom.value, most);
    if (problem !== undefined) return this.#fail(problem);
    if (this.#settled) this.#speech.flush();
    if (this.#status.value === ConnectionStatus.Disconnected && !this.#left) {
      this.#connection.retry();
    }
    return true;
  }

  #acknowledge({ ref, room: name, id }: AckEvent): void {
    const room = this.#book.get(name);
    const me = this.#me.value;
    if (room !== undefined && me !== null) {
      room.note(id);
      room.users.set(me.id, me);
      this.#book.tell();
    }
    this.#speech.acknowledged(ref, name, room && { numbering: room.numbering, offset: id });
  }

  #hear(event: MessageEvent): void {
    const room = this.#book.get(event.room);
    if (room === undefined) return;
    if (room.held !== undefined) room.held.push(event);
    else {
      room.note(event.id);
      this.#log.add(this.#toDraft(event));
    }
  }

  #toDraft(event: MessageEvent): Draft {
    const { room, time, text, from, id } = event;
    return {
      type: this.#ids.has(from.id) ? MessageType.Sent : MessageType.Received,
      room,
      time,
      text,
      from,
      ...(event.action === true ? { action: true } : {}),
      place: { numbering: this.#book.get(room)?.numbering ?? "", offset: id },
    };
  }

  #notePoverty(event: DroppedEvent): void {
    if (event.missed.length === 0 || !this.#history.kept) {
      this.#notice(null, `${event.count} messages were missed: too much at once`);
    } else this.#history.dropped(event, (name) => this.#book.get(name));
    for (const { name } of this.#book.all) this.#askList(name);
  }

  // What is asked

  #askTyped(text: string): boolean {
    const room = this.#activeRoom.value;
    if (this.#ask({ type: "command", text, room }, { kind: "typed", room })) return true;
    return this.#fail(`Cannot do ${text.split(/\s/, 1)[0]}: there is no connection`);
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
    if (event.command === "join" || event.command === "leave") return event.data.room.name;
    return asked;
  }

  #apply(event: ReplyEvent, question: Question | undefined): void {
    switch (event.command) {
      case "name":
        return this.#named(event.data.user, question);
      case "list":
        return this.#listed(event.data);
      case "join":
        return this.#joined(event.data, question);
      case "leave":
        return this.#leftRoom(event.data.left, event.data.room);
      case "topic":
        return this.#subject(event.data.room, event.data.topic);
      case "away":
        this.#me.next(event.data.user);
        this.#book.refresh(event.data.user);
        return this.#book.tell();
      case "whisper":
        return this.#speech.whispered(event.ref, event.data.to);
      case "history":
        return this.#remembered(event.data, question);
    }
  }

  #listed({ room: name, users }: Replies["list"]): void {
    const room = this.#book.get(name);
    if (room !== undefined) this.#presence.take(room, users);
    this.#book.tell();
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

  #leftRoom(left: string, { name, topic, offset, users }: RoomInfo): void {
    this.#book.leave(left);
    if (this.#book.get(name) === undefined) {
      const room = this.#book.enter(name);
      room.topic = topic;
      this.#presence.take(room, [], users);
      this.#history.arrive(room, offset, this.#hello?.epoch ?? "");
    }
    if (this.#activeRoom.value === left) this.#activeRoom.next(name);
    this.#rememberRooms();
  }

  /** The server does not let this client into a room again. Without any other it is where everybody begins. */
  #lostRoom(name: string): void {
    this.#book.leave(name);
    this.#rememberRooms();
    const [first] = this.#book.all;
    if (first === undefined && this.#hello !== undefined) this.#takeRooms(this.#hello);
    else if (this.#activeRoom.value === name && first !== undefined) {
      this.#activeRoom.next(first.name);
    }
  }

  #subject(name: string, topic: string | null): void {
    const room = this.#book.get(name);
    if (room === undefined) return;
    room.topic = topic;
    this.#book.tell();
  }

  #remembered(data: Replies["history"], question: Question | undefined): void {
    const room = this.#book.get(data.room);
    if (room === undefined) return;
    if (question?.kind === "page") this.#history.page(room, data);
    else if (question?.kind === "gap") this.#history.gapPage(room, question.gap, data);
    this.#book.tell();
  }

  #refuse(ref: string | null, code: string, text: string): void {
    const question = this.#take(ref);
    const spokenIn = this.#speech.refused(ref);
    const reason = text.replace(/^Error: /, "");
    if (spokenIn !== undefined) return this.#add(spokenIn, MessageType.Error, reason);
    switch (question?.kind) {
      case "name":
        if (question.byPerson) break;
        if (this.#naming.refused(code)) return;
        this.#settle();
        break;
      case "rejoin":
        this.#lostRoom(question.room);
        break;
      case "page":
      case "gap": {
        const room = this.#book.get(question.room);
        if (room !== undefined) this.#history.refused(room, question);
        return this.#book.tell();
      }
      case "list":
      case "leave":
        return;
    }
    this.#add(question?.kind === "typed" ? question.room : null, MessageType.Error, reason);
  }

  // What is shown

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
    more: Partial<Pick<ChatMessage, "from" | "time" | "place">> = {},
  ): void {
    this.#log.add({ room, type, text, time: this.#now(), ...more });
  }

  /** The time by the server's clock. */
  #now(): number {
    return Date.now() + this.#skew;
  }
}

/** A reply for people. To the questions for old messages these are it. */
function describeReply(event: ReplyEvent): string {
  if (event.command !== "history" && event.command !== "search") return event.text;
  const lines = event.data.messages.map(({ from, text, action }) =>
    action === true ? `* ${displayName(from)} ${text}` : `[${displayName(from)}]: ${text}`
  );
  return [event.text, ...lines].join("\n");
}
