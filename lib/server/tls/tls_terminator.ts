/**
 * Terminates TLS with a certificate that may change while the server runs.
 *
 * Deno 2.9 offers three ways to terminate TLS:
 *
 * - `Deno.listenTls` on the TLS port. `close()` during a handshake waits for the peer without a deadline, so a client that
 *   connects and stays silent holds a descriptor for good. A new certificate needs a new listener, which resets the clients
 *   in the accept queue of the old one.
 * - `Deno.listenTls` on loopback behind a relay. Any local user can connect to it, fill its accept queue, and hold
 *   descriptors in the same way.
 * - `TLSSocket` over a stream, which is used here. It needs no port, queue or permission, and one descriptor. The engine is
 *   the same (rustls). It takes 30 kB more memory per connection.
 * @module
 */
import type { Duplex } from "node:stream";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";

/** Paths of PEM files: the certificate followed by its intermediate certificates, and its key. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** The same as PEM texts. */
export interface TlsPair {
  /** The certificate with its chain. */
  readonly cert: string;
  /** Its private key. */
  readonly key: string;
}

export type TlsSource = TlsFiles | TlsPair;

export class TlsTerminator {
  #source: TlsSource;
  #context: SecureContext;
  /** The last load. Loads run one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  /** The content of the files when they were last read, and when a certificate was last made of them. */
  #seen: string;
  #tried: string;

  /** @throws If the files cannot be read or the key does not fit. */
  constructor(source: TlsSource) {
    this.#source = source;
    const pair = "cert" in source ? source : {
      cert: Deno.readTextFileSync(source.certFile),
      key: Deno.readTextFileSync(source.keyFile),
    };
    this.#seen = this.#tried = contentOf(pair);
    this.#context = createContext(pair);
  }

  /** Returns the plaintext side of a new connection, whose handshake uses the current certificate. */
  wrap(ciphertext: Duplex): TLSSocket {
    return new TLSSocket(ciphertext, { isServer: true, secureContext: this.#context });
  }

  /**
   * Loads the certificate from the files, or takes another one.
   *
   * @throws If it cannot be used. The current certificate stays in use.
   */
  reload(next?: TlsPair): Promise<void> {
    return this.#inTurn(async () => {
      const pair = next ?? await this.#read();
      this.#seen = this.#tried = contentOf(pair);
      this.#context = createContext(pair);
      if (next !== undefined) this.#source = next;
    });
  }

  /**
   * Loads the certificate if the files have changed, and resolves to whether it did. Called at intervals: the files must be
   * the same as at the previous call, so that a certificate is not loaded while its key is still being written.
   *
   * @throws If the new certificate cannot be used; once for each change.
   */
  reloadIfChanged(): Promise<boolean> {
    return this.#inTurn(async () => {
      const pair = await this.#read().catch((error: unknown) => error);
      const content = isPair(pair) ? contentOf(pair) : String(pair);
      const isStable = content === this.#seen;
      this.#seen = content;
      if (!isStable || content === this.#tried) return false;
      this.#tried = content;
      if (!isPair(pair)) throw pair;
      this.#context = createContext(pair);
      return true;
    });
  }

  /** Resolves when the last load has ended. */
  async close(): Promise<void> {
    await this.#last;
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    this.#last = result.catch(() => {});
    return result;
  }

  async #read(): Promise<TlsPair> {
    const source = this.#source;
    if ("cert" in source) return source;
    const [cert, key] = await Promise.all([
      Deno.readTextFile(source.certFile),
      Deno.readTextFile(source.keyFile),
    ]);
    return { cert, key };
  }
}

/** @throws If the certificate cannot be used with the key. */
function createContext(pair: TlsPair): SecureContext {
  // createSecureContext() accepts anything, and every handshake fails. This lets the same engine check the pair.
  Deno.createHttpClient(pair).close();
  return createSecureContext(pair);
}

function isPair(value: unknown): value is TlsPair {
  return typeof value === "object" && value !== null && "cert" in value;
}

function contentOf({ cert, key }: TlsPair): string {
  return `${cert}\n${key}`;
}
