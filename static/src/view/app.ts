/**
 * The page: makes its parts, and tells each what it has to know of the others.
 * @module
 */
import type { ChatRoom } from "../model/room.ts";
import type { Entry } from "../model/timeline.ts";
import * as notifications from "./notifications.ts";
import * as composing from "./composer.ts";
import * as connection from "../net/connection.ts";
import * as dialogs from "./dialogs.ts";
import * as dom from "./dom.ts";
import { startFeatures } from "./features.ts";
import { createDrafts } from "../model/input.ts";
import * as logView from "./log_view.ts";
import * as outbox from "../model/outbox.ts";
import * as panels from "./panels.ts";
import * as protocol from "../net/protocol.ts";
import * as rooming from "../model/rooms.ts";
import * as messageRow from "./message_row.ts";
import * as identity from "../model/identity.ts";
import * as session from "../model/session.ts";
import * as outgoing from "../model/outgoing.ts";
import * as statusBar from "./status_bar.ts";
import * as roomHeader from "./room_header.ts";
import * as tabbing from "./tabs.ts";

/** Makes the page. `isCopy` tells that this tab is a copy of another one that is still open. */
export function startPage(isCopy: boolean) {
  /** How far one has read is written down so often at the most, in ms. */
  const KEEP_INTERVAL = 300;

  const who = dom.byId("who", HTMLButtonElement);
  const selfAway = dom.byId("self-away", HTMLElement);
  const slow = dom.byId("slow", HTMLElement);
  const settings = dom.byId("settings", HTMLElement);
  const server = protocol.serverOf(location.href);

  const announcer = notifications.createAnnouncer();
  const noteUnread = notifications.createUnread();
  const notifier = notifications.createNotifier();

  const rooms = rooming.createRooms({
    now: Date.now,
    memory: dom.store("session", "rooms"),
    reading: dom.store("local", "reading"),
    attended: () => notifications.isAttended() && view.following,
    onChange: () => showRooms(),
  });

  const view = logView.createLogView({
    scroller: dom.byId("scroller", HTMLElement),
    list: dom.byId("log", HTMLElement),
    jump: dom.byId("jump", HTMLButtonElement),
    render: (entry, previous, isMarked) =>
      messageRow.render(entry, previous, chat.me?.name ?? null, isMarked),
    onTop: () => chat.askOlder(),
    onEnd: () => attend(),
  });

  const tabs = tabbing.createTabs(rooms, turnTo);
  const keepReading = dom.onceIn(KEEP_INTERVAL, rooms.keepReading);
  const drafts = createDrafts(dom.store("session", "drafts"), () => rooms.shown.name);
  const people = panels.createPeople(() => rooms.shown, () => chat.me, whisperTo);
  const showConnection = statusBar.createStatusBar(() => chat.retry());
  const showRoomHeader = roomHeader.createRoomHeader({
    askOlder: () => chat.askOlder(),
    around: view.around,
  });

  const nameDialog = dialogs.createNameDialog({
    choose: (name) => chat.changeName(name),
    decline: () => chat.settled || chat.stayAnonymous(),
  });
  const roomDialog = dialogs.createRoomDialog({
    join: (name) => chat.join(name),
    ask: () => chat.ask("/rooms"),
  });
  const serverDialog = dialogs.createServerDialog((url) => chat.open(url));

  const chat = session.createSession({
    rooms,
    identity: identity.createIdentity(own("self")),
    outbox: outbox.createOutbox(own("outbox")),
    nameMemory: createNameMemory(),
    clock: {
      now: Date.now,
      after: dom.after,
    },
    connect: (handlers) => connection.createConnection(handlers),
    view: {
      onStatus: showStatus,
      askName,
      nameSettled: () => nameDialog.close(),
      onEntry: notice,
      onFailed(_, { detail, text }) {
        announcer.say(`Not sent: ${detail ?? text}`);
      },
      onPage(room) {
        if (room === rooms.shown) showRooms();
      },
      onLine(room) {
        if (room === rooms.shown) view.toMark(room.unread);
      },
      onJoined() {
        if (roomDialog.open) {
          roomDialog.close();
          composer.focus();
        }
        turn();
      },
      onRefused(problem) {
        if (roomDialog.open) return roomDialog.refuse(problem);
        const text = problem.replace(/^Error: /, "");
        notice(rooms.shown, rooms.shown.timeline.add({ kind: "error", text }));
      },
      onRooms: roomDialog.fill,
      onThrottled: showThrottled,
    },
  });

  const composer = composing.createComposer({
    submit(text) {
      view.toEnd();
      return chat.submit(text);
    },
    vocabulary: () => ({
      commands: chat.commands,
      names: rooms.shown.people.sorted().filter(({ id }) => id !== chat.me?.id).map(
        protocol.displayName,
      ),
    }),
    measure: (text) =>
      outgoing.measure(text, rooms.shown.name, chat.limits ?? protocol.DEFAULT_LIMITS),
    draft: drafts,
    announce: announcer.say,
  });

  const openPanels: panels.Panel[] = [];

  /** Lets a button show and hide a panel. Where panels cover the talk, only one is open at a time. */
  function addPanel(id: string, onToggle: (open: boolean) => void): panels.Panel {
    const panel = panels.createPanel(id, (open) => {
      onToggle(open);
      if (!open || !isNarrow()) return;
      for (const other of openPanels) if (other !== panel && other.open) other.show(false);
    });
    openPanels.push(panel);
    return panel;
  }

  const peoplePanel = addPanel("people", (open) => {
    if (open) chat.askList();
  });

  /** What this tab alone knows. A copy of another tab does not go on with it: what is under way there is not here. */
  function own(key: string) {
    const memory = dom.store("session", key);
    if (isCopy) memory.save("");
    return memory;
  }

  /** A tab keeps its name when it is loaded again; a new one begins with the name that was last chosen in any. */
  function createNameMemory() {
    const tab = own("name"), browser = dom.store("local", "name");
    return {
      load: () => isCopy ? null : tab.load() || browser.load(),
      save(name: string) {
        tab.save(name);
        browser.save(name);
      },
    };
  }

  /** Something happened that one did not do oneself. */
  function notice(room: ChatRoom, entry: Entry) {
    const isSaid = entry.kind === "message" || entry.kind === "whisper";
    const isPersonal = entry.kind === "whisper" || entry.mention === true;
    const isShown = room === rooms.shown;
    if (isShown) announcer.entry(entry);
    else if (isPersonal) announcer.entry(entry, room.name);
    if (!isSaid) return;
    if (isShown) view.heard();
    noteUnread(isPersonal);
    if (isPersonal) notifier.notify(entry, room.name, () => turnTo(room));
  }

  /** Brings a room into view. */
  function turnTo(room: ChatRoom) {
    rooms.show(room);
    turn();
  }

  /** The room in view may be another. */
  let turnedTo = rooms.shown;
  function turn() {
    if (turnedTo === rooms.shown) return;
    turnedTo = rooms.shown;
    const { timeline, unread } = turnedTo;
    view.show(timeline);
    if (unread > 0) view.toMark(unread);
    composer.turn();
    attend();
    showRooms();
    people.draw();
    announcer.say(`Room ${turnedTo.name}`);
  }

  /** Somebody looks at the newest in the room in view: all is read. */
  function attend() {
    if (notifications.isAttended() && view.following) rooms.shown.readAll();
  }

  /** What is to be shown of the rooms has changed. */
  function showRooms() {
    tabs.draw();
    people.drawSoon();
    keepReading();
    drawRoomHeader();
  }

  const drawRoomHeader = dom.onceAFrame(() => {
    turn();
    showRoomHeader(rooms.shown, rooms.shown === rooms.lobby);
  });

  let slowTimer: number | undefined;

  /** Says quietly that the server takes no more for a while. */
  function showThrottled(ms: number) {
    const seconds = Math.max(1, Math.ceil(ms / 1000));
    slow.textContent = `Too fast: the server takes the next in ${seconds} s`;
    slow.hidden = false;
    clearTimeout(slowTimer);
    slowTimer = Number(setTimeout(() => slow.hidden = true, ms));
  }

  /** Whether a panel covers the talk. */
  function isNarrow() {
    return matchMedia("(max-width: 55.99rem)").matches;
  }

  function whisperTo(name: string) {
    if (isNarrow()) peoplePanel.close();
    composer.whisper(name);
  }

  function askName(problem: string) {
    nameDialog.open({
      problem,
      name: chat.me?.name ?? chat.wantedName ?? "",
      named: chat.settled && chat.me?.name !== null,
      rules: chat.limits?.nameRules ?? "",
    });
  }

  const statusListeners: Array<() => void> = [];

  let shownState = "";

  function showStatus() {
    const { state } = chat;
    showConnection(
      state,
      chat.retryAt,
      state === "open" && !chat.settled && chat.wantedName !== null,
    );
    showSelf();
    showRooms();
    composer.refresh();
    if (state !== shownState) changedState(state);
    shownState = state;
    for (const run of statusListeners) run();
  }

  function changedState(state: typeof chat.state) {
    if (state === "incompatible") {
      const text = `This server does not speak ${protocol.SUBPROTOCOL}, which this page needs. ` +
        "It may be older than the page. Clients for lines of text, such as nc, still work.";
      notice(rooms.shown, rooms.shown.timeline.add({ kind: "error", text }));
    }
    if (state === "waiting" || state === "closed") nameDialog.close();
    if (
      server === undefined && state === "waiting" && shownState === "connecting" && !chat.limits
    ) {
      serverDialog.open("Nobody answers there. Trying again, or try another address.");
    }
  }

  function showSelf() {
    const { me } = chat;
    const name = me?.name ?? chat.wantedName;
    who.querySelector("bdi")?.replaceChildren(name ?? me?.address ?? "nobody yet");
    who.disabled = chat.state !== "open";
    selfAway.hidden = me?.away === undefined;
    selfAway.title = me?.away ?? "";
  }

  /** What the buttons do that name it in `data-do`. */
  const actions: Record<string, () => void> = {
    disconnect: () => chat.disconnect(),
    name: () => askName(""),
    room: () => roomDialog.show(),
    topic: () => composer.set(`/topic ${rooms.shown.topic ?? ""}`),
    leave: () => chat.leave(),
    server: () => serverDialog.open(),
  };

  document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element)) return;
    const button = target.closest("[data-do], [data-whisper], [data-edit], [data-load]");
    if (!(button instanceof HTMLElement)) return;
    const { do: action, whisper, edit, load } = button.dataset;
    if (action !== undefined) {
      if (settings.matches(":popover-open")) settings.hidePopover();
      actions[action]?.();
    }
    if (whisper !== undefined) composer.whisper(whisper);
    const failed = rooms.shown.timeline.get(Number(edit));
    if (failed !== undefined) composer.set(chat.typed(failed));
    if (load !== undefined) chat.askMissing(Number(load));
  });

  for (const element of document.querySelectorAll("[data-only=file]")) {
    if (element instanceof HTMLElement) element.hidden = server !== undefined;
  }

  globalThis.addEventListener("online", () => chat.wake());
  globalThis.addEventListener("pageshow", ({ persisted }) => persisted && chat.wake());
  globalThis.addEventListener("pagehide", rooms.keepReading);
  document.addEventListener("visibilitychange", () => document.hidden || chat.wake());
  notifications.onAttention((attended) => attended ? attend() : rooms.shown.turnAway());
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || !/^Arrow(Up|Down)$/.test(event.key) || isForField(event)) return;
    event.preventDefault();
    tabs.step(event.key === "ArrowUp" ? -1 : 1);
  });

  /** Whether a key is for the text in a field: with Option, arrows move the caret on a Mac. */
  function isForField(event: KeyboardEvent) {
    const { target } = event;
    return target instanceof HTMLInputElement || dom.isComposing(event) ||
      (target instanceof HTMLTextAreaElement && target.value !== "");
  }

  startFeatures({
    chat,
    notifier,
    announce: announcer.say,
    addPanel,
    onStatus: (run) => void statusListeners.push(run),
  });
  view.show(rooms.shown.timeline);
  peoplePanel.show(!isNarrow());
  showStatus();
  composer.focus();
  if (server === undefined) serverDialog.open();
  else chat.open(server);
}
