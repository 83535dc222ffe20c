import { assertEquals } from "@std/assert";
import { ClientCore } from "../../lib/client/core.ts";
import type { CoreOptions } from "../../lib/client/options.ts";
import type { ClientEvent } from "../../lib/client/events.ts";
import { FakeNet, message, messages, newest, recovered } from "./fakes.ts";

/** A client whose rooms are shown as lines. */
function setUp(options: Omit<CoreOptions, "environment"> = {}) {
  const net = new FakeNet();
  const core = new ClientCore({ environment: net.environment, ...options });
  const told: string[] = [];
  core.onAny((event) => {
    const line = describe(event);
    if (line !== undefined) told.push(line);
  });
  core.open("ws://here/");
  return {
    net,
    core,
    /** What was told since the last call. */
    told: () => told.splice(0),
    hears: (from: number, to = from, room = "lobby") => net.says(...messages(from, to, room)),
  };
}

function describe(event: ClientEvent): string | undefined {
  switch (event.type) {
    case "joined":
      return `${event.room.name}: ${event.outcome}`;
    case "left":
      return `${event.room}: left${event.error === undefined ? "" : `, ${event.error.code}`}`;
    case "gap": {
      const { from, to } = event.range ?? {};
      return `${event.room}: gap, ${event.cause} ${from}-${to}`;
    }
    case "message":
      return `${event.room}: ${event.missed ? "missed " : ""}${event.id}`;
    case "ack":
      return `${event.room}: ack ${event.id}`;
    default:
      return undefined;
  }
}

Deno.test("Rooms enters the room of the hello, and follows its ids", () => {
  const test = setUp();
  test.net.greets({ offset: 10 });
  assertEquals(test.told(), ["lobby: entered"]);
  assertEquals(test.core.position("lobby"), { epoch: "one", offset: 10 });
  test.hears(11, 12);
  assertEquals(test.told(), ["lobby: 11", "lobby: 12"]);
  assertEquals([test.core.position("#LOBBY"), test.core.rooms], [
    { epoch: "one", offset: 12 },
    ["lobby"],
  ]);
});

Deno.test("Rooms resumes without a gap and without duplicates", () => {
  const test = setUp();
  test.net.greets({ offset: 10 });
  test.hears(11);
  test.net.reconnects();
  test.net.greets({ offset: 15 });
  assertEquals(test.net.request("join").since, { epoch: "one", offset: 11 });
  test.told();
  // Sent before the reply arrives: the connection is in the lobby from the start.
  test.hears(16);
  assertEquals(test.told(), [], "It waits for what was said before");
  test.net.admits({ offset: 16, missed: recovered(messages(12, 15)) });
  test.hears(17);
  assertEquals(test.told(), [
    "lobby: resumed",
    "lobby: missed 12",
    "lobby: missed 13",
    "lobby: missed 14",
    "lobby: missed 15",
    "lobby: 16",
    "lobby: 17",
  ]);
});

Deno.test("Rooms tells nothing but that it is back if nothing was missed", () => {
  const test = setUp();
  test.net.greets({ offset: 10 });
  test.net.reconnects();
  test.net.greets({ offset: 10 });
  test.told();
  test.net.admits({ offset: 10, missed: recovered([]) });
  assertEquals(test.told(), ["lobby: resumed"]);
  test.hears(11);
  assertEquals(test.told(), ["lobby: 11"]);
});

Deno.test("Rooms tells which messages are missing if the reply does not have all", () => {
  const test = setUp();
  test.net.greets({ offset: 10 });
  test.net.reconnects();
  test.net.greets({ offset: 600 });
  test.told();
  test.net.admits({ offset: 600, missed: newest(messages(599, 600)) });
  assertEquals(test.told(), [
    "lobby: resumed",
    "lobby: gap, away 11-598",
    "lobby: missed 599",
    "lobby: missed 600",
  ]);
});

Deno.test("Rooms passes on no message twice if the reply has more than what was missed", () => {
  const test = setUp();
  test.net.greets({ offset: 10 });
  test.net.reconnects();
  test.net.greets({ offset: 12 });
  test.told();
  test.net.admits({ offset: 12, missed: newest(messages(8, 12)) });
  assertEquals(test.told(), ["lobby: resumed", "lobby: missed 11", "lobby: missed 12"]);
});

