/**
 * The server that is soaked: in a process of its own, which counts what it holds whenever it is asked to.
 *
 * Each line on its standard input is answered with one of JSON on its standard output, a {@linkcode Holdings}. Needs
 * `--v8-flags=--expose-gc`.
 * @module
 */
import { type Clock, serve } from "../../mod.ts";
import { systemClock } from "../../lib/server/connection/clock.ts";
import { countDescriptors } from "../support/descriptors.ts";

/** What the process holds when all garbage is gone. */
export interface Holdings {
  /** Objects, in bytes. */
  readonly heap: number;
  /** Memory of buffers outside of the heap, in bytes. */
  readonly external: number;
  /** All pages that are in memory, in bytes. What was once needed the allocator may keep. */
  readonly rss: number;
  readonly descriptors: number;
  /** Timers that are set. */
  readonly timers: number;
}

declare const gc: () => void;

/** The machine's clock, counting what was asked of it and neither came nor was cancelled. */
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
