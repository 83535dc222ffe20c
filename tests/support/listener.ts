/**
 * Listeners that do what a machine under test does not: clients from elsewhere, and an `accept` that fails.
 * @module
 */

type Accept = () => Promise<Deno.TcpConn>;

/** Makes something that listens, with `wrap` around every `accept` of it. */
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

/** What `make` makes takes all its clients for strangers, whose IP address is what `ip` says then. */
export function amongStrangers<T>(ip: () => string, make: () => T): T {
  return listening(make, (accept) => async () => {
    const conn = await accept();
    const remoteAddr = { ...conn.remoteAddr, hostname: ip() };
    return Object.defineProperty(conn, "remoteAddr", { value: remoteAddr });
  });
}

/** What `make` makes has no descriptors for its clients as long as `isOut` says so. */
export function outOfDescriptors<T>(isOut: () => boolean, make: () => T): T {
  return listening(make, (accept) => async () => {
    if (!isOut()) return await accept();
    throw Object.assign(new Error("Too many open files (os error 24)"), { code: "EMFILE" });
  });
}
