import { assert, assertEquals, assertThrows } from "@std/assert";
import { ClientCore } from "../../lib/client/core.ts";
import type { CoreOptions } from "../../lib/client/options.ts";
import { ChatError } from "../../lib/client/errors.ts";
import type { ClientEvents } from "../../lib/client/events.ts";
import type { ServerEvent } from "../../lib/wire/protocol.ts";
import { FakeNet, ME, message, messages, newest, recovered } from "./fakes.ts";

function setUp(options: Omit<CoreOptions, "environment"> = {}) {
  const net = new FakeNet();
  const core = new ClientCore({ environment: net.environment, ...options });
  core.open("ws://here/");
  /** Collects what a listener gets. */
  const collect = <Type extends keyof ClientEvents>(type: Type) => {
    const events: Array<ClientEvents[Type]> = [];
    core.on(type, (event) => void events.push(event));
    return events;
  };
  return { net, core, collect };
}

/** The storage of a browser. */
function memory(text: string | null = null) {
  let kept = text;
  return { load: () => kept, save: (text: string) => void (kept = text) };
}

const say = (text: string, room = "lobby") => ({ type: "message", text, room }) as const;

Deno.test("ClientCore offers the subprotocol, and is ready after the hello if it needs no name", () => {
  const { net, core, collect } = setUp();
  const states = collect("state"), ready = collect("ready");
  assertEquals([net.socket.url, net.socket.offered], ["ws://here/", "backchannel.v1.json"]);
  net.greets();
  assertEquals([core.state, core.isReady, ready.length], ["open", true, 1]);
  assertEquals([core.user, core.hello?.epoch], [ME, "one"]);
  assertEquals(states.map(({ state }) => state), ["open"]);
});

Deno.test("ClientCore tells when it tries to connect again", () => {
  const { net, core } = setUp();
  net.greets();
  net.clock.advance(5_000);
  net.socket.dies();
  assertEquals([core.state, core.retryAt], ["waiting", 5_250]);
  net.clock.advance(250);
  assertEquals([core.state, core.retryAt], ["connecting", undefined]);
});

// Names

Deno.test("ClientCore takes its name before it sends queued messages", () => {
  const { net, core } = setUp({ name: "Alice" });
  core.queue(say("too early"));
  net.greets();
  assertEquals([net.lines, core.isReady], [["/name Alice"], false]);
  net.grants("Alice");
  assertEquals([net.lines, core.isReady], [["/name Alice", "too early"], true]);
  assertEquals(core.user?.name, "Alice");
});

Deno.test("ClientCore waits until the server detects that its old connection is dead", () => {
  const { net, core, collect } = setUp({ name: "Alice" });
  const needed = collect("nameNeeded"), errors = collect("error");
  net.greets();
  net.grants("Alice");
  net.reconnects();
  net.greets();
  for (let second = 0; second < 15; second++) {
    net.refuses("name_taken");
    net.clock.advance(1_000);
  }
  net.grants("Alice");
  assertEquals([needed, errors, core.isReady], [[], [], true]);
});

Deno.test("ClientCore asks for another name if its own stays taken", () => {
  const { net, core, collect } = setUp({ name: "Alice" });
  const needed = collect("nameNeeded");
  net.greets();
  for (let second = 0; second < 3; second++) {
    net.refuses("name_taken");
    net.clock.advance(1_000);
  }
  net.refuses("name_taken", "taken");
  assertEquals(needed.map(({ name, error }) => [name, error?.text]), [["Alice", "taken"]]);
  core.queue(say("hello"));
  core.setName("Alicia");
  assertEquals([net.lines.at(-1), core.isReady], ["/name Alicia", false]);
  net.grants("Alicia");
  assertEquals(net.lines.at(-1), "hello");
});

