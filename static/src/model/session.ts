/**
 * The chat session: connects the parts of the model, passes each event of the server to its handler, and is the interface
 * for the view.
 * @module
 */
import type {
  ClientEnvironment,
  ClientEvents,
  ConnectionState,
  DeliveryEvent,
  JoinedEvent,
  Memory,
  UserEvent,
} from "../net/client.ts";
import type { Command, Event, Hello, Limits, Message, RoomFacts } from "../net/protocol.ts";
import type { ChatRoom } from "./room.ts";
import type { RoomList } from "./rooms.ts";
import type { Identity } from "./identity.ts";
import type { Entry, NewEntry, NumberedEntry } from "./timeline.ts";
import type { Request } from "../net/protocol.ts";
import { ClientCore } from "../net/client.ts";
import * as replyHandlers from "./reply_handlers.ts";
import * as commanding from "./commands.ts";
import { createEventHandlers } from "./event_handlers.ts";
import * as logins from "./login.ts";
import * as markup from "./markup.ts";
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
  /**
   * Asks the user for a password or token. `problem` tells what is wrong with the previous one. Resolves with `undefined` if
   * the user gives none.
   */
  askSecret: (problem: string) => Promise<string | undefined>;
  /** Called when the server has let the client in, or never will. */
  onLoginEnd: () => void;
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
  view: SessionView;
  nameMemory: Memory;
  /** Stores the messages that are not delivered yet. */
  outboxMemory: Memory;
  /** Stores the secret with which a guest takes the name back after a reload. */
  resumeMemory: Memory;
  /** Stores the password or token of the user. */
  secretMemory: Memory;
  environment: ClientEnvironment;
}

export type ChatSession = ReturnType<typeof createSession>;

/** If the connection was silent for this time, in ms, it is tested when the user returns to the tab. */
const TEST_AFTER_SILENCE = 5_000;

