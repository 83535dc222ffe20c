/**
 * The TLS port's own: its connections, and its certificate, which is read again when it changes.
 * @module
 */
import type { Cancel, Clock } from "../connection/clock.ts";
import { messageOf } from "../connection/errors.ts";
import type { Logger } from "../observability/log.ts";
import { TlsConn } from "./tls_conn.ts";
import { type TlsFiles, TlsTerminator } from "./tls_terminator.ts";

/** How often the files of the certificate are looked at, in ms: they change every month or two. */
const CERTIFICATE_INTERVAL = 5_000;

export interface TlsPortOptions {
  readonly clock: Clock;
  readonly log: Logger;
}

export class TlsPort {
  readonly #options: TlsPortOptions;
  readonly #terminator: TlsTerminator;
  readonly #conns = new Set<TlsConn>();
  readonly #cancelLook: Cancel;

  /** @throws If the certificate cannot be read or does not fit its key. */
  constructor(files: TlsFiles, options: TlsPortOptions) {
    this.#options = options;
    this.#terminator = new TlsTerminator(files);
    this.#cancelLook = options.clock.every(CERTIFICATE_INTERVAL, () => void this.#look());
  }

  /** A connection of the TLS port. */
  open(conn: Deno.TcpConn): TlsConn {
    const { clock } = this.#options;
    const onGone = () => this.#conns.delete(secure);
    const secure = new TlsConn(conn, { terminator: this.#terminator, clock, onGone });
    this.#conns.add(secure);
    return secure;
  }

  /** Reads the certificate again. What came of it is in the log. */
  reload(): Promise<void> {
    return this.#tell(async () => {
      await this.#terminator.reload();
      return true;
    });
  }

  /** Cuts what is still there. */
  async close(): Promise<void> {
    this.#cancelLook();
    for (const conn of this.#conns) conn.cut();
    await this.#terminator.close();
  }

  #look(): Promise<void> {
    return this.#tell(() => this.#terminator.look());
  }

  async #tell(reload: () => Promise<boolean>): Promise<void> {
    const { log } = this.#options;
    try {
      if (!await reload()) return;
      log({ level: "info", topic: "server", message: "The certificate was read again" });
    } catch (error) {
      const message = `Cannot use the certificate, the old one stays: ${messageOf(error)}`;
      log({ level: "error", topic: "server", message });
    }
  }
}
