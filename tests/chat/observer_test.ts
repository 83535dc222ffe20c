import { assertEquals } from "@std/assert";
import type { ChatEvent } from "../../lib/wire/chat_event.ts";
import { Chat, CountingFormat, flushed } from "./fakes.ts";

class Observer {
  readonly seen: string[] = [];
  readonly times = new Set<number>();

  observe(event: ChatEvent, time: number): void {
    this.times.add(time);
    const { type } = event;
    if (type === "message") this.seen.push(`${event.room} ${event.id} ${event.text}`);
    else if (type === "presence") this.seen.push(`${event.event} ${event.room}`);
    else this.seen.push(type);
  }
}

Deno.test("An observer sees each event of a room once, with or without readers, in any format", async () => {
  const observer = new Observer();
  const chat = new Chat({ observer });
  const alice = chat.join();
  chat.say(alice, "alone");
  chat.join("Bob");
  chat.join("Carol", new CountingFormat("|"));
  chat.say(alice, "hello");
  chat.hub.joinRoom(alice.member, "dev");
  chat.hub.setTopic(alice.member.current!, "news");
  chat.hub.setAway(alice.member, "lunch");
  chat.hub.rename(alice.member, "Alice");
  await flushed();
  chat.leave(alice);
  assertEquals(observer.seen, [
    "join lobby",
    "lobby 1 alone",
    "join lobby",
    "join lobby",
    "lobby 2 hello",
    "leave lobby",
    "join dev",
    "topic",
    "away",
    "rename dev",
    "leave dev",
  ]);
});

Deno.test("An observer sees a notice to all once, and nothing that is for some clients alone", () => {
  const observer = new Observer();
  const chat = new Chat({ observer });
  const [alice, bob] = [chat.join("Alice"), chat.join("Bob")];
  observer.seen.length = 0;
  chat.hub.whisper(alice.member, bob.member, "psst", "ref");
  chat.hub.answer(alice.member, { type: "error", code: "usage", text: "", ref: undefined });
  chat.hub.announceEnd();
  assertEquals(observer.seen, []);
  chat.hub.notify(alice.member, "restart");
  assertEquals(observer.seen, ["notice"]);
});

Deno.test("An observer sees the time that readers are told", async () => {
  const observer = new Observer();
  const chat = new Chat({ observer });
  const alice = chat.join("Alice");
  chat.say(alice, "one", "two");
  assertEquals(observer.times.size, 1);
  await flushed();
});
