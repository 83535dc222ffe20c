/**
 * The contract of a history, in memory and in a file.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Message } from "../../lib/chat/history.ts";
import type { HistoryOptions } from "../../lib/history/open_history.ts";
import {
  Folder,
  newMessage,
  offsets,
  open,
  type Opened,
  openInside,
  searchAll,
  texts,
} from "./fakes.ts";

const WORLDS = ["In memory", "In a file"] as const;

/** Runs a test in memory and in a file. */
function everywhere(
  name: string,
  test: (opened: Opened) => void,
  options: Partial<HistoryOptions> = {},
): void {
  for (const world of WORLDS) {
    Deno.test(`${world}, ${name}`, () => {
      using folder = new Folder();
      const path = world === "In memory" ? undefined : folder.file();
      using opened = open({ path, ...options });
      test(opened);
      assertEquals(opened.reported, []);
      assertEquals(opened.history.problem, undefined);
    });
  }
}

/** Longer than any flush takes, in ms. */
const LONG = 10_000;

everywhere("append() numbers the messages of each room from 1", ({ history }) => {
  assertEquals(history.latest("lobby"), 0);
  assertEquals(history.oldest("lobby"), 1);
  assertEquals(history.append("lobby", newMessage("a")), 1);
  assertEquals(history.append("tea", newMessage("b")), 1);
  assertEquals(history.append("lobby", newMessage("c")), 2);
  assertEquals(history.latest("lobby"), 2);
  assertEquals(history.oldest("lobby"), 1);
});

everywhere("page() returns appended messages before and after they are written", (opened) => {
  const { history, clock } = opened;
  const message: Message = {
    sender: 7,
    name: null,
    address: "2001:db8::1",
    time: 1_795_487_255_253,
    text: "🍵 \u0000 tëa 'or' \"more\"",
    action: true,
    clientId: "c1",
  };
  history.append("lobby", message);
  const expected = [{ ...message, offset: 1 }];
  assertEquals(history.page("lobby", { limit: 5 }).messages, expected);
  clock.advance(LONG);
  assertEquals(history.page("lobby", { limit: 5 }).messages, expected);
}, { ageMs: Number.MAX_SAFE_INTEGER });

everywhere(
  "page() returns the newest messages, or the oldest behind `after`",
  ({ history, clock }) => {
    for (let i = 1; i <= 10; i++) {
      history.append("lobby", newMessage(`${i}`));
      if (i === 6) clock.advance(LONG); // half of them are written
    }
    const page = (after?: number, before?: number, limit = 3) => {
      const { messages, complete, more } = history.page("lobby", { after, before, limit });
      return [offsets(messages).join(" "), complete, more];
    };
    assertEquals(page(), ["8 9 10", true, true]);
    assertEquals(page(undefined, 8), ["5 6 7", true, true]);
    assertEquals(page(undefined, 4), ["1 2 3", true, false]);
    assertEquals(page(undefined, 1), ["", true, false]);
    assertEquals(page(4), ["5 6 7", true, true]);
    assertEquals(page(7), ["8 9 10", true, false]);
    assertEquals(page(10), ["", true, false]);
    assertEquals(page(11), ["", false, false]);
    assertEquals(page(2, 5), ["3 4", true, false]);
    assertEquals(page(2, 7), ["3 4 5", true, true]);
    assertEquals(page(undefined, undefined, 0), ["", false, false]);
  },
);

everywhere("page() is complete only if no message behind `after` was deleted", (opened) => {
  const { history, clock } = opened;
  for (let i = 1; i <= 20; i++) history.append("lobby", newMessage(`${i}`));
  for (let round = 0; round < 2; round++) {
    assertEquals(history.oldest("lobby"), 16);
    const page = history.page("lobby", { after: 14, limit: 2 });
    assertEquals(offsets(page.messages), [16, 17]);
    assertEquals(page.complete, false);
    assertEquals(history.page("lobby", { after: 15, limit: 2 }).complete, true);
    assertEquals(offsets(history.page("lobby", { limit: 50 }).messages), [16, 17, 18, 19, 20]);
    clock.advance(LONG);
  }
}, { limit: 5 });

