/**
 * Ports for what has to be told its port beforehand.
 * @module
 */

/** A port of loopback that is free now. The kernel gives it to nobody else soon. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
