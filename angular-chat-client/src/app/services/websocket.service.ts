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
  Delivery,
  displayName,
  MessageType,
  type Room,
  type User,
} from "../models/message.model";
import type {
  DroppedEvent,
  HelloEvent,
  MessageEvent,
  PresenceEvent,
  ReplyData,
  ReplyEvent,
  ServerEvent,
  WireRoom,
} from "../models/protocol.model";
import { Connection } from "./connection";
import { BROWSER_MEMORY, CREATE_SOCKET, RANDOM, SERVERS, TAB_MEMORY } from "./environment";
import { History, type HistoryQuestion, type Request } from "./history";
import { type Draft, MessageLog } from "./message_log";
import { Naming } from "./naming";
import { Outbox, type OutboxItem, parseOutbox } from "./outbox";
import {
  createRef,
  DEFAULT_MAX_PAYLOAD,
  encodeRequest,
  frameLength,
  parseEvent,
  SUBPROTOCOL,
} from "./protocol";
import { RoomBook, type RoomState } from "./room_book";

/** Where everybody begins. */
export const LOBBY = "lobby";

/** A connection that was silent for so long is asked whether it lives when the page is looked at again, in ms. */
const SILENCE = 5_000;

/** What is said, and not asked: it waits for a connection. */
const SAID = /^(?!\/)|^\/\/|^\/me\s+\S|^\/whisper\s+\S+\s+\S/is;

