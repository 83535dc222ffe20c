import { assertEquals } from "@std/assert";
import { check, type Observation } from "./checker.ts";

const read = (reader: string, id: number, text: string, epoch = "e1"): Observation => ({
  type: "read",
  reader,
  room: "lobby",
  epoch,
  id,
  text,
});
const acked = (text: string, id: number): Observation => ({
  type: "acked",
  text,
  room: "lobby",
  id,
});
const stored = (text: string, id: number): Observation => ({
  type: "stored",
  text,
  room: "lobby",
  id,
});
const named = (client: string, from: number, to: number): Observation => ({
  type: "named",
  client,
  look: "alice",
  from,
  to,
});

Deno.test("check() finds nothing wrong with a history that keeps all promises", () => {
  assertEquals(
    check([
      { type: "sent", text: "a", room: "lobby" },
      acked("a", 1),
      read("r1", 1, "a"),
      read("r2", 1, "a"),
      read("r1", 2, "b"),
      { type: "gap", reader: "r2", room: "lobby", to: 4 },
      read("r2", 5, "e"),
      named("c1", 0, 10),
      named("c2", 10, 20),
      named("c1", 21, 30),
      stored("a", 1),
      stored("b", 2),
    ]),
    [],
  );
});

const WRONG: Readonly<Record<string, readonly [history: Observation[], problem: string]>> = {
  "a number with two texts": [
    [read("r1", 1, "a"), read("r2", 1, "b")],
    "#1 of lobby is both 'a' and 'b'",
  ],
  "a text that is said twice": [
    [acked("a", 1), read("r1", 1, "a"), read("r1", 2, "a")],
    "'a' was said twice: as #1 of lobby and as #2 of lobby",
  ],
  "an acknowledgement with another number than the message has": [
    [acked("a", 2), read("r1", 1, "a")],
    "'a' was said twice: as #1 of lobby and as #2 of lobby",
  ],
  "a hole that nobody was told of": [
    [read("r1", 1, "a"), read("r1", 3, "c")],
    "r1 was not told that it lacks #2 to #2 of lobby",
  ],
  "a message that comes twice": [
    [read("r1", 1, "a"), read("r1", 2, "b"), read("r1", 2, "b")],
    "r1 got #2 of lobby again, after #2",
  ],
  "two owners of a name": [
    [named("c1", 0, 10), named("c2", 9, 20)],
    "c1 and c2 had 'alice' at the same time",
  ],
  "an owner who had the name all along": [
    [named("c1", 0, 100), named("c1", 10, 20), named("c2", 50, 60)],
    "c1 and c2 had 'alice' at the same time",
  ],
  "an acknowledged message that is gone": [
    [acked("a", 1), stored("b", 2)],
    "'a' was acknowledged as #1 of lobby, which is 'undefined'",
  ],
};

for (const [name, [history, problem]] of Object.entries(WRONG)) {
  Deno.test(`check() finds ${name}`, () => assertEquals(check(history), [problem]));
}
