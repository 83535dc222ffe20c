/**
 * The chat as this client lives it: the way of an event from the server to the part that it is for, and what becomes of a
 * line that was typed.
 * @module
 */
import type {
  Clock,
  ConnectionOptions,
  ConnectionState,
  ServerConnection,
} from "../net/connection.ts";
import type { OutboxStore } from "./outbox.ts";
import type { Command, Event, Hello, Limits, Message, RoomFacts, User } from "../net/protocol.ts";
import type { ChatRoom } from "./room.ts";
import type { RoomList } from "./rooms.ts";
import type { Identity } from "./identity.ts";
import type { Entry, NewEntry, NumberedEntry } from "./timeline.ts";
import type { Request } from "../net/protocol.ts";
import * as replyHandlers from "./reply_handlers.ts";
import * as commanding from "./commands.ts";
import { createEventHandlers, type EventHandlers, type EventOf } from "./event_handlers.ts";
import * as markup from "./markup.ts";
import * as naming from "./naming.ts";
import * as paging from "./pages.ts";
import * as protocol from "../net/protocol.ts";
import * as pendingRequests from "./pending_requests.ts";
import * as resuming from "./resume.ts";
import * as speaking from "./outgoing.ts";

/** What is told of what happened. */
export interface SessionView {
  /** The connection, or who one is, has changed. */
  onStatus: () => void;
  /** A name is wanted; `problem` is what is wrong with the one that was given. */
  askName: (problem: string) => void;
  nameSettled: () => void;
  /** Something happened that one did not do oneself. */
  onEntry: (room: ChatRoom, entry: Entry) => void;
  /** Something was not taken that one has said. */
  onFailed: (room: ChatRoom, entry: Entry) => void;
  /** What is known of a room's older messages has changed. */
  onPage: (room: ChatRoom) => void;
  /** A room has an unread line. */
  onLine: (room: ChatRoom) => void;
  /** One is in a room because one wanted to. */
  onJoined: (room: ChatRoom) => void;
  /** One cannot go to a room. */
  onRefused: (problem: string) => void;
  /** Which rooms there are. */
  onRooms: (rooms: readonly RoomFacts[]) => void;
  /** One is too fast for the server. */
  onThrottled: (ms: number) => void;
}

export interface SessionOptions {
  rooms: RoomList;
  identity: Identity;
  outbox: OutboxStore;
  view: SessionView;
  nameMemory: { load: () => string | null; save: (name: string) => void };
  connect: (
    options: Pick<ConnectionOptions, "subprotocol" | "clock" | "onState" | "onFrame">,
  ) => ServerConnection;
  clock: Clock;
}

export type ChatSession = ReturnType<typeof createSession>;

/** A connection that was silent for so long is asked whether it lives when the tab comes back, in ms. */
const SILENCE = 5_000;

