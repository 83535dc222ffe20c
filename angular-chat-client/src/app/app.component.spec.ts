import { type ComponentFixture, TestBed } from "@angular/core/testing";
import { ADA, hello, ME, message, page, Stage, tick, TIME } from "../testing/fake_socket";
import { AppComponent } from "./app.component";

describe("AppComponent", () => {
  let stage: Stage;
  let fixture: ComponentFixture<AppComponent>;
  let root: HTMLElement;

  beforeEach(async () => {
    vi.useFakeTimers({ now: TIME });
    focus(true);
    stage = new Stage();
    fixture = TestBed.createComponent(AppComponent);
    root = fixture.nativeElement as HTMLElement;
    await render();
  });

  afterEach(() => {
    TestBed.resetTestingModule();
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  /** Brings the window to the front, or another one. */
  function focus(has: boolean): void {
    vi.spyOn(document, "hasFocus").mockReturnValue(has);
    window.dispatchEvent(new Event(has ? "focus" : "blur"));
  }

  /** Lets the page show what has become. */
  async function render(): Promise<void> {
    fixture.detectChanges();
    await tick(20);
    fixture.detectChanges();
  }

  async function connect(): Promise<void> {
    stage.socket.open();
    stage.socket.say(hello());
    await render();
  }

  function find<Kind extends HTMLElement>(selector: string): Kind {
    const found = root.querySelector<Kind>(selector);
    if (found === null) throw new Error(`Cannot find ${selector}`);
    return found;
  }

  const textOf = (selector: string) => find(selector).textContent?.replace(/\s+/g, " ").trim();
  const entries = () =>
    Array.from(root.querySelectorAll("#log .entry"), (entry) => [
      entry.classList.item(1) ?? "",
      entry.querySelector(".author")?.textContent?.trim() ?? "",
      entry.querySelector(".text")?.textContent ?? "",
    ]);

  function type(text: string): HTMLTextAreaElement {
    const field = find<HTMLTextAreaElement>("#text");
    field.value = text;
    return field;
  }

  function press(field: HTMLElement, init: KeyboardEventInit): KeyboardEvent {
    const event = new KeyboardEvent("keydown", { cancelable: true, ...init });
    field.dispatchEvent(event);
    return event;
  }

  it("connects by itself, and shows the state of the connection", async () => {
    expect(textOf(".status")).toBe("Connecting");
    await connect();
    expect(textOf(".status")).toBe("Connected");
    expect(find(".status").classList).toContain("connected");
    stage.random = 1;
    await tick(10_000);
    for (let attempt = 0; attempt < 4; attempt++) {
      stage.socket.lose();
      if (attempt < 3) await tick(10_000);
    }
    await render();
    expect(textOf(".status")).toBe("Reconnecting in 4 s");
    await tick(1_000);
    await render();
    expect(textOf(".status")).toBe("Reconnecting in 3 s");
    find(".retry-now").click();
    await render();
    expect(textOf(".status")).toBe("Reconnecting");
  });

  it("disconnects and connects on request", async () => {
    await connect();
    find(".you .plain").click();
    await render();
    expect(textOf(".status")).toBe("Disconnected");
    expect(textOf(".retry-now")).toBe("Connect");
    find(".retry-now").click();
    await render();
    expect(stage.sockets).toHaveLength(2);
  });

  it("distinguishes the types of messages, in words too", async () => {
    await connect();
    stage.socket.say(message(11, "received"), {
      type: "whisper",
      time: TIME,
      from: ADA,
      text: "whispered",
    });
    stage.service.send("sent");
    stage.service.send("/whisper Ada back");
    stage.socket.say({
      type: "presence",
      time: TIME,
      room: "lobby",
      event: "join",
      user: { ...ADA, id: 9, name: "Bob" },
      users: 2,
    });
    stage.socket.say({ type: "error", time: TIME, ref: null, code: "refused", text: "Error: No" });
    await render();
    expect(entries().toSorted()).toEqual([
      ["error", "Error", "No"],
      ["received", "Ada", "received"],
      ["sent", "You", "sent"],
      ["system", "", "Bob joined"],
      ["whisper", "Ada whispers", "whispered"],
      ["whisper", "You whisper to Ada", "back"],
    ]);
    expect(textOf(".entry.sent .delivery")).toBe("sending");
  });

  it("shows any text as text", async () => {
    await connect();
    stage.socket.say(message(11, "<img src=x onerror=alert(1)>\n<b>bold</b>"));
    await render();
    expect(entries()).toEqual([["received", "Ada", "<img src=x onerror=alert(1)>\n<b>bold</b>"]]);
    expect(root.querySelector("#log img, #log b")).toBeNull();
  });

  it("lays out the lines of a reply and the parts of a very long text separately", async () => {
    await connect();
    const parts = () =>
      Array.from(root.querySelectorAll("#log .part"), ({ textContent }) => textContent);
    stage.socket.say(message(11, "one\ntwo"));
    await render();
    expect(parts()).toEqual(["one\ntwo"]);
    const long = "\u{1f642}".repeat(5_000) + "a ".repeat(4_000);
    stage.socket.say(message(12, long));
    await render();
    expect(parts().length).toBeGreaterThan(3);
    expect(parts().slice(1).join("")).toBe(long);
    stage.service.send("/search tea");
    stage.socket.say({
      type: "reply",
      time: TIME,
      ref: stage.socket.newestId,
      text: "2 found",
      command: "search",
      data: {
        room: "lobby",
        words: "tea",
        messages: [message(3, "tea?"), message(4, "tea!")],
        complete: true,
      },
    });
    await render();
    expect(parts().slice(-3)).toEqual(["2 found\n", "[Ada]: tea?\n", "[Ada]: tea!"]);
  });

  it("sends with Enter and with the button, but not while composing", async () => {
    await connect();
    const field = type("one");
    expect(press(field, { key: "Enter", shiftKey: true }).defaultPrevented).toBe(false);
    expect(press(field, { key: "Enter", altKey: true }).defaultPrevented).toBe(false);
    expect(press(field, { key: "Enter", isComposing: true }).defaultPrevented).toBe(false);
    // Safari: the composition has ended when the key is reported.
    expect(press(field, { key: "Enter", keyCode: 229 }).defaultPrevented).toBe(false);
    expect(stage.socket.texts).toEqual([]);
    expect(press(field, { key: "Enter" }).defaultPrevented).toBe(true);
    expect(field.value).toBe("");
    type("two");
    find(".composer button").click();
    expect(stage.socket.texts).toEqual(["one", "two"]);
  });

  it("keeps a line that was not accepted in the field", async () => {
    await connect();
    const field = type("x".repeat(70_000));
    press(field, { key: "Enter" });
    expect(field.value).toHaveLength(70_000);
  });

  it("asks for a name until the user has one", async () => {
    await connect();
    expect(textOf(".naming label")).toBe(`Others see you as ${ME.address}. Your name:`);
    find<HTMLInputElement>("#first-name").value = "Alice";
    find(".naming button").click();
    expect(stage.socket.texts).toEqual(["/name Alice"]);
    stage.socket.say({
      type: "reply",
      time: TIME,
      ref: stage.socket.newestId,
      text: "Username set",
      command: "name",
      data: { user: { ...ME, name: "Alice" } },
    });
    await render();
    expect(root.querySelector(".naming")).toBeNull();
    expect(find<HTMLInputElement>("#name-field").value).toBe("Alice");
  });

  it("asks for a password or token while the server requires one", async () => {
    stage.socket.open();
    stage.socket.say({ type: "login_required", time: TIME });
    await render();
    expect(textOf(".status")).toContain("Log in to continue");
    const field = find<HTMLInputElement>("#secret");
    expect(field.type).toBe("password");
    find(".naming button").click();
    expect(stage.socket.requests("login")).toEqual([]);
    field.value = "wrong";
    find(".naming button").click();
    expect(stage.socket.requests("login").map(({ secret }) => secret)).toEqual(["wrong"]);
    stage.socket.say({
      type: "error",
      time: TIME,
      ref: stage.socket.lastId("login"),
      code: "login_failed",
      text: "Error: The password is wrong",
    });
    await render();
    expect(textOf("#secret-problem")).toBe("The password is wrong");
    expect(find<HTMLInputElement>("#secret").value).toBe("");
    stage.socket.say(hello({ you: { ...ME, name: "Ann", account: "yXcq" } }));
    await render();
    expect(root.querySelector(".naming")).toBeNull();
  });

  it("shows the users, marks this user, and starts a whisper", async () => {
    await connect();
    stage.socket.say({
      type: "reply",
      time: TIME,
      ref: null,
      text: "Users",
      command: "list",
      data: { room: "lobby", users: [ME, { ...ADA, away: "lunch" }], total: 2 },
    });
    await render();
    expect(textOf("#people-title")).toBe("People (2)");
    const people = Array.from(
      root.querySelectorAll(".people li"),
      (item) => item.textContent?.replace(/\s+/g, " ").trim(),
    );
    expect(people).toEqual(["Ada away: lunch", `${ME.address} you`]);
    find(".people button").click();
    expect(find<HTMLTextAreaElement>("#text").value).toBe("/whisper Ada ");
  });

  it("shows rooms with the number of unread messages", async () => {
    await connect();
    const field = find<HTMLInputElement>("#room-field");
    field.value = "dev";
    find("#side .pair button").click();
    expect(stage.socket.texts).toEqual(["/join dev"]);
    stage.socket.say({
      type: "reply",
      time: TIME,
      ref: stage.socket.newestId,
      text: "Joined room 'dev'",
      command: "join",
      data: {
        room: { name: "dev", topic: "Tea", users: 1, offset: 0 },
        users: [ME],
        epoch: "one",
      },
    });
    await render();
    expect([textOf(".heading h2"), textOf(".topic")]).toEqual(["dev", "Tea"]);
    stage.socket.say(message(11), message(12));
    await render();
    expect(textOf(".rooms .badge")).toBe("2 new");
    expect(document.title).toBe("(2) Backchannel");
    expect(entries()).toEqual([["system", "", "Joined room 'dev'"]]);
    find(".rooms .room").click();
    await render();
    expect(root.querySelector(".badge")).toBeNull();
    expect(document.title).toBe("Backchannel");
    expect(entries().map(([, , text]) => text)).toEqual(["message 11", "message 12"]);
    find(".leave").click();
    expect(stage.socket.requests("leave")).toMatchObject([{ room: "lobby" }]);
  });

  it("counts messages that arrive while its window has no focus", async () => {
    await connect();
    focus(false);
    stage.socket.say(message(11));
    await render();
    expect(document.title).toBe("(1) Backchannel");
    focus(true);
    await render();
    expect(document.title).toBe("Backchannel");
  });

  it("offers older messages as long as there are any", async () => {
    await connect();
    expect(root.querySelector(".older")).toBeNull();
    stage.socket.say(page(stage.socket.lastId("history"), [9, 10], { more: true }));
    await render();
    find(".older").click();
    await render();
    expect(find<HTMLButtonElement>(".older").disabled).toBe(true);
    stage.socket.say(page(stage.socket.lastId("history"), [8]));
    await render();
    expect(root.querySelector(".older")).toBeNull();
    expect(entries()).toHaveLength(3);
  });

  it("opens and closes rooms and users on a phone", async () => {
    await connect();
    const toggle = find(".side-toggle");
    expect(toggle.getAttribute("aria-expanded")).toBe("false");
    toggle.click();
    await render();
    expect(toggle.getAttribute("aria-expanded")).toBe("true");
    expect(find("#side").classList).toContain("open");
    find(".rooms .room").click();
    await render();
    expect(find("#side").classList).not.toContain("open");
  });

  it("has a label for every field and a name for every button", async () => {
    await connect();
    for (const field of root.querySelectorAll("input, textarea")) {
      expect(root.querySelector(`label[for="${field.id}"]`)?.textContent).toBeTruthy();
    }
    for (const button of root.querySelectorAll("button")) {
      expect(button.getAttribute("aria-label") ?? button.textContent?.trim()).toBeTruthy();
    }
    expect(find("#log").getAttribute("role")).toBe("log");
    expect(find(".status [role=status]")).toBeTruthy();
  });
});
