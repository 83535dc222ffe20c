/**
 * The page: creates its parts and connects them.
 * @module
 */
import * as address from "../model/address.ts";
import type { ChatRoom } from "../model/room.ts";
import type { Entry } from "../model/timeline.ts";
import * as notifications from "./notifications.ts";
import * as composing from "./composer.ts";
import { RUNTIME } from "../net/client.ts";
import * as dialogs from "./dialogs.ts";
import * as dom from "./dom.ts";
import { startFeatures } from "./features.ts";
import { createDrafts } from "../model/input.ts";
import { createLoginDialog } from "./login_dialog.ts";
import * as logView from "./log_view.ts";
import * as layouts from "./layout.ts";
import { copy } from "./copy.ts";
import { createMenu } from "./menus.ts";
import { createSelfView } from "./self.ts";
import { createUserList } from "./people.ts";
import { createWelcome } from "./welcome.ts";
import * as protocol from "../net/protocol.ts";
import * as rooming from "../model/rooms.ts";
import * as messageRow from "./message_row.ts";
import * as identity from "../model/identity.ts";
import * as session from "../model/session.ts";
import * as outgoing from "../model/outgoing.ts";
import * as statusBar from "./status_bar.ts";
import * as roomHeader from "./room_header.ts";
import * as roomLists from "./room_list.ts";

