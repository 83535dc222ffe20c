/**
 * Prints how many bytes of memory a client takes whose message of many lines waits for its rate. Run with
 * `--v8-flags=--expose-gc`: it is a program of its own because a test cannot ask for garbage to be collected.
 */
import { serve } from "../../mod.ts";
import { WebSocketClient } from "../support/client.ts";
import { times, until } from "../support/patience.ts";

const CLIENTS = 50;

/** Much text, in lines as short as may be. */
const MESSAGE = "ab\n".repeat(21_000);

declare const gc: () => void;

function used(): number {
  gc();
  gc(); // what the first has found is swept by the second
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

const server = serve({ port: 0, idleTimeout: 0, heartbeat: 0, rate: 0.001, maxPayload: 65_536 });
const clients: WebSocketClient[] = [];
await times(CLIENTS, async () => clients.push(await WebSocketClient.connect(server.addr.port)));
const before = used();
await times(CLIENTS, (i) => clients[i]!.say(MESSAGE));
await until(() => server.counters.throttled === CLIENTS, "all wait");
console.log(Math.round((used() - before) / CLIENTS));
for (const client of clients) client.close();
await server.shutdown();
