import { assert, assertEquals } from "@std/assert";
import type { Found } from "../../../static/src/model/search.ts";
import { createFakeChat, messages } from "./fake_chat.ts";

/** A user in a room with 2,000 messages of which the page has the last 50. */
function setUp() {
  const test = createFakeChat({ name: "Alice", history: 5_000 });
  test.hello({ offset: 2_000 });
  test.gives(messages(1_951, 2_000), { more: true });
  test.grants("Alice");
  const keys: Array<number | undefined> = [];
  const locate = (id: number) =>
    test.session.locate(test.rooms.lobby, id, (key) => void keys.push(key));
  return { ...test, keys, locate };
}

const texts = (test: ReturnType<typeof setUp>) => test.log().map(({ text }) => text);

Deno.test("Session.search() reports what the server found, and shows nothing in the log", () => {
  const test = setUp();
  const found: Found[] = [];
  test.session.search(test.rooms.lobby, "tea", (one) => void found.push(one));
  const request = test.sent.at(-1)!;
  assertEquals([request.text, request.room], ["/search tea", "lobby"]);
  const size = test.timeline.size;
  const page = messages(7, 8);
  test.replies("search", { room: "lobby", words: "tea", messages: page, complete: false });
  test.session.search(test.rooms.lobby, "tea", (one) => void found.push(one));
  test.refuses("no_history", "Error: This server keeps no history");
  const [first, second] = found;
  assert(first && "messages" in first && second && "problem" in second);
  assertEquals([first.messages.map(({ id }) => id), first.complete], [[7, 8], false]);
  assertEquals(second.problem, "This server keeps no history");
  assertEquals(test.timeline.size, size);
});

Deno.test("Session.locate() finds a message that is loaded without a request", () => {
  const test = setUp();
  const { length } = test.sent;
  test.locate(1_980);
  assertEquals(test.keys, [test.timeline.byId(1_980)?.key]);
  assertEquals(test.sent.length, length);
});

Deno.test("Session.locate() loads the page around an old message and keeps the gap open", () => {
  const test = setUp();
  test.locate(500);
  assertEquals([test.request("history").before, test.request("history").limit], [525, 50]);
  test.gives(messages(475, 524), { more: true });
  assertEquals(test.keys, [test.timeline.byId(500)?.key]);
  const gap = test.log().find(({ kind }) => kind === "skipped");
  assertEquals(gap?.text, "1,426 more in between.");
  assertEquals(test.timeline.indexOf(gap!.key), 50);
  assertEquals(test.rooms.lobby.older, "some");
  test.message(2_001, "a new one");
  assertEquals(test.request("history").before, 525, "A gap that the user made is not filled");

  // A second jump below the first one.
  test.locate(100);
  test.gives(messages(76, 125), { more: true });
  const kinds = test.log().filter(({ kind }) => kind === "skipped").map(({ text }) => text);
  assertEquals(kinds, ["349 more in between.", "1,426 more in between."]);

  // The reader goes on from there.
  const lower = test.log().find(({ kind }) => kind === "skipped")!;
  test.session.loadGap(lower.key);
  assertEquals([test.request("history").after, test.request("history").before], [125, 475]);
  test.gives(messages(126, 325), { more: true });
  assertEquals(texts(test).includes("149 more in between."), true);
  test.session.loadGap(test.log().find(({ kind }) => kind === "skipped")!.key);
  test.gives(messages(326, 474));
  const ids = test.log().flatMap(({ id }) => id ?? []);
  assertEquals(ids.slice(0, 449), Array.from({ length: 449 }, (_, index) => 76 + index));
  assertEquals(test.log().filter(({ kind }) => kind === "skipped").length, 1);
});

Deno.test("Session.locate() reports a message that the server no longer has", () => {
  const test = setUp();
  test.locate(3);
  test.gives([]);
  test.locate(4);
  test.refuses("no_history", "Error: This server keeps no history", test.request("history"));
  assertEquals(test.keys, [undefined, undefined]);
  assertEquals(test.rooms.lobby.older, "some");
});

Deno.test("Session.locate() makes room for the page in a full timeline", () => {
  const test = setUp();
  for (let id = 2_001; id <= 11_900; id++) test.message(id, `text ${id}`);
  test.locate(500);
  test.gives(messages(475, 524), { more: true });
  assertEquals(test.keys, [test.timeline.byId(500)?.key]);
  assertEquals(test.timeline.at(0)?.id, 475);
});
