import { assert, assertEquals } from "@std/assert";
import {
  BufferPool,
  FIRST_READ,
  MAX_OWN_READ,
  ReadBuffer,
  SHARED_READ,
} from "../../lib/net/buffers.ts";

/** Fills the buffer until it grows no more; returns the sizes on the way. */
function grow(buffer: ReadBuffer): number[] {
  const sizes = [buffer.bytes.length];
  for (;;) {
    buffer.adapt(buffer.bytes.length);
    if (buffer.bytes.length === sizes.at(-1)) return sizes;
    sizes.push(buffer.bytes.length);
  }
}

Deno.test("ReadBuffer grows with what comes", () => {
  const buffer = new ReadBuffer(new BufferPool());
  assertEquals(grow(buffer), [FIRST_READ, 256, 1_024, MAX_OWN_READ, SHARED_READ]);
});

Deno.test("ReadBuffer stays as it is while reads do not fill it", () => {
  const buffer = new ReadBuffer(new BufferPool());
  for (const length of [0, 1, FIRST_READ - 1]) {
    buffer.adapt(length);
    assertEquals(buffer.bytes.length, FIRST_READ);
  }
});

Deno.test("ReadBuffer gives a shared buffer back at the first read that does not fill it", () => {
  const pool = new BufferPool();
  const buffer = new ReadBuffer(pool);
  grow(buffer);
  const shared = buffer.bytes;
  buffer.adapt(SHARED_READ - 1);
  assertEquals(buffer.bytes.length, MAX_OWN_READ);
  assert(pool.borrow() === shared);
});

Deno.test("ReadBuffer.release() gives back once", () => {
  const pool = new BufferPool();
  const buffer = new ReadBuffer(pool);
  grow(buffer);
  buffer.release();
  buffer.release();
  assert(pool.borrow() !== pool.borrow());
});

Deno.test("BufferPool has 64 buffers and no more; who gets none reads into its own", () => {
  const pool = new BufferPool();
  const buffers = Array.from({ length: 66 }, () => new ReadBuffer(pool));
  const sizes = buffers.map((buffer) => grow(buffer).at(-1));
  assertEquals(sizes.filter((size) => size === SHARED_READ).length, 64);
  assertEquals(sizes.filter((size) => size === MAX_OWN_READ).length, 2);
  buffers[0]!.release();
  assertEquals(grow(buffers[65]!).at(-1), SHARED_READ);
});

Deno.test("BufferPool never gives the same buffer to two", () => {
  const pool = new BufferPool();
  const borrowed = Array.from({ length: 20 }, () => pool.borrow()!);
  assertEquals(new Set(borrowed.map(({ buffer }) => buffer)).size, 20);
  for (const buffer of borrowed) pool.giveBack(buffer);
  const again = Array.from({ length: 20 }, () => pool.borrow()!);
  assertEquals(new Set(again.map(({ buffer }) => buffer)).size, 20);
});

Deno.test("First buffers do not overlap", () => {
  const pool = new BufferPool();
  const buffers = Array.from({ length: 1_000 }, () => new ReadBuffer(pool).bytes);
  buffers.forEach((bytes, i) => bytes.fill(i & 0xff));
  assert(buffers.every((bytes, i) => bytes.every((byte) => byte === (i & 0xff))));
  assertEquals(new Set(buffers.map(({ length }) => length)), new Set([FIRST_READ]));
});
