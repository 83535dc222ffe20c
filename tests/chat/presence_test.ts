import { assert, assertEquals } from "@std/assert";
import { MAX_NAMED } from "../../lib/chat/presence.ts";
import { Chat, type Client, flushed, JsonFormat, TalkativeFormat } from "./fakes.ts";

const DELAY = 15_000;

/** A chat with a program that gets every event in the lobby. */
class Scene extends Chat {
  readonly program: Client;

  constructor(presenceDelay = DELAY) {
    super({ presenceDelay });
    this.program = this.join(undefined, new TalkativeFormat());
  }

  /** Lets time pass; returns the lines that the program got since the last call. */
  async after(ms: number): Promise<string[]> {
    this.now += ms;
    this.hub.tick();
    await flushed();
    return this.program.lines();
  }

  /** Returns the lines that the program got since the last call. */
  told(): Promise<string[]> {
    return this.after(0);
  }

  crowd(count: number): Client[] {
    return Array.from({ length: count }, (_, i) => this.join(`user-${i}`));
  }
}

Deno.test("Presence announces a departure when the member does not come back in time", async () => {
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

Deno.test("Presence announces neither departure nor arrival of a guest who proves to be back in time", async () => {
  const scene = new Scene();
  const alice = scene.join("Alice", new JsonFormat());
  const token = scene.hub.resumeToken(alice.member)!;
  scene.leave(alice);
  await scene.after(DELAY - 1);
  const again = scene.join(undefined, new JsonFormat());
  assert(scene.hub.logins.resume(again.member, token));
  assertEquals(await scene.told(), ["<back 3 was 2>"]);
  assertEquals(await scene.after(2 * DELAY), []);
});

/** Regression: whoever took the name of a guest that had just left was announced as that guest, who was back. */
Deno.test("Presence announces a guest who does not prove to be back as another one", async () => {
  const scene = new Scene();
  scene.leave(scene.join("Alice"));
  await scene.after(DELAY - 1);
  scene.join("ALICE"); // from the same address
  assertEquals(await scene.told(), ["<leave Alice, 0 users>", "<join ALICE, 1 users>"]);
  assertEquals(await scene.after(2 * DELAY), []);
});

Deno.test("Presence announces departure and arrival of a member that is back too late", async () => {
  const scene = new Scene();
  scene.leave(scene.join("Alice"));
  await scene.after(DELAY);
  scene.join("Alice");
  assertEquals(await scene.told(), ["<join Alice, 1 users>"]);
});

Deno.test("Presence waits for members that went to another room, with a name or without", async () => {
  const scene = new Scene();
  const [alice, nameless] = [scene.join("Alice"), scene.join()];
  scene.say(nameless, "hi");
  await scene.told();
  for (const { member } of [alice, nameless]) scene.hub.joinRoom(member, "dev");
  assertEquals(await scene.after(DELAY - 1), []);
  scene.hub.joinRoom(alice.member, "lobby");
  assertEquals(await scene.after(1), ["<back 2 was 2>", "<leave 10.0.0.1:3, 1 users>"]);
});

Deno.test("Presence does not wait for members without a name", async () => {
  const scene = new Scene();
  const nameless = scene.join();
  scene.say(nameless, "hi");
  await scene.told();
  scene.leave(nameless);
  assertEquals(await scene.told(), ["<leave 10.0.0.1:2, 0 users>"]);
  assertEquals(await scene.after(DELAY), []);
});

Deno.test("Presence announces a departure at once when another member takes the name", async () => {
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

Deno.test("Presence does not announce the departure of a member that is back under another name", async () => {
  const scene = new Scene();
  const { member } = scene.join("Alice");
  await scene.told();
  scene.hub.joinRoom(member, "dev");
  scene.hub.rename(member, "Ally");
  scene.hub.joinRoom(member, "lobby");
  assertEquals(await scene.after(DELAY), ["<join Ally, 1 users>"]);
});

Deno.test("Presence does not mix up a closed room and a later one of the same name", async () => {
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

Deno.test("Presence announces everything at once without a delay", async () => {
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

Deno.test("Presence announces that a visible member is away in each of its rooms", async () => {
  const scene = new Scene();
  const [alice, silent] = [scene.join("Alice"), scene.join()];
  await scene.told();
  scene.hub.setAway(silent.member, "asleep");
  for (const away of ["lunch", "lunch", undefined]) scene.hub.setAway(alice.member, away);
  assertEquals(await scene.told(), ["<away Alice: lunch>", "<away Alice: no>"]);
});

Deno.test("Presence announces only the number of members in a crowd, at most once a second", async () => {
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
