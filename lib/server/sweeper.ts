/**
 * The regular sweep in which a server checks its deadlines.
 * @module
 */
import type { Cancel, Clock } from "./connection/clock.ts";
import type { Counters } from "./observability/counters.ts";
import type { Settings } from "./settings.ts";

/** How often deadlines are checked, in ms, and how often at least within the shortest of them. */
const SWEEP_INTERVAL = 250;
const SWEEPS_PER_DEADLINE = 8;

/** The shortest interval, in ms. */
const MIN_INTERVAL = 10;

export interface SweeperOptions {
  readonly clock: Clock;
  readonly settings: Settings;
  readonly counters: Pick<Counters, "lag">;
  /** Called at every sweep. */
  readonly sweep: () => void;
}

export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #interval: number;
  readonly #cancel: Cancel;
  #sweptAt: number;

  constructor(options: SweeperOptions) {
    const { clock, settings } = options;
    this.#options = options;
    this.#interval = sweepInterval(settings);
    this.#sweptAt = clock.now();
    this.#cancel = clock.every(this.#interval, this.#sweep);
  }

  close(): void {
    this.#cancel();
  }

  #sweep = (): void => {
    const { clock, counters, sweep } = this.#options;
    const now = clock.now();
    counters.lag.observe(Math.max(0, now - this.#sweptAt - this.#interval) / 1000);
    this.#sweptAt = now;
    sweep();
  };
}

/** Short enough that the shortest deadline is missed by little. */
function sweepInterval(settings: Settings): number {
  const { idleTimeout, lineIdleTimeout, heartbeat, pongTimeout, writeTimeout, drain } = settings;
  const shortest = Math.min(
    ...[idleTimeout, lineIdleTimeout, heartbeat, pongTimeout, writeTimeout, drain]
      .filter((wait) => wait > 0),
  );
  return Math.max(MIN_INTERVAL, Math.min(SWEEP_INTERVAL, shortest * 1000 / SWEEPS_PER_DEADLINE));
}
