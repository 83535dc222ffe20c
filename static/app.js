// Generated from static/src by `deno task bundle`. Do not edit.
(() => {
  var __defProp = Object.defineProperty;
  var __export = (target, all) => {
    for (var name in all)
      __defProp(target, name, { get: all[name], enumerable: true });
  };

  // static/src/view/dom.ts
  var dom_exports = {};
  __export(dom_exports, {
    SVG: () => SVG,
    after: () => after,
    byId: () => byId,
    icon: () => icon,
    isComposing: () => isComposing,
    make: () => make,
    onceAFrame: () => onceAFrame,
    onceIn: () => onceIn,
    store: () => store
  });
  var SVG = "http://www.w3.org/2000/svg";
  function byId(id, type) {
    const element = document.getElementById(id);
    if (!(element instanceof type)) throw new TypeError(`Cannot find #${id}: not in the page`);
    return element;
  }
  function make(tag, className = "", ...children) {
    const element = document.createElement(tag);
    if (className !== "") element.className = className;
    element.append(...children);
    return element;
  }
  function icon(name) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS(SVG, "use");
    use.setAttribute("href", `#i-${name}`);
    svg.append(use);
    return svg;
  }
  function store(where, key) {
    const open = () => where === "local" ? localStorage : sessionStorage;
    return {
      load() {
        try {
          return open().getItem(`backchannel.${key}`);
        } catch {
          return null;
        }
      },
      save(text) {
        try {
          open().setItem(`backchannel.${key}`, text);
        } catch {
        }
      }
    };
  }
  function after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  }
  function onceAFrame(run) {
    let isScheduled = false;
    return () => {
      if (isScheduled) return;
      isScheduled = true;
      requestAnimationFrame(() => {
        isScheduled = false;
        run();
      });
    };
  }
  function onceIn(ms, run) {
    let isScheduled = false;
    return () => {
      if (isScheduled) return;
      isScheduled = true;
      setTimeout(() => {
        isScheduled = false;
        run();
      }, ms);
    };
  }
  function isComposing({ isComposing: isComposing2, keyCode }) {
    return isComposing2 || keyCode === 229;
  }

  // static/src/view/features.ts
  var features = [];
  function addFeature(start) {
    features.push(start);
  }
  function startFeatures(page) {
    for (const start of features) start(page);
  }

  // static/src/features/keyboard.ts
  var IS_APPLE = /^(Mac|iP)/.test(navigator.platform);
  addFeature(({ openSide }) => {
    const help = byId("keys-dialog", HTMLDialogElement);
    const search = byId("search-field", HTMLInputElement);
    if (IS_APPLE) {
      for (const key of document.querySelectorAll("kbd")) {
        key.textContent = (key.textContent ?? "").replace("Ctrl", "\u2318").replace("Alt", "\u2325");
      }
    }
    document.addEventListener("keydown", (event) => {
      if (isComposing(event) || document.querySelector("dialog[open]")) return;
      const isCommand2 = IS_APPLE ? event.metaKey : event.ctrlKey;
      if (isCommand2 && event.key.toLowerCase() === "k") {
        event.preventDefault();
        openSide();
        search.select();
      } else if (isCommand2 && event.key === "/" || event.key === "?" && !isField(event.target)) {
        event.preventDefault();
        help.showModal();
      }
    });
  });
  function isField(target) {
    return target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;
  }

  // lib/wire/protocol.ts
  var JSON_PROTOCOL = "backchannel.v1.json";
  var isString = (value) => typeof value === "string";
  var isNumber = (value) => typeof value === "number";
  var isBoolean = (value) => typeof value === "boolean";
  var isOneOf = (...values) => (value) => values.includes(value);
  var nullOr = (check) => (value) => value === null || check(value);
  var optional = (check) => (value) => value === void 0 || check(value);
  var listOf = (check) => (value) => Array.isArray(value) && value.every(check);
  var isObject = (members) => (value) => typeof value === "object" && value !== null && Object.entries(members).every(([key, check]) => check(value[key]));
  var isUser = isObject({
    id: isNumber,
    name: nullOr(isString),
    address: isString,
    away: optional(isString),
    account: optional(isString)
  });
  var isLimits = isObject({
    maxPayload: isNumber,
    maxMessage: isNumber,
    maxName: isNumber,
    nameRules: isString,
    idleTimeout: isNumber,
    heartbeat: isNumber,
    maxRooms: isNumber,
    history: isNumber
  });
  var isCommandHelp = isObject({
    name: isString,
    usage: isString,
    summary: isString
  });
  var isRoom = isObject({
    name: isString,
    topic: nullOr(isString),
    users: isNumber,
    offset: isNumber
  });
  var isMissedRange = isObject({
    room: isString,
    from: isNumber,
    to: isNumber
  });
  var isReconnect = isObject({
    after: isNumber,
    spread: isNumber
  });
  var isMessageEvent = isObject({
    type: isOneOf("message"),
    time: isNumber,
    room: isString,
    id: isNumber,
    from: isUser,
    text: isString,
    action: optional(isOneOf(true))
  });
  var isMissed = isObject({
    recovered: isBoolean,
    messages: listOf(isMessageEvent),
    more: isBoolean
  });
  var isBan = isObject({
    name: nullOr(isString),
    network: nullOr(isString),
    since: isNumber,
    until: nullOr(isNumber),
    by: isString,
    reason: isString
  });
  var EVENTS = {
    login_required: isObject({}),
    hello: isObject({
      you: isUser,
      resume: optional(isString),
      server: isObject({
        name: isOneOf("backchannel"),
        version: isString
      }),
      epoch: isString,
      limits: isLimits,
      commands: listOf(isCommandHelp),
      room: nullOr(isRoom),
      users: listOf(isUser),
      online: isNumber
    }),
    message: isMessageEvent,
    whisper: isObject({
      from: isUser,
      text: isString,
      to: optional(isUser)
    }),
    presence: isObject({
      room: isString,
      event: isOneOf("join", "leave", "rename"),
      user: isUser,
      previous: optional(nullOr(isString)),
      users: isNumber
    }),
    back: isObject({
      room: isString,
      user: isUser,
      previous: isNumber
    }),
    renamed: isObject({
      user: isUser,
      name: isString
    }),
    people: isObject({
      room: isString,
      users: isNumber
    }),
    away: isObject({
      room: isString,
      user: isUser
    }),
    topic: isObject({
      room: isString,
      from: isUser,
      topic: nullOr(isString)
    }),
    ack: isObject({
      room: isString,
      id: isNumber,
      text: optional(isString)
    }),
    error: isObject({
      code: isString,
      text: isString
    }),
    dropped: isObject({
      count: isNumber,
      missed: listOf(isMissedRange)
    }),
    throttled: isObject({
      retryAfter: isNumber
    }),
    notice: isObject({
      from: isUser,
      text: isString
    }),
    bye: isObject({
      reason: isString,
      text: isString
    }),
    shutdown: isObject({
      text: isString,
      reconnect: isReconnect
    }),
    reply: isObject({
      text: isString,
      command: isString,
      data: isObject({})
    })
  };
  var REPLIES = {
    name: isObject({
      user: isUser,
      resume: optional(isString)
    }),
    login: isObject({
      user: isUser,
      resume: optional(isString)
    }),
    list: isObject({
      room: isString,
      users: listOf(isUser),
      total: isNumber
    }),
    join: isObject({
      room: isRoom,
      users: listOf(isUser),
      epoch: isString,
      missed: optional(isMissed)
    }),
    history: isObject({
      room: isString,
      epoch: isString,
      messages: listOf(isMessageEvent),
      more: isBoolean,
      complete: isBoolean
    }),
    search: isObject({
      room: isString,
      words: isString,
      messages: listOf(isMessageEvent),
      complete: isBoolean
    }),
    leave: isObject({
      left: isString,
      room: nullOr(isRoom)
    }),
    rooms: isObject({
      rooms: listOf(isRoom),
      total: isNumber
    }),
    topic: isObject({
      room: isString,
      topic: nullOr(isString)
    }),
    away: isObject({
      user: isUser
    }),
    whisper: isObject({
      to: isUser,
      text: isString
    }),
    stats: isObject({
      totalConnections: isNumber,
      activeConnections: isNumber,
      totalMessages: isNumber,
      totalWhispers: isNumber,
      droppedMessages: isNumber,
      uptime: isNumber
    }),
    help: isObject({
      commands: listOf(isCommandHelp)
    }),
    oper: isObject({
      commands: listOf(isCommandHelp)
    }),
    bans: isObject({
      bans: listOf(isBan),
      total: isNumber
    }),
    kick: isObject({}),
    ban: isObject({}),
    unban: isObject({}),
    mute: isObject({}),
    say: isObject({}),
    lockdown: isObject({}),
    drain: isObject({})
  };
  function checkOf(checks, key) {
    return typeof key === "string" && Object.hasOwn(checks, key) ? checks[key] : void 0;
  }
  function parseEvent(frame) {
    if (typeof frame !== "string") return void 0;
    try {
      const event = JSON.parse(frame);
      return isEvent(event) ? event : void 0;
    } catch {
      return void 0;
    }
  }
  function isEvent(value) {
    if (typeof value !== "object" || value === null) return false;
    const { type, time, command, data } = value;
    if (!isString(type) || !isNumber(time)) return false;
    if (checkOf(EVENTS, type)?.(value) === false) return false;
    return type !== "reply" || checkOf(REPLIES, command)?.(data) !== false;
  }

  // lib/client/requests.ts
  function encodeRequest(request, id) {
    return JSON.stringify({
      ...request,
      id
    });
  }
  var MAX_NAME = 256;
  function roomKey(name) {
    if (name.length > MAX_NAME) return name;
    const folded = name.replace(/^#/, "").normalize("NFKC").toLowerCase().toUpperCase();
    return folded.toLowerCase().normalize("NFKC");
  }

  // lib/client/runtime.ts
  var ID_BYTES = 16;
  var RUNTIME = {
    createSocket: (url, subprotocol) => new WebSocket(url, subprotocol),
    clock: {
      now: () => Date.now(),
      after(ms, run) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      }
    },
    random: () => Math.random(),
    createId
  };
  function createId() {
    const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // static/src/net/protocol.ts
  var SUBPROTOCOL = JSON_PROTOCOL;
  var LOBBY = "lobby";
  var DEFAULT_SERVER = "ws://127.0.0.1:8080";
  var DEFAULT_LIMITS = {
    maxPayload: 65536,
    maxMessage: 4096
  };
  var encoder = new TextEncoder();
  function frameLength(request) {
    return byteLength(encodeRequest(request, createId()));
  }
  function byteLength(text) {
    return encoder.encode(text).length;
  }
  function serverOf(href) {
    const url = new URL(".", href);
    if (url.protocol !== "http:" && url.protocol !== "https:") return void 0;
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return url.href;
  }
  function parseServer(text) {
    const address = text.trim().replace(/^http(?=s?:\/\/)/i, "ws");
    const whole = /^[a-z][a-z\d+.\-]*:\/\//i.test(address) ? address : `ws://${address}`;
    if (!URL.canParse(whole)) return void 0;
    const url = new URL(whole);
    if (!/^wss?:$/.test(url.protocol) || !/^[^\s%]+$/.test(url.hostname) || url.username !== "") {
      return void 0;
    }
    url.hash = "";
    return url.href;
  }
  function displayName({ id, name, address }) {
    if (name !== null) return name;
    if (/^guest-\d+$/.test(address)) return address;
    return id === 0 ? "guest" : `guest-${id}`;
  }

  // static/src/model/address.ts
  function roomOf(href) {
    try {
      return decodeURIComponent(new URL(href).hash.slice(1)) || void 0;
    } catch {
      return void 0;
    }
  }
  function linkTo(room, href) {
    const url = new URL(href);
    url.search = "";
    url.hash = room === LOBBY ? "" : encodeURIComponent(room);
    return url.href.replace(/#$/, "");
  }
  function terminalCommand(server) {
    const { protocol: scheme, hostname, port, pathname } = new URL(server);
    if (scheme !== "ws:" || pathname !== "/") return void 0;
    return `nc ${hostname.replace(/^\[|\]$/g, "")} ${port || 80}`;
  }

  // static/src/features/room_links.ts
  addFeature(({ chat, onRoom, onStatus }) => {
    if (serverOf(location.href) === void 0) return;
    let wanted = roomOf(location.href);
    function joinWanted() {
      if (wanted === void 0 || !chat.ready || chat.state !== "open") return;
      const room = wanted;
      wanted = void 0;
      chat.join(room);
    }
    onStatus(joinWanted);
    onRoom(() => {
      const { name } = chat.rooms.shown;
      const link = new URL(linkTo(name, location.href));
      if (wanted === void 0) {
        history.replaceState(null, "", link.hash || location.pathname + location.search);
      }
    });
    globalThis.addEventListener("hashchange", () => {
      wanted = roomOf(location.href);
      joinWanted();
    });
  });

  // static/src/model/excerpt.ts
  var LENGTH = 140;
  var LEAD = 40;
  var MAX_WORDS = 256;
  function excerptOf(text, words) {
    const pattern = patternOf(words);
    const line = text.replace(/\s+/g, " ");
    const first2 = pattern ? line.search(pattern) : -1;
    const from = first2 > LEAD ? boundary(line, first2 - LEAD) : 0;
    const to = boundary(line, Math.min(line.length, from + LENGTH));
    const parts = [];
    let end = from;
    const add = (until, isFound) => {
      if (until > end) parts.push({
        text: line.slice(end, until),
        isFound
      });
      end = until;
    };
    for (const { index, 0: word } of pattern ? line.slice(from, to).matchAll(pattern) : []) {
      add(from + index, false);
      add(from + index + word.length, true);
    }
    add(to, false);
    if (from > 0) parts.unshift({
      text: "\u2026",
      isFound: false
    });
    if (to < line.length) parts.push({
      text: "\u2026",
      isFound: false
    });
    return parts;
  }
  function patternOf(words) {
    const escaped = words.slice(0, MAX_WORDS).toWellFormed().trim().split(/\s+/).map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
    return escaped[0] === "" ? void 0 : new RegExp(escaped.join("|"), "giu");
  }
  function boundary(text, index) {
    return /[\udc00-\udfff]/.test(text.charAt(index)) ? index - 1 : index;
  }

  // static/src/model/times.ts
  var clock = new Intl.DateTimeFormat(void 0, {
    timeStyle: "short"
  });
  var moment = new Intl.DateTimeFormat(void 0, {
    dateStyle: "medium",
    timeStyle: "short"
  });
  var day = new Intl.DateTimeFormat(void 0, {
    weekday: "long",
    day: "numeric",
    month: "long"
  });
  var dayOfYear = new Intl.DateTimeFormat(void 0, {
    dateStyle: "full"
  });
  function timeOfDay(time) {
    return clock.format(time);
  }
  function dateAndTime(time) {
    return moment.format(time);
  }
  function dayLabel(time, now = Date.now()) {
    const isThisYear = new Date(time).getFullYear() === new Date(now).getFullYear();
    return (isThisYear ? day : dayOfYear).format(time);
  }

  // static/src/features/search.ts
  var { make: make2 } = dom_exports;
  var PAUSE = 400;
  var MIN_LENGTH = 3;
  addFeature((page) => {
    const { chat, announce } = page;
    const form = byId("search", HTMLFormElement);
    const field = byId("search-field", HTMLInputElement);
    const rooms = byId("rooms", HTMLElement);
    const list2 = byId("found", HTMLElement);
    let cancel = () => {
    };
    let current = 0;
    function words() {
      return field.value.trim();
    }
    function show() {
      const isSearching = words() !== "";
      rooms.hidden = isSearching;
      list2.hidden = !isSearching;
      current++;
      cancel();
      if (!isSearching) return list2.replaceChildren();
      list2.replaceChildren(...roomSection());
      if (words().length >= MIN_LENGTH) cancel = after(PAUSE, search);
    }
    function search() {
      cancel();
      if (words() === "") return;
      list2.replaceChildren(...roomSection());
      searchIn([
        chat.rooms.shown
      ]);
    }
    function roomSection() {
      const typed = words().replace(/^#/, "").toLowerCase();
      const found = chat.rooms.all.filter(({ name }) => name.toLowerCase().includes(typed));
      const items = found.map((room) => {
        const item = make2("button", "item", hash(), make2("bdi", "", room.name));
        item.type = "button";
        item.addEventListener("click", () => {
          reset();
          page.closeSide();
          page.showRoom(room);
          byId("text", HTMLTextAreaElement).focus();
        });
        return make2("li", "", item);
      });
      return items.length === 0 ? [] : section("Rooms", items);
    }
    function searchIn(wanted) {
      const search2 = ++current;
      const isCurrent = () => search2 === current;
      let count3 = 0, waiting = wanted.length;
      for (const room of wanted) {
        const place2 = make2("div");
        list2.append(place2);
        place2.append(...section(`Messages in #${room.name}`, [], "Searching\u2026"));
        const isSent = room.joined && chat.search(room, words(), (found) => {
          if (!isCurrent()) return;
          count3 += "messages" in found ? found.messages.length : 0;
          place2.replaceChildren(...resultsOf(room, found));
          if (--waiting === 0) announce(count3 === 1 ? "1 result" : `${count3} results`);
        });
        if (!isSent) {
          waiting--;
          place2.replaceChildren(...resultsOf(room, {
            problem: "Cannot search: not connected"
          }));
        }
      }
      const others = chat.rooms.all.filter((room) => !wanted.includes(room));
      if (wanted.length > 1 || others.length === 0) return;
      const more = make2("button", "quiet", "Search the other rooms, too");
      more.type = "button";
      more.addEventListener("click", () => {
        more.remove();
        searchIn(others);
      });
      list2.append(more);
    }
    function resultsOf(room, found) {
      const title = `Messages in #${room.name}`;
      if ("problem" in found) return section(title, [], found.problem);
      const { messages, complete } = found;
      const note = complete ? "" : "Older messages were not searched: that would take too long.";
      if (messages.length === 0) return section(title, [], note || "Nothing found");
      return section(title, messages.toReversed().map((message) => itemOf(room, message)), note);
    }
    function itemOf(room, message) {
      const { from, time, text, id } = message;
      const head = make2("span", "result-head", make2("bdi", "name", displayName(from)), make2("span", "result-time", dateAndTime(time)));
      const excerpt = make2("span", "result-text");
      excerpt.append(...excerptOf(text, words()).map((part) => part.isFound ? make2("mark", "", part.text) : part.text));
      excerpt.dir = "auto";
      const item = make2("button", "result", head, excerpt);
      item.type = "button";
      item.addEventListener("click", () => jump(room, id));
      return make2("li", "", item);
    }
    function jump(room, id) {
      page.closeSide();
      page.showRoom(room);
      chat.locate(room, id, (key) => {
        if (key === void 0) return announce("This message is no longer stored");
        if (chat.rooms.shown === room) page.showEntry(key);
      });
    }
    function reset() {
      field.value = "";
      show();
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      search();
    });
    field.addEventListener("input", show);
    form.addEventListener("keydown", onKey(field, list2, reset));
    list2.addEventListener("keydown", onKey(field, list2, reset));
  });
  function onKey(field, list2, reset) {
    return (event) => {
      if (isComposing(event)) return;
      if (event.key === "Escape" && field.value !== "") {
        event.preventDefault();
        reset();
        field.focus();
      }
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (step === 0 || event.altKey) return;
      event.preventDefault();
      const stops = [
        field,
        ...list2.querySelectorAll("button")
      ];
      const index = stops.findIndex((stop) => stop === document.activeElement);
      stops[(index + step + stops.length) % stops.length]?.focus();
    };
  }
  function hash() {
    const sign = make2("span", "hash", "#");
    sign.setAttribute("aria-hidden", "true");
    return sign;
  }
  function section(title, items, note = "") {
    const head = make2("div", "rooms-head", make2("h2", "", title));
    const list2 = make2("ul", "items", ...items);
    const text = make2("p", "quiet-text", note);
    return [
      head,
      ...items.length > 0 ? [
        list2
      ] : [],
      ...note === "" ? [] : [
        text
      ]
    ];
  }

  // static/src/features/settings.ts
  var theme = store("local", "theme");
  addFeature(() => {
    const stored = theme.load();
    const current = stored === "light" || stored === "dark" ? stored : "system";
    for (const choice of document.querySelectorAll("#settings input[name=theme]")) {
      if (!(choice instanceof HTMLInputElement)) continue;
      choice.checked = choice.value === current;
      choice.addEventListener("change", () => applyTheme(choice.value));
    }
  });
  function applyTheme(name) {
    const root = document.documentElement;
    if (name === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = name;
    theme.save(name);
  }
  addFeature(({ notifier }) => {
    const field = byId("notify", HTMLInputElement);
    const hint = byId("notify-hint", HTMLElement);
    function show() {
      field.checked = notifier.on;
      field.disabled = !notifier.possible;
      hint.hidden = notifier.possible;
    }
    field.addEventListener("change", async () => {
      await notifier.turn(field.checked);
      show();
    });
    show();
  });

  // static/src/model/stats.ts
  var LENGTH2 = 60;
  function createStatsSeries(length = LENGTH2) {
    let samples = [];
    let latest;
    let latestTime = 0;
    return {
      get samples() {
        return samples;
      },
      get latest() {
        return latest;
      },
      /** @param time In milliseconds. */
      push(stats, time) {
        const before = latest;
        const seconds = (time - latestTime) / 1e3;
        if (before !== void 0 && seconds <= 0) return;
        const isFirst = before === void 0 || stats.uptime < before.uptime || stats.totalMessages < before.totalMessages;
        latest = stats;
        latestTime = time;
        samples = isFirst ? [] : samples;
        samples = [
          ...samples,
          {
            connections: stats.activeConnections,
            messages: isFirst ? 0 : (stats.totalMessages - before.totalMessages) / seconds,
            drops: isFirst ? 0 : stats.droppedMessages - before.droppedMessages
          }
        ].slice(-length);
      },
      clear() {
        samples = [];
        latest = void 0;
      }
    };
  }
  function plot(values, { width, height, length = LENGTH2 }) {
    const top = Math.max(1, ...values);
    const step = width / (length - 1);
    const start = width - (values.length - 1) * step;
    return values.map((value, index) => ({
      x: round(start + index * step),
      y: round(height - value / top * (height - 2) - 1)
    }));
  }
  function round(value) {
    return Math.round(value * 10) / 10;
  }
  function describe(stats) {
    return [
      [
        "Connections now",
        stats.activeConnections.toLocaleString()
      ],
      [
        "Connections in total",
        stats.totalConnections.toLocaleString()
      ],
      [
        "Messages",
        stats.totalMessages.toLocaleString()
      ],
      [
        "Whispers",
        stats.totalWhispers.toLocaleString()
      ],
      [
        "Dropped messages",
        stats.droppedMessages.toLocaleString()
      ],
      [
        "Uptime",
        describeDuration(stats.uptime)
      ]
    ];
  }
  function describeDuration(seconds) {
    const days = Math.floor(seconds / 86400);
    const hours = Math.floor(seconds / 3600) % 24;
    const minutes = Math.floor(seconds / 60) % 60;
    if (days > 0) return `${days} d ${hours} h`;
    if (hours > 0) return `${hours} h ${minutes} min`;
    if (minutes > 0) return `${minutes} min ${seconds % 60} s`;
    return `${seconds} s`;
  }

  // static/src/features/statistics.ts
  var { make: make3 } = dom_exports;
  var INTERVAL = 2e3;
  var BOX = {
    width: 240,
    height: 44
  };
  addFeature(({ chat, addPanel, onStatus }) => {
    const series = createStatsSeries();
    const draw = createFigures(series);
    const ask = () => chat.sendCommand("/stats");
    chat.on("reply", (event) => {
      if (event.command !== "stats") return;
      series.push(event.data, Date.now());
      draw();
    });
    const panel = addPanel("stats", (open) => {
      if (open) ask();
    });
    onStatus(() => {
      if (panel.open && chat.state === "open") ask();
    });
    setInterval(() => {
      if (panel.open && !document.hidden && chat.state === "open") ask();
    }, INTERVAL);
  });
  function createFigures(data) {
    const figures = byId("stats-figures", HTMLElement);
    const plots = [
      createPlot("plot-connections", "Connections", "", (sample) => sample.connections),
      createPlot("plot-messages", "Messages", "/s", (sample) => sample.messages),
      createPlot("plot-drops", "Dropped", "", (sample) => sample.drops)
    ];
    return onceAFrame(() => {
      for (const draw of plots) draw(data.samples);
      const { latest } = data;
      if (latest === void 0) return;
      const rows = describe(latest).slice(1);
      figures.replaceChildren(...rows.map(([name, value]) => make3("div", "", make3("dt", "", name), make3("dd", "", value))));
    });
  }
  function createPlot(id, name, unit, read) {
    const figure2 = byId(id, HTMLElement);
    const value = make3("span", "value", "\u2013");
    const peak = make3("span", "peak");
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${BOX.width} ${BOX.height}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("role", "img");
    const area = document.createElementNS(SVG, "path");
    area.setAttribute("class", "area");
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("class", "line");
    svg.append(area, line);
    const label = make3("span", "label", unit === "/s" ? `${name} per second` : name);
    figure2.append(make3("figcaption", "", label, value, peak), svg);
    return (samples) => {
      const values = samples.map(read);
      const latest = format(values.at(-1) ?? 0);
      const highest = format(Math.max(0, ...values));
      value.textContent = latest;
      peak.textContent = `highest ${highest}`;
      svg.setAttribute("aria-label", `${name}: now ${latest}${unit}, highest ${highest}${unit}`);
      const points = plot(values, BOX).map(({ x, y }) => `${x} ${y}`);
      const [start = "0 0"] = points;
      const [left] = start.split(" ");
      line.setAttribute("d", points.length < 2 ? "" : `M${points.join("L")}`);
      area.setAttribute("d", points.length < 2 ? "" : `M${points.join("L")}V${BOX.height}H${left}Z`);
    };
  }
  function format(value) {
    if (value >= 10) return Math.round(value).toLocaleString();
    const rounded = Math.round(value * 10) / 10;
    return rounded.toLocaleString();
  }

  // static/src/model/browser_tab.ts
  var ANSWER_TIMEOUT = 250;
  function createBrowserTab({ memory, channel: channel2, after: after2, createId: createId2 }) {
    let id = "";
    function save(isOpen) {
      memory.save(JSON.stringify({
        id,
        isOpen
      }));
    }
    function use(ownId) {
      id = ownId;
      save(true);
      channel2?.listen((message) => {
        if (isQuestion(message, id)) channel2.post({
          holds: id
        });
      });
    }
    return {
      /**
       * Finds out whether this tab is a copy of another one that is still open, and calls `done`. It waits for other tabs
       * only if the last page with this id was not closed: because it crashed, or because it is open in the other tab.
       */
      claim(done) {
        const { id: before, isOpen } = parse(memory.load());
        if (before === "" || !isOpen || channel2 === void 0) {
          use(before || createId2());
          return done(false);
        }
        let isDecided = false;
        const decide = (isCopy) => {
          if (isDecided) return;
          isDecided = true;
          cancel();
          use(isCopy ? createId2() : before);
          done(isCopy);
        };
        const cancel = after2(ANSWER_TIMEOUT, () => decide(false));
        channel2.listen((message) => {
          if (isAnswer(message, before)) decide(true);
        });
        channel2.post({
          asks: before
        });
      },
      /** Called when the page is closed or reloaded. */
      onHide: () => save(false),
      /** Called when the browser restores the page from its cache. */
      onRestore: () => save(true)
    };
  }
  function isQuestion(message, id) {
    return Object(message).asks === id;
  }
  function isAnswer(message, id) {
    return Object(message).holds === id;
  }
  function parse(text) {
    try {
      const { id, isOpen } = JSON.parse(text ?? "");
      if (typeof id === "string") return {
        id,
        isOpen: isOpen === true
      };
    } catch {
    }
    return {
      id: "",
      isOpen: false
    };
  }

  // lib/client/connection.ts
  var BACKOFF_BASE = 500;
  var BACKOFF_CAP = 3e4;
  var STABLE_AFTER = 5e3;
  var RESPONSE_TIMEOUT = 1e4;
  var MAX_HINT = 6e5;
  var OPEN = 1;
  function backoff(attempt, random) {
    return random() * Math.min(BACKOFF_CAP, BACKOFF_BASE * 2 ** attempt);
  }
  var Connection = class {
    #options;
    #state = "idle";
    #url = "";
    #socket;
    #cancelRetry;
    #cancelTimeout;
    #hint;
    /** The number of attempts since the last stable connection. */
    #attempt = 0;
    #openedAt = 0;
    #wasOpen = false;
    #hasProbed = false;
    /** Whether the server accepts connections that offer no subprotocol, and has accepted no other yet. */
    #isSuspect = false;
    constructor(options) {
      this.#options = options;
    }
    get state() {
      return this.#state;
    }
    /**
     * Connects to a server, and reconnects until {@linkcode close}.
     *
     * @throws What the WebSocket throws if the address cannot be used.
     */
    open(url) {
      this.#url = url;
      this.#attempt = 0;
      this.#hint = void 0;
      this.#wasOpen = this.#hasProbed = this.#isSuspect = false;
      try {
        this.#connect();
      } catch (error) {
        this.close();
        throw error;
      }
    }
    /** Connects at once instead of waiting, or again after {@linkcode close}. */
    retry() {
      const isIdle = this.#state === "waiting" || this.#state === "closed" || this.#state === "incompatible";
      if (this.#url === "" || !isIdle) return;
      this.#hasProbed = this.#wasOpen;
      this.#isSuspect = false;
      this.#attemptToConnect();
    }
    /** Closes the connection until {@linkcode open} or {@linkcode retry}. */
    close() {
      this.#stopTimers();
      this.#dropSocket();
      if (this.#state !== "closed") this.#change("closed");
    }
    /** Closes the connection until {@linkcode retry}: another one is no use yet. */
    pause() {
      this.#stopTimers();
      this.#dropSocket();
      this.#change("waiting");
    }
    /** Gives the connection up, and tries again after a wait. */
    lose() {
      if (this.#socket !== void 0) this.#onLost();
    }
    /** Sets the wait before the next attempt, as the server asks for it. */
    setReconnect(hint) {
      this.#hint = hint;
    }
    /** Sends a frame that the server will answer. Returns whether there is a connection. */
    send(frame) {
      if (this.#state !== "open" || this.#socket?.readyState !== OPEN) return false;
      this.#socket.send(frame);
      this.#expectFrame();
      return true;
    }
    #change(state, retryAt) {
      this.#state = state;
      this.#options.onState(state, retryAt);
    }
    #attemptToConnect() {
      try {
        this.#connect();
      } catch {
        this.#onLost();
      }
    }
    #connect() {
      const { environment, subprotocol } = this.#options;
      this.#stopTimers();
      this.#dropSocket();
      this.#change("connecting");
      if (this.#state !== "connecting") return;
      const socket = environment.createSocket(this.#url, subprotocol);
      this.#use(socket);
      socket.onopen = () => {
        if (socket !== this.#socket) return;
        if (socket.protocol === subprotocol) this.#isSuspect = false;
        else this.#markIncompatible();
      };
      socket.onmessage = ({ data }) => {
        if (socket === this.#socket) this.#receive(data);
      };
    }
    #use(socket) {
      this.#socket = socket;
      this.#expectFrame();
      socket.onclose = () => {
        if (socket === this.#socket) this.#onLost();
      };
      socket.onerror = () => {
      };
    }
    #receive(data) {
      this.#cancelTimeout?.();
      this.#cancelTimeout = void 0;
      if (this.#state === "connecting") {
        this.#openedAt = this.#options.environment.clock.now();
        this.#wasOpen = true;
        this.#change("open");
      }
      this.#options.onFrame(data);
    }
    #onLost() {
      const { clock: clock2 } = this.#options.environment;
      const lived = this.#state === "open" ? clock2.now() - this.#openedAt : 0;
      this.#stopTimers();
      this.#dropSocket();
      if (this.#isSuspect) return this.#markIncompatible();
      if (!this.#wasOpen && !this.#hasProbed) return this.#probe();
      if (lived >= STABLE_AFTER) this.#attempt = 0;
      const wait = this.#nextWait();
      this.#cancelRetry = clock2.after(wait, () => this.#attemptToConnect());
      this.#change("waiting", clock2.now() + wait);
    }
    /** The hint of a server replaces a shorter wait only, so that one that always says "at once" is not flooded. */
    #nextWait() {
      const { random } = this.#options.environment;
      const asked = this.#hint === void 0 ? 0 : Math.min(MAX_HINT, this.#hint.after) + random() * Math.min(MAX_HINT, this.#hint.spread);
      this.#hint = void 0;
      return Math.max(asked, backoff(this.#attempt++, random));
    }
    /**
     * Browsers fail a connection if the server selects no subprotocol, without giving this as the reason. After the first
     * failure this tries a connection that offers none. If the server accepts it, it has either come up just now, or is too
     * old for this client: then it fails the next connection, which offers the subprotocol again.
     */
    #probe() {
      this.#hasProbed = true;
      let socket;
      try {
        socket = this.#options.environment.createSocket(this.#url);
      } catch {
        return this.#onLost();
      }
      this.#use(socket);
      socket.onopen = () => {
        if (socket !== this.#socket) return;
        this.#isSuspect = true;
        this.#attemptToConnect();
      };
    }
    #markIncompatible() {
      this.#isSuspect = false;
      this.#stopTimers();
      this.#dropSocket();
      this.#change("incompatible");
    }
    /** Treats the connection as dead if no frame arrives in time. */
    #expectFrame() {
      this.#cancelTimeout ??= this.#options.environment.clock.after(RESPONSE_TIMEOUT, () => {
        this.#cancelTimeout = void 0;
        this.#onLost();
      });
    }
    #stopTimers() {
      this.#cancelRetry?.();
      this.#cancelTimeout?.();
      this.#cancelRetry = this.#cancelTimeout = void 0;
    }
    #dropSocket() {
      const socket = this.#socket;
      this.#socket = void 0;
      socket?.close();
    }
  };

  // lib/client/emitter.ts
  var Emitter = class {
    #listeners = /* @__PURE__ */ new Map();
    #all = /* @__PURE__ */ new Set();
    /** Calls a listener for every event of a type, until the returned function is called. */
    on(type, listener) {
      const listeners = this.#listeners.get(type) ?? /* @__PURE__ */ new Set();
      this.#listeners.set(type, listeners.add(listener));
      return () => void listeners.delete(listener);
    }
    /** Calls a listener for every event of any type. */
    onAny(listener) {
      this.#all.add(listener);
      return () => void this.#all.delete(listener);
    }
    /**
     * Calls all listeners in the order in which they were added. A listener that throws does not keep the event from others
     * or break the client: its error is thrown again outside of it, where the runtime reports it.
     */
    emit(type, event) {
      for (const listener of [
        ...this.#listeners.get(type) ?? []
      ]) call(listener, event);
      for (const listener of [
        ...this.#all
      ]) call(listener, event);
    }
  };
  function call(listener, event) {
    try {
      listener(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  // lib/client/login.ts
  var MISSING = {
    code: "login_required",
    text: "The server asks for a login"
  };
  var Login = class {
    #options;
    /** The address of the server. Secrets and tokens are for no other. */
    #server = "";
    #token;
    /** Changes when the client turns to another server or is closed: secrets that come later are not used. */
    #generation = 0;
    /** Whether the program is asked for a secret. */
    #isAsking = false;
    /** A secret that came while there was no connection. */
    #waiting;
    /** Whether this connection waits for a secret. */
    #isWanted = false;
    #isRequired = false;
    /** Whether this connection has logged in before its hello. */
    #isDone = false;
    /** The request on this connection. */
    #request;
    /** The last secret that was sent, and whether it is of no use any more. */
    #last;
    #problem;
    constructor(options) {
      this.#options = options;
    }
    /** Whether the program is asked for a secret. */
    get isAsking() {
      return this.#isAsking;
    }
    /** Turns to a server. */
    open(server) {
      if (server !== this.#server) this.#last = this.#problem = void 0;
      this.cancel();
      this.#server = server;
      this.#token = parse2(this.#options.memory?.load() ?? null, server);
    }
    /** Forgets the secret that the program is asked for: the client is closed. */
    cancel() {
      this.#generation++;
      this.#isAsking = false;
      this.#waiting = void 0;
    }
    /** The server lets this connection in only if it logs in. */
    require() {
      this.#isRequired = true;
      this.#begin();
    }
    /** Handles the hello of a connection. */
    greeted({ you, resume }) {
      this.#isRequired = false;
      if (resume !== void 0) this.#store(resume);
      if (this.#isDone || you.account !== void 0) return this.#options.onSettled(void 0);
      this.#begin();
    }
    /** Stores the token that comes with a name. */
    named({ resume }) {
      this.#store(resume);
    }
    /** The guest has lost its name, and the token for it. */
    renamed() {
      this.#store(void 0);
    }
    /** Handles the reply to a login. Returns whether it is one of this client. */
    replied(ref, { user, resume }) {
      this.#store(resume);
      if (this.#request === void 0 || this.#request.id !== ref) return false;
      this.#request = void 0;
      this.#problem = void 0;
      this.#isDone = true;
      if (!this.#isRequired) this.#options.onSettled(user);
      return true;
    }
    /** Handles an error. Returns whether it was about a login of this client. */
    refused({ ref, code, text }) {
      if (this.#request === void 0 || this.#request.id !== ref) return false;
      const { secret } = this.#request;
      this.#request = void 0;
      if (secret === void 0) {
        this.#store(void 0);
        this.#options.onSettled(void 0);
      } else if (code === "no_login" || code === "logged_in") this.#sendToken();
      else this.#ask({
        code,
        text: text.replace(/^Error: /, "")
      });
      return true;
    }
    /** The login of this connection has expired. */
    expired(text) {
      if (this.#last !== void 0) this.#last.isRefused = true;
      this.#problem = {
        code: "expired",
        text
      };
    }
    connectionLost() {
      this.#isWanted = this.#isRequired = this.#isDone = false;
      this.#request = void 0;
    }
    #begin() {
      const waiting = this.#waiting;
      this.#waiting = void 0;
      if (waiting !== void 0) this.#send(waiting);
      else if (this.#isAsking) this.#isWanted = true;
      else this.#ask(void 0);
    }
    /** Asks the program for a secret, or for another one. */
    #ask(problem) {
      if (problem !== void 0) {
        this.#problem = problem;
        if (this.#last !== void 0) this.#last.isRefused = true;
      }
      const { source, onFailed } = this.#options;
      this.#isWanted = true;
      if (typeof source !== "function") return this.#take(source);
      const generation = this.#generation;
      const isCurrent = () => generation === this.#generation && this.#isAsking;
      this.#isAsking = true;
      const give = (secret) => {
        if (!isCurrent()) return;
        this.#isAsking = false;
        this.#take(secret);
      };
      const fail = (error) => {
        if (!isCurrent()) return;
        this.#isAsking = false;
        onFailed(error);
      };
      try {
        const given = source({
          isRequired: this.#isRequired,
          problem: this.#problem
        });
        if (typeof given === "string" || given === void 0) give(given);
        else given.then(give, fail);
      } catch (error) {
        fail(error);
      }
    }
    #take(secret) {
      const { onRefused, onSecret } = this.#options;
      if (secret === void 0) {
        if (this.#isRequired) onRefused(this.#problem ?? MISSING);
        else this.#sendToken();
      } else if (this.#last?.isRefused === true && this.#last.secret === secret) {
        onRefused(this.#problem ?? MISSING);
      } else if (this.#isWanted) this.#send(secret);
      else {
        this.#waiting = secret;
        onSecret();
      }
    }
    #send(secret) {
      const resume = this.#token;
      this.#last = {
        secret,
        isRefused: false
      };
      this.#request = this.#post({
        type: "login",
        secret,
        ...resume && {
          resume
        }
      }, secret);
    }
    /** Takes the name back with the token, if there is one. */
    #sendToken() {
      const resume = this.#token;
      this.#isWanted = false;
      this.#problem = void 0;
      if (resume === void 0) return this.#options.onSettled(void 0);
      this.#request = this.#post({
        type: "login",
        resume
      }, void 0);
    }
    #post(request, secret) {
      this.#isWanted = false;
      const id = this.#options.post(request);
      return id === void 0 ? void 0 : {
        id,
        secret
      };
    }
    #store(token) {
      if (token === this.#token) return;
      this.#token = token;
      this.#options.memory?.save(token === void 0 ? "" : JSON.stringify({
        server: this.#server,
        token
      }));
    }
  };
  function parse2(text, server) {
    try {
      const { server: of, token } = Object(JSON.parse(text || "null"));
      return of === server && typeof token === "string" ? token : void 0;
    } catch {
      return void 0;
    }
  }

  // lib/client/errors.ts
  var ChatError = class extends Error {
    /** Always `ChatError`. */
    name = "ChatError";
    /** What went wrong, for programs: a code of the server or of the client. New codes may appear. */
    code;
    /** `message` is for people; `options.cause` is the error behind this one. */
    constructor(code, message, options) {
      super(message, options);
      this.code = code;
    }
  };

  // lib/client/messages.ts
  var Messages = class {
    #options;
    constructor(options) {
      this.#options = options;
    }
    /** @throws {ChatError} `outbox_full` if too many wait already. */
    queue(request, tag) {
      const { outbox, createId: createId2, now, emit } = this.#options;
      if (outbox.isFull) {
        throw new ChatError("outbox_full", "Cannot queue a message: too many are waiting");
      }
      const message = outbox.add({
        id: createId2(),
        request,
        time: now(),
        tag
      });
      emit({
        type: "delivery",
        message,
        state: "queued"
      });
      return message.id;
    }
    /** Sends the queued messages in order, as far as they may go. */
    flush() {
      const { outbox, mayGo, send, emit } = this.#options;
      for (const message of outbox.flush(({ request: { room } }) => mayGo(room), send)) {
        emit({
          type: "delivery",
          message,
          state: "sending"
        });
      }
    }
    /** Handles the end of a message. Returns whether there is one with this id. */
    ended(id, result) {
      const { outbox, emit } = this.#options;
      const message = outbox.remove(id);
      if (message === void 0) return false;
      emit({
        type: "delivery",
        message,
        ...result
      });
      return true;
    }
    /** Queues the messages again that were on their way. */
    connectionLost() {
      const { outbox, emit } = this.#options;
      for (const message of outbox.connectionLost()) {
        emit({
          type: "delivery",
          message,
          state: "queued"
        });
      }
    }
  };

  // lib/client/naming.ts
  var RETAKE_INTERVAL = 1e3;
  var RETAKE_AFTER_LOSS = 2e4;
  var RETAKE_AT_START = 2500;
  var Naming = class {
    #options;
    #wanted;
    #claim;
    #cancelRetake;
    #retakeUntil = 0;
    constructor(options) {
      this.#options = options;
      this.#wanted = options.wanted;
    }
    get wanted() {
      return this.#wanted;
    }
    /**
     * Requests the wanted name on a new connection. Returns whether there is one.
     *
     * @param isReconnect Whether the client was connected before.
     */
    connected(isReconnect2) {
      this.#retakeUntil = this.#options.clock.now() + (isReconnect2 ? RETAKE_AFTER_LOSS : RETAKE_AT_START);
      return this.#wanted !== void 0 && this.#request(this.#wanted, false) !== void 0;
    }
    /** The user has a name already. */
    settled(name) {
      this.#wanted = name;
    }
    /** Requests the name that the user chose, now or after the next connect. Returns the id if it was requested now. */
    choose(name) {
      const id = this.#request(name, true);
      if (id === void 0) this.#wanted = name;
      return id;
    }
    /** Stays without a name. */
    giveUp() {
      this.#wanted = void 0;
      this.#cancelRetake?.();
    }
    connectionLost() {
      this.#claim = void 0;
      this.#cancelRetake?.();
    }
    /** Handles the server's reply to `/name`. Returns whether the user had chosen the name. */
    granted(name, ref) {
      const claim = this.#claim?.id === ref ? this.#claim : void 0;
      if (claim !== void 0) this.#claim = void 0;
      this.#wanted = name ?? void 0;
      return claim?.isByUser === true;
    }
    /**
     * Handles an error of the server. Returns the name that it refused for good; `null` if the client tries again;
     * `undefined` if the error is not about a name.
     */
    refused({ ref, code }) {
      if (this.#claim === void 0 || this.#claim.id !== ref) return void 0;
      const { name, isByUser } = this.#claim;
      this.#claim = void 0;
      if (isByUser || !this.#mayRetake(code)) return name;
      const retake = () => void this.#request(name, false);
      this.#cancelRetake = this.#options.clock.after(RETAKE_INTERVAL, retake);
      return null;
    }
    #mayRetake(code) {
      return code === "name_taken" && this.#options.clock.now() < this.#retakeUntil;
    }
    #request(name, isByUser) {
      this.#cancelRetake?.();
      const id = this.#options.send(name);
      if (id !== void 0) this.#claim = {
        id,
        name,
        isByUser
      };
      return id;
    }
  };

  // lib/client/outbox.ts
  var MAX_UNSENT = 200;
  var Outbox = class {
    #items = /* @__PURE__ */ new Map();
    #memory;
    #capacity;
    /** Starts with the messages in the memory. */
    constructor(memory, capacity = MAX_UNSENT) {
      this.#memory = memory;
      this.#capacity = capacity;
      for (const item of parse3(memory?.load() ?? null).slice(0, capacity)) {
        this.#items.set(item.id, item);
      }
    }
    get isFull() {
      return this.#items.size >= this.#capacity;
    }
    get all() {
      return [
        ...this.#items.values()
      ];
    }
    get(id) {
      return id === null ? void 0 : this.#items.get(id);
    }
    add(item) {
      const added = {
        ...item,
        inFlight: false,
        sentBefore: false
      };
      this.#items.set(item.id, added);
      this.#store();
      return added;
    }
    /** Removes a message that the server acknowledged or refused. Returns it, if it was there. */
    remove(id) {
      const item = this.get(id);
      if (item === void 0) return void 0;
      this.#items.delete(item.id);
      this.#store();
      return item;
    }
    /**
     * Sends the messages that are not in flight, in order, until one cannot be sent.
     *
     * @param send Returns whether the message was sent.
     * @returns The messages that were sent.
     */
    flush(mayGo, send) {
      const sent = [];
      for (const item of this.#items.values()) {
        if (item.inFlight || !mayGo(item)) continue;
        if (!send(item)) break;
        item.inFlight = true;
        sent.push(item);
      }
      return sent;
    }
    /** Marks all messages to be sent again on the next connection. Returns those that were in flight. */
    connectionLost() {
      const lost = [
        ...this.#items.values()
      ].filter(({ inFlight }) => inFlight);
      for (const item of lost) {
        item.sentBefore = true;
        item.inFlight = false;
      }
      return lost;
    }
    #store() {
      const items = this.all.map(({ id, request, time, tag }) => ({
        id,
        request,
        time,
        tag
      }));
      this.#memory?.save(JSON.stringify(items));
    }
  };
  function parse3(text) {
    try {
      const items = JSON.parse(text ?? "[]");
      if (!Array.isArray(items)) return [];
      return items.filter(isStored).map(({ id, request, time, tag }) => ({
        id,
        request,
        time,
        tag,
        inFlight: false,
        sentBefore: true
      }));
    } catch {
      return [];
    }
  }
  function isStored(value) {
    const { id, request, time, tag } = Object(value);
    const { type, text, room } = Object(request);
    return typeof id === "string" && typeof time === "number" && typeof text === "string" && (type === "message" || type === "command") && [
      room,
      tag
    ].every((member) => member === void 0 || typeof member === "string");
  }

  // lib/client/rooms.ts
  var MAX_HELD = 1e3;
  var Rooms = class {
    #options;
    #rooms = /* @__PURE__ */ new Map();
    /** The key of the room that every connection starts in. */
    #start;
    /** Whether the client wants to be in that room. */
    #wantsStart;
    /** The key of that room while this connection is in it, but the client does not want to be. */
    #unwanted;
    #leavesUnwanted = false;
    #epoch = "";
    #hasHistory = false;
    /** The server's time of the last event before the connection was lost. */
    #lostAt = 0;
    /** @param names The rooms to join on the first connection. By default the one that every connection starts in. */
    constructor(options, names) {
      this.#options = options;
      this.#wantsStart = names === void 0;
      for (const name of names ?? []) this.#add(name);
    }
    /** The rooms that this connection is in. */
    get joined() {
      return [
        ...this.#rooms.values()
      ].filter(({ isJoined }) => isJoined).map(({ name }) => name);
    }
    isJoined(name) {
      return this.#find(name)?.isJoined === true;
    }
    /** Whether messages to a room must wait until this connection has joined it again. */
    isPending(name) {
      const room = this.#find(name);
      return room !== void 0 && !room.isJoined && room.rejoin !== void 0;
    }
    /** Whether all rooms that the client wants to be in are joined, or refused. */
    get isSettled() {
      return [
        ...this.#rooms.values()
      ].every(({ rejoin }) => rejoin === void 0);
    }
    /** The last message of a room that was passed on; `undefined` if the client was never there. */
    position(name) {
      const room = this.#find(name);
      return room?.epoch === void 0 ? void 0 : {
        epoch: room.epoch,
        offset: room.high
      };
    }
    /** Whether events of this room are ignored: the client is there only because every connection starts there. */
    isUnwanted(name) {
      return this.#unwanted !== void 0 && roomKey(name) === this.#unwanted;
    }
    /** Handles the hello of a new connection, which is in a room from the beginning, if it may be there. */
    connected({ room: facts, users, epoch, online, limits }) {
      this.#epoch = epoch;
      this.#hasHistory = limits.history > 0;
      if (facts === null) return;
      this.#start = roomKey(facts.name);
      if (!this.#wantsStart && !this.#rooms.has(this.#start)) {
        this.#unwanted = this.#start;
        return;
      }
      const room = this.#add(facts.name);
      const here = {
        users,
        room: {
          ...facts,
          users: online
        }
      };
      const since = this.position(facts.name);
      if (since !== void 0 && this.#hasHistory) this.#rejoin(room, since);
      if (room.rejoin === void 0) {
        return this.#enter(room, {
          ...here,
          ref: null,
          epoch,
          missed: void 0
        });
      }
      room.isJoined = true;
      room.here = here;
      room.held = [];
    }
    /** Joins the other rooms. */
    rejoin() {
      for (const room of this.#rooms.values()) {
        if (room.isJoined || room.rejoin !== void 0) continue;
        this.#rejoin(room, this.#hasHistory ? this.position(room.name) : void 0);
      }
    }
    /** Leaves a room, now or, if this connection is not in it, by not joining it again. Returns the id of the request. */
    leave(name) {
      const room = this.#find(name);
      if (room?.isJoined === false) {
        this.#remove(room);
        return void 0;
      }
      const id = this.#options.post({
        type: "leave",
        room: name
      });
      if (room !== void 0) room.leaving = id;
      return id;
    }
    /** Handles the reply to a join. */
    replied({ ref, data }) {
      const asked = ref === null ? void 0 : [
        ...this.#rooms.values()
      ].find(({ rejoin }) => rejoin === ref);
      const room = this.#add(data.room.name);
      if (asked !== void 0 && asked !== room) this.#rooms.delete(roomKey(asked.name));
      const { users, epoch, missed } = data;
      const isLate = room.isJoined && room.held === void 0 && missed !== void 0;
      this.#enter(room, {
        ref,
        users,
        epoch,
        room: data.room,
        missed: isLate ? void 0 : missed
      });
      this.#leaveUnwanted(room);
    }
    /** Handles the reply to a leave. */
    left({ left, room: facts }) {
      const room = this.#find(left);
      if (room !== void 0) this.#remove(room);
      if (this.isUnwanted(left)) this.#unwanted = void 0;
      if (facts === null || this.#find(facts.name) !== void 0) return;
      const arrival = {
        ref: null,
        users: [],
        epoch: this.#epoch,
        missed: void 0
      };
      this.#enter(this.#add(facts.name), {
        ...arrival,
        room: facts
      });
    }
    /** Handles an error. Returns the room if it was about the client's own request to join it again. */
    refused(error) {
      const { ref } = error;
      if (ref === null) return void 0;
      for (const room2 of this.#rooms.values()) if (room2.leaving === ref) room2.leaving = void 0;
      const room = [
        ...this.#rooms.values()
      ].find(({ rejoin }) => rejoin === ref);
      if (room === void 0) return void 0;
      room.rejoin = void 0;
      if (room.held !== void 0) this.#giveUp(room);
      else this.#options.emit({
        type: "left",
        room: room.name,
        error
      });
      return room.name;
    }
    /** Calls `run` now, or when it is known which messages were missed before. */
    inOrder(name, id, run) {
      const room = this.#find(name);
      if (room?.held === void 0) return run();
      room.held.push({
        id,
        run
      });
      if (room.held.length > MAX_HELD) this.#giveUp(room);
    }
    /** Handles the id of a message. They arrive in order, so skipped ids are missing. */
    received(name, id) {
      const room = this.#find(name);
      if (room?.epoch === void 0) return;
      const { high } = room;
      room.high = Math.max(high, id);
      if (id > high + 1) this.#emitGap(room, "unknown", {
        from: high + 1,
        to: id - 1
      });
    }
    /** Handles messages that the server dropped. */
    dropped({ missed }) {
      for (const { room: name, from, to } of missed) {
        this.inOrder(name, from, () => {
          const room = this.#find(name);
          if (room === void 0 || from > to) return;
          room.high = Math.max(room.high, to);
          this.#emitGap(room, "slow", {
            from,
            to
          });
        });
      }
    }
    /**
     * Handles the loss of the connection. Events that were held back are forgotten: the next join brings them again.
     *
     * @param time The server's time of the last event.
     */
    connectionLost(time) {
      this.#lostAt = time;
      this.#unwanted = void 0;
      this.#leavesUnwanted = false;
      for (const room of [
        ...this.#rooms.values()
      ]) {
        if (room.leaving !== void 0) this.#remove(room);
        room.isJoined = false;
        room.held = room.here = room.rejoin = void 0;
      }
    }
    #find(name) {
      return this.#rooms.get(roomKey(name));
    }
    #add(name) {
      const known2 = this.#find(name);
      if (known2 !== void 0) return known2;
      const room = {
        name,
        isJoined: false,
        epoch: void 0,
        high: 0,
        rejoin: void 0,
        leaving: void 0,
        held: void 0,
        here: void 0
      };
      this.#rooms.set(roomKey(name), room);
      return room;
    }
    #remove(room) {
      const key = roomKey(room.name);
      this.#rooms.delete(key);
      if (key === this.#start) this.#wantsStart = false;
      this.#options.emit({
        type: "left",
        room: room.name,
        error: void 0
      });
    }
    #rejoin(room, since) {
      const { name } = room;
      room.rejoin = this.#options.post({
        type: "join",
        room: name,
        ...since ? {
          since
        } : {}
      });
    }
    /** Leaves the room that every connection starts in, once the client is in another one. */
    #leaveUnwanted(joined) {
      if (this.#unwanted === void 0 || this.#leavesUnwanted) return;
      if (roomKey(joined.name) === this.#unwanted) this.#unwanted = void 0;
      else {
        this.#leavesUnwanted = true;
        this.#options.post({
          type: "leave",
          room: this.#unwanted
        });
      }
    }
    /** Stops to wait for what was missed in a room. */
    #giveUp(room) {
      const { name, high, here } = room;
      const { users, room: facts } = here ?? {
        users: [],
        room: {
          name,
          topic: null,
          users: 0,
          offset: high
        }
      };
      const missed = {
        recovered: false,
        messages: [],
        more: false
      };
      this.#enter(room, {
        ref: null,
        epoch: this.#epoch,
        users,
        room: facts,
        missed
      });
    }
    #enter(room, { ref, room: facts, users, epoch, missed }) {
      const { outcome, gap, fresh } = this.#advance(room, epoch, facts.offset, missed);
      const held = room.held ?? [];
      room.name = facts.name;
      room.isJoined = true;
      room.held = room.here = room.rejoin = void 0;
      const { messages = [], more = false } = missed ?? {};
      const { emit } = this.#options;
      const position = {
        epoch: room.epoch ?? epoch,
        offset: room.high
      };
      emit({
        type: "joined",
        ref,
        room: facts,
        users,
        position,
        outcome,
        gap,
        messages,
        more
      });
      if (gap !== void 0) this.#emitGap(room, "away", gap);
      if (outcome === "restarted") this.#emitGap(room, "restart", void 0);
      for (const message of fresh) emit({
        ...message,
        missed: true
      });
      for (const { run } of held) run();
    }
    /** Moves the position of a room to where live events begin. `fresh` are the messages that the client has not had. */
    #advance(room, epoch, offset, missed) {
      const { epoch: before, high, isJoined, held } = room;
      const messages = missed?.messages ?? [];
      const nothing = {
        gap: void 0,
        fresh: []
      };
      if (isJoined && missed === void 0 && before !== void 0) {
        return {
          outcome: "unchanged",
          ...nothing
        };
      }
      room.epoch = epoch;
      const isRecovered = missed?.recovered === true;
      const first2 = messages[0]?.id ?? held?.find(({ id }) => id !== void 0)?.id ?? offset + 1;
      const last = messages.at(-1)?.id ?? first2 - 1;
      if (before === void 0 || before !== epoch && !isRecovered) {
        room.high = last;
        if (before === void 0) return {
          outcome: "entered",
          ...nothing
        };
        const fresh = messages.filter(({ time }) => time > this.#lostAt);
        return {
          outcome: "restarted",
          gap: void 0,
          fresh
        };
      }
      const isComplete = isRecovered || first2 <= high + 1;
      room.high = isRecovered && messages.length === 0 ? high : Math.max(high, last);
      return {
        outcome: "resumed",
        gap: isComplete ? void 0 : {
          from: high + 1,
          to: first2 - 1
        },
        fresh: messages.filter(({ id }) => id > high)
      };
    }
    #emitGap(room, cause, range) {
      this.#options.emit({
        type: "gap",
        room: room.name,
        cause,
        range
      });
    }
  };

  // lib/client/self.ts
  var MAX_IDS = 200;
  var Self = class {
    /** The ids of this client on its connections in an epoch, oldest first. */
    #ids = /* @__PURE__ */ new Set();
    #epoch = "";
    #user;
    get user() {
      return this.#user;
    }
    /** Handles the hello of a connection. Ids of an earlier epoch mean other users now. */
    greeted({ you, epoch }) {
      if (epoch !== this.#epoch) this.#ids.clear();
      this.#epoch = epoch;
      this.update(you);
    }
    /** Stores a new name, away state or login. */
    update(user) {
      this.#user = user;
      this.#ids.add(user.id);
      const [oldest] = this.#ids;
      if (this.#ids.size > MAX_IDS) this.#ids.delete(oldest);
    }
    /** Whether a user is the one of this client: on this or an earlier connection, or on another device. */
    is({ id, account }) {
      return account === void 0 ? this.#ids.has(id) : account === this.#user?.account;
    }
  };

  // lib/client/core.ts
  var ClientCore = class {
    #environment;
    #needsName;
    #restsWhenIdle;
    #emitter = new Emitter();
    #connection;
    #outbox;
    #messages;
    #self = new Self();
    #rooms;
    #login;
    #naming;
    #isAnonymous = false;
    #isReady = false;
    #hello;
    /** Whether this connection has sent its hello. */
    #isGreeted = false;
    #isReconnect = false;
    #retryAt;
    /** The server's time of the last event. */
    #lastEvent = 0;
    constructor(options) {
      const { environment, name, rooms } = options;
      this.#environment = environment;
      this.#needsName = options.needsName ?? false;
      this.#restsWhenIdle = options.restsWhenIdle ?? false;
      this.#outbox = new Outbox(options.outbox, options.maxUnsent);
      this.#messages = new Messages({
        outbox: this.#outbox,
        createId: environment.createId,
        now: () => environment.clock.now(),
        mayGo: (room) => room === void 0 || !this.#rooms.isPending(room),
        send: ({ id, request }) => this.#connection.send(encodeRequest(request, id)),
        emit: (event) => this.#emit(event)
      });
      this.#rooms = new Rooms({
        post: (request) => this.post(request),
        emit: (event) => this.#emit(event)
      }, rooms);
      this.#naming = new Naming({
        clock: environment.clock,
        wanted: name,
        send: (wanted) => this.post({
          type: "command",
          text: `/name ${wanted}`
        })
      });
      this.#login = new Login({
        source: options.login,
        memory: options.resume,
        post: (request) => this.post(request),
        onSettled: (user) => this.#loggedIn(user),
        onRefused: (problem) => {
          this.#emit({
            type: "loginFailed",
            problem,
            error: void 0
          });
          this.#connection.close();
        },
        onFailed: (error) => {
          this.#emit({
            type: "loginFailed",
            problem: void 0,
            error
          });
          this.#connection.lose();
        },
        onSecret: () => this.#connection.retry()
      });
      this.#connection = new Connection({
        environment,
        subprotocol: JSON_PROTOCOL,
        onState: (state, retryAt) => this.#changeState(state, retryAt),
        onFrame: (frame) => this.#receive(frame)
      });
    }
    get state() {
      return this.#connection.state;
    }
    /** The time of the next attempt to connect, as of the clock; `undefined` if none is scheduled. */
    get retryAt() {
      return this.#retryAt;
    }
    /** The first event of the newest connection. */
    get hello() {
      return this.#hello;
    }
    /** This user, as the server knows it. */
    get user() {
      return this.#self.user;
    }
    /** The name that the user has or wants. */
    get wantedName() {
      return this.#naming.wanted;
    }
    /** Whether the client has its name and takes part in the chat. */
    get isReady() {
      return this.#isReady;
    }
    /** The messages that are not delivered yet, in order. */
    get unsent() {
      return this.#outbox.all;
    }
    get isOutboxFull() {
      return this.#outbox.isFull;
    }
    /** The rooms that this connection is in. */
    get rooms() {
      return this.#rooms.joined;
    }
    /** Whether the client is in all rooms that it wants to be in, or was refused. */
    get isSettled() {
      return this.#isReady && this.#rooms.isSettled;
    }
    /** Whether a user is the one of this client: on this or an earlier connection, or on another device. */
    isOwn(user) {
      return this.#self.is(user);
    }
    isJoined(room) {
      return this.#rooms.isJoined(room);
    }
    /** The last message of a room that was passed on; `undefined` if the client was never there. */
    position(room) {
      return this.#rooms.position(room);
    }
    /**
     * Calls a listener for every event of a type. `hello` is the first event of a connection. What the client makes of an
     * event of the server comes before that event.
     */
    on(type, listener) {
      return this.#emitter.on(type, listener);
    }
    /** Calls a listener for every event. */
    onAny(listener) {
      return this.#emitter.onAny(listener);
    }
    /**
     * Connects to a server, and reconnects until {@linkcode close}.
     *
     * @throws What the WebSocket throws if the address cannot be used.
     */
    open(url) {
      this.#hello = void 0;
      this.#login.open(url);
      this.#connection.open(url);
    }
    /** Connects at once instead of waiting, or again after {@linkcode close}. */
    retry() {
      this.#connection.retry();
    }
    /** Closes the connection until {@linkcode open} or {@linkcode retry}. */
    close() {
      this.#login.cancel();
      this.#connection.close();
    }
    /**
     * Sends a request. Its answer is an event with the returned id as `ref`. Returns `undefined` without a connection.
     */
    post(request) {
      const id = this.#environment.createId();
      return this.#connection.send(encodeRequest(request, id)) ? id : void 0;
    }
    /**
     * Queues a message, whisper or action. It is sent until it is acknowledged, again after every reconnect, and reaches its
     * recipients once.
     *
     * @param options.tag A note that is stored with the message.
     * @throws {ChatError} `outbox_full` if too many wait already.
     */
    queue(request, { tag } = {}) {
      const id = this.#messages.queue(request, tag);
      this.#flush();
      return id;
    }
    /** Forgets a queued message. One that was sent may have reached its recipients. */
    discard(id) {
      this.#outbox.remove(id);
    }
    /** Leaves a room. Returns the id of the request, unless the connection is not in the room. */
    leave(room) {
      return this.#rooms.leave(room);
    }
    /** Takes a name, now or on the next connection. Returns the id of the request if it was sent now. */
    setName(name) {
      this.#isAnonymous = false;
      return this.#naming.choose(name);
    }
    /** Goes on without a name. */
    stayAnonymous() {
      this.#isAnonymous = true;
      this.#naming.giveUp();
      this.#becomeReady();
    }
    #emit(event) {
      this.#emitter.emit(event.type, event);
    }
    #changeState(state, retryAt) {
      this.#retryAt = retryAt;
      if (state !== "open") this.#login.connectionLost();
      if (state !== "open" && this.#isGreeted) this.#connectionLost();
      this.#emit({
        type: "state",
        state,
        retryAt
      });
    }
    #connectionLost() {
      this.#isGreeted = this.#isReady = false;
      this.#naming.connectionLost();
      this.#rooms.connectionLost(this.#lastEvent);
      this.#messages.connectionLost();
    }
    #receive(frame) {
      const event = parseEvent(frame);
      if (event === void 0) return;
      this.#lastEvent = event.time;
      if (event.type === "hello") return this.#greet(event);
      if (!this.#isGreeted) this.#handleBeforeHello(event);
      else if (!this.#isUnwanted(event)) this.#handle(event);
    }
    /** Handles an event of a server that has not let the client in yet. Others than these do not come then. */
    #handleBeforeHello(event) {
      switch (event.type) {
        case "login_required":
          this.#emit(event);
          return this.#login.require();
        case "reply":
          if (event.command === "login") this.#login.replied(event.ref, event.data);
          return this.#emit(event);
        case "error":
          return this.#login.refused(event) ? void 0 : this.#emit(event);
        case "bye":
          return this.#leaves(event);
        case "shutdown":
          this.#connection.setReconnect(event.reconnect);
          return this.#emit(event);
      }
    }
    /** Whether the event is about the room that the client is about to leave. */
    #isUnwanted(event) {
      return "room" in event && typeof event.room === "string" && this.#rooms.isUnwanted(event.room);
    }
    #greet(event) {
      if (this.#isGreeted) return;
      this.#isReconnect = this.#hello !== void 0;
      this.#isGreeted = true;
      this.#hello = event;
      this.#self.greeted(event);
      this.#emit(event);
      if (this.#isGreeted) this.#rooms.connected(event);
      if (this.#isGreeted) this.#login.greeted(event);
    }
    /** Called when it is settled who the client is. It needs a name now. */
    #loggedIn(user) {
      if (!this.#isGreeted) return;
      if (user !== void 0) this.#updateUser(user, false);
      const name = this.user?.name ?? null;
      if (name !== null) this.#naming.settled(name);
      else if (this.#naming.connected(this.#isReconnect)) return;
      if (name !== null || this.#isAnonymous || !this.#needsName) this.#becomeReady();
      else this.#emit({
        type: "nameNeeded",
        error: void 0,
        name: void 0
      });
    }
    #handle(event) {
      switch (event.type) {
        case "message":
          return this.#inOrder(event);
        case "ack":
          this.#messages.ended(event.ref, {
            state: "delivered",
            answer: event
          });
          return this.#inOrder(event);
        case "reply":
          this.#reply(event);
          break;
        case "error":
          if (this.#refused(event)) return;
          break;
        case "dropped":
          this.#rooms.dropped(event);
          break;
        case "renamed":
          this.#renamed(event);
          break;
        case "bye":
          return this.#leaves(event);
        case "shutdown":
          this.#connection.setReconnect(event.reconnect);
          break;
      }
      this.#emit(event);
    }
    /** The server ends the connection. Whether the client connects again depends on the reason. */
    #leaves(event) {
      this.#emit(event);
      switch (event.reason) {
        case "expired":
          return this.#login.expired(event.text);
        case "login":
          if (this.#login.isAsking) this.#connection.pause();
          return;
        case "idle":
          if (this.#restsWhenIdle) this.#connection.close();
          return;
        default:
          return this.#connection.close();
      }
    }
    /** A user who owns the name has logged in. */
    #renamed({ user, name }) {
      this.#login.renamed();
      this.#naming.giveUp();
      this.#updateUser(user, false);
      if (this.#needsName) this.#emit({
        type: "nameNeeded",
        error: void 0,
        name
      });
    }
    /** Passes on an event with the id of a message, in the order of its room. */
    #inOrder(event) {
      const { room, id } = event;
      this.#rooms.inOrder(room, id, () => {
        this.#rooms.received(room, id);
        this.#emit(event);
      });
    }
    #reply(event) {
      switch (event.command) {
        case "name":
          this.#login.named(event.data);
          return this.#named(event.data.user, event.ref);
        case "login":
          if (!this.#login.replied(event.ref, event.data)) this.#updateUser(event.data.user, false);
          return;
        case "away":
          return this.#updateUser(event.data.user, false);
        case "join":
          this.#rooms.replied(event);
          return this.#flush();
        case "leave":
          return this.#rooms.left(event.data);
        default:
          this.#messages.ended(event.ref, {
            state: "delivered",
            answer: event
          });
      }
    }
    #named(user, ref) {
      this.#updateUser(user, this.#naming.granted(user.name, ref));
      this.#becomeReady();
    }
    #updateUser(user, isByUser) {
      this.#self.update(user);
      this.#emit({
        type: "user",
        user,
        isByUser
      });
    }
    /** Called when the user's name is settled: joins the other rooms again and sends the queued messages. */
    #becomeReady() {
      if (!this.#isGreeted) return;
      const wasReady = this.#isReady;
      this.#isReady = true;
      this.#rooms.rejoin();
      if (!wasReady) this.#emit({
        type: "ready"
      });
      this.#flush();
    }
    /** Handles an error that an event of the client replaces. Returns whether it does. */
    #refused(error) {
      if (this.#login.refused(error)) return true;
      const name = this.#naming.refused(error);
      if (name === null) return true;
      if (name !== void 0) this.#emit({
        type: "nameNeeded",
        error,
        name
      });
      return name !== void 0 || this.#messages.ended(error.ref, {
        state: "failed",
        error
      }) || this.#stayedOut(error);
    }
    /** Handles that the client may not join a room again: messages that wait for it fail. */
    #stayedOut(error) {
      const refused = this.#rooms.refused(error);
      if (refused === void 0) return false;
      if (this.#rooms.isJoined(refused)) return true;
      for (const { id, request: { room } } of this.#outbox.all) {
        if (room === void 0 || roomKey(room) !== roomKey(refused)) continue;
        this.#messages.ended(id, {
          state: "failed",
          error
        });
      }
      return true;
    }
    #flush() {
      if (this.#isReady) this.#messages.flush();
    }
  };

  // static/src/model/initials.ts
  var MAX_NAME2 = 256;
  var graphemes = "Segmenter" in Intl ? new Intl.Segmenter(void 0, {
    granularity: "grapheme"
  }) : void 0;
  function initials(name) {
    const parts = name.slice(0, MAX_NAME2).split(/[-_.\s]+/).filter((part) => part !== "");
    const letters = parts.filter((part, index) => index === 0 || /^\p{L}/u.test(part)).slice(0, 2);
    return letters.map(first).join("").toLocaleUpperCase() || "?";
  }
  function first(text) {
    const [character = ""] = text;
    return graphemes === void 0 ? character : [
      ...graphemes.segment(text)
    ][0]?.segment ?? "";
  }

  // static/src/view/avatar.ts
  function avatar(name, colour) {
    const picture = make("span", `avatar c${colour}`, initials(name));
    picture.setAttribute("aria-hidden", "true");
    return picture;
  }

  // static/src/model/grouping.ts
  var EMPTY_GROUP = {
    users: [],
    others: {
      join: 0,
      leave: 0
    }
  };
  var GROUP_GAP = 5 * 6e4;
  var MAX_NAMES = 4;
  function addToGroup({ users, others }, event, name) {
    if (users.some((user) => user.name === name)) {
      const changed = users.map((user) => user.name === name ? {
        ...user,
        last: event
      } : user);
      return {
        users: changed,
        others
      };
    }
    if (users.length >= MAX_NAMES) {
      return {
        users,
        others: {
          ...others,
          [event]: others[event] + 1
        }
      };
    }
    return {
      users: [
        ...users,
        {
          name,
          first: event,
          last: event
        }
      ],
      others
    };
  }
  var DEEDS = [
    [
      "join",
      "join",
      "joined"
    ],
    [
      "leave",
      "leave",
      "left"
    ],
    [
      "join",
      "leave",
      "joined and left"
    ],
    [
      "leave",
      "join",
      "left and came back"
    ]
  ];
  function describeGroup({ users, others }) {
    return DEEDS.flatMap(([first2, last, words]) => {
      const names = users.filter((user) => user.first === first2 && user.last === last).map(({ name }) => name);
      const rest = first2 === last ? others[first2] : 0;
      if (rest > 0) names.push(rest === 1 ? "one other" : `${rest} others`);
      return names.length === 0 ? [] : [
        `${list(names)} ${words}`
      ];
    }).join(", ");
  }
  function list(names) {
    return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  }
  function place(entry, previous) {
    const newDay = previous === void 0 || dayOf(entry.time) !== dayOf(previous.time);
    const opens = newDay || previous.kind !== entry.kind || !isSameSender(previous, entry) || previous.to !== entry.to || previous.action !== entry.action || entry.time - previous.time > GROUP_GAP;
    return {
      newDay,
      opens
    };
  }
  function isSameSender(one, other) {
    if (one.own || other.own) return one.own === other.own;
    return one.sender === other.sender && one.senderId === other.senderId;
  }
  function dayOf(time) {
    return new Date(time).toDateString();
  }

  // static/src/model/markup.ts
  var LINK = /\bhttps?:\/\/[^\s<>"'`\p{Cc}\p{Cf}\u00ab\u00bb\u2018\u201a-\u201f\u2039\u203a\u3001\u3002\u3008-\u3011\u3014-\u301f\uff01\uff02\uff07-\uff09\uff0c\uff1a\uff1b\uff1f\uff3b\uff3d\uff5b\uff5d\uff5f-\uff64]+/giu;
  var TRAILING = ".,;:!?*_~\u2026\u2019";
  var BRACKETS = /* @__PURE__ */ new Map([
    [
      ")",
      "("
    ],
    [
      "]",
      "["
    ],
    [
      "}",
      "{"
    ]
  ]);
  var UNSPACED = [
    "Han",
    "Hiragana",
    "Katakana",
    "Bopomofo",
    "Hangul",
    "Thai",
    "Lao",
    "Khmer",
    "Myanmar"
  ].map((script) => `\\p{scx=${script}}`);
  var MAX_LINK = 2048;
  function parse4(text, name = null) {
    const pieces = [];
    let end = 0;
    for (const match of text.matchAll(LINK)) {
      const address = trimLink(match[0]);
      const href = safeHref(address);
      if (href === void 0) continue;
      addText(pieces, text.slice(end, match.index), name);
      pieces.push({
        type: "link",
        text: address,
        href
      });
      end = match.index + address.length;
    }
    addText(pieces, text.slice(end), name);
    return pieces;
  }
  function trimLink(address) {
    const unmatched = new Map(Array.from(BRACKETS, ([close, open]) => [
      close,
      count(address, close) - count(address, open)
    ]));
    let end = address.length;
    for (; end > 0; end--) {
      const last = address.charAt(end - 1);
      const left = unmatched.get(last) ?? 0;
      if (left > 0) unmatched.set(last, left - 1);
      else if (!TRAILING.includes(last)) break;
    }
    return address.slice(0, end);
  }
  function count(text, character) {
    let found = 0;
    for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) found++;
    return found;
  }
  function safeHref(address) {
    if (address.length > MAX_LINK || !URL.canParse(address)) return void 0;
    const url = new URL(address);
    const web = url.protocol === "http:" || url.protocol === "https:";
    return web && url.username === "" && url.password === "" ? url.href : void 0;
  }
  function addText(pieces, text, name) {
    let end = 0;
    for (const [from, to] of findMentions(text, name)) {
      if (from > end) pieces.push({
        type: "text",
        text: text.slice(end, from)
      });
      pieces.push({
        type: "mention",
        text: text.slice(from, to)
      });
      end = to;
    }
    if (end < text.length) pieces.push({
      type: "text",
      text: text.slice(end)
    });
  }
  function findMentions(text, name) {
    if (name === null || name === "") return [];
    return Array.from(text.matchAll(patternOf2(name)), ({ 0: word, index }) => [
      index,
      index + word.length
    ]);
  }
  var known = {
    name: "",
    pattern: /(?!)/g
  };
  function patternOf2(name) {
    if (known.name === name) return known.pattern;
    const escaped = name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    const unspaced = `[${UNSPACED.join("")}]`;
    const first2 = UNSPACED.filter((script) => new RegExp(`^${script}`, "u").test(name));
    const last = UNSPACED.filter((script) => new RegExp(`${script}$`, "u").test(name));
    const joining = (scripts) => scripts.length > 0 ? `(?=[${scripts.join("")}])` : `(?!${unspaced})`;
    const after2 = "\\p{M}|[\\p{N}_\\-]|\\.[\\p{L}\\p{N}_\\-]";
    const word = `(?<!${joining(first2)}[\\p{L}\\p{M}]|[\\p{N}_.\\-])${escaped}(?!${after2}|${joining(last)}\\p{L})`;
    const withAt = `(?<!(?!${unspaced})[\\p{L}\\p{M}]|[\\p{N}_.\\-])@${escaped}(?!${after2}${last.length > 0 ? "" : `|${joining(last)}\\p{L}`})`;
    known = {
      name,
      pattern: new RegExp(`${withAt}|${word}`, "giu")
    };
    return known.pattern;
  }
  function mentions(text, name) {
    return findMentions(text, name).length > 0 && parse4(text, name).some(({ type }) => type === "mention");
  }

  // static/src/view/message_row.ts
  var { icon: icon2, make: make4 } = dom_exports;
  var MAX_PART = 4096;
  var PARTS = new RegExp(`[^]{1,${MAX_PART}}(?:\\s|$)|[^]{1,${MAX_PART}}`, "gu");
  var KIND_LABELS = {
    answer: "Answer",
    notice: "Notice",
    presence: "Users",
    missed: "Missed",
    skipped: "Gap",
    error: "Error"
  };
  var DELIVERY_LABELS = {
    queued: {
      icon: "clock",
      label: "Waiting for a connection"
    },
    sending: {
      icon: "clock",
      label: "Sending"
    },
    failed: {
      icon: "alert",
      label: "Not sent"
    }
  };
  function render(entry, previous, context) {
    const { newDay, opens: begins } = place(entry, previous);
    const opens = begins || context.isMarked;
    const row = make4("div", "row");
    row.dataset["key"] = String(entry.key);
    if (newDay) row.append(make4("div", "day", make4("span", "", dayLabel(entry.time))));
    if (context.isMarked) row.append(make4("div", "unread-line", make4("span", "", "Unread")));
    const article = make4("article", `entry ${entry.kind}`);
    article.setAttribute("aria-label", `${senderLabel(entry)}, ${timeOfDay(entry.time)}`);
    if (entry.kind === "message" || entry.kind === "whisper") {
      fillMessage(article, entry, opens, context);
    } else fillNote(article, entry);
    row.append(article);
    return row;
  }
  function senderLabel(entry) {
    const { kind, command } = entry;
    const label = KIND_LABELS[kind];
    if (label) return command === void 0 ? label : `${label} to ${command}`;
    const name = entry.own ? "You" : entry.sender;
    if (entry.action) return `${name}, action`;
    if (kind !== "whisper") return name;
    return entry.own ? `${name}, whisper to ${entry.to ?? ""}` : `${name}, whisper to you`;
  }
  function fillMessage(article, entry, opens, { ownName, colours }) {
    const name = entry.sender !== "" ? entry.sender : ownName ?? "You";
    const colour = colours.ofSpeaker(name);
    article.classList.add(`c${colour}`);
    if (entry.own) article.classList.add("own");
    if (entry.mention) article.classList.add("mentioned");
    if (entry.action) article.classList.add("action");
    if (opens) article.classList.add("opens");
    const sender = entry.own ? ownNameLabel(name) : senderName(name);
    if (opens) article.append(avatar(name, colour));
    if (opens && !entry.action) article.append(make4("div", "sender", sender, timeOf(entry)));
    if (!opens) article.append(timeOf(entry));
    const body = messageBody(entry, opens, ownName, entry.action ? sender : void 0);
    if (opens && entry.action) body.append(timeOf(entry));
    article.append(body);
  }
  function senderName(name) {
    const button2 = make4("button", "name", make4("bdi", "", name));
    button2.type = "button";
    button2.tabIndex = -1;
    button2.title = `Whisper to ${name}`;
    button2.dataset["whisper"] = name;
    return button2;
  }
  function ownNameLabel(name) {
    return make4("span", "name you", make4("bdi", "", name));
  }
  function messageBody(entry, opens, ownName, actor) {
    const cell = make4("div", "body");
    if (entry.kind === "whisper" && opens) {
      const label = entry.own ? [
        "Whisper to ",
        make4("bdi", "", entry.to ?? "")
      ] : [
        "Whisper to you"
      ];
      cell.append(make4("div", "tag", ...label));
    }
    const text = make4("div", "text");
    if (actor) text.append(actor, " ");
    const personal = entry.kind === "message" && !entry.own ? ownName : null;
    fillText(text, splitLong(entry.text), personal);
    cell.append(text);
    const mark = entry.delivery && DELIVERY_LABELS[entry.delivery];
    if (mark) cell.append(deliveryMark(entry, mark));
    return cell;
  }
  function fillText(element, parts, ownName) {
    const [first2 = "", ...others] = parts;
    if (others.length === 0) element.append(...parse4(first2, ownName).map(nodeOf));
    else for (const part of [
      first2,
      ...others
    ]) element.append(partOf(part, ownName));
    element.dir = "auto";
  }
  function splitLong(text) {
    return text.length <= MAX_PART ? [
      text
    ] : text.match(PARTS) ?? [];
  }
  function partOf(text, ownName) {
    return make4("span", "part", ...parse4(text, ownName).map(nodeOf));
  }
  function fillNote(article, entry) {
    const { kind, text, rows, loading, key } = entry;
    const body = make4("div", "body");
    const content = rows ? tableOf(rows) : noteText(text);
    if (kind === "skipped") {
      body.append(content);
      if (loading === "waiting") body.append(button("Load them", "load", key));
    } else if (kind === "notice" || kind === "presence") {
      content.title = dateAndTime(entry.time);
      body.append(content);
    } else {
      const card = make4("div", "card", cardHead(entry), content);
      if (loading === "waiting") card.append(button("Load them", "load", key));
      body.append(card);
    }
    article.append(body);
  }
  function noteText(text) {
    const element = make4("div", "text");
    fillText(element, text.split(/(?<=\n)/).flatMap(splitLong), null);
    element.dir = "ltr";
    return element;
  }
  function tableOf(rows) {
    const isCommands = rows.every(([term]) => term.startsWith("/"));
    const list2 = make4("dl", isCommands ? "text commands" : "text");
    for (const [term, detail] of rows) list2.append(make4("dt", "", term), make4("dd", "", detail));
    return list2;
  }
  function cardHead(entry) {
    const { kind, command, key } = entry;
    const head = make4("div", "card-head");
    if (kind === "error") head.append(icon2("alert"));
    if (kind === "missed") head.append(icon2("gap"));
    head.append(command === void 0 ? make4("span", "", KIND_LABELS[kind] ?? "") : make4("code", "", command.replace(/\s+/g, " ")));
    if (kind === "missed") return head;
    const dismiss = button("", "dismiss", key);
    dismiss.className = "tool";
    dismiss.append(icon2("close"), make4("span", "unseen", "Dismiss"));
    dismiss.title = "Dismiss";
    head.append(dismiss);
    return head;
  }
  function button(label, action, key) {
    const element = make4("button", "quiet", label);
    element.type = "button";
    element.dataset[action] = String(key);
    return element;
  }
  function nodeOf(piece) {
    if (piece.type === "text") return piece.text;
    if (piece.type === "mention") return make4("mark", "", piece.text);
    return linkOf(piece.text, piece.href);
  }
  function linkOf(text, href) {
    const link = make4("a", "", text);
    link.href = href;
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
    return link;
  }
  function deliveryMark(entry, mark) {
    const line = make4("div", `delivery ${entry.delivery}`, icon2(mark.icon));
    line.append(make4("span", "", entry.detail ? `${mark.label}: ${entry.detail}` : mark.label));
    if (entry.delivery === "failed") line.append(button("Edit", "edit", entry.key));
    return line;
  }
  function timeOf(entry) {
    const time = make4("time", "", timeOfDay(entry.time));
    time.dateTime = new Date(entry.time).toISOString();
    time.title = dateAndTime(entry.time);
    return time;
  }

  // static/src/view/notifications.ts
  var TITLE = "Backchannel";
  var COLLECT = 400;
  var MAX_SPOKEN = 3;
  var REDRAW = 200;
  var MARK = `<path d="M8 10.5h16M8 16h11M8 21.5h6" stroke="#fff" stroke-width="3" stroke-linecap="round"/><circle cx="22.5" cy="21.5" r="2.5" fill="#fff"/>`;
  var EXCERPT = 200;
  function isAttended() {
    return !document.hidden && document.hasFocus();
  }
  function onAttention(run) {
    const notify = () => run(isAttended());
    document.addEventListener("visibilitychange", notify);
    globalThis.addEventListener("focus", notify);
    globalThis.addEventListener("blur", notify);
  }
  function createUnread() {
    const link = document.querySelector("link[rel=icon]");
    let count3 = 0;
    let personal = false;
    function draw() {
      document.title = count3 === 0 ? TITLE : `(${count3 > 999 ? "999+" : count3}) ${TITLE}`;
      link?.setAttribute("href", badge(count3, personal));
    }
    const drawSoon = onceIn(REDRAW, draw);
    onAttention((attended) => {
      if (!attended || count3 === 0) return;
      count3 = 0;
      personal = false;
      draw();
    });
    return (isPersonal) => {
      if (isAttended()) return;
      count3++;
      personal ||= isPersonal;
      drawSoon();
    };
  }
  function badge(count3, personal) {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${personal ? "#a3271f" : "#0b5d56"}"/>${count3 === 0 ? MARK : figure(count3 > 99 ? "99+" : String(count3))}</svg>`;
    return `data:image/svg+xml,${encodeURIComponent(svg)}`;
  }
  function figure(text) {
    const size = [
      0,
      17,
      14,
      11
    ][text.length];
    return `<text x="16" y="16" dy=".36em" text-anchor="middle" font-family="system-ui,sans-serif" font-weight="700" font-size="${size}" fill="#fff">${text}</text>`;
  }
  function createNotifier() {
    const setting = store("local", "notify");
    let possible = "Notification" in globalThis && isSecureContext;
    return {
      get possible() {
        return possible;
      },
      get on() {
        return possible && setting.load() === "on" && Notification.permission === "granted";
      },
      /** Turns notifications on or off. The browser asks the user for permission. */
      async turn(on) {
        setting.save(on ? "on" : "off");
        if (on && possible) await Notification.requestPermission();
      },
      /**
       * @param room The name of the room.
       * @param open Shows the room.
       */
      notify(entry, room, open) {
        if (!this.on || isAttended()) return;
        const title = entry.kind === "whisper" ? `${entry.sender} whispers` : `${entry.sender} mentions you in ${room}`;
        try {
          const notification = new Notification(title, {
            body: entry.text.slice(0, EXCERPT),
            tag: `backchannel-${entry.key}`
          });
          notification.onclick = () => {
            globalThis.focus();
            open();
            notification.close();
          };
        } catch {
          possible = false;
        }
      }
    };
  }
  function createAnnouncer() {
    const region = byId("announcer", HTMLElement);
    let lines = [];
    let last = "";
    let count3 = 0;
    function speak() {
      region.textContent = count3 <= MAX_SPOKEN ? lines.join("\n") : `${count3} new entries. The last one: ${last}`;
      lines = [];
      count3 = 0;
    }
    function say(text) {
      if (count3++ === 0) setTimeout(speak, COLLECT);
      if (count3 <= MAX_SPOKEN) lines.push(text);
      last = text;
    }
    return {
      say,
      /** @param room The name of the room, if it is not shown. */
      entry(entry, room) {
        say(`${room === void 0 ? "" : `In ${room}, `}${senderLabel(entry)}: ${entry.text}`);
      }
    };
  }

  // static/src/model/completion.ts
  var MAX_NAMES2 = 8;
  var MAX_NAME3 = 256;
  var TAKES_NAME = [
    "whisper"
  ];
  function suggest(text, caret, { commands, names }) {
    const before = text.slice(0, caret);
    if (!text.startsWith("/") || text.startsWith("//")) return suggestNames(before, names);
    const [word = ""] = before.split(/\s/, 1);
    if (word === before) return suggestCommands(word, commands);
    const command = commands.find(({ name }) => `/${name}` === word.toLowerCase());
    if (command === void 0) return suggestNames(before, names);
    const rest = before.slice(word.length).trimStart();
    if (TAKES_NAME.includes(command.name) && !/\s/.test(rest)) {
      const items = matching(names, rest).map((name) => ({
        insert: `${name} `,
        label: name,
        detail: ""
      }));
      return {
        from: caret - rest.length,
        to: caret,
        items,
        hint: command.usage,
        eager: true
      };
    }
    return suggestNames(before, names) ?? {
      from: caret,
      to: caret,
      items: [],
      hint: command.usage,
      eager: true
    };
  }
  function suggestCommands(word, commands) {
    const prefix = word.slice(1).toLowerCase();
    const items = commands.filter(({ name }) => name.startsWith(prefix)).map(({ name, usage, summary }) => ({
      insert: usage.includes(" ") ? `/${name} ` : `/${name}`,
      label: usage,
      detail: summary
    }));
    if (items.length === 0) return void 0;
    return {
      from: 0,
      to: word.length,
      items,
      hint: "",
      eager: true
    };
  }
  function suggestNames(before, names) {
    const word = lastWord(before);
    const isMention = word.startsWith("@");
    const prefix = isMention ? word.slice(1) : word;
    if (prefix === "" && !isMention) return void 0;
    const from = before.length - word.length;
    const end = from === 0 ? ": " : " ";
    const items = matching(names, prefix).map((name) => ({
      insert: `${isMention ? "@" : ""}${name}${end}`,
      label: name,
      detail: ""
    }));
    if (items.length === 0) return void 0;
    return {
      from,
      to: before.length,
      items,
      hint: "",
      eager: isMention
    };
  }
  function lastWord(text) {
    let from = text.length;
    while (from > 0 && !/[\s,;:!?()"']/.test(text.charAt(from - 1))) from--;
    return text.slice(from);
  }
  function matching(names, prefix) {
    if (prefix.length > MAX_NAME3) return [];
    const start = fold(prefix);
    return names.filter((name) => fold(name).startsWith(start)).slice(0, MAX_NAMES2);
  }
  function fold(text) {
    return text.normalize("NFKC").toLowerCase();
  }

  // static/src/model/outgoing.ts
  var WHISPER = /^\/whisper\s+(\S+)\s+(\S.*)$/is;
  var ACTION = /^\/me\s+(\S.*)$/is;
  function parse5(line) {
    const [, to, whispered] = WHISPER.exec(line) ?? [];
    const [, action] = ACTION.exec(line) ?? [];
    const text = whispered ?? action ?? (line.startsWith("//") ? line.slice(1) : line);
    return {
      text,
      to,
      action: action !== void 0
    };
  }
  var INVISIBLE = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]+(?=\/)/u;
  function stripInvisible(line) {
    return line.replace(INVISIBLE, "");
  }
  function isSecret(line) {
    return /^\/(?:login|oper)\s/i.test(stripInvisible(line));
  }
  function isCommand(line) {
    return line.startsWith("/") && !line.startsWith("//");
  }
  function originOf({ tag, request: { text, room = "" } }) {
    try {
      const { room: room2, line } = Object(JSON.parse(tag ?? ""));
      if (typeof room2 === "string" && typeof line === "string") return {
        room: room2,
        line
      };
    } catch {
    }
    return {
      room,
      line: text
    };
  }
  function requestOf(line, room) {
    if (WHISPER.test(line)) return {
      type: "command",
      text: line
    };
    if (isCommand(line)) return {
      type: "command",
      text: line,
      room
    };
    return {
      type: "message",
      text: line.startsWith("//") ? line.slice(1) : line,
      room
    };
  }
  function addressed(line, rooms) {
    const [, to = ""] = WHISPER.exec(line) ?? [];
    for (const { users } of to.startsWith("guest") ? rooms.all : []) {
      const guest = users.sorted().find((user) => displayName(user) === to);
      if (guest !== void 0) return line.replace(to, guest.name ?? guest.address);
    }
    return line;
  }
  function nameOf(to, rooms) {
    if (!to.includes(":")) return to;
    const guest = rooms.all.flatMap(({ users }) => users.sorted()).find(({ address }) => address === to);
    return guest === void 0 ? "guest" : displayName(guest);
  }
  function measure(line, room, { maxMessage, maxPayload }) {
    const message = {
      used: byteLength(parse5(line).text),
      limit: maxMessage
    };
    const frame = {
      used: frameLength(requestOf(line, room)),
      limit: maxPayload
    };
    return message.used / message.limit > frame.used / frame.limit ? message : frame;
  }
  function createOutgoing({ rooms, client }) {
    for (const item of client.unsent) show(item);
    function roomOf2(item) {
      return rooms.find(originOf(item).room) ?? rooms.lobby;
    }
    function entryOf(item) {
      return roomOf2(item).timeline.byRef(item.id);
    }
    function show(item) {
      const { id, time } = item;
      const { text, to, action } = parse5(originOf(item).line);
      roomOf2(item).timeline.add({
        kind: to === void 0 ? "message" : "whisper",
        text,
        ...to === void 0 ? {} : {
          to: nameOf(to, rooms)
        },
        ...action ? {
          action
        } : {},
        time,
        own: true,
        ref: id,
        delivery: "queued"
      });
    }
    function update(item, change) {
      const entry = entryOf(item);
      if (entry) roomOf2(item).timeline.update(entry.key, change);
    }
    return {
      /** Adds a message or a whisper to the log and the outbox. Returns whether the outbox had room. */
      queue(text, room) {
        if (client.isOutboxFull) {
          room.timeline.add({
            kind: "error",
            text: "Cannot queue this message: too many are waiting"
          });
          return false;
        }
        room.timeline.mark = void 0;
        const origin = {
          room: room.name,
          line: text
        };
        const request = requestOf(addressed(text, rooms), room.name);
        client.queue(request, {
          tag: JSON.stringify(origin)
        });
        return true;
      },
      /** The line that the user typed for an entry. */
      lineOf({ text, to, action }) {
        if (to !== void 0) return `/whisper ${to} ${text}`;
        if (action) return `/me ${text}`;
        return text.startsWith("/") ? `/${text}` : text;
      },
      /** Shows that a message waits or is on its way. */
      changed({ message, state }) {
        if (entryOf(message) === void 0) show(message);
        else update(message, {
          delivery: state
        });
      },
      /** Shows that a message was delivered: one to a room has an `id` then, and a whisper has none. */
      delivered(message, { id, ...change }) {
        const entry = entryOf(message);
        if (entry === void 0) return;
        const { timeline } = roomOf2(message);
        if (id === void 0) timeline.update(entry.key, {
          ...change,
          delivery: "sent"
        });
        else timeline.setId(entry.key, id, {
          ...change,
          delivery: "sent"
        });
      },
      /** Shows that a message was refused. Returns its entry. */
      refused(message, reason) {
        update(message, {
          delivery: "failed",
          detail: reason
        });
        return entryOf(message);
      },
      /**
       * Finds the queued copy of a message that this client sent on an earlier connection, so that it is not shown twice
       * until the server acknowledges it. Returns whether there is one.
       */
      recognise(room, { id, text, action = false }) {
        for (const { id: ref, sentBefore } of client.unsent) {
          const entry = sentBefore ? room.timeline.byRef(ref) : void 0;
          if (entry === void 0 || entry.id !== void 0 || entry.kind !== "message") continue;
          if (entry.text !== text || (entry.action ?? false) !== action) continue;
          room.timeline.setId(entry.key, id);
          return true;
        }
        return false;
      },
      /** Removes the queued messages for a room that the user has left. */
      discard(room) {
        for (const item of client.unsent) if (roomOf2(item) === room) client.discard(item.id);
      }
    };
  }

  // static/src/model/input.ts
  var HISTORY_LENGTH = 100;
  function createInputHistory(limit = HISTORY_LENGTH) {
    let lines = [];
    let index = 0;
    let draft = "";
    return {
      add(line) {
        if (lines.at(-1) !== line && !isSecret(line)) lines = [
          ...lines,
          line
        ].slice(-limit);
        index = lines.length;
        draft = "";
      },
      /** Returns the line before `shown`, or `undefined` if there is none. */
      older(shown) {
        if (index === 0) return void 0;
        if (index === lines.length) draft = shown;
        return lines[--index];
      },
      /** Returns the line after the shown one, or the text that was being typed after the last one. */
      newer() {
        if (index >= lines.length) return void 0;
        index++;
        return index === lines.length ? draft : lines[index];
      }
    };
  }
  function createDrafts(memory, room) {
    const drafts = new Map(parse6(memory.load()));
    return {
      load: () => drafts.get(room()) ?? "",
      save(typed) {
        const text = isSecret(typed) ? "" : typed;
        if (text === (drafts.get(room()) ?? "")) return;
        if (text === "") drafts.delete(room());
        else drafts.set(room(), text);
        memory.save(JSON.stringify([
          ...drafts
        ]));
      }
    };
  }
  function parse6(text) {
    try {
      const drafts = JSON.parse(text ?? "[]");
      if (!Array.isArray(drafts)) return [];
      return drafts.filter((draft) => typeof draft?.[0] === "string" && typeof draft[1] === "string");
    } catch {
      return [];
    }
  }

  // static/src/view/composer.ts
  var NEAR_LIMIT = 0.8;
  var MAX_HEIGHT = 192;
  function createComposer({ submit, vocabulary, measure: measure2, draft, announce }) {
    const form = byId("composer", HTMLFormElement);
    const field = byId("text", HTMLTextAreaElement);
    const counter = byId("counter", HTMLElement);
    const palette = byId("palette", HTMLElement);
    const options = byId("palette-options", HTMLElement);
    const hint = byId("palette-hint", HTMLElement);
    const history2 = createInputHistory();
    let suggestions;
    let active = -1;
    let tooLong = false;
    function set(text, caret = text.length) {
      field.value = text;
      field.setSelectionRange(caret, caret);
      onTextChange();
    }
    function onTextChange() {
      field.style.setProperty("height", "auto");
      field.style.setProperty("height", `${Math.min(field.scrollHeight, MAX_HEIGHT)}px`);
      count3();
      draft.save(field.value);
    }
    function count3() {
      const { used, limit } = measure2(field.value);
      tooLong = used > limit;
      const left = Math.abs(limit - used).toLocaleString();
      counter.hidden = used < limit * NEAR_LIMIT;
      counter.classList.toggle("over", tooLong);
      counter.textContent = tooLong ? `${left} bytes too long` : `${left} bytes left`;
      field.setAttribute("aria-invalid", String(tooLong));
    }
    function send() {
      const text = field.value;
      if (text.trim() === "") return;
      if (tooLong) return announce(counter.textContent ?? "");
      if (!submit(text)) return;
      history2.add(text);
      close();
      set("");
    }
    function suggest2(requested) {
      const found = field.selectionStart === field.selectionEnd ? suggest(field.value, field.selectionStart, vocabulary()) : void 0;
      if (found === void 0 || !(requested || found.eager)) return close();
      suggestions = found;
      active = found.items.length > 0 ? 0 : -1;
      options.replaceChildren(...found.items.map(optionOf));
      options.hidden = found.items.length === 0;
      hint.textContent = found.hint;
      hint.hidden = found.hint === "";
      palette.hidden = found.items.length === 0 && found.hint === "";
      highlight();
      const [only] = found.items;
      if (requested && only) announce(`${found.items.length} suggestions, ${only.label}`);
      else if (found.hint !== "" && found.items.length === 0) announce(found.hint);
    }
    function optionOf({ label, detail }, index) {
      const option = make("li", "", make("bdi", "", label));
      if (detail !== "") option.append(make("span", "", detail));
      option.id = `option-${index}`;
      option.setAttribute("role", "option");
      option.addEventListener("mousedown", () => accept(index));
      return option;
    }
    function highlight() {
      [
        ...options.children
      ].forEach((option, index) => {
        option.setAttribute("aria-selected", String(index === active));
        if (index === active) option.scrollIntoView({
          block: "nearest"
        });
      });
      if (active < 0) field.removeAttribute("aria-activedescendant");
      else field.setAttribute("aria-activedescendant", `option-${active}`);
    }
    function accept(index) {
      const item = suggestions?.items[index];
      if (suggestions === void 0 || item === void 0) return;
      const { from, to } = suggestions;
      const { value } = field;
      const rest = value.slice(to).replace(/^ /, item.insert.endsWith(" ") ? "" : " ");
      close();
      set(value.slice(0, from) + item.insert + rest, from + item.insert.length);
      suggest2(false);
    }
    function close() {
      suggestions = void 0;
      active = -1;
      palette.hidden = true;
      field.removeAttribute("aria-activedescendant");
    }
    function isComplete() {
      const item = suggestions?.items[active];
      if (suggestions === void 0 || item === void 0) return true;
      const typed = field.value.slice(suggestions.from, suggestions.to);
      return item.insert.replace(/:? ?$/, "").toLowerCase() === typed.toLowerCase();
    }
    const keys = {
      Enter(event) {
        if (event.shiftKey || event.altKey) return false;
        if (isComplete()) send();
        else accept(active);
        return true;
      },
      Tab(event) {
        if (hasModifier(event)) return false;
        const open = suggestions;
        if (open === void 0 || open.items.length === 0) suggest2(true);
        if (suggestions === void 0 || suggestions.items.length === 0) return false;
        if (open?.items.length || suggestions.items.length === 1) accept(active);
        return true;
      },
      Escape() {
        if (palette.hidden) return false;
        close();
        return true;
      },
      ArrowUp: (event) => !hasModifier(event) && move(-1),
      ArrowDown: (event) => !hasModifier(event) && move(1)
    };
    function move(step) {
      const items = suggestions?.items.length ?? 0;
      if (items > 0) {
        active = (active + step + items) % items;
        highlight();
        return true;
      }
      const { value, selectionStart, selectionEnd } = field;
      if (selectionStart !== selectionEnd) return false;
      const beyond = step < 0 ? value.slice(0, selectionStart) : value.slice(selectionStart);
      if (beyond.includes("\n")) return false;
      const line = step < 0 ? history2.older(value) : history2.newer();
      if (line === void 0) return false;
      close();
      set(line);
      return true;
    }
    field.addEventListener("keydown", (event) => {
      if (isComposing(event) || !Object.hasOwn(keys, event.key)) return;
      if (keys[event.key]?.(event)) event.preventDefault();
    });
    field.addEventListener("input", () => {
      onTextChange();
      suggest2(false);
    });
    field.addEventListener("blur", close);
    palette.addEventListener("mousedown", (event) => {
      event.preventDefault();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send();
      field.focus();
    });
    globalThis.addEventListener("resize", onTextChange);
    set(draft.load());
    return {
      focus: () => field.focus(),
      set(text) {
        set(text);
        field.focus();
      },
      /** Loads the draft of the room that is shown now. */
      onRoomShown() {
        close();
        set(draft.load());
      },
      /** Starts a whisper, or turns the text into one. */
      whisper(name) {
        const text = field.value.replace(/^\/whisper\s+\S+\s*/i, "");
        set(`/whisper ${name} ${text.startsWith("/") ? "" : text}`);
        field.focus();
        suggest2(false);
      },
      /** Updates the counter after the limits have changed. */
      refresh: count3
    };
  }
  function hasModifier({ shiftKey, ctrlKey, altKey, metaKey }) {
    return shiftKey || ctrlKey || altKey || metaKey;
  }

  // static/src/model/reply_handlers.ts
  var MAX_REPLY = 5e3;
  function createReplyHandler(options) {
    const { rooms, pending, pages, addEntry } = options;
    function show(request, text, rows) {
      if (!request?.typed) return;
      const { room, line } = request;
      const target = rooms.all.includes(room) ? room : rooms.shown;
      addEntry(target, {
        kind: "answer",
        command: line,
        text: shorten(text),
        ...rows === void 0 ? {} : {
          rows
        }
      });
    }
    return (event) => {
      const request = pending.take(event.ref);
      if (request?.onAnswer !== void 0) return request.onAnswer(event);
      switch (event.command) {
        // The client has made events of their own of these.
        case "name":
        case "whisper":
        case "join":
        case "leave":
          return;
        case "rooms": {
          options.onRooms(event.data.rooms);
          const rows = event.data.rooms.map(({ name, topic, users }) => [
            name,
            people(users) + (topic === null ? "" : `, ${topic}`)
          ]);
          return show(request, event.text, rows);
        }
        case "stats":
          return show(request, event.text, describe(event.data));
        case "list":
          rooms.find(event.data.room)?.fill(event.data.users);
          return show(request, peopleOf(event.data));
        case "topic": {
          const room = rooms.find(event.data.room);
          if (room) room.topic = event.data.topic;
          return show(request, event.text);
        }
        case "away":
          options.onAway(event.data.user);
          return show(request, event.text);
        case "help": {
          const rows = event.data.commands.map(({ usage, summary }) => [
            usage,
            summary
          ]);
          return show(request, rows.map((row) => row.join(": ")).join("\n"), rows);
        }
        case "history":
          if (request?.typed) {
            return show(request, linesOf(event.data.messages, "No messages are stored"));
          }
          return request && pages.pageReceived(request, event.data);
        case "search": {
          const none = `Nothing found for \u201C${event.data.words}\u201D`;
          return show(request, linesOf(event.data.messages, none));
        }
        default:
          return show(request, event.text);
      }
    };
  }
  function people(count3) {
    if (count3 === 0) return "empty";
    return count3 === 1 ? "1 person" : `${count3.toLocaleString()} people`;
  }
  function peopleOf({ users, total }) {
    if (users.length === 0) return "Nobody is here";
    const rest = total - users.length;
    const names = users.map((user) => displayName(user) + (user.away === void 0 ? "" : ` (away: ${user.away})`));
    return names.join(", ") + (rest > 0 ? ` and ${rest.toLocaleString()} more` : "");
  }
  function linesOf(messages, none) {
    const lines = messages.map(({ time, from, text, action }) => {
      const name = displayName(from);
      return `${dateAndTime(time)}  ${action ? `* ${name}` : `${name}:`} ${text}`;
    });
    return lines.length === 0 ? none : lines.join("\n");
  }
  function shorten(text) {
    return text.length <= MAX_REPLY ? text : `${text.slice(0, MAX_REPLY)}\u2026`;
  }

  // static/src/view/dialogs.ts
  function createNameDialog({ choose, decline }) {
    const dialog = byId("name-dialog", HTMLDialogElement);
    const field = byId("name-field", HTMLInputElement);
    const rules = byId("name-rules", HTMLElement);
    const join = byId("name-join", HTMLButtonElement);
    const later = byId("name-later", HTMLButtonElement);
    const showProblem = createProblem(field, "name-problem");
    dialog.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = field.value.trim();
      if (name === "") return showProblem("Enter a name");
      join.disabled = true;
      choose(name);
    });
    dialog.addEventListener("cancel", decline);
    later.addEventListener("click", () => {
      dialog.close();
      decline();
    });
    return {
      /**
       * @param question.name The text in the field.
       * @param question.problem The reason why the last name was refused.
       * @param question.named Whether the user has a name.
       */
      open({ name, problem, rules: text, named }) {
        rules.textContent = text;
        byId("name-title", HTMLElement).textContent = named ? "Change your name" : "Choose a name";
        later.textContent = named ? "Keep the current name" : "Continue without a name";
        join.textContent = named ? "Change" : "Join";
        join.disabled = false;
        if (!dialog.open) {
          field.value = name;
          dialog.showModal();
          field.select();
        } else if (field.value === "") field.value = name;
        showProblem(problem);
        if (problem !== "") field.focus();
      },
      /** Closes the dialog after the server gave the name, or when the connection is lost. */
      close() {
        dialog.close();
      }
    };
  }
  function createRoomDialog({ join, requestRooms }) {
    const dialog = byId("room-dialog", HTMLDialogElement);
    const field = byId("room-field", HTMLInputElement);
    const list2 = byId("room-list", HTMLElement);
    const showProblem = createProblem(field, "room-problem");
    dialog.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = field.value.trim();
      if (name === "") showProblem("Enter the name of a room");
      else join(name);
    });
    byId("room-cancel", HTMLButtonElement).addEventListener("click", () => dialog.close());
    function itemOf({ name, topic, users }) {
      const label = make("span", "user-label", make("bdi", "name", name));
      if (topic) label.append(make("bdi", "about", topic));
      const button2 = make("button", "person", label, make("span", "count", people(users)));
      button2.type = "button";
      button2.addEventListener("click", () => join(name));
      return make("li", "", button2);
    }
    return {
      get open() {
        return dialog.open;
      },
      show() {
        field.value = "";
        showProblem("");
        dialog.showModal();
        requestRooms();
      },
      /** Shows why the room could not be entered. */
      refuse(problem) {
        showProblem(problem);
        field.focus();
      },
      /** Shows the list of rooms. */
      fill(rooms) {
        list2.replaceChildren(...rooms.map(itemOf));
      },
      close() {
        dialog.close();
      }
    };
  }
  function createServerDialog(connect) {
    const dialog = byId("server-dialog", HTMLDialogElement);
    const field = byId("server-field", HTMLInputElement);
    const memory = store("local", "server");
    const showProblem = createProblem(field, "server-problem");
    dialog.addEventListener("submit", (event) => {
      event.preventDefault();
      const url = parseServer(field.value);
      if (url === void 0) return showProblem("This is not an address. Example: ws://host:port");
      memory.save(field.value.trim());
      dialog.close();
      connect(url);
    });
    return {
      open(problem = "") {
        field.value ||= memory.load() ?? DEFAULT_SERVER;
        if (!dialog.open) dialog.showModal();
        field.select();
        showProblem(problem);
      }
    };
  }
  function createProblem(field, id) {
    const line = byId(id, HTMLElement);
    field.addEventListener("input", () => show(""));
    function show(problem) {
      const text = problem.replace(/^Error: /, "");
      line.textContent = text;
      line.hidden = text === "";
      field.setAttribute("aria-invalid", String(text !== ""));
    }
    return show;
  }

  // static/src/view/login_dialog.ts
  function createLoginDialog() {
    const dialog = byId("login-dialog", HTMLDialogElement);
    const field = byId("login-field", HTMLInputElement);
    const submit = byId("login-submit", HTMLButtonElement);
    const showProblem = createProblem(field, "login-problem");
    let answer = () => {
    };
    function cancel() {
      dialog.close();
      answer(void 0);
    }
    dialog.addEventListener("submit", (event) => {
      event.preventDefault();
      if (field.value === "") return showProblem("Enter the password or token");
      submit.disabled = true;
      answer(field.value);
    });
    dialog.addEventListener("cancel", () => answer(void 0));
    byId("login-cancel", HTMLButtonElement).addEventListener("click", cancel);
    return {
      /** Asks for a secret. Resolves with `undefined` if the user gives none. */
      ask(problem) {
        answer(void 0);
        submit.disabled = false;
        field.value = "";
        if (!dialog.open) dialog.showModal();
        field.focus();
        showProblem(problem);
        return new Promise((resolve) => answer = resolve);
      },
      /** Closes the dialog after the server accepted the secret, or when none is needed any more. */
      close() {
        field.value = "";
        dialog.close();
        answer(void 0);
      }
    };
  }

  // static/src/view/log_view.ts
  var MAX_ROWS = 240;
  var KEPT_ROWS = 160;
  var ROW_STEP = 60;
  var NEAR = 800;
  var FOLLOW_DISTANCE = 32;
  var SMOOTH_SCROLL = 700;
  var FOUND_SHOWN = 2500;
  function createLogView({ scroller, list: list2, jump, render: render2, onTop, onEnd }) {
    let timeline;
    let from = 0, to = 0;
    const rows = /* @__PURE__ */ new Map();
    const changed = /* @__PURE__ */ new Set();
    let following = true;
    let unseen = 0;
    let lastTop = 0;
    let smoothScrollTimer;
    const positions = /* @__PURE__ */ new WeakMap();
    const updateSoon = onceAFrame(update);
    const listener = {
      inserted(index) {
        const isAbove = index < from || index === from && from < to;
        if (isAbove) from++;
        if (isAbove || index < to) to++;
        updateSoon();
      },
      removed(index, count3) {
        from -= Math.min(count3, Math.max(0, from - index));
        to -= Math.min(count3, Math.max(0, to - index));
        updateSoon();
      },
      changed(key) {
        changed.add(key);
        updateSoon();
      }
    };
    function update() {
      if (timeline === void 0) return;
      if (following) follow();
      else {
        trim(scroller.scrollTop > distance() ? "top" : "bottom");
        keepPosition(draw);
        fill();
      }
      showJump();
      const isShort = scroller.scrollHeight <= scroller.clientHeight;
      if (from === 0 && (following ? isShort : scroller.scrollTop < NEAR)) onTop();
    }
    function draw() {
      if (timeline === void 0) return;
      const entries = [];
      for (let index = from; index < to; index++) {
        const entry = timeline.at(index);
        if (entry) entries.push(entry);
      }
      const wanted = new Set(entries.map(({ key }) => key));
      for (const [key, row] of rows) {
        if (wanted.has(key) && !changed.has(key)) continue;
        row.remove();
        rows.delete(key);
      }
      changed.clear();
      let next = list2.firstElementChild;
      entries.forEach((entry, index) => {
        const row = rows.get(entry.key) ?? rowOf(entry, from + index);
        if (row === next) next = row.nextElementSibling;
        else list2.insertBefore(row, next);
      });
    }
    function rowOf(entry, index) {
      const row = render2(entry, timeline?.at(index - 1), timeline?.mark === entry.key);
      rows.set(entry.key, row);
      return row;
    }
    function follow() {
      to = timeline?.size ?? 0;
      if (to - from > MAX_ROWS || to - from < KEPT_ROWS) from = Math.max(0, to - KEPT_ROWS);
      draw();
      scrollTo(scroller.scrollHeight);
    }
    function fill() {
      while (scroller.scrollTop < NEAR && from > 0) keepPosition(growUp);
      while (distance() < NEAR && to < (timeline?.size ?? 0)) keepPosition(growDown);
    }
    function growUp() {
      from = Math.max(0, from - ROW_STEP);
      trim("bottom");
      draw();
    }
    function growDown() {
      to = Math.min(timeline?.size ?? 0, to + ROW_STEP);
      trim("top");
      draw();
    }
    function trim(end) {
      if (to - from <= MAX_ROWS) return;
      if (end === "top") from = to - KEPT_ROWS;
      else to = from + MAX_ROWS;
    }
    function rowList() {
      return [
        ...list2.children
      ].filter((row) => row instanceof HTMLElement);
    }
    function keepPosition(change) {
      const top = scroller.scrollTop;
      const anchors = rowList().filter((row) => row.offsetTop + row.offsetHeight > top).map((row) => ({
        key: keyOf(row),
        offset: row.offsetTop - top
      }));
      change();
      const anchor = anchors.find(({ key }) => rows.has(key));
      if (anchor !== void 0) putAt(anchor);
    }
    function keyOf(row) {
      return Number(row.dataset["key"]);
    }
    function putAt({ key, offset }) {
      const row = rows.get(key);
      if (row !== void 0) scrollTo(row.offsetTop - offset);
    }
    function scrollTo(top) {
      scroller.scrollTop = top;
      lastTop = scroller.scrollTop;
    }
    function distance() {
      return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    }
    function showJump() {
      if (following) unseen = 0;
      jump.hidden = following;
      const label = unseen === 0 ? "Newest messages" : unseen === 1 ? "1 new message" : `${unseen.toLocaleString()} new messages`;
      const text = jump.querySelector("span");
      if (text && text.textContent !== label) text.textContent = label;
      jump.classList.toggle("fresh", unseen > 0);
    }
    function setFollowing(now) {
      const before = following;
      following = now;
      if (now && !before) onEnd();
    }
    scroller.addEventListener("scroll", () => {
      const top = scroller.scrollTop;
      const atEnd = to === timeline?.size && distance() <= FOLLOW_DISTANCE;
      if (atEnd) setFollowing(true);
      else if (top < lastTop && smoothScrollTimer === void 0) setFollowing(false);
      lastTop = top;
      if (!atEnd) updateSoon();
      else if (!jump.hidden) showJump();
    }, {
      passive: true
    });
    for (const event of [
      "wheel",
      "touchmove",
      "pointerdown",
      "keydown"
    ]) {
      scroller.addEventListener(event, endSmoothScroll, {
        passive: true
      });
    }
    jump.addEventListener("click", () => {
      scrollToEnd();
      scroller.focus({
        preventScroll: true
      });
    });
    const observer = new ResizeObserver(() => {
      if (following) scrollTo(scroller.scrollHeight);
    });
    observer.observe(scroller);
    observer.observe(list2);
    function scrollToEnd() {
      setFollowing(true);
      endSmoothScroll();
      smoothScrollTimer = Number(setTimeout(endSmoothScroll, SMOOTH_SCROLL));
      updateSoon();
    }
    function endSmoothScroll() {
      clearTimeout(smoothScrollTimer);
      smoothScrollTimer = void 0;
    }
    function savePosition() {
      if (timeline === void 0) return;
      const row = rowList().find((one) => one.offsetTop + one.offsetHeight > scroller.scrollTop);
      if (following || row === void 0) positions.delete(timeline);
      else positions.set(timeline, {
        key: keyOf(row),
        offset: row.offsetTop - scroller.scrollTop
      });
    }
    function goTo({ key, offset }) {
      const index = timeline?.indexOf(key) ?? -1;
      if (timeline === void 0 || index < 0) return;
      from = Math.max(0, index - ROW_STEP);
      to = Math.min(timeline.size, from + KEPT_ROWS);
      draw();
      putAt({
        key,
        offset
      });
      following = to === timeline.size && distance() <= FOLLOW_DISTANCE;
      updateSoon();
    }
    return {
      /** Whether the log follows new messages. */
      get following() {
        return following;
      },
      /** Brings another timeline into view, where it was positions. */
      show(other) {
        if (other === timeline) return;
        savePosition();
        timeline?.setListener(void 0);
        timeline = other;
        other.setListener(listener);
        list2.replaceChildren();
        rows.clear();
        changed.clear();
        from = to = unseen = 0;
        following = true;
        endSmoothScroll();
        const position = positions.get(other);
        if (position !== void 0 && other.get(position.key) !== void 0) goTo(position);
        else update();
      },
      /** Scrolls to the unread line, unless it is visible together with the newest entry. */
      scrollToMark(unread) {
        const mark = timeline?.mark;
        if (mark === void 0) return;
        update();
        goTo({
          key: mark,
          offset: Math.round(scroller.clientHeight / 4)
        });
        unseen = following ? 0 : unread;
        showJump();
      },
      /** Scrolls to an entry, and marks it for a moment. */
      scrollToEntry(key) {
        update();
        goTo({
          key,
          offset: Math.round(scroller.clientHeight / 3)
        });
        showJump();
        const row = rows.get(key);
        row?.classList.add("found");
        setTimeout(() => row?.classList.remove("found"), FOUND_SHOWN);
      },
      /** Counts a message of another user for the button that jumps to the newest. */
      addUnseen() {
        if (!following) unseen++;
        updateSoon();
      },
      /** Changes elements around the rows without moving the rows. */
      changeSurroundings(change) {
        if (following) change();
        else keepPosition(change);
        updateSoon();
      },
      scrollToEnd
    };
  }

  // static/src/view/layout.ts
  var WIDE = "(min-width: 67.5rem)";
  var PHONE = "(max-width: 43.74rem)";
  function createLayout() {
    const side = byId("side", HTMLElement);
    const toggle = byId("side-toggle", HTMLButtonElement);
    const shade = byId("shade", HTMLElement);
    const main = byId("main", HTMLElement);
    const phone = matchMedia(PHONE);
    const panels = [];
    function showSide(open) {
      const hadFocus = side.contains(document.activeElement);
      side.classList.toggle("open", open);
      toggle.setAttribute("aria-expanded", String(open));
      shade.hidden = !open;
      main.inert = open;
      if (open) side.querySelector("[aria-current]")?.focus();
      else if (hadFocus) toggle.focus();
    }
    function closeSide() {
      if (side.classList.contains("open")) showSide(false);
    }
    function closePanels(except) {
      for (const panel of panels) if (panel !== except && panel.open) panel.show(false);
    }
    function openSide() {
      if (phone.matches) showSide(true);
      else if (toggle.checkVisibility()) closePanels();
    }
    toggle.addEventListener("click", openSide);
    byId("side-close", HTMLButtonElement).addEventListener("click", closeSide);
    shade.addEventListener("click", closeSide);
    side.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) closeSide();
    });
    phone.addEventListener("change", () => {
      closeSide();
      main.inert = phone.matches && panels.some(({ open }) => open);
    });
    return {
      openSide,
      closeSide,
      /** Whether panels cover the conversation. */
      get isPhone() {
        return phone.matches;
      },
      get isWide() {
        return matchMedia(WIDE).matches;
      },
      /**
       * Makes a button show and hide a panel.
       *
       * @param id The id of the panel. Its button has the id `<id>-toggle`.
       * @param onToggle Called after the panel was shown or hidden.
       */
      addPanel(id, onToggle) {
        const element = byId(id, HTMLElement);
        const button2 = byId(`${id}-toggle`, HTMLButtonElement);
        const panel = {
          get open() {
            return !element.hidden;
          },
          show(open) {
            if (open) closePanels(panel);
            element.hidden = !open;
            if (button2.hasAttribute("aria-expanded")) {
              button2.setAttribute("aria-expanded", String(open));
            }
            main.inert = phone.matches && open;
            onToggle(open);
          },
          close() {
            const hadFocus = element.contains(document.activeElement);
            panel.show(false);
            if (!hadFocus) return;
            const menu = button2.closest("[popover]");
            const target = menu ? document.querySelector(`[popovertarget="${menu.id}"]`) : button2;
            if (target instanceof HTMLElement) target.focus();
          }
        };
        button2.addEventListener("click", () => {
          if (panel.open) return panel.close();
          closeSide();
          panel.show(true);
          element.querySelector("h2")?.focus();
        });
        element.querySelector(".close")?.addEventListener("click", panel.close);
        element.addEventListener("keydown", (event) => {
          if (event.key === "Escape") panel.close();
        });
        panels.push(panel);
        return panel;
      }
    };
  }

  // static/src/view/copy.ts
  var SHOWN = 1500;
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copyBySelection(text);
    }
  }
  function copyBySelection(text) {
    const field = make("textarea", "unseen");
    const focused = document.activeElement;
    field.value = text;
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return copied;
  }
  function copyButton(text, announce) {
    const button2 = make("button", "tool copy", "Copy");
    button2.type = "button";
    button2.addEventListener("click", async () => {
      const result = await copy(text()) ? "Copied" : "Cannot copy";
      button2.textContent = result;
      announce(result);
      setTimeout(() => button2.textContent = "Copy", SHOWN);
    });
    return button2;
  }

  // static/src/view/menus.ts
  var MARGIN = 6;
  function createMenu(id) {
    const menu = byId(id, HTMLElement);
    const toggle = byId(`${id}-toggle`, HTMLButtonElement);
    function items() {
      return [
        ...menu.querySelectorAll("[role^=menuitem]")
      ].filter((item) => item instanceof HTMLButtonElement && !item.hidden && !item.disabled);
    }
    function place2() {
      const button2 = toggle.getBoundingClientRect();
      const { width, height } = menu.getBoundingClientRect();
      const left = Math.min(button2.right - width, innerWidth - width - MARGIN);
      const isBelow = button2.bottom + MARGIN + height <= innerHeight;
      const top = isBelow ? button2.bottom + MARGIN : button2.top - MARGIN - height;
      menu.style.setProperty("left", `${Math.max(MARGIN, left)}px`);
      menu.style.setProperty("top", `${Math.max(MARGIN, top)}px`);
    }
    const targets = {
      ArrowDown: (index, length) => (index + 1) % length,
      ArrowUp: (index, length) => (index + length - 1) % length,
      Home: () => 0,
      End: (_, length) => length - 1
    };
    menu.addEventListener("toggle", () => {
      const isOpen = menu.matches(":popover-open");
      toggle.setAttribute("aria-expanded", String(isOpen));
      if (!isOpen) return;
      place2();
      items()[0]?.focus();
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key === "Tab") return close();
      const target = Object.hasOwn(targets, event.key) ? targets[event.key] : void 0;
      if (target === void 0) return;
      event.preventDefault();
      const all = items();
      const focused = all.findIndex((item) => item === document.activeElement);
      all[target(focused, all.length)]?.focus();
    });
    menu.addEventListener("click", ({ target }) => {
      if (target instanceof Element && target.closest("button")) close();
    });
    globalThis.addEventListener("resize", close);
    function close() {
      if (menu.matches(":popover-open")) menu.hidePopover();
    }
  }

  // static/src/view/self.ts
  function createSelfView() {
    const button2 = byId("own-name", HTMLButtonElement);
    const away = byId("self-away", HTMLElement);
    return ({ me, wantedName, state, rooms }) => {
      const name = me?.name ?? wantedName ?? (me && displayName(me));
      const picture = avatar(name ?? "?", rooms.shown.colours.of(name ?? ""));
      picture.id = "own-avatar";
      document.getElementById("own-avatar")?.replaceWith(picture);
      button2.querySelector("bdi")?.replaceChildren(name ?? "no name yet");
      button2.disabled = state !== "open";
      away.hidden = me?.away === void 0;
      away.title = me?.away ?? "";
    };
  }

  // static/src/view/people.ts
  var { make: make5, icon: icon3 } = dom_exports;
  var MAX_SHOWN = 500;
  var REDRAW2 = 100;
  function createUserList(room, me, whisper) {
    const list2 = byId("people-list", HTMLElement);
    const counts = document.querySelectorAll(".people-count");
    const toggle = byId("people-toggle", HTMLElement);
    const more = byId("people-more", HTMLElement);
    function itemOf(user) {
      const name = displayName(user);
      const label = make5("span", "user-label", make5("bdi", "name", name));
      const isAway = user.away !== void 0;
      if (isAway) {
        label.append(make5("span", "away", "away: ", make5("bdi", "", user.away ?? "")));
      }
      const picture = avatar(name, room().colours.of(name));
      const state = isAway ? "person is-away" : "person";
      if (user.id === me()?.id) {
        return make5("li", "", make5("span", state, picture, label, make5("span", "role", "you")));
      }
      const hint = make5("span", "role", icon3("whisper"), make5("span", "unseen", ", whisper"));
      const button2 = make5("button", state, picture, label, hint);
      button2.type = "button";
      button2.title = `Whisper to ${name}`;
      button2.addEventListener("click", () => whisper(name));
      return make5("li", "", button2);
    }
    function draw() {
      const self = me();
      const { users, size, countOnly } = room();
      const all = users.sorted();
      const focused = [
        ...list2.children
      ].findIndex((item) => item.contains(document.activeElement));
      list2.replaceChildren(...all.slice(0, MAX_SHOWN).map(itemOf));
      if (focused >= 0) list2.children[focused]?.querySelector("button")?.focus();
      for (const count3 of counts) count3.textContent = size.toLocaleString();
      toggle.title = size === 1 ? "1 person is here" : `${size.toLocaleString()} people are here`;
      const rest = (countOnly ? size : all.length) - Math.min(all.length, MAX_SHOWN);
      const isVisible = countOnly || self === void 0 || users.get(self.id) !== void 0;
      more.hidden = rest <= 0 && isVisible;
      more.textContent = rest > 0 ? `and ${rest.toLocaleString()} more` : "Others see you here once you have a name or have written something.";
    }
    return {
      draw,
      drawSoon: onceIn(REDRAW2, draw)
    };
  }

  // static/src/view/welcome.ts
  var { make: make6 } = dom_exports;
  function createWelcome({ linkOf: linkOf2, terminalCommand: terminalCommand2, announce }) {
    const section2 = byId("welcome", HTMLElement);
    const title = byId("welcome-title", HTMLElement);
    const text = byId("welcome-text", HTMLElement);
    const ways = byId("welcome-ways", HTMLElement);
    let drawn = "";
    function wayOf(label, command) {
      const copy2 = copyButton(() => command, announce);
      return [
        make6("dt", "", label),
        make6("dd", "", make6("code", "", command), copy2)
      ];
    }
    function draw(room, isLobby) {
      const link = linkOf2(room), terminal = terminalCommand2();
      const now = JSON.stringify([
        room.name,
        link,
        terminal
      ]);
      if (now === drawn) return;
      drawn = now;
      title.replaceChildren("Welcome to #", make6("bdi", "", room.name));
      text.textContent = link === void 0 && terminal === void 0 ? "Nobody has written anything here yet." : "Nobody has written anything here yet. Bring people in:";
      ways.replaceChildren(...link === void 0 ? [] : wayOf("From a browser", link), ...terminal === void 0 ? [] : wayOf("From a terminal", terminal), ...terminal === void 0 || isLobby ? [] : wayOf("and then", `/join ${room.name}`));
    }
    return (room, isLobby) => {
      const isEmpty = room.joined && !room.timeline.hasMessages && (room.older === "none" || room.older === "unkept");
      section2.hidden = !isEmpty;
      if (isEmpty) draw(room, isLobby);
    };
  }

  // static/src/model/colours.ts
  var COLOURS = 12;
  var COLOURED_LENGTH = 256;
  var MAX_NAMES3 = 1e3;
  function createRoomColours() {
    const chosen = /* @__PURE__ */ new Map();
    const uses = Array.from({
      length: COLOURS
    }, () => 0);
    function choose(name) {
      const own = colourOf(name);
      const order = uses.map((_, step) => (own + step) % COLOURS);
      const least = Math.min(...uses);
      return order.find((colour) => uses[colour] === least) ?? own;
    }
    return {
      /** Returns the colour of somebody who speaks. It stays the same as long as the page is open. */
      ofSpeaker(name) {
        const known2 = chosen.get(name);
        if (known2 !== void 0) return known2;
        if (chosen.size >= MAX_NAMES3) return colourOf(name);
        const colour = choose(name);
        uses[colour] = (uses[colour] ?? 0) + 1;
        chosen.set(name, colour);
        return colour;
      },
      /** Returns the colour of somebody who may have said nothing yet. */
      of: (name) => chosen.get(name) ?? colourOf(name)
    };
  }
  function colourOf(name) {
    let hash2 = 2166136261;
    for (const character of name.slice(0, COLOURED_LENGTH).normalize("NFKC").toLowerCase()) {
      hash2 = Math.imul(hash2 ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0;
    }
    return ((hash2 ^ hash2 >>> 16) >>> 0) % COLOURS;
  }

  // static/src/model/roster.ts
  var { compare } = new Intl.Collator(void 0, {
    sensitivity: "base",
    numeric: true
  });
  function createRoster(onChange) {
    const users = /* @__PURE__ */ new Map();
    let sorted;
    function change() {
      sorted = void 0;
      onChange();
    }
    return {
      reset(all) {
        users.clear();
        for (const user of all) users.set(user.id, user);
        change();
      },
      put(user) {
        users.set(user.id, user);
        change();
      },
      remove(id) {
        users.delete(id);
        change();
      },
      get(id) {
        return users.get(id);
      },
      get size() {
        return users.size;
      },
      /** All users: those with names first, in alphabetical order. */
      sorted() {
        return sorted ??= [
          ...users.values()
        ].sort((a, b) => Number(a.name === null) - Number(b.name === null) || compare(displayName(a), displayName(b)));
      }
    };
  }

  // static/src/model/gaps.ts
  function createGaps(timeline, now) {
    let gaps = [];
    function show(gap) {
      const { key, state, to } = gap;
      const { loading: _, ...text } = describe2(gap);
      timeline.update(key, {
        ...text,
        after: to,
        loading: state === "lost" ? void 0 : state
      });
    }
    function create(from, to, rest) {
      const gap = {
        ...rest,
        from,
        to
      };
      const { time } = gap;
      return {
        ...gap,
        key: timeline.putAfter({
          after: to,
          time,
          ...describe2(gap)
        }).key
      };
    }
    function shrink(gap, from, to) {
      if (to < gap.from || from > gap.to) return [
        gap
      ];
      const rest = [
        [
          gap.from,
          from - 1
        ],
        [
          to + 1,
          gap.to
        ]
      ].filter(([a = 0, b = 0]) => a <= b);
      timeline.remove(gap.key);
      return rest.map(([a = 0, b = 0], index) => create(a, b, {
        ...gap,
        lead: index === 0 ? gap.lead : ""
      }));
    }
    function cover(from, to) {
      if (gaps.length > 0) gaps = gaps.flatMap((gap) => shrink(gap, from, to));
    }
    return {
      /** Adds a gap. */
      open(from, to, { kind = "missed", lead = "", state = "waiting" } = {}) {
        if (from > to) return;
        cover(from, to);
        const gap = create(from, to, {
          kind,
          lead,
          state,
          time: now()
        });
        gaps = [
          ...gaps,
          gap
        ].sort((one, other) => one.from - other.from);
      },
      /** Removes ids that arrived or never existed. */
      cover,
      set(gap, state) {
        if (gap.state === state) return;
        gap.state = state;
        show(gap);
      },
      /** The gap with this entry. */
      byKey: (key) => gaps.find((gap) => gap.key === key),
      get all() {
        return gaps;
      },
      /** Marks all gaps as lost: a new epoch starts, and their ids mean other messages in it. */
      giveUp() {
        for (const gap of gaps) {
          gap.state = "lost";
          show(gap);
        }
        gaps = [];
      }
    };
  }
  function describe2({ kind, from, to, lead, state }) {
    const rest = state === "loading" ? " Loading them\u2026" : "";
    const what = kind === "missed" ? `${count2(to - from + 1)} missed.` : `${(to - from + 1).toLocaleString()} more in between.`;
    return {
      kind,
      text: `${lead}${what}${rest}`,
      ...state === "lost" ? {} : {
        loading: state
      }
    };
  }
  function count2(messages) {
    return messages === 1 ? "1 message was" : `${messages.toLocaleString()} messages were`;
  }

  // static/src/model/sequence.ts
  var TOO_SLOW = "Too much at once: ";
  function createSequence(timeline, now) {
    const gaps = createGaps(timeline, now);
    let epoch;
    let high = 0;
    function advanceTo(id) {
      high = Math.max(high, id);
    }
    return {
      gaps,
      /** The position up to which the room is known; `undefined` before the first connection. */
      get position() {
        return epoch === void 0 ? void 0 : {
          epoch,
          offset: high
        };
      },
      /** Starts a new epoch at an offset. Messages of an earlier epoch stay where they are. */
      begin(newEpoch, offset) {
        gaps.giveUp();
        timeline.clearIds();
        epoch = newEpoch;
        high = offset;
      },
      /** Continues the same ids under another epoch. */
      rename(newEpoch) {
        epoch = newEpoch;
      },
      advanceTo,
      /** Handles the id of a live message. */
      received(id) {
        gaps.cover(id, id);
        advanceTo(id);
      },
      /** Opens a gap for messages that the server dropped. */
      dropped(from, to) {
        gaps.open(from, to, {
          lead: TOO_SLOW
        });
        for (const id of timeline.idsWithin(from, to)) gaps.cover(id, id);
        advanceTo(to);
      },
      /** Adds messages with consecutive ids to the timeline. Returns those that are new. */
      merge(messages) {
        const added = messages.flatMap((message) => timeline.put(message) ?? []);
        const first2 = messages[0], last = messages.at(-1);
        if (first2 && last) gaps.cover(first2.id, last.id);
        return added;
      },
      /** Gaps that are loading are requested again on the next connection. */
      connectionLost() {
        for (const gap of gaps.all) if (gap.state === "loading") gaps.set(gap, "waiting");
      }
    };
  }

  // static/src/model/timeline.ts
  var CAPACITY = 1e4;
  var PRESENCE_GAP = 6e4;
  var SAME_TIME = 5e3;
  var lastKey = 0;
  function createTimeline({ now = Date.now, capacity = CAPACITY } = {}) {
    const entries = [];
    const byKey = /* @__PURE__ */ new Map();
    const byRef = /* @__PURE__ */ new Map();
    const byId2 = /* @__PURE__ */ new Map();
    const unnumbered = /* @__PURE__ */ new Map();
    let listener;
    let mark;
    let trimmed = false;
    function insert(index, given) {
      const entry = {
        time: now(),
        own: false,
        sender: "",
        senderId: 0,
        ...given,
        key: ++lastKey
      };
      entries.splice(index, 0, entry);
      byKey.set(entry.key, entry);
      if (entry.ref !== void 0) byRef.set(entry.ref, entry);
      if (entry.id !== void 0) byId2.set(entry.id, entry);
      listener?.inserted(index);
      changedAt(index + 1);
      if (entries.length > capacity && index > 0) trim(Math.ceil(capacity / 10));
      return entry;
    }
    function drop(index, count3) {
      for (const { key: key1, ref, id } of entries.splice(index, count3)) {
        byKey.delete(key1);
        if (ref !== void 0) byRef.delete(ref);
        if (id !== void 0) byId2.delete(id);
        if (key1 === mark) mark = void 0;
      }
      listener?.removed(index, count3);
      changedAt(index);
    }
    function trim(count3) {
      trimmed = true;
      drop(0, count3);
    }
    function changedAt(index) {
      const entry = entries[index];
      if (entry !== void 0) listener?.changed(entry.key);
    }
    function insertionIndex(id, time) {
      let index = entries.length;
      while (index > 0 && !((orderOf(entries[index - 1]) ?? Infinity) < id)) index--;
      for (let entry = entries[index]; entry !== void 0; entry = entries[++index]) {
        if (orderOf(entry) !== void 0 || isPending(entry) || entry.time > time) break;
      }
      return index;
    }
    function update(key1, change) {
      const entry = byKey.get(key1);
      if (entry === void 0) return;
      Object.assign(entry, change);
      listener?.changed(key1);
      changedAt(entries.lastIndexOf(entry) + 1);
    }
    function setId(key1, id, change = {}) {
      const entry = byKey.get(key1);
      if (entry === void 0) return;
      const copy2 = byId2.get(id);
      if (copy2 !== void 0 && copy2 !== entry) drop(entries.lastIndexOf(copy2), 1);
      const from = entries.lastIndexOf(entry);
      if (entry.id !== void 0) byId2.delete(entry.id);
      entries.splice(from, 1);
      Object.assign(entry, change, {
        id
      });
      byId2.set(id, entry);
      const to = insertionIndex(id, entry.time);
      entries.splice(to, 0, entry);
      if (to !== from) {
        listener?.removed(from, 1);
        listener?.inserted(to);
        changedAt(from);
      }
      listener?.changed(key1);
      changedAt(to + 1);
    }
    function findUnnumbered(given) {
      if (unnumbered.size === 0) return void 0;
      const alike = unnumbered.get(signature(given)) ?? [];
      const index = alike.findIndex(({ key: key1, time }) => byKey.has(key1) && Math.abs(time - given.time) < SAME_TIME);
      return index < 0 ? void 0 : alike.splice(index, 1)[0];
    }
    return {
      /** Adds an entry at the end. */
      add: (given) => insert(entries.length, given),
      /** Inserts a message at its place, unless it is in the timeline. Returns the entry if it is new. */
      put(given) {
        if (byId2.has(given.id)) return void 0;
        const known2 = findUnnumbered(given);
        if (known2 === void 0) return insert(insertionIndex(given.id, given.time), given);
        setId(known2.key, given.id);
        return void 0;
      },
      /** Inserts an entry after all messages up to an id. */
      putAfter(given) {
        return insert(insertionIndex(given.after + 1, given.time ?? now()), given);
      },
      setId,
      update,
      /** Removes an entry. */
      remove(key1) {
        const entry = byKey.get(key1);
        if (entry !== void 0) drop(entries.lastIndexOf(entry), 1);
      },
      /** Removes the ids of all messages: a new epoch starts, and gives them to other messages. */
      clearIds() {
        unnumbered.clear();
        for (const entry of byId2.values()) {
          delete entry.id;
          const alike = unnumbered.get(signature(entry));
          if (alike === void 0) unnumbered.set(signature(entry), [
            entry
          ]);
          else alike.push(entry);
        }
        byId2.clear();
        for (const entry of entries) delete entry.after;
      },
      get: (key1) => byKey.get(key1),
      byId: (id) => byId2.get(id),
      /** The message that was sent in the request with this id. */
      byRef: (ref) => ref === null ? void 0 : byRef.get(ref),
      at: (index) => entries[index],
      /** The index of an entry, or -1 if it was removed. */
      indexOf(key1) {
        const entry = byKey.get(key1);
        return entry === void 0 ? -1 : entries.lastIndexOf(entry);
      },
      /** All entries after the one with this key. */
      entriesAfter: (key1) => entries.slice(entries.findIndex((entry) => entry.key === key1) + 1),
      get size() {
        return entries.length;
      },
      /** Whether anybody has said something. */
      get hasMessages() {
        return entries.some(({ kind }) => kind === "message" || kind === "whisper");
      },
      /** Whether there is no room for older messages. */
      get full() {
        return entries.length >= capacity * 0.9;
      },
      /** Whether the oldest entries were removed because there were too many. */
      get trimmed() {
        return trimmed;
      },
      set trimmed(value) {
        trimmed = value;
      },
      /** Makes room for a page of messages by removing the oldest entries. */
      makeRoom() {
        if (entries.length >= capacity * 0.9) trim(Math.ceil(capacity / 5));
      },
      /** The largest id below, and the smallest id above a range of ids. */
      neighbours(from, to) {
        let below, above;
        for (const id of byId2.keys()) {
          if (id < from && !(below !== void 0 && below > id)) below = id;
          if (id > to && !(above !== void 0 && above < id)) above = id;
        }
        return {
          below,
          above
        };
      },
      /** The smallest id; `undefined` if no entry has one. */
      get firstId() {
        return entries.find(({ id }) => id !== void 0)?.id;
      },
      /** The ids within a range that are in the timeline. */
      idsWithin: (from, to) => [
        ...byId2.keys()
      ].filter((id) => id >= from && id <= to),
      /** The first message of another user with a larger id. */
      firstAfter: (id) => entries.find((entry) => (entry.id ?? 0) > id && !entry.own),
      /** The key of the entry below the unread line. */
      get mark() {
        return mark;
      },
      set mark(key) {
        if (key === mark) return;
        const before = mark;
        mark = key;
        for (const each of [
          before,
          key
        ]) if (each !== void 0) listener?.changed(each);
      },
      /** Sets the one listener that is called after every change. */
      setListener(newListener) {
        listener = newListener;
      },
      /** Shows that a user joined or left, in the same entry as other users shortly before. */
      addPresence(event, name) {
        const last = entries.at(-1);
        if (last?.group !== void 0 && now() - last.time < PRESENCE_GAP) {
          const group2 = addToGroup(last.group, event, name);
          update(last.key, {
            group: group2,
            text: describeGroup(group2)
          });
          return void 0;
        }
        const group = addToGroup(EMPTY_GROUP, event, name);
        return insert(entries.length, {
          kind: "presence",
          text: describeGroup(group),
          group
        });
      }
    };
  }
  function orderOf(entry) {
    return entry?.id ?? entry?.after;
  }
  function isPending({ delivery }) {
    return delivery === "queued" || delivery === "sending";
  }
  function signature({ sender = "", text, action = false }) {
    return `${sender} ${action} ${text}`;
  }

  // static/src/model/room.ts
  function createRoom({ name, now, isAttended: isAttended2, onRead, onChange, seen }) {
    const entries = createTimeline({
      now
    });
    const sequence = createSequence(entries, now);
    const users = createRoster(onChange);
    let read = seen;
    let topic = null;
    let unread = 0;
    let mentions2 = 0;
    let older = "unkept";
    let countOnlySize;
    let isLineDue = false;
    let isOpening = false;
    function markRead() {
      const { position } = sequence;
      if (position === void 0) return;
      const moved = read?.epoch !== position.epoch || read.offset !== position.offset;
      read = position;
      unread = 0;
      mentions2 = 0;
      if (moved) onRead();
    }
    const room = {
      name,
      timeline: entries,
      sequence,
      users,
      colours: createRoomColours(),
      get topic() {
        return topic;
      },
      set topic(text) {
        topic = text;
        onChange();
      },
      /** Whether this connection is in the room. */
      joined: false,
      /** The position up to which the user has read. */
      get read() {
        return read;
      },
      /** The number of unread messages of other users. */
      get unread() {
        return unread;
      },
      /** The number of unread messages that mention the user. */
      get mentions() {
        return mentions2;
      },
      get older() {
        if (older === "none" && entries.trimmed) return "some";
        return older === "some" && entries.full ? "full" : older;
      },
      set older(value) {
        older = value;
        isOpening &&= value === "loading";
        entries.trimmed = false;
      },
      /** The number of users. */
      get size() {
        return countOnlySize ?? users.size;
      },
      /** Whether the server sends only the number of users. */
      get countOnly() {
        return countOnlySize !== void 0;
      },
      /** Stores the list of users. `size` is larger if the list is not complete. */
      fill(list2, size = list2.length) {
        countOnlySize = size > list2.length ? size : void 0;
        users.reset(list2);
      },
      /** Stores the number of users of a large room. */
      count(size) {
        countOnlySize = size;
        onChange();
      },
      /** Counts new entries, oldest first, as unread, or as read if the user is looking at them. */
      addUnread(added) {
        const others = added.filter(({ own }) => !own);
        const isRead = isAttended2(room) && !isOpening;
        if (others.length > 0 && unread === 0 && !isRead) entries.mark = others[0]?.key;
        unread += others.length;
        mentions2 += others.filter(({ mention }) => mention).length;
        if (isRead) markRead();
        else if (others.length > 0) onChange();
      },
      /** Adds entries that were missed while the page was not connected. The unread line is drawn before the first. */
      catchUp(added) {
        const first2 = added.find(({ own }) => !own);
        if (first2 !== void 0 && unread === 0) entries.mark = first2.key;
        room.addUnread(added);
      },
      /**
       * Starts the room at an offset of an epoch.
       *
       * @param hasHistory Whether the server stores messages.
       */
      begin(epoch, offset, hasHistory) {
        sequence.begin(epoch, offset);
        room.older = !hasHistory ? "unkept" : offset === 0 ? "none" : "some";
        unread = hasHistory && seen?.epoch === epoch ? Math.max(0, offset - seen.offset) : 0;
        isLineDue = unread > 0;
        isOpening = older === "some";
        if (unread === 0) markRead();
      },
      /** Continues the same ids under another epoch. */
      rename(epoch) {
        if (sequence.position?.epoch === epoch) return;
        sequence.rename(epoch);
        if (read === void 0) return;
        read = {
          ...read,
          epoch
        };
        onRead();
      },
      /** Draws the unread line of an earlier visit as soon as its place is loaded. Returns whether it did. */
      restoreMark() {
        const oldest = entries.firstId;
        if (!isLineDue || seen === void 0 || oldest === void 0) return false;
        if (oldest > seen.offset + 1 && older === "some") return false;
        isLineDue = false;
        const first2 = entries.firstAfter(seen.offset);
        if (first2 !== void 0) entries.mark = first2.key;
        return first2 !== void 0;
      },
      /** Marks all messages as read: the user is looking at the newest. */
      markRead,
      /** Called when the user looks away. A line above messages that are read is removed. */
      onUnattended() {
        if (unread === 0) entries.mark = void 0;
      },
      connectionLost() {
        room.joined = false;
        sequence.connectionLost();
        if (older === "loading") older = "some";
      }
    };
    return room;
  }

  // static/src/model/rooms.ts
  var MAX_POSITIONS = 100;
  function createRooms({ now, memory, readPositions, isAttended: isAttended2, onChange }) {
    const storedPositions = () => Object.entries(parse7(readPositions.load())).filter(isPosition);
    const seen = new Map(storedPositions());
    const positions = /* @__PURE__ */ new Map();
    const kept = parse7(memory.load());
    const all = [];
    const lobby = add(LOBBY);
    let shown = lobby;
    for (const name of Array.isArray(kept.names) ? kept.names : []) {
      if (typeof name === "string" && !find(name)) add(name);
    }
    shown = find(kept.shown) ?? lobby;
    function add(name) {
      const room = createRoom({
        name,
        now,
        isAttended: (one) => one === shown && isAttended2(),
        onRead: () => setPosition(room),
        onChange,
        seen: seen.get(name)
      });
      all.push(room);
      return room;
    }
    function setPosition({ name, read }) {
      if (read !== void 0) positions.set(name, read);
      onChange();
    }
    function find(name) {
      const key = typeof name === "string" ? roomKey(name) : void 0;
      return all.find((room) => roomKey(room.name) === key);
    }
    function keep() {
      const names = all.filter((room) => room !== lobby).map(({ name }) => name);
      memory.save(JSON.stringify({
        names,
        shown: shown.name
      }));
    }
    return {
      /** The room that every connection is in. */
      lobby,
      find,
      get all() {
        return all;
      },
      get shown() {
        return shown;
      },
      /** Shows a room. */
      show(room) {
        if (room === shown) return;
        shown.onUnattended();
        shown = room;
        keep();
        onChange();
      },
      /** Adds a room, unless it is in the list. Returns it. */
      open(name) {
        const known2 = find(name);
        if (known2 !== void 0) return known2;
        const room = add(name);
        keep();
        onChange();
        return room;
      },
      /** Removes a room. If it was shown, the room before it is shown. */
      close(room) {
        const index = all.indexOf(room);
        if (room === lobby || index < 0) return;
        all.splice(index, 1);
        if (shown === room) shown = all[index - 1] ?? lobby;
        keep();
        onChange();
      },
      /** Stores the read positions: for each room the larger one of this tab and of other tabs. */
      saveReadPositions() {
        const all2 = new Map(storedPositions());
        for (const [name, here] of positions) {
          const there = all2.get(name);
          const isBehind = there?.epoch === here.epoch && there.offset > here.offset;
          all2.delete(name);
          all2.set(name, isBehind ? there : here);
        }
        readPositions.save(JSON.stringify(Object.fromEntries([
          ...all2
        ].slice(-MAX_POSITIONS))));
      }
    };
  }
  function parse7(text) {
    try {
      const value = JSON.parse(text ?? "{}");
      return typeof value === "object" && value !== null ? value : {};
    } catch {
      return {};
    }
  }
  function isPosition(entry) {
    return typeof Object(entry[1]).epoch === "string" && typeof Object(entry[1]).offset === "number";
  }

  // static/src/model/identity.ts
  var CAPACITY2 = 200;
  function createIdentity(memory) {
    let { epoch, ids } = parse8(memory.load());
    let user;
    return {
      get user() {
        return user;
      },
      /** Stores the id of a new connection. Ids of an earlier epoch mean other users now. */
      connected(you, newEpoch) {
        ids = [
          ...newEpoch === epoch ? ids : [],
          you.id
        ].slice(-CAPACITY2);
        epoch = newEpoch;
        user = you;
        memory.save(JSON.stringify({
          epoch,
          ids
        }));
      },
      /** Stores a new name or away state. */
      update(you) {
        user = you;
      },
      /** Whether a user is the one of this tab: on this or an earlier connection, or on another device. */
      is: ({ id, account }) => account === void 0 ? id === user?.id || ids.includes(id) : account === user?.account
    };
  }
  function parse8(text) {
    try {
      const { epoch, ids } = JSON.parse(text ?? "");
      if (typeof epoch === "string" && Array.isArray(ids)) return {
        epoch,
        ids
      };
    } catch {
    }
    return {
      epoch: "",
      ids: []
    };
  }

  // static/src/model/commands.ts
  function createCommands(options) {
    const { rooms, outgoing, pending, client, addEntry } = options;
    let hasQuit = false;
    function sendCommand(line) {
      const [word = ""] = line.split(/\s/, 1);
      const shown = isSecret(line) ? word : line;
      const request = {
        type: "command",
        text: line,
        room: rooms.shown.name
      };
      if (pending.send(request, {
        line: shown,
        typed: true,
        room: rooms.shown
      })) return;
      addEntry(rooms.shown, {
        kind: "error",
        command: shown,
        text: `Cannot run ${word}: not connected`
      });
    }
    function sendText(text) {
      const isQueued = outgoing.queue(text, rooms.shown);
      if (client.state === "closed" && !hasQuit) client.retry();
      return isQueued;
    }
    function join(name) {
      const room = rooms.find(name);
      if (room !== void 0) {
        rooms.show(room);
        return options.onJoined(room);
      }
      const about = {
        line: `/join ${name}`,
        typed: true,
        room: rooms.shown
      };
      if (pending.send({
        type: "join",
        room: name
      }, about)) return;
      options.onRefused("Cannot join a room: not connected");
    }
    function leave() {
      const room = rooms.shown;
      if (room === rooms.lobby) {
        return addEntry(room, {
          kind: "error",
          text: "The lobby cannot be left, try /join or /quit"
        });
      }
      const about = {
        line: "/leave",
        typed: true,
        room
      };
      if (pending.add(client.leave(room.name), about)) return;
      outgoing.discard(room);
      rooms.close(room);
    }
    function logIn(secret) {
      const about = {
        line: "/login",
        typed: true,
        room: rooms.shown
      };
      if (pending.send({
        type: "login",
        secret
      }, about)) return options.onLogin(secret);
      addEntry(rooms.shown, {
        kind: "error",
        text: "Cannot run /login: not connected"
      });
    }
    function disconnect() {
      hasQuit = true;
      client.post({
        type: "command",
        text: "/quit"
      });
      client.close();
      addEntry(rooms.shown, {
        kind: "notice",
        text: "You have disconnected. Messages that you write now are sent when you connect again."
      });
    }
    function runLocally(command, rest) {
      if (command === "quit") disconnect();
      else if (command === "leave" && rest === "") leave();
      else if (command === "name" && rest !== "") options.changeName(rest);
      else if (command === "join" && rest !== "") join(rest);
      else if (command === "login" && rest !== "") logIn(rest);
      else return false;
      return true;
    }
    return {
      disconnect,
      join,
      leave,
      /** Whether the user disconnected, so that the page must not reconnect by itself. */
      get hasQuit() {
        return hasQuit;
      },
      /** Does not connect by itself until the user wants to. */
      stop() {
        hasQuit = true;
      },
      /** Connects at once, also after {@linkcode disconnect}. */
      reconnect() {
        hasQuit = false;
        client.retry();
      },
      /** Handles a submitted line. Returns whether it was accepted. */
      submit(typed) {
        const text = stripInvisible(typed);
        if (!isCommand(text) || WHISPER.test(text) || ACTION.test(text)) {
          return sendText(text);
        }
        const [word = ""] = text.split(/\s/, 1);
        const rest = text.slice(word.length).trim();
        if (!runLocally(word.slice(1).toLowerCase(), rest)) sendCommand(text);
        return true;
      }
    };
  }

  // static/src/model/event_handlers.ts
  function createEventHandlers(options) {
    const { rooms, identity, outgoing, pages, entryOf, localTime, addEntry, onAdded, onUsersUnknown } = options;
    function inRoom(name, handle) {
      const room = rooms.find(name);
      if (room !== void 0) handle(room);
    }
    function addMessage(room, event) {
      const received = entryOf(event);
      room.sequence.received(event.id);
      if (received.own && outgoing.recognise(room, received)) return;
      const entry = room.timeline.put(received);
      if (entry === void 0) return;
      room.addUnread([
        entry
      ]);
      if (!entry.own) onAdded(room, entry);
      pages.fillGaps(room);
    }
    function addPresence(room, event, name) {
      const entry = room.timeline.addPresence(event, name);
      if (entry !== void 0) onAdded(room, entry);
    }
    return {
      message(event) {
        if (event.missed) return;
        inRoom(event.room, (room) => addMessage(room, event));
      },
      /** A whisper belongs to no room. It is added to the shown one. */
      whisper({ from, text, time, to }) {
        const { shown } = rooms;
        const entry = shown.timeline.add({
          kind: "whisper",
          text,
          time: localTime(time),
          sender: displayName(from),
          senderId: from.id,
          own: identity.is(from),
          ...to === void 0 ? {} : {
            to: displayName(to)
          }
        });
        if (!entry.own) onAdded(shown, entry);
      },
      /** The server delivered a message of this client and gave it an id. */
      ack({ room: name, id }) {
        const { user } = identity;
        inRoom(name, (room) => {
          if (user) room.users.put(user);
          room.sequence.received(id);
          room.addUnread([]);
          pages.fillGaps(room);
        });
      },
      presence({ room, event, user, previous }) {
        inRoom(room, (room2) => {
          const known2 = room2.users.get(user.id);
          if (event === "leave") room2.users.remove(user.id);
          else room2.users.put(user);
          if (room2.countOnly) onUsersUnknown(room2);
          if (user.id === identity.user?.id) return;
          const name = displayName(user);
          const before = previous ?? (known2 && displayName(known2));
          if (event !== "rename") addPresence(room2, event, name);
          else if (before === void 0) addPresence(room2, "join", name);
          else addEntry(room2, {
            kind: "presence",
            text: `${before} is now called ${name}`
          });
        });
      },
      /** The user returned so soon that no other client noticed: only the id changes. */
      back({ room: name, user, previous }) {
        inRoom(name, (room) => {
          room.users.remove(previous);
          room.users.put(user);
        });
      },
      people({ room: name, users }) {
        inRoom(name, (room) => room.count(users));
      },
      away({ room: name, user }) {
        inRoom(name, (room) => room.users.put(user));
      },
      topic({ room: name, from, topic }) {
        inRoom(name, (room) => {
          room.topic = topic;
          addEntry(room, {
            kind: "notice",
            text: topic === null ? `${displayName(from)} removed the topic` : `${displayName(from)} set the topic to \u201C${topic}\u201D`
          });
        });
      },
      /** The server dropped messages because this client reads too slowly, or skipped them. */
      gap({ room: name, cause, range }) {
        if (range === void 0 || cause === "away") return;
        inRoom(name, (room) => {
          if (cause === "unknown") return room.sequence.gaps.open(range.from, range.to);
          room.sequence.dropped(range.from, range.to);
          pages.fillGaps(room);
        });
      },
      /** The server dropped events because this client reads too slowly. */
      dropped({ count: count3, missed }) {
        for (const room of rooms.all) if (room.joined && !room.countOnly) onUsersUnknown(room);
        if (missed.length > 0) return;
        const text = `Too much at once: ${count2(count3)} missed.`;
        addEntry(rooms.shown, {
          kind: "missed",
          text
        });
      }
    };
  }

  // static/src/model/login.ts
  function createLogin({ memory, server, ask }) {
    let typed;
    function remember(secret) {
      memory.save(secret === void 0 ? "" : JSON.stringify({
        server: server(),
        secret
      }));
    }
    async function askUser(problem) {
      const asking = server();
      const secret = await ask(problem);
      if (asking === server()) remember(secret);
      return secret;
    }
    return {
      /** Gives the client a secret: the remembered one, or what the user enters. */
      give({ isRequired, problem }) {
        const remembered = parse9(memory.load(), server());
        if (problem === void 0 && remembered !== void 0) return remembered;
        remember(void 0);
        return isRequired ? askUser(problem?.text ?? "") : void 0;
      },
      /** The user has typed a secret. */
      type(secret) {
        typed = secret;
      },
      /** The server has accepted a login. */
      accepted() {
        if (typed !== void 0) remember(typed);
        typed = void 0;
      },
      /** The server has refused what the user has typed. */
      refused() {
        typed = void 0;
      }
    };
  }
  function parse9(text, server) {
    try {
      const stored = Object(JSON.parse(text || "null"));
      if (stored.server === server && typeof stored.secret === "string") return stored.secret;
    } catch {
    }
    return void 0;
  }

  // static/src/model/pages.ts
  var PAGE = 50;
  var MAX_PAGE = 200;
  var MAX_AUTOMATIC_GAP = 1e3;
  function createPages({ pending, merge, onPage, onLine }) {
    function send(room, range, gap) {
      const request = {
        type: "history",
        room: room.name,
        ...range
      };
      const about = {
        line: "/history",
        typed: false,
        room
      };
      return pending.send(request, gap === void 0 ? about : {
        ...about,
        gap
      });
    }
    function loadOlder(room, limit = PAGE) {
      if (room.older !== "some" || !room.joined) return;
      const before = room.timeline.firstId;
      const range = before === void 0 ? {} : {
        before
      };
      const count3 = Math.min(MAX_PAGE, Math.max(PAGE, limit));
      if (send(room, {
        ...range,
        limit: count3
      })) room.older = "loading";
      onPage(room);
    }
    function fillGaps(room, key) {
      const { gaps } = room.sequence;
      if (room.older === "unkept") {
        for (const gap2 of gaps.all) gaps.set(gap2, "lost");
      }
      if (!room.joined || room.older === "unkept" || gaps.all.some(isLoading)) return;
      const gap = key === void 0 ? gaps.all.find((one) => one.state === "waiting" && one.kind === "missed" && one.to - one.from < MAX_AUTOMATIC_GAP) : gaps.byKey(key);
      if (gap?.state !== "waiting") return;
      const { from, to } = gap;
      const range = {
        after: from - 1,
        before: to + 1,
        limit: MAX_PAGE
      };
      if (send(room, range, {
        from,
        to,
        whole: key === void 0
      })) gaps.set(gap, "loading");
    }
    function gapPageReceived(room, { from, to, whole }, { messages, complete }) {
      const { sequence } = room;
      const first2 = messages[0], last = messages.at(-1);
      merge(room, messages);
      if (complete) sequence.gaps.cover(from, last?.id ?? to);
      for (const gap of sequence.gaps.all.filter((one) => one.from <= to && one.to >= from)) {
        const isGone = !complete && gap.from < (first2?.id ?? Infinity);
        sequence.gaps.set(gap, isGone ? "lost" : "waiting");
      }
      if (whole) fillGaps(room);
    }
    function locate(room, id, done) {
      const known2 = room.timeline.byId(id);
      if (known2 !== void 0 || !room.joined) return done(known2?.key);
      const range = {
        before: id + PAGE / 2,
        limit: PAGE
      };
      const about = {
        line: "/history",
        typed: false,
        room,
        onAnswer(answer) {
          if (answer.type === "reply" && answer.command === "history") {
            pageAroundReceived(room, answer.data);
          }
          done(room.timeline.byId(id)?.key);
        }
      };
      if (!pending.send({
        type: "history",
        room: room.name,
        ...range
      }, about)) done(void 0);
    }
    function pageAroundReceived(room, { epoch, messages, more }) {
      const { timeline, sequence: { gaps, position } } = room;
      const first2 = messages[0], last = messages.at(-1);
      if (epoch !== position?.epoch || first2 === void 0 || last === void 0) return;
      timeline.makeRoom();
      const { below, above } = timeline.neighbours(first2.id, last.id);
      merge(room, messages);
      const skip = (from, to) => {
        const isKnown = gaps.all.some((gap) => gap.from <= from && gap.to >= to);
        if (!isKnown) gaps.open(from, to, {
          kind: "skipped"
        });
      };
      if (above !== void 0) skip(last.id + 1, above - 1);
      if (below !== void 0) skip(below + 1, first2.id - 1);
      else room.older = more ? "some" : "none";
      onPage(room);
    }
    return {
      loadOlder,
      locate,
      fillGaps,
      /** Handles the page that a request returned. */
      pageReceived({ room, gap }, data) {
        if (data.epoch !== room.sequence.position?.epoch) return;
        if (gap !== void 0) return gapPageReceived(room, gap, data);
        merge(room, data.messages);
        room.older = data.more ? "some" : "none";
        if (room.restoreMark()) onLine(room);
        onPage(room);
      },
      /** Handles the server's refusal of a page. */
      refused({ room, gap }, code) {
        if (gap === void 0) room.older = code === "no_history" ? "unkept" : "none";
        else {
          const { gaps } = room.sequence;
          for (const one of gaps.all.filter(isLoading)) gaps.set(one, "lost");
        }
        onPage(room);
      }
    };
  }
  function isLoading({ state }) {
    return state === "loading";
  }

  // static/src/model/pending_requests.ts
  function createPendingRequests(post) {
    const pending = /* @__PURE__ */ new Map();
    function add(id, about) {
      if (id !== void 0) pending.set(id, about);
      return id !== void 0;
    }
    function send(request, about) {
      return add(post(request), about);
    }
    function sendCommand(line, room) {
      return send({
        type: "command",
        text: line,
        room: room.name
      }, {
        line,
        typed: false,
        room
      });
    }
    return {
      add,
      send,
      sendCommand,
      /** Does the same, unless the same command is pending: the list of a large room is long. */
      sendCommandOnce(line, room) {
        const isPending2 = [
          ...pending.values()
        ].some((one) => one.line === line && one.room === room);
        if (!isPending2) sendCommand(line, room);
      },
      /** Removes and returns the request with this id. */
      take(ref) {
        const about = pending.get(ref ?? "");
        pending.delete(ref ?? "");
        return about;
      },
      /** Called when the connection is lost: no answer will come. */
      clear() {
        pending.clear();
      }
    };
  }

  // static/src/model/search.ts
  function createSearch(pending) {
    return (room, words, onFound) => {
      const line = `/search ${words}`;
      const onAnswer = (answer) => onFound(foundIn(answer));
      return pending.send({
        type: "command",
        text: line,
        room: room.name
      }, {
        line,
        typed: false,
        room,
        onAnswer
      });
    };
  }
  function foundIn(answer) {
    if (answer.type === "reply" && answer.command === "search") return answer.data;
    return {
      problem: answer.text.replace(/^Error: /, "")
    };
  }

  // static/src/model/resume.ts
  var CONTEXT = 10;
  function createResume({ rooms, pages, merge, addEntry, now }) {
    let hasHistory = false;
    let lostAt = 0;
    function lead() {
      return `Back after ${Math.max(1, Math.round((now() - lostAt) / 1e3))} s. `;
    }
    function enterRoom(room, { epoch, offset }) {
      room.begin(epoch, offset, hasHistory);
      pages.loadOlder(room, room.unread + CONTEXT);
    }
    function resumeRoom(room, { position, gap, messages }) {
      const { sequence } = room;
      room.rename(position.epoch);
      if (gap !== void 0) {
        const state = hasHistory ? "waiting" : "lost";
        sequence.gaps.open(gap.from, gap.to, {
          lead: lead(),
          state
        });
      }
      sequence.advanceTo(position.offset);
      room.catchUp(merge(room, messages));
      if (gap === void 0) addEntry(room, {
        kind: "notice",
        text: `${lead()}Nothing was missed.`
      });
    }
    function restartRoom(room, { position, room: { offset }, messages, more }) {
      const { sequence, timeline } = room;
      sequence.begin(position.epoch, position.offset);
      const added = new Set(merge(room, messages).map(({ id }) => id));
      const known2 = messages.findLast(({ id }) => !added.has(id));
      const { key } = timeline.putAfter({
        kind: "missed",
        text: `${lead()}The server was restarted. Messages sent in the meantime may be missing.`,
        after: known2?.id ?? (messages[0]?.id ?? offset + 1) - 1
      });
      room.older = !hasHistory ? "unkept" : more ? "some" : "none";
      room.catchUp(timeline.entriesAfter(key).filter(({ id }) => id !== void 0));
    }
    return {
      connectionLost() {
        lostAt = now();
        for (const room of rooms.all) room.connectionLost();
      },
      /** Handles the hello of a new connection, which is in the lobby. What was missed there comes with its `joined`. */
      connected(event) {
        const { lobby } = rooms;
        hasHistory = event.limits.history > 0;
        if (event.room === null) return;
        lobby.joined = true;
        lobby.topic = event.room.topic;
        lobby.fill(event.users, event.online);
      },
      /** Handles that this connection is in a room. */
      joined(room, event) {
        const { outcome, position, room: { topic, users } } = event;
        room.joined = true;
        room.topic = topic;
        room.fill(event.users, users);
        if (outcome === "entered") enterRoom(room, position);
        else if (outcome === "resumed") resumeRoom(room, event);
        else if (outcome === "restarted") restartRoom(room, event);
        pages.fillGaps(room);
      }
    };
  }

  // static/src/model/session.ts
  var TEST_AFTER_SILENCE = 5e3;
  function createSession(options) {
    const { rooms, identity, view, nameMemory, environment } = options;
    const now = () => environment.clock.now();
    let state = "idle";
    let away = "";
    let lastFrame = 0;
    let server = "";
    let skew = 0;
    const login = createLogin({
      memory: options.secretMemory,
      server: () => server,
      ask: view.askSecret
    });
    const client = new ClientCore({
      environment,
      login: login.give,
      resume: options.resumeMemory,
      name: nameMemory.load() ?? void 0,
      needsName: true,
      restsWhenIdle: true,
      rooms: rooms.all.map(({ name }) => name),
      outbox: options.outboxMemory
    });
    const pending = createPendingRequests((request) => client.post(request));
    const outgoing = createOutgoing({
      rooms,
      client
    });
    const pages = createPages({
      pending,
      merge,
      onLine: view.onLine,
      onPage
    });
    const resume = createResume({
      rooms,
      pages,
      merge,
      addEntry,
      now
    });
    const handleReply = createReplyHandler({
      rooms,
      pending,
      pages,
      addEntry,
      onAway(user) {
        away = user.away ?? "";
        view.onStatus();
      },
      onRooms: view.onRooms
    });
    function entryOf({ id, text, time, from, action }) {
      const own = identity.is(from);
      return {
        kind: "message",
        id,
        text,
        time: time - skew,
        sender: displayName(from),
        senderId: from.id,
        own,
        mention: !own && mentions(text, identity.user?.name ?? null),
        ...action ? {
          action
        } : {}
      };
    }
    function merge(room, messages) {
      const entries = messages.map(entryOf);
      for (const entry of entries) if (entry.own) outgoing.recognise(room, entry);
      return room.sequence.merge(entries);
    }
    function addEntry(room, entry) {
      view.onEntry(room, room.timeline.add(entry));
    }
    function onPage(room) {
      room.addUnread([]);
      view.onPage(room);
    }
    function onNotice({ text }) {
      addEntry(rooms.shown, {
        kind: "notice",
        text
      });
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
      onUsersUnknown: (room) => pending.sendCommandOnce("/list", room)
    });
    client.onAny(() => lastFrame = now());
    for (const [type, handle] of Object.entries(handlers)) {
      client.on(type, handle);
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
      const lost = name === void 0 ? "" : `\u201C${name}\u201D belongs to a user who has logged in`;
      view.askName(error?.text ?? lost);
    });
    client.on("loginFailed", ({ problem, error }) => {
      commands.stop();
      view.onLoginEnd();
      addEntry(rooms.shown, {
        kind: "error",
        text: problem?.text ?? String(error)
      });
    });
    client.on("user", onUser);
    client.on("ready", onReady);
    client.on("joined", onJoined);
    client.on("left", ({ room: name, error }) => {
      if (error !== void 0) return onError(error);
      const room = rooms.find(name);
      if (room === void 0 || room === rooms.lobby) return;
      outgoing.discard(room);
      rooms.close(room);
    });
    client.on("delivery", onDelivery);
    function connectionLost() {
      resume.connectionLost();
      pending.clear();
    }
    function onHello(event) {
      skew = event.time - now();
      identity.connected(event.you, event.epoch);
      resume.connected(event);
      view.onLoginEnd();
      view.onStatus();
    }
    function onJoined(event) {
      const isTyped = pending.take(event.ref)?.typed === true;
      const room = rooms.open(event.room.name);
      resume.joined(room, event);
      if (room.countOnly) pending.sendCommandOnce("/list", room);
      if (isTyped) rooms.show(room);
      view.onPage(room);
      if (isTyped) view.onJoined(room);
    }
    function onDelivery(event) {
      const { message } = event;
      if (event.state === "queued" || event.state === "sending") return outgoing.changed(event);
      if (event.state === "failed") {
        const failed = outgoing.refused(message, event.error.text);
        if (failed !== void 0) view.onFailed(rooms.shown, failed);
        return;
      }
      const { answer } = event;
      const { user } = identity;
      if (answer.type === "ack") {
        outgoing.delivered(message, {
          id: answer.id,
          time: answer.time - skew,
          sender: user === void 0 ? "" : displayName(user),
          senderId: user?.id ?? 0,
          ...answer.text === void 0 ? {} : {
            text: answer.text
          }
        });
      } else if (answer.command === "whisper") {
        outgoing.delivered(message, {
          to: displayName(answer.data.to)
        });
      }
    }
    function onError(event) {
      const { ref, code, text } = event;
      const request = pending.take(ref);
      if (request?.onAnswer !== void 0) return request.onAnswer(event);
      if (request?.line === "/login") login.refused();
      if (request?.line === "/history" && !request.typed) return pages.refused(request, code);
      if (request?.line.startsWith("/join ") && request.typed) return view.onRefused(text);
      const about = request?.typed ? {
        command: request.line
      } : {};
      addEntry(rooms.shown, {
        kind: "error",
        text: text.replace(/^Error: /, ""),
        ...about
      });
    }
    function onUser({ user, isByUser }) {
      const before = identity.user?.name ?? null;
      const isNew = user.name !== before;
      if (user.name !== null) nameMemory.save(user.name);
      identity.update(user);
      for (const room of rooms.all) if (room.joined) room.users.put(user);
      if (isByUser && isNew && before !== null) {
        addEntry(rooms.shown, {
          kind: "notice",
          text: `You are now called ${user.name}`
        });
      }
      if (isByUser || isNew) view.onNamed();
      view.onStatus();
    }
    function onReady() {
      if (away !== "" && identity.user?.away === void 0) {
        pending.sendCommand(`/away ${away}`, rooms.lobby);
      }
      view.onStatus();
    }
    const commands = createCommands({
      rooms,
      outgoing,
      pending,
      client,
      addEntry,
      changeName,
      onLogin: login.type,
      onRefused: view.onRefused,
      onJoined: view.onJoined
    });
    function changeName(wanted) {
      if (client.setName(wanted) !== void 0) return;
      addEntry(rooms.shown, {
        kind: "notice",
        text: `You will be called ${wanted} when you are connected again`
      });
    }
    return {
      rooms,
      addEntry,
      /** Calls `listener` for every event of a type, after the session has handled it. */
      on(type, listener) {
        client.on(type, listener);
      },
      /** Sends a request and ignores the answer. Returns whether the request was sent. */
      request: (request) => client.post(request) !== void 0,
      /** Connects to a server. */
      open(url) {
        server = url;
        client.open(url);
      },
      retry: commands.reconnect,
      /** Called when the network or the user is back: reconnects, or tests a silent connection. */
      wake() {
        if (state === "waiting" || state === "closed" && !commands.hasQuit) client.retry();
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
      sendCommand: (line) => pending.sendCommandOnce(line, rooms.lobby),
      requestUsers: () => pending.sendCommandOnce("/list", rooms.shown),
      search: createSearch(pending),
      /** Loads a message and those around it, and calls `done` with the key of its entry if it still exists. */
      locate: pages.locate,
      /** Fetches older messages of the shown room. */
      loadOlder: () => pages.loadOlder(rooms.shown),
      /** Fetches the messages in the gap with this entry. */
      loadGap: (key) => pages.fillGaps(rooms.shown, key),
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
      get limits() {
        return client.hello?.limits;
      },
      get commands() {
        return client.hello?.commands ?? [];
      }
    };
  }

  // static/src/view/status_bar.ts
  var COUNTDOWN_INTERVAL = 500;
  var STATES = {
    idle: {
      text: "Not connected",
      button: ""
    },
    connecting: {
      text: "Connecting\u2026",
      button: ""
    },
    open: {
      text: "Connected",
      button: ""
    },
    waiting: {
      text: "Reconnecting",
      button: "Retry now"
    },
    closed: {
      text: "Disconnected",
      button: "Connect"
    },
    incompatible: {
      text: "Incompatible server",
      button: "Try again"
    }
  };
  function createStatusBar(retry) {
    const status = byId("state", HTMLElement);
    const label = byId("state-text", HTMLElement);
    const wait = byId("state-wait", HTMLElement);
    const brief = byId("self-state", HTMLElement);
    const again = byId("state-button", HTMLButtonElement);
    let retryAt;
    function countDown() {
      const seconds = Math.ceil(((retryAt ?? 0) - Date.now()) / 1e3);
      wait.textContent = seconds > 0 ? `in ${seconds} s` : "";
    }
    again.addEventListener("click", retry);
    setInterval(() => {
      if (retryAt !== void 0) countDown();
    }, COUNTDOWN_INTERVAL);
    return (state, at, isNaming) => {
      const { text, button: button2 } = STATES[state];
      const full = isNaming ? "Requesting your name\u2026" : text;
      if (label.textContent !== full) label.textContent = full;
      brief.textContent = full;
      status.dataset["state"] = isNaming ? "naming" : state;
      again.hidden = button2 === "";
      again.textContent = button2;
      for (const leave of document.querySelectorAll("button[data-do=disconnect]")) {
        if (leave instanceof HTMLButtonElement) {
          leave.disabled = state === "closed" || state === "idle";
        }
      }
      retryAt = state === "waiting" ? at : void 0;
      countDown();
    };
  }

  // static/src/view/room_header.ts
  var OLDER_TEXTS = {
    some: "",
    loading: "Loading older messages\u2026",
    none: "No older messages are stored",
    unkept: "",
    full: `This page shows at most ${CAPACITY.toLocaleString()} entries of a room`
  };
  function createRoomHeader({ loadOlder, changeSurroundings, showWelcome }) {
    const title = document.querySelector("#room-title bdi");
    const topicLine = byId("topic-line", HTMLElement);
    const topic = byId("topic", HTMLElement);
    const leave = byId("leave", HTMLButtonElement);
    const field = byId("text", HTMLTextAreaElement);
    const older = byId("older", HTMLElement);
    const button2 = byId("older-button", HTMLButtonElement);
    const state = byId("older-state", HTMLElement);
    const scroller = byId("scroller", HTMLElement);
    let shown = "";
    let shownTopic = null;
    button2.addEventListener("click", loadOlder);
    function showOlder(room, isLobby) {
      const text = room.older === "none" && (room.timeline.firstId ?? 1) <= 1 ? "Start of the conversation" : OLDER_TEXTS[room.older];
      const hadFocus = document.activeElement === button2;
      older.hidden = room.older === "unkept" || !room.timeline.hasMessages;
      button2.hidden = room.older !== "some";
      button2.disabled = !room.joined;
      if (hadFocus && (button2.hidden || button2.disabled)) scroller.focus({
        preventScroll: true
      });
      state.textContent = text;
      showWelcome(room, isLobby);
    }
    function showTopic(text) {
      topicLine.hidden = text === null;
      if (text === shownTopic) return;
      shownTopic = text;
      topic.replaceChildren(...parse4(text ?? "").map((piece) => piece.type === "link" ? linkOf(piece.text, piece.href) : piece.text));
      topicLine.title = text ?? "";
    }
    return (room, isLobby) => {
      if (title && title.textContent !== room.name) title.textContent = room.name;
      field.placeholder = `Message #${room.name}`;
      showTopic(room.topic);
      leave.hidden = isLobby;
      const { timeline, older: older2, joined, name } = room;
      const next = JSON.stringify([
        name,
        older2,
        joined,
        timeline.firstId,
        timeline.hasMessages
      ]);
      if (next !== shown) changeSurroundings(() => showOlder(room, isLobby));
      shown = next;
    };
  }

  // static/src/view/room_list.ts
  var { make: make7 } = dom_exports;
  var MAX_UNREAD = 999;
  function createRoomList(rooms, choose) {
    const list2 = byId("room-items", HTMLElement);
    const badge2 = byId("side-badge", HTMLElement);
    let drawn = "";
    const targets = {
      ArrowUp: (index, length) => (index + length - 1) % length,
      ArrowDown: (index, length) => (index + 1) % length,
      Home: () => 0,
      End: (_, length) => length - 1
    };
    function itemOf(room) {
      const { name, unread, mentions: mentions2 } = room;
      const hash2 = make7("span", "hash", "#");
      hash2.setAttribute("aria-hidden", "true");
      const item = make7("button", "item", hash2, make7("bdi", "", name));
      item.type = "button";
      if (room === rooms.shown) item.setAttribute("aria-current", "true");
      if (unread > mentions2) {
        item.append(make7("span", "badge", shorten2(unread)), make7("span", "unseen", " unread"));
      }
      if (mentions2 > 0) {
        item.append(make7("span", "badge personal", shorten2(mentions2)), make7("span", "unseen", mentions2 === 1 ? " mentions you" : " mention you"));
      }
      item.addEventListener("click", () => choose(room));
      return make7("li", "", item);
    }
    function draw() {
      const { all, shown } = rooms;
      const states = all.map((room) => [
        room.name,
        room === shown,
        room.unread,
        room.mentions
      ]);
      const text = JSON.stringify(states);
      if (text === drawn) return;
      drawn = text;
      const focused = [
        ...list2.children
      ].findIndex((item) => item.contains(document.activeElement));
      list2.replaceChildren(...all.map(itemOf));
      const current = all.indexOf(shown);
      list2.children[current]?.scrollIntoView({
        block: "nearest"
      });
      if (focused >= 0) focus(Math.min(focused, all.length - 1));
      const elsewhere = all.filter((room) => room !== shown && room.unread > 0);
      badge2.hidden = elsewhere.length === 0;
      badge2.classList.toggle("personal", elsewhere.some(({ mentions: mentions2 }) => mentions2 > 0));
    }
    function focus(index) {
      list2.children[index]?.querySelector("button")?.focus();
    }
    function step(by) {
      const { all, shown } = rooms;
      const next = all[(all.indexOf(shown) + by + all.length) % all.length];
      if (next !== void 0) choose(next);
    }
    list2.addEventListener("keydown", (event) => {
      const target = Object.hasOwn(targets, event.key) ? targets[event.key] : void 0;
      if (target === void 0 || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const items = [
        ...list2.children
      ];
      const index = items.findIndex((item) => item.contains(document.activeElement));
      focus(target(index, items.length));
    });
    return {
      draw: onceAFrame(draw),
      step
    };
  }
  function shorten2(count3) {
    return count3 > MAX_UNREAD ? `${MAX_UNREAD}+` : String(count3);
  }

  // static/src/view/app.ts
  function startPage(isCopy) {
    const SAVE_INTERVAL = 300;
    const throttleHint = byId("slow", HTMLElement);
    const settings = byId("settings", HTMLDialogElement);
    const keys = byId("keys-dialog", HTMLDialogElement);
    const server = serverOf(location.href);
    const announcer = createAnnouncer();
    const countUnread = createUnread();
    const notifier = createNotifier();
    const rooms = createRooms({
      now: Date.now,
      memory: store("session", "rooms"),
      readPositions: store("local", "reading"),
      isAttended: () => isAttended() && view.following,
      onChange: () => showRooms()
    });
    const view = createLogView({
      scroller: byId("scroller", HTMLElement),
      list: byId("log", HTMLElement),
      jump: byId("jump", HTMLButtonElement),
      render: (entry, previous, isMarked) => render(entry, previous, {
        ownName: chat.me?.name ?? null,
        colours: rooms.shown.colours,
        isMarked
      }),
      onTop: () => chat.loadOlder(),
      onEnd: () => markRead()
    });
    const layout = createLayout();
    const roomList = createRoomList(rooms, chooseRoom);
    const saveReadPositions = onceIn(SAVE_INTERVAL, rooms.saveReadPositions);
    const drafts = createDrafts(store("session", "drafts"), () => rooms.shown.name);
    const userList = createUserList(() => rooms.shown, () => chat.me, whisperTo);
    const showSelf = createSelfView();
    const showConnection = createStatusBar(() => chat.retry());
    const showRoomHeader = createRoomHeader({
      loadOlder: () => chat.loadOlder(),
      changeSurroundings: view.changeSurroundings,
      showWelcome: createWelcome({
        linkOf: ({ name }) => server && linkTo(name, location.href),
        terminalCommand: () => chat.server === "" ? void 0 : terminalCommand(chat.server),
        announce: announcer.say
      })
    });
    const nameDialog = createNameDialog({
      choose: (name) => chat.changeName(name),
      decline: () => chat.ready || chat.stayAnonymous()
    });
    const roomDialog = createRoomDialog({
      join: (name) => chat.join(name),
      requestRooms: () => chat.sendCommand("/rooms")
    });
    const loginDialog = createLoginDialog();
    const serverDialog = createServerDialog((url) => chat.open(url));
    const chat = createSession({
      rooms,
      identity: createIdentity(own("self")),
      outboxMemory: own("outbox"),
      resumeMemory: own("resume"),
      // A copy of a tab has the same user, who should not have to enter it again.
      secretMemory: store("session", "secret"),
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
          onEntry(rooms.shown, rooms.shown.timeline.add({
            kind: "error",
            text
          }));
        },
        onRooms: roomDialog.fill,
        onThrottled: showThrottled
      }
    });
    const composer = createComposer({
      submit(text) {
        view.scrollToEnd();
        return chat.submit(text);
      },
      vocabulary: () => ({
        commands: chat.commands,
        names: rooms.shown.users.sorted().filter(({ id }) => id !== chat.me?.id).map(displayName)
      }),
      measure: (text) => measure(text, rooms.shown.name, chat.limits ?? DEFAULT_LIMITS),
      draft: drafts,
      announce: announcer.say
    });
    const peopleSetting = store("local", "people");
    let isStarting = true;
    const userPanel = layout.addPanel("people", (open) => {
      if (open) chat.requestUsers();
      if (!isStarting && layout.isWide) peopleSetting.save(open ? "shown" : "hidden");
    });
    function own(key) {
      const memory = store("session", key);
      if (isCopy) memory.save("");
      return memory;
    }
    function createNameMemory() {
      const tab2 = own("name"), browser = store("local", "name");
      return {
        load: () => isCopy ? null : tab2.load() || browser.load(),
        save(name) {
          tab2.save(name);
          browser.save(name);
        }
      };
    }
    function onEntry(room, entry) {
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
    function chooseRoom(room) {
      layout.closeSide();
      showRoom(room);
    }
    function showRoom(room) {
      rooms.show(room);
      onRoomShown();
    }
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
    function markRead() {
      if (isAttended() && view.following) rooms.shown.markRead();
    }
    function showRooms() {
      roomList.draw();
      userList.drawSoon();
      saveReadPositions();
      drawRoomHeader();
    }
    const drawRoomHeader = onceAFrame(() => {
      onRoomShown();
      showRoomHeader(rooms.shown, rooms.shown === rooms.lobby);
    });
    let throttleTimer;
    function showThrottled(ms) {
      const seconds = Math.max(1, Math.ceil(ms / 1e3));
      throttleHint.textContent = `Too fast: the next message is sent in ${seconds} s`;
      throttleHint.hidden = false;
      clearTimeout(throttleTimer);
      throttleTimer = Number(setTimeout(() => throttleHint.hidden = true, ms));
    }
    function whisperTo(name) {
      if (layout.isPhone) userPanel.close();
      composer.whisper(name);
    }
    function askName(problem) {
      nameDialog.open({
        problem,
        name: chat.me?.name ?? chat.wantedName ?? "",
        named: chat.ready && chat.me?.name !== null,
        rules: chat.limits?.nameRules ?? ""
      });
    }
    const statusListeners = [];
    const roomListeners = [];
    let shownState = "";
    function showStatus() {
      const { state } = chat;
      showConnection(state, chat.retryAt, state === "open" && !chat.ready && chat.wantedName !== null);
      showSelf(chat);
      showRooms();
      composer.refresh();
      if (state !== shownState) changedState(state);
      shownState = state;
      for (const run of statusListeners) run();
    }
    function changedState(state) {
      if (state === "incompatible") {
        const text = `This page needs ${SUBPROTOCOL}, which the server does not support. The server may be older than the page. Line clients such as nc still work.`;
        onEntry(rooms.shown, rooms.shown.timeline.add({
          kind: "error",
          text
        }));
      }
      if (state === "waiting" || state === "closed") nameDialog.close();
      if (server === void 0 && state === "waiting" && shownState === "connecting" && !chat.limits) {
        serverDialog.open("The server does not answer. The page keeps trying. You can enter another address.");
      }
    }
    const actions = {
      disconnect: () => chat.disconnect(),
      name: () => askName(""),
      room: () => roomDialog.show(),
      topic: () => composer.set(`/topic ${rooms.shown.topic ?? ""}`),
      async link() {
        const isCopied = await copy(linkTo(rooms.shown.name, location.href));
        announcer.say(isCopied ? "Copied" : "Cannot copy");
      },
      leave: () => chat.leave(),
      settings: () => settings.showModal(),
      keys: () => keys.showModal(),
      server: () => serverDialog.open()
    };
    document.addEventListener("click", ({ target }) => {
      if (!(target instanceof Element)) return;
      const button2 = target.closest("[data-do], [data-whisper], [data-edit], [data-load], [data-dismiss]");
      if (!(button2 instanceof HTMLElement)) return;
      const { do: action, whisper, edit, load, dismiss } = button2.dataset;
      if (action !== void 0) {
        layout.closeSide();
        actions[action]?.();
      }
      if (dismiss !== void 0) {
        rooms.shown.timeline.remove(Number(dismiss));
        composer.focus();
      }
      if (whisper !== void 0) composer.whisper(whisper);
      const failed = rooms.shown.timeline.get(Number(edit));
      if (failed !== void 0) composer.set(chat.lineOf(failed));
      if (load !== void 0) chat.loadGap(Number(load));
    });
    const unusable = server === void 0 ? "server" : "file";
    for (const element of document.querySelectorAll("[data-only]")) {
      if (element instanceof HTMLElement) element.hidden = element.dataset["only"] === unusable;
    }
    createMenu("menu");
    createMenu("room-menu");
    globalThis.addEventListener("online", () => chat.wake());
    globalThis.addEventListener("pageshow", ({ persisted }) => persisted && chat.wake());
    globalThis.addEventListener("pagehide", rooms.saveReadPositions);
    document.addEventListener("visibilitychange", () => document.hidden || chat.wake());
    onAttention((attended) => attended ? markRead() : rooms.shown.onUnattended());
    document.addEventListener("keydown", (event) => {
      if (!event.altKey || !/^Arrow(Up|Down)$/.test(event.key) || isTextKey(event)) return;
      event.preventDefault();
      roomList.step(event.key === "ArrowUp" ? -1 : 1);
    });
    function isTextKey(event) {
      const { target } = event;
      return target instanceof HTMLInputElement || isComposing(event) || target instanceof HTMLTextAreaElement && target.value !== "";
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
      onStatus: (run) => void statusListeners.push(run)
    });
    view.show(rooms.shown.timeline);
    userPanel.show(layout.isWide && peopleSetting.load() !== "hidden");
    isStarting = false;
    showStatus();
    composer.focus();
    if (server === void 0) serverDialog.open();
    else chat.open(server);
  }

  // static/src/main.ts
  var channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("backchannel.tab") : void 0;
  var tab = createBrowserTab({
    memory: store("session", "tab"),
    channel: channel && {
      post: (message) => channel.postMessage(message),
      listen: (onMessage) => channel.addEventListener("message", ({ data }) => onMessage(data))
    },
    after,
    createId: RUNTIME.createId
  });
  globalThis.addEventListener("pagehide", tab.onHide);
  globalThis.addEventListener("pageshow", ({ persisted }) => persisted && tab.onRestore());
  tab.claim(startPage);
})();
