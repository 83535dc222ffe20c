import { assert, assertEquals } from "@std/assert";
import * as colours from "../../../static/src/model/colours.ts";

const { COLOURS, colourOf } = colours;

/** Different names that have the same colour where nobody else is. */
const ALIKE = Array.from({ length: 4_000 }, (_, index) => `guest${index}`)
  .filter((name) => colourOf(name) === 0);

Deno.test("colourOf() ignores case and uses all colours evenly", () => {
  assertEquals(colourOf("Alice"), colourOf("aLICE"));
  const counts = Array<number>(COLOURS).fill(0);
  for (let index = 0; index < 4_000; index++) counts[colourOf(`guest${index}`)]! += 1;
  assertEquals(counts.reduce((sum, count) => sum + count), 4_000);
  assert(Math.min(...counts) > 250, `No colour is rare: ${counts}`);
});

Deno.test("RoomColours gives the first twelve speakers of a room twelve colours", () => {
  const room = colours.createRoomColours();
  const speakers = ALIKE.slice(0, COLOURS);
  const given = speakers.map(room.ofSpeaker);
  assertEquals(given[0], 0, "The first speaker has the colour of their name");
  assertEquals(new Set(given).size, COLOURS);
  assertEquals(speakers.map(room.ofSpeaker), given, "A colour stays");
  assertEquals(speakers.map(room.of), given);
});

Deno.test("RoomColours uses all colours equally often when there are more speakers", () => {
  const room = colours.createRoomColours();
  const given = ALIKE.slice(0, 3 * COLOURS).map(room.ofSpeaker);
  for (let colour = 0; colour < COLOURS; colour++) {
    assertEquals(given.filter((one) => one === colour).length, 3);
  }
});

Deno.test("RoomColours.of() reserves no colour for people who say nothing", () => {
  const room = colours.createRoomColours();
  const [first = "", second = ""] = ALIKE;
  assertEquals([room.of(first), room.of(second), room.ofSpeaker(second)], [0, 0, 0]);
});
