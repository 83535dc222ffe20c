import { assertEquals } from "@std/assert";
import { page } from "./page.ts";

const { timeline } = page;

const MINUTE = 60_000;
const NOON = new Date(2026, 5, 4, 12).getTime();

function setUp(capacity?: number) {
  let now = NOON;
  const added: number[] = [], changed: number[] = [];
  const it = timeline.createTimeline({
    onAdd: (key) => added.push(key),
    onChange: (key) => changed.push(key),
    now: () => now,
    ...(capacity === undefined ? {} : { capacity }),
  });
  const says = (sender: string, text: string) =>
    it.add({ kind: "message", text, sender, senderId: 1 });
  const place = (key: number) => timeline.place(it.get(key)!, it.get(key - 1));
  return { it, added, changed, says, place, wait: (ms: number) => now += ms };
}

Deno.test("Timeline numbers what happens, and tells of it", () => {
  const test = setUp();
  test.says("Alice", "one");
  test.it.add({ kind: "notice", text: "two" });
  assertEquals([test.it.first, test.it.end, test.added], [0, 2, [0, 1]]);
  assertEquals(test.it.get(1)?.text, "two");
  test.it.update(1, { text: "three" });
  assertEquals([test.it.get(1)?.text, test.changed], ["three", [1]]);
});

Deno.test("Timeline finds what was sent by its id", () => {
  const test = setUp();
  test.it.add({ kind: "message", text: "mine", own: true, ref: "r" });
  assertEquals(test.it.byRef("r")?.text, "mine");
  assertEquals([test.it.byRef("s"), test.it.byRef(null)], [undefined, undefined]);
});

Deno.test("Timeline forgets the oldest, and keeps the numbers of the others", () => {
  const test = setUp(10);
  for (let index = 0; index < 25; index++) {
    test.it.add({ kind: "message", text: String(index), ref: String(index) });
  }
  assertEquals([test.it.first, test.it.end, test.it.get(15)?.text], [15, 25, "15"]);
  assertEquals([test.it.get(14), test.it.byRef("14"), test.it.byRef("15")?.key], [
    undefined,
    undefined,
    15,
  ]);
  test.it.update(3, { text: "gone" });
  assertEquals(test.changed, []);
});

Deno.test("place() gathers what one sender says in a while", () => {
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

Deno.test("place() begins every day anew", () => {
  const test = setUp();
  test.says("Alice", "before midnight");
  test.wait(12 * 60 * MINUTE - 1);
  test.says("Alice", "the last");
  test.wait(1);
  test.says("Alice", "the first");
  assertEquals([0, 1, 2].map((key) => test.place(key).newDay), [true, false, true]);
  assertEquals(test.place(2).opens, true);
});

Deno.test("Timeline.crowd() gathers those who come, and those who go", () => {
  const test = setUp();
  for (const name of ["Ann", "Bob", "Bob", "Cat"]) test.it.crowd("join", name);
  assertEquals([test.it.end, test.it.get(0)?.text], [1, "Ann, Bob and Cat joined"]);
  for (let index = 0; index < 1_000; index++) test.it.crowd("join", `guest${index}`);
  assertEquals(test.it.get(0)?.text, "Ann, Bob, Cat, guest0 and 999 others joined");
  test.it.crowd("leave", "Ann");
  test.wait(2 * MINUTE);
  test.it.crowd("leave", "Bob");
  assertEquals([test.it.get(1)?.text, test.it.get(2)?.text], ["Ann left", "Bob left"]);
});
