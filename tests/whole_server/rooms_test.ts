/**
 * Rooms over real sockets: both text wires, between them, and programs that are in several rooms.
 * @module
 */
import { assertEquals } from "@std/assert";
import { type Client, type Wire, WIRES } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { JsonClient } from "../support/json_client.ts";
import { eachInTurn } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";

/** Runs a case from each text wire to each. */
function between(
  name: string,
  run: (server: TestServer, from: Wire, to: Wire) => Promise<void>,
): void {
  for (const from of WIRES) {
    for (const to of WIRES) {
      Deno.test(`${name} [${from.name} to ${to.name}]`, async () => {
        await using server = new TestServer();
        await run(server, from, to);
      });
    }
  }
}

async function named(server: TestServer, wire: Wire, name: string): Promise<Client> {
  return await (await server.connect(wire)).takesName(name);
}

between("What is said in a room is heard there and nowhere else", async (server, from, to) => {
  using alice = await named(server, from, "Alice");
  using bob = await named(server, to, "Bob");
  using carol = await named(server, to, "Carol");
  await alice.asks("/join #dev", "Joined room 'dev'");
  await bob.asks("/join DEV", "Joined room 'dev'");
  await alice.say("hello", "/me waves");
  await bob.hears("[Alice]: hello", "* Alice waves");
  await carol.say("anybody?");
  await carol.hearsNothing();
  await eachInTurn([alice, bob], (client) => client.hearsNothing());
  await bob.asks("/leave", "Left room 'dev'");
  await bob.say("here again");
  await carol.hears("[Bob]: here again");
  await alice.hearsNothing();
});

between(
  "A room has a list and a topic, and is there while it has a topic or somebody in it",
  async (server, from, to) => {
    using alice = await named(server, from, "Alice");
    using bob = await named(server, to, "Bob");
    await bob.asks("/list dev", "Room 'dev' not found");
    await alice.asks("/join dev", "Joined room 'dev'");
    await alice.asks("/topic Release on Friday", "Topic set to 'Release on Friday'");
    await bob.asks("/rooms", "Rooms: lobby (1), dev (1)");
    await bob.asks("/join dev", "Joined room 'dev', topic: Release on Friday");
    await alice.asks("/topic", "Topic of 'dev': Release on Friday");
    await bob.asks("/away at lunch", "You are away: at lunch");
    const list = `Alice (${alice.address}), Bob (${bob.address}, away: at lunch)`;
    await alice.asks("/list", `Users in 'dev': ${list}`);
    await alice.asks("/topic Done", "Topic set to 'Done'");
    await bob.hears("Notice: Alice set the topic to 'Done'");
    await alice.asks("/leave", "Left room 'dev'");
    await bob.asks("/leave", "Left room 'dev'");
    await bob.asks("/rooms", "Rooms: lobby (2), dev (0)");
    await bob.asks("/join dev", "Joined room 'dev', topic: Done");
    await bob.asks("/topic -", "Topic cleared");
    await bob.asks("/topic", "No topic in 'dev'");
    await bob.asks("/leave", "Left room 'dev'");
    await bob.asks("/rooms", "Rooms: lobby (2)");
  },
);

between("Whispers cross rooms", async (server, from, to) => {
  using alice = await named(server, from, "Alice");
  using bob = await named(server, to, "Bob");
  await alice.asks("/join dev", "Joined room 'dev'");
  await alice.asks("/whisper Bob psst", "[Whisper to Bob]: psst");
  await bob.hears("[Whisper from Alice]: psst");
});

for (const wire of WIRES) {
  Deno.test(`Commands of rooms say how they are used [${wire.name}]`, async () => {
    await using server = new TestServer();
    using client = await server.connect(wire);
    await client.asks("/join", "Usage: /join <room>");
    await client.asks("/me", "Usage: /me <action>");
    await client.asks("/leave", "Error: The lobby cannot be left, try /join or /quit");
    const rules = "use 1 to 32 letters, digits, '-', '_' or '.'";
    await client.asks("/join a b", `Error: Room 'a b' is not allowed, ${rules}`);
    await client.asks("/topic", "No topic in 'lobby'");
    await client.asks("/away", "You are back");
    const long = "x".repeat(201);
    await client.asks(`/topic ${long}`, "Error: Topic is longer than 200 characters");
    await client.asks(`/away ${long}`, "Error: Away text is longer than 100 characters");
    await client.hearsNothing();
  });

  Deno.test(`--announce tells line clients who comes and goes, with care [${wire.name}]`, async () => {
    const clock = new FakeClock();
    await using server = new TestServer({ announce: true, presenceDelay: 15, clock });
    using bob = await named(server, wire, "Bob");
    const alice = await named(server, wire, "Alice");
    await bob.hears("Notice: Alice joined");
    alice.close();
    await server.logs(/^Disconnected/, alice.address);
    clock.advance(14_000);
    await bob.hearsNothing();
    // A text client cannot prove who it is: the address is all that is known of it.
    using back = await named(server, wire, "Alice");
    await bob.hears("Notice: Alice left", "Notice: Alice joined");
    clock.advance(20_000);
    await bob.hearsNothing();
    await back.asks("/name Ally", "Username set to 'Ally'");
    await bob.hears("Notice: Alice is now Ally");
    await back.asks("/join dev", "Joined room 'dev'");
    clock.advance(14_500);
    await bob.hearsNothing();
    clock.advance(1_000);
    await bob.hears("Notice: Ally left");
    await back.hearsNothing();
  });
}

Deno.test("A program is in several rooms, and every event says in which", async () => {
  await using server = new TestServer({ presenceDelay: 0 });
  using program = await JsonClient.connect(server.port);
  const hello = await program.event();
  assertEquals(hello.type, "hello");
  if (hello.type !== "hello") return;
  assertEquals(hello.room, { name: "lobby", topic: null, users: 0, offset: 0 });
  assertEquals(hello.limits.maxRooms, 16);
  const joined = await program.request({ type: "join", room: "#dev", id: "r" });
  assertEquals([joined.type, "ref" in joined && joined.ref], ["reply", "r"]);
  using alice = await named(server, WIRES[0], "Alice");
  await alice.say("one");
  await alice.asks("/join dev", "Joined room 'dev'");
  await alice.say("two");
  const told: unknown[] = [];
  await eachInTurn(Array(5).keys(), async () => {
    const event = await program.event();
    told.push([
      event.type,
      "event" in event && event.event,
      "room" in event && event.room,
      event.type === "message" && [event.id, event.text],
    ]);
  });
  assertEquals(told, [
    ["presence", "join", "lobby", false],
    ["message", false, "lobby", [1, "one"]],
    ["presence", "leave", "lobby", false],
    ["presence", "join", "dev", false],
    ["message", false, "dev", [1, "two"]],
  ]);
  for (const [room, text] of [["dev", "in dev"], ["lobby", "in the lobby"]] as const) {
    const ack = await program.request({ type: "message", text, room });
    assertEquals(ack.type === "ack" && ack.room, room);
  }
  await alice.hears(`[${program.address}]: in dev`);
  await alice.hearsNothing();
});

Deno.test("A client that is gone leaves its rooms", async () => {
  await using server = new TestServer();
  const alice = await named(server, WIRES[0], "Alice");
  using bob = await named(server, WIRES[1], "Bob");
  await alice.asks("/join dev", "Joined room 'dev'");
  await bob.asks("/rooms", "Rooms: lobby (1), dev (1)");
  alice.close();
  await server.logs(/^Disconnected/, alice.address);
  await bob.asks("/rooms", "Rooms: lobby (1)");
});
