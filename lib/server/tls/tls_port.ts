/**
 * The connections of the TLS port, and its certificate, which is reloaded when its files change.
 * @module
 */
import type { Cancel, Clock } from "../connection/clock.ts";
import { messageOf } from "../connection/errors.ts";
import { logEntry, type Logger } from "../observability/log.ts";
import { TlsConn } from "./tls_conn.ts";
import { type TlsPair, type TlsSource, TlsTerminator } from "./tls_terminator.ts";

/** How often the files of the certificate are checked, in ms. They change every month or two. */
const CERTIFICATE_INTERVAL = 5_000;

export interface TlsPortOptions {
  readonly clock: Clock;
  readonly log: Logger;
}

export class TlsPort {
  readonly #options: TlsPortOptions;
  readonly #terminator: TlsTerminator;
  readonly #conns = new Set<TlsConn>();
  readonly #cancelChecks: Cancel;

  /** @throws If the certificate cannot be read or does not fit its key. */
  constructor(source: TlsSource, options: TlsPortOptions) {
    this.#options = options;
    this.#terminator = new TlsTerminator(source);
    this.#cancelChecks = options.clock.every(CERTIFICATE_INTERVAL, () => void this.#check());
  }

  /** Wraps a connection that was accepted on the TLS port. */
  open(conn: Deno.TcpConn): TlsConn {
    const { clock } = this.#options;
    const onClosed = () => this.#conns.delete(secure);
    const secure = new TlsConn(conn, { terminator: this.#terminator, clock, onClosed });
    this.#conns.add(secure);
    return secure;
  }

  /** Reloads the certificate, or takes another one, and logs the result. */
  reload(next?: TlsPair): Promise<void> {
    return this.#reloadAndLog(async () => {
      await this.#terminator.reload(next);
      return true;
    });
  }

  /** Cuts the remaining connections. */
  async close(): Promise<void> {
    this.#cancelChecks();
    for (const conn of this.#conns) conn.cut();
    await this.#terminator.close();
  }

  #check(): Promise<void> {
    return this.#reloadAndLog(() => this.#terminator.reloadIfChanged());
  }

  async #reloadAndLog(reload: () => Promise<boolean>): Promise<void> {
    const { log } = this.#options;
    try {
      if (await reload()) log(logEntry("certificate_reloaded", {}));
    } catch (error) {
      log(logEntry("certificate_failed", { error: messageOf(error) }));
    }
  }
}
