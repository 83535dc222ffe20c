import { TestBed } from "@angular/core/testing";
import { firstValueFrom } from "rxjs";
import {
  ADA,
  hello,
  LIMITS,
  ME,
  message,
  page,
  SERVER,
  Stage,
  tick,
  TIME,
} from "../../testing/fake_socket";
import { ConnectionStatus, Delivery, MessageType } from "../models/message.model";
import type { ServerEvent } from "../models/protocol";
import { BACKOFF_BASE, BACKOFF_CAP, fullJitter } from "./backoff";
import { RESPONSE_TIMEOUT } from "./connection";
import { DEFAULT_SERVER } from "./environment";
import { ROOM_CAPACITY } from "./message_log";
import { RETAKE_INTERVAL, RETAKE_TIMEOUT } from "./naming";
import { OUTBOX_CAPACITY } from "./outbox";

const { Connected, Connecting, Disconnected, Reconnecting } = ConnectionStatus;

beforeEach(() => void vi.useFakeTimers({ now: TIME }));

afterEach(() => {
  TestBed.resetTestingModule();
  vi.useRealTimers();
});

describe("WebSocketService, connection", () => {
  it("is disconnected at first", () => {
    const stage = new Stage().watch();
    expect(stage.sockets).toEqual([]);
    expect(stage.statuses).toEqual([Disconnected]);
  });

  it("offers the subprotocol, and is connected after the first frame", () => {
    const stage = new Stage().watch();
    stage.service.connect();
    expect([stage.socket.url, stage.socket.subprotocol]).toEqual([SERVER, "backchannel.v1.json"]);
    stage.socket.open();
    expect(stage.statuses).toEqual([Disconnected, Connecting]);
    stage.socket.say(hello());
    expect(stage.statuses).toEqual([Disconnected, Connecting, Connected]);
  });

  it("reconnects with full jitter, with a bound that doubles up to 30 s", async () => {
    const stage = new Stage().watch();
    stage.random = 0.999;
    let retryAt: number | null = null;
    stage.service.retryAt$.subscribe((at) => (retryAt = at));
    stage.service.connect();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) {
      stage.socket.lose();
      expect(stage.statuses.at(-1)).toBe(Reconnecting);
      const wait = Number(retryAt) - Date.now();
      waits.push(Math.round(wait / 0.999));
      const { length } = stage.sockets;
      await tick(Math.floor(wait) - 1);
      expect(stage.sockets).toHaveLength(length);
      await tick(2);
      expect(stage.sockets).toHaveLength(length + 1);
      expect(retryAt).toBeNull();
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it("waits for a random time up to the bound", () => {
    expect(fullJitter(3, () => 0)).toBe(0);
    expect(fullJitter(3, () => 0.25)).toBe(BACKOFF_BASE * 2);
    expect(fullJitter(1_000, () => 1)).toBe(BACKOFF_CAP);
  });

  it("resets the backoff after a stable connection, but not after a short one", async () => {
    const stage = new Stage();
    stage.random = 1;
    const times: number[] = [];
    stage.service.retryAt$.subscribe((at) => at !== null && times.push(at - Date.now()));
    stage.greet();
    for (const lived of [0, 0, 5_000, 4_999]) {
      await tick(lived);
      await stage.comeBack();
    }
    expect(times).toEqual([500, 1_000, 500, 1_000]);
  });

  it("reconnects after the time that a stopping server announced", async () => {
    const stage = new Stage().greet();
    const reconnect = { after: 1_000, spread: 5_000 };
    stage.socket.say({ type: "shutdown", time: TIME, text: "Server is shutting down", reconnect });
    stage.socket.lose();
    await tick(3_499);
    expect(stage.sockets).toHaveLength(1);
    await tick(1);
    expect(stage.sockets).toHaveLength(2);
    expect(stage.texts("system")).toEqual(["Server is shutting down"]);
  });

  it("gives up a connection that stays silent or does not answer", async () => {
    const stage = new Stage().watch();
    stage.service.connect();
    stage.socket.open();
    await tick(RESPONSE_TIMEOUT);
    expect(stage.statuses.at(-1)).toBe(Reconnecting);
    await tick(1_000);
    stage.greet();
    await tick(10 * RESPONSE_TIMEOUT);
    expect(stage.statuses.at(-1)).toBe(Reconnecting);
  });

  it("stays connected in silence if no answer is due", async () => {
    const stage = new Stage().greet({ limits: { ...LIMITS, history: 0 } });
    await tick(10 * RESPONSE_TIMEOUT);
    expect(stage.statuses.at(-1)).toBe(Connected);
  });

  it("rejects a server with another subprotocol", () => {
    const stage = new Stage().watch();
    stage.service.connect();
    stage.socket.open("");
    expect(stage.statuses.at(-1)).toBe(Reconnecting);
  });

  it("tries its servers in turn, and stays with the first that sends a frame", async () => {
    const stage = new Stage([SERVER, DEFAULT_SERVER]).watch();
    stage.service.connect();
    stage.socket.lose();
    await tick(1_000);
    stage.greet();
    await stage.comeBack();
    await stage.comeBack();
    expect(stage.sockets.map(({ url }) => url)).toEqual([
      SERVER,
      DEFAULT_SERVER,
      DEFAULT_SERVER,
      DEFAULT_SERVER,
    ]);
    expect(stage.service.server).toBe(DEFAULT_SERVER);
  });

  it("connects to another server with an empty state", async () => {
    const stage = new Stage().greet();
    stage.service.disconnect();
    stage.service.send("for the first server");
    stage.service.connect("ws://other.test/");
    stage.greet();
    expect(stage.socket.url).toBe("ws://other.test/");
    expect(stage.socket.texts).not.toContain("for the first server");
  });

  it("sends /quit and does not reconnect after disconnect()", async () => {
    const stage = new Stage().greet();
    stage.service.disconnect();
    expect(stage.socket.requests("command").at(-1)).toMatchObject({ text: "/quit" });
    expect(stage.statuses.at(-1)).toBe(Disconnected);
    document.dispatchEvent(new Event("visibilitychange"));
    await tick(100_000);
    expect(stage.sockets).toHaveLength(1);
    stage.service.retry();
    expect(stage.statuses.at(-1)).toBe(Connecting);
  });

  it("does not reconnect after an idle timeout until a message is sent", () => {
    const stage = new Stage().greet();
    stage.socket.say({ type: "bye", time: TIME, reason: "idle", text: "Disconnected" });
    expect(stage.statuses.at(-1)).toBe(Disconnected);
    stage.service.send("here again");
    stage.greet();
    expect(stage.socket.texts).toContain("here again");
  });

  it("reconnects when the network is back, and tests a silent connection when the page is shown", async () => {
    const stage = new Stage().greet();
    await tick(6_000);
    document.dispatchEvent(new Event("visibilitychange"));
    expect(stage.socket.texts).toContain("/list");
    stage.random = 1;
    stage.socket.lose();
    window.dispatchEvent(new Event("online"));
    expect(stage.sockets).toHaveLength(2);
  });

  it("ignores frames of a connection that it has given up", async () => {
    const stage = new Stage().greet();
    const first = stage.socket;
    await stage.comeBack();
    first.say(message(11));
    first.lose();
    expect(stage.texts("received")).toEqual([]);
    expect(stage.statuses.at(-1)).toBe(Connected);
  });

  it("closes the connection with the page", () => {
    const stage = new Stage().greet();
    TestBed.resetTestingModule();
    expect(stage.socket.readyState).toBe(3);
  });
});

describe("WebSocketService, a message", () => {
  const deliveries = (stage: Stage) => stage.messages.map(({ delivery }) => delivery);

  it("is sent with an id to the shown room, and is delivered when acknowledged", () => {
    const stage = new Stage().greet();
    expect(stage.service.send("  hello ")).toBe(true);
    const [sent] = stage.socket.requests("message");
    expect(sent).toMatchObject({ text: "hello", room: "lobby" });
    expect(deliveries(stage)).toEqual([Delivery.Sending]);
    stage.socket.say(ack(stage, 11));
    expect(deliveries(stage)).toEqual([Delivery.Delivered]);
    expect(stage.messages[0]).toMatchObject({ type: MessageType.Sent, text: "hello" });
  });

  it("waits for a connection, and is sent in order", () => {
    const stage = new Stage().watch();
    stage.service.connect();
    for (const text of ["one", "two", "/me waves"]) stage.service.send(text);
    expect(deliveries(stage)).toEqual([Delivery.Queued, Delivery.Queued, Delivery.Queued]);
    stage.greet();
    expect(stage.socket.texts).toEqual(["one", "two", "/me waves"]);
    expect(stage.messages[2]).toMatchObject({ text: "waves", action: true });
  });

  it("is sent again with the same id after a lost connection, unless it was acknowledged", async () => {
    const stage = new Stage().greet();
    stage.service.send("one");
    stage.service.send("two");
    const [one, two] = stage.socket.requests("message");
    stage.socket.say({ type: "ack", time: TIME, ref: String(one?.["id"]), room: "lobby", id: 11 });
    await stage.comeBack();
    expect(stage.socket.requests("message")).toEqual([two]);
  });

  it("survives a reload of the page, for its own server", () => {
    const stage = new Stage().watch();
    stage.service.connect();
    stage.service.send("before the reload");
    TestBed.resetTestingModule();
    const after = new Stage();
    after.tab.set(`outbox ${SERVER}`, stage.tab.get(`outbox ${SERVER}`) ?? "");
    after.greet();
    expect(after.socket.texts).toEqual(["before the reload"]);
    expect(after.texts("sent")).toEqual(["before the reload"]);
  });

  it("is sent even if the storage is broken", () => {
    for (const kept of ["nonsense", "{}", "[1,null]", '[{"ref":1}]']) {
      TestBed.resetTestingModule();
      const stage = new Stage();
      stage.tab.set(`outbox ${SERVER}`, kept);
      stage.greet();
      expect(stage.texts("sent")).toEqual([]);
    }
  });

  it("is limited in bytes, and in number while it waits", () => {
    const stage = new Stage().watch();
    stage.service.connect();
    expect(stage.service.send("x".repeat(65_536))).toBe(false);
    expect(stage.texts("error")).toEqual(["Cannot send this: it is longer than 65536 bytes"]);
    for (let count = 0; count < OUTBOX_CAPACITY; count++) {
      expect(stage.service.send(String(count))).toBe(true);
    }
    expect(stage.service.send("one more")).toBe(false);
    expect(stage.texts("error").at(-1)).toBe("Cannot send this: too many messages are waiting");
  });

  it("fails if the server refuses it", () => {
    const stage = new Stage().greet();
    stage.service.send("/whisper Nobody hi");
    stage.socket.say({
      type: "error",
      time: TIME,
      ref: stage.socket.newestId,
      code: "user_not_found",
      text: "User 'Nobody' not found",
    });
    expect(stage.messages[0]).toMatchObject({
      type: MessageType.Whisper,
      to: "Nobody",
      text: "hi",
      delivery: Delivery.Failed,
    });
    expect(stage.texts("error")).toEqual(["User 'Nobody' not found"]);
  });

  it("is a whisper to the user that the server names", () => {
    const stage = new Stage().greet();
    stage.service.send("/whisper ada psst");
    stage.socket.say({
      type: "reply",
      time: TIME,
      ref: stage.socket.newestId,
      text: "[Whisper to Ada]: psst",
      command: "whisper",
      data: { to: ADA, text: "psst" },
    });
    expect(stage.messages).toMatchObject([{ to: "Ada", delivery: Delivery.Delivered, room: null }]);
  });

  it("shows two slashes as one, and is not sent if it is blank", () => {
    const stage = new Stage().greet();
    expect(stage.service.send(" \n ")).toBe(false);
    stage.service.send("//shrug");
    expect(stage.texts("sent")).toEqual(["/shrug"]);
    expect(stage.socket.requests("message")).toMatchObject([{ text: "/shrug", room: "lobby" }]);
  });

  it("is a message or a command, as the user sees the line", () => {
    const stage = new Stage().greet();
    const cases: ReadonlyArray<readonly [string, string, string]> = [
      ["hello", "message", "hello"],
      ["/whisper Ada psst", "command", "/whisper Ada psst"],
      ["/me waves", "command", "/me waves"],
      ["/join dev", "command", "/join dev"],
      ["  /join dev", "command", "/join dev"],
      ["\u200b\ufeff/oper 0123456789", "command", "/oper 0123456789"],
      ["\u001b\u2800\n/whisper Ada psst", "command", "/whisper Ada psst"],
      ["not\u200b/a command", "message", "not\u200b/a command"],
      ["///", "message", "//"],
    ];
    for (const [line, type, text] of cases) {
      stage.service.send(line);
      expect(stage.socket.lines.at(-1)).toMatchObject({ type, text });
    }
  });

  it("is sent by one tab, and not by its copy", () => {
    const stage = new Stage().watch();
    stage.service.connect();
    stage.service.send("said once");
    TestBed.resetTestingModule();
    const copy = new Stage(undefined, { isCopy: true });
    copy.tab.set(`outbox ${SERVER}`, stage.tab.get(`outbox ${SERVER}`) ?? "");
    copy.greet();
    expect(copy.socket.texts).toEqual([]);
    expect(copy.texts("sent")).toEqual([]);
  });

  it("is placed among other messages by its id", () => {
    const stage = new Stage().greet();
    stage.service.send("mine");
    const id = stage.socket.newestId;
    stage.socket.say(message(11));
    stage.socket.say({ type: "ack", time: TIME, ref: id, room: "lobby", id: 12 }, message(13));
    expect(stage.texts()).toEqual(["message 11", "mine", "message 13"]);
  });

  it("stays where it was typed if the order of the ids allows it", () => {
    const stage = new Stage().greet();
    stage.service.send("mine");
    stage.socket.say({
      type: "whisper",
      time: TIME - 60_000,
      from: ADA,
      text: "from a slow clock",
    });
    stage.socket.say(ack(stage, 11), message(12));
    expect(stage.texts()).toEqual(["mine", "from a slow clock", "message 12"]);
  });
});

describe("WebSocketService, a request", () => {
  it("is answered in the room where it was typed", () => {
    const stage = new Stage().greet();
    stage.service.send("/stats");
    const ref = stage.socket.newestId;
    const data = {
      totalConnections: 1,
      activeConnections: 1,
      totalMessages: 0,
      totalWhispers: 0,
      droppedMessages: 0,
      uptime: 1,
    };
    const statistics = { type: "reply", time: TIME, command: "stats", data } as const;
    stage.socket.say({ ...statistics, ref: null, text: "not asked" });
    stage.socket.say({ ...statistics, ref, text: "Server Statistics: ..." });
    expect(stage.texts("system")).toEqual(["Server Statistics: ..."]);
    expect(stage.messages[0]?.room).toBe("lobby");
  });

  it("shows the messages of a search", () => {
    const stage = new Stage().greet();
    stage.service.send("/search tea");
    stage.socket.say({
      type: "reply",
      time: TIME,
      ref: stage.socket.newestId,
      text: "2 messages found in 'lobby'",
      command: "search",
      data: {
        room: "lobby",
        words: "tea",
        messages: [message(1, "tea?"), { ...message(2, "makes tea"), action: true }],
        complete: true,
      },
    });
    expect(stage.texts()).toEqual(["2 messages found in 'lobby'\n[Ada]: tea?\n* Ada makes tea"]);
  });

  it("shows the text of a reply to an unknown command", () => {
    const stage = new Stage().greet();
    stage.service.send("/weather");
    const ref = stage.socket.newestId;
    const reply = { type: "reply", time: TIME, ref, command: "weather", text: "rain", data: {} };
    stage.socket.frame(JSON.stringify(reply));
    expect(stage.texts("system")).toEqual(["rain"]);
  });

  it("fails without a connection, and if the server refuses it", () => {
    const stage = new Stage().watch();
    expect(stage.service.send("/list")).toBe(false);
    stage.greet();
    stage.service.send("/nonsense");
    stage.socket.say({
      type: "error",
      time: TIME,
      ref: stage.socket.newestId,
      code: "unknown_command",
      text: "Error: Unknown command '/nonsense', try /help",
    });
    expect(stage.texts("error")).toEqual([
      "Cannot run /list: not connected",
      "Unknown command '/nonsense', try /help",
    ]);
  });
});

describe("WebSocketService, a name", () => {
  it("is requested, stored, and taken again before messages are sent", async () => {
    const stage = new Stage().greet();
    stage.service.send("/name Alice");
    stage.socket.say(named(stage, "Alice"));
    expect(await firstValueFrom(stage.service.me$)).toMatchObject({ name: "Alice" });
    expect(stage.browser.get("name")).toBe("Alice");
    expect(stage.texts("system")).toEqual(["You are now called Alice"]);
    stage.socket.lose();
    stage.service.send("waits for the name");
    await tick(1_000);
    stage.greet();
    expect(stage.socket.texts).toEqual(["/name Alice"]);
    stage.socket.say(named(stage, "Alice"));
    expect(stage.socket.texts).toEqual(["/name Alice", "waits for the name"]);
    expect(stage.texts("system")).toEqual(["You are now called Alice"]);
  });

  it("is stored for the tab, and for new tabs of the browser", () => {
    const stage = new Stage().greet();
    stage.service.send("/name Carol");
    stage.socket.say(named(stage, "Carol"));
    TestBed.resetTestingModule();
    const reloaded = new Stage();
    reloaded.tab.set("name", stage.tab.get("name") ?? "");
    reloaded.browser.set("name", "Dave");
    reloaded.greet();
    expect(reloaded.socket.texts).toEqual(["/name Carol"]);
    TestBed.resetTestingModule();
    const fresh = new Stage();
    fresh.browser.set("name", "Dave");
    fresh.greet();
    expect(fresh.socket.texts).toEqual(["/name Dave"]);
    TestBed.resetTestingModule();
    const copy = new Stage(undefined, { isCopy: true });
    copy.tab.set("name", "Carol");
    copy.browser.set("name", "Dave");
    copy.greet();
    expect(copy.socket.texts).toEqual([]);
  });

  it("is requested again while the old connection has it", async () => {
    const stage = new Stage();
    stage.browser.set("name", "Alice");
    stage.greet();
    for (let time = 0; time < RETAKE_TIMEOUT; time += RETAKE_INTERVAL) {
      expect(stage.texts("error")).toEqual([]);
      stage.socket.say(taken(stage));
      await tick(RETAKE_INTERVAL);
    }
    expect(stage.socket.texts).toHaveLength(1 + RETAKE_TIMEOUT / RETAKE_INTERVAL);
    stage.socket.say(taken(stage));
    expect(stage.texts("error")).toEqual(["Username 'Alice' is already taken"]);
    stage.service.send("without a name");
    expect(stage.socket.texts.at(-1)).toBe("without a name");
  });

  it("is requested later if it was chosen without a connection", () => {
    const stage = new Stage().watch();
    stage.service.connect();
    stage.service.changeName("Alice");
    stage.greet();
    expect(stage.socket.texts).toEqual(["/name Alice"]);
  });

  it("that the user chose is reported at once if it is refused", () => {
    const stage = new Stage().greet();
    stage.service.changeName("Ada");
    stage.socket.say(taken(stage, "Ada"));
    expect(stage.texts("error")).toEqual(["Username 'Ada' is already taken"]);
  });

  function named(stage: Stage, name: string): ServerEvent {
    return {
      type: "reply",
      time: TIME,
      ref: stage.socket.newestId,
      text: "Username set",
      command: "name",
      data: { user: { ...ME, name } },
    };
  }

  function taken(stage: Stage, name = "Alice"): ServerEvent {
    const text = `Error: Username '${name}' is already taken`;
    const ref = stage.socket.newestId;
    return { type: "error", time: TIME, ref, code: "name_taken", text };
  }
});

describe("WebSocketService, the list of users", () => {
  const BOB = { id: 9, name: "Bob", address: "127.0.0.1:50414" };
  const presence = { type: "presence", time: TIME, room: "lobby", users: 2 } as const;

  async function room(stage: Stage, name = "lobby") {
    const rooms = await firstValueFrom(stage.service.rooms$);
    return rooms.find((each) => each.name === name);
  }

  const names = async (stage: Stage) => (await room(stage))?.users.map(({ name }) => name);

  it("follows the hello and the presence events", async () => {
    const stage = new Stage().greet();
    expect(await names(stage)).toEqual(["Ada"]);
    stage.socket.say({ ...presence, event: "join", user: BOB });
    expect(await names(stage)).toEqual(["Ada", "Bob"]);
    const aaron = { ...BOB, name: "Aaron" };
    stage.socket.say({ ...presence, event: "rename", user: aaron, previous: "Bob" });
    expect(await names(stage)).toEqual(["Aaron", "Ada"]);
    stage.socket.say({ ...presence, event: "leave", user: aaron, users: 1 });
    expect(await names(stage)).toEqual(["Ada"]);
    expect(stage.texts("system")).toEqual(["Bob joined", "Bob is now Aaron", "Aaron left"]);
  });

  it("shows no notice of this client, nor of users who return at once", async () => {
    const stage = new Stage().greet();
    stage.socket.say(
      { ...presence, event: "join", user: { ...ME, name: "Alice" } },
      { type: "back", time: TIME, room: "lobby", user: { ...ADA, id: 20 }, previous: ADA.id },
    );
    expect((await room(stage))?.users.map(({ id }) => id)).toEqual([20, ME.id]);
    expect(stage.texts()).toEqual([]);
  });

  it("shows away users", async () => {
    const stage = new Stage().greet();
    const away = { type: "away", time: TIME, room: "lobby" } as const;
    stage.socket.say({ ...away, user: { ...ADA, away: "lunch" } });
    expect((await room(stage))?.users[0]?.away).toBe("lunch");
    stage.socket.say({ ...away, user: ADA });
    expect((await room(stage))?.users[0]?.away).toBeUndefined();
  });

  it("is only a number in a large room, until the server sends a list", async () => {
    const stage = new Stage().greet();
    stage.socket.say({ type: "people", time: TIME, room: "lobby", users: 612 });
    expect((await room(stage))?.online).toBe(612);
    expect(stage.socket.texts).toEqual([]);
    stage.socket.say({ ...presence, event: "join", user: BOB, users: 500 });
    stage.socket.say({ ...presence, event: "leave", user: BOB, users: 499 });
    expect(stage.socket.texts).toEqual(["/list"]);
    stage.socket.say({
      type: "reply",
      time: TIME,
      ref: stage.socket.newestId,
      text: "Users",
      command: "list",
      data: { room: "lobby", users: [ADA, BOB], total: 2 },
    });
    expect(await names(stage)).toEqual(["Ada", "Bob"]);
    expect(stage.texts("system")).not.toContain("Users");
  });

  it("is requested if the hello is not complete", () => {
    const stage = new Stage().greet({ users: [], online: 501 });
    expect(stage.socket.texts).toEqual(["/list"]);
  });

  it("shows whispers in every room", () => {
    const stage = new Stage().greet();
    stage.socket.say({ type: "whisper", time: TIME, from: ADA, text: "psst" });
    expect(stage.messages).toMatchObject([{ type: MessageType.Whisper, room: null, from: ADA }]);
  });

  it("follows topics", async () => {
    const stage = new Stage().greet({
      room: { name: "lobby", topic: "Tea", users: 1, offset: 10 },
    });
    expect((await room(stage))?.topic).toBe("Tea");
    const topic = { type: "topic", time: TIME, room: "lobby", from: ADA } as const;
    stage.socket.say({ ...topic, topic: "Coffee" });
    expect((await room(stage))?.topic).toBe("Coffee");
    stage.socket.say({ ...topic, topic: null });
    expect((await room(stage))?.topic).toBeNull();
    expect(stage.texts()).toEqual(["Ada set the topic to 'Coffee'", "Ada removed the topic"]);
  });
});

describe("WebSocketService, rooms", () => {
  const DEV = { name: "dev", topic: null, users: 2, offset: 3 };

  function joined(ref: string, change: object = {}): ServerEvent {
    const data = { room: DEV, users: [ADA, ME], epoch: "one", ...change };
    return { type: "reply", time: TIME, ref, text: "Joined room 'dev'", command: "join", data };
  }

  function left(
    ref: string,
    from: string,
    to = { name: "lobby", topic: null, users: 3, offset: 10 },
  ) {
    const data = { left: from, room: to };
    const text = `Left room '${from}'`;
    return { type: "reply", time: TIME, ref, text, command: "leave", data } as const;
  }

  const roomNames = async (stage: Stage) =>
    (await firstValueFrom(stage.service.rooms$)).map(({ name }) => name);
  const active = (stage: Stage) => firstValueFrom(stage.service.activeRoom$);

  function join(stage: Stage): void {
    stage.service.joinRoom("dev");
    stage.socket.say(joined(stage.socket.newestId));
  }

  it("are joined, shown, used and left", async () => {
    const stage = new Stage().greet();
    join(stage);
    expect(await roomNames(stage)).toEqual(["lobby", "dev"]);
    expect(await active(stage)).toBe("dev");
    expect(stage.socket.requests("history").map(({ room }) => room)).toEqual(["lobby", "dev"]);
    stage.service.send("in dev");
    expect(stage.socket.requests("message").at(-1)).toMatchObject({ room: "dev" });
    stage.service.selectRoom("lobby");
    stage.service.selectRoom("nowhere");
    expect(await active(stage)).toBe("lobby");
    stage.service.leaveRoom("dev");
    stage.socket.say(left(stage.socket.lastId("leave"), "dev"));
    expect(await roomNames(stage)).toEqual(["lobby"]);
    expect(stage.texts("system")).toEqual(["Joined room 'dev'", "Left room 'dev'"]);
  });

  it("are the lobby again after the last one is left", async () => {
    const stage = new Stage().greet();
    stage.service.leaveRoom("lobby");
    const dev = { name: "dev", topic: null, users: 3, offset: 10 };
    stage.socket.say(left(stage.socket.lastId("leave"), "lobby", dev));
    expect([await roomNames(stage), await active(stage)]).toEqual([["dev"], "dev"]);
    expect(stage.socket.texts).toEqual(["/list"]);
  });

  it("are joined again after a reload, and the lobby is left if it was left before", async () => {
    const stage = new Stage();
    stage.tab.set(`rooms ${SERVER}`, "dev tea");
    stage.greet();
    expect(stage.socket.requests("join")).toMatchObject([{ room: "dev" }, { room: "tea" }]);
    expect(stage.socket.requests("leave")).toMatchObject([{ room: "lobby" }]);
    expect(await active(stage)).toBe("dev");
    stage.socket.say({
      type: "error",
      time: TIME,
      ref: stage.socket.lastId("join"),
      code: "too_many_rooms",
      text: "Error: Too many rooms",
    });
    expect(await roomNames(stage)).toEqual(["dev"]);
  });

  it("are the lobby if the server refuses all others", async () => {
    const stage = new Stage();
    stage.tab.set(`rooms ${SERVER}`, "dev");
    stage.greet();
    expect(await active(stage)).toBe("dev");
    const ref = stage.socket.lastId("join");
    stage.socket.say({ type: "error", time: TIME, ref, code: "refused", text: "Error: No" });
    expect([await roomNames(stage), await active(stage)]).toEqual([["lobby"], "lobby"]);
    expect(stage.texts("error")).toEqual(["No"]);
  });

  it("ignore messages if they are not joined", () => {
    const stage = new Stage().greet();
    stage.socket.say(message(4, "elsewhere", "dev"));
    expect(stage.messages).toEqual([]);
  });

  it("are joined since their last message, and live messages wait for the missed ones", async () => {
    const stage = new Stage().greet();
    join(stage);
    for (const { id, room } of stage.socket.requests("history")) {
      stage.socket.say(page(String(id), [], { room: String(room) }));
    }
    stage.socket.say(message(11), message(4, "four", "dev"));
    await stage.comeBack();
    expect(stage.socket.requests("join")).toMatchObject([
      { room: "lobby", since: { epoch: "one", offset: 11 } },
      { room: "dev", since: { epoch: "one", offset: 4 } },
    ]);
    const [lobby] = stage.socket.requests("join");
    stage.socket.say(message(14, "live"));
    expect(stage.texts("received")).toEqual(["message 11", "four"]);
    stage.socket.say({
      type: "reply",
      time: TIME,
      ref: String(lobby?.["id"]),
      text: "Joined",
      command: "join",
      data: {
        room: { name: "lobby", topic: null, users: 1, offset: 13 },
        users: [ADA],
        epoch: "one",
        missed: { recovered: true, messages: [message(12), message(13)], more: false },
      },
    });
    expect(lobbyTexts(stage)).toEqual(["message 11", "message 12", "message 13", "live"]);
    expect(stage.socket.requests("history")).toEqual([]);
    expect(stage.texts("system")).toEqual(["Joined room 'dev'"]);
    await stage.comeBack();
    expect(stage.socket.requests("join")[0]).toMatchObject({ since: { offset: 14 } });
  });

  const lobbyTexts = (stage: Stage) =>
    stage.messages
      .filter(({ room, type }) => room === "lobby" && type !== MessageType.Error)
      .map(({ text }) => text);
});

describe("WebSocketService, the history", () => {
  const older = async (stage: Stage) =>
    (await firstValueFrom(stage.service.rooms$)).find(({ name }) => name === "lobby");

  /** The newest page is there. */
  function begin(): Stage {
    const stage = new Stage().greet();
    stage.socket.say(page(stage.socket.lastId("history"), [8, 9, 10], { more: true }));
    return stage;
  }

  function rejoined(
    stage: Stage,
    offset: number,
    missed: { recovered: boolean; ids: number[]; more?: boolean; epoch?: string },
  ): void {
    const { recovered, ids, more = false, epoch = "one" } = missed;
    const messages = ids.map((id) => ({ ...message(id), time: Date.now() }));
    stage.socket.say({
      type: "reply",
      time: TIME,
      ref: stage.socket.lastId("join"),
      text: "Joined",
      command: "join",
      data: {
        room: { name: "lobby", topic: null, users: 1, offset },
        users: [ADA],
        epoch,
        missed: { recovered, messages, more },
      },
    });
  }

  it("is requested at the start, and page by page", async () => {
    const stage = new Stage().greet();
    expect(stage.socket.requests("history")).toMatchObject([{ room: "lobby", limit: 50 }]);
    stage.socket.say(message(11));
    stage.socket.say(page(stage.socket.lastId("history"), [9, 10, 11], { more: true }));
    expect(stage.texts()).toEqual(["message 9", "message 10", "message 11"]);
    expect(await older(stage)).toMatchObject({ hasOlder: true, loading: false });
    stage.service.loadOlder("lobby");
    stage.service.loadOlder("lobby");
    expect(stage.socket.requests("history").slice(1)).toMatchObject([{ before: 9, limit: 50 }]);
    expect(await older(stage)).toMatchObject({ loading: true });
    stage.socket.say(page(stage.socket.lastId("history"), [7, 8]));
    expect(stage.texts().slice(0, 3)).toEqual(["message 7", "message 8", "message 9"]);
    expect(await older(stage)).toMatchObject({ hasOlder: false, loading: false });
  });

  it("is not requested if the server stores none", () => {
    const stage = new Stage().greet({ limits: { ...LIMITS, history: 0 } });
    expect(stage.socket.requests("history")).toEqual([]);
  });

  it("is not offered if the server refuses it", async () => {
    const stage = new Stage().greet();
    const ref = stage.socket.lastId("history");
    stage.socket.say({ type: "error", time: TIME, ref, code: "no_history", text: "Error: No" });
    expect(await older(stage)).toMatchObject({ hasOlder: false, loading: false });
    expect(stage.texts()).toEqual([]);
  });

  it("fills gaps of dropped messages", () => {
    const stage = begin();
    const missed = [{ room: "lobby", from: 11, to: 13 }];
    stage.socket.say({ type: "dropped", time: TIME, count: 3, missed }, message(14));
    expect(stage.socket.requests("history").at(-1)).toMatchObject({ after: 10, before: 14 });
    const ref = stage.socket.lastId("history");
    stage.socket.say(page(ref, [11, 12], { more: true }));
    expect(stage.socket.requests("history").at(-1)).toMatchObject({ after: 12, before: 14 });
    stage.socket.say(page(stage.socket.lastId("history"), [13]));
    expect(stage.texts().slice(2)).toEqual([10, 11, 12, 13, 14].map((id) => `message ${id}`));
  });

  it("marks dropped messages that the server no longer has", () => {
    const stage = begin();
    const missed = [{ room: "lobby", from: 11, to: 13 }];
    stage.socket.say({ type: "dropped", time: TIME, count: 3, missed }, message(14));
    stage.socket.say(page(stage.socket.lastId("history"), [13], { complete: false }));
    expect(stage.texts().slice(2)).toEqual([
      "message 10",
      "Messages are missing here",
      "message 13",
      "message 14",
    ]);
  });

  it("counts dropped messages that cannot be fetched", () => {
    const stage = begin();
    stage.socket.say({ type: "dropped", time: TIME, count: 3, missed: [] });
    expect(stage.texts("system")).toEqual(["Too much at once: 3 messages were missed"]);
  });

  it("shows a notice each time the client is throttled", () => {
    const stage = begin();
    stage.socket.say({ type: "throttled", time: TIME, retryAfter: 50 });
    expect(stage.texts("system")).toEqual([
      "You are sending too fast. The server will catch up.",
    ]);
  });

  it("fetches missed messages that do not fit into one reply", async () => {
    const stage = begin();
    await stage.comeBack();
    rejoined(stage, 400, { recovered: false, ids: [399, 400], more: true });
    expect(stage.socket.requests("history")).toMatchObject([{
      after: 10,
      before: 399,
      limit: 200,
    }]);
    const ids = Array.from({ length: 200 }, (_, index) => 11 + index);
    stage.socket.say(page(stage.socket.lastId("history"), ids, { more: true }));
    expect(stage.socket.requests("history")).toHaveLength(2);
    // The connection breaks before the rest is there: it is asked for on the next.
    await stage.comeBack();
    rejoined(stage, 400, { recovered: true, ids: [] });
    expect(stage.socket.requests("history")).toMatchObject([{ after: 210, before: 399 }]);
    const rest = Array.from({ length: 188 }, (_, index) => 211 + index);
    stage.socket.say(page(stage.socket.lastId("history"), rest));
    expect(stage.texts("received")).toEqual(
      Array.from({ length: 393 }, (_, index) => `message ${8 + index}`),
    );
  });

  it("fetches only the newest messages of a large gap", async () => {
    const stage = begin();
    await stage.comeBack();
    rejoined(stage, 5_000, { recovered: false, ids: [5_000], more: true });
    expect(stage.socket.requests("history")).toMatchObject([{ after: 3_999, before: 5_000 }]);
    expect(stage.texts().at(-2)).toBe("Messages are missing here");
  });

  it("continues after a restart if the server has all messages, and starts again if not", async () => {
    const stage = begin();
    await stage.comeBack({ epoch: "two" });
    rejoined(stage, 11, { recovered: true, ids: [11], epoch: "two" });
    expect(stage.texts("system")).toEqual([]);
    await stage.comeBack({ epoch: "three" });
    expect(stage.socket.requests("join")).toMatchObject([{ since: { epoch: "two", offset: 11 } }]);
    rejoined(stage, 2, { recovered: false, ids: [1, 2], epoch: "three" });
    expect(stage.texts().slice(3)).toEqual([
      "message 11",
      "The server was restarted. Messages may be missing here.",
      "message 1",
      "message 2",
    ]);
  });

  it("counts missed messages if the server stores none", async () => {
    const limits = { ...LIMITS, history: 0 };
    const stage = new Stage().greet({ limits });
    await stage.comeBack({ limits, room: { name: "lobby", topic: null, users: 1, offset: 12 } });
    expect(stage.texts("system")).toEqual(["2 messages were missed"]);
    await stage.comeBack({ limits, epoch: "two" });
    expect(stage.texts("system").at(-1)).toContain("was restarted");
  });

  it("shows an own message once if its acknowledgement was lost", async () => {
    const stage = begin();
    stage.service.send("mine");
    await stage.comeBack({ you: { ...ME, id: 20 } });
    const own = { ...message(11, "mine"), from: ME };
    stage.socket.say({
      type: "reply",
      time: TIME,
      ref: stage.socket.lastId("join"),
      text: "Joined",
      command: "join",
      data: {
        room: { name: "lobby", topic: null, users: 1, offset: 12 },
        users: [ADA],
        epoch: "one",
        missed: { recovered: true, messages: [own, message(12)], more: false },
      },
    });
    stage.socket.say(ack(stage, 11));
    expect(stage.messages.slice(3)).toMatchObject([
      { type: MessageType.Sent, text: "mine", delivery: Delivery.Delivered },
      { text: "message 12" },
    ]);
  });

  it("is limited, and removed messages can be loaded again", async () => {
    const stage = begin();
    stage.socket.say(...Array.from({ length: ROOM_CAPACITY }, (_, index) => message(11 + index)));
    expect(stage.messages).toHaveLength(ROOM_CAPACITY + 3);
    stage.socket.say(message(11 + ROOM_CAPACITY));
    expect(stage.messages).toHaveLength(ROOM_CAPACITY + 3);
    expect(await older(stage)).toMatchObject({ hasOlder: true });
    stage.service.loadOlder("lobby");
    expect(stage.socket.requests("history").at(-1)).toMatchObject({ before: 9 });
  });
});

/** Acknowledges the newest message. */
function ack(stage: Stage, id: number): ServerEvent {
  return { type: "ack", time: TIME, ref: stage.socket.newestId, room: "lobby", id };
}
