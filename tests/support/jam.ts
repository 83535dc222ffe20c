/**
 * A client that does not read, with full kernel buffers.
 * @module
 */
import { LineClient, TCP } from "./client.ts";
import { until } from "./patience.ts";
import type { TestServer } from "./server.ts";

/** Large, since the kernel buffers megabytes before writes stall. */
const LONG = "x".repeat(60_000);

/** Jams a line client of a server with a small capacity. */
export async function jam(server: TestServer): Promise<LineClient> {
  const jammed = await LineClient.connect(server.port);
  await jammed.hearsNothing();
  using speaker = await server.connect(TCP);
  await until(async () => {
    await speaker.say(...Array<string>(20).fill(LONG));
    await speaker.hearsNothing();
    return server.hasLogged(/^Slow client|too slow$/, jammed.address);
  }, "somebody is jammed");
  return jammed;
}
