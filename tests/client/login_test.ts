import { assert, assertEquals } from "@std/assert";
import { ClientCore } from "../../lib/client/core.ts";
import { ChatError } from "../../lib/client/errors.ts";
import type { LoginRequest } from "../../lib/client/login.ts";
import { connect } from "../../lib/client/mod.ts";
import type { CoreOptions } from "../../lib/client/options.ts";
import { FakeNet, ME, user } from "./fakes.ts";

const GUEST = { ...ME, name: "Alice" };
const USER = { id: 5, name: "Ann", address: "127.0.0.1:5", account: "yXcq" };

/** The storage of a browser. */
function memory() {
  let kept: string | null = null;
  return { load: () => kept, save: (text: string) => void (kept = text) };
}

function setUp(options: Omit<CoreOptions, "environment"> = {}) {
  const net = new FakeNet();
  const core = new ClientCore({ environment: net.environment, ...options });
  const failures: unknown[] = [];
  core.on("loginFailed", ({ problem, error }) => failures.push(problem?.code ?? error));
  core.open("ws://here/");
  const logins = () =>
    net.sent.filter(({ type }) => type === "login").map(({ secret, resume }) => [secret, resume]);
  return { net, core, failures, logins };
}

/** A program that is asked for secrets, and gives them when the test says so. */
function asked() {
  const requests: LoginRequest[] = [];
  const given: Array<PromiseWithResolvers<string | undefined>> = [];
  return {
    requests,
    source(request: LoginRequest): Promise<string | undefined> {
      requests.push(request);
      given.push(Promise.withResolvers());
      return given.at(-1)!.promise;
    },
    async gives(secret: string | undefined): Promise<void> {
      given.at(-1)!.resolve(secret);
      await given.at(-1)!.promise;
      await Promise.resolve();
    },
    async fails(error: Error): Promise<void> {
      given.at(-1)!.reject(error);
      await given.at(-1)!.promise.catch(() => {});
      await Promise.resolve();
    },
  };
}

// Secrets

Deno.test("Login sends the secret if the server requires it, before anything else", () => {
  const { net, core, logins } = setUp({ login: "correct horse", name: "Alice" });
  core.queue({ type: "message", text: "hello", room: "lobby" });
  net.requires();
  assertEquals([logins(), net.sent.length, core.isReady], [
    [["correct horse", undefined]],
    1,
    false,
  ]);
  net.accepts({ ...ME, name: null });
  assertEquals(net.lines, ["/name Alice"]);
  net.grants("Alice");
  assertEquals([net.lines.at(-1), core.isReady], ["hello", true]);
});

Deno.test("Login keeps the name that a user has by the login", () => {
  const { net, core } = setUp({ login: "token", name: "Alice" });
  net.requires();
  net.accepts(USER);
  assertEquals([net.lines, core.isReady, core.user, core.wantedName], [[], true, USER, "Ann"]);
});

Deno.test("Login logs in where nobody has to, and is a guest without a secret", () => {
  const known = setUp({ login: "token", name: "Alice" });
  known.net.greets();
  assertEquals([known.logins(), known.core.isReady], [[["token", undefined]], false]);
  known.net.accepts(USER, { isRequired: false });
  assertEquals([known.core.isReady, known.core.user, known.net.lines], [true, USER, []]);

  const requests: LoginRequest[] = [];
  const login = (request: LoginRequest) => void requests.push(request);
  const guest = setUp({ login, name: "Alice" });
  guest.net.greets();
  assertEquals([guest.net.lines, guest.logins()], [["/name Alice"], []]);
  assertEquals(requests, [{ isRequired: false, problem: undefined }]);
});

Deno.test("Login sends nothing to a server that knows the user without it", () => {
  const { net, core, logins } = setUp({ login: "token" });
  net.greets({ you: USER });
  assertEquals([logins(), core.isReady], [[], true]);
});

Deno.test("Login is a guest on a server that asks nobody to log in", () => {
  const { net, core, failures } = setUp({ login: "token", name: "Alice" });
  net.greets();
  net.refuses("no_login");
  assertEquals([net.lines, failures], [["/name Alice"], []]);
  net.grants("Alice");
  assertEquals(core.isReady, true);
});

Deno.test("Login gets a secret for every connection", async () => {
  const program = asked();
  const { net, core, logins } = setUp({ login: program.source });
  net.requires();
  await program.gives("one");
  net.accepts(USER);
  net.reconnects();
  net.requires();
  assertEquals(logins(), []);
  await program.gives("two");
  assertEquals([logins(), program.requests.length], [[["two", undefined]], 2]);
  net.accepts(USER);
  assertEquals(core.isReady, true);
});

