import { assertEquals } from "@std/assert";
import { BOB, createFakeChat, ME, Memories, message, user } from "./fake_chat.ts";

const ANN = { id: 5, name: "Ann", address: "127.0.0.1:5", account: "yXcq" };

type Test = ReturnType<typeof createFakeChat>;

/** The server accepts the last login, and greets the user. */
function accepts(test: Test, you: typeof ANN | typeof ME = ANN): void {
  test.replies("login", { user: you }, { ref: test.request("login").id });
  test.hello({ you });
}

const secrets = (test: Test) =>
  test.sent.filter(({ type }) => type === "login").map(({ secret }) => secret);

Deno.test("Session asks for a password where one is required, and remembers it for the tab", async () => {
  const memories = new Memories();
  const test = createFakeChat({ name: "Alice", memories });
  test.session.submit("too early");
  test.requires();
  assertEquals([test.calls, test.sent], [["secret: "], []]);
  await test.enters("wrong");
  test.refuses("login_failed", "Error: The password is wrong");
  assertEquals(test.calls, ["secret: ", "secret: The password is wrong"]);
  assertEquals(test.log().map(({ kind }) => kind), ["message"], "The dialog says it");
  await test.enters("right");
  accepts(test);
  assertEquals([secrets(test), test.lines()], [["wrong", "right"], ["too early"]]);
  assertEquals([test.session.ready, test.session.me?.name], [true, "Ann"]);
  test.loses();
  test.requires();
  assertEquals(secrets(test), ["wrong", "right", "right"]);
  accepts(test);

  const reloaded = createFakeChat({ memories });
  reloaded.requires();
  assertEquals([secrets(reloaded), reloaded.calls], [["right"], []]);
  const elsewhere = createFakeChat({ memories });
  elsewhere.session.open("ws://elsewhere/");
  elsewhere.requires();
  assertEquals([secrets(elsewhere), elsewhere.calls], [[], ["secret: "]], "It is for this server");
});

Deno.test("Session asks again when the login has expired, and forgets the old token", async () => {
  const memories = new Memories();
  const test = createFakeChat({ memories });
  test.requires();
  await test.enters("token");
  accepts(test);
  test.says({ type: "bye", time: 1, reason: "expired", text: "Your login has expired" });
  test.loses();
  test.requires();
  assertEquals(test.calls, ["secret: ", "secret: Your login has expired"]);
  assertEquals(createFakeChat({ memories }).memories.of("secret").load(), "");
  await test.enters("fresh token");
  accepts(test);
  assertEquals([test.session.ready, secrets(test)], [true, ["token", "fresh token"]]);
});

Deno.test("Session stays disconnected if the user gives no password", async () => {
  const test = createFakeChat();
  test.requires();
  await test.enters(undefined);
  assertEquals(test.session.state, "closed");
  assertEquals(test.texts(), ["error: The server asks for a login"]);
  test.session.wake();
  assertEquals(test.session.state, "closed", "Nothing opens when the user looks at the tab");
  test.session.retry();
  test.requires();
  assertEquals(test.calls.length, 2);
});

Deno.test("Session logs in with /login, and remembers what the server accepts", () => {
  const test = createFakeChat({ name: "Alice" });
  test.session.submit("/login too-early");
  assertEquals(test.texts(), ["error: Cannot run /login: not connected"]);
  test.hello();
  test.grants("Alice");
  test.session.submit("/login hunter2");
  assertEquals(secrets(test), ["hunter2"]);
  test.refuses("login_failed", "Error: The token is wrong");
  assertEquals([test.texts().at(-1), test.memories.of("secret").load()], [
    "error: The token is wrong",
    "",
  ]);
  test.session.submit("/login token");
  test.replies("login", { user: ANN }, { text: "Logged in as 'Ann'" });
  assertEquals([test.texts().at(-1), test.session.me], ["answer: Logged in as 'Ann'", ANN]);
  test.loses();
  test.hello();
  assertEquals(secrets(test), ["hunter2", "token", "token"]);
  assertEquals(test.texts().some((text) => text.includes("hunter2")), false);
});

Deno.test("Session takes the name back after a reload, with the token of this tab", () => {
  const memories = new Memories();
  const before = createFakeChat({ name: "Alice", memories });
  before.hello();
  before.replies("name", { user: { ...ME, name: "Alice" }, resume: "t1" }, {
    ref: before.request("command").id,
  });
  const test = createFakeChat({ memories });
  test.hello();
  assertEquals([test.request("login")["resume"], test.lines(), test.session.ready], [
    "t1",
    [],
    false,
  ]);
  test.replies("login", { user: { ...user(9, "Alice") }, resume: "t2" });
  assertEquals([test.session.me?.name, test.session.ready, test.asked], ["Alice", true, []]);
});

Deno.test("Session shows what its user says on other devices as their own", () => {
  const test = createFakeChat();
  test.hello({ you: ANN });
  test.says({ ...message(1, "from my phone, for Ann"), from: ANN });
  test.says({ type: "whisper", time: 0, from: ANN, to: BOB, text: "psst" });
  test.says({ ...message(2, "not mine"), from: { ...ANN, account: "another" } });
  assertEquals(test.log().map(({ own, mention, to }) => [own, mention === true, to]), [
    [true, false, undefined],
    [true, false, "Bob"],
    [false, false, undefined],
  ]);
  assertEquals(test.heard, ["not mine"]);
});

Deno.test("Session recognizes stored messages of its user, whatever their number was", () => {
  const test = createFakeChat({ history: 100 });
  test.hello({ you: ANN, offset: 2 });
  test.gives([
    { ...message(1, "mine"), from: { ...ANN, id: 0 } },
    { ...message(2, "not mine"), from: { ...ANN, id: 0, account: "another" } },
  ]);
  assertEquals(test.log().map(({ own }) => own), [true, false]);
});

Deno.test("Session asks for another name if a user owns the guest's name", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  test.says({ type: "renamed", time: 0, user: ME, name: "Alice" });
  assertEquals(test.asked, ["\u201cAlice\u201d belongs to a user who has logged in"]);
  assertEquals(test.session.me?.name, null);
});

Deno.test("Session does not come back by itself if another tab goes on in its name", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  test.says({ type: "bye", time: 0, reason: "replaced", text: "Continued on another connection" });
  test.loses();
  test.session.wake();
  assertEquals([test.session.state, test.texts()], [
    "closed",
    ["notice: Continued on another connection"],
  ]);
});
