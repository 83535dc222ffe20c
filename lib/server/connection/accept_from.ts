/**
 * The other end of a connection to ourselves.
 * @module
 */

/**
 * Accepts on a listener of ours until the connection from `address` comes, which is on its way; a stranger's is closed.
 * The port alone would not tell them apart: on loopback a stranger chooses both address and port.
 */
export async function acceptFrom<Conn extends Deno.TcpConn | Deno.TlsConn>(
  listener: { accept(): Promise<Conn> },
  address: Deno.NetAddr,
): Promise<Conn> {
  for (;;) {
    const conn = await listener.accept();
    const { hostname, port } = conn.remoteAddr;
    if (hostname === address.hostname && port === address.port) return conn;
    conn.close();
  }
}
