/**
 * Opens the history that the settings of a server ask for.
 * @module
 */
import { LOBBY } from "../chat/room.ts";
import { openHistory, type TimedHistory } from "../history/open_history.ts";
import type { Clock } from "./connection/clock.ts";
import type { Counters } from "./observability/counters.ts";
import { logEntry, type Logger } from "./observability/log.ts";
import type { Settings } from "./settings.ts";

export interface ServerHistoryOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly counters: Counters;
}

/**
 * Opens the history, unless it is turned off.
 *
 * @throws {HistoryError} If it cannot be opened.
 */
export function openServerHistory(
  { history, historyLimit, historyAge, noHistory, echo }: Settings,
  { clock, log, counters }: ServerHistoryOptions,
): TimedHistory | undefined {
  if (noHistory || echo) return undefined;
  return openHistory({
    path: history,
    limit: historyLimit,
    ageMs: historyAge * 1000,
    mainRoom: LOBBY,
    clock: {
      now: () => clock.now(),
      wall: () => clock.wall?.() ?? Date.now(),
      every: (ms, action) => clock.every(ms, action),
      after: (ms, action) => clock.after(ms, action),
    },
    onFailure: (message) => log(logEntry("history_failed", { message })),
    onRecovered: () => log(logEntry("history_recovered", {})),
    onDoubt: (message) => log(logEntry("history_doubt", { message })),
    onBatch: (took) => counters.historyBatches.observe(took / 1000),
  });
}
