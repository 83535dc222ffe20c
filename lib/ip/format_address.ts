/**
 * Socket addresses as text.
 * @module
 */

/** `host:port`; an IPv6 host in brackets, and an IPv4 host as such even if a dual-stack socket reports it as IPv6. */
export function formatAddress({ hostname, port }: { hostname: string; port: number }): string {
  const host = hostname.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
