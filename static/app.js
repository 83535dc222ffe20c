// Made of static/src by `deno task bundle`. Do not change it here.
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
    let wanted = false;
    return () => {
      if (wanted) return;
      wanted = true;
      requestAnimationFrame(() => {
        wanted = false;
        run();
      });
    };
  }
  function onceIn(ms, run) {
    let wanted = false;
    return () => {
      if (wanted) return;
      wanted = true;
      setTimeout(() => {
        wanted = false;
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
  var LENGTH = 60;
  function createStatsSeries(length = LENGTH) {
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
        const anew = before === void 0 || stats.uptime < before.uptime || stats.totalMessages < before.totalMessages;
        latest = stats;
        latestTime = time;
        samples = anew ? [] : samples;
        samples = [
          ...samples,
          {
            connections: stats.activeConnections,
            messages: anew ? 0 : (stats.totalMessages - before.totalMessages) / seconds,
            drops: anew ? 0 : stats.droppedMessages - before.droppedMessages
          }
        ].slice(-length);
      },
      clear() {
        samples = [];
        latest = void 0;
      }
    };
  }
  function plot(values, { width, height, length = LENGTH }) {
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
  var { make: make2 } = dom_exports;
  var INTERVAL = 2e3;
  var BOX = {
    width: 240,
    height: 44
  };
  addFeature(({ chat, addPanel, onStatus }) => {
    const series = createStatsSeries();
    const draw = createFigures(series);
    const ask = () => chat.ask("/stats");
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
      const rows = Object.entries({
        "Connections so far": latest.totalConnections.toLocaleString(),
        "Messages so far": latest.totalMessages.toLocaleString(),
        "Whispers so far": latest.totalWhispers.toLocaleString(),
        "Dropped so far": latest.droppedMessages.toLocaleString(),
        "Uptime": describeDuration(latest.uptime)
      });
      figures.replaceChildren(...rows.map(([name, value]) => make2("div", "", make2("dt", "", name), make2("dd", "", value))));
    });
  }
  function createPlot(id, name, unit, read) {
    const figure2 = byId(id, HTMLElement);
    const value = make2("span", "value", "\u2013");
    const peak = make2("span", "peak");
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${BOX.width} ${BOX.height}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("role", "img");
    const area = document.createElementNS(SVG, "path");
    area.setAttribute("class", "area");
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("class", "line");
    svg.append(area, line);
    const label = make2("span", "label", unit === "/s" ? `${name} a second` : name);
    figure2.append(make2("figcaption", "", label, peak, value), svg);
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
  var ANSWER_WITHIN = 250;
  function createBrowserTab({ memory, channel: channel2, after: after2, createId }) {
    let id = "";
    function keep(isOpen) {
      memory.save(JSON.stringify({
        id,
        isOpen
      }));
    }
    function take(mine) {
      id = mine;
      keep(true);
      channel2?.listen((message) => {
        if (isAsking(message, id)) channel2.post({
          isHere: id
        });
      });
    }
    return {
      /**
       * Finds out whether this tab is a copy of one that is still open, and calls `done`: at once, unless the last page in
       * this tab was not closed, because it crashed or because it is that other one.
       */
      claim(done) {
        const { id: before, isOpen } = parse(memory.load());
        if (before === "" || !isOpen || channel2 === void 0) {
          take(before || createId());
          return done(false);
        }
        let isDecided = false;
        const decide = (isCopy) => {
          if (isDecided) return;
          isDecided = true;
          cancel();
          take(isCopy ? createId() : before);
          done(isCopy);
        };
        const cancel = after2(ANSWER_WITHIN, () => decide(false));
        channel2.listen((message) => {
          if (isHere(message, before)) decide(true);
        });
        channel2.post({
          isAnybody: before
        });
      },
      /** The page goes, perhaps to be loaded again. */
      leave: () => keep(false),
      /** The page is back as it was. */
      comeBack: () => keep(true)
    };
  }
  function isAsking(message, id) {
    return Object(message).isAnybody === id;
  }
  function isHere(message, id) {
    return Object(message).isHere === id;
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
    away: optional(isString)
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
    hello: isObject({
      you: isUser,
      server: isObject({
        name: isOneOf("backchannel"),
        version: isString
      }),
      epoch: isString,
      limits: isLimits,
      commands: listOf(isCommandHelp),
      room: isRoom,
      users: listOf(isUser),
      online: isNumber
    }),
    message: isMessageEvent,
    whisper: isObject({
      from: isUser,
      text: isString
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
      id: isNumber
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
      reason: isOneOf("quit", "idle", "kicked", "flood"),
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
      user: isUser
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
      room: isRoom
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
  function displayName(user) {
    return user.name ?? user.address;
  }

  // static/src/model/grouping.ts
  var GROUP_GAP = 5 * 6e4;
  var CROWD_NAMES = 4;
  function enlarge({ event, names, others }, name) {
    if (names.includes(name)) return {
      event,
      names,
      others
    };
    if (names.length < CROWD_NAMES) return {
      event,
      names: [
        ...names,
        name
      ],
      others
    };
    return {
      event,
      names,
      others: others + 1
    };
  }
  function describe({ event, names, others }) {
    const rest = others === 0 ? [] : [
      others === 1 ? "one other" : `${others} others`
    ];
    return `${list([
      ...names,
      ...rest
    ])} ${event === "join" ? "joined" : "left"}`;
  }
  function list(names) {
    return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  }
  function place(entry, previous) {
    const newDay = previous === void 0 || dayOf(entry.time) !== dayOf(previous.time);
    const opens = newDay || previous.kind !== entry.kind || !isSameSpeaker(previous, entry) || previous.to !== entry.to || previous.action !== entry.action || entry.time - previous.time > GROUP_GAP;
    return {
      newDay,
      opens
    };
  }
  function isSameSpeaker(one, other) {
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
    const unopened = new Map(Array.from(BRACKETS, ([close, open]) => [
      close,
      count(address, close) - count(address, open)
    ]));
    let end = address.length;
    for (; end > 0; end--) {
      const last = address.charAt(end - 1);
      const left = unopened.get(last) ?? 0;
      if (left > 0) unopened.set(last, left - 1);
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
    return Array.from(text.matchAll(patternOf(name)), ({ 0: word, index }) => [
      index,
      index + word.length
    ]);
  }
  var known = {
    name: "",
    pattern: /(?!)/g
  };
  function patternOf(name) {
    if (known.name === name) return known.pattern;
    const escaped = name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    const unspaced = `[${UNSPACED.join("")}]`;
    const first = UNSPACED.filter((script) => new RegExp(`^${script}`, "u").test(name));
    const last = UNSPACED.filter((script) => new RegExp(`${script}$`, "u").test(name));
    const joining = (scripts) => scripts.length > 0 ? `(?=[${scripts.join("")}])` : `(?!${unspaced})`;
    const after2 = "\\p{M}|[\\p{N}_\\-]|\\.[\\p{L}\\p{N}_\\-]";
    const word = `(?<!${joining(first)}[\\p{L}\\p{M}]|[\\p{N}_.\\-])${escaped}(?!${after2}|${joining(last)}\\p{L})`;
    const called = `(?<!(?!${unspaced})[\\p{L}\\p{M}]|[\\p{N}_.\\-])@${escaped}(?!${after2}${last.length > 0 ? "" : `|${joining(last)}\\p{L}`})`;
    known = {
      name,
      pattern: new RegExp(`${called}|${word}`, "giu")
    };
    return known.pattern;
  }
  function mentions(text, name) {
    return findMentions(text, name).length > 0 && parse2(text, name).some(({ type }) => type === "mention");
  }

  // static/src/model/roster.ts
  var COLOURS = 8;
  var COLOURED = 256;
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
      /** Everybody: those with names first, in the order of the alphabet. */
      sorted() {
        return sorted ??= [
          ...users.values()
        ].sort((a, b) => Number(a.name === null) - Number(b.name === null) || compare(a.name ?? a.address, b.name ?? b.address));
      }
    };
  }
  function colourOf(name) {
    let hash = 2166136261;
    for (const character of name.slice(0, COLOURED).normalize("NFKC").toLowerCase()) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0;
    }
    return ((hash ^ hash >>> 16) >>> 0) % COLOURS;
  }

  // static/src/view/message_row.ts
  var { icon: icon2, make: make3 } = dom_exports;
  var LONGEST_PART = 4096;
  var PARTS = new RegExp(`[^]{1,${LONGEST_PART}}(?:\\s|$)|[^]{1,${LONGEST_PART}}`, "gu");
  var clock = new Intl.DateTimeFormat(void 0, {
    hour: "2-digit",
    minute: "2-digit"
  });
  var calendar = new Intl.DateTimeFormat("en-GB", {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric"
  });
  var SIGNS = {
    notice: {
      icon: "info",
      label: "Notice"
    },
    presence: {
      icon: "person",
      label: "People"
    },
    missed: {
      icon: "gap",
      label: "Missed"
    },
    error: {
      icon: "alert",
      label: "Error"
    }
  };
  var MARKS = {
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
  function render(entry, previous, reader, isMarked) {
    const { newDay, opens: begins } = place(entry, previous);
    const opens = begins || isMarked;
    const row = make3("div", "row");
    row.dataset["key"] = String(entry.key);
    if (newDay) row.append(make3("div", "day", make3("span", "", calendar.format(entry.time))));
    if (isMarked) row.append(make3("div", "unread-line", make3("span", "", "Unread")));
    const article = make3("article", `entry ${entry.kind}`);
    if (entry.own) article.classList.add("own");
    else if (entry.sender !== "") article.classList.add(`c${colourOf(entry.sender)}`);
    if (entry.mention) article.classList.add("mentioned");
    if (entry.action) article.classList.add("action");
    if (opens) article.classList.add("opens");
    article.setAttribute("aria-label", `${speaker(entry)}, ${clock.format(entry.time)}`);
    article.append(entry.action ? make3("div", "who", icon2("action")) : who(entry, opens), body(entry, opens, reader));
    if (opens || clock.format(entry.time) !== clock.format(previous?.time)) {
      article.append(when(entry));
    }
    row.append(article);
    return row;
  }
  function speaker(entry) {
    const sign = SIGNS[entry.kind];
    if (sign) return sign.label;
    const name = entry.own ? "You" : entry.sender;
    if (entry.action) return `${name}, action`;
    if (entry.kind !== "whisper") return name;
    return entry.own ? `${name}, whisper to ${entry.to ?? ""}` : `${name}, whisper to you`;
  }
  function who(entry, opens) {
    const cell = make3("div", "who");
    const sign = SIGNS[entry.kind];
    if (sign) {
      cell.append(icon2(sign.icon));
      if (entry.kind === "error" || entry.kind === "missed") {
        cell.append(make3("span", "sign", sign.label));
      }
    } else if (opens) {
      cell.append(entry.own ? make3("span", "name you", "You") : senderName(entry.sender));
    }
    return cell;
  }
  function senderName(name) {
    const button2 = make3("button", "name", make3("bdi", "", name));
    button2.type = "button";
    button2.tabIndex = -1;
    button2.title = `Whisper to ${name}`;
    button2.dataset["whisper"] = name;
    return button2;
  }
  function body(entry, opens, reader) {
    const cell = make3("div", "body");
    if (entry.kind === "whisper" && opens) {
      const label = entry.own ? [
        "Whisper to ",
        make3("bdi", "", entry.to ?? "")
      ] : [
        "Whisper to you"
      ];
      cell.append(make3("div", "tag", icon2("lock"), make3("span", "", ...label)));
    }
    const text = make3("div", "text");
    if (entry.action) {
      text.append(entry.own ? actor(reader ?? "You") : senderName(entry.sender), " ");
    }
    const personal = entry.kind === "message" && !entry.own ? reader : null;
    const [first = "", ...others] = partsOf(entry);
    if (others.length === 0) text.append(...parse2(first, personal).map(nodeOf));
    else for (const part of [
      first,
      ...others
    ]) text.append(partOf(part, personal));
    text.dir = SIGNS[entry.kind] ? "ltr" : "auto";
    cell.append(text);
    const mark = entry.delivery && MARKS[entry.delivery];
    if (mark) cell.append(deliveryMark(entry, mark));
    if (entry.loading === "waiting") cell.append(button("Load them", "load", entry.key));
    return cell;
  }
  function partsOf({ kind, text }) {
    const lines = SIGNS[kind] ? text.split(/(?<=\n)/) : [
      text
    ];
    return lines.flatMap((line) => line.length <= LONGEST_PART ? [
      line
    ] : line.match(PARTS) ?? []);
  }
  function partOf(text, reader) {
    return make3("span", "part", ...parse2(text, reader).map(nodeOf));
  }
  function actor(name) {
    return make3("span", "name you", make3("bdi", "", name));
  }
  function button(label, deed, key) {
    const element = make3("button", "quiet", label);
    element.type = "button";
    element.dataset[deed] = String(key);
    return element;
  }
  function nodeOf(piece) {
    if (piece.type === "text") return piece.text;
    if (piece.type === "mention") return make3("mark", "", piece.text);
    const link = make3("a", "", piece.text);
    link.href = piece.href;
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
    return link;
  }
  function deliveryMark(entry, mark) {
    const line = make3("div", `delivery ${entry.delivery}`, icon2(mark.icon));
    line.append(make3("span", "", entry.detail ? `${mark.label}: ${entry.detail}` : mark.label));
    if (entry.delivery === "failed") line.append(button("Edit", "edit", entry.key));
    return line;
  }
  function when(entry) {
    const time = make3("time", "", clock.format(entry.time));
    time.dateTime = new Date(entry.time).toISOString();
    return time;
  }

  // static/src/view/notifications.ts
  var TITLE = "Backchannel";
  var GATHER = 400;
  var ONE_BY_ONE = 3;
  var REDRAW = 200;
  var MARK = `<path d="M8 10.5h16M8 16h11M8 21.5h6" stroke="#fff" stroke-width="3" stroke-linecap="round"/><circle cx="22.5" cy="21.5" r="2.5" fill="#fff"/>`;
  var EXCERPT = 200;
  function isAttended() {
    return !document.hidden && document.hasFocus();
  }
  function onAttention(run) {
    const tell = () => run(isAttended());
    document.addEventListener("visibilitychange", tell);
    globalThis.addEventListener("focus", tell);
    globalThis.addEventListener("blur", tell);
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
    const wish = store("local", "notify");
    let possible = "Notification" in globalThis && isSecureContext;
    return {
      get possible() {
        return possible;
      },
      get on() {
        return possible && wish.load() === "on" && Notification.permission === "granted";
      },
      /** Turns it on or off; on only if the reader allows it. */
      async turn(on) {
        wish.save(on ? "on" : "off");
        if (on && possible) await Notification.requestPermission();
      },
      /**
       * @param place The room where it was said.
       * @param open Brings it into view.
       */
      notify(entry, place2, open) {
        if (!this.on || isAttended()) return;
        const title = entry.kind === "whisper" ? `${entry.sender} whispers` : `${entry.sender} mentions you in ${place2}`;
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
      region.textContent = count3 <= ONE_BY_ONE ? lines.join("\n") : `${count3} new entries. The last: ${last}`;
      lines = [];
      count3 = 0;
    }
    function say(text) {
      if (count3++ === 0) setTimeout(speak, GATHER);
      if (count3 <= ONE_BY_ONE) lines.push(text);
      last = text;
    }
    return {
      say,
      /** @param place The room, if it is not in view. */
      entry(entry, place2) {
        say(`${place2 === void 0 ? "" : `In ${place2}, `}${speaker(entry)}: ${entry.text}`);
      }
    };
  }

  // static/src/model/completion.ts
  var NAMES_SHOWN = 8;
  var LONGEST_NAME = 256;
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
    const called = word.startsWith("@");
    const prefix = called ? word.slice(1) : word;
    if (prefix === "" && !called) return void 0;
    const from = before.length - word.length;
    const end = from === 0 ? ": " : " ";
    const items = matching(names, prefix).map((name) => ({
      insert: `${called ? "@" : ""}${name}${end}`,
      label: name,
      detail: ""
    }));
    if (items.length === 0) return void 0;
    return {
      from,
      to: before.length,
      items,
      hint: "",
      eager: called
    };
  }
  function lastWord(text) {
    let from = text.length;
    while (from > 0 && !/[\s,;:!?()"']/.test(text.charAt(from - 1))) from--;
    return text.slice(from);
  }
  function matching(names, prefix) {
    if (prefix.length > LONGEST_NAME) return [];
    const start = fold(prefix);
    return names.filter((name) => fold(name).startsWith(start)).slice(0, NAMES_SHOWN);
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
  var TALLEST = 192;
  function createComposer({ submit, vocabulary, measure: measure2, draft, announce }) {
    const form = byId("composer", HTMLFormElement);
    const field = byId("text", HTMLTextAreaElement);
    const counter = byId("counter", HTMLElement);
    const palette = byId("palette", HTMLElement);
    const options = byId("palette-options", HTMLElement);
    const hint = byId("palette-hint", HTMLElement);
    const history = createInputHistory();
    let suggestions;
    let active = -1;
    let tooLong = false;
    function set(text, caret = text.length) {
      field.value = text;
      field.setSelectionRange(caret, caret);
      react();
    }
    function react() {
      field.style.setProperty("height", "auto");
      field.style.setProperty("height", `${Math.min(field.scrollHeight, TALLEST)}px`);
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
      history.add(text);
      close();
      set("");
    }
    function suggest2(asked) {
      const found = field.selectionStart === field.selectionEnd ? suggest(field.value, field.selectionStart, vocabulary()) : void 0;
      if (found === void 0 || !(asked || found.eager)) return close();
      suggestions = found;
      active = found.items.length > 0 ? 0 : -1;
      options.replaceChildren(...found.items.map(optionOf));
      options.hidden = found.items.length === 0;
      hint.textContent = found.hint;
      hint.hidden = found.hint === "";
      palette.hidden = found.items.length === 0 && found.hint === "";
      highlight();
      const [only] = found.items;
      if (asked && only) announce(`${found.items.length} suggestions, ${only.label}`);
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
      const behind = value.slice(to).replace(/^ /, item.insert.endsWith(" ") ? "" : " ");
      close();
      set(value.slice(0, from) + item.insert + behind, from + item.insert.length);
      suggest2(false);
    }
    function close() {
      suggestions = void 0;
      active = -1;
      palette.hidden = true;
      field.removeAttribute("aria-activedescendant");
    }
    function complete() {
      const item = suggestions?.items[active];
      if (suggestions === void 0 || item === void 0) return true;
      const typed = field.value.slice(suggestions.from, suggestions.to);
      return item.insert.replace(/:? ?$/, "").toLowerCase() === typed.toLowerCase();
    }
    const keys = {
      Enter(event) {
        if (event.shiftKey || event.altKey) return false;
        if (complete()) send();
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
      const line = step < 0 ? history.older(value) : history.newer();
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
      react();
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
    globalThis.addEventListener("resize", react);
    set(draft.load());
    return {
      focus: () => field.focus(),
      set(text) {
        set(text);
        field.focus();
      },
      /** Another room is written to: brings back what was being typed there. */
      turn() {
        close();
        set(draft.load());
      },
      /** Begins a whisper, or makes one of what is typed. */
      whisper(name) {
        const begun = field.value.replace(/^\/whisper\s+\S+\s*/i, "");
        set(`/whisper ${name} ${begun.startsWith("/") ? "" : begun}`);
        field.focus();
        suggest2(false);
      },
      /** The limits, or who is here, may have changed. */
      refresh: count3
    };
  }
  function hasModifier({ shiftKey, ctrlKey, altKey, metaKey }) {
    return shiftKey || ctrlKey || altKey || metaKey;
  }

  // static/src/net/connection.ts
  var BACKOFF_BASE = 500;
  var BACKOFF_CAP = 3e4;
  var GOOD_AFTER = 5e3;
  var PATIENCE = 1e4;
  function backoff(attempt, random) {
    return random() * Math.min(BACKOFF_CAP, BACKOFF_BASE * 2 ** attempt);
  }
  function createConnection(options) {
    const { subprotocol, onState, onFrame, clock: clock2, createSocket = (url2, protocols) => new WebSocket(url2, protocols), random = Math.random } = options;
    let state = "idle";
    let url = "";
    let socket;
    let cancelRetry;
    let cancelPatience;
    let hint;
    let attempt = 0;
    let openedAt = 0;
    let everOpen = false;
    let probed = false;
    function change(next, retryAt) {
      state = next;
      onState(next, retryAt);
    }
    function connect() {
      stopTimers();
      dropSocket();
      change("connecting");
      const mine = createSocket(url, subprotocol);
      socket = mine;
      expectFrame();
      mine.onopen = () => {
        if (mine === socket && mine.protocol !== subprotocol) refuse();
      };
      mine.onmessage = ({ data }) => {
        if (mine === socket) receive(data);
      };
      mine.onclose = () => {
        if (mine === socket) lose();
      };
    }
    function receive(data) {
      cancelPatience?.();
      cancelPatience = void 0;
      if (state === "connecting") {
        openedAt = clock2.now();
        everOpen = true;
        change("open");
      }
      onFrame(data);
    }
    function lose() {
      const lived = state === "open" ? clock2.now() - openedAt : 0;
      stopTimers();
      dropSocket();
      if (state === "closed") return;
      if (!everOpen && !probed) return probe();
      if (lived >= GOOD_AFTER) attempt = 0;
      const wait = hint ? hint.after + random() * hint.spread : backoff(attempt, random);
      hint = void 0;
      attempt++;
      cancelRetry = clock2.after(wait, connect);
      change("waiting", clock2.now() + wait);
    }
    function probe() {
      probed = true;
      const mine = createSocket(url);
      socket = mine;
      expectFrame();
      mine.onopen = () => {
        if (mine === socket) refuse();
      };
      mine.onclose = () => {
        if (mine === socket) lose();
      };
    }
    function refuse() {
      stopTimers();
      dropSocket();
      change("incompatible");
    }
    function expectFrame() {
      cancelPatience ??= clock2.after(PATIENCE, () => {
        cancelPatience = void 0;
        lose();
      });
    }
    function stopTimers() {
      cancelRetry?.();
      cancelPatience?.();
      cancelRetry = cancelPatience = void 0;
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
      /** Connects to a server, and goes on trying. */
      open(server) {
        url = server;
        attempt = 0;
        everOpen = probed = false;
        connect();
      },
      /** Tries at once what it would try later. */
      retry() {
        if (url !== "" && (state === "waiting" || state === "closed" || state === "incompatible")) {
          probed = everOpen;
          connect();
        }
      },
      /** Ends it, until somebody opens it again. */
      close() {
        stopTimers();
        change("closed");
        dropSocket();
      },
      /** The server will end it, and has said why it should stay so. */
      leave() {
        if (state === "open") change("closed");
      },
      /** The server will end it, and has said when to come back. */
      comeBack(reconnect) {
        hint = reconnect;
      },
      /** Sends a frame that the server answers. Says whether it could. */
      send(frame) {
        if (state !== "open" || socket?.readyState !== 1) return false;
        socket.send(frame);
        expectFrame();
        return true;
      }
    };
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
      if (name === "") return showProblem("A name has at least one character");
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
       * @param question.name What is in the field.
       * @param question.problem What was wrong with the last answer.
       * @param question.named Whether there is a name already.
       */
      open({ name, problem, rules: text, named }) {
        rules.textContent = text;
        byId("name-title", HTMLElement).textContent = named ? "Change your name" : "What is your name?";
        later.textContent = named ? "Keep the old one" : "Stay nameless";
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
      /** The name was taken, or nobody is there to take it. */
      close() {
        dialog.close();
      }
    };
  }
  function createRoomDialog({ join, ask }) {
    const dialog = byId("room-dialog", HTMLDialogElement);
    const field = byId("room-field", HTMLInputElement);
    const list2 = byId("room-list", HTMLElement);
    const showProblem = createProblem(field, "room-problem");
    dialog.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = field.value.trim();
      if (name === "") showProblem("A room has a name of at least one character");
      else join(name);
    });
    byId("room-cancel", HTMLButtonElement).addEventListener("click", () => dialog.close());
    function itemOf({ name, topic, users }) {
      const people = users === 0 ? "nobody now" : users === 1 ? "1 person" : `${users.toLocaleString()} people`;
      const label = make("span", "whom", make("bdi", "name", name));
      if (topic) label.append(make("bdi", "about", topic));
      const button2 = make("button", "person", label, make("span", "count", people));
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
        ask();
      },
      /** What is wrong with the room that was asked for. */
      refuse(problem) {
        showProblem(problem);
        field.focus();
      },
      /** Which rooms there are. */
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
      if (url === void 0) return showProblem("That is no address, try ws://host:port");
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
  var MOST = 240;
  var KEEP = 160;
  var STEP = 60;
  var NEAR = 800;
  var BOTTOM = 32;
  var GLIDE = 700;
  function createLogView({ scroller, list: list2, jump, render: render2, onTop, onEnd }) {
    let timeline;
    let from = 0, to = 0;
    const rows = /* @__PURE__ */ new Map();
    const changed = /* @__PURE__ */ new Set();
    let following = true;
    let unseen = 0;
    let lastTop = 0;
    let gliding;
    const left = /* @__PURE__ */ new WeakMap();
    const updateSoon = onceAFrame(update);
    const listener = {
      inserted(place2) {
        const isAbove = place2 < from || place2 === from && from < to;
        if (isAbove) from++;
        if (isAbove || place2 < to) to++;
        updateSoon();
      },
      removed(place2, count3) {
        from -= Math.min(count3, Math.max(0, from - place2));
        to -= Math.min(count3, Math.max(0, to - place2));
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
        hold(draw);
        fill();
      }
      showJump();
      const isShort = scroller.scrollHeight <= scroller.clientHeight;
      if (from === 0 && (following ? isShort : scroller.scrollTop < NEAR)) onTop();
    }
    function draw() {
      if (timeline === void 0) return;
      const entries = [];
      for (let place2 = from; place2 < to; place2++) {
        const entry = timeline.at(place2);
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
    function rowOf(entry, place2) {
      const row = render2(entry, timeline?.at(place2 - 1), timeline?.mark === entry.key);
      rows.set(entry.key, row);
      return row;
    }
    function follow() {
      to = timeline?.size ?? 0;
      if (to - from > MOST || to - from < KEEP) from = Math.max(0, to - KEEP);
      draw();
      scrollTo(scroller.scrollHeight);
    }
    function fill() {
      while (scroller.scrollTop < NEAR && from > 0) hold(growUp);
      while (distance() < NEAR && to < (timeline?.size ?? 0)) hold(growDown);
    }
    function growUp() {
      from = Math.max(0, from - STEP);
      trim("bottom");
      draw();
    }
    function growDown() {
      to = Math.min(timeline?.size ?? 0, to + STEP);
      trim("top");
      draw();
    }
    function trim(end) {
      if (to - from <= MOST) return;
      if (end === "top") from = to - KEEP;
      else to = from + MOST;
    }
    function rowList() {
      return [
        ...list2.children
      ].filter((row) => row instanceof HTMLElement);
    }
    function hold(change) {
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
      const atEnd = to === timeline?.size && distance() <= BOTTOM;
      if (atEnd) setFollowing(true);
      else if (top < lastTop && gliding === void 0) setFollowing(false);
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
      scroller.addEventListener(event, land, {
        passive: true
      });
    }
    jump.addEventListener("click", () => {
      toEnd();
      scroller.focus({
        preventScroll: true
      });
    });
    const observer = new ResizeObserver(() => {
      if (following) scrollTo(scroller.scrollHeight);
    });
    observer.observe(scroller);
    observer.observe(list2);
    function toEnd() {
      setFollowing(true);
      land();
      gliding = Number(setTimeout(land, GLIDE));
      updateSoon();
    }
    function land() {
      clearTimeout(gliding);
      gliding = void 0;
    }
    function remember() {
      if (timeline === void 0) return;
      const row = rowList().find((one) => one.offsetTop + one.offsetHeight > scroller.scrollTop);
      if (following || row === void 0) left.delete(timeline);
      else left.set(timeline, {
        key: keyOf2(row),
        offset: row.offsetTop - scroller.scrollTop
      });
    }
    function goTo({ key, offset }) {
      const place2 = timeline?.placeOf(key) ?? -1;
      if (timeline === void 0 || place2 < 0) return;
      from = Math.max(0, place2 - STEP);
      to = Math.min(timeline.size, from + KEEP);
      draw();
      putAt({
        key,
        offset
      });
      following = to === timeline.size && distance() <= BOTTOM;
      updateSoon();
    }
    return {
      /** Whether the reader reads the newest. */
      get following() {
        return following;
      },
      /** Brings another timeline into view, where it was left. */
      show(other) {
        if (other === timeline) return;
        remember();
        timeline?.listen(void 0);
        timeline = other;
        other.listen(listener);
        list2.replaceChildren();
        rows.clear();
        changed.clear();
        from = to = unseen = 0;
        following = true;
        land();
        const spot = left.get(other);
        if (spot !== void 0 && other.get(spot.key) !== void 0) goTo(spot);
        else update();
      },
      /** Goes to the unread line, if it cannot be seen together with the newest entry. */
      toMark(unread) {
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
      /** Others have said something. */
      heard() {
        if (!following) unseen++;
        updateSoon();
      },
      /** Something around the rows has changed, which must not move them. */
      around(change) {
        if (following) change();
        else hold(change);
        updateSoon();
      },
      toEnd
    };
  }

  // static/src/model/outbox.ts
  var CAPACITY = 200;
  function createOutbox({ load, save }) {
    const waiting = new Map(parse4(load()).map((item) => [
      item.ref,
      item
    ]));
    function keep() {
      const items = [
        ...waiting.values()
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
        return waiting.size >= CAPACITY;
      },
      get size() {
        return waiting.size;
      },
      get(ref) {
        return ref === null ? void 0 : waiting.get(ref);
      },
      add(item) {
        waiting.set(item.ref, item);
        keep();
      },
      /** It was answered, one way or the other. Says whether it was waiting for that. */
      settle(ref) {
        if (ref === null || !waiting.delete(ref)) return false;
        keep();
        return true;
      },
      /** The connection is gone: everything has to be sent again. */
      ground() {
        for (const item of waiting.values()) {
          item.again ||= item.flying === true;
          item.flying = false;
        }
      },
      all() {
        return [
          ...waiting.values()
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
        again: true
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

  // static/src/view/panels.ts
  var { make: make4, icon: icon3 } = dom_exports;
  var SHOWN = 500;
  var REDRAW2 = 100;
  function createPanel(id, onToggle) {
    const panel = byId(id, HTMLElement);
    const toggle = byId(`${id}-toggle`, HTMLButtonElement);
    function show(open) {
      panel.hidden = !open;
      toggle.setAttribute("aria-expanded", String(open));
      onToggle(open);
    }
    function close() {
      const within = panel.contains(document.activeElement);
      show(false);
      if (within) toggle.focus();
    }
    toggle.addEventListener("click", () => {
      if (!panel.hidden) return close();
      show(true);
      panel.querySelector("h2")?.focus();
    });
    panel.querySelector(".close")?.addEventListener("click", close);
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
    });
    return {
      show,
      close,
      get open() {
        return !panel.hidden;
      }
    };
  }
  function createPeople(room, me, whisper) {
    const list2 = byId("people-list", HTMLElement);
    const counts = document.querySelectorAll(".people-count");
    const more = byId("people-more", HTMLElement);
    function itemOf(user) {
      const name = displayName(user);
      const label = make4("bdi", `name c${colourOf(name)}`, name);
      const who2 = make4("span", "whom", label);
      if (user.away !== void 0) {
        who2.append(make4("span", "away", "away: ", make4("bdi", "", user.away)));
      }
      if (user.id === me()?.id) {
        label.className = "name you";
        return make4("li", "", make4("span", "person myself", who2, make4("span", "role", "you")));
      }
      const button2 = make4("button", "person", who2, make4("span", "role", icon3("lock"), "whisper"));
      button2.type = "button";
      button2.title = user.address;
      button2.addEventListener("click", () => whisper(name));
      return make4("li", "", button2);
    }
    function draw() {
      const self = me();
      const { people, size, crowded } = room();
      const others = people.sorted();
      const all = self && !people.get(self.id) ? [
        self,
        ...others
      ] : others;
      const total = crowded ? size : all.length;
      const focused = [
        ...list2.children
      ].findIndex((item) => item.contains(document.activeElement));
      list2.replaceChildren(...all.slice(0, SHOWN).map(itemOf));
      if (focused >= 0) list2.children[focused]?.querySelector("button")?.focus();
      for (const count3 of counts) count3.textContent = total.toLocaleString();
      const rest = total - Math.min(all.length, SHOWN);
      more.hidden = rest <= 0;
      more.textContent = `and ${rest.toLocaleString()} more`;
    }
    return {
      draw,
      drawSoon: onceIn(REDRAW2, draw)
    };
  }

  // static/src/model/gaps.ts
  function createGaps(timeline, now) {
    let gaps = [];
    function show(gap) {
      const { key, state, to } = gap;
      const { loading: _, ...words } = describe2(gap);
      timeline.update(key, {
        ...words,
        behind: to,
        loading: state === "lost" ? void 0 : state
      });
    }
    function make6(from, to, rest) {
      const gap = {
        ...rest,
        from,
        to
      };
      const { time } = gap;
      return {
        ...gap,
        key: timeline.putBehind({
          behind: to,
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
      return rest.map(([a = 0, b = 0], index) => make6(a, b, {
        ...gap,
        lead: index === 0 ? gap.lead : ""
      }));
    }
    function cover(from, to) {
      if (gaps.length > 0) gaps = gaps.flatMap((gap) => shrink(gap, from, to));
    }
    return {
      /** These are missing. */
      open(from, to, { lead = "", state = "waiting" } = {}) {
        if (from > to) return;
        cover(from, to);
        const gap = make6(from, to, {
          lead,
          state,
          time: now()
        });
        gaps = [
          ...gaps,
          gap
        ].sort((one, other) => one.from - other.from);
      },
      /** These are there, or never were. */
      cover,
      set(gap, state) {
        if (gap.state === state) return;
        gap.state = state;
        show(gap);
      },
      /** The gap whose entry this is. */
      byKey: (key) => gaps.find((gap) => gap.key === key),
      get all() {
        return gaps;
      },
      /** The numbers mean nothing any more: what is missing stays so. */
      settle() {
        for (const gap of gaps) {
          gap.state = "lost";
          show(gap);
        }
        gaps = [];
      }
    };
  }
  function describe2({ from, to, lead, state }) {
    const kind = "missed";
    const rest = state === "loading" ? " They are on their way." : "";
    return {
      kind,
      text: `${lead}${count2(to - from + 1)} missed.${rest}`,
      ...state === "lost" ? {} : {
        loading: state
      }
    };
  }
  function count2(messages) {
    return messages === 1 ? "1 message was" : `${messages.toLocaleString()} messages were`;
  }

  // static/src/model/sequence.ts
  var TOO_MUCH = "Too much at once: ";
  function createSequence(timeline, now) {
    const gaps = createGaps(timeline, now);
    let epoch;
    let high = 0;
    let held;
    function reach(id) {
      high = Math.max(high, id);
    }
    return {
      gaps,
      /** How far it has been heard. */
      get position() {
        return epoch === void 0 ? void 0 : {
          epoch,
          offset: high
        };
      },
      /**
       * The server counts under this name now, and what was said so far has this number. Whatever was counted under
       * another name stays where it is.
       */
      begin(name, offset) {
        gaps.settle();
        timeline.renumber();
        epoch = name;
        high = offset;
      },
      /** The server counts on, under another name. */
      rename(name) {
        epoch = name;
      },
      reach,
      /** A number was given on this connection, where all come in order: those left out are missing. */
      note(id) {
        if (epoch !== void 0 && id > high + 1) gaps.open(high + 1, id - 1);
        gaps.cover(id, id);
        reach(id);
      },
      /** These were too much at once: they are missing. */
      miss(from, to) {
        gaps.open(from, to, {
          lead: TOO_MUCH
        });
        for (const id of timeline.idsWithin(from, to)) gaps.cover(id, id);
        reach(to);
      },
      /** Puts messages in their places that came together, without a hole. Returns those that are new. */
      merge(messages) {
        const added = messages.flatMap((message) => timeline.put(message) ?? []);
        const first = messages[0], last = messages.at(-1);
        if (first && last) gaps.cover(first.id, last.id);
        return added;
      },
      /** From now on what comes has to wait. */
      hold() {
        held ??= [];
      },
      /** Does something now, or when it is clear what was missed before. */
      inOrder(run) {
        if (held === void 0) run();
        else held.push(run);
      },
      /** It is clear what was missed. */
      release() {
        const waiting = held ?? [];
        held = void 0;
        for (const run of waiting) run();
      },
      /** The connection is gone: what waits will be among what was missed. */
      abandon() {
        held = void 0;
        for (const gap of gaps.all) if (gap.state === "loading") gaps.set(gap, "waiting");
      }
    };
  }

  // static/src/model/timeline.ts
  var CAPACITY2 = 1e4;
  var CROWD_GAP = 6e4;
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
    let forgotten = false;
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
      if (entries.length > capacity && index > 0) forget(Math.ceil(capacity / 10));
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
    function forget(count3) {
      forgotten = true;
      drop(0, count3);
    }
    function changedAt(index) {
      const entry = entries[index];
      if (entry !== void 0) listener?.changed(entry.key);
    }
    function placeOf(id, time) {
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
    function identify(key1, id, change = {}) {
      const entry = byKey.get(key1);
      if (entry === void 0) return;
      const copy = byId2.get(id);
      if (copy !== void 0 && copy !== entry) drop(entries.lastIndexOf(copy), 1);
      const from = entries.lastIndexOf(entry);
      if (entry.id !== void 0) byId2.delete(entry.id);
      entries.splice(from, 1);
      Object.assign(entry, change, {
        id
      });
      byId2.set(id, entry);
      const to = placeOf(id, entry.time);
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
      const alike = unnumbered.get(likeness(given)) ?? [];
      const index = alike.findIndex(({ key: key1, time }) => byKey.has(key1) && Math.abs(time - given.time) < SAME_TIME);
      return index < 0 ? void 0 : alike.splice(index, 1)[0];
    }
    return {
      /** Adds something at the end. */
      add: (given) => insert(entries.length, given),
      /** Puts a message in its place, unless it is here. Returns it if it is new. */
      put(given) {
        if (byId2.has(given.id)) return void 0;
        const known2 = findUnnumbered(given);
        if (known2 === void 0) return insert(placeOf(given.id, given.time), given);
        identify(known2.key, given.id);
        return void 0;
      },
      /** Puts an entry behind all messages up to a number. */
      putBehind(given) {
        return insert(placeOf(given.behind + 1, given.time ?? now()), given);
      },
      identify,
      update,
      /** Takes an entry out. */
      remove(key1) {
        const entry = byKey.get(key1);
        if (entry !== void 0) drop(entries.lastIndexOf(entry), 1);
      },
      /** The numbers mean nothing any more: others begin. */
      renumber() {
        unnumbered.clear();
        for (const entry of byId2.values()) {
          delete entry.id;
          const alike = unnumbered.get(likeness(entry));
          if (alike === void 0) unnumbered.set(likeness(entry), [
            entry
          ]);
          else alike.push(entry);
        }
        byId2.clear();
        for (const entry of entries) delete entry.behind;
      },
      get: (key1) => byKey.get(key1),
      byId: (id) => byId2.get(id),
      /** The entry that was sent with this id. */
      byRef: (ref) => ref === null ? void 0 : byRef.get(ref),
      /** The entry at a place. */
      at: (place2) => entries[place2],
      /** Where an entry stands, -1 if it is gone. */
      placeOf(key1) {
        const entry = byKey.get(key1);
        return entry === void 0 ? -1 : entries.lastIndexOf(entry);
      },
      /** All that stands behind an entry. */
      behind: (key1) => entries.slice(entries.findIndex((entry) => entry.key === key1) + 1),
      get size() {
        return entries.length;
      },
      /** Whether older messages are not to be put here, since newer ones would have to go for them. */
      get full() {
        return entries.length >= capacity * 0.9;
      },
      /** Whether the oldest went, since there were too many. */
      get forgotten() {
        return forgotten;
      },
      set forgotten(value) {
        forgotten = value;
      },
      /** The smallest number of a message, `undefined` if there is none. */
      get firstId() {
        return entries.find(({ id }) => id !== void 0)?.id;
      },
      /** The numbers within a range that are here. */
      idsWithin: (from, to) => [
        ...byId2.keys()
      ].filter((id) => id >= from && id <= to),
      /** The first message with a larger number that others said. */
      firstBehind: (id) => entries.find((entry) => (entry.id ?? 0) > id && !entry.own),
      /** The key of the entry before which the unread line stands. */
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
      /** From now on this one is told of changes, and no other. */
      listen(other) {
        listener = other;
      },
      /** Says that somebody came or went, together with others who did so a moment ago. */
      crowd(event, name) {
        const last = entries.at(-1);
        if (last?.crowd?.event === event && now() - last.time < CROWD_GAP) {
          const crowd2 = enlarge(last.crowd, name);
          update(last.key, {
            crowd: crowd2,
            text: describe(crowd2)
          });
          return void 0;
        }
        const crowd = {
          event,
          names: [
            name
          ],
          others: 0
        };
        return insert(entries.length, {
          kind: "presence",
          text: describe(crowd),
          crowd
        });
      }
    };
  }
  function orderOf(entry) {
    return entry?.id ?? entry?.behind;
  }
  function isPending({ delivery }) {
    return delivery === "queued" || delivery === "sending";
  }
  function likeness({ sender = "", text, action = false }) {
    return `${sender} ${action} ${text}`;
  }

  // static/src/model/room.ts
  function createRoom({ name, now, attended, onRead, onChange, seen }) {
    const entries = createTimeline({
      now
    });
    const sequence = createSequence(entries, now);
    const people = createRoster(onChange);
    let read = seen;
    let topic = null;
    let unread = 0;
    let personal = false;
    let older = "unkept";
    let crowd;
    let isLineDue = false;
    let isOpening = false;
    function readAll() {
      const { position } = sequence;
      if (position === void 0) return;
      const moved = read?.epoch !== position.epoch || read.offset !== position.offset;
      read = position;
      unread = 0;
      personal = false;
      if (moved) onRead();
    }
    const room = {
      name,
      timeline: entries,
      sequence,
      people,
      /** What it is about. */
      get topic() {
        return topic;
      },
      set topic(text) {
        topic = text;
        onChange();
      },
      /** Whether the server has let this connection in. */
      joined: false,
      /** How far one has read. */
      get read() {
        return read;
      },
      /** How much others have said since. */
      get unread() {
        return unread;
      },
      /** Whether some of that is meant for the reader in person. */
      get personal() {
        return personal;
      },
      get older() {
        if (older === "none" && entries.forgotten) return "some";
        return older === "some" && entries.full ? "full" : older;
      },
      set older(value) {
        older = value;
        isOpening &&= value === "loading";
        entries.forgotten = false;
      },
      /** How many are here. */
      get size() {
        return crowd ?? people.size;
      },
      /** Whether only the number of people is told. */
      get crowded() {
        return crowd !== void 0;
      },
      /** Who is here, or merely how many. */
      fill(users, size = users.length) {
        crowd = size > users.length ? size : void 0;
        people.reset(users);
      },
      /** Only the number of people is told. */
      count(size) {
        crowd = size;
        onChange();
      },
      /** Others have said these, oldest first: they are read at once if somebody looks. */
      heard(added) {
        const others = added.filter(({ own }) => !own);
        const looking = attended(room) && !isOpening;
        if (others.length > 0 && unread === 0 && !looking) entries.mark = others[0]?.key;
        unread += others.length;
        personal ||= others.some(({ mention }) => mention);
        if (looking) readAll();
        else if (others.length > 0) onChange();
      },
      /** Messages came that were said in one's absence: the unread begin with them. */
      missed(added) {
        const first = added.find(({ own }) => !own);
        if (first !== void 0 && unread === 0) entries.mark = first.key;
        room.heard(added);
      },
      /**
       * The server counts under this name, and what was said so far has this number.
       *
       * @param kept Whether the server keeps what was said.
       */
      begin(epoch, offset, kept) {
        sequence.begin(epoch, offset);
        room.older = !kept ? "unkept" : offset === 0 ? "none" : "some";
        unread = kept && seen?.epoch === epoch ? Math.max(0, offset - seen.offset) : 0;
        isLineDue = unread > 0;
        isOpening = older === "some";
        if (unread === 0) readAll();
      },
      /** The server counts on, under another name. */
      rename(epoch) {
        sequence.rename(epoch);
        if (read === void 0) return;
        read = {
          ...read,
          epoch
        };
        onRead();
      },
      /**
       * Draws the unread line where one had read to when the page was loaded, as soon as that place is known. Says whether
       * it did.
       */
      recall() {
        const oldest = entries.firstId;
        if (!isLineDue || seen === void 0 || oldest === void 0) return false;
        if (oldest > seen.offset + 1 && older === "some") return false;
        isLineDue = false;
        const first = entries.firstBehind(seen.offset);
        if (first !== void 0) entries.mark = first.key;
        return first !== void 0;
      },
      /** Somebody looks at the newest that is said here. */
      readAll,
      /** Nobody looks any more: what is read needs no line. */
      turnAway() {
        if (unread === 0) entries.mark = void 0;
      },
      /** The connection is gone. */
      lose() {
        room.joined = false;
        sequence.abandon();
        if (older === "loading") older = "some";
      }
    };
    return room;
  }

  // static/src/model/rooms.ts
  var REMEMBERED = 100;
  var LONGEST_NAME2 = 256;
  function createRooms({ now, memory, reading, attended, onChange }) {
    const readings = () => Object.entries(parse5(reading.load())).filter(isReading);
    const seen = new Map(readings());
    const noted = /* @__PURE__ */ new Map();
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
        attended: (one) => one === shown && attended(),
        onRead: () => note(room),
        onChange,
        seen: seen.get(name)
      });
      all.push(room);
      return room;
    }
    function note({ name, read }) {
      if (read !== void 0) noted.set(name, read);
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
      /** In which everybody is, always. */
      lobby,
      find,
      get all() {
        return all;
      },
      get shown() {
        return shown;
      },
      /** Puts a room into view. */
      show(room) {
        if (room === shown) return;
        shown.turnAway();
        shown = room;
        keep();
        onChange();
      },
      /** One is in this room, too. */
      open(name) {
        const known2 = find(name);
        if (known2 !== void 0) return known2;
        const room = add(name);
        keep();
        onChange();
        return room;
      },
      /** One is in this room no more; the one before it comes into view. */
      close(room) {
        const index = all.indexOf(room);
        if (room === lobby || index < 0) return;
        all.splice(index, 1);
        if (shown === room) shown = all[index - 1] ?? lobby;
        keep();
        onChange();
      },
      /** Writes down how far all is read, here or in another tab. */
      keepReading() {
        const all2 = new Map(readings());
        for (const [name, here] of noted) {
          const there = all2.get(name);
          const isBehind = there?.epoch === here.epoch && there.offset > here.offset;
          all2.delete(name);
          all2.set(name, isBehind ? there : here);
        }
        reading.save(JSON.stringify(Object.fromEntries([
          ...all2
        ].slice(-REMEMBERED))));
      }
    };
  }
  function keyOf(name) {
    if (name.length > LONGEST_NAME2) return name;
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
  function isReading(entry) {
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
      /**
       * The server has greeted this connection.
       *
       * @param name Under which the server counts.
       */
      begin(you, name) {
        ids = [
          ...name === epoch ? ids : [],
          you.id
        ].slice(-CAPACITY3);
        epoch = name;
        user = you;
        memory.save(JSON.stringify({
          epoch,
          ids
        }));
      },
      /** One is called otherwise, or away. */
      change(you) {
        user = you;
      },
      /** Whether it is this client, or was. */
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

  // static/src/model/reply_handlers.ts
  var LONGEST = 5e3;
  var calendar2 = new Intl.DateTimeFormat("en-GB", {
    dateStyle: "medium",
    timeStyle: "short"
  });
  function createReplyHandler(options) {
    const { rooms, outgoing, pending, pages, resume, tell } = options;
    function show(question2, text) {
      if (!question2?.typed) return;
      const { room } = question2;
      const place2 = rooms.all.includes(room) ? room : rooms.shown;
      tell(place2, {
        kind: "notice",
        text: shorten(text)
      });
    }
    function left(name) {
      const room = rooms.find(name);
      if (room === void 0 || room === rooms.lobby) return;
      outgoing.forget(room);
      rooms.close(room);
    }
    return (event) => {
      if (event.command === "name") return options.onNamed(event.data.user, event.ref);
      const question2 = pending.take(event.ref);
      switch (event.command) {
        case "whisper":
          return outgoing.arrived(event.ref, {
            to: displayName(event.data.to)
          });
        case "join": {
          const room = rooms.open(event.data.room.name);
          resume.joined(room, event.data);
          return options.onJoined(room, question2?.typed === true);
        }
        case "leave":
          return left(event.data.left);
        case "rooms":
          options.onRooms(event.data.rooms);
          return show(question2, event.text);
        case "list":
          rooms.find(event.data.room)?.fill(event.data.users);
          return show(question2, event.text);
        case "topic": {
          const room = rooms.find(event.data.room);
          if (room) room.topic = event.data.topic;
          return show(question2, event.text);
        }
        case "away":
          options.onAway(event.data.user);
          return show(question2, event.text);
        case "help": {
          const lines = event.data.commands.map(({ usage, summary }) => `${usage}: ${summary}`);
          return show(question2, lines.join("\n"));
        }
        case "history":
          if (question2?.typed) {
            return show(question2, linesOf(event.data.messages, "Nothing is kept"));
          }
          return question2 && pages.arrived(question2, event.data);
        case "search": {
          const none = `Nothing found for \u201C${event.data.words}\u201D`;
          return show(question2, linesOf(event.data.messages, none));
        }
        default:
          return show(question2, event.text);
      }
    };
  }
  function linesOf(messages, none) {
    const lines = messages.map(({ time, from, text, action }) => {
      const name = displayName(from);
      return `${calendar2.format(time)}  ${action ? `* ${name}` : `${name}:`} ${text}`;
    });
    return lines.length === 0 ? none : lines.join("\n");
  }
  function shorten(text) {
    return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}\u2026`;
  }

  // static/src/model/outgoing.ts
  var WHISPER = /^\/whisper\s+(\S+)\s+(\S.*)$/is;
  var ACTION = /^\/me\s+(\S.*)$/is;
  function parse7(line) {
    const [, to, whispered] = WHISPER.exec(line) ?? [];
    const [, deed] = ACTION.exec(line) ?? [];
    const text = whispered ?? deed ?? (line.startsWith("//") ? line.slice(1) : line);
    return {
      text,
      to,
      action: deed !== void 0
    };
  }
  var UNSEEN = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]+(?=\/)/u;
  function uncover(line) {
    return line.replace(UNSEEN, "");
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
  function measure(line, room, { maxMessage, maxPayload }) {
    const said = {
      used: byteLength(parse7(line).text),
      limit: maxMessage
    };
    const framed = {
      used: frameLength(requestOf(line, room)),
      limit: maxPayload
    };
    return said.used / said.limit > framed.used / framed.limit ? said : framed;
  }
  function createOutgoing({ rooms, outbox, now, send }) {
    for (const item of outbox.all()) show(item);
    function roomOf({ room }) {
      return rooms.find(room) ?? rooms.lobby;
    }
    function show(item) {
      const { ref, time } = item;
      const { text, to, action } = parse7(item.text);
      roomOf(item).timeline.add({
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
      const { timeline } = roomOf(item);
      const entry = timeline.byRef(item.ref);
      if (entry) timeline.update(entry.key, change);
    }
    function mayGo(item) {
      return WHISPER.test(item.text) || roomOf(item).joined;
    }
    return {
      /** Puts a message or a whisper into the log and the outbox. Says whether there was room. */
      say(text, room) {
        if (outbox.full) {
          room.timeline.add({
            kind: "error",
            text: "Cannot queue this: too much is waiting already"
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
      /** What was typed for an entry. */
      typed({ text, to, action }) {
        if (to !== void 0) return `/whisper ${to} ${text}`;
        if (action) return `/me ${text}`;
        return text.startsWith("/") ? `/${text}` : text;
      },
      /** Sends what waits and has somewhere to go, in order. */
      flush() {
        for (const item of outbox.all()) {
          if (item.flying || !mayGo(item)) continue;
          if (!send(item)) return;
          item.flying = true;
          update(item, {
            delivery: "sending"
          });
        }
      },
      /** The connection is gone: all that was not acknowledged waits for the next. */
      ground() {
        outbox.ground();
        for (const item of outbox.all()) update(item, {
          delivery: "queued"
        });
      },
      /** Something arrived, and has a number if it was said to a room. */
      arrived(ref, { id, ...change }) {
        const item = outbox.get(ref);
        if (item === void 0 || !outbox.settle(ref)) return;
        const { timeline } = roomOf(item);
        const entry = timeline.byRef(ref);
        if (entry === void 0) return;
        if (id === void 0) timeline.update(entry.key, {
          ...change,
          delivery: "sent"
        });
        else timeline.identify(entry.key, id, {
          ...change,
          delivery: "sent"
        });
      },
      /**
       * Something that this client said on an earlier connection is heard. Says whether it is one that waits to be sent
       * again; the server will say so, too, but nothing is to be seen twice until then.
       */
      recognise(room, { id, text, action = false }) {
        for (const { ref, again } of outbox.all()) {
          const entry = again ? room.timeline.byRef(ref) : void 0;
          if (entry === void 0 || entry.id !== void 0 || entry.kind !== "message") continue;
          if (entry.text !== text || (entry.action ?? false) !== action) continue;
          room.timeline.identify(entry.key, id);
          return true;
        }
        return false;
      },
      /** What waits for a room that one is in no more will not be said. */
      forget(room) {
        for (const item of outbox.all()) if (roomOf(item) === room) outbox.settle(item.ref);
      },
      /** The server refused something. Says whether it was something said. */
      refused(ref, reason) {
        const item = outbox.get(ref);
        if (item === void 0 || !outbox.settle(ref)) return void 0;
        update(item, {
          delivery: "failed",
          detail: reason
        });
        return roomOf(item).timeline.byRef(ref);
      }
    };
  }

  // static/src/model/commands.ts
  function createCommands(options) {
    const { rooms, outgoing, pending, connection, tell } = options;
    let left = false;
    function ask(line) {
      if (pending.askLine(line, rooms.shown, true)) return;
      const [word] = line.split(/\s/, 1);
      tell(rooms.shown, {
        kind: "error",
        text: `Cannot do ${word}: there is no connection`
      });
    }
    function say(text) {
      const taken = outgoing.say(text, rooms.shown);
      if (options.isSettled()) outgoing.flush();
      if (connection.state === "closed" && !left) connection.retry();
      return taken;
    }
    function join(wanted) {
      const room = rooms.find(wanted);
      if (room !== void 0) {
        rooms.show(room);
        return options.onJoined(room);
      }
      const question2 = {
        line: `/join ${wanted}`,
        typed: true,
        room: rooms.shown
      };
      if (pending.ask({
        type: "join",
        room: wanted
      }, question2)) return;
      options.onRefused("Cannot go to a room: there is no connection");
    }
    function leave() {
      const room = rooms.shown;
      if (room === rooms.lobby) {
        return tell(room, {
          kind: "error",
          text: "The lobby cannot be left, try /join or /quit"
        });
      }
      const question2 = {
        line: "/leave",
        typed: true,
        room
      };
      if (room.joined && pending.ask({
        type: "leave",
        room: room.name
      }, question2)) return;
      outgoing.forget(room);
      rooms.close(room);
    }
    function disconnect() {
      left = true;
      connection.send(encode({
        type: "command",
        text: "/quit"
      }, createRef()));
      connection.close();
      tell(rooms.shown, {
        kind: "notice",
        text: "You have left. What you type waits until you are back."
      });
    }
    function doCommand(command, rest) {
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
      /** Whether one has left the chat, and is not to be brought back. */
      get left() {
        return left;
      },
      /** Tries at once what it would try later, or comes back after leaving. */
      comeBack() {
        left = false;
        connection.retry();
      },
      /** Does what a typed line says. Says whether it was taken. */
      submit(typed) {
        const text = uncover(typed);
        if (!isCommand(text) || WHISPER.test(text) || ACTION.test(text)) {
          return say(text);
        }
        const [word = ""] = text.split(/\s/, 1);
        const rest = text.slice(word.length).trim();
        if (!doCommand(word.slice(1).toLowerCase(), rest)) ask(text);
        return true;
      }
    };
  }

  // static/src/model/event_handlers.ts
  function createEventHandlers(options) {
    const { rooms, identity, outgoing, pages, entryOf, localTime, tell, onAdded, onUnsure } = options;
    function inRoom(name, act) {
      const room = rooms.find(name);
      if (room !== void 0) act(room);
    }
    function hear(room, event) {
      const given = entryOf(event);
      room.sequence.note(event.id);
      if (given.own && outgoing.recognise(room, given)) return;
      const entry = room.timeline.put(given);
      if (entry === void 0) return;
      room.heard([
        entry
      ]);
      if (!entry.own) onAdded(room, entry);
      pages.fill(room);
    }
    function crowd(room, event, name) {
      const entry = room.timeline.crowd(event, name);
      if (entry !== void 0) onAdded(room, entry);
    }
    return {
      message(event) {
        inRoom(event.room, (room) => room.sequence.inOrder(() => hear(room, event)));
      },
      /** Whispers cross rooms: they are shown in the one in view. */
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
      /** One's own message has got a number. */
      ack({ ref, room: name, id, time }) {
        const { user } = identity;
        const sender = user === void 0 ? "" : displayName(user);
        outgoing.arrived(ref, {
          id,
          time: localTime(time),
          sender,
          senderId: user?.id ?? 0
        });
        inRoom(name, (room) => {
          if (user) room.people.put(user);
          room.sequence.inOrder(() => {
            room.sequence.note(id);
            room.heard([]);
            pages.fill(room);
          });
        });
      },
      presence({ room: name, event, user, previous }) {
        inRoom(name, (room) => {
          const known2 = room.people.get(user.id);
          if (event === "leave") room.people.remove(user.id);
          else room.people.put(user);
          if (room.crowded) onUnsure(room);
          if (user.id === identity.user?.id) return;
          const called = displayName(user);
          const before = previous ?? (known2 && displayName(known2));
          if (event !== "rename") crowd(room, event, called);
          else if (before === void 0) crowd(room, "join", called);
          else tell(room, {
            kind: "presence",
            text: `${before} is now called ${called}`
          });
        });
      },
      /** So soon that nobody was told: only the number is another. */
      back({ room: name, user, previous }) {
        inRoom(name, (room) => {
          room.people.remove(previous);
          room.people.put(user);
        });
      },
      people({ room: name, users }) {
        inRoom(name, (room) => room.count(users));
      },
      away({ room: name, user }) {
        inRoom(name, (room) => room.people.put(user));
      },
      topic({ room: name, from, topic }) {
        inRoom(name, (room) => {
          room.topic = topic;
          tell(room, {
            kind: "notice",
            text: topic === null ? `${displayName(from)} removed the topic` : `${displayName(from)} set the topic to \u201C${topic}\u201D`
          });
        });
      },
      /** Messages were too much for this connection. */
      dropped({ count: count3, missed }) {
        for (const room of rooms.all) if (room.joined && !room.crowded) onUnsure(room);
        for (const { room: name, from, to } of missed ?? []) {
          inRoom(name, (room) => room.sequence.inOrder(() => {
            room.sequence.miss(from, to);
            pages.fill(room);
          }));
        }
        if (missed?.length) return;
        const text = `Too much at once: ${count2(count3)} missed.`;
        tell(rooms.shown, {
          kind: "missed",
          text
        });
      }
    };
  }

  // static/src/model/naming.ts
  var RETAKE_EVERY = 1e3;
  var RETAKE_AFTER_LOSS = 2e4;
  var RETAKE_AT_START = 2500;
  function createNaming({ send, ask, memory, clock: clock2 }) {
    let wanted = memory.load();
    let claim;
    let cancelRetake;
    let retakeUntil = 0;
    function take(name, by) {
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
      /** The name that one has or would like to have. */
      get wanted() {
        return wanted;
      },
      /**
       * There is a connection, and it has no name. Says whether one was asked for.
       *
       * @param again Whether there was one before.
       */
      begin(again) {
        retakeUntil = clock2.now() + (again ? RETAKE_AFTER_LOSS : RETAKE_AT_START);
        return wanted !== null && take(wanted, "page");
      },
      /** Takes a name that somebody has chosen; without a connection, when there is one again. Says whether there is. */
      choose(name) {
        if (take(name, "person")) return true;
        wanted = name;
        return false;
      },
      /** Nobody wants a name any more. */
      forgo() {
        wanted = null;
        cancelRetake?.();
      },
      /** The connection is gone. */
      stop() {
        claim = void 0;
        cancelRetake?.();
      },
      /** The server has given a name. Says whether a person had asked for it. */
      got(name, ref) {
        const asked = claim?.ref === ref && claim?.by === "person";
        if (claim?.ref === ref) claim = void 0;
        wanted = name;
        if (name !== null) memory.save(name);
        return asked;
      },
      /** The server has refused something. Says whether it was a name. */
      refused(ref, code, text) {
        if (claim === void 0 || claim.ref !== ref) return false;
        const { name, by } = claim;
        claim = void 0;
        if (by === "page" && code === "name_taken" && clock2.now() < retakeUntil) {
          cancelRetake = clock2.after(RETAKE_EVERY, () => take(name, "page"));
        } else ask(text);
        return true;
      }
    };
  }

  // static/src/model/pages.ts
  var PAGE = 50;
  var LARGEST_PAGE = 200;
  var FILLED_UNASKED = 1e3;
  function createPages({ pending, merge, onPage, onLine }) {
    function ask(room, range, gap) {
      const request = {
        type: "history",
        room: room.name,
        ...range
      };
      const question2 = {
        line: "/history",
        typed: false,
        room
      };
      return pending.ask(request, gap === void 0 ? question2 : {
        ...question2,
        gap
      });
    }
    function older(room, limit = PAGE) {
      if (room.older !== "some" || !room.joined) return;
      const before = room.timeline.firstId;
      const range = before === void 0 ? {} : {
        before
      };
      const count3 = Math.min(LARGEST_PAGE, Math.max(PAGE, limit));
      if (ask(room, {
        ...range,
        limit: count3
      })) room.older = "loading";
      onPage(room);
    }
    function fill(room, key) {
      const { gaps } = room.sequence;
      if (room.older === "unkept") {
        for (const gap2 of gaps.all) gaps.set(gap2, "lost");
      }
      if (!room.joined || room.older === "unkept" || gaps.all.some(isLoading)) return;
      const gap = key === void 0 ? gaps.all.find((one) => one.state === "waiting" && one.to - one.from < FILLED_UNASKED) : gaps.byKey(key);
      if (gap?.state !== "waiting") return;
      const { from, to } = gap;
      const range = {
        after: from - 1,
        before: to + 1,
        limit: LARGEST_PAGE
      };
      if (ask(room, range, {
        from,
        to,
        whole: key === void 0
      })) gaps.set(gap, "loading");
    }
    function filled(room, { from, to, whole }, { messages, complete }) {
      const { sequence } = room;
      const first = messages[0], last = messages.at(-1);
      merge(room, messages);
      if (complete) sequence.gaps.cover(from, last?.id ?? to);
      for (const gap of sequence.gaps.all.filter((one) => one.from <= to && one.to >= from)) {
        const isGone = !complete && gap.from < (first?.id ?? Infinity);
        sequence.gaps.set(gap, isGone ? "lost" : "waiting");
      }
      if (whole) fill(room);
    }
    return {
      older,
      fill,
      /** A page is there. */
      arrived({ room, gap }, data) {
        if (data.epoch !== room.sequence.position?.epoch) return;
        if (gap !== void 0) return filled(room, gap, data);
        merge(room, data.messages);
        room.older = data.more ? "some" : "none";
        if (room.recall()) onLine(room);
        onPage(room);
      },
      /** The server cannot give a page. */
      refused({ room, gap }, code) {
        if (gap === void 0) room.older = code === "no_history" ? "unkept" : "none";
        else {
          for (const one of room.sequence.gaps.all) {
            if (isLoading(one)) room.sequence.gaps.set(one, "lost");
          }
        }
        onPage(room);
      }
    };
  }
  function isLoading({ state }) {
    return state === "loading";
  }

  // static/src/model/pending_requests.ts
  function createPendingRequests(send) {
    const open = /* @__PURE__ */ new Map();
    function ask(request, question2) {
      const ref = createRef();
      if (!send(request, ref)) return false;
      open.set(ref, question2);
      return true;
    }
    function askLine(line, room, typed) {
      return ask({
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
      ask,
      askLine,
      /** Asks something for the page itself, unless that is asked already: in a big room a list is long. */
      askOnce(line, room) {
        const same = [
          ...open.values()
        ].some((one) => one.line === line && one.room === room);
        if (!same) askLine(line, room, false);
      },
      /** The question with this id, which is answered now. */
      take(ref) {
        const question2 = open.get(ref ?? "");
        open.delete(ref ?? "");
        return question2;
      },
      /** The connection is gone, and with it all answers. */
      clear() {
        open.clear();
      }
    };
  }

  // static/src/model/resume.ts
  var CONTEXT = 10;
  function createResume({ rooms, pending, pages, merge, tell, now }) {
    let epoch = "";
    let kept = false;
    let lostAt = 0;
    function lead() {
      return `Back after ${Math.max(1, Math.round((now() - lostAt) / 1e3))} s. `;
    }
    function start(room, offset) {
      room.begin(epoch, offset, kept);
      pages.older(room, room.unread + CONTEXT);
    }
    function goOn(room, offset, missed) {
      const { sequence } = room;
      const messages = missed?.messages ?? [];
      const { epoch: before, offset: high } = sequence.position ?? {
        epoch,
        offset
      };
      if (missed?.recovered) room.rename(epoch);
      else if (before !== epoch) return renew(room, offset, messages, missed?.more === true);
      const first = messages[0]?.id ?? offset + 1;
      const isWhole = missed?.recovered === true || first <= high + 1;
      if (!isWhole) {
        const state = kept ? "waiting" : "lost";
        sequence.gaps.open(high + 1, first - 1, {
          lead: lead(),
          state
        });
      }
      room.missed(merge(room, messages));
      sequence.reach(offset);
      if (isWhole) tell(room, {
        kind: "notice",
        text: `${lead()}Nothing was missed.`
      });
    }
    function renew(room, offset, messages, more) {
      const { sequence, timeline } = room;
      sequence.begin(epoch, offset);
      const added = new Set(merge(room, messages).map(({ id }) => id));
      const known2 = messages.findLast(({ id }) => !added.has(id));
      const { key } = timeline.putBehind({
        kind: "missed",
        text: `${lead()}The server has started anew: what was said meanwhile may be missing.`,
        behind: known2?.id ?? (messages[0]?.id ?? offset + 1) - 1
      });
      room.older = !kept ? "unkept" : more ? "some" : "none";
      room.missed(timeline.behind(key).filter(({ id }) => id !== void 0));
    }
    return {
      /** The connection is gone. */
      lost() {
        lostAt = now();
        for (const room of rooms.all) room.lose();
      },
      /** The server has greeted, and everybody is in the lobby. */
      greeted(event) {
        const { lobby } = rooms;
        const { position } = lobby.sequence;
        epoch = event.epoch;
        kept = (event.limits.history ?? 0) > 0;
        lobby.joined = true;
        lobby.topic = event.room.topic;
        lobby.fill(event.users, event.online);
        if (position === void 0) return start(lobby, event.room.offset);
        if (!kept) return goOn(lobby, event.room.offset);
        lobby.sequence.hold();
        pending.ask({
          type: "join",
          room: lobby.name,
          since: position
        }, question(lobby));
      },
      /** Goes to the other rooms, too, when it is clear under which name. */
      rejoin() {
        for (const room of rooms.all) {
          if (room === rooms.lobby || room.joined) continue;
          const since = room.sequence.position;
          pending.ask({
            type: "join",
            room: room.name,
            ...since && kept ? {
              since
            } : {}
          }, question(room));
        }
      },
      /** The server has let this client into a room. */
      joined(room, data) {
        const { room: { offset, topic, users }, missed } = data;
        const isBack = room.joined && missed === void 0 && room.sequence.position !== void 0;
        epoch = data.epoch;
        room.joined = true;
        room.topic = topic;
        room.fill(data.users, users);
        if (room.sequence.position === void 0) start(room, offset);
        else if (!isBack) goOn(room, offset, missed);
        room.sequence.release();
        pages.fill(room);
      }
    };
  }
  function question(room) {
    return {
      line: `/join ${room.name}`,
      typed: false,
      room
    };
  }

  // static/src/model/session.ts
  var SILENCE = 5e3;
  function createSession(options) {
    const { rooms, identity, view, nameMemory, connect, clock: clock2 } = options;
    const now = () => clock2.now();
    let state = "idle";
    let retryAt;
    let anonymous = false;
    let settled = false;
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
      send: ({ ref, text, room }) => send(requestOf(text, room), ref)
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
      tell,
      now
    });
    const handleReply = createReplyHandler({
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
        if (state === "open" && next !== "open") lose();
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
    function tell(room, entry) {
      view.onEntry(room, room.timeline.add(entry));
    }
    function onPage(room) {
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
    const handlers = {
      ...createEventHandlers({
        rooms,
        identity,
        outgoing,
        pages,
        entryOf,
        localTime: (time) => time - skew,
        tell,
        onAdded: view.onEntry,
        onUnsure: (room) => pending.askOnce("/list", room)
      }),
      hello: greet,
      reply: handleReply,
      error: refuse,
      throttled: ({ retryAfter }) => view.onThrottled(retryAfter),
      notice: ({ text }) => tell(rooms.shown, {
        kind: "notice",
        text
      }),
      bye({ text }) {
        tell(rooms.shown, {
          kind: "notice",
          text
        });
        connection.leave();
      },
      shutdown({ text, reconnect }) {
        tell(rooms.shown, {
          kind: "notice",
          text
        });
        connection.comeBack(reconnect);
      }
    };
    const listeners = /* @__PURE__ */ new Map();
    function handle(event) {
      const { type } = event;
      const handler = Object.hasOwn(handlers, type) ? handlers[type] : void 0;
      handler?.(event);
      for (const listener of listeners.get(type) ?? []) listener(event);
    }
    function greet(event) {
      const again = hello !== void 0;
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
    function refuse({ ref, code, text }) {
      if (name.refused(ref, code, text)) return;
      const question2 = pending.take(ref);
      const failed = outgoing.refused(ref, text);
      if (failed !== void 0) return view.onFailed(rooms.shown, failed);
      if (question2?.line === "/history" && !question2.typed) return pages.refused(question2, code);
      if (question2?.line.startsWith("/join ") && question2.typed) return view.onRefused(text);
      tell(rooms.shown, {
        kind: "error",
        text: text.replace(/^Error: /, "")
      });
    }
    function named(user, ref) {
      const pending2 = name.got(user.name, ref);
      const anew = pending2 && user.name !== identity.user?.name;
      anonymous = false;
      become(user);
      if (anew) tell(rooms.shown, {
        kind: "notice",
        text: `You are now called ${user.name}`
      });
      view.nameSettled();
      settle();
    }
    function become(user) {
      identity.change(user);
      for (const room of rooms.all) if (room.joined) room.people.put(user);
    }
    function settle() {
      settled = true;
      if (state === "open") resume.rejoin();
      if (away !== "" && identity.user?.away === void 0) {
        pending.askLine(`/away ${away}`, rooms.lobby, false);
      }
      view.onStatus();
      outgoing.flush();
    }
    const commands = createCommands({
      rooms,
      outgoing,
      pending,
      connection,
      tell,
      changeName,
      onRefused: view.onRefused,
      onJoined: view.onJoined,
      isSettled: () => settled
    });
    function changeName(wanted) {
      if (name.choose(wanted)) return;
      tell(rooms.shown, {
        kind: "notice",
        text: `You will be called ${wanted} when the server is back`
      });
    }
    return {
      rooms,
      tell,
      /** Calls `listener` for every event of a type, after the session has handled it. */
      on(type, listener) {
        listeners.set(type, [
          ...listeners.get(type) ?? [],
          listener
        ]);
      },
      /** Sends a request and ignores the answer. Returns whether the request was sent. */
      request: (request) => send(request, createRef()),
      /** Connects to a server, which may be another one than before. */
      open(url) {
        hello = void 0;
        connection.open(url);
      },
      retry: commands.comeBack,
      /** The network or the reader is back: the connection should be, too. */
      wake() {
        if (state === "waiting" || state === "closed" && !commands.left) connection.retry();
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
      ask: (line) => pending.askOnce(line, rooms.lobby),
      askList: () => pending.askOnce("/list", rooms.shown),
      /** Fetches what was said before the oldest message of the room in view. */
      askOlder: () => pages.older(rooms.shown),
      /** Fetches what is missing where an entry says so. */
      askMissing: (key) => pages.fill(rooms.shown, key),
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
      button: "Now"
    },
    closed: {
      text: "Disconnected",
      button: "Connect"
    },
    incompatible: {
      text: "Cannot talk to this server",
      button: "Try again"
    }
  };
  function createStatusBar(retry) {
    const status = byId("state", HTMLElement);
    const label = byId("state-text", HTMLElement);
    const wait = byId("state-wait", HTMLElement);
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
      const full = isNaming ? "Taking your name\u2026" : text;
      if (label.textContent !== full) label.textContent = full;
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
  var BEGINNINGS = {
    some: "",
    loading: "Loading older messages\u2026",
    none: "Nothing older is kept",
    unkept: "",
    full: `This page holds no more than ${CAPACITY2.toLocaleString()} entries of a room`
  };
  function createRoomHeader({ askOlder, around }) {
    const head = byId("room-head", HTMLElement);
    const topic = byId("topic", HTMLElement);
    const leave = byId("leave", HTMLButtonElement);
    const older = byId("older", HTMLElement);
    const button2 = byId("older-button", HTMLButtonElement);
    const state = byId("older-state", HTMLElement);
    const scroller = byId("scroller", HTMLElement);
    let shown = "";
    button2.addEventListener("click", askOlder);
    function showOlder(room) {
      const text = room.older === "none" && (room.timeline.firstId ?? 1) <= 1 ? "The talk begins here" : BEGINNINGS[room.older];
      const hadFocus = document.activeElement === button2;
      older.hidden = room.older === "unkept";
      button2.hidden = room.older !== "some";
      button2.disabled = !room.joined;
      if (hadFocus && (button2.hidden || button2.disabled)) scroller.focus({
        preventScroll: true
      });
      state.textContent = text;
    }
    return (room, isLobby) => {
      head.hidden = isLobby && room.topic === null;
      topic.textContent = room.topic ?? "No topic yet";
      topic.title = room.topic ?? "";
      topic.classList.toggle("none", room.topic === null);
      leave.hidden = isLobby;
      const next = `${room.older} ${room.joined} ${room.timeline.firstId}`;
      if (next !== shown) around(() => showOlder(room));
      shown = next;
    };
  }

  // static/src/view/tabs.ts
  var { make: make5 } = dom_exports;
  var MOST2 = 999;
  function createTabs(rooms, choose) {
    const list2 = byId("tabs", HTMLElement);
    const panel = byId("room", HTMLElement);
    let drawn = "";
    const places = {
      ArrowLeft: (index, length) => (index + length - 1) % length,
      ArrowRight: (index, length) => (index + 1) % length,
      Home: () => 0,
      End: (_, length) => length - 1
    };
    function tabOf(room, index) {
      const { name, unread, personal } = room;
      const isShown = room === rooms.shown;
      const tab2 = make5("button", "tab", make5("bdi", "", name));
      tab2.type = "button";
      tab2.id = `tab-${index}`;
      tab2.tabIndex = isShown ? 0 : -1;
      tab2.setAttribute("role", "tab");
      tab2.setAttribute("aria-selected", String(isShown));
      tab2.setAttribute("aria-controls", panel.id);
      if (unread > 0) {
        const count3 = unread > MOST2 ? `${MOST2}+` : String(unread);
        tab2.append(make5("span", personal ? "badge personal" : "badge", count3), make5("span", "unseen", personal ? " unread, some for you" : " unread"));
      }
      tab2.addEventListener("click", () => choose(room));
      return tab2;
    }
    function draw() {
      const { all, shown } = rooms;
      const looks = all.map((room) => [
        room.name,
        room === shown,
        room.unread,
        room.personal
      ]);
      const text = JSON.stringify(looks);
      if (text === drawn) return;
      drawn = text;
      const hadFocus = list2.contains(document.activeElement);
      list2.replaceChildren(...all.map(tabOf));
      const tab2 = list2.children[all.indexOf(shown)];
      if (!(tab2 instanceof HTMLElement)) return;
      panel.setAttribute("aria-labelledby", tab2.id);
      tab2.scrollIntoView({
        block: "nearest",
        inline: "nearest"
      });
      if (hadFocus) tab2.focus();
    }
    function step(by) {
      const { all, shown } = rooms;
      const next = all[(all.indexOf(shown) + by + all.length) % all.length];
      if (next !== void 0) choose(next);
    }
    list2.addEventListener("keydown", (event) => {
      const place2 = Object.hasOwn(places, event.key) ? places[event.key] : void 0;
      const { all, shown } = rooms;
      const next = place2 && all[place2(all.indexOf(shown), all.length)];
      if (next === void 0 || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      choose(next);
      draw();
      const tab2 = list2.children[all.indexOf(next)];
      if (tab2 instanceof HTMLElement) tab2.focus();
    });
    return {
      draw: onceAFrame(draw),
      step
    };
  }

  // static/src/view/app.ts
  function startPage(isCopy) {
    const KEEP_INTERVAL = 300;
    const who2 = byId("who", HTMLButtonElement);
    const selfAway = byId("self-away", HTMLElement);
    const slow = byId("slow", HTMLElement);
    const settings = byId("settings", HTMLElement);
    const server = serverOf(location.href);
    const announcer = createAnnouncer();
    const noteUnread = createUnread();
    const notifier = createNotifier();
    const rooms = createRooms({
      now: Date.now,
      memory: store("session", "rooms"),
      reading: store("local", "reading"),
      attended: () => isAttended() && view.following,
      onChange: () => showRooms()
    });
    const view = createLogView({
      scroller: byId("scroller", HTMLElement),
      list: byId("log", HTMLElement),
      jump: byId("jump", HTMLButtonElement),
      render: (entry, previous, isMarked) => render(entry, previous, chat.me?.name ?? null, isMarked),
      onTop: () => chat.askOlder(),
      onEnd: () => attend()
    });
    const tabs = createTabs(rooms, turnTo);
    const keepReading = onceIn(KEEP_INTERVAL, rooms.keepReading);
    const drafts = createDrafts(store("session", "drafts"), () => rooms.shown.name);
    const people = createPeople(() => rooms.shown, () => chat.me, whisperTo);
    const showConnection = createStatusBar(() => chat.retry());
    const showRoomHeader = createRoomHeader({
      askOlder: () => chat.askOlder(),
      around: view.around
    });
    const nameDialog = createNameDialog({
      choose: (name) => chat.changeName(name),
      decline: () => chat.settled || chat.stayAnonymous()
    });
    const roomDialog = createRoomDialog({
      join: (name) => chat.join(name),
      ask: () => chat.ask("/rooms")
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
          notice(rooms.shown, rooms.shown.timeline.add({
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
        view.toEnd();
        return chat.submit(text);
      },
      vocabulary: () => ({
        commands: chat.commands,
        names: rooms.shown.people.sorted().filter(({ id }) => id !== chat.me?.id).map(displayName)
      }),
      measure: (text) => measure(text, rooms.shown.name, chat.limits ?? DEFAULT_LIMITS),
      draft: drafts,
      announce: announcer.say
    });
    const openPanels = [];
    function addPanel(id, onToggle) {
      const panel = createPanel(id, (open) => {
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
    function notice(room, entry) {
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
    function turnTo(room) {
      rooms.show(room);
      turn();
    }
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
    function attend() {
      if (isAttended() && view.following) rooms.shown.readAll();
    }
    function showRooms() {
      tabs.draw();
      people.drawSoon();
      keepReading();
      drawRoomHeader();
    }
    const drawRoomHeader = onceAFrame(() => {
      turn();
      showRoomHeader(rooms.shown, rooms.shown === rooms.lobby);
    });
    let slowTimer;
    function showThrottled(ms) {
      const seconds = Math.max(1, Math.ceil(ms / 1e3));
      slow.textContent = `Too fast: the server takes the next in ${seconds} s`;
      slow.hidden = false;
      clearTimeout(slowTimer);
      slowTimer = Number(setTimeout(() => slow.hidden = true, ms));
    }
    function isNarrow() {
      return matchMedia("(max-width: 55.99rem)").matches;
    }
    function whisperTo(name) {
      if (isNarrow()) peoplePanel.close();
      composer.whisper(name);
    }
    function askName(problem) {
      nameDialog.open({
        problem,
        name: chat.me?.name ?? chat.wantedName ?? "",
        named: chat.settled && chat.me?.name !== null,
        rules: chat.limits?.nameRules ?? ""
      });
    }
    const statusListeners = [];
    let shownState = "";
    function showStatus() {
      const { state } = chat;
      showConnection(state, chat.retryAt, state === "open" && !chat.settled && chat.wantedName !== null);
      showSelf();
      showRooms();
      composer.refresh();
      if (state !== shownState) changedState(state);
      shownState = state;
      for (const run of statusListeners) run();
    }
    function changedState(state) {
      if (state === "incompatible") {
        const text = `This server does not speak ${SUBPROTOCOL}, which this page needs. It may be older than the page. Clients for lines of text, such as nc, still work.`;
        notice(rooms.shown, rooms.shown.timeline.add({
          kind: "error",
          text
        }));
      }
      if (state === "waiting" || state === "closed") nameDialog.close();
      if (server === void 0 && state === "waiting" && shownState === "connecting" && !chat.limits) {
        serverDialog.open("Nobody answers there. Trying again, or try another address.");
      }
    }
    function showSelf() {
      const { me } = chat;
      const name = me?.name ?? chat.wantedName;
      who2.querySelector("bdi")?.replaceChildren(name ?? me?.address ?? "nobody yet");
      who2.disabled = chat.state !== "open";
      selfAway.hidden = me?.away === void 0;
      selfAway.title = me?.away ?? "";
    }
    const actions = {
      disconnect: () => chat.disconnect(),
      name: () => askName(""),
      room: () => roomDialog.show(),
      topic: () => composer.set(`/topic ${rooms.shown.topic ?? ""}`),
      leave: () => chat.leave(),
      server: () => serverDialog.open()
    };
    document.addEventListener("click", ({ target }) => {
      if (!(target instanceof Element)) return;
      const button2 = target.closest("[data-do], [data-whisper], [data-edit], [data-load]");
      if (!(button2 instanceof HTMLElement)) return;
      const { do: action, whisper, edit, load } = button2.dataset;
      if (action !== void 0) {
        if (settings.matches(":popover-open")) settings.hidePopover();
        actions[action]?.();
      }
      if (whisper !== void 0) composer.whisper(whisper);
      const failed = rooms.shown.timeline.get(Number(edit));
      if (failed !== void 0) composer.set(chat.typed(failed));
      if (load !== void 0) chat.askMissing(Number(load));
    });
    for (const element of document.querySelectorAll("[data-only=file]")) {
      if (element instanceof HTMLElement) element.hidden = server !== void 0;
    }
    globalThis.addEventListener("online", () => chat.wake());
    globalThis.addEventListener("pageshow", ({ persisted }) => persisted && chat.wake());
    globalThis.addEventListener("pagehide", rooms.keepReading);
    document.addEventListener("visibilitychange", () => document.hidden || chat.wake());
    onAttention((attended) => attended ? attend() : rooms.shown.turnAway());
    document.addEventListener("keydown", (event) => {
      if (!event.altKey || !/^Arrow(Up|Down)$/.test(event.key) || isForField(event)) return;
      event.preventDefault();
      tabs.step(event.key === "ArrowUp" ? -1 : 1);
    });
    function isForField(event) {
      const { target } = event;
      return target instanceof HTMLInputElement || isComposing(event) || target instanceof HTMLTextAreaElement && target.value !== "";
    }
    startFeatures({
      chat,
      notifier,
      announce: announcer.say,
      addPanel,
      onStatus: (run) => void statusListeners.push(run)
    });
    view.show(rooms.shown.timeline);
    peoplePanel.show(!isNarrow());
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
      listen: (hear) => channel.addEventListener("message", ({ data }) => hear(data))
    },
    after,
    createId: createRef
  });
  globalThis.addEventListener("pagehide", tab.leave);
  globalThis.addEventListener("pageshow", ({ persisted }) => persisted && tab.comeBack());
  tab.claim(startPage);
})();
