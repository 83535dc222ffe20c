import { assert, assertEquals } from "@std/assert";
import { Rooms } from "../../lib/chat/rooms.ts";
import { Random } from "../random.ts";
import { Chat, Subscriber } from "./fakes.ts";
import { PlainHistory } from "./plain_history.ts";
import { measuredBy } from "../support/measured.ts";

Deno.test("Rooms.open() opens a room once, and find() finds it in any form", () => {
  const rooms = new Rooms();
  const dev = rooms.open("Dev", 17);
  assertEquals([dev.name, dev.offset, rooms.size], ["Dev", 17, 2]);
  assert(rooms.open("dEV", 18) === dev);
  for (const name of ["dev", "#DEV"]) assert(rooms.find(name) === dev);
  assert(rooms.open("Lobby", 1) === rooms.lobby);
  assertEquals([rooms.find("nowhere"), rooms.size], [undefined, 2]);
});

Deno.test("Rooms.closeIfEmpty() closes a room without subscribers, but not the lobby", () => {
  const rooms = new Rooms();
  const room = rooms.open("dev", 0);
  const subscription = new Subscriber().subscribe(room);
  rooms.closeIfEmpty(room);
  assert(rooms.find("dev") === room);
  room.unsubscribe(subscription);
  for (const each of [room, rooms.lobby]) rooms.closeIfEmpty(each);
  assertEquals([rooms.find("dev"), rooms.size], [undefined, 1]);
  assert(rooms.find("lobby") === rooms.lobby);
});

Deno.test("Rooms.lookalike() finds rooms that are open or have a history, until they are gone", () => {
  const history = new PlainHistory();
  const note = { sender: 1, name: null, address: "a", time: 0, action: false, clientId: null };
  history.append("payroll", { ...note, text: "hi" });
  const rooms = new Rooms(history);
  assertEquals(rooms.lookalike("l0bby"), "lobby");
  assertEquals(rooms.lookalike("Lobby"), undefined);
  for (
    const name of [
      "payro11",
      "PayroIl",
      "p\u0430yroll",
      "payroll\u0338",
    ]
  ) {
    assertEquals(rooms.lookalike(name), "payroll", name);
  }
  const modem = rooms.open("Modem", 0);
  assertEquals(rooms.lookalike("modern"), "Modem");
  rooms.closeIfEmpty(modem);
  assertEquals(rooms.lookalike("modern"), undefined);

  const payroll = rooms.open("payroll", 0);
  rooms.closeIfEmpty(payroll);
  assertEquals(rooms.lookalike("payro11"), "payroll", "It has a history");
  history.forget("payroll");
  assertEquals(rooms.lookalike("payro11"), undefined);
});

Deno.test("Rooms.lookalike() does not lock a room because another client imitated it first", () => {
  const rooms = new Rooms();
  for (const name of ["payro11", "rnarket", "STAFFII"]) rooms.open(name, 0);
  for (const name of ["payroll", "market", "staffii"]) {
    assertEquals(rooms.lookalike(name), undefined, name);
  }
  assertEquals(rooms.lookalike("payroI1"), "payro11");
  rooms.open("\u0441\u043e\u0440\u0443", 0);
  assertEquals(rooms.lookalike("copy"), "\u0441\u043e\u0440\u0443", "That one is not an imitation");
});

Deno.test("Rooms.lookalike() finds the other room when one of two that look alike is gone", () => {
  const rooms = new Rooms();
  const first = rooms.open("copy", 0), second = rooms.open("\u0441\u043e\u0440\u0443", 0);
  assertEquals(rooms.lookalike("c0py"), "copy");
  rooms.closeIfEmpty(first);
  assertEquals(rooms.lookalike("c0py"), second.name);
  rooms.closeIfEmpty(second);
  assertEquals(rooms.lookalike("c0py"), undefined);
});

Deno.test("Rooms does not keep the names of rooms that the history has forgotten", () => {
  const history = new PlainHistory();
  const rooms = new Rooms(history);
  let asked = 0;
  const latest = history.latest.bind(history);
  history.latest = (room) => {
    asked++;
    return latest(room);
  };
  // The history is asked two or three times about a name that is still known.
  for (let i = 0; i < 20_000; i++) {
    const room = rooms.open(`r-${i}`, 0);
    history.setTopic(room.key, "x");
    room.topic = "x";
    rooms.closeIfEmpty(room);
    history.forget(room.key);
  }
  assert(asked > 20_000, "It is asked at all");
  asked = 0;
  for (let i = 0; i < 20_000; i++) rooms.lookalike(`R-${i}`.replace("R", "\u0433"));
  assert(asked < 1_000, `Asked ${asked} times`);
});

Deno.test("Rooms.largest() returns the rooms with the most members, the older ones first", () => {
  const rooms = new Rooms();
  const chat = new Chat();
  const random = new Random(1);
  const people = Array.from({ length: 5 }, () => chat.join().member);
  const all = Array.from({ length: 200 }, (_, i) => rooms.open(`room-${i}`, 0));
  for (const room of all) {
    for (const member of people.slice(0, random.below(6))) room.visible.add(member);
  }
  const expected = [rooms.lobby, ...all].sort((a, b) => b.users - a.users).map(({ name }) => name);
  for (const limit of [1, 7, 200, 201, 1000]) {
    const largest = rooms.largest(limit).rooms.map(({ name }) => name);
    assertEquals(largest, expected.slice(0, limit), String(limit));
  }
});

Deno.test("10,000 rooms of one member take less than 1 kB each", async () => {
  const bytes = await measuredBy(new URL("room_memory.ts", import.meta.url));
  // 628 on x64, a tenth of it for the skeleton of the name.
  assert(bytes > 0 && bytes < 1_000, `${bytes} bytes a room`);
});
