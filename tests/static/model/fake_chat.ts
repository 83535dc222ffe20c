/**
 * A session of the page without a connection. The test plays the server.
 * @module
 */
import { assert } from "@std/assert";
import type { MessageEvent, ReplyEvent, ServerEvent } from "../../../lib/wire/protocol.ts";
import { BOB, FakeNet, ME, message, type SentRequest } from "../../client/fakes.ts";
import { createRooms } from "../../../static/src/model/rooms.ts";
import { createSession } from "../../../static/src/model/session.ts";
import { createIdentity } from "../../../static/src/model/identity.ts";

export { BOB, ME, message, messages, user } from "../../client/fakes.ts";

type ReplyOf<Command> = Extract<ReplyEvent, { command: Command }>;

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

export function createFakeChat(
  { name, memories = new Memories(), history = 0 }: FakeChatOptions = {},
) {
  const net = new FakeNet();
  const { clock } = net;
  /** Whether the user is looking at the newest messages of the shown room. */
  let looking = true;
  /** The number of calls of `onChange`. */
  let changes = 0;
  const asked: string[] = [];
  const heard: string[] = [];
  const calls: string[] = [];
  /** The questions for a password. */
  const secrets: Array<PromiseWithResolvers<string | undefined>> = [];
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
    outboxMemory: memories.of("outbox"),
    resumeMemory: memories.of("resume"),
    secretMemory: memories.of("secret"),
    nameMemory,
    environment: net.environment,
    view: {
      onStatus() {},
      askName: (problem) => asked.push(problem),
      onNamed() {},
      askSecret(problem) {
        secrets.push(Promise.withResolvers());
        calls.push(`secret: ${problem}`);
        return secrets.at(-1)!.promise;
      },
      onLoginEnd() {},
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
    /** The requests on all connections. */
    sent: net.allSent,
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
    says: (event: ServerEvent) => net.says(event),
    /** Connects and sends the hello. */
    hello(more: Parameters<typeof net.greets>[0] = {}) {
      if (session.state === "idle") session.open("ws://here/");
      if (session.state === "open") net.socket.dies();
      if (session.state !== "connecting") session.retry();
      net.greets({ history, ...more });
    },
    /** Connects and asks for a login. */
    requires() {
      if (session.state === "idle") session.open("ws://here/");
      if (session.state !== "connecting") session.retry();
      net.requires();
    },
    /** Enters a password, or none. */
    async enters(secret: string | undefined) {
      secrets.at(-1)!.resolve(secret);
      await secrets.at(-1)!.promise;
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    },
    /** Replies to a request. */
    replies<Command extends ReplyEvent["command"]>(
      command: Command,
      data: ReplyOf<Command>["data"],
      { ref = net.allSent.at(-1)?.id ?? null, text = "" }: { ref?: string | null; text?: string } =
        {},
    ) {
      test.says({ type: "reply", time: clock.now(), ref, text, command, data } as ServerEvent);
    },
    /** Grants the requested name. */
    grants(name: string) {
      const request = net.allSent.findLast(({ text }) => text === `/name ${name}`);
      test.replies("name", { user: { ...ME, name } }, { ref: request?.id ?? null });
    },
    refuses(
      code: Extract<ServerEvent, { type: "error" }>["code"],
      text: string,
      { id: ref } = net.allSent.at(-1)!,
    ) {
      test.says({ type: "error", time: clock.now(), ref, code, text });
    },
    /** The last request of this type. */
    request(type: string): SentRequest {
      const request = net.allSent.findLast((one) => one.type === type);
      assert(request !== undefined, `There was a ${type}`);
      return request;
    },
    /** Acknowledges the last message with this text. */
    acks(text: string, id: number, { room = "lobby", published }: {
      room?: string;
      /** The text that the server has published instead. */
      published?: string;
    } = {}) {
      const ref = net.allSent.findLast((one) => one.text === text)?.id ?? null;
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
    loses: () => net.socket.dies(),
    message: (id: number, text: string, room = "lobby") => test.says(message(id, text, room)),
    lines: () =>
      net.allSent.filter(({ type }) => type === "message" || type === "command")
        .map(({ text }) => text),
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
