// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * The page: makes its parts, and tells each what it has to know of the others.
 *
 * Must never know how any of them does its work.
 * @module
 */
"use strict";

/** @import { Entry } from "./timeline.js" */

(() => {
  const {
    attention,
    composer: composing,
    connection,
    dialogs,
    dom,
    logView,
    outbox,
    panels,
    protocol,
    roster,
    rows,
    series,
    session,
    theme,
    timeline,
  } = backchannel;

  /** How often the statistics are asked for while they are seen, in ms. */
  const STATS_INTERVAL = 2_000;

  const status = dom.byId("state", HTMLElement);
  const statusText = dom.byId("state-text", HTMLElement);
  const statusWait = dom.byId("state-wait", HTMLElement);
  const statusButton = dom.byId("state-button", HTMLButtonElement);
  const who = dom.byId("who", HTMLButtonElement);
  const settings = dom.byId("settings", HTMLElement);
  const notify = dom.byId("notify", HTMLInputElement);
  const server = protocol.serverOf(location.href);

  const announcer = attention.createAnnouncer();
  const noteUnread = attention.createUnread();
  const notifier = attention.createNotifier();
  const data = series.createSeries();

  const entries = timeline.createTimeline({
    onAdd(key) {
      const entry = entries.get(key);
      if (entry === undefined) return;
      view.added(isHeard(entry));
      if (!entry.own) announcer.entry(entry);
    },
    onChange(key) {
      view.changed(key);
      const entry = entries.get(key);
      if (entry?.delivery === "failed") announcer.say(`Not sent: ${entry.detail ?? entry.text}`);
    },
  });

  const view = logView.createLogView({
    scroller: dom.byId("scroller", HTMLElement),
    list: dom.byId("log", HTMLElement),
    jump: dom.byId("jump", HTMLButtonElement),
    timeline: entries,
    render: (entry, previous) => rows.render(entry, previous, chat.me?.name ?? null),
  });

  const people = roster.createRoster(() => showPeople());
  const showPeople = panels.createPeople(people, () => chat.me, whisperTo);
  const showStats = panels.createStats(data);

  const nameDialog = dialogs.createNameDialog({
    choose: (name) => chat.changeName(name),
    decline: () => chat.settled || chat.stayAnonymous(),
  });
  const serverDialog = dialogs.createServerDialog((url) => chat.open(url));

  const chat = session.createSession({
    timeline: entries,
    roster: people,
    outbox: outbox.createOutbox(dom.store("session", "outbox")),
    series: data,
    nameMemory: dom.store("local", "name"),
    clock: {
      now: Date.now,
      after(ms, run) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    },
    connect: (handlers) => connection.createConnection(handlers),
    view: {
      onStatus: showStatus,
      askName,
      nameSettled: () => nameDialog.close(),
      onHeard(entry) {
        const personal = entry.kind === "whisper" || entry.mention === true;
        noteUnread(personal);
        if (personal) notifier.notify(entry);
      },
      onStats: () => showStats(),
    },
  });

  const composer = composing.createComposer({
    submit(text) {
      view.toEnd();
      return chat.submit(text);
    },
    vocabulary: () => ({
      commands: chat.commands,
      names: people.sorted().filter(({ id }) => id !== chat.me?.id).map(protocol.displayName),
    }),
    maxPayload: () => chat.limits?.maxPayload ?? protocol.DEFAULT_MAX_PAYLOAD,
    announce: announcer.say,
  });

  const peoplePanel = panels.createPanel("people", (open) => {
    if (open) chat.askList();
    if (open && isNarrow()) statsPanel.show(false);
  });
  const statsPanel = panels.createPanel("stats", (open) => {
    if (open) chat.askStats();
    if (open && isNarrow()) peoplePanel.show(false);
  });

  /** @param {Entry} entry */
  function isHeard(entry) {
    return !entry.own && (entry.kind === "message" || entry.kind === "whisper");
  }

  /** Whether a panel covers the talk. */
  function isNarrow() {
    return matchMedia("(max-width: 55.99rem)").matches;
  }

  /** @param {string} name */
  function whisperTo(name) {
    if (isNarrow()) peoplePanel.close();
    composer.whisper(name);
  }

  /** @param {string} problem */
  function askName(problem) {
    nameDialog.open({
      problem,
      name: chat.me?.name ?? chat.wantedName ?? "",
      named: chat.settled && chat.me?.name !== null,
      rules: chat.limits?.nameRules ?? "",
    });
  }

  /** @type {Record<typeof chat.state, { text: string, button: string }>} */
  const STATES = {
    idle: { text: "Not connected", button: "" },
    connecting: { text: "Connecting\u2026", button: "" },
    open: { text: "Connected", button: "" },
    waiting: { text: "Reconnecting", button: "Now" },
    closed: { text: "Disconnected", button: "Connect" },
    incompatible: { text: "Cannot talk to this server", button: "Try again" },
  };

  let shownState = "";

  function showStatus() {
    const { state } = chat;
    const { text, button } = STATES[state];
    const naming = state === "open" && !chat.settled && chat.wantedName !== null;
    const full = naming ? "Taking your name\u2026" : text;
    if (statusText.textContent !== full) statusText.textContent = full;
    status.dataset["state"] = naming ? "naming" : state;
    statusButton.hidden = button === "";
    statusButton.textContent = button;
    for (const leave of document.querySelectorAll("button[data-do=disconnect]")) {
      if (leave instanceof HTMLButtonElement) {
        leave.disabled = state === "closed" || state === "idle";
      }
    }
    showCountdown();
    showSelf();
    showPeople();
    composer.refresh();
    if (state !== shownState) changedState(state);
    shownState = state;
  }

  /** @param {typeof chat.state} state */
  function changedState(state) {
    if (state === "incompatible") {
      entries.add({
        kind: "error",
        text: `This server does not speak ${protocol.SUBPROTOCOL}, which this page needs. ` +
          "It may be older than the page. Clients for lines of text, such as nc, still work.",
      });
    }
    if (state === "waiting" || state === "closed") nameDialog.close();
    if (
      server === undefined && state === "waiting" && shownState === "connecting" && !chat.limits
    ) {
      serverDialog.open("Nobody answers there. Trying again, or try another address.");
    }
    if (state === "open" && statsPanel.open) chat.askStats();
  }

  function showCountdown() {
    const { retryAt, state } = chat;
    const seconds = Math.ceil(((retryAt ?? 0) - Date.now()) / 1000);
    statusWait.textContent = state === "waiting" && seconds > 0 ? `in ${seconds} s` : "";
  }

  function showSelf() {
    const { me } = chat;
    const name = me?.name ?? chat.wantedName;
    who.querySelector("bdi")?.replaceChildren(name ?? me?.address ?? "nobody yet");
    who.disabled = chat.state !== "open";
  }

  /** @type {Record<string, () => void>} What the buttons do that name it in `data-do`. */
  const deeds = {
    disconnect: () => chat.disconnect(),
    name: () => askName(""),
    server: () => serverDialog.open(),
  };

  document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element)) return;
    const button = target.closest("[data-do], [data-whisper], [data-edit]");
    if (!(button instanceof HTMLElement)) return;
    const { do: deed, whisper, edit } = button.dataset;
    if (deed !== undefined) {
      if (settings.matches(":popover-open")) settings.hidePopover();
      deeds[deed]?.();
    }
    if (whisper !== undefined) composer.whisper(whisper);
    if (edit !== undefined) composer.set(chat.typed(Number(edit)));
  });

  statusButton.addEventListener("click", () => chat.retry());

  for (const choice of settings.querySelectorAll("input[name=theme]")) {
    if (!(choice instanceof HTMLInputElement)) continue;
    choice.checked = choice.value === theme.current();
    choice.addEventListener("change", () => theme.choose(choice.value));
  }

  function showNotifier() {
    notify.checked = notifier.on;
    notify.disabled = !notifier.possible;
    dom.byId("notify-hint", HTMLElement).hidden = notifier.possible;
  }
  notify.addEventListener("change", async () => {
    await notifier.turn(notify.checked);
    showNotifier();
  });
  showNotifier();

  for (const element of document.querySelectorAll("[data-only=file]")) {
    if (element instanceof HTMLElement) element.hidden = server !== undefined;
  }

  setInterval(() => {
    if (chat.state === "waiting") showCountdown();
  }, 500);
  setInterval(() => {
    if (statsPanel.open && !document.hidden && chat.state === "open") chat.askStats();
  }, STATS_INTERVAL);
  globalThis.addEventListener("online", () => chat.wake());
  globalThis.addEventListener("pageshow", ({ persisted }) => persisted && chat.wake());
  document.addEventListener("visibilitychange", () => document.hidden || chat.wake());

  peoplePanel.show(!isNarrow());
  showStatus();
  composer.focus();
  if (server === undefined) serverDialog.open();
  else chat.open(server);
})();
