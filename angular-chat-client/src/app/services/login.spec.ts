import { TestBed } from "@angular/core/testing";
import { ADA, hello, LIMITS, ME, message, Stage, tick, TIME } from "../../testing/fake_socket";
import { ConnectionStatus, MessageType } from "../models/message.model";
import type { ServerEvent, User } from "../models/protocol";
import type { LoginQuestion } from "./login";

const ANN: User = { id: 5, name: "Ann", address: "127.0.0.1:5", account: "yXcq" };

/** A server without a history: it is asked for nothing but logins and names. */
const BARE = { limits: { ...LIMITS, history: 0 } };

beforeEach(() => void vi.useFakeTimers({ now: TIME }));

afterEach(() => {
  TestBed.resetTestingModule();
  vi.useRealTimers();
});

/** A service whose questions are collected. */
class LoginStage extends Stage {
  question: LoginQuestion | null = null;

  override watch(): this {
    super.watch();
    this.service.loginQuestion$.subscribe((question) => (this.question = question));
    return this;
  }

  /** Connects, and asks for a login. */
  require(): this {
    if (this.sockets.length === 0) this.watch().service.connect();
    this.socket.open();
    this.socket.say({ type: "login_required", time: TIME });
    return this;
  }

  async requireAgain(): Promise<this> {
    this.socket.lose();
    const { length } = this.sockets;
    while (this.sockets.length === length) await tick(1_000);
    return this.require();
  }

  get logins(): readonly unknown[] {
    return this.socket.requests("login").map(({ secret, resume }) => [secret, resume]);
  }

  /** Accepts the last login. */
  accept(you: User = ANN, resume?: string): this {
    const token = resume === undefined ? {} : { resume };
    const ref = this.socket.lastId("login");
    this.socket.say(
      reply(ref, "login", { user: you, ...token }),
      hello({ ...BARE, you, ...token }),
    );
    return this;
  }

  refuse(code: "login_failed" | "no_login" | "resume_failed", text = `Error: ${code}`): void {
    this.socket.say({ type: "error", time: TIME, ref: this.socket.lastId("login"), code, text });
  }
}

function reply(ref: string, command: "login" | "name", data: object): ServerEvent {
  return { type: "reply", time: TIME, ref, text: "", command, data } as ServerEvent;
}

