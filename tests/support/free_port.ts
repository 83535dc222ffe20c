/**
 * Ports for programs that need a port number in advance.
 * @module
 */

/** A free port of loopback. The kernel does not reuse it soon. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
