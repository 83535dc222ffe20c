import { assertEquals } from "@std/assert";
import { normalizeRoomName, Room, roomKey } from "../../lib/chat/room.ts";
import { Hall } from "./hall.ts";

Deno.test("normalizeRoomName() takes user names, with a number sign in front or without", () => {
  for (const text of ["dev", "#dev"]) assertEquals(normalizeRoomName(text), "dev");
  assertEquals(normalizeRoomName("#Cafe\u0301"), "Caf\u00e9");
  assertEquals(normalizeRoomName(`#${"x".repeat(32)}`), "x".repeat(32));
  for (const text of ["", "#", "##dev", "dev#", "a b", "#a\nb", "a\0", `#${"x".repeat(33)}`]) {
    assertEquals(normalizeRoomName(text), undefined, text);
  }
});

Deno.test("roomKey() is the same for what differs in case, Unicode form or decoration only", () => {
  for (const text of ["dev", "#dev", "DEV", "#\uff24ev"]) assertEquals(roomKey(text), "dev");
});

Deno.test("Room.admit() and release() keep one audience for each format", () => {
  const hall = new Hall();
  const { room, frames } = hall;
  assertEquals([room.empty, room.subscribers.length], [true, 0]);
  const seats = [hall.join("a"), hall.join("b", { channel: frames }), hall.join("c")];
  assertEquals(room.subscribers.map(({ size }) => size), [2, 1]);
  assertEquals(seats.map((seat) => seat.room === room), [true, true, true]);
  for (const seat of seats) {
    assertEquals(room.empty, false);
    room.release(seat);
    room.release(seat);
  }
  assertEquals([room.empty, room.subscribers.length], [true, 2]);
});

Deno.test("Room.users counts those listed", () => {
  const hall = new Hall();
  const room = new Room("dev", 17);
  const { member } = hall.join("a", { room });
  assertEquals([room.users, room.offset, room.topic], [0, 17, undefined]);
  room.visible.add(member);
  assertEquals(room.users, 1);
});
