// Scenarios 1, 2, 7 and 10: how many deliveries a room makes with a fixed number of messages on the way.

import type { FanoutTask, Outcome, Target } from "../job.ts";
import { ClosedLoop } from "./closed_loop.ts";
import { cpuSeconds, measure, rates } from "./meter.ts";
import { probe } from "./probe.ts";
import { Room } from "./room.ts";

export function fanout(target: Target, task: FanoutTask): Outcome {
  const { payloadBytes } = task;
  const room = Room.open(target, task.clients);
  const senders = room.clients.slice(0, task.senders).map((c) => room.speaker(c, payloadBytes));
  const [first] = senders;
  if (first === undefined) throw new RangeError("Cannot fan out: there is no sender");
  probe(room, first.client, payloadBytes, room.clients.slice(1));

  room.expect(payloadBytes);
  const loop = new ClosedLoop(room, senders, room.clients, task.window);
  loop.run(task.warmupSeconds);
  const { frames, reads } = loop;
  const { pid, other, enginePid } = target;
  const engineBefore = enginePid === undefined ? 0 : cpuSeconds(enginePid)[0];
  const pids = other === undefined ? pid : [pid, other.pid];
  const usage = measure(pids, () => loop.run(task.seconds));
  const engine = enginePid === undefined
    ? {}
    : { engineCpuSeconds: cpuSeconds(enginePid)[0] - engineBefore };
  const delivered = loop.frames - frames;
  const framesPerRead = delivered / (loop.reads - reads);
  return {
    variant: "",
    metrics: { ...rates(delivered, usage), ...engine, framesPerRead, ...loop.finish() },
  };
}