const WHISPER = /^\/whisper\s+(\S+)\s+(\S.*)$/is;

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
  readonly #naming = new Naming(
    this.#browserMemory.get("name"),
    (name) => this.#claim(name, false),
    (name) => this.#browserMemory.set("name", name),
  );
  readonly #connection = new Connection({
    subprotocol: SUBPROTOCOL,
    createSocket: inject(CREATE_SOCKET),
    random: inject(RANDOM),
    onStatus: (status, retryAt) => this.#changeStatus(status, retryAt),
    onFrame: (frame) => this.#receive(frame),
  });

  /** Set by {@linkcode connect}: what waits for one server is not for another. */
  #outbox = new Outbox(() => {});
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
    this.#connection.send("/quit");
    this.#connection.close();
  }

  /**
   * Does what a typed line says: `/` begins a command, everything else is said in {@linkcode activeRoom$}. What is said
   * waits if there is no connection; what is asked fails. Says whether the line was taken.
   */
  send(line: string): boolean {
    const text = line.trim();
    if (text === "") return false;
    const [, command = "", rest = ""] = /^\/(\w+)\s*(.*)$/s.exec(text) ?? [];
    if (command.toLowerCase() === "quit") this.disconnect();
    else if (command.toLowerCase() === "name" && rest !== "") this.changeName(rest);
    else if (SAID.test(text)) return this.#say(text);
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
    const name = `outbox ${server}`;
    const waiting = parseOutbox(this.#tabMemory.get(name));
    this.#outbox = new Outbox((text) => this.#tabMemory.set(name, text));
    for (const item of waiting) this.#queue(item);
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
    for (const key of this.#outbox.ground()) this.#log.update(key, { delivery: Delivery.Queued });
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
        return this.#acknowledge(event.ref, event.room, event.id);
      case "reply":
        return this.#answer(event);
      case "error":
        return this.#refuse(event.ref, event.code, event.text);
      case "dropped":
        return this.#notePoverty(event);
      case "bye":
        this.#left ||= event.reason === "quit";
        this.#notice(null, event.text);
        return this.#connection.close();
      case "shutdown":
        this.#notice(null, event.text);
        return this.#connection.comeBack(event.reconnect);
      default:
        return this.#inRoom(event);
    }
  }

  // Who is here

  #greet(event: HelloEvent): void {
    if (this.#hello?.epoch !== event.epoch) this.#ids.clear();
    this.#hello = event;
    this.#ids.add(event.you.id);
    this.#me.next(event.you);
    this.#skew = event.time - Date.now();
    this.#history.kept = (event.limits.history ?? 0) > 0;
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
        this.#setUsers(room, event.users, event.online);
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

  #setUsers(room: RoomState, users: readonly User[], online: number): void {
    room.users.clear();
    for (const user of users) room.users.set(user.id, user);
    room.online = online;
    room.partial = online > users.length;
    if (room.partial) this.#askList(room.name);
  }

  /** What happens in a room besides that somebody says something. */
  #inRoom(
    event: Extract<ServerEvent, { type: "presence" | "back" | "people" | "away" | "topic" }>,
  ): void {
    const room = this.#book.get(event.room);
    if (room === undefined) return;
    switch (event.type) {
      case "presence":
        this.#notePresence(room, event);
        break;
      case "back":
        room.users.delete(event.previous);
        room.users.set(event.user.id, event.user);
        break;
      case "people":
        room.online = event.users;
        room.partial = true;
        break;
      case "away":
        room.users.set(event.user.id, event.user);
        break;
      case "topic":
        room.topic = event.topic;
        this.#notice(room.name, describeTopic(displayName(event.from), event.topic));
    }
    this.#book.tell();
  }

  #notePresence(room: RoomState, { event, user, previous, users }: PresenceEvent): void {
    if (event === "leave") room.users.delete(user.id);
    else room.users.set(user.id, user);
    room.online = users;
    if (room.partial) this.#askList(room.name);
    if (this.#ids.has(user.id)) return;
    const name = displayName(user);
    if (event === "join") this.#notice(room.name, `${name} joined`);
    else if (event === "leave") this.#notice(room.name, `${name} left`);
    else this.#notice(room.name, `${previous ?? user.address} is now ${name}`);
  }

  #claim(name: string, byPerson: boolean): void {
    this.#ask({ type: "message", text: `/name ${name}` }, { kind: "name", byPerson });
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
    this.#flush();
  }

  // What is said

  #say(text: string): boolean {
    const item = { ref: createRef(), text, room: this.#activeRoom.value };
    const most = this.#hello?.limits.maxPayload ?? DEFAULT_MAX_PAYLOAD;
    if (frameLength(toFrame(item)) > most) {
      return this.#fail(`Cannot send this: it is longer than ${most} bytes`);
    }
    if (this.#outbox.full) return this.#fail("Cannot send this: too much is waiting already");
    this.#queue(item);
    this.#flush();
    if (this.#status.value === ConnectionStatus.Disconnected && !this.#left) {
      this.#connection.retry();
    }
    return true;
  }

  #queue(item: OutboxItem): void {
    const [, to, whispered] = WHISPER.exec(item.text) ?? [];
    const action = /^\/me\s+(.*)$/is.exec(item.text)?.[1];
    const key = this.#log.add({
      type: to === undefined ? MessageType.Sent : MessageType.Whisper,
      room: to === undefined ? item.room : null,
      time: Date.now() + this.#skew,
      text: whispered ?? action ?? (item.text.startsWith("//") ? item.text.slice(1) : item.text),
      delivery: Delivery.Queued,
      ...(to === undefined ? {} : { to }),
      ...(action === undefined ? {} : { action: true }),
    });
    if (key !== undefined) this.#outbox.add(item, key);
  }

  #flush(): void {
    if (!this.#settled) return;
    const sent = this.#outbox.flush((item) => this.#connection.send(toFrame(item)));
    for (const key of sent) this.#log.update(key, { delivery: Delivery.Sending });
  }

  #acknowledge(ref: string | null, name: string, id: number): void {
    const item = this.#outbox.settle(ref ?? "");
    const room = this.#book.get(name);
    const me = this.#me.value;
    if (room !== undefined && me !== null) {
      room.note(id);
      room.users.set(me.id, me);
      this.#book.tell();
    }
    if (item === undefined) return;
    this.#log.update(item.key, { delivery: Delivery.Delivered });
    if (room !== undefined) {
      this.#log.place(item.key, name, { numbering: room.numbering, offset: id });
    }
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
    if (event.missed === undefined || !this.#history.kept) {
      this.#notice(null, `${event.count} messages were missed: too much at once`);
    } else this.#history.dropped(event, (name) => this.#book.get(name));
    for (const { name } of this.#book.all) this.#askList(name);
  }

  // What is asked

  #askTyped(text: string): boolean {
    const room = this.#activeRoom.value;
    if (this.#ask({ type: "message", text, room }, { kind: "typed", room })) return true;
    return this.#fail(`Cannot do ${text.split(/\s/, 1)[0]}: there is no connection`);
  }

  #askList(room: string): void {
    const asked = [...this.#questions.values()];
    if (asked.some((question) => question.kind === "list" && question.room === room)) return;
    this.#ask({ type: "message", text: "/list", room }, { kind: "list", room });
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
        return this.#listed(event.data.room, event.data.users);
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
        return this.#whispered(event.ref, event.data.to);
      case "history":
        return this.#remembered(event.data, question);
    }
  }

  #listed(name: string, users: readonly User[]): void {
    const room = this.#book.get(name);
    if (room === undefined) return;
    room.users.clear();
    for (const user of users) room.users.set(user.id, user);
    room.online = users.length;
    room.partial = false;
    this.#book.tell();
  }

  #joined(data: ReplyData<"join">, question: Question | undefined): void {
    if (question?.kind === "rejoin" && question.room !== data.room.name) {
      this.#book.leave(question.room);
    }
    const room = this.#book.enter(data.room.name);
    const epoch = this.#hello?.epoch ?? "";
    room.topic = data.room.topic;
    this.#setUsers(room, data.users, data.room.users);
    if (question?.kind === "rejoin" && question.since !== undefined) {
      this.#history.resume(room, question.since, data, epoch);
    } else this.#history.arrive(room, data.room.offset, data.epoch ?? epoch);
    if (question?.kind === "typed") this.#activeRoom.next(room.name);
    this.#rememberRooms();
  }

  #leftRoom(left: string, { name, topic, offset, users }: WireRoom): void {
    this.#book.leave(left);
    if (this.#book.get(name) === undefined) {
      const room = this.#book.enter(name);
      room.topic = topic;
      this.#setUsers(room, [], users);
      this.#history.arrive(room, offset, this.#hello?.epoch ?? "");
    }
    if (this.#activeRoom.value === left) this.#activeRoom.next(name);
    this.#rememberRooms();
  }

  #subject(name: string, topic: string | null): void {
    const room = this.#book.get(name);
    if (room === undefined) return;
    room.topic = topic;
    this.#book.tell();
  }

  #whispered(ref: string | null, to: User): void {
    const item = this.#outbox.settle(ref ?? "");
    if (item === undefined) return;
    this.#log.update(item.key, { delivery: Delivery.Delivered, to: displayName(to) });
  }

  #remembered(data: ReplyData<"history">, question: Question | undefined): void {
    const room = this.#book.get(data.room);
    if (room === undefined) return;
    if (question?.kind === "page") this.#history.page(room, data);
    else if (question?.kind === "gap") this.#history.gapPage(room, question.gap, data);
    this.#book.tell();
  }

  #refuse(ref: string | null, code: string, text: string): void {
    const question = this.#take(ref);
    const item = this.#outbox.settle(ref ?? "");
    const reason = text.replace(/^Error: /, "");
    if (item !== undefined) {
      this.#log.update(item.key, { delivery: Delivery.Failed });
      this.#add(item.room, MessageType.Error, reason);
      return;
    }
    switch (question?.kind) {
      case "name":
        if (question.byPerson) break;
        if (this.#naming.refused(code)) return;
        this.#settle();
        break;
      case "rejoin":
        this.#book.leave(question.room);
        this.#rememberRooms();
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
    this.#log.add({ room, type, text, time: Date.now() + this.#skew, ...more });
  }
}

/** The frame that says something. */
function toFrame({ ref, text, room }: OutboxItem): string {
  return encodeRequest({ type: "message", id: ref, room, text });
}

/** A reply for people. To the questions for old messages these are it. */
function describeReply(event: ReplyEvent): string {
  if (event.command !== "history" && event.command !== "search") return event.text;
  const lines = event.data.messages.map(({ from, text, action }) =>
    action === true ? `* ${displayName(from)} ${text}` : `[${displayName(from)}]: ${text}`
  );
  return [event.text, ...lines].join("\n");
}

function describeTopic(name: string, topic: string | null): string {
  return topic === null ? `${name} took the topic away` : `${name} set the topic to '${topic}'`;
}