everywhere("page() ends before it is too long and reports that there is more", ({ history }) => {
  const long = "x".repeat(100_000);
  for (let i = 1; i <= 5; i++) history.append("lobby", newMessage(long));
  const newest = history.page("lobby", { limit: 5 });
  assertEquals([offsets(newest.messages), newest.more], [[3, 4, 5], true]);
  const oldest = history.page("lobby", { after: 0, limit: 5 });
  assertEquals([offsets(oldest.messages), oldest.complete, oldest.more], [[1, 2, 3], true, true]);
});

everywhere("trusts() accepts offsets of the current epoch and no unknown epoch", ({ history }) => {
  history.append("lobby", newMessage("a"));
  assert(history.trusts("lobby", history.epoch, 1));
  assert(history.trusts("lobby", history.epoch, 0));
  assert(!history.trusts("lobby", history.epoch, 2));
  assert(!history.trusts("lobby", "another", 1));
  assert(!history.trusts("lobby", "another", 0));
  assert(!history.trusts("nowhere", history.epoch, 1));
});

everywhere("find() returns a message by its id and room as long as it is kept", (opened) => {
  const { history, clock } = opened;
  history.append("lobby", newMessage("a", { clientId: "1" }));
  for (let round = 0; round < 2; round++) {
    assertEquals(history.find("lobby", "1"), 1);
    assertEquals(history.find("tea", "1"), undefined);
    assertEquals(history.find("lobby", ""), undefined);
    clock.advance(LONG);
  }
  history.append("lobby", newMessage("b"));
  history.append("lobby", newMessage("c"));
  assertEquals(history.find("lobby", "1"), undefined);
}, { limit: 2 });

everywhere(
  "find() does not confuse room names and ids that concatenate to the same string",
  ({ history }) => {
    history.append("a", newMessage("x", { clientId: "bc" }));
    history.append("a b", newMessage("x", { clientId: "c" }));
    assertEquals(history.find("ab", "c"), undefined);
    assertEquals(history.find("a", " bc"), undefined);
    assertEquals(history.find("a b", "c"), 1);
  },
);

everywhere("search() finds all words in any order, in any case and with any accents", (opened) => {
  const { history } = opened;
  const all = ["Tea is ready", "ready when you are", "Is the TÉA gone?", "coffee", "tea-time is 5"];
  all.forEach((text) => history.append("lobby", newMessage(text)));
  history.append("tea", newMessage("tea in another room"));
  const search = (words: string, limit = 10) => texts(searchAll(history, "lobby", words, limit));
  assertEquals(search("tea"), [all[0]!, all[2]!, all[4]!]);
  assertEquals(search("is tea"), [all[0]!, all[2]!, all[4]!]);
  assertEquals(search("READY tea"), [all[0]!]);
  assertEquals(search("tea", 2), [all[2]!, all[4]!]);
  assertEquals(search("tea-time"), [all[4]!]);
  assertEquals(search("te"), []);
  assertEquals(search("tea coffee"), []);
  assertEquals(search("?! ..."), []);
  assertEquals(search(""), []);
});

everywhere("search() accepts any input", ({ history }) => {
  history.append("lobby", newMessage("tea AND NOT coffee"));
  const odd = [
    '"',
    '"tea',
    "tea*",
    "^tea",
    "text:tea",
    "NEAR(tea coffee)",
    "tea OR",
    "(tea",
    "-tea",
  ];
  for (
    const words of [...odd, "tea\0coffee", "\ud800 tea", "'; DROP TABLE messages", "{tea}", "+tea"]
  ) {
    searchAll(history, "lobby", words, 5);
  }
  assertEquals(texts(searchAll(history, "lobby", "AND NOT", 5)), ["tea AND NOT coffee"]);
  assertEquals(texts(searchAll(history, "lobby", '"tea" (coffee)', 5)), ["tea AND NOT coffee"]);
  searchAll(history, "lobby", "tea ".repeat(100_000), 5);
});

everywhere("search() finds no messages over the limit of the room", ({ history, clock }) => {
  for (let i = 1; i <= 10; i++) history.append("lobby", newMessage(`tea ${i}`));
  assertEquals(texts(searchAll(history, "lobby", "tea", 10)), ["tea 8", "tea 9", "tea 10"]);
  clock.advance(LONG);
  for (let i = 11; i <= 60; i++) history.append("lobby", newMessage(`tea ${i}`));
  clock.advance(LONG);
  assertEquals(texts(searchAll(history, "lobby", "tea", 10)), ["tea 58", "tea 59", "tea 60"]);
  assertEquals(searchAll(history, "lobby", "5", 10), []);
}, { limit: 3 });

