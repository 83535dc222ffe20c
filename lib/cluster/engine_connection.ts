/**
 * One connection to the engine: commands are answered in order, and what the engine publishes comes in between.
 *
 * It never resends a command. Whoever sent one that was not answered knows whether it may be repeated.
 * @module
 */
import {
  encodeCommand,
  RespError,
  RespParser,
  RespPush,
  type RespValue,
} from "../protocol/resp/resp.ts";
import { describeError, EngineRefused, EngineUnavailable } from "./engine_error.ts";
import { describeAddress, type EngineAddress } from "./engine_url.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Word = string | number;

/** The size of the read buffer, in bytes: some hundred entries of the log. */
const READ_BUFFER = 65_536;

/** Errors with these codes do not go away by themselves. */
const REFUSALS = new Set(["WRONGPASS", "NOAUTH", "NOPERM", "NOPROTO", "ERR"]);

export interface EngineConnectionOptions {
  readonly password: string | undefined;
  /** Time limit for connecting and logging in, in ms. */
  readonly timeout: number;
  /** Called for everything that the engine sends unasked. */
  readonly onPush?: (items: readonly RespValue[]) => void;
}

interface Waiting {
  readonly resolve: (value: RespValue) => void;
  readonly reject: (error: EngineUnavailable) => void;
}

export class EngineConnection {
  /** Resolves when the connection is over, with the reason. */
  readonly closed: Promise<EngineUnavailable>;
  readonly address: EngineAddress;
  readonly #conn: Deno.Conn;
  readonly #onPush: ((items: readonly RespValue[]) => void) | undefined;
  readonly #parser = new RespParser();
  readonly #waiting: Waiting[] = [];
  readonly #end: (reason: EngineUnavailable) => void;
  #unwritten: Bytes[] = [];
  #isWriting = false;
  #reason: EngineUnavailable | undefined;

  private constructor(
    conn: Deno.Conn,
    address: EngineAddress,
    onPush: EngineConnectionOptions["onPush"],
  ) {
    this.#conn = conn;
    this.address = address;
    this.#onPush = onPush;
    const { promise, resolve } = Promise.withResolvers<EngineUnavailable>();
    this.closed = promise;
    this.#end = resolve;
    void this.#readAll();
  }

  /**
   * Connects and logs in.
   *
   * @throws {EngineUnavailable} If there is no answer in time.
   * @throws {EngineRefused} If the engine refuses the password or does not know RESP3.
   */
  static async open(
    address: EngineAddress,
    { password, timeout, onPush }: EngineConnectionOptions,
  ): Promise<EngineConnection> {
    const where = describeAddress(address);
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new EngineUnavailable(`${where} does not answer`)),
      timeout,
    );
    const connecting = connect(address);
    let connection: EngineConnection | undefined;
    try {
      const conn = await Promise.race([connecting, late.promise]);
      connection = new EngineConnection(conn, address, onPush);
      await Promise.race([connection.#logIn(password), late.promise]);
      return connection;
    } catch (error) {
      connection?.close("it did not log in");
      if (connection === undefined) connecting.then((conn) => conn.close(), () => {});
      if (error instanceof EngineUnavailable || error instanceof EngineRefused) throw error;
      throw new EngineUnavailable(`Cannot connect to ${where}: ${describeError(error)}`);
    } finally {
      clearTimeout(timer);
    }
  }

  get isClosed(): boolean {
    return this.#reason !== undefined;
  }

  /**
   * Sends a command, and returns its answer, which may be a {@linkcode RespError}.
   *
   * @throws {EngineUnavailable} If the connection ends before the answer. The engine may have carried out the command.
   */
  send(...words: readonly Word[]): Promise<RespValue> {
    return this.sendBytes(encodeCommand(words));
  }

  sendBytes(bytes: Bytes): Promise<RespValue> {
    if (this.#reason !== undefined) return Promise.reject(this.#reason);
    const { promise, resolve, reject } = Promise.withResolvers<RespValue>();
    this.#waiting.push({ resolve, reject });
    this.#unwritten.push(bytes);
    if (!this.#isWriting) void this.#writeAll();
    return promise;
  }

  /** Ends the connection. Commands that are not answered fail. */
  close(reason = "this node closed the connection"): void {
    this.#fail(new EngineUnavailable(`${describeAddress(this.address)}: ${reason}`));
  }

  async #logIn(password: string | undefined): Promise<void> {
    const { username, database } = this.address;
    const login = password === undefined ? [] : ["AUTH", username, password];
    this.#check(await this.send("HELLO", 3, ...login, "SETNAME", "backchannel"), "log in");
    if (database !== 0) this.#check(await this.send("SELECT", database), "select the database");
  }

  /** @throws {EngineRefused} If the answer is an error that stays. */
  #check(answer: RespValue, what: string): void {
    if (!(answer instanceof RespError)) return;
    const message = `Cannot ${what} at ${describeAddress(this.address)}: ${answer.message}`;
    throw REFUSALS.has(answer.code) ? new EngineRefused(message) : new EngineUnavailable(message);
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#unwritten.length > 0) {
        const chunks = this.#unwritten;
        this.#unwritten = [];
        const bytes = chunks.length === 1 ? chunks[0]! : concat(chunks);
        for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
      }
    } catch (error) {
      this.#fail(new EngineUnavailable(describeError(error)));
    }
    this.#isWriting = false;
  }

  async #readAll(): Promise<void> {
    const buffer = new Uint8Array(READ_BUFFER);
    try {
      for (;;) {
        const length = await this.#conn.read(buffer);
        if (length === null) throw new Error("the engine closed the connection");
        this.#parser.push(buffer.subarray(0, length));
        for (
          let value = this.#parser.next();
          value !== undefined;
          value = this.#parser.next()
        ) {
          this.#deliver(value);
        }
      }
    } catch (error) {
      const where = describeAddress(this.address);
      this.#fail(new EngineUnavailable(`${where}: ${describeError(error)}`));
    }
  }

  #deliver(value: RespValue): void {
    if (!(value instanceof RespPush)) this.#waiting.shift()?.resolve(value);
    // In RESP3, SUBSCRIBE has no other answer than this.
    else if (value.items[0] === "subscribe") this.#waiting.shift()?.resolve(null);
    else this.#onPush?.(value.items);
  }

  #fail(reason: EngineUnavailable): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#conn.close();
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
    this.#end(reason);
  }
}

async function connect({ hostname, port, tls }: EngineAddress): Promise<Deno.Conn> {
  if (tls) return await Deno.connectTls({ hostname, port });
  const conn = await Deno.connect({ hostname, port });
  conn.setNoDelay();
  return conn;
}

function concat(chunks: readonly Bytes[]): Bytes {
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