Deno.test("Login gives up if the server refuses its secret", () => {
  const { net, core, failures, logins } = setUp({ login: "wrong" });
  net.requires();
  net.refuses("login_failed");
  assertEquals([failures, core.state, logins().length], [["login_failed"], "closed", 1]);
  net.clock.advance(100_000);
  assertEquals(net.sockets.length, 1, "It does not try a wrong secret again");
});

Deno.test("Login gives up if it has no secret for a server that requires one", async () => {
  const none = setUp();
  none.net.requires();
  assertEquals([none.failures, none.core.state], [["login_required"], "closed"]);
  const program = asked();
  const cancelled = setUp({ login: program.source });
  cancelled.net.requires();
  await program.gives(undefined);
  assertEquals([cancelled.failures, cancelled.core.state], [["login_required"], "closed"]);
});

Deno.test("Login asks for another secret after a refusal, and says why", async () => {
  const program = asked();
  const { net, failures, logins } = setUp({ login: program.source });
  net.requires();
  await program.gives("wrong");
  net.refuses("login_failed", "Error: The password is wrong");
  assertEquals(program.requests.at(-1), {
    isRequired: true,
    problem: { code: "login_failed", text: "The password is wrong" },
  });
  await program.gives("right");
  assertEquals(logins(), [["wrong", undefined], ["right", undefined]]);
  net.accepts(USER);
  net.reconnects();
  net.requires();
  assertEquals(program.requests.at(-1)?.problem, undefined);
  await program.gives("right");
  net.refuses("login_failed", "Error: The password is wrong");
  await program.gives("right");
  assertEquals(failures, ["login_failed"], "The same one is no use");
});

Deno.test("Login waits for a person longer than a server does, without connecting again and again", async () => {
  const program = asked();
  const { net, core, logins } = setUp({ login: program.source });
  net.requires();
  net.clock.advance(30_000);
  net.says({ type: "bye", time: 1, reason: "login", text: "Too late" });
  net.socket.dies();
  net.clock.advance(1_000_000);
  assertEquals([core.state, core.retryAt, net.sockets.length], ["waiting", undefined, 1]);
  await program.gives("at last");
  assertEquals([core.state, net.sockets.length], ["connecting", 2]);
  net.requires();
  assertEquals([logins(), program.requests.length], [[["at last", undefined]], 1]);
});

Deno.test("Login asks once although the connection is lost meanwhile", async () => {
  const program = asked();
  const { net, logins } = setUp({ login: program.source });
  net.requires();
  net.reconnects();
  net.requires();
  assertEquals(program.requests.length, 1);
  await program.gives("secret");
  assertEquals(logins(), [["secret", undefined]]);
});

Deno.test("Login tries again after a wait if the program fails to give a secret", async () => {
  const program = asked();
  const { net, core, failures } = setUp({ login: program.source });
  net.requires();
  const error = new Error("the token service is down");
  await program.fails(error);
  assertEquals([failures, core.state], [[error], "waiting"]);
  net.clock.advance(500);
  net.requires();
  await program.gives("token");
  net.accepts(USER);
  assertEquals(core.isReady, true);

  const thrower = setUp({
    login() {
      throw error;
    },
  });
  thrower.net.requires();
  assertEquals([thrower.failures, thrower.core.state], [[error], "waiting"]);
});

Deno.test("Login gets a fresh secret when the last one has expired", async () => {
  const program = asked();
  const { net, core, failures } = setUp({ login: program.source });
  net.requires();
  await program.gives("old");
  net.accepts(USER);
  const expire = () => net.says({ type: "bye", time: 1, reason: "expired", text: "Expired" });
  expire();
  net.reconnects();
  net.requires();
  assertEquals(program.requests.at(-1)?.problem, { code: "expired", text: "Expired" });
  await program.gives("new");
  net.accepts(USER);
  assertEquals(core.isReady, true);
  expire();
  net.reconnects();
  net.requires();
  await program.gives("new");
  assertEquals([failures, core.state], [["expired"], "closed"], "An expired one is not sent again");
});

Deno.test("Login sends no secret to another server, or after the client was closed", async () => {
  const program = asked();
  const { net, core, logins } = setUp({ login: program.source });
  net.requires();
  core.open("ws://elsewhere/");
  await program.gives("for here");
  net.requires();
  assertEquals([logins(), program.requests.length], [[], 2]);
  core.close();
  await program.gives("too late");
  assertEquals([core.state, net.sockets.length, net.clock.pending], ["closed", 2, 0]);
});

Deno.test("Login stays closed if it continues on another connection", () => {
  const { net, core } = setUp();
  net.greets();
  net.says({ type: "bye", time: 1, reason: "replaced", text: "Continued elsewhere" });
  net.clock.advance(100_000);
  assertEquals([core.state, net.sockets.length], ["closed", 1]);
});