/** @param isCopy Whether this tab is a copy of another one that is still open. */
export function startPage(isCopy: boolean) {
  /** The minimum interval between two writes of the read positions, in ms. */
  const SAVE_INTERVAL = 300;

  const throttleHint = dom.byId("slow", HTMLElement);
  const settings = dom.byId("settings", HTMLDialogElement);
  const keys = dom.byId("keys-dialog", HTMLDialogElement);
  const server = protocol.serverOf(location.href);

  const announcer = notifications.createAnnouncer();
  const countUnread = notifications.createUnread();
  const notifier = notifications.createNotifier();

  const rooms = rooming.createRooms({
    now: Date.now,
    memory: dom.store("session", "rooms"),
    readPositions: dom.store("local", "reading"),
    isAttended: () => notifications.isAttended() && view.following,
    onChange: () => showRooms(),
  });

  const view = logView.createLogView({
    scroller: dom.byId("scroller", HTMLElement),
    list: dom.byId("log", HTMLElement),
    jump: dom.byId("jump", HTMLButtonElement),
    render: (entry, previous, isMarked) =>
      messageRow.render(entry, previous, {
        ownName: chat.me?.name ?? null,
        colours: rooms.shown.colours,
        isMarked,
      }),
    onTop: () => chat.loadOlder(),
    onEnd: () => markRead(),
  });

  const layout = layouts.createLayout();
  const roomList = roomLists.createRoomList(rooms, chooseRoom);
  const saveReadPositions = dom.onceIn(SAVE_INTERVAL, rooms.saveReadPositions);
  const drafts = createDrafts(dom.store("session", "drafts"), () => rooms.shown.name);
  const userList = createUserList(() => rooms.shown, () => chat.me, whisperTo);
  const showSelf = createSelfView();
  const showConnection = statusBar.createStatusBar(() => chat.retry());
  const showRoomHeader = roomHeader.createRoomHeader({
    loadOlder: () => chat.loadOlder(),
    changeSurroundings: view.changeSurroundings,
    showWelcome: createWelcome({
      linkOf: ({ name }) => server && address.linkTo(name, location.href),
      terminalCommand: () => chat.server === "" ? undefined : address.terminalCommand(chat.server),
      announce: announcer.say,
    }),
  });

  const nameDialog = dialogs.createNameDialog({
    choose: (name) => chat.changeName(name),
    decline: () => chat.ready || chat.stayAnonymous(),
  });
  const roomDialog = dialogs.createRoomDialog({
    join: (name) => chat.join(name),
    requestRooms: () => chat.sendCommand("/rooms"),
  });
  const loginDialog = createLoginDialog();
  const serverDialog = dialogs.createServerDialog((url) => chat.open(url));

  const chat = session.createSession({
    rooms,
    identity: identity.createIdentity(own("self")),
    outboxMemory: own("outbox"),
    resumeMemory: own("resume"),
    // A copy of a tab has the same user, who should not have to enter it again.
    secretMemory: dom.store("session", "secret"),
    nameMemory: createNameMemory(),
    environment: RUNTIME,
    view: {
      onStatus: showStatus,
      askName,
      onNamed: () => nameDialog.close(),
      askSecret: loginDialog.ask,
      onLoginEnd: loginDialog.close,
      onEntry,
      onFailed(_, { detail, text }) {
        announcer.say(`Not sent: ${detail ?? text}`);
      },
      onPage(room) {
        if (room === rooms.shown) showRooms();
      },
      onLine(room) {
        if (room === rooms.shown) view.scrollToMark(room.unread);
      },
      onJoined() {
        if (roomDialog.open) {
          roomDialog.close();
          composer.focus();
        }
        onRoomShown();
      },
      onRefused(problem) {
        if (roomDialog.open) return roomDialog.refuse(problem);
        const text = problem.replace(/^Error: /, "");
        onEntry(rooms.shown, rooms.shown.timeline.add({ kind: "error", text }));
      },
      onRooms: roomDialog.fill,
      onThrottled: showThrottled,
    },
  });

  const composer = composing.createComposer({
    submit(text) {
      view.scrollToEnd();
      return chat.submit(text);
    },
    vocabulary: () => ({
      commands: chat.commands,
      names: rooms.shown.users.sorted().filter(({ id }) => id !== chat.me?.id).map(
        protocol.displayName,
      ),
    }),
    measure: (text) =>
      outgoing.measure(text, rooms.shown.name, chat.limits ?? protocol.DEFAULT_LIMITS),
    draft: drafts,
    announce: announcer.say,
  });

  const peopleSetting = dom.store("local", "people");
  /** Whether a panel is shown for the first time, and not by the user. */
  let isStarting = true;
  const userPanel = layout.addPanel("people", (open) => {
    if (open) chat.requestUsers();
    if (!isStarting && layout.isWide) peopleSetting.save(open ? "shown" : "hidden");
  });

  /** Storage of this tab. A copy of another tab starts empty: the stored state belongs to the original. */
  function own(key: string) {
    const memory = dom.store("session", key);
    if (isCopy) memory.save("");
    return memory;
  }

  /** A reloaded tab keeps its name. A new tab starts with the name that was chosen last in any tab. */
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

  /** Announces an entry that is not the user's own. */
  function onEntry(room: ChatRoom, entry: Entry) {
    const isMessage = entry.kind === "message" || entry.kind === "whisper";
    const isPersonal = entry.kind === "whisper" || entry.mention === true;
    const isShown = room === rooms.shown;
    if (isShown) announcer.entry(entry);
    else if (isPersonal) announcer.entry(entry, room.name);
    if (!isMessage) return;
    if (isShown) view.addUnseen();
    countUnread(isPersonal);
    if (isPersonal) notifier.notify(entry, room.name, () => showRoom(room));
  }

  /** Shows the room that the user chose in the list. */
  function chooseRoom(room: ChatRoom) {
    layout.closeSide();
    showRoom(room);
  }

  /** Shows a room. */
  function showRoom(room: ChatRoom) {
    rooms.show(room);
    onRoomShown();
  }

  /** Updates the page if another room is shown now. */
  let shownRoom = rooms.shown;
  function onRoomShown() {
    if (shownRoom === rooms.shown) return;
    shownRoom = rooms.shown;
    const { timeline, unread } = shownRoom;
    view.show(timeline);
    if (unread > 0) view.scrollToMark(unread);
    composer.onRoomShown();
    markRead();
    showRooms();
    userList.draw();
    announcer.say(`Room ${shownRoom.name}`);
    for (const run of roomListeners) run();
  }

  /** Marks the shown room as read if the user is looking at its newest messages. */
  function markRead() {
    if (notifications.isAttended() && view.following) rooms.shown.markRead();
  }

  /** Draws everything that depends on the rooms. */
  function showRooms() {
    roomList.draw();
    userList.drawSoon();
    saveReadPositions();
    drawRoomHeader();
  }

  const drawRoomHeader = dom.onceAFrame(() => {
    onRoomShown();
    showRoomHeader(rooms.shown, rooms.shown === rooms.lobby);
  });

  let throttleTimer: number | undefined;

  /** Shows for a while that the user exceeds the rate limit. */
  function showThrottled(ms: number) {
    const seconds = Math.max(1, Math.ceil(ms / 1000));
    throttleHint.textContent = `Too fast: the next message is sent in ${seconds} s`;
    throttleHint.hidden = false;
    clearTimeout(throttleTimer);
    throttleTimer = Number(setTimeout(() => throttleHint.hidden = true, ms));
  }

  function whisperTo(name: string) {
    if (layout.isPhone) userPanel.close();
    composer.whisper(name);
  }

  function askName(problem: string) {
    nameDialog.open({
      problem,
      name: chat.me?.name ?? chat.wantedName ?? "",
      named: chat.ready && chat.me?.name !== null,
      rules: chat.limits?.nameRules ?? "",
    });
  }

  const statusListeners: Array<() => void> = [];
  const roomListeners: Array<() => void> = [];

  let shownState = "";

  function showStatus() {
    const { state } = chat;
    showConnection(
      state,
      chat.retryAt,
      state === "open" && !chat.ready && chat.wantedName !== null,
    );
    showSelf(chat);
    showRooms();
    composer.refresh();
    if (state !== shownState) changedState(state);
    shownState = state;
    for (const run of statusListeners) run();
  }

  function changedState(state: typeof chat.state) {
    if (state === "incompatible") {
      const text = `This page needs ${protocol.SUBPROTOCOL}, which the server does not support. ` +
        "The server may be older than the page. Line clients such as nc still work.";
      onEntry(rooms.shown, rooms.shown.timeline.add({ kind: "error", text }));
    }
    if (state === "waiting" || state === "closed") nameDialog.close();
    if (
      server === undefined && state === "waiting" && shownState === "connecting" && !chat.limits
    ) {
      serverDialog.open(
        "The server does not answer. The page keeps trying. You can enter another address.",
      );
    }
  }

  /** The actions of buttons, by their `data-do` attributes. */
  const actions: Record<string, () => void> = {
    disconnect: () => chat.disconnect(),
    name: () => askName(""),
    room: () => roomDialog.show(),
    topic: () => composer.set(`/topic ${rooms.shown.topic ?? ""}`),
    async link() {
      const isCopied = await copy(address.linkTo(rooms.shown.name, location.href));
      announcer.say(isCopied ? "Copied" : "Cannot copy");
    },
    leave: () => chat.leave(),
    settings: () => settings.showModal(),
    keys: () => keys.showModal(),
    server: () => serverDialog.open(),
  };

  document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element)) return;
    const button = target.closest(
      "[data-do], [data-whisper], [data-edit], [data-load], [data-dismiss]",
    );
    if (!(button instanceof HTMLElement)) return;
    const { do: action, whisper, edit, load, dismiss } = button.dataset;
    if (action !== undefined) {
      layout.closeSide();
      actions[action]?.();
    }
    if (dismiss !== undefined) {
      rooms.shown.timeline.remove(Number(dismiss));
      composer.focus();
    }
    if (whisper !== undefined) composer.whisper(whisper);
    const failed = rooms.shown.timeline.get(Number(edit));
    if (failed !== undefined) composer.set(chat.lineOf(failed));
    if (load !== undefined) chat.loadGap(Number(load));
  });

  const unusable = server === undefined ? "server" : "file";
  for (const element of document.querySelectorAll("[data-only]")) {
    if (element instanceof HTMLElement) element.hidden = element.dataset["only"] === unusable;
  }
  createMenu("menu");
  createMenu("room-menu");

  globalThis.addEventListener("online", () => chat.wake());
  globalThis.addEventListener("pageshow", ({ persisted }) => persisted && chat.wake());
  globalThis.addEventListener("pagehide", rooms.saveReadPositions);
  document.addEventListener("visibilitychange", () => document.hidden || chat.wake());
  notifications.onAttention((attended) => attended ? markRead() : rooms.shown.onUnattended());
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || !/^Arrow(Up|Down)$/.test(event.key) || isTextKey(event)) return;
    event.preventDefault();
    roomList.step(event.key === "ArrowUp" ? -1 : 1);
  });

  /** Whether a key belongs to the text in a field: on a Mac, arrows with Option move the caret. */
  function isTextKey(event: KeyboardEvent) {
    const { target } = event;
    return target instanceof HTMLInputElement || dom.isComposing(event) ||
      (target instanceof HTMLTextAreaElement && target.value !== "");
  }

  startFeatures({
    chat,
    notifier,
    announce: announcer.say,
    addPanel: layout.addPanel,
    openSide: layout.openSide,
    closeSide: layout.closeSide,
    showRoom,
    showEntry: view.scrollToEntry,
    onRoom: (run) => void roomListeners.push(run),
    onStatus: (run) => void statusListeners.push(run),
  });
  view.show(rooms.shown.timeline);
  userPanel.show(layout.isWide && peopleSetting.load() !== "hidden");
  isStarting = false;
  showStatus();
  composer.focus();
  if (server === undefined) serverDialog.open();
  else chat.open(server);
}