export function createSession(options: SessionOptions) {
  const { rooms, identity, view, nameMemory, connect, clock } = options;

  const now = () => clock.now();

  let state: ConnectionState = "idle";
  let retryAt: number | undefined;
  let anonymous = false;
  /** Whether it is clear under which name to speak. */
  let settled = false;
  /** Why one is away, as one has said. */
  let away = "";
  let hello: Hello | undefined;
  let lastFrame = 0;
  /** How far the server's clock is ahead, in ms. */
  let skew = 0;
  const send = (request: Request, ref: string): boolean =>
    connection.send(protocol.encode(request, ref));
  const pending = pendingRequests.createPendingRequests(send);
  const outgoing = speaking.createOutgoing({
    rooms,
    outbox: options.outbox,
    now,
    send: ({ ref, text, room }) => send(speaking.requestOf(text, room), ref),
  });
  const pages = paging.createPages({ pending, merge, onLine: view.onLine, onPage });
  const resume = resuming.createResume({ rooms, pending, pages, merge, tell, now });
  const handleReply = replyHandlers.createReplyHandler({
    rooms,
    identity,
    outgoing,
    pending,
    pages,
    resume,
    tell,
    onNamed: named,
    onAway(user) {
      away = user.away ?? "";
      become(user);
      view.onStatus();
    },
    onJoined(room, typed) {
      if (room.crowded) pending.askOnce("/list", room);
      if (typed) rooms.show(room);
      view.onPage(room);
      if (typed) view.onJoined(room);
      if (settled) outgoing.flush();
    },
    onRooms: view.onRooms,
  });
  const name = naming.createNaming({
    send: (wanted) => {
      const ref = protocol.createRef();
      return send({ type: "command", text: `/name ${wanted}` }, ref) ? ref : undefined;
    },
    ask: view.askName,
    memory: nameMemory,
    clock,
  });

  const connection = connect({
    subprotocol: protocol.SUBPROTOCOL,
    clock,
    onFrame: (data) => {
      lastFrame = now();
      const event = protocol.parseEvent(data);
      if (event !== undefined) handle(event);
    },
    onState: (next, at) => {
      if (state === "open" && next !== "open") lose();
      state = next;
      retryAt = at;
      view.onStatus();
    },
  });

  function entryOf({ id, text, time, from, action }: Message): NumberedEntry {
    const own = identity.is(from);
    return {
      kind: "message",
      id,
      text,
      time: time - skew,
      sender: protocol.displayName(from),
      senderId: from.id,
      own,
      mention: !own && markup.mentions(text, identity.user?.name ?? null),
      ...(action ? { action } : {}),
    };
  }

  /** Puts messages in their places that came together. Returns those that are new. */
  function merge(room: ChatRoom, messages: readonly Message[]) {
    const entries = messages.map(entryOf);
    for (const entry of entries) if (entry.own) outgoing.recognise(room, entry);
    return room.sequence.merge(entries);
  }

  function tell(room: ChatRoom, entry: NewEntry) {
    view.onEntry(room, room.timeline.add(entry));
  }

  function onPage(room: ChatRoom) {
    room.heard([]);
    view.onPage(room);
  }

  function lose() {
    resume.lost();
    settled = false;
    name.stop();
    pending.clear();
    outgoing.ground();
  }

  const handlers: EventHandlers = {
    ...createEventHandlers({
      rooms,
      identity,
      outgoing,
      pages,
      entryOf,
      localTime: (time) => time - skew,
      tell,
      onAdded: view.onEntry,
      onUnsure: (room) => pending.askOnce("/list", room),
    }),
    hello: greet,
    reply: handleReply,
    error: refuse,
    throttled: ({ retryAfter }) => view.onThrottled(retryAfter),
    notice: ({ text }) => tell(rooms.shown, { kind: "notice", text }),
    bye({ text }) {
      tell(rooms.shown, { kind: "notice", text });
      connection.leave();
    },
    shutdown({ text, reconnect }) {
      tell(rooms.shown, { kind: "notice", text });
      connection.comeBack(reconnect);
    },
  };

  /** The handlers of features, by the type of the event. */
  const listeners = new Map<string, Array<(event: never) => void>>();

  function handle(event: Event) {
    const { type } = event;
    // A newer server may send a type that is not known here, and one may be called `constructor`.
    const handler: ((event: never) => void) | undefined = Object.hasOwn(handlers, type)
      ? handlers[type]
      : undefined;
    handler?.(event as never);
    for (const listener of listeners.get(type) ?? []) listener(event as never);
  }

  function greet(event: Hello) {
    const again = hello !== undefined;
    hello = event;
    skew = event.time - now();
    identity.begin(event.you, event.epoch);
    resume.greeted(event);
    if (rooms.lobby.crowded) pending.askOnce("/list", rooms.lobby);
    if (name.begin(again)) settled = false;
    else if (anonymous) settle();
    else view.askName("");
    view.onStatus();
  }

  function refuse({ ref, code, text }: Extract<Event, { type: "error" }>) {
    if (name.refused(ref, code, text)) return;
    const question = pending.take(ref);
    const failed = outgoing.refused(ref, text);
    if (failed !== undefined) return view.onFailed(rooms.shown, failed);
    if (question?.line === "/history" && !question.typed) return pages.refused(question, code);
    if (question?.line.startsWith("/join ") && question.typed) return view.onRefused(text);
    tell(rooms.shown, { kind: "error", text: text.replace(/^Error: /, "") });
  }

  function named(user: User, ref: string | null) {
    const pending = name.got(user.name, ref);
    const anew = pending && user.name !== identity.user?.name;
    anonymous = false;
    become(user);
    if (anew) tell(rooms.shown, { kind: "notice", text: `You are now called ${user.name}` });
    view.nameSettled();
    settle();
  }

  /** One is called otherwise, or away. */
  function become(user: User) {
    identity.change(user);
    for (const room of rooms.all) if (room.joined) room.people.put(user);
  }

  /** It is clear under which name to speak: goes where one was, and says what waits. */
  function settle() {
    settled = true;
    if (state === "open") resume.rejoin();
    if (away !== "" && identity.user?.away === undefined) {
      pending.askLine(`/away ${away}`, rooms.lobby, false);
    }
    view.onStatus();
    outgoing.flush();
  }

  const commands = commanding.createCommands({
    rooms,
    outgoing,
    pending,
    connection,
    tell,
    changeName,
    onRefused: view.onRefused,
    onJoined: view.onJoined,
    isSettled: () => settled,
  });

  function changeName(wanted: string) {
    if (name.choose(wanted)) return;
    tell(rooms.shown, {
      kind: "notice",
      text: `You will be called ${wanted} when the server is back`,
    });
  }

  return {
    rooms,
    tell,
    /** Calls `listener` for every event of a type, after the session has handled it. */
    on<Type extends Event["type"]>(type: Type, listener: (event: EventOf<Type>) => void) {
      listeners.set(type, [...listeners.get(type) ?? [], listener]);
    },
    /** Sends a request and ignores the answer. Returns whether the request was sent. */
    request: (request: Request) => send(request, protocol.createRef()),
    /** Connects to a server, which may be another one than before. */
    open(url: string) {
      hello = undefined;
      connection.open(url);
    },
    retry: commands.comeBack,
    /** The network or the reader is back: the connection should be, too. */
    wake() {
      if (state === "waiting" || (state === "closed" && !commands.left)) connection.retry();
      else if (state === "open" && now() - lastFrame > SILENCE) {
        pending.askOnce("/list", rooms.lobby);
      }
    },
    disconnect: commands.disconnect,
    submit: commands.submit,
    join: commands.join,
    leave: commands.leave,
    changeName,
    /** Speaks without a name. */
    stayAnonymous() {
      anonymous = identity.user?.name === null;
      if (anonymous) name.forgo();
      settle();
    },
    typed: outgoing.typed,
    /** Asks something for the page itself, unless that is asked already. */
    ask: (line: string) => pending.askOnce(line, rooms.lobby),
    askList: () => pending.askOnce("/list", rooms.shown),
    /** Fetches what was said before the oldest message of the room in view. */
    askOlder: () => pages.older(rooms.shown),
    /** Fetches what is missing where an entry says so. */
    askMissing: (key: number) => pages.fill(rooms.shown, key),
    get state() {
      return state;
    },
    get retryAt() {
      return retryAt;
    },
    get me() {
      return identity.user;
    },
    get settled() {
      return settled;
    },
    get wantedName() {
      return name.wanted;
    },
    get limits(): Limits | undefined {
      return hello?.limits;
    },
    get commands(): readonly Command[] {
      return hello?.commands ?? [];
    },
  };
}
