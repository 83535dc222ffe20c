import { assert, assertEquals } from "@std/assert";
import type { ServerEvent } from "../../lib/chat/json_events.ts";
import { FakeClock } from "../support/clock.ts";
import { page } from "./page.ts";

type Handlers = {
  onState: (state: "open" | "waiting" | "closed", retryAt: number | undefined) => void;
  onFrame: (frame: unknown) => void;
};

const LIMITS = {
  maxPayload: 65_536,
  maxMessage: 4_096,
  maxName: 32,
  nameRules: "",
  idleTimeout: 0,
  heartbeat: 0,
  maxRooms: 16,
  history: 1_000,
};
const user = (id: number, name: string | null) => ({ id, name, address: `127.0.0.1:${id}` });
const ME = user(1, null), BOB = user(2, "Bob");

/** A session whose connection is the test. */
function setUp(name: string | null = null, kept: string | null = null) {
  const clock = new FakeClock();
  let handlers: Handlers | undefined;
  let open = false;
  const sent: Array<{ id: string; text: string }> = [];
  const asked: string[] = [];
  const heard: string[] = [];
  const calls: string[] = [];
  const timeline = page.timeline.createTimeline({
    onAdd() {},
    onChange() {},
    now: () => clock.now(),
  });
  const people = page.roster.createRoster(() => {});
  const session = page.session.createSession({
    timeline,
    roster: people,
    outbox: page.outbox.createOutbox({ load: () => kept, save: (text) => void (kept = text) }),
    series: page.series.createSeries(),
    clock,
    nameMemory: { load: () => name, save: (text) => void (name = text) },
    connect(given) {
      handlers = given;
      return {
        state: "idle" as const,
        open: () => {},
        retry: () => void calls.push("retry"),
        close: () => void calls.push("close"),
        leave: () => void calls.push("leave"),
        comeBack: ({ after, spread }: { after: number; spread: number }) =>
          void calls.push(`after ${after} + ${spread}`),
        send(frame: string) {
          if (open) sent.push(JSON.parse(frame));
          return open;
        },
      };
    },
    view: {
      onStatus() {},
      askName: (problem) => asked.push(problem),
      nameSettled() {},
      onHeard: ({ text }) => heard.push(text),
      onStats() {},
    },
  });
  const test = {
    session,
    timeline,
    people,
    clock,
    sent,
    asked,
    heard,
    calls,
    get kept() {
      return kept;
    },
    get name() {
      return name;
    },
    says: (event: ServerEvent) => handlers?.onFrame(JSON.stringify(event)),
    /** The server greets. */
    hello(more: Partial<Extract<ServerEvent, { type: "hello" }>> = {}) {
      open = true;
      handlers?.onState("open", undefined);
      test.says({
        type: "hello",
        time: clock.now(),
        you: ME,
        server: { name: "backchannel", version: "1" },
        epoch: "one",
        limits: LIMITS,
        room: { name: "lobby", topic: null, users: 0, offset: 0 },
        commands: [],
        users: [BOB],
        online: 1,
        ...more,
      });
    },
    /** The server gives the name that was asked for last. */
    grants(name: string) {
      const ref = sent.at(-1)!.id;
      const data = { user: { ...ME, name } };
      test.says({ type: "reply", time: clock.now(), ref, text: "", command: "name", data });
    },
    refuses(code: "name_taken" | "user_not_found" | "unknown_command", text: string) {
      test.says({ type: "error", time: clock.now(), ref: sent.at(-1)!.id, code, text });
    },
    acks(index: number, id: number) {
      test.says({ type: "ack", time: clock.now(), room: "lobby", ref: sent[index]!.id, id });
    },
    loses() {
      open = false;
      handlers?.onState("waiting", 0);
    },
    message(id: number, text: string) {
      test.says({ type: "message", time: clock.now(), room: "lobby", id, from: BOB, text });
    },
    lines: () => sent.map(({ text }) => text),
    log() {
      const entries = [];
      for (let key = timeline.first; key < timeline.end; key++) entries.push(timeline.get(key)!);
      return entries;
    },
    texts: () => test.log().map(({ kind, text }) => `${kind}: ${text}`),
    deliveries: () => test.log().filter(({ own }) => own).map(({ delivery }) => delivery),
  };
  return test;
}