describe("WebSocketService, a login", () => {
  it("is asked for where it is required, and remembered for the tab and the server", async () => {
    const stage = new LoginStage().require();
    stage.service.send("too early");
    expect([stage.question, stage.socket.frames]).toEqual([{ problem: "" }, []]);
    stage.service.logIn("wrong");
    expect([stage.logins, stage.question]).toEqual([[["wrong", undefined]], null]);
    stage.refuse("login_failed", "Error: The password is wrong");
    expect(stage.question).toEqual({ problem: "The password is wrong" });
    stage.service.logIn("right");
    stage.accept();
    expect(stage.question).toBeNull();
    expect(stage.socket.texts).toEqual(["too early"]);
    await stage.requireAgain();
    expect(stage.logins).toEqual([["right", undefined]]);
    expect([stage.question, stage.browser.get("secret ws://chat.test/")]).toEqual([null, null]);
  });

  it("gives a user the name, and makes the messages of all devices their own", () => {
    const stage = new LoginStage().require();
    stage.tab.set("name", "Alice");
    stage.service.logIn("token");
    stage.accept();
    expect(stage.socket.texts).toEqual([]);
    stage.socket.say(
      { ...message(11, "from my phone"), from: ANN },
      { ...message(12, "not mine"), from: { ...ANN, account: "another" } },
      { type: "whisper", time: TIME, from: ANN, to: ADA, text: "psst" },
    );
    expect(stage.messages.map(({ type, to }) => [type, to])).toEqual([
      [MessageType.Sent, undefined],
      [MessageType.Received, undefined],
      [MessageType.Whisper, "Ada"],
    ]);
  });

  it("is asked for again when it has expired", async () => {
    const stage = new LoginStage().require();
    stage.service.logIn("old token");
    stage.accept();
    stage.socket.say({ type: "bye", time: TIME, reason: "expired", text: "Expired" });
    await stage.requireAgain();
    expect([stage.question, stage.logins]).toEqual([{ problem: "Expired" }, []]);
    stage.service.logIn("new token");
    expect(stage.logins).toEqual([["new token", undefined]]);
  });

  it("waits for the user longer than the server does", async () => {
    const stage = new LoginStage().require();
    stage.socket.say({ type: "bye", time: TIME, reason: "login", text: "Too late" });
    stage.socket.lose();
    await tick(100_000);
    expect([stage.sockets.length, stage.question, stage.texts()]).toEqual([1, { problem: "" }, []]);
    stage.service.logIn("at last");
    stage.require();
    expect([stage.sockets.length, stage.logins]).toEqual([2, [["at last", undefined]]]);
  });

  it("can be cancelled", () => {
    const stage = new LoginStage().require();
    stage.service.disconnect();
    expect([stage.question, stage.statuses.at(-1)]).toEqual([null, ConnectionStatus.Disconnected]);
  });

  it("is possible where it is not required, with /login", () => {
    const stage = new LoginStage().greet(BARE);
    stage.service.send("/login hunter2");
    expect([stage.logins, stage.socket.texts]).toEqual([[["hunter2", undefined]], []]);
    stage.refuse("login_failed", "Error: The token is wrong");
    expect(stage.texts("error")).toEqual(["The token is wrong"]);
    stage.service.send("/login token");
    stage.socket.say(reply(stage.socket.lastId("login"), "login", { user: ANN }));
    expect(stage.texts("system")).toEqual(["You have logged in as Ann"]);
    expect(stage.texts().some((text) => text.includes("hunter2"))).toBe(false);
  });

  it("gives a guest the name back with the token of the tab, or as anybody", async () => {
    const stage = new LoginStage();
    stage.tab.set("name", "Alice");
    stage.greet(BARE);
    const named = { user: { ...ME, name: "Alice" }, resume: "t1" };
    stage.socket.say(reply(stage.socket.newestId, "name", named));
    await stage.comeBack(BARE);
    expect([stage.logins, stage.socket.texts]).toEqual([[[undefined, "t1"]], []]);
    stage.socket.say(
      reply(stage.socket.lastId("login"), "login", { user: named.user, resume: "t2" }),
    );
    expect(stage.socket.texts).toEqual([]);
    await stage.comeBack(BARE);
    expect(stage.logins).toEqual([[undefined, "t2"]]);
    stage.refuse("resume_failed");
    expect([stage.socket.texts, stage.texts("error")]).toEqual([["/name Alice"], []]);
    await stage.comeBack(BARE);
    expect(stage.logins).toEqual([]);
  });

  it("takes a guest's name away for its owner", () => {
    const stage = new LoginStage().greet(BARE);
    stage.socket.say({ type: "renamed", time: TIME, user: ME, name: "Ann" });
    expect(stage.texts("system")).toEqual([
      "'Ann' belongs to a user who has logged in. Choose another name.",
    ]);
  });

  it("may not let the user into the lobby", () => {
    const stage = new LoginStage().require();
    stage.service.logIn("token");
    stage.socket.say(
      reply(stage.socket.lastId("login"), "login", { user: ANN }),
      hello({ ...BARE, you: ANN, room: null, users: [], online: 0 }),
    );
    stage.service.joinRoom("dev");
    const ref = stage.socket.newestId;
    const room = { name: "dev", topic: null, users: 1, offset: 0 };
    const data = { room, users: [], epoch: "one" };
    stage.socket.say({ type: "reply", time: TIME, ref, text: "", command: "join", data });
    stage.service.send("hello");
    expect(stage.socket.lines.at(-1)).toMatchObject({ text: "hello", room: "dev" });
  });

  it("continues in one tab only", async () => {
    const stage = new LoginStage().greet(BARE);
    stage.socket.say({ type: "bye", time: TIME, reason: "replaced", text: "Continued elsewhere" });
    await tick(100_000);
    expect([stage.sockets.length, stage.statuses.at(-1)]).toEqual([
      1,
      ConnectionStatus.Disconnected,
    ]);
  });
});
