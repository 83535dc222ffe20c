/**
 * Sessions that wait: for the check of a login, and for the program that embeds the server.
 */
import { assert, assertEquals } from "@std/assert";
import type { Authorize } from "../../../lib/chat/hub.ts";
import type {
  AuthAttempt,
  Authenticator,
  AuthOutcome,
  Identity,
} from "../../../lib/identity/identity.ts";
import { AUTH_TIMEOUT, authenticateInTime } from "../../../lib/server/session/deadline.ts";
import { LOGIN_TIMEOUT } from "../../../lib/server/session/login_gate.ts";
import { JSON_WEBSOCKET, LINES } from "../../../lib/server/session/transport.ts";
import { LOGIN_HINT } from "../../../lib/wire/events.ts";
import { frame, TEXT } from "../../protocol/client_frames.ts";
import { utf8 } from "../../protocol/reading.ts";
import { FakeClock } from "../../support/clock.ts";
import { settled } from "../../support/conn.ts";
import { Stage } from "./stage.ts";

const NOTICE = `Notice: ${LOGIN_HINT}\n`;
const ALICE: Identity = { id: "1", name: "Alice" };
const USERS = { time: { now: () => 0, elapsedSince: () => 0 } };

/** Checks logins when the test wants it to. */
class SlowAuthenticator implements Authenticator {
  readonly required: boolean;
  readonly userHeader = undefined;
  readonly attempts: AuthAttempt[] = [];
  readonly #pending: Array<(outcome: AuthOutcome) => void> = [];

  constructor(required = true) {
    this.required = required;
  }

  authenticate(attempt: AuthAttempt): AuthOutcome | Promise<AuthOutcome> {
    if (attempt.credential === undefined) return { refused: "Who are you", cause: "none" };
    this.attempts.push(attempt);
    const { promise, resolve } = Promise.withResolvers<AuthOutcome>();
    this.#pending.push(resolve);
    return promise;
  }

  async decide(outcome: AuthOutcome): Promise<void> {
    this.#pending.shift()!(outcome);
    await settled();
  }
}

class Scene {
  readonly clock = new FakeClock();
  readonly authenticator = new SlowAuthenticator();
  readonly login = {
    authenticator: authenticateInTime(this.authenticator, this.clock),
    wall: () => this.clock.now(),
  };
  readonly stage: Stage;

  constructor(transport = LINES) {
    this.stage = new Stage({ transport, login: this.login, hub: { users: USERS } });
  }

  async receives(text: string): Promise<void> {
    await this.stage.receive(utf8(text));
  }

  turn(): Promise<void> {
    return turn(this.stage);
  }
}

/** Handles what waits for the loop to turn. */
async function turn({ resumed }: Stage): Promise<void> {
  await settled();
  for (const source of resumed.splice(0)) source.handleInput();
  await settled();
}

/** Everything that is written, in however many writes. */
async function allWritten(stage: Stage): Promise<string> {
  let all = "";
  for (;;) {
    await turn(stage);
    const written = await stage.written();
    if (written === "") return all;
    all += written;
  }
}

Deno.test("A session reads nothing while a login is checked, and then goes on in order", async () => {
  const scene = new Scene();
  const { stage, authenticator } = scene;
  assertEquals(await stage.written(), NOTICE);
  await scene.receives("/login secret\none\n/name Bob\n");
  assertEquals(await stage.written(), "");
  assertEquals([stage.conn.reading, stage.counters.receivedMessages], [undefined, 1]);
  assertEquals(authenticator.attempts[0]?.credential, { type: "secret", secret: "secret" });
  await authenticator.decide(ALICE);
  assertEquals(
    await allWritten(stage),
    "Logged in as 'Alice'\nError: You are 'Alice' by your login, and cannot change your name\n",
  );
  assertEquals(stage.hub.statistics().totalMessages, 1);
  assert(stage.conn.reading !== undefined, "it reads on");
});

Deno.test("A login that takes too long is refused, and its late result changes nothing", async () => {
  const scene = new Scene();
  const { stage, clock, authenticator } = scene;
  await stage.written();
  await scene.receives("/login secret\n");
  clock.advance(AUTH_TIMEOUT - 1);
  await settled();
  assertEquals(await stage.written(), "");
  clock.advance(1);
  await settled();
  await scene.turn();
  assertEquals(await stage.written(), "Error: The login took too long, try again\n");
  await authenticator.decide(ALICE);
  await scene.turn();
  assertEquals(stage.hub.statistics().totalConnections, 0);
  assertEquals(clock.pending, 0);
  await scene.receives("/login again\n");
  await authenticator.decide(ALICE);
  assertEquals(await stage.written(), "Logged in as 'Alice'\n");
});

