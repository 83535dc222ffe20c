import { assertEquals } from "@std/assert";
import { MAX_NAMED } from "../../lib/chat/presence.ts";
import { Chat, type Client, flushed, TalkativeFormat } from "./fakes.ts";

const DELAY = 15_000;

/** A chat with a program that is told of all that happens in the lobby. */
class Scene extends Chat {
  readonly program: Client;

  constructor(presenceDelay = DELAY) {
    super({ presenceDelay });
    this.program = this.join(undefined, new TalkativeFormat());
  }

  /** Lets time pass; gives what the program was told since it was asked last. */
  async after(ms: number): Promise<string[]> {
    this.now += ms;
    this.hub.tick();
    await flushed();
    return this.program.lines();
  }

  /** What the program was told since it was asked last. */
  told(): Promise<string[]> {
    return this.after(0);
  }

  crowd(count: number): Client[] {
    return Array.from({ length: count }, (_, i) => this.join(`user-${i}`));
  }
}

Deno.test("Presence tells that somebody left when they did not come back in time", async () => {
  const scene = new Scene();
  const [alice, bob] = [scene.join("Alice"), scene.join("Bob")];
  assertEquals(await scene.told(), ["<join Alice, 1 users>", "<join Bob, 2 users>"]);
  scene.leave(alice);
  assertEquals(await scene.after(5_000), []);
  scene.leave(bob);
  assertEquals(await scene.after(DELAY - 5_001), []);
  assertEquals(await scene.after(1), ["<leave Alice, 0 users>"]);
  assertEquals(await scene.after(5_000), ["<leave Bob, 0 users>"]);
  assertEquals(await scene.after(DELAY), []);
});

Deno.test("Presence tells neither that somebody left nor that they came if they are back in time", async () => {
  const scene = new Scene();
  scene.leave(scene.join("Alice"));
  await scene.after(DELAY - 1);
  scene.join("ALICE");
  assertEquals(await scene.told(), ["<back 3 was 2>"]);
  assertEquals(await scene.after(2 * DELAY), []);
});

Deno.test("Presence tells it when somebody is back too late", async () => {
  const scene = new Scene();
  scene.leave(scene.join("Alice"));
  await scene.after(DELAY);
  scene.join("Alice");
  assertEquals(await scene.told(), ["<join Alice, 1 users>"]);
});

Deno.test("Presence waits for who went to another room, with a name or without", async () => {
  const scene = new Scene();
  const [alice, nameless] = [scene.join("Alice"), scene.join()];
  scene.say(nameless, "hi");
  await scene.told();
  for (const { member } of [alice, nameless]) scene.hub.joinRoom(member, "dev");
  assertEquals(await scene.after(DELAY - 1), []);
  scene.hub.joinRoom(alice.member, "lobby");
  assertEquals(await scene.after(1), ["<back 2 was 2>", "<leave 10.0.0.1:3, 1 users>"]);
});

Deno.test("Presence does not wait for who cannot be known again", async () => {
  const scene = new Scene();
  const nameless = scene.join();
  scene.say(nameless, "hi");
  await scene.told();
  scene.leave(nameless);
  assertEquals(await scene.told(), ["<leave 10.0.0.1:2, 0 users>"]);
  assertEquals(await scene.after(DELAY), []);
});

Deno.test("Presence tells at once that somebody left whose name somebody else takes who is there", async () => {
  const scene = new Scene();
  const [alice, bob] = [scene.join("Alice"), scene.join("Bob")];
  await scene.told();
  scene.leave(alice);
  scene.hub.rename(bob.member, "Alice");
  assertEquals(await scene.told(), [
    "<leave Alice, 1 users>",
    "<rename Alice was Bob, 1 users>",
  ]);
  assertEquals(await scene.after(DELAY), []);
});

Deno.test("Presence does not tell that somebody left who is back under another name", async () => {
  const scene = new Scene();
  const { member } = scene.join("Alice");
  await scene.told();
  scene.hub.joinRoom(member, "dev");
  scene.hub.rename(member, "Ally");
  scene.hub.joinRoom(member, "lobby");
  assertEquals(await scene.after(DELAY), ["<join Ally, 1 users>"]);
});

Deno.test("Presence in a room that was forgotten does not matter in another one of its name", async () => {
  const scene = new Scene();
  const [alice, bob] = [scene.join("Alice"), scene.join("Bob", new TalkativeFormat())];
  scene.hub.joinRoom(alice.member, "dev");
  scene.leave(alice);
  scene.hub.joinRoom(bob.member, "dev");
  await scene.told();
  bob.lines();
  const back = scene.join("Alice");
  scene.hub.joinRoom(back.member, "dev");
  await scene.after(DELAY);
  assertEquals(bob.lines(), ["<join Alice, 2 users>"]);
});

Deno.test("Presence tells everything at once without a delay", async () => {
  const scene = new Scene(0);
  const alice = scene.join("Alice");
  scene.leave(alice);
  scene.join("Alice");
  assertEquals(await scene.told(), [
    "<join Alice, 1 users>",
    "<leave Alice, 0 users>",
    "<join Alice, 1 users>",
  ]);
});

Deno.test("Presence tells of away in every room of who is listed", async () => {
  const scene = new Scene();
  const [alice, silent] = [scene.join("Alice"), scene.join()];
  await scene.told();
  scene.hub.setAway(silent.member, "asleep");
  for (const away of ["lunch", "lunch", undefined]) scene.hub.setAway(alice.member, away);
  assertEquals(await scene.told(), ["<away Alice: lunch>", "<away Alice: no>"]);
});

Deno.test("Presence tells of a crowd nothing but its number, once a second at the most", async () => {
  const scene = new Scene();
  const crowd = scene.crowd(MAX_NAMED);
  assertEquals((await scene.told()).length, MAX_NAMED);
  const last = [scene.join("Alice"), scene.join("Bob")];
  scene.hub.rename(last[0]!.member, "Ally");
  scene.hub.setAway(last[0]!.member, "lunch");
  assertEquals(await scene.told(), [`<people ${MAX_NAMED + 2}>`]);
  scene.leave(last[0]!);
  assertEquals(await scene.after(999), []);
  assertEquals(await scene.after(1), [`<people ${MAX_NAMED + 1}>`]);
  assertEquals(await scene.after(1_000), []);
  for (const client of [last[1]!, crowd[0]!]) scene.leave(client);
  assertEquals(await scene.after(DELAY), [
    `<leave Bob, ${MAX_NAMED - 1} users>`,
    `<leave user-0, ${MAX_NAMED - 1} users>`,
  ]);
});

Deno.test("Presence keeps a bounded number of departures", async () => {
  const scene = new Scene();
  for (let i = 0; i < 10_001; i++) scene.leave(scene.join(`user-${i}`));
  const told = await scene.told();
  const { length } = told.filter((line) => line.startsWith("<leave "));
  assertEquals([length, told.includes("<leave user-0, 0 users>")], [1, true]);
});
