/**
 * A TLS 1.2 client on a slow network: a test decides when bytes arrive.
 * @module
 */
import { Duplex } from "node:stream";
import { connect, type TLSSocket } from "node:tls";
import { patiently } from "./patience.ts";
import { trusting } from "./tls.ts";

export class FarTlsClient implements Disposable {
  /** Resolves when the handshake is done for the client. */
  readonly connected: Promise<void>;
  /** Resolves with everything it received when the server has ended the connection. */
  readonly ended: Promise<string>;
  readonly #tls: TLSSocket;
  #text = "";

  /** @param travel Waits while bytes are on their way. */
  constructor(port: number, travel: () => Promise<void>) {
    const conn = Deno.connect({ hostname: "127.0.0.1", port });
    const wire: Duplex = new Duplex({
      read: () => void receive(),
      write: (chunk: Uint8Array, _encoding, done) => void send(chunk).then(() => done(), done),
      destroy: (error, done) =>
        void conn.then((conn) => conn.close()).catch(() => {}).then(() => done(error)),
    });
    const receive = async () => {
      const buffer = new Uint8Array(16_384);
      try {
        const length = await (await conn).read(buffer);
        await travel();
        wire.push(length === null ? null : buffer.subarray(0, length));
      } catch {
        wire.push(null); // closed meanwhile
      }
    };
    const send = async (chunk: Uint8Array) => {
      await travel();
      for (let rest = chunk; rest.length > 0;) {
        rest = rest.subarray(await (await conn).write(rest));
      }
    };
    const [ca] = trusting("first").caCerts;
    this.#tls = connect({ socket: wire, ca, servername: "localhost", maxVersion: "TLSv1.2" });
    this.#tls.on("data", (bytes: Uint8Array) => this.#text += new TextDecoder().decode(bytes));
    this.connected = this.#next("secureConnect");
    this.ended = this.#next("end").then(() => this.#text);
  }

  get protocol(): string | null {
    return this.#tls.getProtocol();
  }

  write(text: string): void {
    this.#tls.write(text);
  }

  [Symbol.dispose](): void {
    this.#tls.destroy();
  }

  #next(event: string): Promise<void> {
    return patiently(
      new Promise<void>((resolve, reject) => {
        this.#tls.once(event, () => resolve());
        this.#tls.once("error", reject);
      }),
      event,
    );
  }
}
