import { assertEquals } from "@std/assert";
import { features, register } from "../../../static/src/model/features.ts";
import { createFakeChat, user } from "./fake_chat.ts";

Deno.test("register() adds what is done at an event, also at one that the session does not know", () => {
  const heard: string[] = [];
  const before = features().length;
  register({
    events: {
      topic({ topic }, { rooms, tell }) {
        heard.push(`${topic} in ${rooms.shown.name}`);
        tell(rooms.shown, { kind: "notice", text: "Also told" });
      },
      ...{ typing: ({ type }: { type: string }) => void heard.push(type) },
    },
  });
  assertEquals(features().length, before + 1);
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  test.says({ type: "topic", time: 1, room: "lobby", from: user(2, "Bob"), topic: "Tea" });
  test.says({ type: "typing", time: 1, room: "lobby" } as never);
  assertEquals(heard, ["Tea in lobby", "typing"]);
  assertEquals(test.texts().at(-1), "notice: Also told");
});

Deno.test("A reply to a command that is not known is shown as the server says it", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  test.session.submit("/roll 2d6");
  test.replies("roll" as "stats", {} as never, { text: "3 and 4" });
  assertEquals(test.texts().at(-1), "notice: 3 and 4");
});
