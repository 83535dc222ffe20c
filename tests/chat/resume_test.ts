/**
 * Guests whose connection was lost: the name is kept for them, and they alone take it back.
 */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { handleFrame, handleLine } from "../../lib/chat/commands/handle.ts";
import { Chat, type Client, flushed, JsonFormat, TalkativeFormat } from "./fakes.ts";

const DELAY = 15_000;

class Scene extends Chat {
  readonly json = new JsonFormat();

  constructor(presenceDelay = DELAY) {
    super({ presenceDelay });
  }

  /** The answers to requests. */
  async ask(client: Client, ...frames: Array<object | string>): Promise<Event[]> {
    for (const frame of frames) {
      const text = typeof frame === "string" ? frame : JSON.stringify(frame);
      handleFrame(this.hub, client.member, text);
    }
    await flushed();
    const events: Event[] = client.lines().map((line) => JSON.parse(line));
    return events.filter(({ type }) => type === "reply" || type === "error");
  }

  async type(client: Client, ...lines: string[]): Promise<string[]> {
    for (const line of lines) handleLine(this.hub, client.member, line);
    await flushed();
    return client.lines();
  }

  /** A JSON client with a name, and its token. */
  async named(name: string): Promise<{ client: Client; token: string }> {
    const client = this.join(undefined, this.json);
    const events = await this.ask(client, `/name ${name}`);
    return { client, token: tokenOf(events) };
  }

  tick(ms: number): void {
    this.now += ms;
    this.hub.tick();
  }
}

interface Event {
  readonly type: string;
  readonly code?: string;
  readonly text?: string;
  readonly data?: { readonly resume?: string; readonly user?: { readonly name: string } };
}

function tokenOf(events: readonly Event[]): string {
  const token = events.find(({ type }) => type === "reply")?.data?.resume;
  assert(token !== undefined && token.length === 22, JSON.stringify(events));
  return token;
}

Deno.test("A guest takes the name back with the token, which holds once, and is back in all rooms", async () => {
  const scene = new Scene();
  const program = scene.join(undefined, new TalkativeFormat());
  const { client, token } = await scene.named("Alice");
  await scene.ask(client, "/join dev");
  scene.leave(client);
  scene.tick(DELAY - 1);
  const again = scene.join(undefined, scene.json);
  const events = await scene.ask(again, { type: "login", resume: token, id: "7" });
  assertEquals(events.map(({ type, text }) => [type, text]), [["reply", "Logged in as 'Alice'"]]);
  const next = tokenOf(events);
  assertNotEquals(next, token);
  scene.tick(DELAY);
  const [id, previous] = [again.member.id, client.member.id];
  assertEquals(program.lines(), ["<join Alice, 1 users>", `<back ${id} was ${previous}>`]);

  const thief = scene.join(undefined, scene.json);
  const [error] = await scene.ask(thief, { type: "login", resume: token });
  assertEquals(error?.code, "resume_failed");
  scene.leave(again);
  const [reply] = await scene.ask(thief, { type: "login", resume: next });
  assertEquals(reply?.data?.user?.name, "Alice");
});

Deno.test("Nobody else takes the name that is kept, or one that looks like it, until the time is over", async () => {
  const scene = new Scene();
  const { client } = await scene.named("Alice");
  scene.leave(client);
  const [thief, nc] = [scene.join(undefined, scene.json), scene.join()];
  const codes = async () =>
    (await scene.ask(thief, "/name alice", "/name A1ice")).map(({ code }) => code);
  assertEquals(await codes(), ["name_taken", "name_confusable"]);
  assertEquals(await scene.type(nc, "/name Alice"), ["Error: Username 'Alice' is already taken"]);
  scene.tick(DELAY - 1);
  assertEquals(await codes(), ["name_taken", "name_confusable"]);
  scene.tick(1);
  assertEquals(await codes(), [undefined, undefined]);
});

Deno.test("A name is free at once after /quit, and where absences are not waited for", async () => {
  const scene = new Scene();
  const { client, token } = await scene.named("Alice");
  scene.hub.disconnect(client.member, false);
  const other = scene.join(undefined, scene.json);
  const [error, reply] = await scene.ask(other, { type: "login", resume: token }, "/name Alice");
  assertEquals([error?.code, reply?.data?.user?.name], ["resume_failed", "Alice"]);

  const hasty = new Scene(0);
  hasty.leave((await hasty.named("Alice")).client);
  assertEquals(await hasty.type(hasty.join(), "/name Alice"), ["Username set to 'Alice'"]);
});

