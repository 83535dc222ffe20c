/**
 * Strangers: connections that misbehave in many ways.
 * @module
 */
import { CONTINUATION, frame, PONG, TEXT } from "../protocol/client_frames.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import { Random } from "../random.ts";
import { handshake } from "../support/client.ts";
import { eachInTurn, times, turn } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { ResettableSocket } from "../support/reset.ts";
import { apiRequests } from "./api_requests.ts";
import { mutate } from "./mutate.ts";
import type { Bytes } from "./target.ts";
import { TARGETS } from "./targets.ts";

const JSON_HANDSHAKE = handshake({ "Sec-WebSocket-Protocol": "backchannel.v1.json" });

/** A line whose reply is a hundred times as long. */
const FLOOD = "/help\n";

/** Many of these are sent on one connection. */
const PAGE = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** A request before a handshake, and so much data after it that reads have their maximum size. */
function pipelined(random: Random): Bytes {
  const head = PAGE.replace("\r\n\r\n", `\r\nX: ${"x".repeat(random.below(9_000))}\r\n\r\n`);
  const requests = head + random.pick(["", "\r\n", PAGE, PAGE.replace("GET", "HEAD")]);
  const pong = Uint8Array.of(0x8a, 0x80, 0, 0, 0, 0);
  const pongs = Array.from({ length: random.below(12_000) }, () => pong);
  return concat(utf8(requests + random.pick([handshake(), JSON_HANDSHAKE])), ...pongs);
}

/** The input of strangers, half of it from the grammars of the fuzzers. */
const SPEECHES: readonly ((random: Random) => Bytes)[] = [
  (random) => random.bytes(random.between(1, 3_000)),
  (random) => utf8(handshake().slice(0, random.below(handshake().length))),
  (random) => mutate(utf8(handshake()), random),
  (random) => concat(utf8(random.pick([handshake(), JSON_HANDSHAKE])), nonsense(random)),
  (random) => concat(utf8(handshake()), random.bytes(random.between(1, 500))),
  (random) => nonsense(random),
  (random) => utf8(FLOOD.repeat(random.between(1, 3_000))),
  (random) => concat(utf8(FLOOD.repeat(random.between(1, 500))), nonsense(random)),
  (random) => utf8(`GET /${"x".repeat(random.below(20_000))} HTTP/1.1\r\n\r\n`),
  (random) => utf8(PAGE.repeat(random.between(2, 300))),
  (random) => concat(utf8(PAGE.repeat(random.between(1, 5))), nonsense(random)),
  pipelined,
  apiRequests,
  apiRequests,
  (random) => concat(Uint8Array.of(0x16, 0x03, 0x01), random.bytes(200)),
  (random) => utf8(random.pick(COSTLY).repeat(random.between(1, 300))),
  (random) => concat(utf8(handshake()), ...Array(random.between(1, 2_000)).fill(random.pick(FREE))),
  (random) => concat(...Array(random.between(1, 2_000)).fill(random.pick(COMMANDS))),
  () => utf8(""),
];

/** Requests that cost the server more than they cost their sender. */
const COSTLY = ["/search a-a-a-a b-a\n", "/history 100\n", "/rooms\n/list\n", "/name a\n/away b\n"];

/** Frames that say nothing: an unfinished message's pieces, and pongs. */
const FREE = [
  frame(CONTINUATION, "", { fin: false }),
  frame(TEXT, "", { fin: false }),
  frame(PONG, ""),
];

/** The same of telnet: IAC NOP, IAC WILL ECHO, and an empty subnegotiation. */
const COMMANDS = [[255, 241], [255, 251, 1], [255, 250, 24, 255, 240]].map((bytes) =>
  Uint8Array.from(bytes)
);

/** An input of one of the fuzzers. */
function nonsense(random: Random): Bytes {
  return random.pick(TARGETS).generate(random);
}

/** Runs one stranger: connects, sends its input in some way, and disconnects in some way. */
export async function beStranger(port: number, random: Random): Promise<void> {
  const speech = random.pick(SPEECHES)(random);
  if (random.oneIn(4)) return await speakAndReset(port, speech);
  using socket = await RawSocket.connect(port);
  try {
    await speak(socket, speech, random);
    await leave(socket, random);
  } catch (error) {
    if (!isCut(error)) throw error;
  }
}

async function speakAndReset(port: number, speech: Bytes): Promise<void> {
  const socket = await ResettableSocket.connect(port);
  socket.socket.on("error", () => {}); // the server may have been faster
  if (speech.length > 0) socket.socket.write(speech);
  await socket.reset();
}

async function speak(socket: RawSocket, speech: Bytes, random: Random): Promise<void> {
  if (!random.oneIn(3)) return await socket.write(speech);
  // Slowly: the event loop turns between the chunks, and most of the input is never sent.
  const pieces = random.cut(speech.subarray(0, 400), random.pick([1, 7, 60])).slice(0, 40);
  await eachInTurn(pieces, async (piece) => {
    await socket.write(piece);
    await turn();
  });
}

export async function leave(socket: RawSocket, random: Random): Promise<void> {
  switch (random.below(4)) {
    case 0:
      return; // with what the server has sent unread, which is a reset too
    case 1:
      await socket.halfClose();
      return await socket.gone();
    case 2:
      await socket.halfClose();
      return await turn();
    case 3:
      return await times(random.below(30), turn); // stays a while
  }
}

/** Whether the server has hung up, as it may. */
export function isCut(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.NotConnected;
}
