/**
 * Opens the history that the settings of a server ask for.
 * @module
 */
import { LOBBY } from "../chat/room.ts";
import { openHistory, type TimedHistory } from "../history/open_history.ts";
import type { Clock } from "./connection/clock.ts";
import type { Counters } from "./observability/counters.ts";
import type { Logger, LogLevel } from "./observability/log.ts";
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
  const logAs = (level: LogLevel, message: string) => log({ level, topic: "history", message });
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
    onFailure: (problem) => logAs("error", problem),
    onRecovered: () => logAs("info", "History works again"),
    onDoubt: (warning) => logAs("warn", warning),
    onBatch: (took) => counters.historyBatches.observe(took / 1000),
  });
}
