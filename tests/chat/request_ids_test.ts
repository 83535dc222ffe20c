/**
 * A request id stands for one message. The second of two messages with one id was acknowledged as if it had been published,
 * and nobody got it: programs that count their ids from 1 after a restart lost messages.
 */
import { assertEquals } from "@std/assert";
import type { ServerEvent } from "../../lib/wire/protocol.ts";
import { handleFrame } from "../../lib/chat/commands/handle.ts";
import { openHistory } from "../../lib/history/open_history.ts";
import { Folder } from "../history/fakes.ts";
import { FakeClock } from "../support/clock.ts";
import { Chat, type Client, flushed, JsonFormat } from "./fakes.ts";

const UUID = "0190b0a2-7c5e-7f60-8a1e-6c0d9b3e2f11";
const SHORT = "1";

class Scene extends Chat {
  readonly json = new JsonFormat();
  readonly alice = this.join("Alice", this.json);
  readonly bob = this.join("Bob");
  readonly carol = this.join("Carol");

  /** Handles frames, and returns the client's answers: `ack lobby 1`, `id_reused`. */
  async send(client: Client, ...frames: object[]): Promise<string[]> {
    for (const frame of frames) handleFrame(this.hub, client.member, JSON.stringify(frame));
    return await this.outcomes(client);
  }

  async outcomes(client: Client): Promise<string[]> {
    await flushed();
    return client.lines().map((line): ServerEvent => JSON.parse(line)).flatMap((event) => {
      if (event.type === "ack") return `ack ${event.room} ${event.id}`;
      if (event.type === "error") return event.code;
      return event.type === "reply" && event.command === "whisper" ? "whispered" : [];
    });
  }
}

const message = (text: string, id: string, room?: string) => ({ type: "message", text, id, room });

for (const id of [UUID, SHORT]) {
  Deno.test(`The id ${id} stands for one text: another one is refused, and not published`, async () => {
    const scene = new Scene();
    const { alice, bob } = scene;
    await scene.outcomes(alice);
    bob.lines();
    assertEquals(await scene.send(alice, message("hello", id), message("other", id)), [
      "ack lobby 1",
      "id_reused",
    ]);
    assertEquals(await scene.send(alice, message("hello", id), message("hellp", id)), [
      "ack lobby 1",
      "id_reused",
    ]);
    assertEquals(bob.lines(), ["[Alice]: hello"]);
    assertEquals(await scene.send(alice, message("other", `${id}-2`)), ["ack lobby 2"]);
  });

  Deno.test(`The id ${id} stands for one kind and one receiver`, async () => {
    const scene = new Scene();
    const { hub, alice, bob, carol } = scene;
    const { member } = alice;
    hub.joinRoom(member, "dev");
    await scene.outcomes(alice);
    for (const client of [bob, carol]) client.lines();
    hub.say(member, "waves", id, { action: true });
    assertEquals(await scene.outcomes(alice), ["ack dev 1"]);
    hub.say(member, "waves", id);
    hub.whisper(member, bob.member, "psst", `${id}w`, { who: "bob" });
    assertEquals(await scene.outcomes(alice), ["id_reused", "whispered"]);
    bob.lines();
    assertEquals(hub.hasWhispered(member, "waves", "bob", id), true);
    assertEquals(hub.hasWhispered(member, "BOB", "psst", `${id}w`), true);
    assertEquals(hub.hasWhispered(member, "Carol", "psst", `${id}w`), true);
    assertEquals(hub.hasWhispered(member, "bob", "psst!", `${id}w`), true);
    assertEquals(hub.hasWhispered(member, "bob", "psst", `${id}x`), false);
    hub.say(member, "psst", `${id}w`);
    const outcomes = ["id_reused", "whispered", "id_reused", "id_reused", "id_reused"];
    assertEquals(await scene.outcomes(alice), outcomes);
    assertEquals([bob.lines(), carol.lines().slice(-1)], [[], []]);
  });

  Deno.test(`The id ${id} stands for one room, if the room is named`, async () => {
    const scene = new Scene();
    const { alice } = scene;
    scene.hub.joinRoom(alice.member, "dev");
    await scene.outcomes(alice);
    assertEquals(await scene.send(alice, message("hello", id)), ["ack dev 1"]);
    assertEquals(await scene.send(alice, message("hello", id, "dev")), ["ack dev 1"]);
    assertEquals(await scene.send(alice, message("hello", id, "lobby")), ["id_reused"]);
    scene.hub.joinRoom(alice.member, "lobby");
    // It is in another room now, as after a reconnect, and repeats the same frame.
    assertEquals(await scene.send(alice, message("hello", id)), ["ack dev 1"]);
  });
}