Deno.test("Session asks for a name, and takes the one that is said", () => {
  const test = setUp();
  test.hello();
  assertEquals(test.asked, [""]);
  test.session.changeName("Alice");
  assertEquals([test.lines(), test.session.settled], [["/name Alice"], false]);
  test.grants("Alice");
  assertEquals([test.session.me?.name, test.name, test.session.settled], ["Alice", "Alice", true]);
  assertEquals(test.texts(), ["notice: You are now called Alice"]);
});

Deno.test("Session takes the remembered name by itself, before it sends what waits", () => {
  const test = setUp("Alice");
  test.session.submit("too early");
  test.hello();
  assertEquals([test.lines(), test.asked], [["/name Alice"], []]);
  test.grants("Alice");
  assertEquals(test.lines(), ["/name Alice", "too early"]);
  assertEquals(test.texts(), ["message: too early"]);
});

Deno.test("Session waits for the server to see that its old connection is dead", () => {
  const test = setUp("Alice");
  test.hello();
  test.grants("Alice");
  test.loses();
  test.hello();
  for (let second = 0; second < 15; second++) {
    test.refuses("name_taken", "Error: Username 'Alice' is already taken");
    test.clock.advance(1_000);
  }
  assertEquals([test.asked, test.session.settled], [[], false]);
  test.grants("Alice");
  assertEquals([test.session.settled, test.session.me?.name], [true, "Alice"]);
});

Deno.test("Session asks for another name when the old one stays taken", () => {
  const test = setUp("Alice");
  test.hello();
  for (let second = 0; second < 3; second++) {
    test.refuses("name_taken", "taken");
    test.clock.advance(1_000);
  }
  assertEquals(test.asked, []);
  test.refuses("name_taken", "taken");
  assertEquals(test.asked, ["taken"]);
  test.session.stayAnonymous();
  test.session.submit("hello");
  assertEquals(test.lines().at(-1), "hello");
});

Deno.test("Session queues what is said without a connection, and sends it once", () => {
  const test = setUp("Alice");
  test.session.submit("one");
  test.session.submit("two");
  assertEquals(test.deliveries(), ["queued", "queued"]);
  test.hello();
  test.grants("Alice");
  assertEquals(test.deliveries(), ["sending", "sending"]);
  test.acks(1, 1);
  test.acks(2, 2);
  assertEquals([test.deliveries(), test.kept], [["sent", "sent"], "[]"]);
  test.loses();
  test.hello();
  test.grants("Alice");
  assertEquals(test.lines(), ["/name Alice", "one", "two", "/name Alice"]);
});

Deno.test("Session sends again under the same id what was not acknowledged", () => {
  const test = setUp("Alice");
  test.hello();
  test.grants("Alice");
  test.session.submit("hello");
  test.loses();
  assertEquals(test.deliveries(), ["queued"]);
  test.hello();
  test.grants("Alice");
  const [first, second] = test.sent.filter(({ text }) => text === "hello");
  assert(first && second && first.id === second.id, "The same id");
  test.acks(3, 9);
  assertEquals(test.deliveries(), ["sent"]);
});

Deno.test("Session brings back what waited before a reload", () => {
  const before = setUp("Alice");
  before.session.submit("/whisper Bob psst");
  const test = setUp("Alice", before.kept);
  assertEquals(test.log().map(({ kind, to, text }) => [kind, to, text]), [[
    "whisper",
    "Bob",
    "psst",
  ]]);
  test.hello();
  test.grants("Alice");
  assertEquals(test.lines(), ["/name Alice", "/whisper Bob psst"]);
});

