/**
 * Encodes WebSocket frames of a server, and has the numbers that both directions share (RFC 6455 5.2, 7.4).
 * @module
 */

/** RFC 6455 5.2. */
export const OPCODE = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** The close codes in use (RFC 6455 7.4.1). */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  noStatus: 1005,
  invalidPayload: 1007,
  policyViolation: 1008,
  messageTooBig: 1009,
  internalError: 1011,
  /** From the registry of IANA: the client has to log in. */
  unauthorized: 3000,
} as const;

/** The bit of the last fragment of a message. */
export const FIN = 0x80;

/** The longest payload of a control frame, in bytes (RFC 6455 5.5). */
export const MAX_CONTROL_PAYLOAD = 125;

/** The longest header of a server's frame, in bytes: two, and eight of extended length. */
export const MAX_FRAME_OVERHEAD = 10;

const encoder = new TextEncoder();

/** The length of the header of an unmasked frame, in bytes. */
function headerLength(payload: number): number {
  return payload <= 125 ? 2 : payload <= 0xffff ? 4 : 10;
}

/** Writes the header of a final frame. Returns the index at which its payload begins. */
function writeHeader(opcode: number, payload: number, target: Uint8Array, at: number): number {
  target[at] = FIN | opcode;
  if (payload <= 125) {
    target[at + 1] = payload;
    return at + 2;
  }
  const view = new DataView(target.buffer, target.byteOffset);
  if (payload <= 0xffff) {
    target[at + 1] = 126;
    view.setUint16(at + 2, payload);
    return at + 4;
  }
  target[at + 1] = 127;
  view.setBigUint64(at + 2, BigInt(payload));
  return at + 10;
}

/**
 * Writes `text` as one text frame at `at`, and returns the index at which the frame ends. `target` must have room for the
 * text in UTF-8 and {@linkcode MAX_FRAME_OVERHEAD}.
 *
 * The length of the header is guessed from the number of UTF-16 units, so that ASCII need not be moved.
 */
export function encodeTextFrame(text: string, target: Uint8Array, at: number): number {
  const guess = headerLength(text.length);
  const { written } = encoder.encodeInto(text, target.subarray(at + guess));
  const header = headerLength(written);
  if (header !== guess) target.copyWithin(at + header, at + guess, at + guess + written);
  return writeHeader(OPCODE.text, written, target, at) + written;
}

/** A final frame. */
export function encodeFrame(opcode: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(headerLength(payload.length) + payload.length);
  frame.set(payload, writeHeader(opcode, payload.length, frame, 0));
  return frame;
}

/**
 * A close frame. A reason that does not fit is truncated between characters. The code 1005, which means that there is no
 * code, makes an empty frame.
 */
export function encodeCloseFrame(code: number, reason = ""): Uint8Array<ArrayBuffer> {
  if (code === CLOSE.noStatus) return encodeFrame(OPCODE.close, new Uint8Array(0));
  const payload = new Uint8Array(MAX_CONTROL_PAYLOAD);
  const { written } = encoder.encodeInto(reason, payload.subarray(2));
  payload[0] = code >> 8;
  payload[1] = code & 0xff;
  return encodeFrame(OPCODE.close, payload.subarray(0, 2 + written));
}

/** Whether a peer may send this code in a close frame (RFC 6455 7.4.1, 7.4.2, and IANA's registry up to 1014). */
export function isSendableCloseCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}