everywhere("old messages expire without further calls", ({ history, clock }) => {
  history.append("lobby", newMessage("old", { time: 0, clientId: "old" }));
  history.append("quiet", newMessage("gone", { time: 0 }));
  clock.advance(30_000);
  history.append("lobby", newMessage("young", { time: 30_000 }));
  clock.advance(LONG);
  assertEquals(texts(history.page("lobby", { limit: 5 }).messages), ["old", "young"]);
  clock.advance(25_000);
  assertEquals(texts(history.page("lobby", { limit: 5 }).messages), ["young"]);
  assertEquals(history.page("lobby", { after: 0, limit: 5 }).complete, false);
  assertEquals(history.find("lobby", "old"), undefined);
  assertEquals(searchAll(history, "lobby", "old", 5), []);
  assertEquals([history.oldest("quiet"), history.latest("quiet")], [2, 1]);
  assertEquals(history.append("quiet", newMessage("again", { time: clock.now() })), 2);
}, { ageMs: 60_000 });

everywhere("rooms() lists rooms with messages or a topic", ({ history }) => {
  assertEquals(history.rooms(), []);
  history.append("lobby", newMessage("a"));
  history.setTopic("tea", "green");
  history.setTopic("none", "");
  assertEquals(history.rooms(), [
    { room: "lobby", topic: "", oldest: 1, latest: 1 },
    { room: "tea", topic: "green", oldest: 1, latest: 0 },
  ]);
  assertEquals(history.topic("tea"), "green");
  assertEquals(history.topic("lobby"), "");
  history.setTopic("tea", "");
  assertEquals(history.topic("tea"), "");
});

everywhere("a removed room never gets an offset twice", ({ history, clock }) => {
  for (let i = 1; i <= 5; i++) history.append("first", newMessage(`${i}`));
  for (let room = 0; room < 10; room++) {
    history.append(`room-${room}`, newMessage("a"));
    clock.advance(LONG);
  }
  assertEquals([...history.rooms()].length, 4);
  const floor = history.latest("first");
  assert(floor >= 5);
  assertEquals(history.oldest("first"), floor + 1);
  assertEquals(history.latest("never seen"), floor);
  assertEquals(history.page("first", { after: 3, limit: 5 }).complete, false);
  assertEquals(history.append("first", newMessage("again")), floor + 1);
  assertEquals(offsets(history.page("first", { limit: 5 }).messages), [floor + 1]);
  assertEquals(history.page("first", { after: 3, limit: 5 }).complete, false);
}, { maxRooms: 4 });

everywhere(
  "rooms over the limit cause no error, and the newest stay",
  ({ history, clock }) => {
    for (let room = 0; room < 3_000; room++) history.append(`room-${room}`, newMessage("a"));
    clock.advance(60_000);
    const rooms = [...history.rooms()];
    assertEquals(rooms.length, 100);
    assertEquals(rooms.at(-1)?.room, "room-2999");
    assertEquals(texts(history.page("room-2999", { limit: 1 }).messages), ["a"]);
  },
  { maxRooms: 100 },
);

for (const bound of ["maxRooms", "maxBytes"] as const) {
  everywhere(`what is over ${bound} is not taken from the main room`, ({ history, clock }) => {
    for (let i = 1; i <= 50; i++) history.append("lobby", newMessage(`${i}`));
    clock.advance(LONG);
    for (let room = 0; room < 300; room++) {
      for (let i = 0; i < 10; i++) history.append(`room-${room}`, newMessage("x".repeat(1_000)));
      clock.advance(1_000);
    }
    clock.advance(60_000);
    assertEquals(history.page("room-0", { limit: 10 }).messages, []);
    assertEquals(history.page("lobby", { limit: 100 }).messages.length, 50);
  }, {
    maxRooms: 100_000,
    maxBytes: 1e9,
    ...{ maxRooms: { maxRooms: 100 }, maxBytes: { maxBytes: 1_048_576 } }[bound],
    mainRoom: "lobby",
  });
}

