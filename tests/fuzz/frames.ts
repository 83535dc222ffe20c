/**
 * Frames: the reader agrees with a decoder of complete input for chunks of any size, and fails only with documented codes;
 * written frames decode to their text.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  CLOSE as CODE,
  encodeCloseFrame,
  encodeFrame,
  encodeTextFrame,
  isSendableCloseCode,
  MAX_CONTROL_PAYLOAD,
  MAX_FRAME_OVERHEAD,
  OPCODE,
} from "../../lib/protocol/websocket/frame.ts";
import type { Incoming } from "../../lib/protocol/incoming.ts";
import { WebSocketProtocol } from "../../lib/protocol/websocket/web_socket_protocol.ts";
import { WebSocketReader } from "../../lib/protocol/websocket/web_socket_reader.ts";
import {
  BINARY,
  CLOSE,
  closeFrame,
  CONTINUATION,
  frame,
  PING,
  PONG,
  TEXT,
} from "../protocol/client_frames.ts";
import { concat, readChunks, utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import { mutate, randomText } from "./mutate.ts";
import type { Bytes, Target } from "./target.ts";

const LIMITS = [0, 100, 70_000];
const LENGTHS = [0, 1, 5, 99, 101, 125, 126, 127, 300];

/** Items without the text of a failure. */
type Item = Exclude<Incoming, { type: "failed" }> | { readonly failed: number };

/** A reference decoder of complete input, by RFC 6455 5.2. */
class Model {
  readonly items: Item[] = [];
  #at = 0;
  #message = 0;
  #collected: Bytes = new Uint8Array(0);

