/**
 * The client library and a hostile server: whatever comes in whatever order, nothing is thrown, every message has one end,
 * and nothing grows or goes on after the client is closed.
 */
import { assert, assertEquals } from "@std/assert";
import { ClientCore } from "../../lib/client/core.ts";
import { EVENTS, type EventType } from "../../lib/wire/events.ts";
import { REPLIES, type ReplyCommand } from "../../lib/wire/replies.ts";
import { FakeNet } from "../client/fakes.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import { sampleOf, spoil } from "../wire/samples.ts";
import { mutate } from "./mutate.ts";
import type { Bytes, Target } from "./target.ts";

/** Separates the steps of an input: a byte that no text contains. */
const SEPARATOR = "\x1e";

/** Steps that are no frame. */
const ACTIONS = ["open", "die", "tick", "say", "join", "leave", "name", "anonymous", "retry"];

const MAX_UNSENT = 20;

/** An event of the table, right or nearly. `@3` as its `ref` stands for the third request from the end. */
function randomFrame(random: Random): string {
  const ref = random.oneIn(3) ? null : `@${random.below(6)}`;
  if (random.oneIn(2)) {
    const command = random.pick(Object.keys(REPLIES) as ReplyCommand[]);
    const data = sampleOf(REPLIES[command].fields, random);
    return frameOf({ type: "reply", time: random.below(99), ref, text: "", command, data }, random);
  }
  const type = random.pick(
    [...Object.keys(EVENTS) as EventType[], "hello", "login_required", "ack"] as const,
  );
  return frameOf(
    { type, time: random.below(99), ref, ...sampleOf(EVENTS[type].fields, random) },
    random,
  );
}

function frameOf(event: Record<string, unknown>, random: Random): string {
  return JSON.stringify(random.oneIn(4) ? spoil(event, random) : event);
}

function randomStep(random: Random): string {
  return random.oneIn(3) ? random.pick(ACTIONS) : randomFrame(random);
}

class Scene {
  readonly net = new FakeNet();
  readonly core: ClientCore;
  /** The ends of messages, by their ids. */
  readonly ends = new Map<string, string>();
  queued = 0;
  asked = 0;

  constructor() {
    this.core = new ClientCore({
      environment: this.net.environment,
      name: "Alice",
      login: () => ["secret", undefined, Promise.resolve("secret")][this.asked++ % 3],
      rooms: ["lobby", "dev"],
      maxUnsent: MAX_UNSENT,
    });
    this.core.on("delivery", ({ message: { id }, state }) => {
      assertEquals(this.ends.get(id), undefined, "A message has one end");
      if (state === "delivered" || state === "failed") this.ends.set(id, state);
    });
    this.core.open("ws://here/");
  }

  take(step: string): void {
    const { net, core } = this;
    switch (step) {
      case "open":
        return net.socket.opens();
      case "die":
        return net.socket.dies();
      case "tick":
        return net.clock.advance(3_000);
      case "say":
        if (core.isOutboxFull) return;
        core.queue({ type: "message", text: "hello", room: "dev" });
        return void this.queued++;
      case "join":
        return void core.post({ type: "join", room: "dev" });
      case "leave":
        return void core.leave("dev");
      case "name":
        return void core.setName("Bob");
      case "anonymous":
        return core.stayAnonymous();
      case "retry":
        return core.retry();
      default:
        return net.socket.says(this.#withRef(step));
    }
  }

  #withRef(frame: string): string {
    return frame.replace(/"@(\d)"/, (_, back) => {
      return JSON.stringify(this.net.allSent.at(-1 - Number(back))?.id ?? null);
    });
  }
}

export const client: Target = {
  name: "client",
  short: 600,

  generate: (random: Random): Bytes =>
    concat(
      ...Array.from({ length: random.between(1, 60) }, () =>
        concat(mutate(utf8(randomStep(random)), random, 1), utf8(SEPARATOR))),
    ),

  async check(input: Bytes): Promise<void> {
    const scene = new Scene();
    const { core, net, ends } = scene;
    for (const step of new TextDecoder().decode(input).split(SEPARATOR)) {
      scene.take(step);
      assert(core.unsent.length <= MAX_UNSENT);
      assertEquals(core.unsent.length + ends.size, scene.queued, "No message is lost");
      assert(net.clock.pending <= 3, `${net.clock.pending} timers`);
      assert(core.isReady ? core.state === "open" : true);
    }
    core.close();
    await Promise.resolve();
    assertEquals([core.state, net.clock.pending, core.rooms.length], ["closed", 0, 0]);
    const { length } = net.sockets;
    net.clock.advance(1_000_000);
    assertEquals(net.sockets.length, length, "A closed client does not connect");
  },
};