// Resume tokens

Deno.test("Login gives a guest its name back with the last token", () => {
  const { net, core, logins } = setUp({ name: "Alice" });
  net.greets();
  net.replies("name", { user: GUEST, resume: "t1" }, net.request("command").id);
  net.reconnects();
  net.greets({ history: 0 });
  assertEquals([logins(), net.lines, core.isReady], [[[undefined, "t1"]], [], false]);
  net.accepts(GUEST, { resume: "t2", isRequired: false });
  assertEquals([core.isReady, core.user?.name, net.lines], [true, "Alice", []]);
  net.reconnects();
  net.greets({ history: 0 });
  assertEquals(logins(), [[undefined, "t2"]]);
});

Deno.test("Login takes the name as anybody does if the token is too old", () => {
  const resume = memory();
  const { net, core, logins } = setUp({ name: "Alice", resume });
  net.greets();
  net.replies("name", { user: GUEST, resume: "t1" }, net.request("command").id);
  net.reconnects();
  net.greets();
  net.refuses("resume_failed", undefined, net.request("login").id);
  assertEquals([net.lines, resume.load()], [["/name Alice"], ""]);
  net.grants("Alice");
  assertEquals(core.isReady, true);
  net.reconnects();
  net.greets();
  assertEquals(logins(), []);
});

Deno.test("Login sends the token together with the password of guests", () => {
  const { net, core, logins } = setUp({ login: "shared", name: "Alice" });
  net.requires();
  net.accepts(GUEST, { resume: "t1" });
  net.reconnects();
  net.requires();
  assertEquals(logins(), [["shared", "t1"]]);
  net.accepts(GUEST, { resume: "t2" });
  assertEquals([core.isReady, net.lines], [true, []]);
});

Deno.test("Login stores the token for the next client of the same server, and for no other", () => {
  const resume = memory();
  const before = setUp({ name: "Alice", resume });
  before.net.greets();
  before.net.replies("name", { user: GUEST, resume: "t1" }, before.net.request("command").id);
  const other = new FakeNet();
  const elsewhere = new ClientCore({ environment: other.environment, resume });
  elsewhere.open("ws://elsewhere/");
  other.greets();
  assertEquals(other.sent, []);
  const after = setUp({ name: "Alice", resume });
  after.net.greets();
  assertEquals(after.logins(), [[undefined, "t1"]]);
  for (const text of ["{", "null", "7", '{"server":"ws://here/","token":7}', "[]"]) {
    const { net, logins } = setUp({ resume: { load: () => text, save() {} } });
    net.greets();
    assertEquals(logins(), [], text);
  }
});

Deno.test("Login forgets the token of a name that belongs to a user, and needs another name", () => {
  const { net, core, logins } = setUp({ name: "Alice", needsName: true });
  const needed: unknown[] = [];
  core.on("nameNeeded", ({ name }) => needed.push(name));
  net.greets();
  net.replies("name", { user: GUEST, resume: "t1" }, net.request("command").id);
  net.says({ type: "renamed", time: 1, user: ME, name: "Alice" });
  assertEquals([needed, core.user, core.wantedName], [["Alice"], ME, undefined]);
  net.reconnects();
  net.greets();
  assertEquals([logins(), net.lines], [[], []]);
});

// Identity

Deno.test("ClientCore.isOwn() recognizes the user on earlier connections and on other devices", () => {
  const { net, core } = setUp({ login: "token" });
  net.greets({ you: user(1, null) });
  net.accepts(USER, { isRequired: false });
  assertEquals([core.isOwn(user(1, "Ann")), core.isOwn(user(2, "Ann"))], [true, false]);
  assertEquals(core.isOwn({ ...USER, id: 0 }), true, "In stored messages, too");
  assertEquals(core.isOwn({ ...USER, account: "another" }), false);
  net.reconnects();
  net.greets({ you: user(9, null), epoch: "two" });
  assertEquals(core.isOwn(user(1, "Ann")), false, "Its number means somebody else now");
});

// The client with promises

Deno.test("Client ends with the reason if it cannot log in", async () => {
  const net = new FakeNet();
  const client = connect("ws://here/", { ...net.environment, login: "hunter2" });
  const ready = client.ready().catch((error) => error);
  net.requires();
  net.refuses("login_failed", "Error: The password is wrong");
  const error = await client.closed;
  assert(error instanceof ChatError && error === await ready);
  assertEquals([error.code, error.message], ["login_failed", "The password is wrong"]);
  assert(!Deno.inspect([error, client]).includes("hunter2"), "No secret is shown");
});
