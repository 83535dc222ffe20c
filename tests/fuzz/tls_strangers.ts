/**
 * Strangers on the TLS port: handshakes that are nearly right, that stop in the middle, and clients that speak or go behind
 * one.
 * @module
 */
import { Duplex } from "node:stream";
import { connect } from "node:tls";
import { utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import { until } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { trusting } from "../support/tls.ts";
import { mutate } from "./mutate.ts";
import { isCut, leave } from "./strangers.ts";

const WORDS = [
  "/list\n",
  "hello\n",
  "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "/help\n".repeat(50),
];

/** Lives one stranger's life on the TLS port. */
export async function beTlsStranger(port: number, random: Random): Promise<void> {
  using socket = await RawSocket.connect(port);
  try {
    if (random.oneIn(4)) await socket.write(random.bytes(random.between(0, 400)));
    else await shakeHands(socket, random);
    await leave(socket, random);
  } catch (error) {
    if (!isCut(error)) throw error;
  }
}

/** A client that breaks off, or breaks something, at any of its flights. */
async function shakeHands(socket: RawSocket, random: Random): Promise<void> {
  const flights: Uint8Array[] = [];
  const wire: Duplex = new Duplex({
    read: () => {},
    write: (chunk: Uint8Array, _encoding, done) => {
      flights.push(chunk);
      done();
    },
  });
  const [ca] = trusting("first").caCerts;
  const maxVersion = random.pick(["TLSv1.2", "TLSv1.3"] as const);
  const tls = connect({ socket: wire, ca, servername: "localhost", maxVersion });
  let over = false;
  tls.on("error", () => over = true);
  tls.on("secureConnect", () => tls.write(utf8(random.pick(WORDS))));
  try {
    for (let flight = random.between(1, 4); flight > 0 && !over; flight--) {
      await until(() => flights.length > 0 || over, "the client speaks");
      const bytes = flights.splice(0).flatMap((chunk) => [...chunk]);
      const sent = random.oneIn(2)
        ? mutate(Uint8Array.from(bytes), random)
        : Uint8Array.from(bytes);
      await socket.write(sent);
      if (flight === 1) return;
      const answer = await socket.some();
      if (answer === undefined) return;
      wire.push(answer);
      await until(() => flights.length > 0 || over || wire.readableLength === 0, "it is read");
      if (flights.length === 0 && !over) return; // in the middle of the server's flight
    }
  } finally {
    tls.destroy();
    wire.destroy();
  }
}