export function createSession(options: SessionOptions) {
  const { rooms, identity, view, nameMemory, environment } = options;

  const now = () => environment.clock.now();

  let state: ConnectionState = "idle";
  /** The user's away message; empty if the user is not away. */
  let away = "";
  let lastFrame = 0;
  /** The address of the server; empty before {@linkcode open}. */
  let server = "";
  /** The server's time minus the time of this machine, in ms. */
  let skew = 0;
  const login = logins.createLogin({
    memory: options.secretMemory,
    server: () => server,
    ask: view.askSecret,
  });
  const client = new ClientCore({
    environment,
    login: login.give,
    resume: options.resumeMemory,
    name: nameMemory.load() ?? undefined,
    needsName: true,
    restsWhenIdle: true,
    rooms: rooms.all.map(({ name }) => name),
    outbox: options.outboxMemory,
  });
  const pending = pendingRequests.createPendingRequests((request) => client.post(request));
  const outgoing = lines.createOutgoing({ rooms, client });
  const pages = paging.createPages({ pending, merge, onLine: view.onLine, onPage });
  const resume = resuming.createResume({ rooms, pages, merge, addEntry, now });
  const handleReply = replyHandlers.createReplyHandler({
    rooms,
    pending,
    pages,
    addEntry,
    onAway(user) {
      away = user.away ?? "";
      view.onStatus();
    },
    onRooms: view.onRooms,
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

  function onNotice({ text }: { readonly text: string }) {
    addEntry(rooms.shown, { kind: "notice", text });
  }

  const handlers = createEventHandlers({
    rooms,
    identity,
    outgoing,
    pages,
    entryOf,
    localTime: (time) => time - skew,
    addEntry,
    onAdded: view.onEntry,
    onUsersUnknown: (room) => pending.sendCommandOnce("/list", room),
  });
  client.onAny(() => lastFrame = now());
  for (const [type, handle] of Object.entries(handlers)) {
    client.on(type as Event["type"], handle as (event: Event) => void);
  }
  client.on("hello", onHello);
  client.on("reply", (event) => {
    if (event.command === "login") login.accepted();
    handleReply(event);
  });
  client.on("error", onError);
  client.on("throttled", ({ retryAfter }) => view.onThrottled(retryAfter));
  client.on("notice", onNotice);
  client.on("bye", (event) => {
    // Another tab goes on in the user's name.
    if (event.reason === "replaced") commands.stop();
    onNotice(event);
  });
  client.on("shutdown", onNotice);
  client.on("state", (event) => {
    if (state === "open") connectionLost();
    state = event.state;
    view.onStatus();
  });
  client.on("nameNeeded", ({ error, name }) => {
    const lost = name === undefined
      ? ""
      : `\u201c${name}\u201d belongs to a user who has logged in`;
    view.askName(error?.text ?? lost);
  });
  client.on("loginFailed", ({ problem, error }) => {
    commands.stop();
    view.onLoginEnd();
    addEntry(rooms.shown, { kind: "error", text: problem?.text ?? String(error) });
  });
  client.on("user", onUser);
  client.on("ready", onReady);
  client.on("joined", onJoined);
  client.on("left", ({ room: name, error }) => {
    if (error !== undefined) return onError(error);
    const room = rooms.find(name);
    if (room === undefined || room === rooms.lobby) return;
    outgoing.discard(room);
    rooms.close(room);
  });
  client.on("delivery", onDelivery);

  function connectionLost() {
    resume.connectionLost();
    pending.clear();
  }

  function onHello(event: Hello) {
    skew = event.time - now();
    identity.connected(event.you, event.epoch);
    resume.connected(event);
    view.onLoginEnd();
    view.onStatus();
  }

  function onJoined(event: JoinedEvent) {
    const isTyped = pending.take(event.ref)?.typed === true;
    const room = rooms.open(event.room.name);
    resume.joined(room, event);
    if (room.countOnly) pending.sendCommandOnce("/list", room);
    if (isTyped) rooms.show(room);
    view.onPage(room);
    if (isTyped) view.onJoined(room);
  }

  function onDelivery(event: DeliveryEvent) {
    const { message } = event;
    if (event.state === "queued" || event.state === "sending") return outgoing.changed(event);
    if (event.state === "failed") {
      const failed = outgoing.refused(message, event.error.text);
      if (failed !== undefined) view.onFailed(rooms.shown, failed);
      return;
    }
    const { answer } = event;
    const { user } = identity;
    if (answer.type === "ack") {
      outgoing.delivered(message, {
        id: answer.id,
        time: answer.time - skew,
        sender: user === undefined ? "" : protocol.displayName(user),
        senderId: user?.id ?? 0,
        ...(answer.text === undefined ? {} : { text: answer.text }), // the server published another text
      });
    } else if (answer.command === "whisper") {
      outgoing.delivered(message, { to: protocol.displayName(answer.data.to) });
    }
  }

  function onError(event: Extract<Event, { type: "error" }>) {
    const { ref, code, text } = event;
    const request = pending.take(ref);
    if (request?.onAnswer !== undefined) return request.onAnswer(event);
    if (request?.line === "/login") login.refused();
    if (request?.line === "/history" && !request.typed) return pages.refused(request, code);
    if (request?.line.startsWith("/join ") && request.typed) return view.onRefused(text);
    const about = request?.typed ? { command: request.line } : {};
    addEntry(rooms.shown, { kind: "error", text: text.replace(/^Error: /, ""), ...about });
  }

  /** Stores a new name or away state of the user. */
  function onUser({ user, isByUser }: UserEvent) {
    const before = identity.user?.name ?? null;
    const isNew = user.name !== before;
    if (user.name !== null) nameMemory.save(user.name);
    identity.update(user);
    for (const room of rooms.all) if (room.joined) room.users.put(user);
    if (isByUser && isNew && before !== null) {
      addEntry(rooms.shown, { kind: "notice", text: `You are now called ${user.name}` });
    }
    if (isByUser || isNew) view.onNamed();
    view.onStatus();
  }

  /** Called when the user's name is settled. The queued messages are sent after this. */
  function onReady() {
    if (away !== "" && identity.user?.away === undefined) {
      pending.sendCommand(`/away ${away}`, rooms.lobby);
    }
    view.onStatus();
  }

  const commands = commanding.createCommands({
    rooms,
    outgoing,
    pending,
    client,
    addEntry,
    changeName,
    onLogin: login.type,
    onRefused: view.onRefused,
    onJoined: view.onJoined,
  });

  function changeName(wanted: string) {
    if (client.setName(wanted) !== undefined) return;
    addEntry(rooms.shown, {
      kind: "notice",
      text: `You will be called ${wanted} when you are connected again`,
    });
  }

  return {
    rooms,
    addEntry,
    /** Calls `listener` for every event of a type, after the session has handled it. */
    on<Type extends keyof ClientEvents>(
      type: Type,
      listener: (event: ClientEvents[Type]) => void,
    ) {
      client.on(type, listener);
    },
    /** Sends a request and ignores the answer. Returns whether the request was sent. */
    request: (request: Request) => client.post(request) !== undefined,
    /** Connects to a server. */
    open(url: string) {
      server = url;
      client.open(url);
    },
    retry: commands.reconnect,
    /** Called when the network or the user is back: reconnects, or tests a silent connection. */
    wake() {
      if (state === "waiting" || (state === "closed" && !commands.hasQuit)) client.retry();
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
    stayAnonymous: () => client.stayAnonymous(),
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
      return client.retryAt;
    },
    get me() {
      return identity.user;
    },
    get ready() {
      return client.isReady;
    },
    get wantedName() {
      return client.wantedName ?? null;
    },
    get limits(): Limits | undefined {
      return client.hello?.limits;
    },
    get commands(): readonly Command[] {
      return client.hello?.commands ?? [];
    },
  };
}