Deno.test("ClientCore may wait for a name, or go on without one", () => {
  const { net, core, collect } = setUp({ needsName: true });
  const needed = collect("nameNeeded");
  net.greets();
  assertEquals([needed.length, needed[0]?.error, core.isReady], [1, undefined, false]);
  core.stayAnonymous();
  assertEquals(core.isReady, true);
  net.reconnects();
  net.greets();
  assertEquals([needed.length, core.isReady], [1, true], "It is asked once");
});

Deno.test("ClientCore tells whether a name was chosen or taken again", () => {
  const { net, core, collect } = setUp({ name: "Alice" });
  const users = collect("user");
  net.greets();
  net.grants("Alice");
  core.setName("Alicia");
  net.grants("Alicia");
  net.replies("away", { user: { ...ME, name: "Alicia", away: "lunch" } });
  assertEquals(users.map(({ user, isByUser }) => [user.name, user.away, isByUser]), [
    ["Alice", undefined, false],
    ["Alicia", undefined, true],
    ["Alicia", "lunch", false],
  ]);
  net.reconnects();
  net.greets();
  assertEquals(net.lines, ["/name Alicia"]);
});

// Messages

Deno.test("ClientCore sends messages in order, and tells what becomes of them", () => {
  const { net, core, collect } = setUp();
  const deliveries = collect("delivery");
  const states = () =>
    deliveries.splice(0).map(({ state, message }) => `${message.request.text} ${state}`);
  core.queue(say("one"));
  core.queue(say("two"));
  assertEquals(states(), ["one queued", "two queued"]);
  net.greets();
  assertEquals([net.lines, states()], [["one", "two"], ["one sending", "two sending"]]);
  net.acks("one", 1);
  net.refuses("too_long");
  assertEquals([states(), core.unsent], [["one delivered", "two failed"], []]);
});

Deno.test("ClientCore sends unacknowledged messages again with the same id, after every loss", () => {
  const { net, core, collect } = setUp();
  const deliveries = collect("delivery");
  net.greets();
  const id = core.queue(say("once"));
  for (let loss = 0; loss < 3; loss++) {
    assertEquals([net.lines, net.request("message").id], [["once"], id]);
    net.reconnects();
    net.greets();
    net.admits({ missed: recovered([]) });
  }
  assertEquals(core.unsent[0]?.sentBefore, true);
  net.acks("once", 1);
  net.acks("once", 1);
  assertEquals(deliveries.filter(({ state }) => state === "delivered").length, 1);
  net.reconnects();
  net.greets();
  assertEquals(net.lines, []);
});

Deno.test("ClientCore queues messages for a room that it has not joined again yet", () => {
  const { net, core } = setUp({ rooms: ["lobby", "dev"] });
  net.greets();
  core.queue(say("to dev", "#Dev"));
  core.queue(say("to the lobby"));
  core.queue({ type: "command", text: "/whisper Bob psst" });
  assertEquals(net.lines, ["to the lobby", "/whisper Bob psst"]);
  net.admits({ room: "dev" });
  assertEquals(net.lines.at(-1), "to dev");
});

Deno.test("ClientCore fails the messages for a room that it may not join again", () => {
  const { net, core, collect } = setUp({ rooms: ["lobby", "dev"] });
  const deliveries = collect("delivery"), errors = collect("error");
  net.greets();
  core.queue(say("to dev", "dev"));
  net.refuses("too_many_rooms");
  assertEquals(deliveries.map(({ state }) => state), ["queued", "failed"]);
  assertEquals([errors, core.unsent], [[], []]);
});

Deno.test("ClientCore stores what is not delivered, and sends it in its next life", () => {
  const outbox = memory();
  const before = setUp({ outbox });
  before.core.queue(say("kept"));
  before.net.greets();
  before.core.queue({ type: "command", text: "/me waves", room: "lobby" });
  const { net, core } = setUp({ outbox });
  assertEquals(core.unsent.map(({ sentBefore, inFlight }) => [sentBefore, inFlight]), [
    [true, false],
    [true, false],
  ]);
  net.greets();
  assertEquals(net.sent.map(({ id, text }) => [id, text]), [
    [before.net.request("message").id, "kept"],
    [before.net.request("command").id, "/me waves"],
  ]);
  net.acks("kept", 1);
  net.acks("/me waves", 2);
  assertEquals(outbox.load(), "[]");
});

