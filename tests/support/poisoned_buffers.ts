/**
 * Poisons released read buffers, so that code that still reads one fails. A buffer that is not intact when it is borrowed
 * again was written after its release. Importing this file does so for every server in the process.
 * @module
 */
import { BufferPool } from "../../lib/server/connection/read_buffers.ts";

/** Not ASCII, not UTF-8 and not a frame. */
const POISON = 0xff;

const poisoned = new WeakSet<Uint8Array>();
const { borrow, giveBack } = BufferPool.prototype;

/** The violations found. They are not thrown, because the server catches its own errors and goes on. */
export const violations: string[] = [];

BufferPool.prototype.borrow = function () {
  const buffer = borrow.call(this);
  if (buffer !== undefined && poisoned.delete(buffer)) {
    const at = buffer.findIndex((byte) => byte !== POISON);
    if (at >= 0) violations.push(`A buffer was written to at ${at} after it was given back`);
  }
  return buffer;
};

BufferPool.prototype.giveBack = function (buffer) {
  if (poisoned.has(buffer)) violations.push("A buffer was given back twice");
  poisoned.add(buffer);
  buffer.fill(POISON);
  giveBack.call(this, buffer);
};
