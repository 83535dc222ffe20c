/**
 * The whole server under attack by strangers, while witnesses chat.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { Random } from "../random.ts";
import { type Client, TCP } from "../support/client.ts";
import { countDescriptors } from "../support/descriptors.ts";
import { until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { TLS } from "../support/tls.ts";
import { STRANGERS_TOKEN } from "./api_requests.ts";
import { beStranger } from "./strangers.ts";
import { beTlsStranger } from "./tls_strangers.ts";
import { Witnesses } from "./witnesses.ts";

/** The number of strangers at a time. */
const AT_ONCE = 40;

/** Small limits and short timeouts, so that strangers reach all of them. */
const OPTIONS = {
  capacity: 256,
  capacityBytes: 65_536,
  maxPayload: 4_096,
  idleTimeout: 0,
  heartbeat: 0.05,
  pongTimeout: 60,
  writeTimeout: 1,
  presenceDelay: 0.01,
  handshakeTimeout: 0.5,
  apiTokens: [STRANGERS_TOKEN],
  apiStreams: 10,
} as const;

export interface Story {
  /** The number of messages that the witnesses exchanged. */
  readonly said: number;
  /** The longest round trip of a message, in ms. */
  readonly longest: number;
}

/**
 * Runs `count` strangers. Throws if a witness loses a message or waits in vain, if the server logs an error, or if anything
 * of a stranger remains at the end.
 */
export async function besiege(seed: number, count: number): Promise<Story> {
  const before = countDescriptors();
  const story = await withServer(seed, count);
  await until(() => countDescriptors() <= before, "all descriptors are closed");
  return story;
}

async function withServer(seed: number, count: number): Promise<Story> {
  await using server = new TestServer({ ...OPTIONS, ...TLS });
  const apart = await Witnesses.meet(server.port, "apart", "witnesses");
  const amid = await Witnesses.meet(server.port, "amid");
  const both = [apart, amid];
  const siege = strangers(server.port, server.server.tlsAddr!.port, seed, count);
  await Promise.race([siege, ...both.map(({ noticed }) => noticed)]);
  await siege;
  await Promise.all(both.map((pair) => pair[Symbol.asyncDispose]()));
  await allAreGone(server);
  return {
    said: apart.said + amid.said,
    longest: Math.max(apart.longest, amid.longest),
  };
}

/** Each stranger has a seed of its own: which one comes when depends on the machine, what it does not. */
async function strangers(
  port: number,
  tlsPort: number,
  seed: number,
  count: number,
): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, async () => {
    while (next < count) {
      const random = new Random(seed * 1_000_003 + next++);
      if (random.oneIn(5)) await beTlsStranger(tlsPort, random);
      else await beStranger(port, random);
    }
  }));
}

async function allAreGone(server: TestServer): Promise<void> {
  using client = await server.connect(TCP);
  await client.hearsNothing();
  await until(
    async () => (await statistics(client)).includes("Active connections: 1 |"),
    "all are gone",
  );
  assert(server.server.counters.apiRequests.done > 0);
  await until(() => server.server.counters.eventStreams === 0, "no stream is left");
  const rooms = await answer(client, "/rooms", "Rooms: ");
  assertEquals(new Set(rooms.match(/\(\d+\)/g)), new Set(["(0)"]), rooms); // those with a history stay
}

function statistics(client: Client): Promise<string> {
  return answer(client, "/stats", "Server Statistics: ");
}

/** The reply to a command, between the last messages of strangers. */
async function answer(client: Client, command: string, prefix: string): Promise<string> {
  await client.say(command);
  let line = "";
  await until(async () => (line = await client.line()).startsWith(prefix), `it answers ${command}`);
  return line;
}
