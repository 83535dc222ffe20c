/**
 * Measures the cost of the history: `deno run -A tests/bench/history.ts`. Times are of this process alone, with nothing else to do,
 * so each is the stall of an event loop that it stands in.
 */
import { delay } from "@std/async";
import type { History, Message } from "../../lib/chat/history.ts";
import { openHistory } from "../../lib/history/open_history.ts";
import type { Cancel, HistoryClock } from "../../lib/history/background_writer.ts";
import { finish } from "../chat/fakes.ts";
import { Random } from "../random.ts";

/** The clock of the machine, which notes how long what it calls takes. */
class MeasuringClock implements HistoryClock {
  /** Of each call that was due, in ms. */
  readonly stalls: number[] = [];

  now(): number {
    return performance.now();
  }

  wall(): number {
    return Date.now();
  }

  every(ms: number, action: () => void): Cancel {
    const timer = setInterval(() => this.#measure(action), ms);
    return () => clearInterval(timer);
  }

  after(ms: number, action: () => void): Cancel {
    const timer = setTimeout(() => this.#measure(action), ms);
    return () => clearTimeout(timer);
  }

  #measure(action: () => void): void {
    this.stalls.push(timed(action));
  }
}

interface Load {
  readonly what: string;
  readonly rooms: number;
  /** Messages a second, handed in each ms. */
  readonly rate: number;
  readonly seconds: number;
}

const LOADS: readonly Load[] = [
  { what: "a busy chat", rooms: 50, rate: 200, seconds: 5 },
  { what: "a flood in one room", rooms: 1, rate: 10_000, seconds: 5 },
  { what: "a flood in 1,000 rooms", rooms: 1_000, rate: 10_000, seconds: 5 },
  { what: "all that one core can say", rooms: 1, rate: 40_000, seconds: 5 },
];

const WORDS =
  "the tea is ready when you come over to the kitchen said nobody ever at that time of day".split(
    " ",
  );

const random = new Random(1);
const folder = Deno.makeTempDirSync();

function timed(action: () => void): number {
  const start = performance.now();
  action();
  return performance.now() - start;
}

function message(length = 10): Message {
  const text = Array.from({ length }, () => random.pick(WORDS)).join(" ");
  return {
    sender: 7,
    name: "Ada",
    address: "192.0.2.17",
    time: Date.now(),
    text,
    action: false,
    clientId: crypto.randomUUID(),
  };
}

function share(times: number[], part: number): number {
  return times.sort((a, b) => a - b)[Math.floor((times.length - 1) * part)] ?? 0;
}

function us(ms: number): string {
  return `${(1_000 * ms).toFixed(ms < 0.1 ? 1 : 0)} us`;
}

function tell(what: string, ...values: string[]): void {
  console.log(`  ${what.padEnd(28)}${values.map((value) => ` ${value.padStart(17)}`).join("")}`);
}

async function load(path: string | undefined, { what, rooms, rate, seconds }: Load): Promise<void> {
  const clock = new MeasuringClock();
  const history = openHistory({ path, clock });
  const messages = Array.from({ length: 1_000 }, () => message());
  const names = Array.from({ length: rooms }, (_, i) => `room-${i}`);
  const appends: number[] = [];
  let count = 0;
  const start = performance.now();
  while (performance.now() < start + 1_000 * seconds) {
    const due = Math.floor((performance.now() - start) * rate / 1_000);
    for (; count < due; count++) {
      const room = names[count % rooms]!;
      // The time of now, or nothing would ever be of the same age as the clock says.
      const next = { ...messages[count % messages.length]!, time: Date.now() };
      appends.push(timed(() => history.append(room, next)));
    }
    await delay(1);
  }
  const background = clock.stalls.reduce((sum, stall) => sum + stall, 0);
  const foreground = appends.reduce((sum, append) => sum + append, 0);
  const worst = Math.max(share(appends, 1), share(clock.stalls, 1));
  console.log(`\n${what}: ${rooms} rooms, ${rate} messages/s for ${seconds} s, ${count} in all`);
  tell("append, half of them within", us(share(appends, 0.5)), `99 %: ${us(share(appends, 0.99))}`);
  tell("all of it, per message", us((background + foreground) / count));
  tell("of the time of a core", `${((background + foreground) / seconds / 10).toFixed(1)} %`);
  tell("longest stall", us(worst), `99 %: ${us(share(clock.stalls, 0.99))}`);
  history.close();
}

/** Messages from many addresses in many rooms, with the tables always over their limit. */
async function eviction(path: string | undefined): Promise<void> {
  const clock = new MeasuringClock();
  const batches: number[] = [];
  const history = openHistory({
    path,
    clock,
    maxBytes: 8_388_608,
    onBatch: (took) => batches.push(took),
  });
  const seconds = 20;
  const start = performance.now();
  for (let count = 0; performance.now() < start + 1_000 * seconds;) {
    const due = 5 * (performance.now() - start);
    for (; count < due; count++) {
      history.append(`room-${count * 7_919 % 9_500}`, message(), `192.0.2.1/${count % 9_000}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  console.log(`\n9,500 rooms, 9,000 addresses, 5,000 messages/s, always over the limit of 8 MiB`);
  tell(
    "a batch, half of them within",
    us(share(batches, 0.5)),
    `99 %: ${us(share(batches, 0.99))}`,
  );
  tell("longest stall", us(Math.max(share(clock.stalls, 1), share(batches, 1))));
  history.close();
}

/** 10,000 rooms at once, some of them full, as a server has them that has run for long. */
function fill(history: History): void {
  for (let room = 0; room < 10_000; room++) history.append(`room-${room}`, message());
  for (let room = 0; room < 20; room++) {
    for (let i = 0; i < 1_000; i++) history.append(`full-${room}`, message());
  }
}

function reads(path: string | undefined): void {
  const history = openHistory({ path, clock: new MeasuringClock() });
  const filling = timed(() => fill(history));
  finish(history.search("full-0", "tea", 1));
  console.log("\n30,000 messages, 1,000 in each of 20 rooms and one in each of 10,000");
  tell("written, per message", us(filling / 30_000));
  const measure = (what: string, action: (room: string) => void) => {
    const times = Array.from(
      { length: 500 },
      () => timed(() => action(`full-${random.below(20)}`)),
    );
    tell(what, us(share(times, 0.5)), `worst: ${us(share(times, 1))}`);
  };
  measure("the newest 50", (room) => history.page(room, { limit: 50 }));
  measure("50 from the middle", (room) => history.page(room, { after: 400, limit: 50 }));
  measure("all 1,000", (room) => history.page(room, { limit: 1_000 }));
  measure("search, in every 2nd", (room) => finish(history.search(room, "tea", 20)));
  measure(
    "search, 5 common words",
    (room) => finish(history.search(room, "the tea is you day", 20)),
  );
  measure("search, none found", (room) => finish(history.search(room, "teapot", 20)));
  measure("find", (room) => history.find(room, "nobody's"));
  history.append("last", message());
  tell("close", us(timed(() => history.close())));
  if (path === undefined) return;
  tell("size", `${(Deno.statSync(path).size / 1e6).toFixed(1)} MB`);
  let again: History | undefined;
  tell("open again", us(timed(() => again = openHistory({ path, clock: new MeasuringClock() }))));
  again?.close();
}

async function measure(kind: string, path: (name: string) => string | undefined): Promise<void> {
  console.log(`\n== ${kind} ==`);
  for (const [index, next] of LOADS.entries()) await load(path(`${index}.db`), next);
  await eviction(path("eviction.db"));
  reads(path("reads.db"));
}

try {
  await measure("In memory", () => undefined);
  await measure("In a file", (name) => `${folder}/${name}`);
} finally {
  Deno.removeSync(folder, { recursive: true });
}
