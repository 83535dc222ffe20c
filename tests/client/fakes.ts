/**
 * A WebSocket without a network, and a server that the test plays on it.
 * @module
 */
import { assert } from "@std/assert";
import { FakeClock } from "../support/clock.ts";
import type { ClientEnvironment, Socket } from "../../lib/client/environment.ts";
import type {
  ErrorCode,
  HelloEvent,
  MessageEvent,
  Missed,
  Replies,
  ServerEvent,
  User,
} from "../../lib/wire/protocol.ts";

/** A WebSocket that the test controls. */
export class FakeSocket implements Socket {
  readyState = 0;
  protocol = "";
  /** The requests that the client sent. */
  readonly sent: SentRequest[] = [];
  isClosed = false;
  onopen: Socket["onopen"] = null;
  onclose: Socket["onclose"] = null;
  onmessage: Socket["onmessage"] = null;
  onerror: Socket["onerror"] = null;

  readonly #all: SentRequest[];

  /** @param all Gets what is sent as well. */
  constructor(readonly url: string, readonly offered: string | undefined, all: SentRequest[]) {
    this.#all = all;
  }

  opens(protocol = this.offered ?? ""): void {
    this.readyState = 1;
    this.protocol = protocol;
    this.onopen?.({});
  }

  says(data: unknown): void {
    this.onmessage?.({ data });
  }

  dies(): void {
    this.readyState = 3;
    this.onerror?.({});
    this.onclose?.({});
  }

  send(text: string): void {
    const request: SentRequest = JSON.parse(text);
    this.sent.push(request);
    this.#all.push(request);
  }

  close(): void {
    this.isClosed = true;
  }
}

/** A request of the client. */
export interface SentRequest {
  readonly type: string;
  readonly id: string;
  readonly text?: string;
  readonly room?: string;
  readonly since?: { readonly epoch: string; readonly offset: number };
  readonly [member: string]: unknown;
}

export const user = (id: number, name: string | null) => ({ id, name, address: `127.0.0.1:${id}` });
export const ME = user(1, null), BOB = user(2, "Bob");

const LIMITS = {
  maxPayload: 65_536,
  maxMessage: 4_096,
  maxName: 32,
  nameRules: "",
  idleTimeout: 0,
  heartbeat: 0,
  maxRooms: 16,
  history: 1_000,
};

/** A message event. */
export function message(id: number, text = `text ${id}`, room = "lobby"): MessageEvent {
  return { type: "message", time: id, room, id, from: BOB, text };
}

/** Messages with these ids, both included. */
export function messages(from: number, to: number, room = "lobby"): MessageEvent[] {
  return Array.from({ length: to - from + 1 }, (_, i) => message(from + i, undefined, room));
}

export interface Greeting extends Partial<Omit<HelloEvent, "limits">> {
  /** The `id` of the last message of the lobby. */
  readonly offset?: number;
  /** The number of messages that the server stores for each room. */
  readonly history?: number;
}

/** All servers that a client connects to, one after the other. The test plays them. */
export class FakeNet {
  readonly clock = new FakeClock();
  readonly sockets: FakeSocket[] = [];
  /** The requests on all connections. */
  readonly allSent: SentRequest[] = [];
  /** The value of the random source. */
  chance = 0.5;
  #ids = 0;
  /** Thrown instead of opening a socket. */
  failure: Error | undefined;

  readonly environment: ClientEnvironment = {
    clock: this.clock,
    random: () => this.chance,
    createId: () => `id-${++this.#ids}`,
    createSocket: (url, offered) => {
      if (this.failure !== undefined) throw this.failure;
      const socket = new FakeSocket(url, offered, this.allSent);
      this.sockets.push(socket);
      return socket;
    },
  };

  /** The newest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    assert(socket !== undefined, "There is a socket");
    return socket;
  }

  /** The requests on the newest connection. */
  get sent(): SentRequest[] {
    return this.socket.sent;
  }

