/**
 * TLS for tests: two self-signed certificates that are valid for a hundred years, and clients that trust them.
 * `certificates/` was made by
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj "/CN=..."
 * -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" -addext basicConstraints=critical,CA:FALSE`.
 * @module
 */
import type { ServeOptions } from "../../mod.ts";
import { LineClient } from "./client.ts";
import { projectPath } from "./paths.ts";
import { RawSocket } from "./raw_socket.ts";

export type CertificateName = "first" | "second";

const pathOf = (name: CertificateName, kind: "crt" | "key") =>
  projectPath(`tests/support/certificates/${name}.${kind}`);

/** Options of a client that trusts only this certificate. */
export function trusting(name: CertificateName): { caCerts: string[] } {
  return { caCerts: [Deno.readTextFileSync(pathOf(name, "crt"))] };
}

/** A TLS connection after its handshake. */
export async function connectTls(
  port: number,
  name: CertificateName = "first",
): Promise<Deno.TlsConn> {
  const conn = await Deno.connectTls({ hostname: "127.0.0.1", port, ...trusting(name) });
  try {
    await conn.handshake();
    return conn;
  } catch (error) {
    conn.close();
    throw error;
  }
}

/** Does the handshake on a connection without earlier data. */
export async function startTls(conn: Deno.TcpConn): Promise<LineClient> {
  const secure = await Deno.startTls(conn, { hostname: "127.0.0.1", ...trusting("first") });
  await secure.handshake();
  return new LineClient(new RawSocket(secure));
}

/** A line client over TLS. */
export async function connectLine(port: number, name?: CertificateName): Promise<LineClient> {
  return new LineClient(new RawSocket(await connectTls(port, name)));
}

/** Whether the server on this port uses this certificate. */
export async function presents(port: number, name: CertificateName): Promise<boolean> {
  try {
    (await connectTls(port, name)).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.InvalidData) return false;
    throw error;
  }
}

/** A certificate that changes, in files of a separate folder. */
export class CertificateFiles implements Disposable {
  readonly #folder = Deno.makeTempDirSync({ prefix: "backchannel-" });
  readonly options: Pick<ServeOptions, "tlsCert" | "tlsKey" | "tlsPort"> = {
    tlsPort: 0,
    tlsCert: `${this.#folder}/live.crt`,
    tlsKey: `${this.#folder}/live.key`,
  };

  constructor() {
    this.put("first");
  }

  put(name: CertificateName): void {
    this.putCertificate(name);
    this.putKey(name);
  }

  putCertificate(name: CertificateName): void {
    Deno.copyFileSync(pathOf(name, "crt"), this.options.tlsCert!);
  }

  putKey(name: CertificateName): void {
    Deno.copyFileSync(pathOf(name, "key"), this.options.tlsKey!);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

/** Options for a server with the first certificate. */
export const TLS = {
  tlsPort: 0,
  tlsCert: pathOf("first", "crt"),
  tlsKey: pathOf("first", "key"),
} as const;
