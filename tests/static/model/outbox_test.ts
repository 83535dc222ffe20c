import { assertEquals } from "@std/assert";
import * as outbox from "../../../static/src/model/outbox.ts";

function setUp(stored: string | null = null) {
  let kept = stored;
  const memory = { load: () => kept, save: (text: string) => void (kept = text) };
  return { box: outbox.createOutbox(memory), reopen: () => outbox.createOutbox(memory) };
}

const item = (ref: string) => ({ ref, text: `text ${ref}`, room: "lobby", time: 1 });

Deno.test("Outbox keeps what waits, in order, until it is answered", () => {
  const { box } = setUp();
  box.add(item("a"));
  box.add(item("b"));
  box.add(item("c"));
  assertEquals([box.settle("b"), box.settle("b"), box.settle(null)], [true, false, false]);
  assertEquals(box.all().map(({ ref }) => ref), ["a", "c"]);
});

Deno.test("Outbox sends again what was on its way when the connection broke", () => {
  const { box } = setUp();
  box.add({ ...item("a"), flying: true });
  box.add(item("b"));
  box.ground();
  assertEquals(box.all().map(({ flying, again }) => [flying, again]), [[false, true], [
    false,
    false,
  ]]);
});

Deno.test("Outbox outlives a reload", () => {
  const { box, reopen } = setUp();
  box.add({ ...item("a"), flying: true });
  box.add(item("b"));
  box.settle("b");
  assertEquals(reopen().all(), [{ ...item("a"), again: true }], "It may have been sent before");
});

Deno.test("Outbox starts empty when what was kept is broken", () => {
  for (const stored of ["", "{", "null", "3", "{}", '[1,null,{"ref":"a"}]']) {
    assertEquals(setUp(stored).box.all(), [], stored);
  }
});

Deno.test("Outbox has a bound", () => {
  const { box } = setUp();
  for (let index = 0; index < outbox.CAPACITY; index++) {
    assertEquals(box.full, false);
    box.add(item(String(index)));
  }
  assertEquals(box.full, true);
});