  constructor(readonly input: Bytes, readonly limit: number) {
    try {
      while (this.#at < input.length && this.#frame()) { /* next */ }
    } catch (code) {
      if (typeof code !== "number") throw code;
      this.items.push({ failed: code });
    }
  }

  /** Returns false at the end of the input or of the conversation. @throws {number} The close code. */
  #frame(): boolean {
    const [first = 0, second, ...more] = this.input.subarray(this.#at, this.#at + 10);
    const fin = first >= 0x80, opcode = first & 15;
    const control = opcode >= 8;
    if (first & 0x70 || ![0, 1, 2, 8, 9, 10].includes(opcode)) throw 1002;
    if (control ? !fin : (opcode === 0) !== (this.#message !== 0)) throw 1002;
    if (second === undefined) return false;
    if (second < 0x80 || control && second > 0x80 + 125) throw 1002;
    const extended = second === 0xff ? 8 : second === 0xfe ? 2 : 0;
    if (more.length < extended) return false;
    const digits = more.slice(0, extended);
    const length = extended === 0
      ? BigInt(second & 127)
      : digits.reduce((value, byte) => value << 8n | BigInt(byte), 0n);
    if (extended === 2 && length < 126n || extended === 8 && length < 65_536n) throw 1002;
    if (length >> 63n) throw 1002;
    if (!control && length + BigInt(this.#collected.length) > BigInt(this.limit)) throw 1009;
    const start = this.#at + 2 + extended + 4;
    if (start > this.input.length) return false;
    const key = this.input.subarray(start - 4, start);
    const payload = this.input.slice(start, start + Number(length)).map((byte, i) =>
      byte ^ key[i & 3]!
    );
    this.#at = start + Number(length);
    const whole = payload.length === Number(length);
    return control
      ? whole && this.#control(opcode, payload)
      : this.#data(opcode, payload, fin && whole) && whole;
  }

  #data(opcode: number, payload: Bytes, over: boolean): boolean {
    this.#message ||= opcode;
    this.#collected = concat(this.#collected, payload);
    const text = this.#message === TEXT ? decode(this.#collected, over) : undefined;
    if (!over) return true;
    this.items.push(text ?? { type: "binary", bytes: this.#collected });
    this.#message = 0;
    this.#collected = new Uint8Array(0);
    return true;
  }

  #control(opcode: number, payload: Bytes): boolean {
    if (opcode === PING) this.items.push({ type: "ping", payload });
    if (opcode === PONG) this.items.push({ type: "pong" });
    if (opcode !== CLOSE) return true;
    const code = payload.length === 0 ? 1005 : payload[0]! << 8 | payload[1]!;
    if (payload.length === 1 || payload.length > 0 && !isSendableCloseCode(code)) throw 1002;
    this.items.push({ type: "close", code, reason: decode(payload.subarray(2), true) });
    return false;
  }
}

/** @throws {number} 1007 if it is not UTF-8 or cannot become UTF-8. */
function decode(bytes: Bytes, whole: boolean): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, {
      stream: !whole,
    });
  } catch {
    throw 1007;
  }
}

function read(input: Bytes, limit: number, longest: number, random: Random): Item[] {
  return readChunks(new WebSocketReader(limit), random.cut(input, longest)).map((item) =>
    typeof item !== "string" && item.type === "failed" ? { failed: item.code } : item
  );
}

/** The server sends one close frame at most, and passes no messages on after it. */
function checkClosing(input: Bytes, limit: number, random: Random): void {
  const protocol = new WebSocketProtocol(limit);
  let closeFrames = 0;
  for (const chunk of random.cut(input, 40)) {
    if (random.oneIn(5) && protocol.close(CODE.goingAway, "idle") !== undefined) closeFrames++;
    protocol.push(chunk.slice());
    for (let item = protocol.next(); item !== undefined; item = protocol.next()) {
      const isMessage = typeof item === "string" || item.type === "binary" || item.type === "ping";
      assert(!isMessage || closeFrames === 0, "A message was passed on after the close frame");
      if (typeof item === "string" || !("answer" in item)) continue;
      if (item.answer?.[0] === (0x80 | OPCODE.close)) closeFrames++;
    }
  }
  assert(closeFrames <= 1, `${closeFrames} close frames`);
}

function randomFrame(random: Random): Bytes {
  const opcode = random.pick([TEXT, TEXT, BINARY, CONTINUATION, CONTINUATION, PING, PONG, CLOSE]);
  if (opcode === CLOSE && !random.oneIn(3)) {
    return closeFrame(
      random.pick([1000, 1001, 1005, 1011, 3000, random.below(65_536)]),
      randomText(random, 30),
    );
  }
  const payload = random.oneIn(3)
    ? random.bytes(random.pick(LENGTHS))
    : utf8(randomText(random, 40));
  return frame(opcode, payload, {
    fin: !random.oneIn(3),
    key: [...random.bytes(4)],
    ...(random.oneIn(30) ? { reserved: random.below(8) } : {}),
    ...(random.oneIn(15) ? { extended: random.pick([2, 2, 8]) } : {}),
    ...(random.oneIn(30)
      ? { length: random.pick([126, 65_536, 2n ** 32n, 2n ** 63n]), extended: 8 }
      : {}),
    ...(random.oneIn(60) ? { key: null } : {}),
  });
}

export const frames: Target = {
  name: "frames",
  short: 1_000,

  generate: (random: Random): Bytes =>
    mutate(
      concat(...Array.from({ length: random.between(1, 8) }, () => randomFrame(random))),
      random,
      2,
    ),

  check(input: Bytes, random: Random): void {
    for (const limit of LIMITS) {
      const { items } = new Model(input, limit);
      checkClosing(input, limit, random);
      for (const longest of [input.length + 1, 1, 4, 100]) {
        assertEquals(
          read(input, limit, longest, random),
          items,
          `Limit ${limit}, pieces of ${longest}`,
        );
      }
    }
  },
};

/** Lengths around those at which the header becomes longer. */
const EDGES = [0, 124, 125, 126, 127, 65_534, 65_535, 65_536];

export const writtenFrames: Target = {
  name: "written-frames",
  short: 300,

  generate(random: Random): Bytes {
    const text = utf8(randomText(random, 150));
    if (!random.oneIn(10)) return text;
    return concat(text, new Uint8Array(random.pick(EDGES)).fill(0x78));
  },

  check(input: Bytes, random: Random): void {
    const text = new TextDecoder().decode(input);
    const bytes = utf8(text);
    const at = random.below(4);
    const target = new Uint8Array(at + bytes.length + MAX_FRAME_OVERHEAD).fill(0xaa);
    const end = encodeTextFrame(text, target, at);
    assertEquals(payloadOf(target.slice(at, end), TEXT), bytes);
    assert(target.subarray(0, at).every((byte) => byte === 0xaa), "It wrote in front of it");
    assertEquals(payloadOf(encodeFrame(OPCODE.binary, input), BINARY), input);

    const code = random.pick([...Object.values(CODE)]);
    const close = payloadOf(encodeCloseFrame(code, text), CLOSE);
    assert(close.length <= MAX_CONTROL_PAYLOAD);
    if (code === CODE.noStatus) return assertEquals(close.length, 0);
    assertEquals(close[0]! << 8 | close[1]!, code);
    assert(text.startsWith(decode(close.slice(2), true)), "The reason is cut between characters");
  },
};

/** The payload of a valid server frame. */
function payloadOf(bytes: Bytes, opcode: number): Bytes {
  const view = new DataView(bytes.buffer);
  assertEquals(bytes[0], 0x80 | opcode);
  const short = bytes[1]!;
  const length = short < 126
    ? short
    : short === 126
    ? view.getUint16(2)
    : Number(view.getBigUint64(2));
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  assertEquals(bytes.length, header + length, "The length is in the least bytes and true");
  return bytes.slice(header);
}
