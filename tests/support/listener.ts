/**
 * Listeners that simulate clients of other machines, and a failing `accept`.
 * @module
 */

type Accept = () => Promise<Deno.TcpConn>;

/** Calls `make`, which listens, and wraps every `accept` of its listeners. */
function listening<T>(make: () => T, wrap: (accept: Accept) => Accept): T {
  const { listen } = Deno;
  Deno.listen = ((options: Deno.TcpListenOptions) => {
    const listener = listen(options);
    listener.accept = wrap(listener.accept.bind(listener));
    return listener;
  }) as typeof Deno.listen;
  try {
    return make();
  } finally {
    Deno.listen = listen;
  }
}

/** Calls `make`, and gives all clients of its listeners the address that `ip` returns. */
export function amongStrangers<T>(ip: () => string, make: () => T): T {
  return listening(make, (accept) => async () => {
    const conn = await accept();
    const remoteAddr = { ...conn.remoteAddr, hostname: ip() };
    return Object.defineProperty(conn, "remoteAddr", { value: remoteAddr });
  });
}

/** Calls `make`, whose listeners run out of descriptors while `isOut` returns true. */
export function outOfDescriptors<T>(isOut: () => boolean, make: () => T): T {
  return listening(make, (accept) => async () => {
    if (!isOut()) return await accept();
    throw Object.assign(new Error("Too many open files (os error 24)"), { code: "EMFILE" });
  });
}
