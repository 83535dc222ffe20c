import { assertEquals } from "@std/assert";
import * as statsSeries from "../../../static/src/model/stats.ts";

const stats = (totalMessages: number, more = {}) => ({
  totalConnections: 5,
  activeConnections: 3,
  totalMessages,
  totalWhispers: 0,
  droppedMessages: 0,
  uptime: 100,
  ...more,
});

Deno.test("Stats series converts counters to rates", () => {
  const data = statsSeries.createStatsSeries();
  data.push(stats(100), 0);
  data.push(stats(150, { droppedMessages: 7 }), 2_000);
  data.push(stats(150, { droppedMessages: 7, activeConnections: 4 }), 3_000);
  assertEquals(data.samples, [
    { connections: 3, messages: 0, drops: 0 },
    { connections: 3, messages: 25, drops: 7 },
    { connections: 4, messages: 0, drops: 0 },
  ]);
  assertEquals(data.latest?.droppedMessages, 7);
});

Deno.test("Stats series starts again after a restart of the server", () => {
  const data = statsSeries.createStatsSeries();
  data.push(stats(100), 0);
  data.push(stats(3, { uptime: 1 }), 2_000);
  assertEquals(data.samples, [{ connections: 3, messages: 0, drops: 0 }]);
});

Deno.test("Stats series ignores a sample at the same time as the last one, and is limited", () => {
  const data = statsSeries.createStatsSeries(4);
  data.push(stats(1), 0);
  data.push(stats(9), 0);
  assertEquals(data.samples.length, 1);
  for (let time = 1; time < 10; time++) data.push(stats(time), time * 1_000);
  assertEquals(data.samples.length, 4);
});

Deno.test("plot() puts the newest value at the right edge and the maximum at the top", () => {
  const box = { width: 90, height: 40, length: 10 };
  assertEquals(statsSeries.plot([0, 5, 10], box), [
    { x: 70, y: 39 },
    { x: 80, y: 20 },
    { x: 90, y: 1 },
  ]);
  assertEquals(statsSeries.plot([0], box), [{ x: 90, y: 39 }]);
  assertEquals(statsSeries.plot([], box), []);
});

Deno.test("describeDuration() uses the two largest units", () => {
  const texts = [0, 59, 61, 3_661, 90_000].map(statsSeries.describeDuration);
  assertEquals(texts, ["0 s", "59 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"]);
});
