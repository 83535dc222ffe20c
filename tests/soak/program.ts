/**
 * The server of the soak test: a separate process that reports the resources it holds on request.
 *
 * Each line on its standard input is answered with one of JSON on its standard output, a {@linkcode Holdings}. Needs
 * `--v8-flags=--expose-gc`.
 * @module
 */
import { type Clock, serve } from "../../mod.ts";
import { systemClock } from "../../lib/server/connection/clock.ts";
import { countDescriptors } from "../support/descriptors.ts";

/** The resources of the process after a garbage collection. */
export interface Holdings {
  /** JavaScript objects, in bytes. */
  readonly heap: number;
  /** Memory of buffers outside of the heap, in bytes. */
  readonly external: number;
  /** Resident memory, in bytes. The allocator may keep freed memory. */
  readonly rss: number;
  readonly descriptors: number;
  /** Pending timers. */
  readonly timers: number;
}

declare const gc: () => void;

/** The system clock, which counts pending timers. */
class CountingClock implements Clock {
  timers = 0;

  now(): number {
    return systemClock.now();
  }

  every(ms: number, action: () => void) {
    this.timers++;
    return this.#once(systemClock.every(ms, action));
  }

  after(ms: number, action: () => void) {
    this.timers++;
    const done = this.#once(() => {});
    const cancel = systemClock.after(ms, () => {
      done();
      action();
    });
    return () => {
      done();
      cancel();
    };
  }

  #once(cancel: () => void) {
    let counted = true;
    return () => {
      if (counted) this.timers--;
      counted = false;
      cancel();
    };
  }
}

function holdings({ timers }: CountingClock): Holdings {
  gc();
  gc(); // what was only kept by something that has a finalizer
  const { heapUsed, external, rss } = Deno.memoryUsage();
  return { heap: heapUsed, external, rss, descriptors: countDescriptors(), timers };
}

async function main(): Promise<void> {
  const clock = new CountingClock();
  await using server = serve({
    port: 0,
    rate: 0,
    maxMessage: 65_536,
    clock,
    capacityBytes: 262_144,
    idleTimeout: 0,
    heartbeat: 0.5,
    presenceDelay: 0.1,
    writeTimeout: 1,
    log: () => {},
  });
  console.log(server.addr.port);
  for await (const _ of Deno.stdin.readable) console.log(JSON.stringify(holdings(clock)));
}

if (import.meta.main) await main();