/** The server notices some seconds late that a phone has changed its network. */
Deno.test("A token takes the name back from a connection that is not known to be lost, and ends it", async () => {
  const scene = new Scene();
  const program = scene.join(undefined, new TalkativeFormat());
  const { client, token } = await scene.named("Alice");
  const again = scene.join(undefined, scene.json);
  await scene.ask(again, { type: "login", resume: token });
  assertEquals(client.farewells, ["replaced"]);
  assert(!scene.hub.has(client.member));
  assertEquals(scene.hub.find("Alice"), again.member);
  assertEquals(program.lines(), [
    "<join Alice, 1 users>",
    `<back ${again.member.id} was ${client.member.id}>`,
  ]);
});

Deno.test("A text client takes the name back from the same address, announced as another", async () => {
  const scene = new Scene();
  const program = scene.join(undefined, new TalkativeFormat());
  const nc = scene.join("Alice");
  scene.leave(nc);
  const stranger = scene.listen();
  scene.connect(stranger, "10.0.0.9:1");
  assertEquals(await scene.type(stranger, "/name Alice", "/name A1ice"), [
    "Error: Username 'Alice' is already taken",
    "Error: Username 'A1ice' looks like 'Alice', which belongs to somebody else",
  ]);
  assertEquals(await scene.type(scene.join(), "/name ALICE"), ["Username set to 'ALICE'"]);
  assertEquals(program.lines(), [
    "<join Alice, 1 users>",
    "<leave Alice, 0 users>",
    "<join ALICE, 1 users>",
  ]);
});

Deno.test("A guest with another name gives that up when it takes one back", async () => {
  const scene = new Scene();
  const { client, token } = await scene.named("Alice");
  scene.leave(client);
  const again = scene.join(undefined, scene.json);
  const [first, second] = await scene.ask(again, "/name Ally", { type: "login", resume: token });
  assertEquals([first, second].map((event) => event?.data?.user?.name), ["Ally", "Alice"]);
  assertEquals(await scene.type(scene.join(), "/name Ally"), ["Username set to 'Ally'"]);
  // Its own token is void, and does not take anything from itself.
  const [error] = await scene.ask(again, { type: "login", resume: first?.data?.resume });
  assertEquals(error?.code, "resume_failed");
});

Deno.test("Names are kept for a bounded number of guests", async () => {
  const scene = new Scene();
  const { client } = await scene.named("first");
  scene.leave(client);
  for (let i = 0; i < 9_999; i++) scene.leave(scene.join(`guest.${i}`, scene.json));
  const nc = scene.join();
  assertEquals(await scene.type(nc, "/name first"), ["Error: Username 'first' is already taken"]);
  scene.leave(scene.join("one-more", scene.json));
  assertEquals(await scene.type(nc, "/name first"), ["Username set to 'first'"]);
});

Deno.test("A request to log in needs something to log in with, and a server that knows logins", async () => {
  const scene = new Scene();
  const client = scene.join(undefined, scene.json);
  const [nothing, secret] = await scene.ask(
    client,
    { type: "login" },
    { type: "login", secret: "correct horse" },
  );
  assertEquals([nothing?.code, secret?.code], ["malformed", "no_login"]);
  assert(!JSON.stringify([nothing, secret]).includes("horse"));
});

Deno.test("/login is never said, not even on a server without logins", async () => {
  const scene = new Scene();
  const [nc, reader] = [scene.join("Bob"), scene.join()];
  const lines = ["/login hunter2", "\x1b[A/login hunter2", "\u200b\ufeff /LOGIN hunter2"];
  for (const line of [...lines, " \t/login hunter2", "x\x15/login hunter2"]) {
    assertEquals(await scene.type(nc, line), ["Error: This server asks nobody to log in"]);
  }
  const secret = "0123456789abcdef";
  for (const line of [`login ${secret}`, `.login ${secret}`, `see /login ${secret}`]) {
    assertEquals(await scene.type(nc, line), [
      "Error: Not said, because it looks like /login and a password or token",
    ]);
  }
  for (const line of ["//login hunter2", "\u2215login hunter2", "/ login hunter2"]) {
    const [answer = ""] = await scene.type(nc, line);
    assert(answer.startsWith("Error: "), `${line}: ${answer}`);
  }
  assertEquals(await scene.type(reader), []);
  const harmless = ["login page is down", "login https://chat.example.com/a/long/path", "low", "l"];
  await scene.type(nc, ...harmless);
  assertEquals(reader.lines(), harmless.map((line) => `[Bob]: ${line}`));
});

Deno.test("A guest who is back and takes another name has left where it was under the old one", async () => {
  const scene = new Scene();
  const { client, token } = await scene.named("Alice");
  await scene.ask(client, "/join dev");
  const program = scene.join(undefined, new TalkativeFormat());
  scene.hub.joinRoom(program.member, "dev");
  await flushed();
  program.lines();
  scene.leave(client);
  const again = scene.join(undefined, scene.json);
  await scene.ask(again, { type: "login", resume: token }, "/name Ally", "/join dev");
  scene.tick(DELAY);
  await flushed();
  assertEquals(program.lines(), ["<leave Alice, 1 users>", "<join Ally, 2 users>"]);
});
