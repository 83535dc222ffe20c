/**
 * A chat line as a server writes it: UTF-8 and an LF. The counterpart of `frame.ts` for line clients.
 * @module
 */

const LF = 0x0a;
const encoder = new TextEncoder();

/** What a line's end adds to its text, in bytes. */
export const LINE_OVERHEAD = 1;

/**
 * Writes `text` as one line at `at` and returns the line's end. `target` must have room for the text in UTF-8 and
 * {@linkcode LINE_OVERHEAD}.
 */
export function encodeLine(text: string, target: Uint8Array, at: number): number {
  const end = at + encoder.encodeInto(text, target.subarray(at)).written;
  target[end] = LF;
  return end + 1;
}
