import { assertEquals } from "@std/assert";
import * as outbox from "../../../static/src/model/outbox.ts";

function setUp(stored: string | null = null) {
  let kept = stored;
  const memory = { load: () => kept, save: (text: string) => void (kept = text) };
  return { box: outbox.createOutbox(memory), reopen: () => outbox.createOutbox(memory) };
}

const item = (ref: string) => ({ ref, text: `text ${ref}`, room: "lobby", time: 1 });

Deno.test("Outbox keeps messages in order until they are answered", () => {
  const { box } = setUp();
  box.add(item("a"));
  box.add(item("b"));
  box.add(item("c"));
  assertEquals([box.remove("b"), box.remove("b"), box.remove(null)], [true, false, false]);
  assertEquals(box.all().map(({ ref }) => ref), ["a", "c"]);
});

Deno.test("Outbox marks messages in flight to be sent again when the connection is lost", () => {
  const { box } = setUp();
  box.add({ ...item("a"), inFlight: true });
  box.add(item("b"));
  box.connectionLost();
  assertEquals(box.all().map(({ inFlight, sentBefore }) => [inFlight, sentBefore]), [
    [false, true],
    [
      false,
      false,
    ],
  ]);
});

Deno.test("Outbox survives a reload", () => {
  const { box, reopen } = setUp();
  box.add({ ...item("a"), inFlight: true });
  box.add(item("b"));
  box.remove("b");
  assertEquals(
    reopen().all(),
    [{ ...item("a"), sentBefore: true }],
    "It may have been sent before",
  );
});

Deno.test("Outbox starts empty if its storage is broken", () => {
  for (const stored of ["", "{", "null", "3", "{}", '[1,null,{"ref":"a"}]']) {
    assertEquals(setUp(stored).box.all(), [], stored);
  }
});

Deno.test("Outbox is limited", () => {
  const { box } = setUp();
  for (let index = 0; index < outbox.CAPACITY; index++) {
    assertEquals(box.full, false);
    box.add(item(String(index)));
  }
  assertEquals(box.full, true);
});
