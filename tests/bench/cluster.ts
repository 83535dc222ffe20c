// Two servers of one chat and their Redis, as one command of the bench. It prints a line with their processes and ports, and
// ends them at SIGTERM.

import { Redis } from "../support/redis.ts";
import { ourCommand } from "./servers.ts";

const redis = await Redis.start();
const [one, two] = await Promise.all([0, 1].map(start));
const cluster = { other: two, enginePid: redis.pid };
console.log(`cluster ${JSON.stringify({ port: one!.port, pid: one!.pid, cluster })}`);
Deno.addSignalListener("SIGTERM", async () => {
  for (const { child } of [one!, two!]) child.kill("SIGKILL");
  await redis[Symbol.asyncDispose]();
  Deno.exit();
});

async function start() {
  const [program, ...args] = ourCommand(["--no-history", "--cluster", redis.url]);
  const child = new Deno.Command(program!, { args, stdin: "null", stdout: "piped" }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = "";;) {
    const { value, done } = await reader.read();
    if (done) throw new Error("A server has ended");
    text += value;
    const port = /^Server listening on \S+:(\d+)$/m.exec(text)?.[1];
    if (port === undefined) continue;
    void drain(reader);
    return {
      port: Number(port),
      pid: child.pid,
      child,
      toJSON: () => ({ port: Number(port), pid: child.pid }),
    };
  }
}

/** A full pipe would stop the server. */
async function drain(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}
