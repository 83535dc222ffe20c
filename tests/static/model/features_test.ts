import { assertEquals } from "@std/assert";
import { createFakeChat, user } from "./fake_chat.ts";

Deno.test("session.on() calls every listener of a type, also of a type that the session does not know", () => {
  const events: string[] = [];
  const test = createFakeChat({ name: "Alice" });
  const { session, rooms } = test;
  for (const number of [1, 2]) {
    session.on("topic", ({ topic }) => {
      events.push(`${number}: ${topic} in ${rooms.shown.name}`);
      session.addEntry(rooms.shown, { kind: "notice", text: `Listener ${number}` });
    });
  }
  session.on("typing" as "topic", ({ type }) => void events.push(type));
  test.hello();
  test.grants("Alice");
  test.says({ type: "topic", time: 1, room: "lobby", from: user(2, "Bob"), topic: "Tea" });
  test.says({ type: "typing", time: 1, room: "lobby" } as never);
  assertEquals(events, ["1: Tea in lobby", "2: Tea in lobby", "typing"]);
  assertEquals(test.texts().slice(-2), ["notice: Listener 1", "notice: Listener 2"]);
});

Deno.test("session.request() sends a request with an id, if there is a connection", () => {
  const test = createFakeChat({ name: "Alice" });
  assertEquals(test.session.request({ type: "command", text: "/stats" }), false);
  test.hello();
  assertEquals(test.session.request({ type: "command", text: "/stats" }), true);
  assertEquals(test.sent.at(-1)?.text, "/stats");
  assertEquals(typeof test.sent.at(-1)?.id, "string");
});

Deno.test("Session shows the text of a reply to an unknown command", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  test.session.submit("/roll 2d6");
  test.replies("roll" as "stats", {} as never, { text: "3 and 4" });
  assertEquals(test.texts().at(-1), "answer: 3 and 4");
});
