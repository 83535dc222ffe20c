import { assertEquals } from "@std/assert";
import { Random } from "../../random.ts";
import * as grouping from "../../../static/src/model/grouping.ts";
import * as timeline from "../../../static/src/model/timeline.ts";

const MINUTE = 60_000;
const NOON = new Date(2026, 5, 4, 12).getTime();

function setUp(capacity?: number) {
  let now = NOON;
  const it = timeline.createTimeline({
    now: () => now,
    ...(capacity === undefined ? {} : { capacity }),
  });
  /** The texts in a view that follows the listener calls. */
  const view: Array<string | undefined> = [];
  const changed: string[] = [];
  it.setListener({
    inserted: (place) => void view.splice(place, 0, it.at(place)?.text),
    removed: (place, count) => void view.splice(place, count),
    changed: (key) => void changed.push(it.get(key)?.text ?? ""),
  });
  const says = (sender: string, text: string) =>
    it.add({ kind: "message", text, sender, senderId: 1 });
  const puts = (...ids: number[]) =>
    ids.map((id) =>
      it.put({ kind: "message", text: String(id), sender: "Bob", senderId: 1, id, time: NOON + id })
    );
  const place = (index: number) => grouping.place(it.at(index)!, it.at(index - 1));
  const texts = () => Array.from({ length: it.size }, (_, index) => it.at(index)?.text);
  const test = {
    it,
    changed,
    says,
    puts,
    place,
    texts,
    wait: (ms: number) => now += ms,
    /** The texts, which must equal those in the view. */
    shown() {
      assertEquals(view, texts());
      return view.join(" ");
    },
  };
  return test;
}

Deno.test("Timeline keeps entries in order and notifies its listener", () => {
  const test = setUp();
  const one = test.says("Alice", "one");
  test.it.add({ kind: "notice", text: "two" });
  assertEquals([test.it.size, test.shown()], [2, "one two"]);
  test.it.update(one.key, { text: "three" });
  assertEquals([test.texts()[0], test.changed], ["three", ["three", "two"]]);
});

Deno.test("Timeline finds a message by the id of its request", () => {
  const test = setUp();
  test.it.add({ kind: "message", text: "mine", own: true, ref: "r" });
  assertEquals(test.it.byRef("r")?.text, "mine");
  assertEquals([test.it.byRef("s"), test.it.byRef(null)], [undefined, undefined]);
});

Deno.test("Timeline removes the oldest entries and keeps the others", () => {
  const test = setUp(10);
  for (let index = 0; index < 25; index++) {
    test.it.add({ kind: "message", text: String(index), ref: String(index) });
  }
  assertEquals(test.shown(), "15 16 17 18 19 20 21 22 23 24");
  assertEquals([test.it.byRef("14"), test.it.byRef("15")?.text], [undefined, "15"]);
  assertEquals([test.it.trimmed, test.it.full], [true, true]);
});

Deno.test("Timeline inserts messages in the order of their ids, each once", () => {
  const test = setUp();
  test.puts(7, 9, 3, 8);
  assertEquals(test.shown(), "3 7 8 9");
  assertEquals(test.puts(8, 1).map((entry) => entry?.text), [undefined, "1"]);
  assertEquals([test.shown(), test.it.firstId], ["1 3 7 8 9", 1]);
});

Deno.test("Timeline inserts messages among other entries by time", () => {
  const test = setUp();
  test.puts(1);
  test.it.add({ kind: "notice", text: "early", time: NOON + 2 });
  test.it.add({ kind: "notice", text: "late", time: NOON + 20 });
  test.puts(10, 30);
  assertEquals(test.shown(), "1 early 10 late 30");
});

Deno.test("Timeline keeps unacknowledged messages at the end until they have an id", () => {
  const test = setUp();
  const mine = { kind: "message", own: true, delivery: "queued", time: NOON } as const;
  const first = test.it.add({ ...mine, text: "first", ref: "a" });
  const second = test.it.add({ ...mine, text: "second", ref: "b" });
  test.puts(1, 2);
  assertEquals(test.shown(), "1 2 first second");
  test.it.setId(first.key, 3, { delivery: "sent", time: NOON + 3 });
  test.puts(4);
  assertEquals(test.shown(), "1 2 first 4 second");
  // An old message from a page of the history.
  test.puts(5, 6);
  test.it.setId(second.key, 5, { delivery: "sent", time: NOON + 5 });
  assertEquals(test.shown(), "1 2 first 4 second 6");
});

