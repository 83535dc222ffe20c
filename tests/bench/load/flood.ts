// Scenario 4: what the server's memory does while one client floods a room of clients that never read.

import type { FloodTask, Outcome, Target } from "../job.ts";
import type { Sender } from "./client.ts";
import { measure, rates, rssMetrics, RssRecorder } from "./meter.ts";
import { probe } from "./probe.ts";
import { Room } from "./room.ts";

const RSS_INTERVAL_MS = 250;

/** Growth counts from here: until then the flood's own machinery is still being built up. */
const BASE_SECONDS = 1;

/** Messages that the sender always has at hand: more than the kernel takes in one round. */
const RESERVE_MESSAGES = 5_000;

export function flood(target: Target, task: FloodTask): Outcome {
  const room = Room.open(target, 1 + task.readers + task.stalled);
  const [first, ...others] = room.clients;
  const readers = others.slice(0, task.readers);
  const sender = room.speaker(first!, task.payloadBytes);
  probe(room, first!, task.payloadBytes, others);
  others.slice(task.readers).forEach((client) => room.stall(client));

  room.expect(task.payloadBytes);
  const rss = new RssRecorder(target.pid, RSS_INTERVAL_MS);
  const isDone = () => {
    rss.tick();
    keepFlooding(sender);
    return rss.latestMb > task.rssCapMb;
  };
  const usage = measure(target.pid, () => {
    room.pollUntil(isDone, task.seconds, (client, bytes) => void client.take(bytes));
  });
  const taken = readers.reduce((sum, reader) => sum + reader.frames, 0) / readers.length;
  return {
    variant: "",
    metrics: { ...rates(taken, usage), ...rssMetrics(rss.series, BASE_SECONDS) },
    rss: rss.series,
  };
}

function keepFlooding(sender: Sender): void {
  if (sender.isDone) sender.say(RESERVE_MESSAGES);
}
