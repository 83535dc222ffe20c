/**
 * The server's statistics over time: levels as they are, counters as their growth per second.
 * @module
 */
import type { Stats } from "../net/protocol.ts";

export type Sample = { connections: number; messages: number; drops: number };

export type StatsSeries = ReturnType<typeof createStatsSeries>;

/** The number of samples that are kept: two minutes at one every two seconds. */
export const LENGTH = 60;

export function createStatsSeries(length = LENGTH) {
  let samples: Sample[] = [];
  let latest: Stats | undefined;
  let latestTime = 0;

  return {
    get samples(): readonly Sample[] {
      return samples;
    },
    get latest() {
      return latest;
    },
    /** @param time In milliseconds. */
    push(stats: Stats, time: number) {
      const before = latest;
      const seconds = (time - latestTime) / 1000;
      if (before !== undefined && seconds <= 0) return;
      // The counters of a restarted server begin at 0.
      const isFirst = before === undefined || stats.uptime < before.uptime ||
        stats.totalMessages < before.totalMessages;
      latest = stats;
      latestTime = time;
      samples = isFirst ? [] : samples;
      samples = [...samples, {
        connections: stats.activeConnections,
        messages: isFirst ? 0 : (stats.totalMessages - before.totalMessages) / seconds,
        drops: isFirst ? 0 : stats.droppedMessages - before.droppedMessages,
      }].slice(-length);
    },
    clear() {
      samples = [];
      latest = undefined;
    },
  };
}

/** The points of a curve in a box: the newest value at the right edge, 0 at the bottom, the maximum near the top. */
export function plot(
  values: readonly number[],
  { width, height, length = LENGTH }: { width: number; height: number; length?: number },
) {
  const top = Math.max(1, ...values);
  const step = width / (length - 1);
  const start = width - (values.length - 1) * step;
  return values.map((value, index) => ({
    x: round(start + index * step),
    y: round(height - (value / top) * (height - 2) - 1),
  }));
}

function round(value: number) {
  return Math.round(value * 10) / 10;
}

/** The statistics in words: names and values. */
export function describe(stats: Stats): Array<readonly [name: string, value: string]> {
  return [
    ["Connections now", stats.activeConnections.toLocaleString()],
    ["Connections in total", stats.totalConnections.toLocaleString()],
    ["Messages", stats.totalMessages.toLocaleString()],
    ["Whispers", stats.totalWhispers.toLocaleString()],
    ["Dropped messages", stats.droppedMessages.toLocaleString()],
    ["Uptime", describeDuration(stats.uptime)],
  ];
}

export function describeDuration(seconds: number) {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3_600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  if (minutes > 0) return `${minutes} min ${seconds % 60} s`;
  return `${seconds} s`;
}
