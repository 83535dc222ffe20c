/**
 * A WebSocket without a network. The test plays the server.
 * @module
 */
import { TestBed } from "@angular/core/testing";
import { type ChatMessage, ConnectionStatus } from "../app/models/message.model";
import type { HelloEvent, ServerEvent } from "../app/models/protocol";
import {
  BROWSER_MEMORY,
  CREATE_SOCKET,
  IS_COPY,
  type Memory,
  RANDOM,
  SERVERS,
  type Socket,
  TAB_MEMORY,
} from "../app/services/environment";
import { WebSocketService } from "../app/services/websocket.service";

type Sent = Readonly<Record<string, unknown>>;

export class FakeSocket implements Socket {
  readyState = 0;
  protocol = "";
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  /** The frames that the client sent. */
  readonly frames: string[] = [];

  constructor(
    readonly url: string,
    readonly subprotocol: string,
  ) {}

  send(data: string): void {
    this.frames.push(data);
  }

  close(): void {
    this.readyState = 3;
  }

  /** Completes the handshake. */
  open(protocol = this.subprotocol): void {
    this.readyState = 1;
    this.protocol = protocol;
    this.onopen?.call(this as unknown as WebSocket, new Event("open"));
  }

  /** Sends events as the server. */
  say(...events: readonly ServerEvent[]): void {
    for (const event of events) this.frame(JSON.stringify(event));
  }

  /** Sends any frame as the server. */
  frame(data: unknown): void {
    this.onmessage?.call(this as unknown as WebSocket, new MessageEvent("message", { data }));
  }

  /** Loses the connection. */
  lose(): void {
    this.readyState = 3;
    this.onclose?.call(this as unknown as WebSocket, new CloseEvent("close"));
  }

  /** The sent requests of a type, in order. */
  requests(type: string): readonly Sent[] {
    const json = this.frames.filter((frame) => frame.startsWith("{"));
    return json.map((frame) => JSON.parse(frame) as Sent).filter((sent) => sent["type"] === type);
  }

  /** The `id` of the newest request of a type. */
  lastId(type: string): string {
    return String(this.requests(type).at(-1)?.["id"]);
  }

  /** The sent messages and commands, in order. */
  get lines(): readonly Sent[] {
    const json = this.frames.filter((frame) => frame.startsWith("{"));
    return json.map((frame) => JSON.parse(frame) as Sent)
      .filter(({ type }) => type === "message" || type === "command");
  }

  /** The texts of the messages and commands that were sent. */
  get texts(): readonly unknown[] {
    return this.lines.map(({ text }) => text);
  }

  /** The `id` of the newest message or command. */
  get newestId(): string {
    return String(this.lines.at(-1)?.["id"]);
  }
}

export class FakeMemory implements Memory {
  readonly #texts = new Map<string, string>();

  get(name: string): string | null {
    return this.#texts.get(name) ?? null;
  }

  set(name: string, value: string): void {
    this.#texts.set(name, value);
  }
}

export const SERVER = "ws://chat.test/";
export const TIME = 1_795_477_930_000;

/** A service with a fake network, clock, random source and storage. */
export class Stage {
  readonly sockets: FakeSocket[] = [];
  readonly tab: Memory = new FakeMemory();
  readonly browser: Memory = new FakeMemory();
  /** The value of the random source. */
  random = 0.5;
  /** The current log. */
  messages: readonly ChatMessage[] = [];
  /** All states of the connection so far. */
  readonly statuses: ConnectionStatus[] = [];

  constructor(servers: readonly string[] = [SERVER], { isCopy = false } = {}) {
    TestBed.configureTestingModule({
      providers: [
        { provide: SERVERS, useValue: servers },
        { provide: RANDOM, useValue: () => this.random },
        { provide: IS_COPY, useValue: isCopy },
        { provide: TAB_MEMORY, useValue: this.tab },
        { provide: BROWSER_MEMORY, useValue: this.browser },
        {
          provide: CREATE_SOCKET,
          useValue: (url: string, subprotocol: string) => {
            const socket = new FakeSocket(url, subprotocol);
            this.sockets.push(socket);
            return socket;
          },
        },
      ],
    });
  }

  get service(): WebSocketService {
    return TestBed.inject(WebSocketService);
  }

  /** The newest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("Cannot give a socket: none was opened");
    return socket;
  }

  /** Subscribes to the service. */
  watch(): this {
    this.service.messages$.subscribe((messages) => (this.messages = messages));
    this.service.connectionStatus$.subscribe((status) => this.statuses.push(status));
    return this;
  }

  /** Connects, and sends the hello. */
  greet(change: Partial<HelloEvent> = {}): this {
    if (this.sockets.length === 0) this.watch().service.connect();
    this.socket.open();
    this.socket.say(hello(change));
    return this;
  }

  /** Loses the connection, waits for the next one, and sends the hello. */
  async comeBack(change: Partial<HelloEvent> = {}): Promise<this> {
    this.socket.lose();
    const { length } = this.sockets;
    while (this.sockets.length === length) await tick(1_000);
    return this.greet(change);
  }

  /** The texts of the log, optionally of one type. */
  texts(type?: string): readonly string[] {
    return this.messages
      .filter((message) => type === undefined || message.type === type)
      .map(({ text }) => text);
  }
}

/** Advances the time. */
export async function tick(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

export const ME = { id: 7, name: null, address: "127.0.0.1:50412" } as const;
export const ADA = { id: 8, name: "Ada", address: "127.0.0.1:50413" } as const;

/** The limits of a server with a history. */
export const LIMITS: HelloEvent["limits"] = {
  maxPayload: 65_536,
  maxMessage: 4_096,
  maxName: 32,
  nameRules: "",
  idleTimeout: 0,
  heartbeat: 0,
  maxRooms: 10,
  history: 1_000,
};

export function hello(change: Partial<HelloEvent> = {}): HelloEvent {
  return {
    type: "hello",
    time: Date.now(),
    you: ME,
    epoch: "one",
    server: { name: "backchannel", version: "1.0.0" },
    limits: LIMITS,
    commands: [],
    room: { name: "lobby", topic: null, users: 1, offset: 10 },
    users: [ADA],
    online: 1,
    ...change,
  };
}

export function message(id: number, text = `message ${id}`, room = "lobby") {
  return { type: "message", time: TIME + id, room, id, from: ADA, text } as const;
}

/** The reply to a history request. */
export function page(
  ref: string,
  ids: readonly number[],
  { complete = true, more = false, room = "lobby", epoch = "one" } = {},
): ServerEvent {
  const messages = ids.map((id) => message(id, undefined, room));
  const data = { room, epoch, messages, complete, more };
  return { type: "reply", time: TIME, ref, text: "page", command: "history", data };
}
