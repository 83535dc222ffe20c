/**
 * Socket addresses as text: `host:port`, with an IPv6 host in brackets.
 * @module
 */

/** One end of a TCP connection. A `Deno.NetAddr` is one. */
export interface SocketAddress {
  /** An IP address or a host name. */
  readonly hostname: string;
  readonly port: number;
}

/** `host:port` as URLs and permission flags have it. The host stays as it is written, except for its brackets. */
export function hostAndPort({ hostname, port }: SocketAddress): string {
  const isBare = hostname.includes(":") && !hostname.startsWith("[");
  return isBare ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/**
 * `host:port` of a peer. A socket for both families reports an IPv4 peer as `::ffff:10.0.0.1`; here it is an IPv4 address.
 */
export function formatAddress({ hostname, port }: SocketAddress): string {
  return hostAndPort({ hostname: hostname.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, ""), port });
}

/** The host of a `host:port`, without the brackets of an IPv6 address. */
export function hostOf(address: string): string {
  return address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}
