/**
 * The chat session: connects the parts of the model, passes each event of the server to its handler, and is the interface
 * for the view.
 * @module
 */
import type {
  Clock,
  ConnectionOptions,
  ConnectionState,
  ServerConnection,
} from "../net/connection.ts";
import type { Outbox } from "./outbox.ts";
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
import * as searching from "./search.ts";
import * as resuming from "./resume.ts";
import * as lines from "./outgoing.ts";

/** Callbacks of the view. */
export interface SessionView {
  /** Called when the state of the connection or the user's identity changes. */
  onStatus: () => void;
  /** Asks the user for a name. `problem` tells what is wrong with the previous one. */
  askName: (problem: string) => void;
  /** Called when the server gave the user a name. */
  onNamed: () => void;
  /** Called when an entry that is not the user's own was added to the log of a room. */
  onEntry: (room: ChatRoom, entry: Entry) => void;
  /** Called when the server refused a message of the user. */
  onFailed: (room: ChatRoom, entry: Entry) => void;
  /** Called when older messages of a room arrived or are known not to exist. */
  onPage: (room: ChatRoom) => void;
  /** Called when the unread line of an earlier visit was drawn in a room. */
  onLine: (room: ChatRoom) => void;
  /** Called when the user has entered a room on request. */
  onJoined: (room: ChatRoom) => void;
  /** Called when the user cannot enter a room. */
  onRefused: (problem: string) => void;
  /** Called with the rooms of the server. */
  onRooms: (rooms: readonly RoomFacts[]) => void;
  /** Called when the user exceeds the rate limit. */
  onThrottled: (ms: number) => void;
}

export interface SessionOptions {
  rooms: RoomList;
  identity: Identity;
  outbox: Outbox;
  view: SessionView;
  nameMemory: { load: () => string | null; save: (name: string) => void };
  connect: (
    options: Pick<ConnectionOptions, "subprotocol" | "clock" | "onState" | "onFrame">,
  ) => ServerConnection;
  clock: Clock;
}

export type ChatSession = ReturnType<typeof createSession>;

/** If the connection was silent for this time, in ms, it is tested when the user returns to the tab. */
const TEST_AFTER_SILENCE = 5_000;