Deno.test("Rooms does not count live messages as missing if the reply is empty", () => {
  const test = setUp();
  test.net.greets({ offset: 10 });
  test.net.reconnects();
  test.net.greets({ offset: 20 });
  test.hears(21, 22);
  test.told();
  test.net.admits({ offset: 22, missed: newest([], false) });
  assertEquals(test.told(), [
    "lobby: resumed",
    "lobby: gap, away 11-20",
    "lobby: 21",
    "lobby: 22",
  ]);
});

Deno.test("Rooms continues the ids under another epoch if the server recovered them", () => {
  const test = setUp();
  test.net.greets({ offset: 10 });
  test.net.reconnects();
  test.net.greets({ offset: 12, epoch: "two" });
  test.told();
  test.net.admits({ offset: 12, epoch: "two", missed: recovered(messages(11, 12)) });
  assertEquals(test.told(), ["lobby: resumed", "lobby: missed 11", "lobby: missed 12"]);
  assertEquals(test.core.position("lobby"), { epoch: "two", offset: 12 });
});

Deno.test("Rooms tells that the server was restarted, and gives only newer messages", () => {
  const test = setUp();
  test.net.greets({ offset: 10 });
  test.net.says({ ...message(11), time: 500 });
  test.net.reconnects();
  test.net.greets({ offset: 3, epoch: "two" });
  test.told();
  const known = [400, 500, 600].map((time, index) => ({ ...message(index + 1), time }));
  test.net.admits({ offset: 3, epoch: "two", missed: newest(known, false) });
  test.hears(4);
  assertEquals(test.told(), [
    "lobby: restarted",
    "lobby: gap, restart undefined-undefined",
    "lobby: missed 3",
    "lobby: 4",
  ]);
});

Deno.test("Rooms counts what was missed by ids if the server stores no history", () => {
  const test = setUp();
  const history = 0;
  test.net.greets({ offset: 10, history });
  test.net.reconnects();
  test.net.greets({ offset: 13, history });
  assertEquals(test.net.sent, [], "Nothing is asked for");
  test.hears(14);
  test.net.reconnects();
  test.net.greets({ offset: 14, history });
  test.net.reconnects();
  test.net.greets({ epoch: "two", history });
  assertEquals(test.told(), [
    "lobby: entered",
    "lobby: resumed",
    "lobby: gap, away 11-13",
    "lobby: 14",
    "lobby: resumed",
    "lobby: restarted",
    "lobby: gap, restart undefined-undefined",
  ]);
});

Deno.test("Rooms tells which messages the server dropped, and which ids were skipped", () => {
  const test = setUp();
  test.net.greets({ offset: 10 });
  test.told();
  test.net.says({
    type: "dropped",
    time: 0,
    count: 5,
    missed: [{ room: "lobby", from: 11, to: 13 }, { room: "elsewhere", from: 1, to: 2 }],
  });
  test.hears(14);
  test.hears(17);
  test.net.says({ type: "ack", time: 0, ref: "x", room: "lobby", id: 19 });
  assertEquals(test.told(), [
    "lobby: gap, slow 11-13",
    "lobby: 14",
    "lobby: gap, unknown 15-16",
    "lobby: 17",
    "lobby: gap, unknown 18-18",
    "lobby: ack 19",
  ]);
});

Deno.test("Rooms keeps what was dropped before the reply to the rejoin in order", () => {
  const test = setUp();
  test.net.greets({ offset: 10 });
  test.net.reconnects();
  test.net.greets({ offset: 11 });
  test.told();
  const missed = [{ room: "lobby", from: 12, to: 13 }];
  test.net.says({ type: "dropped", time: 0, count: 2, missed });
  test.hears(14);
  test.net.admits({ offset: 14, missed: recovered(messages(11, 11)) });
  assertEquals(test.told(), [
    "lobby: resumed",
    "lobby: missed 11",
    "lobby: gap, slow 12-13",
    "lobby: 14",
  ]);
});

Deno.test("Rooms joins its rooms again after a reconnect", () => {
  const test = setUp();
  test.net.greets();
  test.core.post({ type: "join", room: "#Dev" });
  test.net.admits({ room: "#Dev", offset: 5 });
  test.told();
  test.hears(6, 7, "#Dev");
  test.net.reconnects();
  test.net.greets({ history: 1_000 });
  const joins = test.net.sent.filter(({ type }) => type === "join");
  assertEquals(joins.map(({ room, since }) => [room, since]), [
    ["lobby", { epoch: "one", offset: 0 }],
    ["#Dev", { epoch: "one", offset: 7 }],
  ]);
  test.told();
  test.net.admits({ room: "#Dev", offset: 8, missed: recovered(messages(8, 8, "#Dev")) });
  assertEquals(test.told(), ["#Dev: resumed", "#Dev: missed 8"]);
});