Deno.test("Session marks what the server refuses, and gives it back as it was typed", () => {
  const test = setUp("Alice");
  test.hello();
  test.grants("Alice");
  test.session.submit("/whisper Nobody are you there?");
  test.refuses("user_not_found", "User 'Nobody' not found");
  const [entry] = test.log();
  assertEquals([entry?.delivery, entry?.detail], ["failed", "User 'Nobody' not found"]);
  assertEquals(test.session.typed(entry!.key), "/whisper Nobody are you there?");
  test.session.submit("//slash");
  assertEquals([test.log()[1]?.text, test.session.typed(1)], ["/slash", "//slash"]);
});

Deno.test("Session tells of what the reader hears, mentions marked", () => {
  const test = setUp("Alice");
  test.hello();
  test.grants("Alice");
  test.message(1, "hello all");
  test.message(2, "hello ALICE");
  test.says({ type: "whisper", time: 0, from: BOB, text: "psst" });
  assertEquals(test.heard, ["hello all", "hello ALICE", "psst"]);
  assertEquals(test.log().map(({ mention }) => mention), [false, true, false]);
  assertEquals(test.log().map(({ sender }) => sender), ["Bob", "Bob", "Bob"]);
});

Deno.test("Session shows the server's times by the clock of the reader", () => {
  const test = setUp("Alice");
  test.clock.advance(1_000_000);
  test.hello({ time: 500 });
  test.says({
    type: "message",
    time: 700,
    room: "lobby",
    id: 1,
    from: BOB,
    text: "a moment later",
  });
  assertEquals(test.log()[0]?.time, 1_000_200);
});

Deno.test("Session keeps up with who is here", () => {
  const test = setUp("Alice");
  const names = () => test.people.sorted().map(({ name }) => name);
  const presence = (
    event: "join" | "leave" | "rename",
    id: number,
    name: string | null,
    previous?: string | null,
  ) =>
    test.says({
      type: "presence",
      room: "lobby",
      time: 0,
      event,
      user: user(id, name),
      users: 1,
      ...(previous === undefined ? {} : { previous }),
    });
  test.hello();
  test.grants("Alice");
  assertEquals(names(), ["Alice", "Bob"]);
  presence("join", 3, "Carol");
  presence("rename", 3, "Carla", "Carol");
  presence("rename", 2, "Bobby", "Bob");
  presence("leave", 3, "Carla");
  presence("join", 1, "Alice");
  assertEquals(names(), ["Alice", "Bobby"]);
  assertEquals(test.texts(), [
    "presence: Carol joined",
    "presence: Carol is now called Carla",
    "presence: Bob is now called Bobby",
    "presence: Carla left",
  ]);
  presence("join", 4, null);
  presence("rename", 4, "Dora", null);
  assertEquals(test.texts().slice(4), [
    "presence: 127.0.0.1:4 joined",
    "presence: 127.0.0.1:4 is now called Dora",
  ]);
});

Deno.test("Session asks for the list when there are too many to greet with", () => {
  const test = setUp("Alice");
  test.hello({ users: [], online: 2_000 });
  assertEquals(test.lines(), ["/list", "/name Alice"]);
});

Deno.test("Session says what was missed", () => {
  const test = setUp("Alice");
  test.hello();
  test.grants("Alice");
  test.message(1, "one");
  test.says({ type: "dropped", time: 0, count: 1_234, missed: [] });
  assertEquals(test.texts().at(-1), "missed: 1,234 messages were missed: too much at once");
  assertEquals(test.lines().at(-1), "/list", "Somebody may have come or gone meanwhile");
  test.loses();
  test.clock.advance(12_000);
  test.hello();
  assertEquals(
    test.texts().at(-1),
    "missed: Back after 12 s. What was said meanwhile is not shown.",
  );
  test.message(5, "five");
  assertEquals(test.texts().at(-2), "missed: Back after 12 s. 3 messages were missed.");
  test.loses();
  test.hello();
  test.message(6, "six");
  assertEquals(test.texts().at(-2), "notice: Back after 1 s. Nothing was missed.");
  test.loses();
  test.hello({ epoch: "two" });
  assert(test.texts().at(-1)?.includes("The server has started anew"), "A new server is told");
});

