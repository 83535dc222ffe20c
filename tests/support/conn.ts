/**
 * A `Deno.Conn` whose reads and writes a test completes.
 * @module
 */
import { utf8 } from "../protocol/reading.ts";

type Bytes = Uint8Array<ArrayBuffer>;

interface Pending<T> {
  readonly buffer: Bytes;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** Bytes that nobody may see. */
const POISON = 0xff;

export class FakeConn {
  readonly remoteAddr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 50412 };
  /** The bytes that were written and accepted. */
  readonly sent: string[] = [];
  closed = false;
  writeClosed = false;
  reading: Pending<number | null> | undefined;
  writing: Pending<number> | undefined;

  /** The size of the buffer of the pending read. */
  get room(): number | undefined {
    return this.reading?.buffer.length;
  }

  read(buffer: Bytes): Promise<number | null> {
    if (this.reading) throw new Error("A read is under way");
    buffer.fill(POISON); // the kernel may write into it from now on
    return new Promise((resolve, reject) => this.reading = { buffer, resolve, reject });
  }

  write(buffer: Bytes): Promise<number> {
    if (this.writing) throw new Error("A write is under way");
    return new Promise((resolve, reject) => this.writing = { buffer, resolve, reject });
  }

  closeWrite(): Promise<void> {
    this.writeClosed = true;
    return Promise.resolve();
  }

  /** Pending operations fail, as in Deno. */
  close(): void {
    if (this.closed) throw new Deno.errors.BadResource("Bad resource ID");
    this.closed = true;
    this.failReading(new Deno.errors.Interrupted("operation canceled"));
    this.failWriting(new Deno.errors.Interrupted("operation canceled"));
  }

  /** The peer sends bytes, or `null` for the end. */
  async receive(text: string | null): Promise<void> {
    const { reading } = this;
    if (reading === undefined) throw new Error("Nobody reads");
    this.reading = undefined;
    if (text !== null) reading.buffer.set(utf8(text));
    reading.resolve(text === null ? null : utf8(text).length);
    await settled();
  }

  /** The kernel accepts the pending write, or its first `length` bytes. */
  async take(length?: number): Promise<void> {
    const { writing } = this;
    if (writing === undefined) throw new Error("Nobody writes");
    this.writing = undefined;
    const taken = writing.buffer.slice(0, length);
    this.sent.push(new TextDecoder().decode(taken));
    writing.resolve(taken.length);
    await settled();
  }

  failReading(error: unknown): void {
    this.reading?.reject(error);
    this.reading = undefined;
  }

  failWriting(error: unknown): void {
    this.writing?.reject(error);
    this.writing = undefined;
  }
}

/** Lets everything happen that does not wait for a socket or a timer. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