Deno.test("ClientCore starts with an empty outbox if its storage is broken", () => {
  const broken = ["", "{", "null", "3", "{}", '[1,null,{"id":"a"}]'];
  const request = { type: "message", text: "x" };
  for (
    const item of [
      { id: 1, time: 0, request },
      { id: "a", time: "0", request },
      { id: "a", time: 0 },
      { id: "a", time: 0, request: { type: "join", room: "dev", text: "" } },
      { id: "a", time: 0, request: { type: "message", text: 1 } },
      { id: "a", time: 0, request: { type: "message", text: "x", room: {} } },
    ]
  ) broken.push(JSON.stringify([item]));
  for (const text of broken) assertEquals(setUp({ outbox: memory(text) }).core.unsent, [], text);
});

Deno.test("ClientCore queues a bounded number of messages", () => {
  const { net, core } = setUp({ maxUnsent: 2 });
  core.queue(say("one"));
  const two = core.queue(say("two"));
  const error = assertThrows(() => core.queue(say("three")), ChatError);
  assertEquals([error.code, core.isOutboxFull], ["outbox_full", true]);
  core.discard(two);
  core.queue(say("three"));
  net.greets();
  assertEquals(net.lines, ["one", "three"]);
  const stored = memory(JSON.stringify(core.unsent));
  assertEquals(setUp({ maxUnsent: 1, outbox: stored }).core.unsent.length, 1);
});

// Endings

Deno.test("ClientCore stays closed after a bye, but reconnects if it was idle", () => {
  for (
    const [reason, restsWhenIdle, state] of [
      ["kicked", false, "closed"],
      ["flood", false, "closed"],
      ["quit", false, "closed"],
      ["idle", false, "waiting"],
      ["idle", true, "closed"],
    ] as const
  ) {
    const { net, core } = setUp({ restsWhenIdle });
    net.greets();
    net.says({ type: "bye", time: 0, reason, text: "" });
    net.says(message(1), { ...core.hello!, time: 1 });
    net.socket.dies();
    assertEquals([core.state, core.isReady], [state, false], reason);
  }
});

Deno.test("ClientCore reconnects when a server that shuts down says so", () => {
  const { net, core } = setUp();
  net.greets();
  net.says({ type: "shutdown", time: 0, text: "", reconnect: { after: 1_000, spread: 2_000 } });
  net.socket.dies();
  assertEquals(core.retryAt, 2_000);
});

Deno.test("ClientCore.post() sends nothing without a connection", () => {
  const { net, core } = setUp();
  assertEquals(core.post({ type: "leave", room: "dev" }), undefined);
  net.greets();
  const id = core.post({ type: "leave", room: "dev" });
  assertEquals(net.sent.at(-1), { type: "leave", room: "dev", id: id! });
  core.close();
  assertEquals([core.post({ type: "leave", room: "dev" }), core.state], [undefined, "closed"]);
});

Deno.test("ClientCore forgets the epoch of another server", () => {
  const { net, core } = setUp({ name: "Alice" });
  net.greets();
  core.open("ws://there/");
  assertEquals([net.socket.url, core.hello, net.clock.pending], ["ws://there/", undefined, 1]);
});

// Hostile and unknown frames

