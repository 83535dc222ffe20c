/**
 * A TCP connection to a server under test, which can send any bytes in any chunks. It reads only on request, so that a test
 * can be a client that does not read.
 * @module
 */
import { concat, utf8 } from "../protocol/reading.ts";
import { eachInTurn, patiently } from "./patience.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const READ = 65_536;
const NOTHING: Bytes = new Uint8Array(0);

export class RawSocket implements Disposable {
  readonly #conn: Deno.TcpConn | Deno.TlsConn;
  readonly #chunk = new Uint8Array(READ);
  #unread: Bytes = NOTHING;

  constructor(conn: Deno.TcpConn | Deno.TlsConn) {
    this.#conn = conn;
    if ("setNoDelay" in conn) conn.setNoDelay();
  }

  static async connect(port: number, hostname = "127.0.0.1"): Promise<RawSocket> {
    return new RawSocket(await Deno.connect({ port, hostname }));
  }

  /** The address by which the server knows this client. */
  get address(): string {
    const { hostname, port } = this.#conn.localAddr;
    return `${hostname}:${port}`;
  }

  async write(data: string | Uint8Array): Promise<void> {
    let rest = typeof data === "string" ? utf8(data) : data;
    while (rest.length > 0) {
      rest = rest.subarray(await this.#conn.write(rest));
    }
  }

  /** Writes in chunks of `size` bytes, one after the other. */
  async writeChopped(data: string | Uint8Array, size = 1): Promise<void> {
    const bytes = typeof data === "string" ? utf8(data) : data;
    const count = Math.ceil(bytes.length / size);
    await eachInTurn(
      Array(count).keys(),
      (i) => this.write(bytes.subarray(i * size, (i + 1) * size)),
    );
  }

  /** Closes the sending side, and goes on reading. */
  halfClose(): Promise<void> {
    return this.#conn.closeWrite();
  }

  /** Reads the next bytes that arrive, or `undefined` at the end. */
  async some(): Promise<Bytes | undefined> {
    if (this.#unread.length > 0) return this.#take(this.#unread.length).slice();
    return (await this.#read())?.slice();
  }

  /** Reads exactly `length` bytes. */
  async bytes(length: number): Promise<Bytes> {
    if (this.#unread.length >= length) return this.#take(length);
    const bytes = new Uint8Array(length);
    bytes.set(this.#unread);
    let got = this.#unread.length;
    while (got < length) {
      const chunk = await this.#read();
      if (chunk === undefined) {
        throw new Error(
          `Expected ${length} bytes, got ${this.#show(bytes.subarray(0, got))} and then the end`,
        );
      }
      const part = chunk.subarray(0, length - got);
      bytes.set(part, got);
      got += part.length;
      this.#unread = chunk.slice(part.length);
    }
    return bytes;
  }

  /** Reads up to `mark`. Returns the text before it. */
  async through(mark: string): Promise<string> {
    const text = await this.throughOrEnd(mark);
    if (text === undefined) throw new Error(`Expected ${JSON.stringify(mark)}, got the end`);
    return text;
  }

  /** Like {@linkcode through}, but `undefined` if the stream ends without a byte more. */
  async throughOrEnd(mark: string): Promise<string | undefined> {
    const end = utf8(mark);
    for (let from = 0;;) {
      const at = indexOf(this.#unread, end, from);
      if (at >= 0) {
        const text = new TextDecoder().decode(this.#take(at));
        this.#take(end.length);
        return text;
      }
      from = Math.max(0, this.#unread.length - end.length + 1);
      if (await this.#fill()) continue;
      if (this.#unread.length === 0) return undefined;
      throw new Error(`Expected ${JSON.stringify(mark)}, got ${this.#show()} and then the end`);
    }
  }

  /** Reads until the server ends the connection. */
  async rest(): Promise<Bytes> {
    const chunks: Bytes[] = [this.#take(this.#unread.length)];
    for (;;) {
      const chunk = await this.#read();
      if (chunk === undefined) return concat(...chunks);
      chunks.push(chunk.slice());
    }
  }

  async restText(): Promise<string> {
    return new TextDecoder().decode(await this.rest());
  }

  /** Reads and drops everything until the connection ends in any way. */
  async gone(): Promise<void> {
    try {
      await this.rest();
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    }
  }

  close(): void {
    try {
      this.#conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #fill(): Promise<boolean> {
    const chunk = await this.#read();
    if (chunk === undefined) return false;
    this.#unread = this.#unread.length === 0 ? chunk.slice() : concat(this.#unread, chunk);
    return true;
  }

  /** Reads once, into memory that the next read reuses. */
  async #read(): Promise<Bytes | undefined> {
    const length = await patiently(this.#conn.read(this.#chunk), `bytes behind ${this.#show()}`);
    return length === null ? undefined : this.#chunk.subarray(0, length);
  }

  #take(length: number): Bytes {
    const taken = this.#unread.subarray(0, length);
    this.#unread = this.#unread.subarray(length);
    return taken;
  }

  #show(bytes = this.#unread): string {
    return JSON.stringify(new TextDecoder().decode(bytes.subarray(-200)));
  }
}

function indexOf(bytes: Bytes, mark: Bytes, from: number): number {
  for (let at = bytes.indexOf(mark[0]!, from); at >= 0; at = bytes.indexOf(mark[0]!, at + 1)) {
    if (at + mark.length > bytes.length) return -1;
    if (mark.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