Deno.test("Session knows somebody who is soon back by the new number alone", () => {
  const test = setUp("Alice");
  test.hello();
  test.says({ type: "presence", time: 0, room: "lobby", event: "join", user: BOB, users: 1 });
  const again = { ...BOB, id: BOB.id + 100 };
  test.says({ type: "back", time: 0, room: "lobby", user: again, previous: BOB.id });
  test.says({ type: "presence", time: 0, room: "lobby", event: "leave", user: again, users: 0 });
  assertEquals(test.people.sorted().map(({ name }) => name).includes("Bob"), false);
});

Deno.test("Session does what the server says at the end", () => {
  const test = setUp("Alice");
  test.hello();
  test.says({ type: "shutdown", time: 0, text: "Bye", reconnect: { after: 100, spread: 200 } });
  test.says({ type: "bye", time: 0, reason: "idle", text: "Too quiet" });
  assertEquals(test.calls, ["after 100 + 200", "leave"]);
  assertEquals(test.texts(), ["notice: Bye", "notice: Too quiet"]);
});

Deno.test("Session shows the answers to what was typed, and to nothing else", () => {
  const test = setUp("Alice");
  test.hello();
  test.grants("Alice");
  const reply = (ref: string) =>
    test.says({
      type: "reply",
      time: 0,
      ref,
      text: "Users online: Bob",
      command: "list",
      data: { room: "lobby", users: [BOB] },
    });
  test.session.askList();
  reply(test.sent.at(-1)!.id);
  assertEquals(test.texts(), []);
  test.session.submit("/list");
  reply(test.sent.at(-1)!.id);
  assertEquals(test.texts(), ["notice: Users online: Bob"]);
  test.session.submit("/nonsense");
  test.refuses("unknown_command", "Error: Unknown command '/nonsense', try /help");
  assertEquals(test.texts().at(-1), "error: Unknown command '/nonsense', try /help");
});

Deno.test("Session shows notices, and what operators are answered", () => {
  const test = setUp("Alice");
  test.hello();
  test.grants("Alice");
  test.says({ type: "notice", time: 0, from: BOB, text: "Restart at noon" });
  test.session.submit("/kick Bob");
  const ref = test.sent.at(-1)!.id;
  test.says({ type: "reply", time: 0, ref, text: "Kicked 'Bob'", command: "kick", data: {} });
  assertEquals(test.texts(), ["notice: Restart at noon", "notice: Kicked 'Bob'"]);
});

Deno.test("Session does without a server what it can", () => {
  const test = setUp();
  test.session.submit("/name Alice");
  test.session.submit("/list");
  assertEquals(test.texts(), [
    "notice: You will be called Alice when the server is back",
    "error: Cannot do /list: there is no connection",
  ]);
  test.hello();
  assertEquals(test.lines(), ["/name Alice"]);
});

Deno.test("Session leaves with /quit, and stays away", () => {
  const test = setUp("Alice");
  test.hello();
  test.grants("Alice");
  test.session.submit("/quit");
  assertEquals([test.lines().at(-1), test.calls], ["/quit", ["close"]]);
});

Deno.test("Session asks a silent server whether it is there when the reader comes back", () => {
  const test = setUp("Alice");
  test.hello();
  test.grants("Alice");
  test.session.wake();
  assertEquals(test.lines().length, 1);
  test.clock.advance(6_000);
  test.session.wake();
  assertEquals(test.lines().at(-1), "/list");
  test.loses();
  test.session.wake();
  assertEquals(test.calls, ["retry"]);
});

Deno.test("Session ignores what it does not know, and what is broken", () => {
  const test = setUp("Alice");
  test.hello();
  test.grants("Alice");
  for (const event of [{ type: "history" }, { type: "message" }, {}, null]) {
    test.says(event as unknown as ServerEvent);
  }
  assertEquals(test.texts(), []);
});
