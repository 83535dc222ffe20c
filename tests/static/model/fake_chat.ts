/**
 * A session of the page without a connection. The test plays the server.
 * @module
 */
import { assert } from "@std/assert";
import type { MessageEvent, ReplyEvent, ServerEvent } from "../../../lib/wire/protocol.ts";
import { FakeClock } from "../../support/clock.ts";
import { createRooms } from "../../../static/src/model/rooms.ts";
import { createSession } from "../../../static/src/model/session.ts";
import { createIdentity } from "../../../static/src/model/identity.ts";
import { createOutbox } from "../../../static/src/model/outbox.ts";

type Handlers = {
  onState: (state: "open" | "waiting" | "closed", retryAt: number | undefined) => void;
  onFrame: (frame: unknown) => void;
};

/** A request of the page. */
interface Sent {
  readonly type: "message" | "command" | "join" | "leave" | "history";
  readonly id: string;
  readonly text: string;
  readonly room?: string;
  readonly since?: { readonly epoch: string; readonly offset: number };
  readonly before?: number;
  readonly after?: number;
  readonly limit?: number;
}

type ReplyOf<Command> = Extract<ReplyEvent, { command: Command }>;

const LIMITS = {
  maxPayload: 65_536,
  maxMessage: 4_096,
  maxName: 32,
  nameRules: "",
  idleTimeout: 0,
  heartbeat: 0,
  maxRooms: 16,
  history: 0,
};

export const user = (id: number, name: string | null) => ({ id, name, address: `127.0.0.1:${id}` });
export const ME = user(1, null), BOB = user(2, "Bob");

/** The storage of a browser, which survives a reload. */
export class Memories {
  readonly #kept = new Map<string, string>();

  of(key: string): { load: () => string | null; save: (text: string) => void } {
    return {
      load: () => this.#kept.get(key) ?? null,
      save: (text) => void this.#kept.set(key, text),
    };
  }
}

export interface FakeChatOptions {
  /** The stored name. */
  readonly name?: string;
  readonly memories?: Memories;
  /** The number of messages that the server stores for each room. */
  readonly history?: number;
}

/** A message event. */
export function message(id: number, text = `text ${id}`, room = "lobby"): MessageEvent {
  return { type: "message", time: id, room, id, from: BOB, text };
}

/** Messages with these ids, both included. */
export function messages(from: number, to: number, room = "lobby"): MessageEvent[] {
  return Array.from(
    { length: to - from + 1 },
    (_, index) => message(from + index, undefined, room),
  );
}

