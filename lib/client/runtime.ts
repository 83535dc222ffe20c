/**
 * The surroundings that every current runtime offers: the global `WebSocket`, timers and the system's randomness.
 * @module
 */
import type { ClientEnvironment } from "./environment.ts";

/** The number of random bytes in a request id: as many as in a UUID. */
const ID_BYTES = 16;

/** The surroundings of the browsers, Deno, Bun and Node 22. */
export const RUNTIME: ClientEnvironment = {
  createSocket: (url, subprotocol) => new WebSocket(url, subprotocol),
  clock: {
    now: () => Date.now(),
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  },
  random: () => Math.random(),
  createId,
};

/** Not with `randomUUID`, which is missing on pages that are loaded over plain http from another machine. */
export function createId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
