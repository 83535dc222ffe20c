/**
 * The listeners of a server, one for each port.
 * @module
 */
import type { Settings } from "./settings.ts";

/**
 * Connections that may wait to be accepted. With the default of 511, a storm of 1,000 reconnects waits a second for the
 * retry. The kernel limits it to its own maximum (somaxconn, 4,096 by default).
 */
export const BACKLOG = 4_096;

export interface Listeners {
  readonly chat: Deno.TcpListener;
  readonly tls: Deno.TcpListener | undefined;
  readonly metrics: Deno.TcpListener | undefined;
}

/**
 * Listens on all ports that the settings name, that for TLS if there is a certificate, or on none. The listeners are added to `stack`.
 *
 * @throws {Deno.errors.AddrInUse} If a port is in use.
 */
export function listen(settings: Settings, hasTls: boolean, stack: DisposableStack): Listeners {
  const { hostname, port, tlsPort, metricsPort, metricsHostname, reusePort } = settings;
  const open = (options: Deno.TcpListenOptions) => stack.use(Deno.listen(options));
  const shared = { hostname, tcpBacklog: BACKLOG, ...(reusePort && { reusePort }) };
  return {
    chat: open({ ...shared, port }),
    tls: hasTls ? open({ ...shared, port: tlsPort }) : undefined,
    metrics: metricsPort === 0
      ? undefined
      : forMetrics(() => open({ hostname: metricsHostname, port: metricsPort })),
  };
}

/** Names the port that is in use. */
function forMetrics<T>(listen: () => T): T {
  try {
    return listen();
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new Deno.errors.AddrInUse("the metrics port is in use", { cause: error });
  }
}
