import { assertEquals } from "@std/assert";
import { Chat, type Client, flushed } from "../chat/fakes.ts";

/** A chat of a speaker and listeners in which `flushes` are told in a turn, and turns come when the test says so. */
class PacedChat extends Chat {
  /** What goes on in the next turn. */
  readonly turns: Array<() => void>;
  /** How many ms each flush took, in their order. */
  readonly took: number[];
  readonly speaker: Client;
  readonly listeners: readonly Client[];

  constructor({ flushes, listeners }: { flushes: number; listeners: number }) {
    const turns: Array<() => void> = [];
    const took: number[] = [];
    super({
      pace: { flushes, nextTurn: (goOn) => turns.push(goOn) },
      flushed: (ms) => took.push(ms),
    });
    this.turns = turns;
    this.took = took;
    this.speaker = this.join("Speaker");
    this.listeners = Array.from({ length: listeners }, () => this.join());
  }

  turn(): void {
    assertEquals(this.turns.length, 1, "One turn is asked for at a time");
    this.turns.pop()!();
  }

  get flushes(): number[] {
    return this.listeners.map(({ flushes }) => flushes);
  }
}

Deno.test("FlushQueue tells as many as the pace allows, and the rest in the next turns", async () => {
  const chat = new PacedChat({ flushes: 2, listeners: 5 });
  chat.say(chat.speaker, "hello");
  await flushed();
  assertEquals(chat.flushes, [1, 1, 0, 0, 0]);
  chat.turn();
  assertEquals(chat.flushes, [1, 1, 1, 1, 0]);
  chat.turn();
  assertEquals(chat.flushes, [1, 1, 1, 1, 1]);
  assertEquals(chat.turns, []);
});

Deno.test("FlushQueue asks for no turn if it can tell all at once", async () => {
  const chat = new PacedChat({ flushes: 5, listeners: 5 });
  chat.say(chat.speaker, "hello");
  await flushed();
  assertEquals([chat.flushes, chat.turns], [[1, 1, 1, 1, 1], []]);
});

Deno.test("FlushQueue tells who is added meanwhile once, with all that there is", async () => {
  const chat = new PacedChat({ flushes: 2, listeners: 3 });
  chat.say(chat.speaker, "one");
  await flushed();
  chat.say(chat.speaker, "two");
  await flushed();
  assertEquals(chat.flushes, [1, 1, 0]);
  chat.turn();
  assertEquals(chat.flushes, [2, 1, 1]);
  chat.turn();
  assertEquals(chat.flushes, [2, 2, 1]);
  for (const listener of chat.listeners) {
    assertEquals(listener.lines(), ["[Speaker]: one", "[Speaker]: two"]);
  }
});

Deno.test("FlushQueue passes over nobody when somebody leaves in the middle", async () => {
  const chat = new PacedChat({ flushes: 1, listeners: 3 });
  chat.say(chat.speaker, "hello");
  await flushed();
  chat.leave(chat.listeners[0]!);
  chat.leave(chat.listeners[1]!);
  chat.turn();
  chat.turn();
  assertEquals(chat.listeners[2]!.lines(), ["[Speaker]: hello"]);
  assertEquals(chat.turns, []);
});

Deno.test("Hub.congested is true until all are told, and flushed comes then, with the whole time", async () => {
  const chat = new PacedChat({ flushes: 2, listeners: 3 });
  chat.now = 100;
  chat.say(chat.speaker, "hello");
  assertEquals(chat.hub.congested, false);
  await flushed();
  assertEquals([chat.hub.congested, chat.took], [true, []]);
  chat.now = 107;
  chat.turn();
  assertEquals([chat.hub.congested, chat.took], [false, [7]]);
});
