/**
 * Clients that have vanished, and clients that only listen. A line client sends nothing that tells one from the other.
 * @module
 */
import { assertEquals } from "@std/assert";
import { TCP, WEBSOCKET } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";
import { connectLine, TLS } from "../support/tls.ts";

const TABLE = "/proc/net/tcp";

/** The kernel's timer for the connection between two ports of this machine, as Linux's `proc_net_tcp.txt` numbers it. */
function timerOf(local: number, remote: number): string | undefined {
  const ends = [local, remote].map((port) => {
    return `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  });
  const rows = Deno.readTextFileSync(TABLE).split("\n").map((row) => row.trim().split(/\s+/));
  const row = rows.find(([, local, remote]) => local === ends[0] && remote === ends[1]);
  const timer = row?.[5]?.split(":")[0];
  return timer === "02" ? "keepalive" : timer === "00" ? "none" : timer;
}

const portOf = (address: string) => Number(address.split(":").at(-1));

const isLinux = Deno.build.os === "linux";

/** Regression: with `--idle-timeout 0` a vanished client kept its name until the server ended. */
Deno.test({
  name: "The kernel asks whether a silent client is still there" +
    (isLinux ? "" : " (skipped: only Linux tells)"),
  ignore: !isLinux,
  fn: async () => {
    await using server = new TestServer({ ...TLS, metricsPort: 0, idleTimeout: 0 });
    using alice = await (await server.connect(TCP)).takesName("Alice");
    using bob = await (await server.connect(WEBSOCKET)).takesName("Bob");
    using carol = await (await connectLine(server.server.tlsAddr!.port)).takesName("Carol");
    using silent = await RawSocket.connect(server.port);
    await server.settle();
    assertEquals(timerOf(portOf(alice.address), server.port), "none"); // our own end, for comparison
    for (const { address } of [alice, bob, silent]) {
      assertEquals(timerOf(server.port, portOf(address)), "keepalive");
    }
    assertEquals(timerOf(server.server.tlsAddr!.port, portOf(carol.address)), "keepalive");
  },
});

Deno.test("--line-idle-timeout keeps line clients that only read longer than others", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, idleTimeout: 30, lineIdleTimeout: 3_600 });
  using reader = await (await server.connect(TCP)).takesName("Reader");
  using page = await (await server.connect(WEBSOCKET)).takesName("Page");
  clock.advance(30_000);
  assertEquals((await page.ending()).lines[0], "Disconnected due to inactivity");
  using speaker = await (await server.connect(TCP)).takesName("Speaker");
  await speaker.say("still there?");
  await reader.hears("[Speaker]: still there?");
  clock.advance(3_570_000);
  assertEquals((await reader.ending()).lines[0], "Disconnected due to inactivity");
});

Deno.test("--line-idle-timeout may be shorter than --idle-timeout, and 0 turns it off", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, idleTimeout: 0, lineIdleTimeout: 5 });
  using reader = await (await server.connect(TCP)).takesName("Reader");
  clock.advance(5_000);
  assertEquals((await reader.ending()).lines[0], "Disconnected due to inactivity");
  await using other = new TestServer({ clock, idleTimeout: 5, lineIdleTimeout: 0 });
  using lasting = await (await other.connect(TCP)).takesName("Lasting");
  clock.advance(86_400_000);
  await lasting.hearsNothing();
});