export function createFakeChat(
  { name, memories = new Memories(), history = 0 }: FakeChatOptions = {},
) {
  const clock = new FakeClock();
  let handlers: Handlers | undefined;
  let open = false;
  /** Whether the user is looking at the newest messages of the shown room. */
  let looking = true;
  /** The number of calls of `onChange`. */
  let changes = 0;
  const sent: Sent[] = [];
  const asked: string[] = [];
  const heard: string[] = [];
  const calls: string[] = [];
  const nameMemory = memories.of("name");
  if (name !== undefined) nameMemory.save(name);
  const rooms = createRooms({
    now: () => clock.now(),
    memory: memories.of("rooms"),
    readPositions: memories.of("reading"),
    isAttended: () => looking,
    onChange: () => void changes++,
  });
  const { timeline, users } = rooms.lobby;
  const session = createSession({
    rooms,
    identity: createIdentity(memories.of("self")),
    outbox: createOutbox(memories.of("outbox")),
    clock,
    nameMemory,
    connect(given) {
      handlers = given;
      return {
        state: "idle" as const,
        open: () => {},
        retry: () => void calls.push("retry"),
        close: () => void calls.push("close"),
        stayClosed: () => void calls.push("stayClosed"),
        setReconnect: ({ after, spread }: { after: number; spread: number }) =>
          void calls.push(`after ${after} + ${spread}`),
        send(frame: string) {
          if (open) sent.push(JSON.parse(frame));
          return open;
        },
      };
    },
    view: {
      onStatus() {},
      askName: (problem) => asked.push(problem),
      onNamed() {},
      onEntry(_, { kind, text }) {
        if (kind === "message" || kind === "whisper") heard.push(text);
      },
      onFailed: (_, { text }) => calls.push(`failed: ${text}`),
      onPage() {},
      onLine: ({ name }) => calls.push(`line in ${name}`),
      onJoined: ({ name }) => calls.push(`joined ${name}`),
      onRefused: (problem) => calls.push(`refused: ${problem}`),
      onRooms: (found) => calls.push(`rooms: ${found.map(({ name }) => name)}`),
      onThrottled: (ms) => calls.push(`throttled ${ms}`),
    },
  });

  /** The log of a room. */
  const log = (room = rooms.lobby) =>
    Array.from({ length: room.timeline.size }, (_, place) => room.timeline.at(place)!);

  const test = {
    session,
    rooms,
    timeline,
    users,
    clock,
    memories,
    sent,
    asked,
    heard,
    calls,
    log,
    get name() {
      return nameMemory.load();
    },
    get changes() {
      return changes;
    },
    looks(now: boolean) {
      looking = now;
    },
    room(name: string) {
      const room = rooms.find(name);
      assert(room !== undefined, `There is a room ${name}`);
      return room;
    },
    says: (event: ServerEvent) => handlers?.onFrame(JSON.stringify(event)),
    /** Connects and sends the hello. */
    hello(more: Partial<Extract<ServerEvent, { type: "hello" }>> & { offset?: number } = {}) {
      open = true;
      handlers?.onState("open", undefined);
      const { offset = 0, ...rest } = more;
      test.says({
        type: "hello",
        time: clock.now(),
        you: ME,
        server: { name: "backchannel", version: "1" },
        epoch: "one",
        limits: { ...LIMITS, history },
        room: { name: "lobby", topic: null, users: 0, offset },
        commands: [],
        users: [BOB],
        online: 1,
        ...rest,
      });
    },
    /** Replies to a request. */
    replies<Command extends ReplyEvent["command"]>(
      command: Command,
      data: ReplyOf<Command>["data"],
      { ref = sent.at(-1)?.id ?? null, text = "" }: { ref?: string | null; text?: string } = {},
    ) {
      test.says({ type: "reply", time: clock.now(), ref, text, command, data } as ServerEvent);
    },
    /** Grants the requested name. */
    grants(name: string) {
      const request = sent.findLast(({ text }) => text === `/name ${name}`);
      test.replies("name", { user: { ...ME, name } }, { ref: request?.id ?? null });
    },
    refuses(
      code: Extract<ServerEvent, { type: "error" }>["code"],
      text: string,
      { id: ref } = sent.at(-1)!,
    ) {
      test.says({ type: "error", time: clock.now(), ref, code, text });
    },
    /** The last request of this type. */
    request(type: Sent["type"]): Sent {
      const request = sent.findLast((one) => one.type === type);
      assert(request !== undefined, `There was a ${type}`);
      return request;
    },
    /** Acknowledges the last message with this text. */
    acks(text: string, id: number, { room = "lobby", published }: {
      room?: string;
      /** The text that the server has published instead. */
      published?: string;
    } = {}) {
      const ref = sent.findLast((one) => one.text === text)?.id ?? null;
      const change = published === undefined ? {} : { text: published };
      test.says({ type: "ack", time: clock.now(), room, ref, id, ...change });
    },
    /** Replies to the last history request. */
    gives(
      given: MessageEvent[],
      { more = false, complete = true, epoch = "one", room = "lobby" } = {},
    ) {
      const { id: ref } = test.request("history");
      test.replies("history", { room, epoch, messages: given, complete, more }, { ref });
    },
    /** Replies to the last join request. */
    admits(
      { offset = 0, epoch = "one", missed, topic = null }: {
        offset?: number;
        epoch?: string;
        topic?: string | null;
        missed?: { recovered: boolean; messages: MessageEvent[]; more: boolean };
      } = {},
    ) {
      const { id: ref, room = "" } = test.request("join");
      const facts = { name: room, topic, users: 1, offset };
      const data = { room: facts, users: [BOB], epoch };
      test.replies("join", missed === undefined ? data : { ...data, missed }, { ref });
    },
    loses() {
      open = false;
      handlers?.onState("waiting", 0);
    },
    message: (id: number, text: string, room = "lobby") => test.says(message(id, text, room)),
    lines: () =>
      sent.filter(({ type }) => type === "message" || type === "command").map(({ text }) => text),
    texts: (room = rooms.lobby) => log(room).map(({ kind, text }) => `${kind}: ${text}`),
    /** The messages of a room, in the order of the log. */
    said: (room = rooms.lobby) =>
      log(room).filter(({ kind }) => kind === "message").map(({ text }) => text),
    deliveries: () => log().filter(({ own }) => own).map(({ delivery }) => delivery),
    /** The text below the unread line. */
    line: (room = rooms.lobby) => room.timeline.get(room.timeline.mark ?? 0)?.text,
  };
  return test;
}