Deno.test("Timeline recognizes messages of an earlier epoch", () => {
  const test = setUp();
  test.puts(1, 2, 3);
  test.it.clearIds();
  const again = (id: number, text: string, time: number) =>
    test.it.put({ kind: "message", text, sender: "Bob", senderId: 0, id, time });
  assertEquals(again(11, "2", NOON + 100), undefined, "It is there");
  assertEquals(again(12, "3", NOON + 3_600_000)?.text, "3", "Somebody has said it again");
  assertEquals(test.shown(), "1 2 3 3");
});

Deno.test("Timeline stays in the order of ids for any order of arrival", () => {
  for (let seed = 0; seed < 50; seed++) {
    const random = new Random(seed);
    const test = setUp();
    const ids = Array.from({ length: 40 }, (_, index) => index + 1);
    while (ids.length > 0) {
      const [id = 0] = ids.splice(random.below(ids.length), 1);
      if (random.oneIn(3)) {
        const own = test.it.add({
          kind: "message",
          text: String(id),
          own: true,
          delivery: "sending",
        });
        test.it.setId(own.key, id, { delivery: "sent", time: NOON + id });
      } else test.puts(id);
      if (random.oneIn(5)) test.puts(id);
    }
    const inOrder = Array.from({ length: 40 }, (_, index) => index + 1).join(" ");
    assertEquals(test.shown(), inOrder, `seed ${seed}`);
  }
});

Deno.test("place() groups messages of one sender", () => {
  const test = setUp();
  test.says("Alice", "one");
  test.wait(4 * MINUTE);
  test.says("Alice", "two");
  test.wait(6 * MINUTE);
  test.says("Alice", "after a pause");
  test.says("Bob", "another");
  test.it.add({ kind: "whisper", text: "whispered", sender: "Bob", senderId: 1 });
  test.it.add({ kind: "message", text: "mine", own: true });
  test.it.add({ kind: "notice", text: "a notice" });
  const opens = [0, 1, 2, 3, 4, 5, 6].map((key) => test.place(key).opens);
  assertEquals(opens, [true, false, true, true, true, true, true]);
});

Deno.test("place() starts a group every day", () => {
  const test = setUp();
  test.says("Alice", "before midnight");
  test.wait(12 * 60 * MINUTE - 1);
  test.says("Alice", "the last");
  test.wait(1);
  test.says("Alice", "the first");
  assertEquals([0, 1, 2].map((key) => test.place(key).newDay), [true, false, true]);
  assertEquals(test.place(2).opens, true);
});

Deno.test("Timeline.addPresence() groups users who join and leave within a minute", () => {
  const test = setUp();
  for (const name of ["Ann", "Bob", "Bob", "Cat"]) test.it.addPresence("join", name);
  assertEquals([test.it.size, test.it.at(0)?.text], [1, "Ann, Bob and Cat joined"]);
  for (let index = 0; index < 1_000; index++) test.it.addPresence("join", `guest${index}`);
  assertEquals(test.it.at(0)?.text, "Ann, Bob, Cat, guest0 and 999 others joined");
  test.wait(2 * MINUTE);
  test.it.addPresence("leave", "Bob");
  test.it.addPresence("join", "Dan");
  test.it.addPresence("leave", "Dan");
  assertEquals(test.it.at(1)?.text, "Bob left, Dan joined and left");
  test.it.addPresence("join", "Bob");
  assertEquals(test.it.at(1)?.text, "Dan joined and left, Bob left and came back");
  for (const name of ["Eva", "Fay", "Gil", "Hal"]) test.it.addPresence("leave", name);
  assertEquals(
    test.it.at(1)?.text,
    "Eva, Fay and 2 others left, Dan joined and left, Bob left and came back",
  );
  assertEquals(test.it.size, 2);
});
