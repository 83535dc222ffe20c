/**
 * The numbers of rooms, and which of them are silent for longest.
 */
import { assert, assertEquals } from "@std/assert";
import { RoomIndex } from "../../lib/history/room_index.ts";
import { MAX_ROOM_ID, offsetOf, OFFSETS_PER_ROOM, rowId } from "../../lib/history/schema.ts";

Deno.test("Rooms go by who was silent for longest", () => {
  const rooms = new RoomIndex(10, 0, []);
  for (const name of ["a", "b", "c", "a"]) rooms.use(name);
  assertEquals(Array.from(rooms, ({ name }) => name), ["b", "c", "a"]);
});

Deno.test("A number is given again, and never to two rooms", () => {
  const row = { topic: "", first: 1, stored: 1, written: 0, time: 0 };
  const rooms = new RoomIndex(10, 0, [{ id: 2, name: "two", ...row }, {
    id: 4,
    name: "four",
    ...row,
  }]);
  assertEquals([rooms.numbered, rooms.lastId], [2, 4]);
  const ids = ["a", "b", "c"].map((name) => {
    const room = rooms.use(name);
    assert(rooms.number(room) && rooms.number(room));
    return room.id;
  });
  assertEquals(ids.sort(), [1, 3, 5]);
  rooms.remove(rooms.get("two")!);
  assertEquals([rooms.numbered, rooms.byId(2)], [4, undefined]);
  const again = rooms.use("again");
  rooms.number(again);
  assertEquals([again.id, rooms.byId(2)], [2, again]);
});

Deno.test("When there are no numbers left, a room has none", () => {
  const rooms = new RoomIndex(10, 0, []);
  for (let i = 1; i <= MAX_ROOM_ID; i++) assert(rooms.number(rooms.use(`${i}`)));
  const last = rooms.use("last");
  assert(!rooms.number(last));
  rooms.remove(rooms.get("7")!);
  assert(rooms.number(last));
  assertEquals(last.id, 7);
});

Deno.test("A room that is gone leaves its offsets behind, and is not taken for another", () => {
  const rooms = new RoomIndex(10, 0, []);
  const gone = rooms.use("a");
  gone.latest = 41;
  rooms.remove(gone);
  assertEquals(rooms.floor, 41);
  const room = rooms.use("a");
  assertEquals([room.latest, rooms.oldest(room)], [41, 42]);
  rooms.remove(gone);
  assertEquals(rooms.get("a"), room);
});

Deno.test("rowId() is exact for every room and offset, and orders them", () => {
  const last = rowId(MAX_ROOM_ID, OFFSETS_PER_ROOM - 1);
  assert(Number.isSafeInteger(last));
  assertEquals(offsetOf(last), OFFSETS_PER_ROOM - 1);
  assertEquals(rowId(2, 0) - rowId(1, OFFSETS_PER_ROOM - 1), 1);
});
