// Reads the processor time and the memory of the server, and our own, from /proc.

import { LOAD_CORE, type Metric, type RssSeries, SERVER_CORE } from "../job.ts";

/** Unit of the times in /proc/PID/stat: 100 a second on every Linux architecture of today. */
const TICKS_PER_SECOND = 100;

/** Processor seconds that a process has used so far, all threads: in all, and in the kernel. */
export function cpuSeconds(pid: number): [all: number, kernel: number] {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The name in parentheses may hold spaces; field 3 comes right after it, 14 and 15 are the times.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, kernel] = [Number(fields[11]), Number(fields[12])];
  return [(user + kernel) / TICKS_PER_SECOND, kernel / TICKS_PER_SECOND];
}

/** Seconds that the two cores have been idle so far, waiting for disks included. */
function idleSeconds(): number {
  const stat = Deno.readTextFileSync("/proc/stat");
  const ticks = [SERVER_CORE, LOAD_CORE].map((core) => {
    // user, nice, system, idle, iowait, ...
    const fields = stat.match(new RegExp(`^cpu${core} (.*)$`, "m"))?.[1]?.split(" ") ?? [];
    return Number(fields[3]) + Number(fields[4]);
  });
  return ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND;
}

/** Resident memory of a process in megabytes. */
export function rssMb(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(status.match(/^VmRSS:\s+(\d+) kB/m)?.[1]) / 1024;
}

/** Connections that the kernel has made on `port` of IPv4 and the server has not yet accepted. */
export function acceptQueue(port: number): number {
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  // local address, remote address, state 0A (listening), send queue, receive queue
  const listening = new RegExp(
    `^ *\\d+: [0-9A-F]{8}:${hexPort} \\S+ 0A [0-9A-F]+:([0-9A-F]+)`,
    "m",
  );
  return parseInt(headOf("/proc/net/tcp").match(listening)?.[1] ?? "0", 16);
}

/** The start of a file. Listening sockets come first in /proc/net/tcp; ten thousand others follow. */
function headOf(path: string, bytes = 4_096): string {
  using file = Deno.openSync(path);
  const buffer = new Uint8Array(bytes);
  return new TextDecoder().decode(buffer.subarray(0, file.readSync(buffer) ?? 0));
}

/** The cost of a period of time. */
export type Usage = Record<
  "seconds" | "serverCpuSeconds" | "serverKernel" | "serverBusy" | "loadBusy" | "othersBusy",
  number
>;

/** Runs `body` and says how long it took and what the server, or several of them, and we used meanwhile. */
export function measure(pid: number | readonly number[], body: () => void): Usage {
  const pids = [pid].flat();
  const before = clocks(pids);
  body();
  const after = clocks(pids);
  const [seconds, server, kernel, load, idle] = after.map((value, i) =>
    value - before[i]!
  ) as Clocks;
  const others = 2 * seconds - server - load - idle;
  return {
    seconds,
    serverCpuSeconds: server,
    serverKernel: kernel / server,
    serverBusy: server / seconds,
    loadBusy: load / seconds,
    // Other processes, or a hypervisor that had no time for us: it spoils rates and latencies.
    othersBusy: Math.max(0, others / seconds),
  };
}

type Clocks = [wall: number, server: number, kernel: number, load: number, idle: number];

function clocks(pids: readonly number[]): Clocks {
  const [load] = cpuSeconds(Deno.pid);
  const [all, kernel] = pids.map(cpuSeconds).reduce((
    [a, k],
    [all, kernel],
  ) => [a + all, k + kernel]);
  return [performance.now() / 1_000, all, kernel, load, idleSeconds()];
}

/** How much of `count` was done in a second, and in a second of the server's processor time. */
export function rates(count: number, usage: Usage): Partial<Record<Metric, number>> {
  return {
    ...usage,
    perSecond: count / usage.seconds,
    perCpuSecond: count / usage.serverCpuSeconds,
  };
}

/** Records the memory of a process while the caller's loop goes on. */
export class RssRecorder {
  readonly series: Array<readonly [seconds: number, megabytes: number]> = [];
  readonly #pid: number;
  readonly #intervalMs: number;
  readonly #started = performance.now();

  constructor(pid: number, intervalMs: number) {
    this.#pid = pid;
    this.#intervalMs = intervalMs;
    this.tick();
  }

  /** Takes the next sample if it is due. To be called in every round. */
  tick(): void {
    const elapsed = performance.now() - this.#started;
    if (elapsed < this.series.length * this.#intervalMs) return;
    this.series.push([elapsed / 1_000, rssMb(this.#pid)]);
  }

  get latestMb(): number {
    return this.series.at(-1)?.[1] ?? NaN;
  }
}

/** Start, maximum, and the growth to that maximum from `baseSeconds` on. */
export function rssMetrics(
  series: RssSeries,
  baseSeconds: number,
): Partial<Record<Metric, number>> {
  const late = series.filter(([seconds]) => seconds >= baseSeconds);
  const considered = (late.length > 1 ? late : series).map(([, megabytes]) => megabytes);
  const start = considered[0] ?? NaN;
  const max = Math.max(...considered);
  return { rssStartMb: start, rssMaxMb: max, rssGrowthMb: max - start };
}