export function createSession(options: SessionOptions) {
  const { rooms, identity, view, nameMemory, connect, clock } = options;

  const now = () => clock.now();

  let state: ConnectionState = "idle";
  /** The address of the server; empty before {@linkcode open}. */
  let server = "";
  let retryAt: number | undefined;
  let anonymous = false;
  /** Whether queued messages may be sent: the user's name is settled. */
  let ready = false;
  /** The user's away message; empty if the user is not away. */
  let away = "";
  let hello: Hello | undefined;
  let lastFrame = 0;
  /** The server's time minus the time of this machine, in ms. */
  let skew = 0;
  const send = (request: Request, ref: string): boolean =>
    connection.send(protocol.encode(request, ref));
  const pending = pendingRequests.createPendingRequests(send);
  const outgoing = lines.createOutgoing({
    rooms,
    outbox: options.outbox,
    now,
    send: ({ ref, text, room }) => send(lines.requestOf(lines.addressed(text, rooms), room), ref),
  });
  const pages = paging.createPages({ pending, merge, onLine: view.onLine, onPage });
  const resume = resuming.createResume({ rooms, pending, pages, merge, addEntry, now });
  const handleReply = replyHandlers.createReplyHandler({
    rooms,
    identity,
    outgoing,
    pending,
    pages,
    resume,
    addEntry,
    onNamed,
    onAway(user) {
      away = user.away ?? "";
      updateMe(user);
      view.onStatus();
    },
    onJoined(room, typed) {
      if (room.countOnly) pending.sendCommandOnce("/list", room);
      if (typed) rooms.show(room);
      view.onPage(room);
      if (typed) view.onJoined(room);
      if (ready) outgoing.flush();
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
      if (state === "open" && next !== "open") connectionLost();
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

  /** Adds messages with consecutive ids to the timeline of a room. Returns those that are new. */
  function merge(room: ChatRoom, messages: readonly Message[]) {
    const entries = messages.map(entryOf);
    for (const entry of entries) if (entry.own) outgoing.recognise(room, entry);
    return room.sequence.merge(entries);
  }

  function addEntry(room: ChatRoom, entry: NewEntry) {
    view.onEntry(room, room.timeline.add(entry));
  }

  function onPage(room: ChatRoom) {
    room.addUnread([]);
    view.onPage(room);
  }

  function connectionLost() {
    resume.connectionLost();
    ready = false;
    name.connectionLost();
    pending.clear();
    outgoing.connectionLost();
  }

  const handlers: EventHandlers = {
    ...createEventHandlers({
      rooms,
      identity,
      outgoing,
      pages,
      entryOf,
      localTime: (time) => time - skew,
      addEntry,
      onAdded: view.onEntry,
      onUsersUnknown: (room) => pending.sendCommandOnce("/list", room),
    }),
    hello: onHello,
    reply: handleReply,
    error: onError,
    throttled: ({ retryAfter }) => view.onThrottled(retryAfter),
    notice: ({ text }) => addEntry(rooms.shown, { kind: "notice", text }),
    bye({ text }) {
      addEntry(rooms.shown, { kind: "notice", text });
      connection.stayClosed();
    },
    shutdown({ text, reconnect }) {
      addEntry(rooms.shown, { kind: "notice", text });
      connection.setReconnect(reconnect);
    },
  };

  /** The handlers of features, by the type of the event. */
  const listeners = new Map<string, Array<(event: never) => void>>();

  function handle(event: Event) {
    const { type } = event;
    // A newer server may send any type, even one like `constructor`.
    const handler: ((event: never) => void) | undefined = Object.hasOwn(handlers, type)
      ? handlers[type]
      : undefined;
    handler?.(event as never);
    for (const listener of listeners.get(type) ?? []) listener(event as never);
  }

  function onHello(event: Hello) {
    const isReconnect = hello !== undefined;
    hello = event;
    skew = event.time - now();
    identity.connected(event.you, event.epoch);
    resume.connected(event);
    if (rooms.lobby.countOnly) pending.sendCommandOnce("/list", rooms.lobby);
    if (name.connected(isReconnect)) ready = false;
    else if (anonymous) becomeReady();
    else view.askName("");
    view.onStatus();
  }

  function onError(event: Extract<Event, { type: "error" }>) {
    const { ref, code, text } = event;
    if (name.refused(ref, code, text)) return;
    const request = pending.take(ref);
    if (request?.onAnswer !== undefined) return request.onAnswer(event);
    const failed = outgoing.refused(ref, text);
    if (failed !== undefined) return view.onFailed(rooms.shown, failed);
    if (request?.line === "/history" && !request.typed) return pages.refused(request, code);
    if (request?.line.startsWith("/join ") && request.typed) return view.onRefused(text);
    const about = request?.typed ? { command: request.line } : {};
    addEntry(rooms.shown, { kind: "error", text: text.replace(/^Error: /, ""), ...about });
  }

  function onNamed(user: User, ref: string | null) {
    const isByUser = name.granted(user.name, ref);
    const before = identity.user?.name ?? null;
    const isNew = isByUser && before !== null && user.name !== before;
    anonymous = false;
    updateMe(user);
    if (isNew) addEntry(rooms.shown, { kind: "notice", text: `You are now called ${user.name}` });
    view.onNamed();
    becomeReady();
  }

  /** Stores a new name or away state of the user. */
  function updateMe(user: User) {
    identity.update(user);
    for (const room of rooms.all) if (room.joined) room.users.put(user);
  }

  /** Called when the user's name is settled: joins the other rooms again and sends the queued messages. */
  function becomeReady() {
    ready = true;
    if (state === "open") resume.rejoin();
    if (away !== "" && identity.user?.away === undefined) {
      pending.sendCommand(`/away ${away}`, rooms.lobby, false);
    }
    view.onStatus();
    outgoing.flush();
  }

  const commands = commanding.createCommands({
    rooms,
    outgoing,
    pending,
    connection,
    addEntry,
    changeName,
    onRefused: view.onRefused,
    onJoined: view.onJoined,
    isReady: () => ready,
  });

  function changeName(wanted: string) {
    if (name.choose(wanted)) return;
    addEntry(rooms.shown, {
      kind: "notice",
      text: `You will be called ${wanted} when you are connected again`,
    });
  }

  return {
    rooms,
    addEntry,
    /** Calls `listener` for every event of a type, after the session has handled it. */
    on<Type extends Event["type"]>(type: Type, listener: (event: EventOf<Type>) => void) {
      listeners.set(type, [...listeners.get(type) ?? [], listener]);
    },
    /** Sends a request and ignores the answer. Returns whether the request was sent. */
    request: (request: Request) => send(request, protocol.createRef()),
    /** Connects to a server. */
    open(url: string) {
      hello = undefined;
      server = url;
      connection.open(url);
    },
    retry: commands.reconnect,
    /** Called when the network or the user is back: reconnects, or tests a silent connection. */
    wake() {
      if (state === "waiting" || (state === "closed" && !commands.hasQuit)) connection.retry();
      else if (state === "open" && now() - lastFrame > TEST_AFTER_SILENCE) {
        pending.sendCommandOnce("/list", rooms.lobby);
      }
    },
    disconnect: commands.disconnect,
    submit: commands.submit,
    join: commands.join,
    leave: commands.leave,
    changeName,
    /** Continues without a name. */
    stayAnonymous() {
      anonymous = identity.user?.name === null;
      if (anonymous) name.giveUp();
      becomeReady();
    },
    lineOf: outgoing.lineOf,
    /** Sends a command on behalf of the page, unless the same one is pending. */
    sendCommand: (line: string) => pending.sendCommandOnce(line, rooms.lobby),
    requestUsers: () => pending.sendCommandOnce("/list", rooms.shown),
    search: searching.createSearch(pending),
    /** Loads a message and those around it, and calls `done` with the key of its entry if it still exists. */
    locate: pages.locate,
    /** Fetches older messages of the shown room. */
    loadOlder: () => pages.loadOlder(rooms.shown),
    /** Fetches the messages in the gap with this entry. */
    loadGap: (key: number) => pages.fillGaps(rooms.shown, key),
    get state() {
      return state;
    },
    get server() {
      return server;
    },
    get retryAt() {
      return retryAt;
    },
    get me() {
      return identity.user;
    },
    get ready() {
      return ready;
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