  /** The texts of the messages and commands on the newest connection. */
  get lines(): unknown[] {
    return this.sent.filter(({ text }) => text !== undefined).map(({ text }) => text);
  }

  /** The last request of a type, on the newest connection. */
  request(type: string): SentRequest {
    const request = this.sent.findLast((one) => one.type === type);
    assert(request !== undefined, `There was a ${type}`);
    return request;
  }

  says(...events: ServerEvent[]): void {
    for (const event of events) this.socket.says(JSON.stringify(event));
  }

  /** Opens the connection and sends the hello. */
  greets({ offset = 0, history = 1_000, ...rest }: Greeting = {}): void {
    if (this.socket.readyState === 0) this.socket.opens();
    this.says({
      type: "hello",
      time: this.clock.now(),
      you: ME,
      server: { name: "backchannel", version: "1" },
      epoch: "one",
      limits: { ...LIMITS, history },
      room: { name: "lobby", topic: null, users: 1, offset },
      commands: [],
      users: [BOB],
      online: 1,
      ...rest,
    });
  }

  /** Opens the connection and asks the client to log in. */
  requires(): void {
    this.socket.opens();
    this.says({ type: "login_required", time: this.clock.now() });
  }

  /** Accepts the login, and sends the hello if the client had to log in. */
  accepts(
    you: User,
    { resume, isRequired = true }: { readonly resume?: string; readonly isRequired?: boolean } = {},
  ): void {
    const token = resume === undefined ? {} : { resume };
    this.replies("login", { user: you, ...token }, this.request("login").id);
    if (isRequired) this.greets({ you, ...token });
  }

  /** Loses the connection, and lets the client open the next one. */
  reconnects(): void {
    const { length } = this.sockets;
    this.socket.dies();
    while (this.sockets.length === length) this.clock.advance(1_000);
  }

  /** Replies to a request, by default the last one. */
  replies<Command extends keyof Replies>(
    command: Command,
    data: Replies[Command],
    ref: string | null = this.sent.at(-1)?.id ?? null,
  ): void {
    const reply = { type: "reply", time: this.clock.now(), ref, text: "", command, data };
    this.says(reply as ServerEvent);
  }

  /** Grants the name that was requested last. */
  grants(name: string): void {
    const request = this.sent.findLast(({ text }) => text === `/name ${name}`);
    this.replies("name", { user: { ...ME, name } }, request?.id ?? null);
  }

  /** Acknowledges the last message with this text. */
  acks(text: string, id: number, room = "lobby"): void {
    const ref = this.sent.findLast((one) => one.text === text)?.id ?? null;
    this.says({ type: "ack", time: this.clock.now(), room, ref, id });
  }

  /** Refuses a request, by default the last one. */
  refuses(code: ErrorCode, text = `Error: ${code}`, ref = this.sent.at(-1)?.id ?? null): void {
    this.says({ type: "error", time: this.clock.now(), ref, code, text });
  }

  /** Replies to the last request to join a room. */
  admits(
    { offset = 0, epoch = "one", missed, room = this.request("join").room ?? "" }: {
      readonly offset?: number;
      readonly epoch?: string;
      readonly missed?: Missed;
      readonly room?: string;
    } = {},
  ): void {
    const join = this.sent.findLast((one) => one.type === "join" && one.room === room);
    const facts = { name: room, topic: null, users: 1, offset };
    const data = { room: facts, users: [BOB], epoch };
    this.replies("join", missed === undefined ? data : { ...data, missed }, join?.id ?? null);
  }
}

/** What a client missed, if the server has everything. */
export function recovered(given: readonly MessageEvent[]): Missed {
  return { recovered: true, messages: given, more: false };
}

/** What a client missed, if the server has the newest messages only. */
export function newest(given: readonly MessageEvent[], more = true): Missed {
  return { recovered: false, messages: given, more };
}