Deno.test("ClientCore ignores broken frames and passes on events that it does not know", () => {
  const { net, core } = setUp();
  const seen: string[] = [];
  core.onAny(({ type }) => seen.push(type));
  net.greets();
  seen.length = 0;
  const broken = [
    "",
    "{",
    "null",
    "[]",
    '"hello"',
    new Uint8Array(3),
    undefined,
    "[".repeat(100_000),
    '{"type":"message"}',
    '{"type":"ack","time":1,"ref":null,"room":"lobby"}',
    '{"type":"ack","time":"1","ref":null,"room":"lobby","id":1}',
    '{"type":"reply","time":1,"ref":null,"text":"","command":"join","data":{}}',
    '{"type":"dropped","time":1,"count":1,"missed":[null]}',
    '{"type":"shutdown","time":1,"text":"","reconnect":null}',
    '{"type":"constructor"}',
  ];
  for (const frame of broken) net.socket.says(frame);
  assertEquals([seen, core.state], [[], "open"]);
  for (const type of ["constructor", "__proto__", "toString", "later"]) {
    net.socket.says(JSON.stringify({ type, time: 1 }));
  }
  const reply = { type: "reply", time: 1, ref: null, text: "", command: "later", data: {} };
  net.socket.says(JSON.stringify(reply));
  assertEquals(seen, ["constructor", "__proto__", "toString", "later", "reply"]);
});

Deno.test("ClientCore passes on nothing that comes before the hello", () => {
  const { net, core } = setUp();
  const seen: string[] = [];
  core.onAny(({ type }) => seen.push(type));
  net.socket.opens();
  net.says(message(1), { type: "notice", time: 1, from: ME, text: "early" });
  assertEquals(seen, ["state"]);
  net.greets();
  assertEquals(seen, ["state", "hello", "joined", "ready"]);
});

Deno.test("ClientCore survives a server that answers what nobody asked", () => {
  const { net, core, collect } = setUp();
  const room = { name: "", topic: null, users: 0, offset: 1e300 };
  net.greets({ offset: Number.MAX_SAFE_INTEGER });
  const joined = collect("joined");
  const strange: ServerEvent[] = [
    { type: "ack", time: 0, ref: "nobody's", room: "nowhere", id: -1 },
    { type: "error", time: 0, ref: "nobody's", code: "refused", text: "" },
    { type: "dropped", time: 0, count: -1, missed: [{ room: "lobby", from: 9, to: 1 }] },
    { type: "dropped", time: 0, count: 1, missed: [{ room: "lobby", from: -1e300, to: 1e300 }] },
    { ...message(1), id: -5 },
    { ...message(1), id: 0.5 },
    { ...message(1), room: "x".repeat(100_000) },
    { ...core.hello!, epoch: "another" },
    { type: "throttled", time: 0, retryAfter: -1 },
  ];
  net.says(...strange);
  net.replies("leave", { left: "nowhere", room }, "x");
  net.replies("join", {
    room: { ...room, name: "\u0301".repeat(50_000) },
    users: [],
    epoch: "?",
    missed: newest(messages(5, 6)),
  }, "x");
  assertEquals([core.state, core.hello?.epoch, joined.length], ["open", "one", 2]);
  net.says(message(3));
  assertEquals(core.state, "open");
});

Deno.test("ClientCore passes events on although a listener throws, and reports its error", async () => {
  const { net, core } = setUp();
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    resolve(event.error);
  };
  addEventListener("error", onError);
  try {
    const error = new Error("of the listener");
    const heard: string[] = [];
    core.on("message", () => {
      throw error;
    });
    const stop = core.on("message", ({ text }) => void heard.push(text));
    net.greets();
    net.says(message(1, "one"));
    stop();
    net.says(message(2, "two"));
    assertEquals([heard, core.position("lobby")?.offset], [["one"], 2]);
    assert(await promise === error);
  } finally {
    removeEventListener("error", onError);
  }
});

Deno.test("ClientCore lets a listener close it in the middle of an event", () => {
  const { net, core, collect } = setUp({ name: "Alice" });
  core.on("hello", () => core.close());
  const joined = collect("joined");
  net.greets();
  assertEquals([core.state, net.lines, net.clock.pending], ["closed", [], 0]);
  assertEquals([joined.length, core.isReady], [0, false]);
});