Deno.test("Rooms leaves the room where connections start, if the client did not choose it", () => {
  const test = setUp({ rooms: ["dev", "ops"] });
  test.net.greets({ offset: 10 });
  test.hears(11);
  assertEquals(test.told(), [], "The lobby is not heard");
  test.net.admits({ room: "dev" });
  test.net.admits({ room: "ops" });
  assertEquals(test.net.sent.map(({ type, room }) => [type, room]), [
    ["join", "dev"],
    ["join", "ops"],
    ["leave", "lobby"],
  ]);
  const room = { name: "dev", topic: null, users: 1, offset: 0 };
  test.net.replies("leave", { left: "lobby", room }, test.net.request("leave").id);
  assertEquals([test.told(), test.core.rooms], [["dev: entered", "ops: entered"], ["dev", "ops"]]);
  test.core.post({ type: "join", room: "lobby" });
  test.net.admits({ room: "lobby", offset: 11 });
  test.hears(12);
  assertEquals(test.told(), ["lobby: entered", "lobby: 12"], "It may be joined later");
});

Deno.test("Rooms does not come back to a room that the client has left", () => {
  const test = setUp({ rooms: ["dev", "lobby"] });
  test.net.greets();
  test.net.admits({ room: "dev" });
  test.core.leave("dev");
  test.net.reconnects();
  assertEquals(test.told(), ["lobby: entered", "dev: entered", "dev: left"]);
  test.net.greets();
  assertEquals(test.net.sent.map(({ room }) => room), ["lobby"]);
});

Deno.test("Rooms stays in a room that the server does not let it leave", () => {
  const test = setUp();
  test.net.greets();
  test.core.leave("lobby");
  test.net.refuses("cannot_leave");
  test.net.reconnects();
  assertEquals(test.told(), ["lobby: entered"]);
  test.net.greets();
  assertEquals(test.net.request("join").room, "lobby");
});

Deno.test("Rooms tells that it may not join a room again, and tries it on the next connection", () => {
  const test = setUp({ rooms: ["lobby", "dev"] });
  test.net.greets();
  test.net.refuses("too_many_rooms");
  assertEquals(test.told(), ["lobby: entered", "dev: left, too_many_rooms"]);
  assertEquals(test.core.isSettled, true);
  test.net.reconnects();
  test.net.greets();
  assertEquals(test.net.request("join").room, "dev");
});

Deno.test("Rooms goes on without what was missed if the server refuses to tell it", () => {
  const test = setUp();
  test.net.greets({ offset: 10 });
  test.net.reconnects();
  test.net.greets({ offset: 12 });
  test.hears(13);
  test.told();
  test.net.refuses("failed" as "refused");
  assertEquals(test.told(), ["lobby: resumed", "lobby: gap, away 11-12", "lobby: 13"]);
});

Deno.test("Rooms holds a bounded number of events for a server that does not answer", () => {
  const test = setUp();
  test.net.greets({ offset: 10 });
  test.net.reconnects();
  test.net.greets({ offset: 12 });
  test.told();
  test.hears(13, 1_012);
  assertEquals(test.told(), []);
  test.hears(1_013);
  const told = test.told();
  assertEquals(told.slice(0, 3), ["lobby: resumed", "lobby: gap, away 11-12", "lobby: 13"]);
  assertEquals([told.length, told.at(-1)], [1_003, "lobby: 1013"]);
  // The answer comes after all.
  test.net.admits({ offset: 1_013, missed: recovered(messages(11, 12)) });
  test.hears(1_014);
  assertEquals(test.told(), ["lobby: unchanged", "lobby: 1014"]);
});

Deno.test("Rooms forgets what it held when the connection is lost again", () => {
  const test = setUp();
  test.net.greets({ offset: 10 });
  test.net.reconnects();
  test.net.greets({ offset: 10 });
  test.hears(11, 12);
  test.net.reconnects();
  test.net.greets({ offset: 12 });
  assertEquals(test.net.request("join").since, { epoch: "one", offset: 10 });
  test.told();
  test.net.admits({ offset: 12, missed: recovered(messages(11, 12)) });
  assertEquals(test.told(), ["lobby: resumed", "lobby: missed 11", "lobby: missed 12"]);
});