everywhere("the main room loses messages if there is no other", ({ history, clock }) => {
  for (let i = 0; i < 3_000; i++) history.append("lobby", newMessage(`${"x".repeat(1_000)} ${i}`));
  clock.advance(60_000);
  const { length } = history.page("lobby", { limit: 3_000 }).messages;
  assert(length > 200 && length < 1_000, `There are ${length} messages of 1 kB`);
}, { maxBytes: 1_048_576, limit: 3_000, mainRoom: "lobby" });

everywhere(
  "the bytes of all rooms are bounded, and idle rooms lose messages first",
  ({ history, clock }) => {
    for (let room = 0; room < 40; room++) {
      for (let i = 0; i < 100; i++) {
        history.append(
          `room-${room}`,
          newMessage(`${"x".repeat(1_000)} ${i}`),
        );
      }
      clock.advance(2_000);
    }
    clock.advance(60_000);
    const kept = [...history.rooms()].map(({ oldest, latest }) => latest - oldest + 1);
    const sum = kept.reduce((total, count) => total + count, 0);
    assert(sum < 1_000, `There are ${sum} messages of 1 kB`);
    assert(sum > 200, `There are no more than ${sum} messages of 1 kB`);
    assertEquals(history.page("room-39", { limit: 1_000 }).messages.length, 100);
    assertEquals(history.page("room-0", { limit: 1_000 }).messages, []);
  },
  { maxBytes: 1_048_576 },
);

everywhere("close() can be called again", ({ history, clock }) => {
  history.append("lobby", newMessage("a"));
  history.close();
  history.close();
  assertEquals(clock.pending, 0);
});

Deno.test("openHistory() refuses invalid bounds", () => {
  for (const name of ["limit", "ageMs", "maxBytes", "maxRooms"]) {
    for (const value of [0, -1, 1.5, NaN, Infinity]) {
      assertThrows(() => open({ [name]: value }), RangeError, name);
    }
  }
  assertThrows(() => open({ maxRooms: 100_001 }), RangeError);
});

Deno.test("Messages pushed out of their room before they are written are never written", () => {
  using opened = openInside(undefined, { limit: 10 });
  const { history, clock, database } = opened;
  for (let i = 0; i < 100_000; i++) history.append("lobby", newMessage("a"));
  clock.advance(LONG);
  const changes = Number(database.prepare("SELECT total_changes() AS n").get()?.n);
  assert(changes < 20_000, `There were ${changes} changes`);
  assertEquals(history.page("lobby", { limit: 20 }).messages.length, 10);
});

Deno.test("A flood in the only room stays within the byte limit", () => {
  using opened = open({ maxBytes: 2_097_152 });
  const { history, clock } = opened;
  let most = 0;
  for (let i = 1; i <= 2_000; i++) {
    history.append("lobby", newMessage("x".repeat(8_000)));
    if (i % 20 === 0) clock.advance(100);
    most = Math.max(most, i - history.oldest("lobby") + 1);
  }
  assert(most < 500, `${most} messages of 8 kB were kept`);
  assert(history.page("lobby", { limit: 50 }).messages.length > 10);
});

Deno.test("A flood leaves no more messages and words in the tables than its room may have", () => {
  const opened = openInside(undefined, { limit: 10 });
  const { history, clock, database } = opened;
  const count = (sql: string) =>
    Number(database.prepare(`SELECT count(*) AS n FROM ${sql}`).get()?.n);
  for (let round = 1; round <= 50; round++) {
    for (let i = 0; i < 20_000; i++) history.append("lobby", newMessage("tea"));
    clock.advance(1_000);
    assert(count("messages") < 1_000, `${count("messages")} after ${round} rounds`);
  }
  clock.advance(LONG);
  assert(count("messages") <= 50, `There are ${count("messages")}`);
  assertEquals(count("words WHERE words MATCH 'tea'"), count("messages"));
  history.close();
});

Deno.test("Pending messages are bounded however many are appended at once", () => {
  using opened = openInside(undefined);
  const { history, database } = opened;
  for (let i = 0; i < 20_000; i++) history.append(`room-${i % 100}`, newMessage("a"));
  const written = Number(database.prepare("SELECT count(*) AS n FROM messages").get()?.n);
  assert(written > 17_000, `${written} of 20,000 are written`);
});
