/**
 * Encodes frames of a WebSocket client (RFC 6455 5.2), including invalid ones.
 * @module
 */
import { concat, utf8 } from "./reading.ts";

export const TEXT = 0x1, BINARY = 0x2, CLOSE = 0x8, PING = 0x9, PONG = 0xa, CONTINUATION = 0x0;

export interface FrameOptions {
  /** @default {true} */
  readonly fin?: boolean;
  /** The three reserved bits, 1 to 7. @default {0} */
  readonly reserved?: number;
  /** `null` for a frame without a mask. @default {[0x12, 0x34, 0x56, 0x78]} */
  readonly key?: readonly number[] | null;
  /** The length that the header states. @default {payload.length} */
  readonly length?: number | bigint;
  /** The number of bytes of extended length: 0, 2 or 8. @default the minimum */
  readonly extended?: number;
}

export function frame(
  opcode: number,
  payload: string | Uint8Array = "",
  options: FrameOptions = {},
): Uint8Array<ArrayBuffer> {
  const bytes = typeof payload === "string" ? utf8(payload) : payload;
  const { fin = true, reserved = 0, key = [0x12, 0x34, 0x56, 0x78], length = bytes.length } =
    options;
  const { extended = length <= 125 ? 0 : length <= 0xffff ? 2 : 8 } = options;
  const short = extended === 0 ? Number(length) : extended === 2 ? 126 : 127;
  const big = new Uint8Array(8);
  new DataView(big.buffer).setBigUint64(0, BigInt(length));
  return concat(
    Uint8Array.of((fin ? 0x80 : 0) | reserved << 4 | opcode, (key ? 0x80 : 0) | short),
    big.subarray(8 - extended),
    Uint8Array.from(key ?? []),
    key ? bytes.map((byte, i) => byte ^ key[i & 3]!) : bytes,
  );
}

/** The frames of one fragmented message. */
export function fragments(
  opcode: number,
  ...payloads: readonly (string | Uint8Array)[]
): Uint8Array<ArrayBuffer>[] {
  return payloads.map((payload, i) =>
    frame(i === 0 ? opcode : CONTINUATION, payload, { fin: i === payloads.length - 1 })
  );
}

/** A close frame with any code and any reason. */
export function closeFrame(
  code: number,
  reason: string | Uint8Array = "",
): Uint8Array<ArrayBuffer> {
  const bytes = typeof reason === "string" ? utf8(reason) : reason;
  return frame(CLOSE, concat(Uint8Array.of(code >> 8, code & 0xff), bytes));
}
