// Scenario 5: what very many silent connections cost, and how long one message takes to all of them.

import type { IdleTask, Outcome, Target } from "../job.ts";
import { ClosedLoop } from "./closed_loop.ts";
import { measure, rssMb } from "./meter.ts";
import { Room } from "./room.ts";

/** Files, sockets and pipes that a process needs besides the connections. */
const OTHER_FILES = 100;

/** How long the one message may take. */
const PATIENCE_SECONDS = 20;

export function idle(target: Target, task: IdleTask): Outcome {
  for (const pid of [target.pid, Deno.pid]) checkOpenFiles(pid, task.clients + OTHER_FILES);
  const room = new Room(target);
  const connecting = measure(target.pid, () => room.connect(task.clients));
  room.settle();
  const rssStartMb = rssMb(target.pid);
  room.settle(task.quietSeconds);
  const rssIdleMb = rssMb(target.pid);

  const sender = room.speaker(room.clients[0]!, task.payloadBytes);
  room.expect(task.payloadBytes);
  const loop = new ClosedLoop(room, [sender], room.clients, 1);
  const broadcast = measure(target.pid, () => {
    loop.run(PATIENCE_SECONDS, () => loop.delivered === 1);
  });
  return {
    variant: "",
    metrics: {
      ...connecting,
      connectSeconds: connecting.seconds,
      broadcastMs: broadcast.seconds * 1_000,
      ...loop.finish(),
      rssStartMb,
      rssIdleMb,
      rssAfterMb: rssMb(target.pid),
    },
  };
}

function checkOpenFiles(pid: number, needed: number): void {
  const limits = Deno.readTextFileSync(`/proc/${pid}/limits`);
  const allowed = Number(limits.match(/^Max open files\s+(\d+)/m)?.[1]);
  if (allowed >= needed) return;
  throw new Error(`Cannot hold ${needed} open files: the limit is ${allowed}, see ulimit -n`);
}
