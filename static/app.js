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

  // static/src/net/protocol.ts
  var SUBPROTOCOL = JSON_PROTOCOL;
  var LOBBY = "lobby";
  var DEFAULT_SERVER = "ws://127.0.0.1:8080";
  var DEFAULT_LIMITS = {
    maxPayload: 65536,
    maxMessage: 4096
  };
  var REF_LENGTH = 32;
  var encoder = new TextEncoder();
  function encode(request, id) {
    return JSON.stringify({
      ...request,
      id
    });
  }
  function frameLength(request) {
    return byteLength(encode(request, "0".repeat(REF_LENGTH)));
  }
  function byteLength(text) {
    return encoder.encode(text).length;
  }
  function createRef() {
    const bytes = crypto.getRandomValues(new Uint8Array(REF_LENGTH / 2));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
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
  function createBrowserTab({ memory, channel: channel2, after: after2, createId }) {
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
          use(before || createId());
          return done(false);
        }
        let isDecided = false;
        const decide = (isCopy) => {
          if (isDecided) return;
          isDecided = true;
          cancel();
          use(isCopy ? createId() : before);
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

  // static/src/model/initials.ts
  var MAX_NAME = 256;
  var graphemes = "Segmenter" in Intl ? new Intl.Segmenter(void 0, {
    granularity: "grapheme"
  }) : void 0;
  function initials(name) {
    const parts = name.slice(0, MAX_NAME).split(/[-_.\s]+/).filter((part) => part !== "");
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
  function parse2(text, name = null) {
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
    return findMentions(text, name).length > 0 && parse2(text, name).some(({ type }) => type === "mention");
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
    if (others.length === 0) element.append(...parse2(first2, ownName).map(nodeOf));
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
    return make4("span", "part", ...parse2(text, ownName).map(nodeOf));
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
  var MAX_NAME2 = 256;
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
    if (prefix.length > MAX_NAME2) return [];
    const start = fold(prefix);
    return names.filter((name) => fold(name).startsWith(start)).slice(0, MAX_NAMES2);
  }
  function fold(text) {
    return text.normalize("NFKC").toLowerCase();
  }

  // static/src/model/input.ts
  var HISTORY_LENGTH = 100;
  function createInputHistory(limit = HISTORY_LENGTH) {
    let lines = [];
    let index = 0;
    let draft = "";
    return {
      add(line) {
        if (lines.at(-1) !== line) lines = [
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
    const drafts = new Map(parse3(memory.load()));
    return {
      load: () => drafts.get(room()) ?? "",
      save(text) {
        if (text === (drafts.get(room()) ?? "")) return;
        if (text === "") drafts.delete(room());
        else drafts.set(room(), text);
        memory.save(JSON.stringify([
          ...drafts
        ]));
      }
    };
  }
  function parse3(text) {
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

  // static/src/net/connection.ts
  var BACKOFF_BASE = 500;
  var BACKOFF_CAP = 3e4;
  var STABLE_AFTER = 5e3;
  var RESPONSE_TIMEOUT = 1e4;
  function backoff(attempt, random) {
    return random() * Math.min(BACKOFF_CAP, BACKOFF_BASE * 2 ** attempt);
  }
  function createConnection(options) {
    const { subprotocol, onState, onFrame, clock: clock2, createSocket = (url2, protocols) => new WebSocket(url2, protocols), random = Math.random } = options;
    let state = "idle";
    let url = "";
    let socket;
    let cancelRetry;
    let cancelTimeout;
    let reconnectWait;
    let attempt = 0;
    let openedAt = 0;
    let wasOpen = false;
    let hasProbed = false;
    function change(next, retryAt) {
      state = next;
      onState(next, retryAt);
    }
    function connect() {
      stopTimers();
      dropSocket();
      change("connecting");
      const opened = createSocket(url, subprotocol);
      socket = opened;
      expectFrame();
      opened.onopen = () => {
        if (opened === socket && opened.protocol !== subprotocol) markIncompatible();
      };
      opened.onmessage = ({ data }) => {
        if (opened === socket) receive(data);
      };
      opened.onclose = () => {
        if (opened === socket) onLost();
      };
    }
    function receive(data) {
      cancelTimeout?.();
      cancelTimeout = void 0;
      if (state === "connecting") {
        openedAt = clock2.now();
        wasOpen = true;
        change("open");
      }
      onFrame(data);
    }
    function onLost() {
      const lived = state === "open" ? clock2.now() - openedAt : 0;
      stopTimers();
      dropSocket();
      if (state === "closed") return;
      if (!wasOpen && !hasProbed) return probe();
      if (lived >= STABLE_AFTER) attempt = 0;
      const wait = reconnectWait ? reconnectWait.after + random() * reconnectWait.spread : backoff(attempt, random);
      reconnectWait = void 0;
      attempt++;
      cancelRetry = clock2.after(wait, connect);
      change("waiting", clock2.now() + wait);
    }
    function probe() {
      hasProbed = true;
      const opened = createSocket(url);
      socket = opened;
      expectFrame();
      opened.onopen = () => {
        if (opened === socket) markIncompatible();
      };
      opened.onclose = () => {
        if (opened === socket) onLost();
      };
    }
    function markIncompatible() {
      stopTimers();
      dropSocket();
      change("incompatible");
    }
    function expectFrame() {
      cancelTimeout ??= clock2.after(RESPONSE_TIMEOUT, () => {
        cancelTimeout = void 0;
        onLost();
      });
    }
    function stopTimers() {
      cancelRetry?.();
      cancelTimeout?.();
      cancelRetry = cancelTimeout = void 0;
    }
    function dropSocket() {
      const old = socket;
      socket = void 0;
      old?.close();
    }
    return {
      get state() {
        return state;
      },
      /** Connects to a server, and reconnects until {@linkcode close}. */
      open(server) {
        url = server;
        attempt = 0;
        wasOpen = hasProbed = false;
        connect();
      },
      /** Connects at once instead of waiting. */
      retry() {
        if (url !== "" && (state === "waiting" || state === "closed" || state === "incompatible")) {
          hasProbed = wasOpen;
          connect();
        }
      },
      /** Closes the connection until {@linkcode open} or {@linkcode retry}. */
      close() {
        stopTimers();
        change("closed");
        dropSocket();
      },
      /** Does not reconnect when the server closes the connection, which it has announced. */
      stayClosed() {
        if (state === "open") change("closed");
      },
      /** Sets the wait before the next attempt, in ms, as the server asks for it. */
      setReconnect(reconnect) {
        reconnectWait = reconnect;
      },
      /** Sends a frame that the server will answer. Returns whether there is a connection. */
      send(frame) {
        if (state !== "open" || socket?.readyState !== 1) return false;
        socket.send(frame);
        expectFrame();
        return true;
      }
    };
  }

  // static/src/model/reply_handlers.ts
  var MAX_REPLY = 5e3;
  function createReplyHandler(options) {
    const { rooms, outgoing, pending, pages, resume, addEntry } = options;
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
    function left(name) {
      const room = rooms.find(name);
      if (room === void 0 || room === rooms.lobby) return;
      outgoing.discard(room);
      rooms.close(room);
    }
    return (event) => {
      if (event.command === "name") return options.onNamed(event.data.user, event.ref);
      const request = pending.take(event.ref);
      if (request?.onAnswer !== void 0) return request.onAnswer(event);
      switch (event.command) {
        case "whisper":
          return outgoing.delivered(event.ref, {
            to: displayName(event.data.to)
          });
        case "join": {
          const room = rooms.open(event.data.room.name);
          resume.joined(room, event.data);
          return options.onJoined(room, request?.typed === true);
        }
        case "leave":
          return left(event.data.left);
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
        key: keyOf2(row),
        offset: row.offsetTop - top
      }));
      change();
      const anchor = anchors.find(({ key }) => rows.has(key));
      if (anchor !== void 0) putAt(anchor);
    }
    function keyOf2(row) {
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
        key: keyOf2(row),
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

  // static/src/model/outbox.ts
  var CAPACITY = 200;
  function createOutbox({ load, save }) {
    const unsent = new Map(parse4(load()).map((item) => [
      item.ref,
      item
    ]));
    function store2() {
      const items = [
        ...unsent.values()
      ];
      save(JSON.stringify(items.map(({ ref, text, room, time }) => ({
        ref,
        text,
        room,
        time
      }))));
    }
    return {
      get full() {
        return unsent.size >= CAPACITY;
      },
      get size() {
        return unsent.size;
      },
      get(ref) {
        return ref === null ? void 0 : unsent.get(ref);
      },
      add(item) {
        unsent.set(item.ref, item);
        store2();
      },
      /** Removes a message that the server acknowledged or refused. Returns whether it was there. */
      remove(ref) {
        if (ref === null || !unsent.delete(ref)) return false;
        store2();
        return true;
      },
      /** Marks all messages to be sent again on the next connection. */
      connectionLost() {
        for (const item of unsent.values()) {
          item.sentBefore ||= item.inFlight === true;
          item.inFlight = false;
        }
      },
      all() {
        return [
          ...unsent.values()
        ];
      }
    };
  }
  function parse4(text) {
    try {
      const items = JSON.parse(text ?? "[]");
      if (!Array.isArray(items)) return [];
      return items.filter(isUnsent).map((item) => ({
        ...item,
        sentBefore: true
      }));
    } catch {
      return [];
    }
  }
  function isUnsent(value) {
    const { ref, text, room, time } = Object(value);
    return [
      ref,
      text,
      room
    ].every((member) => typeof member === "string") && typeof time === "number";
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
    let held;
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
      /** Handles the id of a live message. Live messages arrive in order, so skipped ids are missing. */
      received(id) {
        if (epoch !== void 0 && id > high + 1) gaps.open(high + 1, id - 1);
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
      /** Starts to hold events back. */
      hold() {
        held ??= [];
      },
      /** Calls `run` now, or after {@linkcode release} if events are held back. */
      inOrder(run) {
        if (held === void 0) run();
        else held.push(run);
      },
      /** Handles the events that were held back. */
      release() {
        const waiting = held ?? [];
        held = void 0;
        for (const run of waiting) run();
      },
      /** Drops the events that were held back: the next rejoin brings them again. */
      connectionLost() {
        held = void 0;
        for (const gap of gaps.all) if (gap.state === "loading") gaps.set(gap, "waiting");
      }
    };
  }

  // static/src/model/timeline.ts
  var CAPACITY2 = 1e4;
  var PRESENCE_GAP = 6e4;
  var SAME_TIME = 5e3;
  var lastKey = 0;
  function createTimeline({ now = Date.now, capacity = CAPACITY2 } = {}) {
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
  var MAX_NAME3 = 256;
  function createRooms({ now, memory, readPositions, isAttended: isAttended2, onChange }) {
    const storedPositions = () => Object.entries(parse5(readPositions.load())).filter(isPosition);
    const seen = new Map(storedPositions());
    const positions = /* @__PURE__ */ new Map();
    const kept = parse5(memory.load());
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
      const key = typeof name === "string" ? keyOf(name) : void 0;
      return all.find((room) => keyOf(room.name) === key);
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
  function keyOf(name) {
    if (name.length > MAX_NAME3) return name;
    const folded = name.replace(/^#/, "").normalize("NFKC").toLowerCase().toUpperCase();
    return folded.toLowerCase().normalize("NFKC");
  }
  function parse5(text) {
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
  var CAPACITY3 = 200;
  function createIdentity(memory) {
    let { epoch, ids } = parse6(memory.load());
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
        ].slice(-CAPACITY3);
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
      /** Whether a user is this client, on this or an earlier connection. */
      is: (other) => other.id === user?.id || ids.includes(other.id)
    };
  }
  function parse6(text) {
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

  // static/src/model/outgoing.ts
  var WHISPER = /^\/whisper\s+(\S+)\s+(\S.*)$/is;
  var ACTION = /^\/me\s+(\S.*)$/is;
  function parse7(line) {
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
  function isCommand(line) {
    return line.startsWith("/") && !line.startsWith("//");
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
  function measure(line, room, { maxMessage, maxPayload }) {
    const message = {
      used: byteLength(parse7(line).text),
      limit: maxMessage
    };
    const frame = {
      used: frameLength(requestOf(line, room)),
      limit: maxPayload
    };
    return message.used / message.limit > frame.used / frame.limit ? message : frame;
  }
  function createOutgoing({ rooms, outbox, now, send }) {
    for (const item of outbox.all()) show(item);
    function roomOf2({ room }) {
      return rooms.find(room) ?? rooms.lobby;
    }
    function show(item) {
      const { ref, time } = item;
      const { text, to, action } = parse7(item.text);
      roomOf2(item).timeline.add({
        kind: to === void 0 ? "message" : "whisper",
        text,
        ...to === void 0 ? {} : {
          to
        },
        ...action ? {
          action
        } : {},
        time,
        own: true,
        ref,
        delivery: "queued"
      });
    }
    function update(item, change) {
      const { timeline } = roomOf2(item);
      const entry = timeline.byRef(item.ref);
      if (entry) timeline.update(entry.key, change);
    }
    function canSend(item) {
      return WHISPER.test(item.text) || roomOf2(item).joined;
    }
    return {
      /** Adds a message or a whisper to the log and the outbox. Returns whether the outbox had room. */
      queue(text, room) {
        if (outbox.full) {
          room.timeline.add({
            kind: "error",
            text: "Cannot queue this message: too many are waiting"
          });
          return false;
        }
        const item = {
          ref: createRef(),
          text,
          room: room.name,
          time: now()
        };
        outbox.add(item);
        room.timeline.mark = void 0;
        show(item);
        return true;
      },
      /** The line that the user typed for an entry. */
      lineOf({ text, to, action }) {
        if (to !== void 0) return `/whisper ${to} ${text}`;
        if (action) return `/me ${text}`;
        return text.startsWith("/") ? `/${text}` : text;
      },
      /** Sends the queued messages in order, except those for rooms that are not joined yet. */
      flush() {
        for (const item of outbox.all()) {
          if (item.inFlight || !canSend(item)) continue;
          if (!send(item)) return;
          item.inFlight = true;
          update(item, {
            delivery: "sending"
          });
        }
      },
      /** Queues all unacknowledged messages for the next connection. */
      connectionLost() {
        outbox.connectionLost();
        for (const item of outbox.all()) update(item, {
          delivery: "queued"
        });
      },
      /** Handles the acknowledgement of a message, which has an `id`, or of a whisper, which has none. */
      delivered(ref, { id, ...change }) {
        const item = outbox.get(ref);
        if (item === void 0 || !outbox.remove(ref)) return;
        const { timeline } = roomOf2(item);
        const entry = timeline.byRef(ref);
        if (entry === void 0) return;
        if (id === void 0) timeline.update(entry.key, {
          ...change,
          delivery: "sent"
        });
        else timeline.setId(entry.key, id, {
          ...change,
          delivery: "sent"
        });
      },
      /**
       * Finds the queued copy of a message that this client sent on an earlier connection, so that it is not shown twice
       * until the server acknowledges it. Returns whether there is one.
       */
      recognise(room, { id, text, action = false }) {
        for (const { ref, sentBefore } of outbox.all()) {
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
        for (const item of outbox.all()) if (roomOf2(item) === room) outbox.remove(item.ref);
      },
      /** Handles an error of the server. Returns the entry of the message that it is about, if it is about one. */
      refused(ref, reason) {
        const item = outbox.get(ref);
        if (item === void 0 || !outbox.remove(ref)) return void 0;
        update(item, {
          delivery: "failed",
          detail: reason
        });
        return roomOf2(item).timeline.byRef(ref);
      }
    };
  }

  // static/src/model/commands.ts
  function createCommands(options) {
    const { rooms, outgoing, pending, connection, addEntry } = options;
    let hasQuit = false;
    function sendCommand(line) {
      if (pending.sendCommand(line, rooms.shown, true)) return;
      const [word] = line.split(/\s/, 1);
      addEntry(rooms.shown, {
        kind: "error",
        command: line,
        text: `Cannot run ${word}: not connected`
      });
    }
    function sendText(text) {
      const isQueued = outgoing.queue(text, rooms.shown);
      if (options.isReady()) outgoing.flush();
      if (connection.state === "closed" && !hasQuit) connection.retry();
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
      if (room.joined && pending.send({
        type: "leave",
        room: room.name
      }, about)) return;
      outgoing.discard(room);
      rooms.close(room);
    }
    function disconnect() {
      hasQuit = true;
      connection.send(encode({
        type: "command",
        text: "/quit"
      }, createRef()));
      connection.close();
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
      /** Connects at once, also after {@linkcode disconnect}. */
      reconnect() {
        hasQuit = false;
        connection.retry();
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
        inRoom(event.room, (room) => room.sequence.inOrder(() => addMessage(room, event)));
      },
      /** A whisper belongs to no room. It is added to the shown one. */
      whisper({ from, text, time }) {
        const { shown } = rooms;
        const entry = shown.timeline.add({
          kind: "whisper",
          text,
          time: localTime(time),
          sender: displayName(from),
          senderId: from.id,
          own: identity.is(from)
        });
        if (!entry.own) onAdded(shown, entry);
      },
      /** The server delivered a message of this client and gave it an id. */
      ack({ ref, room: name, id, time, text }) {
        const { user } = identity;
        const sender = user === void 0 ? "" : displayName(user);
        outgoing.delivered(ref, {
          id,
          time: localTime(time),
          sender,
          senderId: user?.id ?? 0,
          ...text === void 0 ? {} : {
            text
          }
        });
        inRoom(name, (room) => {
          if (user) room.users.put(user);
          room.sequence.inOrder(() => {
            room.sequence.received(id);
            room.addUnread([]);
            pages.fillGaps(room);
          });
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
      /** The server dropped messages because this client reads too slowly. */
      dropped({ count: count3, missed }) {
        for (const room of rooms.all) if (room.joined && !room.countOnly) onUsersUnknown(room);
        for (const { room: name, from, to } of missed ?? []) {
          inRoom(name, (room) => room.sequence.inOrder(() => {
            room.sequence.dropped(from, to);
            pages.fillGaps(room);
          }));
        }
        if (missed?.length) return;
        const text = `Too much at once: ${count2(count3)} missed.`;
        addEntry(rooms.shown, {
          kind: "missed",
          text
        });
      }
    };
  }

  // static/src/model/naming.ts
  var RETAKE_INTERVAL = 1e3;
  var RETAKE_AFTER_LOSS = 2e4;
  var RETAKE_AT_START = 2500;
  function createNaming({ send, ask, memory, clock: clock2 }) {
    let wanted = memory.load();
    let claim;
    let cancelRetake;
    let retakeUntil = 0;
    function request(name, by) {
      cancelRetake?.();
      const ref = send(name);
      if (ref === void 0) return false;
      claim = {
        ref,
        name,
        by
      };
      return true;
    }
    return {
      /** The name that the user has or wants. */
      get wanted() {
        return wanted;
      },
      /**
       * Requests the wanted name on a new connection. Returns whether there is one.
       *
       * @param isReconnect Whether the page was connected before.
       */
      connected(isReconnect2) {
        retakeUntil = clock2.now() + (isReconnect2 ? RETAKE_AFTER_LOSS : RETAKE_AT_START);
        return wanted !== null && request(wanted, "page");
      },
      /** Requests the name that the user chose, now or after the next connect. Returns whether it was sent now. */
      choose(name) {
        if (request(name, "user")) return true;
        wanted = name;
        return false;
      },
      /** Stays without a name. */
      giveUp() {
        wanted = null;
        cancelRetake?.();
      },
      connectionLost() {
        claim = void 0;
        cancelRetake?.();
      },
      /** Handles the server's reply to `/name`. Returns whether the user had requested the name. */
      granted(name, ref) {
        const isByUser = claim?.ref === ref && claim?.by === "user";
        if (claim?.ref === ref) claim = void 0;
        wanted = name;
        if (name !== null) memory.save(name);
        return isByUser;
      },
      /** Handles an error of the server. Returns whether it was about a name. */
      refused(ref, code, text) {
        if (claim === void 0 || claim.ref !== ref) return false;
        const { name, by } = claim;
        claim = void 0;
        if (by === "page" && code === "name_taken" && clock2.now() < retakeUntil) {
          cancelRetake = clock2.after(RETAKE_INTERVAL, () => request(name, "page"));
        } else ask(text);
        return true;
      }
    };
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
  function createPendingRequests(sendRequest) {
    const pending = /* @__PURE__ */ new Map();
    function send(request, about) {
      const ref = createRef();
      if (!sendRequest(request, ref)) return false;
      pending.set(ref, about);
      return true;
    }
    function sendCommand(line, room, typed) {
      return send({
        type: "command",
        text: line,
        room: room.name
      }, {
        line,
        typed,
        room
      });
    }
    return {
      send,
      sendCommand,
      /** Sends a command on behalf of the page, unless the same one is pending: the list of a large room is long. */
      sendCommandOnce(line, room) {
        const isPending2 = [
          ...pending.values()
        ].some((one) => one.line === line && one.room === room);
        if (!isPending2) sendCommand(line, room, false);
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
  function createResume({ rooms, pending, pages, merge, addEntry, now }) {
    let epoch = "";
    let hasHistory = false;
    let lostAt = 0;
    function lead() {
      return `Back after ${Math.max(1, Math.round((now() - lostAt) / 1e3))} s. `;
    }
    function enterRoom(room, offset) {
      room.begin(epoch, offset, hasHistory);
      pages.loadOlder(room, room.unread + CONTEXT);
    }
    function resumeRoom(room, offset, missed) {
      const { sequence } = room;
      const messages = missed?.messages ?? [];
      const { epoch: before, offset: high } = sequence.position ?? {
        epoch,
        offset
      };
      if (missed?.recovered) room.rename(epoch);
      else if (before !== epoch) return restartRoom(room, offset, messages, missed?.more === true);
      const first2 = messages[0]?.id ?? offset + 1;
      const isComplete = missed?.recovered === true || first2 <= high + 1;
      if (!isComplete) {
        const state = hasHistory ? "waiting" : "lost";
        sequence.gaps.open(high + 1, first2 - 1, {
          lead: lead(),
          state
        });
      }
      room.catchUp(merge(room, messages));
      sequence.advanceTo(offset);
      if (isComplete) addEntry(room, {
        kind: "notice",
        text: `${lead()}Nothing was missed.`
      });
    }
    function restartRoom(room, offset, messages, more) {
      const { sequence, timeline } = room;
      sequence.begin(epoch, offset);
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
      /** Handles the hello of a new connection, which is in the lobby. */
      connected(event) {
        const { lobby } = rooms;
        const { position } = lobby.sequence;
        epoch = event.epoch;
        hasHistory = event.limits.history > 0;
        if (event.room === null) return;
        lobby.joined = true;
        lobby.topic = event.room.topic;
        lobby.fill(event.users, event.online);
        if (position === void 0) return enterRoom(lobby, event.room.offset);
        if (!hasHistory) return resumeRoom(lobby, event.room.offset);
        lobby.sequence.hold();
        pending.send({
          type: "join",
          room: lobby.name,
          since: position
        }, joinRequest(lobby));
      },
      /** Joins the other rooms again, once the user's name is settled. */
      rejoin() {
        for (const room of rooms.all) {
          if (room === rooms.lobby || room.joined) continue;
          const since = room.sequence.position;
          pending.send({
            type: "join",
            room: room.name,
            ...since && hasHistory ? {
              since
            } : {}
          }, joinRequest(room));
        }
      },
      /** Handles the reply to a join. */
      joined(room, data) {
        const { room: { offset, topic, users }, missed } = data;
        const wasJoined = room.joined && missed === void 0 && room.sequence.position !== void 0;
        epoch = data.epoch;
        room.joined = true;
        room.topic = topic;
        room.fill(data.users, users);
        if (room.sequence.position === void 0) enterRoom(room, offset);
        else if (!wasJoined) resumeRoom(room, offset, missed);
        room.sequence.release();
        pages.fillGaps(room);
      }
    };
  }
  function joinRequest(room) {
    return {
      line: `/join ${room.name}`,
      typed: false,
      room
    };
  }

  // static/src/model/session.ts
  var TEST_AFTER_SILENCE = 5e3;
  function createSession(options) {
    const { rooms, identity, view, nameMemory, connect, clock: clock2 } = options;
    const now = () => clock2.now();
    let state = "idle";
    let server = "";
    let retryAt;
    let anonymous = false;
    let ready = false;
    let away = "";
    let hello;
    let lastFrame = 0;
    let skew = 0;
    const send = (request, ref) => connection.send(encode(request, ref));
    const pending = createPendingRequests(send);
    const outgoing = createOutgoing({
      rooms,
      outbox: options.outbox,
      now,
      send: ({ ref, text, room }) => send(requestOf(addressed(text, rooms), room), ref)
    });
    const pages = createPages({
      pending,
      merge,
      onLine: view.onLine,
      onPage
    });
    const resume = createResume({
      rooms,
      pending,
      pages,
      merge,
      addEntry,
      now
    });
    const handleReply = createReplyHandler({
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
      onRooms: view.onRooms
    });
    const name = createNaming({
      send: (wanted) => {
        const ref = createRef();
        return send({
          type: "command",
          text: `/name ${wanted}`
        }, ref) ? ref : void 0;
      },
      ask: view.askName,
      memory: nameMemory,
      clock: clock2
    });
    const connection = connect({
      subprotocol: SUBPROTOCOL,
      clock: clock2,
      onFrame: (data) => {
        lastFrame = now();
        const event = parseEvent(data);
        if (event !== void 0) handle(event);
      },
      onState: (next, at) => {
        if (state === "open" && next !== "open") connectionLost();
        state = next;
        retryAt = at;
        view.onStatus();
      }
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
    function connectionLost() {
      resume.connectionLost();
      ready = false;
      name.connectionLost();
      pending.clear();
      outgoing.connectionLost();
    }
    const handlers = {
      ...createEventHandlers({
        rooms,
        identity,
        outgoing,
        pages,
        entryOf,
        localTime: (time) => time - skew,
        addEntry,
        onAdded: view.onEntry,
        onUsersUnknown: (room) => pending.sendCommandOnce("/list", room)
      }),
      hello: onHello,
      reply: handleReply,
      error: onError,
      throttled: ({ retryAfter }) => view.onThrottled(retryAfter),
      notice: ({ text }) => addEntry(rooms.shown, {
        kind: "notice",
        text
      }),
      bye({ text }) {
        addEntry(rooms.shown, {
          kind: "notice",
          text
        });
        connection.stayClosed();
      },
      shutdown({ text, reconnect }) {
        addEntry(rooms.shown, {
          kind: "notice",
          text
        });
        connection.setReconnect(reconnect);
      }
    };
    const listeners = /* @__PURE__ */ new Map();
    function handle(event) {
      const { type } = event;
      const handler = Object.hasOwn(handlers, type) ? handlers[type] : void 0;
      handler?.(event);
      for (const listener of listeners.get(type) ?? []) listener(event);
    }
    function onHello(event) {
      const isReconnect2 = hello !== void 0;
      hello = event;
      skew = event.time - now();
      identity.connected(event.you, event.epoch);
      resume.connected(event);
      if (rooms.lobby.countOnly) pending.sendCommandOnce("/list", rooms.lobby);
      if (name.connected(isReconnect2)) ready = false;
      else if (anonymous) becomeReady();
      else view.askName("");
      view.onStatus();
    }
    function onError(event) {
      const { ref, code, text } = event;
      if (name.refused(ref, code, text)) return;
      const request = pending.take(ref);
      if (request?.onAnswer !== void 0) return request.onAnswer(event);
      const failed = outgoing.refused(ref, text);
      if (failed !== void 0) return view.onFailed(rooms.shown, failed);
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
    function onNamed(user, ref) {
      const isByUser = name.granted(user.name, ref);
      const before = identity.user?.name ?? null;
      const isNew = isByUser && before !== null && user.name !== before;
      anonymous = false;
      updateMe(user);
      if (isNew) addEntry(rooms.shown, {
        kind: "notice",
        text: `You are now called ${user.name}`
      });
      view.onNamed();
      becomeReady();
    }
    function updateMe(user) {
      identity.update(user);
      for (const room of rooms.all) if (room.joined) room.users.put(user);
    }
    function becomeReady() {
      ready = true;
      if (state === "open") resume.rejoin();
      if (away !== "" && identity.user?.away === void 0) {
        pending.sendCommand(`/away ${away}`, rooms.lobby, false);
      }
      view.onStatus();
      outgoing.flush();
    }
    const commands = createCommands({
      rooms,
      outgoing,
      pending,
      connection,
      addEntry,
      changeName,
      onRefused: view.onRefused,
      onJoined: view.onJoined,
      isReady: () => ready
    });
    function changeName(wanted) {
      if (name.choose(wanted)) return;
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
        listeners.set(type, [
          ...listeners.get(type) ?? [],
          listener
        ]);
      },
      /** Sends a request and ignores the answer. Returns whether the request was sent. */
      request: (request) => send(request, createRef()),
      /** Connects to a server. */
      open(url) {
        hello = void 0;
        server = url;
        connection.open(url);
      },
      retry: commands.reconnect,
      /** Called when the network or the user is back: reconnects, or tests a silent connection. */
      wake() {
        if (state === "waiting" || state === "closed" && !commands.hasQuit) connection.retry();
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
      get limits() {
        return hello?.limits;
      },
      get commands() {
        return hello?.commands ?? [];
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
    full: `This page shows at most ${CAPACITY2.toLocaleString()} entries of a room`
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
      topic.replaceChildren(...parse2(text ?? "").map((piece) => piece.type === "link" ? linkOf(piece.text, piece.href) : piece.text));
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
    const serverDialog = createServerDialog((url) => chat.open(url));
    const chat = createSession({
      rooms,
      identity: createIdentity(own("self")),
      outbox: createOutbox(own("outbox")),
      nameMemory: createNameMemory(),
      clock: {
        now: Date.now,
        after
      },
      connect: (handlers) => createConnection(handlers),
      view: {
        onStatus: showStatus,
        askName,
        onNamed: () => nameDialog.close(),
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
    createId: createRef
  });
  globalThis.addEventListener("pagehide", tab.onHide);
  globalThis.addEventListener("pageshow", ({ persisted }) => persisted && tab.onRestore());
  tab.claim(startPage);
})();
