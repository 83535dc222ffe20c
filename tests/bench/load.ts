// The load generator: a process of its own, so that it can have its own processor core.
//
// Takes one argument, a Job as JSON, and writes one JSON line for each measurement (job.ts). It never
// waits in the event loop: all sockets are served by load/sockets.ts.

import type { Job, LoadLine, Outcome } from "./job.ts";
import { fanout } from "./load/fanout.ts";
import { flood } from "./load/flood.ts";
import { idle } from "./load/idle.ts";
import { ingest } from "./load/ingest.ts";
import { notify } from "./load/notify.ts";
import { slowReaders } from "./load/slow_readers.ts";
import { writeLine } from "./output.ts";

function run({ target, task }: Job): Outcome[] {
  switch (task.kind) {
    case "fanout":
      return [fanout(target, task)];
    case "slow-readers":
      return slowReaders(target, task);
    case "flood":
      return [flood(target, task)];
    case "idle":
      return [idle(target, task)];
    case "ingest":
      return [ingest(target, task)];
    case "notify":
      return [notify(target, task)];
  }
}

function report(line: LoadLine): void {
  writeLine(Deno.stdout, JSON.stringify(line));
}

if (import.meta.main) {
  try {
    const job: Job = JSON.parse(Deno.args[0] ?? "null");
    for (const outcome of run(job)) report({ outcome });
  } catch (error) {
    report({ error: error instanceof Error ? error.message : String(error) });
  }
}
