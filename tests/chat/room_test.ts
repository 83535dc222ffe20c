import { assertEquals } from "@std/assert";
import { normalizeRoomName, Room, roomKey } from "../../lib/chat/room.ts";
import { Chat, CountingFormat, Subscriber } from "./fakes.ts";

Deno.test("normalizeRoomName() accepts user names, with a number sign in front or without", () => {
  for (const text of ["dev", "#dev"]) assertEquals(normalizeRoomName(text), "dev");
  assertEquals(normalizeRoomName("#Cafe\u0301"), "Caf\u00e9");
  assertEquals(normalizeRoomName(`#${"x".repeat(32)}`), "x".repeat(32));
  for (const text of ["", "#", "##dev", "dev#", "a b", "#a\nb", "a\0", `#${"x".repeat(33)}`]) {
    assertEquals(normalizeRoomName(text), undefined, text);
  }
});

Deno.test("roomKey() is the same for names that differ only in case, Unicode form or number sign", () => {
  for (const text of ["dev", "#dev", "DEV", "#\uff24ev"]) assertEquals(roomKey(text), "dev");
});

Deno.test("Room.subscribersOf() keeps the subscribers of each format", () => {
  const subscriber = new Subscriber();
  const [lines, frames] = [new CountingFormat("\n"), new CountingFormat("|")];
  const room = new Room("dev", 0);
  assertEquals([room.empty, room.subscribers.length], [true, 0]);
  const subscriptions = [lines, frames, lines].map((format) => subscriber.subscribe(room, format));
  assertEquals(room.subscribers.map(({ size }) => size), [2, 1]);
  for (const subscription of subscriptions) {
    assertEquals(room.empty, false);
    room.unsubscribe(subscription);
    room.unsubscribe(subscription);
  }
  assertEquals([room.empty, room.subscribers.length], [true, 2]);
});

Deno.test("Room.users counts visible members", () => {
  const room = new Room("dev", 17);
  const { member } = new Chat().join();
  assertEquals([room.users, room.offset, room.topic], [0, 17, undefined]);
  room.visible.add(member);
  assertEquals(room.users, 1);
});
