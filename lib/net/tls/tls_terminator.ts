/**
 * Where TLS is spoken: a `Deno.listenTls` on loopback that nobody but this server is let in to, and its certificate. What
 * comes in on the TLS port is relayed to it (`tls_conn.ts`).
 *
 * Why not `Deno.listenTls` on the TLS port itself (Deno 2.9.6): `close()` of a connection whose handshake is not done
 * waits for the peer, without any deadline, so that whoever connects and says nothing keeps a descriptor for good. Its
 * connections have no `setNoDelay`. And it keeps the certificate that it was opened with: another one needs another
 * listener on the same port, and whoever stood in the accept queue of the old one is reset (measured: one connection in
 * eight changes, under a storm of 226 handshakes a second). Behind a relay a connection ends when we say so, the port is
 * never closed, and another certificate is another listener on any port.
 * @module
 */
import { acceptFrom } from "../accept_from.ts";

export interface TlsFiles {
  /** Paths of PEM files: the certificate, with what stands between it and the root behind it, and its key. */
  readonly certificate: string;
  readonly key: string;
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** The two ends of one hop: ciphertext goes in and out of `near`, plaintext of `secure`. */
export interface TlsHop {
  readonly near: Deno.TcpConn;
  readonly secure: Deno.TlsConn;
}

export class TlsTerminator {
  readonly #files: TlsFiles;
  #listener: Deno.TlsListener;
  /** Hops are made and certificates changed one after the other. */
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
    this.#listener = listen(pair);
  }

  /** A new hop, whose handshake is made with the certificate of now. */
  open(): Promise<TlsHop> {
    return this.#inTurn(async () => {
      const { hostname, port } = this.#listener.addr;
      const near = await Deno.connect({ hostname, port });
      near.setNoDelay();
      try {
        return { near, secure: await acceptFrom(this.#listener, near.localAddr) };
      } catch (error) {
        near.close();
        throw error;
      }
    });
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
      this.#take(pair);
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
      this.#take(pair);
      return true;
    });
  }

  /** Resolves when nothing is under way any more. */
  close(): Promise<void> {
    return this.#inTurn(() => Promise.resolve(this.#listener.close()));
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

  /** The hops that were made with the old one stay. */
  #take(pair: Pair): void {
    const listener = listen(pair);
    this.#listener.close();
    this.#listener = listener;
  }
}

function listen(pair: Pair): Deno.TlsListener {
  return Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...pair });
}

function isPair(value: unknown): value is Pair {
  return typeof value === "object" && value !== null && "cert" in value;
}

function contentOf({ cert, key }: Pair): string {
  return `${cert}\n${key}`;
}
