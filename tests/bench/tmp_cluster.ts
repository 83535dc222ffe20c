import { startServer, runLoad, stopAll } from "./processes.ts";
import { ourCommand } from "./servers.ts";
import { Redis } from "../support/redis.ts";
await using redis = await Redis.start();
const tasks = [
  { kind: "fanout", clients: 100, senders: 1, window: 1, payloadBytes: 64, warmupSeconds: 0.7, seconds: 2 },
  { kind: "fanout", clients: 1000, senders: 8, window: 64, payloadBytes: 64, warmupSeconds: 0.7, seconds: 2 },
] as const;
for (const task of tasks) {
  for (const flags of [["--no-history"], ["--no-history", "--cluster", redis.url]]) {
    for (const transport of ["tcp"] as const) {
      const server = await startServer(ourCommand(flags));
      const lines = await runLoad({ target: { port: server.port, pid: server.pid, transport, dialect: "backchannel" }, task });
      for (const l of lines as any[]) console.log(task.clients, flags.join(" "), transport, JSON.stringify({ps: l.metrics?.perSecond, pcs: l.metrics?.perCpuSecond, lost: l.metrics?.lost, busy: l.metrics?.serverBusy}), l.error ?? "");
      await server.stop();
    }
  }
}
stopAll();
