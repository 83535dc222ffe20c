/**
 * Several servers are one chat.
 */
import { assertEquals } from "@std/assert";
import { TCP, WEBSOCKET } from "../support/client.ts";
import { Redis, redisTest } from "../support/redis.ts";
import { TestServer } from "../support/server.ts";
import type { ServeOptions } from "../../mod.ts";

/** Two servers of one chat. */
export class Pair implements AsyncDisposable {
  private constructor(
    readonly redis: Redis,
    readonly one: TestServer,
    readonly two: TestServer,
  ) {}

  static async start(options: ServeOptions = {}): Promise<Pair> {
    const redis = await Redis.start();
    const [one, two] = [0, 1].map(() => new TestServer({ cluster: redis.url, ...options })) as [
      TestServer,
      TestServer,
    ];
    await one.server.ready;
    await two.server.ready;
    return new Pair(redis, one, two);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.one[Symbol.asyncDispose]();
    await this.two[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
  }
}

redisTest("Clients of two servers talk to each other", async () => {
  await using pair = await Pair.start();
  using alice = await pair.one.connect(TCP);
  using bob = await pair.two.connect(WEBSOCKET);
  await alice.takesName("Alice");
  await bob.asks("/name alice", "Error: Username 'alice' is already taken");
  await bob.takesName("Bob");
  await alice.say("hello", "/list");
  await bob.hears("[Alice]: hello");
  await alice.hears(`Users online: Alice (${alice.address}), Bob (${bob.address})`);
  await bob.asks("/whisper alice psst", "[Whisper to Alice]: psst");
  await alice.hears("[Whisper from Bob]: psst");
  await alice.asks("/join dev", "Joined room 'dev'");
  await bob.asks("/join DEV", "Joined room 'dev'");
  await alice.say("one", "two");
  await bob.hears("[Alice]: one", "[Alice]: two");
  await bob.say("/history");
  assertEquals((await bob.line()).split("\n").map((line) => line.slice(23)), [
    "[Alice]: one",
    "[Alice]: two",
  ]);
});