Deno.test("A long id stands for its text over reconnects and restarts, from the file alone", async () => {
  using folder = new Folder();
  const clock = new FakeClock();
  for (let run = 0; run < 3; run++) {
    using history = openHistory({ path: folder.file(), clock });
    const scene = new Scene({ history });
    for (const client of [scene.alice, scene.join(undefined, scene.json)]) {
      await scene.outcomes(client);
      assertEquals(await scene.send(client, message("hello", UUID)), ["ack lobby 1"]);
      assertEquals(await scene.send(client, message("other", UUID)), ["id_reused"]);
      scene.hub.say(client.member, "hello", UUID, { action: true });
      assertEquals(await scene.outcomes(client), ["id_reused"]);
      clock.advance(run * 1_000); // written, or not yet
    }
    assertEquals(history.latest("lobby"), 1);
  }
});

/**
 * The receipts are gone after a restart, and the history was asked only for the room in which the client was at that time:
 * the lobby, since it had just reconnected. So a message to another room was said a second time, in the lobby, and an id
 * that stood for a message of one room was taken for a new one in another.
 */
Deno.test("A long id stands for its room over restarts, wherever its author is then", async () => {
  using folder = new Folder();
  const clock = new FakeClock();
  for (let run = 0; run < 3; run++) {
    using history = openHistory({ path: folder.file(), clock });
    const scene = new Scene({ history });
    const { hub, alice } = scene;
    if (run === 0) {
      hub.joinRoom(alice.member, "dev");
      await scene.outcomes(alice);
      assertEquals(await scene.send(alice, message("hello", UUID)), ["ack dev 1"]);
      hub.joinRoom(alice.member, "lobby");
    }
    await scene.outcomes(alice);
    assertEquals(await scene.send(alice, message("hello", UUID)), ["ack dev 1"]);
    assertEquals(await scene.send(alice, message("other", UUID)), ["id_reused"]);
    assertEquals(await scene.send(alice, message("hello", UUID, "lobby")), ["id_reused"]);
    hub.joinRoom(alice.member, "dev");
    assertEquals(await scene.send(alice, message("hello", UUID, "dev")), ["ack dev 1"]);
    clock.advance(run * 1_000); // written, or not yet
    assertEquals([history.latest("lobby"), history.latest("dev")], [0, 1]);
    assertEquals([history.roomOf(UUID), history.roomOf(SHORT)], ["dev", undefined]);
  }
});

Deno.test("Short ids of two connections are two ids, and no long one is like a short one", async () => {
  const scene = new Scene();
  const other = scene.join("Dave", scene.json);
  await scene.outcomes(other);
  await scene.outcomes(scene.alice);
  assertEquals(await scene.send(scene.alice, message("a", SHORT)), ["ack lobby 1"]);
  assertEquals(await scene.send(other, message("b", SHORT)), ["ack lobby 2"]);
  const short = "x".repeat(15);
  assertEquals(await scene.send(scene.alice, message("c", short)), ["ack lobby 3"]);
  const { id } = scene.alice.member;
  assertEquals(await scene.send(other, message("d", `${id} ${short}`)), ["ack lobby 4"]);
});
