import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  BufferPool,
  type ByteSource,
  FIRST_READ,
  MAX_OWN_READ,
  ReadBuffer,
  SHARED_READ,
} from "../../../lib/server/connection/read_buffers.ts";
import { FakeConn, settled } from "../../support/conn.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Fills the memory of each read, or fails it. */
const full: ByteSource = { read: (memory) => Promise.resolve(memory.length) };
const broken: ByteSource = { read: () => Promise.reject(new Deno.errors.ConnectionReset()) };

/** Reads until the buffer stops growing, and returns its sizes. */
async function grow(buffer: ReadBuffer): Promise<number[]> {
  const sizes = [buffer.size];
  for (;;) {
    buffer.adapt(await buffer.read(full) ?? 0);
    if (buffer.size === sizes.at(-1)) return sizes;
    sizes.push(buffer.size);
  }
}

/** A buffer that has grown, with a pending read, and the memory that this read owns. */
async function reading(pool = new BufferPool()) {
  const buffer = new ReadBuffer(pool);
  await grow(buffer);
  const conn = new FakeConn();
  const read = buffer.read(conn);
  return { pool, buffer, conn, read, memory: conn.reading!.buffer };
}

/** Whether `memory` is in the pool. */
function isBack(pool: BufferPool, memory: Bytes): boolean {
  const borrowed = pool.borrow()!;
  pool.giveBack(borrowed);
  return borrowed === memory;
}

Deno.test("ReadBuffer grows with reads that fill it", async () => {
  const buffer = new ReadBuffer(new BufferPool());
  assertEquals(await grow(buffer), [FIRST_READ, 256, 1_024, MAX_OWN_READ, SHARED_READ]);
});

Deno.test("ReadBuffer stays as it is while reads do not fill it", () => {
  const buffer = new ReadBuffer(new BufferPool());
  for (const length of [0, 1, FIRST_READ - 1]) {
    buffer.adapt(length);
    assertEquals(buffer.size, FIRST_READ);
  }
});

Deno.test("ReadBuffer gives a shared buffer back at the first read that does not fill it", async () => {
  const { pool, buffer, conn, read, memory } = await reading();
  await conn.receive("x");
  buffer.adapt(await read ?? 0);
  assertEquals(buffer.size, MAX_OWN_READ);
  assert(isBack(pool, memory));
});

Deno.test("ReadBuffer.filled() returns the bytes of the last read, and throws while one is pending", async () => {
  const { buffer, conn, read } = await reading();
  assertThrows(() => buffer.filled(1), Error, "a read is pending");
  await conn.receive("hello");
  assertEquals(new TextDecoder().decode(buffer.filled(await read ?? 0)), "hello");
});

Deno.test("ReadBuffer allows one read at a time, and none after release()", async () => {
  const { buffer, conn, read } = await reading();
  assertThrows(() => void buffer.read(full), Error, "another read is pending");
  buffer.release();
  await conn.receive("x");
  await read;
  assertThrows(() => void buffer.read(full), Error, "the buffer is released");
});

/**
 * Regression: a keep-alive request and a handshake arrived in one packet. The handshake was answered while a read was
 * pending, the buffer of that read went back to the pool, and the next client to borrow it got the input of the first.
 */
Deno.test("ReadBuffer leaves its memory to the pending read, whatever is called meanwhile", async () => {
  const asks: ReadonlyArray<readonly [string, (buffer: ReadBuffer) => void]> = [
    ["adapt", (buffer) => buffer.adapt(1)],
    ["shrink", (buffer) => buffer.shrink()],
    ["startOver", (buffer) => buffer.startOver()],
    ["release", (buffer) => buffer.release()],
  ];
  for (const [name, ask] of asks) {
    const { pool, buffer, conn, read, memory } = await reading();
    ask(buffer);
    assert(!isBack(pool, memory), name);
    await conn.receive("still this read's");
    await read;
    if (name !== "release") {
      assertEquals(new TextDecoder().decode(buffer.filled(17)), "still this read's", name);
      buffer.adapt(17);
    }
    assert(isBack(pool, memory), name);
  }
});

Deno.test("ReadBuffer.startOver() starts small again, after a pending read", async () => {
  const { buffer, conn, read } = await reading();
  buffer.startOver();
  await conn.receive("x");
  await read;
  buffer.adapt(1);
  assertEquals(buffer.size, FIRST_READ);
  await grow(buffer);
  buffer.startOver();
  assertEquals(buffer.size, FIRST_READ);
});

Deno.test("ReadBuffer.release() gives the buffer back once, even if the pending read fails", async () => {
  const pool = new BufferPool();
  const buffer = new ReadBuffer(pool);
  await grow(buffer);
  const failing = buffer.read(broken);
  buffer.release();
  await assertRejects(() => failing, Deno.errors.ConnectionReset);
  buffer.release();
  await settled();
  assert(pool.borrow() !== pool.borrow());
});

Deno.test("BufferPool lends at most 64 buffers; a connection that gets none reads into its own", async () => {
  const pool = new BufferPool();
  const buffers = Array.from({ length: 66 }, () => new ReadBuffer(pool));
  const sizes = await Promise.all(buffers.map(async (buffer) => (await grow(buffer)).at(-1)));
  assertEquals(sizes.filter((size) => size === SHARED_READ).length, 64);
  assertEquals(sizes.filter((size) => size === MAX_OWN_READ).length, 2);
  buffers[sizes.indexOf(SHARED_READ)]!.release();
  assertEquals((await grow(buffers[sizes.indexOf(MAX_OWN_READ)]!)).at(-1), SHARED_READ);
});

Deno.test("BufferPool never lends a buffer twice", () => {
  const pool = new BufferPool();
  const borrowed = Array.from({ length: 20 }, () => pool.borrow()!);
  assertEquals(new Set(borrowed.map(({ buffer }) => buffer)).size, 20);
  for (const buffer of borrowed) pool.giveBack(buffer);
  const again = Array.from({ length: 20 }, () => pool.borrow()!);
  assertEquals(new Set(again.map(({ buffer }) => buffer)).size, 20);
});

Deno.test("First buffers do not overlap", () => {
  const pool = new BufferPool();
  const buffers = Array.from({ length: 1_000 }, () => new ReadBuffer(pool).filled(FIRST_READ));
  buffers.forEach((bytes, i) => bytes.fill(i & 0xff));
  assert(buffers.every((bytes, i) => bytes.every((byte) => byte === (i & 0xff))));
  assertEquals(new Set(buffers.map(({ length }) => length)), new Set([FIRST_READ]));
});
