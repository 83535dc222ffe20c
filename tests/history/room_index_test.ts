/**
 * The ids of rooms and their order by use.
 */
import { assert, assertEquals } from "@std/assert";
import { RoomIndex } from "../../lib/history/room_index.ts";
import { MAX_ROOM_ID, offsetOf, OFFSETS_PER_ROOM, rowId } from "../../lib/history/schema.ts";

Deno.test("RoomIndex iterates idle rooms first", () => {
  const rooms = new RoomIndex(10, 0, []);
  for (const name of ["a", "b", "c", "a"]) rooms.use(name);
  assertEquals(Array.from(rooms, ({ name }) => name), ["b", "c", "a"]);
});

Deno.test("RoomIndex reuses ids, and never for two rooms at once", () => {
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

Deno.test("RoomIndex.number() returns false when no id is left", () => {
  const rooms = new RoomIndex(10, 0, []);
  for (let i = 1; i <= MAX_ROOM_ID; i++) assert(rooms.number(rooms.use(`${i}`)));
  const last = rooms.use("last");
  assert(!rooms.number(last));
  rooms.remove(rooms.get("7")!);
  assert(rooms.number(last));
  assertEquals(last.id, 7);
});

Deno.test("A removed room that comes back continues after its old offsets", () => {
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
