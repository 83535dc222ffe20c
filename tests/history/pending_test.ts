/**
 * Messages that were appended and not written yet.
 */
import { assertEquals } from "@std/assert";
import { PendingMessages } from "../../lib/history/pending.ts";
import { RoomIndex } from "../../lib/history/room_index.ts";
import { newMessage, offsets } from "./fakes.ts";

const rooms = new RoomIndex(1_000, 0, []);
const lobby = rooms.use("lobby");
const tea = rooms.use("tea");

Deno.test("PendingMessages keeps the order and counts rows, characters and dropped rows", () => {
  const pending = new PendingMessages();
  for (let offset = 1; offset <= 5_000; offset++) {
    pending.push({
      room: offset % 2 === 0 ? lobby : tea,
      offset,
      message: newMessage("four"),
      source: "",
      at: 0,
    });
  }
  assertEquals([pending.length, pending.characters, pending.dropped], [5_000, 20_000, 0]);
  pending.drop(4_990);
  assertEquals([pending.length, pending.characters, pending.dropped], [10, 40, 4_990]);
  assertEquals(pending.at(0)?.offset, 4_991);
  assertEquals(offsets(pending.messages(lobby, 0, Infinity)), [4_992, 4_994, 4_996, 4_998, 5_000]);
  assertEquals(offsets(pending.messages(tea, 4_993, 4_997)), [4_993, 4_995, 4_997]);
  pending.drop(10);
  assertEquals([pending.length, pending.characters, pending.dropped], [0, 0, 5_000]);
  assertEquals(pending.at(0), undefined);
});

Deno.test("PendingMessages.find() returns the newest message with an id until it is dropped", () => {
  const pending = new PendingMessages();
  const message = newMessage("a", { clientId: "1" });
  pending.push({ room: lobby, offset: 1, message, source: "", at: 0 });
  pending.push({ room: lobby, offset: 2, message, source: "", at: 0 });
  assertEquals(pending.find("lobby", "1"), 2);
  pending.drop(1);
  assertEquals(pending.find("lobby", "1"), 2);
  pending.drop(1);
  assertEquals(pending.find("lobby", "1"), undefined);
});
