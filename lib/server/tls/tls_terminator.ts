/**
 * The certificate of the TLS port, which changes while the server runs, and the engine that speaks TLS with it.
 *
 * Deno 2.9 has three ways to speak TLS as a server. `Deno.listenTls` on the TLS port: `close()` of a connection whose
 * handshake is not done waits for the peer without a deadline, so that a client that connects and stays silent keeps a
 * descriptor for good; and a new certificate needs a new listener, which resets the clients in the old one's accept queue.
 * `Deno.listenTls` on loopback, with a relay in front: any local user can connect to it, fill its accept queue, and keep
 * descriptors in the same way. `TLSSocket` over a stream: no port, no queue, no permission, one descriptor. It is the
 * runtime's same engine (rustls). It takes 30 kB more memory a connection.
 * @module
 */
import type { Duplex } from "node:stream";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";

export interface TlsFiles {
  /** Paths of PEM files: the certificate, with what stands between it and the root behind it, and its key. */
  readonly certificate: string;
  readonly key: string;
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

export class TlsTerminator {
  readonly #files: TlsFiles;
  #context: SecureContext;
  /** Certificates are read and changed one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  /** What the files held when they were looked at last, and when they were tried last. */
  #seen: string;
  #tried: string;

  /** @throws If the files cannot be read or do not fit together. */
  constructor(files: TlsFiles) {
    this.#files = files;
    const pair = {
      cert: Deno.readTextFileSync(files.certificate),
      key: Deno.readTextFileSync(files.key),
    };
    this.#seen = this.#tried = contentOf(pair);
    this.#context = createContext(pair);
  }

  /** The plaintext side of a new connection, whose handshake is made with the certificate of now. */
  wrap(ciphertext: Duplex): TLSSocket {
    return new TLSSocket(ciphertext, { isServer: true, secureContext: this.#context });
  }

  /**
   * Takes what is in the files now.
   *
   * @throws If that cannot be used. The certificate stays the one that it was.
   */
  reload(): Promise<void> {
    return this.#inTurn(async () => {
      const pair = await this.#read();
      this.#seen = this.#tried = contentOf(pair);
      this.#context = createContext(pair);
    });
  }

  /**
   * To be called now and then: takes what is in the files if it is new, and the same as the last time, lest a certificate
   * be taken whose key is still being written. Resolves to whether it did.
   *
   * @throws If what is new cannot be used, once.
   */
  look(): Promise<boolean> {
    return this.#inTurn(async () => {
      const pair = await this.#read().catch((error: unknown) => error);
      const content = isPair(pair) ? contentOf(pair) : String(pair);
      const rests = content === this.#seen;
      this.#seen = content;
      if (!rests || content === this.#tried) return false;
      this.#tried = content;
      if (!isPair(pair)) throw pair;
      this.#context = createContext(pair);
      return true;
    });
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    await this.#last;
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    this.#last = result.catch(() => {});
    return result;
  }

  async #read(): Promise<Pair> {
    const [cert, key] = await Promise.all([
      Deno.readTextFile(this.#files.certificate),
      Deno.readTextFile(this.#files.key),
    ]);
    return { cert, key };
  }
}

/** @throws If the certificate cannot be used with the key. */
function createContext(pair: Pair): SecureContext {
  // createSecureContext() takes anything, and fails at each handshake. This is the same engine's check of the same pair.
  Deno.createHttpClient(pair).close();
  return createSecureContext(pair);
}

function isPair(value: unknown): value is Pair {
  return typeof value === "object" && value !== null && "cert" in value;
}

function contentOf({ cert, key }: Pair): string {
  return `${cert}\n${key}`;
}
