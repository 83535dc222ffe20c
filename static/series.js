// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * The server's statistics over time: levels as they are, counters as what they grew by in a second.
 *
 * Must never know the page nor the wire.
 * @module
 */
"use strict";

/** @import { Stats } from "./protocol.js" */

/** @typedef {{ connections: number, messages: number, drops: number }} Sample */
/** @typedef {ReturnType<typeof Series.createSeries>} StatsSeries */
/** @typedef {typeof Series} SeriesModule */

const Series = (() => {
  /** Samples that are kept: two minutes at one every two seconds. */
  const LENGTH = 60;

  function createSeries(length = LENGTH) {
    /** @type {Sample[]} */
    let samples = [];
    /** @type {Stats | undefined} */
    let latest;
    let latestTime = 0;

    return {
      /** @returns {readonly Sample[]} */
      get samples() {
        return samples;
      },
      get latest() {
        return latest;
      },
      /**
       * @param {Stats} stats
       * @param {number} time In milliseconds.
       */
      push(stats, time) {
        const before = latest;
        const seconds = (time - latestTime) / 1000;
        if (before !== undefined && seconds <= 0) return;
        // A server that has started anew counts from nothing.
        const anew = before === undefined || stats.uptime < before.uptime ||
          stats.totalMessages < before.totalMessages;
        latest = stats;
        latestTime = time;
        samples = anew ? [] : samples;
        samples = [...samples, {
          connections: stats.activeConnections,
          messages: anew ? 0 : (stats.totalMessages - before.totalMessages) / seconds,
          drops: anew ? 0 : stats.droppedMessages - before.droppedMessages,
        }].slice(-length);
      },
      clear() {
        samples = [];
        latest = undefined;
      },
    };
  }

  /**
   * Points of a curve in a box: the newest at the right edge, nothing at the bottom, the most near the top.
   *
   * @param {readonly number[]} values
   * @param {{ width: number, height: number, length?: number }} box
   */
  function plot(values, { width, height, length = LENGTH }) {
    const top = Math.max(1, ...values);
    const step = width / (length - 1);
    const start = width - (values.length - 1) * step;
    return values.map((value, index) => ({
      x: round(start + index * step),
      y: round(height - (value / top) * (height - 2) - 1),
    }));
  }

  /** @param {number} value */
  function round(value) {
    return Math.round(value * 10) / 10;
  }

  /** @param {number} seconds */
  function describeDuration(seconds) {
    const days = Math.floor(seconds / 86_400);
    const hours = Math.floor(seconds / 3_600) % 24;
    const minutes = Math.floor(seconds / 60) % 60;
    if (days > 0) return `${days} d ${hours} h`;
    if (hours > 0) return `${hours} h ${minutes} min`;
    if (minutes > 0) return `${minutes} min ${seconds % 60} s`;
    return `${seconds} s`;
  }

  return { LENGTH, createSeries, plot, describeDuration };
})();
backchannel.series = Series;