Deno.test("A client that leaves while its login is checked is never let in", async () => {
  for (const isExpected of [true, false]) {
    const scene = new Scene();
    const { stage, authenticator } = scene;
    await stage.written();
    await scene.receives("/login secret\n");
    if (isExpected) stage.passTime(LOGIN_TIMEOUT);
    else stage.connection.close("reset");
    await authenticator.decide(ALICE);
    await scene.turn();
    const { activeConnections, totalConnections } = stage.hub.statistics();
    assertEquals([activeConnections, totalConnections], [0, 0]);
    assertEquals(stage.hub.find("Alice"), undefined);
  }
});

Deno.test("A client has 30 seconds to log in, however busy it keeps the server", async () => {
  const scene = new Scene();
  const { stage } = scene;
  await stage.written();
  await scene.receives("hello\n");
  assertEquals(await stage.written(), `Error: ${LOGIN_HINT}\n`);
  stage.passTime(LOGIN_TIMEOUT - 1);
  await scene.receives("\n");
  assertEquals(await stage.written(), "");
  stage.passTime(1);
  assertEquals(await stage.written(), "Disconnected because you did not log in\n");
});

Deno.test("A renewed login moves the end, and the end comes while a request is under way, too", async () => {
  const scene = new Scene();
  const { stage, clock, authenticator } = scene;
  await stage.written();
  await scene.receives("/login one\n");
  await authenticator.decide({ ...ALICE, expires: 1_000 });
  assertEquals(await stage.written(), "Logged in as 'Alice'\n");
  await scene.turn();
  await scene.receives("/login two\n");
  await authenticator.decide({ ...ALICE, expires: 5_000 });
  assertEquals(await stage.written(), "Logged in as 'Alice'\n");
  await scene.turn();
  clock.advance(1_000);
  stage.passTime(1_000);
  assertEquals(await stage.written(), "");
  await scene.receives("/login three\n");
  clock.advance(4_000);
  stage.passTime(4_000);
  assertEquals(await stage.written(), "Your login has expired: connect and log in again\n");
  await authenticator.decide({ ...ALICE, expires: 9_000 });
  assertEquals(stage.hub.statistics().activeConnections, 0);
});

Deno.test("A session goes on after the program has decided, in the order of its requests", async () => {
  const decisions: Array<(isAllowed: boolean) => void> = [];
  const authorize: Authorize = (_member, _room, act) => {
    if (act !== "write") return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    decisions.push(resolve);
    return promise;
  };
  const stage = new Stage({ transport: LINES, hub: { authorize } });
  await stage.receive(utf8("one\n/stats\ntwo\n/nonsense\n"));
  assertEquals([decisions.length, await stage.written()], [1, ""]);
  decisions[0]!(false);
  const [refused, statistics = "", rest] = (await allWritten(stage)).split("\n");
  assertEquals([refused, rest], ["Error: You may not write 'lobby'", ""]);
  assert(statistics.includes("Total messages: 0"), statistics);
  assertEquals(decisions.length, 2);
  decisions[1]!(true);
  assertEquals(await allWritten(stage), "Error: Unknown command '/nonsense', try /help\n");
  assertEquals(stage.hub.statistics().totalMessages, 1);
});

Deno.test("A client waits for the decision about the lobby, and gets no message before", async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const stage = new Stage({ transport: JSON_WEBSOCKET, hub: { authorize: () => promise } });
  const listener = stage.hub.subscribe(LINES.format, {
    flush() {},
    overflow() {},
    slow() {},
    recovered() {},
  });
  const other = stage.hub.connect(listener, "10.0.0.1:1", {
    authenticate: () => undefined,
    charge() {},
    workOn() {},
    waitFor() {},
    settled() {},
    end() {},
  });
  stage.hub.say(other, "before");
  await stage.receive(frame(TEXT, `{"type":"message","text":"early","id":"1"}`));
  assertEquals(await stage.written(), "");
  resolve(false);
  const written = await allWritten(stage);
  assert(written.includes(`"type":"hello"`) && written.includes(`"room":null`), written);
  assert(written.includes(`"not_in_room"`) && !written.includes("before"), written);
});
