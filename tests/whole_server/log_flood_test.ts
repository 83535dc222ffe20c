/**
 * The log is bounded, whatever strangers do. The time stands still in these tests, so the log has one burst of each kind of
 * entry.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { LOG_BURST } from "../../lib/server/observability/log_limiter.ts";
import { handshake } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { eachInTurn } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { TestServer } from "../support/server.ts";
import { TLS } from "../support/tls.ts";

/** More than a burst, at one or two lines each. */
const FLOOD = LOG_BURST + 100;

/** Connections at once; more would only wait for each other. */
const CROWD = 50;

/** Opens as many connections as a flood needs, and does the same with each. */
async function flood(port: number, act: (socket: RawSocket) => Promise<void>): Promise<void> {
  const crowds = Array.from({ length: FLOOD / CROWD }, (_, i) => i);
  await eachInTurn(crowds, () =>
    Promise.all(
      Array.from({ length: CROWD }, async () => {
        using socket = await RawSocket.connect(port);
        await act(socket);
        await socket.gone();
      }),
    ));
}

const says = (text: string | Uint8Array) => (socket: RawSocket) => socket.write(text);

/** A frame that is not masked, which RFC 6455 5.1 forbids. */
const UNMASKED = "\x81\x01x";

const FLOODS: ReadonlyArray<readonly [string, (socket: RawSocket) => Promise<void>]> = [
  ["clients that come and go", says("/quit\n")],
  ["TLS on the plain port", says(Uint8Array.of(0x16, 0x03, 0x01))],
  ["frames that break the protocol", says(handshake() + UNMASKED)],
  [
    "pages from another origin",
    says(handshake({ Origin: "https://evil.example", Connection: "Upgrade, close" })),
  ],
  ["wrong tokens", says("/oper wrong-wrong-wrong-wrong\n/quit\n")],
];

for (const [name, act] of FLOODS) {
  Deno.test(`The log is bounded in a flood of ${name}`, async () => {
    await using folder = new TempFolder();
    const operatorTokenFile = folder.path("token");
    await Deno.writeTextFile(operatorTokenFile, "0123456789abcdef\n", { mode: 0o600 });
    const server = new TestServer({ clock: new FakeClock(), operatorTokenFile });
    await flood(server.port, act);
    assertBounded(server);
    await server.shutdown();
  });
}

Deno.test("The log is bounded in a flood of handshakes that fail", async () => {
  const server = new TestServer({ ...TLS, clock: new FakeClock() });
  await flood(server.server.tlsAddr!.port, says("GET / HTTP/1.1\r\n\r\n"));
  assertBounded(server);
  const { logSuppressed } = server.server.counters;
  assertEquals(logSuppressed, FLOOD - LOG_BURST);
  await server.shutdown();
  assert(server.hasLogged(`Log entries left out (protocol): ${logSuppressed}`));
});

Deno.test("The log is bounded in a flood of malformed PROXY headers", async () => {
  const server = new TestServer({ clock: new FakeClock(), trustProxy: "127.0.0.1" });
  await flood(server.port, says("PROXY TCP4 x\r\n"));
  assertBounded(server);
  await server.shutdown();
});

/** A burst of each kind, and the entry that more were left out. */
function assertBounded(server: TestServer): void {
  assert(server.log.length > 0);
  const kinds = Map.groupBy(
    server.log,
    ({ topic, level, address, message }) =>
      message.startsWith("Too many log entries")
        ? "limit"
        : `${topic} ${level} ${address === undefined}`,
  );
  for (const [kind, entries] of kinds) {
    assert(entries.length <= LOG_BURST, `${kind}: ${entries.length}`);
  }
  for (const { message } of server.log) assert(message.length < 200, message);
}
