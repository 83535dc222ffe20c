// Scenario 3: how long messages at a fixed pace take to their readers beside clients that never read.

import type { Outcome, SlowReadersTask, Target } from "../job.ts";
import { percentile } from "../stats.ts";
import type { Client, Sender } from "./client.ts";
import { ClosedLoop } from "./closed_loop.ts";
import { measure, rssMetrics, RssRecorder } from "./meter.ts";
import { probe } from "./probe.ts";
import { nameOf, Room } from "./room.ts";
import { message, outgoing, prefix } from "./wire.ts";

/** Messages that jam: big, so that few of them fill the kernel's buffers, and below any size limit. */
const JAM_PAYLOAD_BYTES = 4_000;

/** How long the jam, and after each pace the last message, may take. */
const PATIENCE_SECONDS = 20;

const RSS_INTERVAL_MS = 500;

/** Digits of the number at the start of each message. */
const SEQUENCE_DIGITS = 8;

export function slowReaders(target: Target, task: SlowReadersTask): Outcome[] {
  const room = Room.open(target, 1 + task.readers + task.stalled);
  const [first, ...others] = room.clients;
  const readers = others.slice(0, task.readers);
  const sender = room.speaker(first!, JAM_PAYLOAD_BYTES);
  probe(room, first!, task.payloadBytes, others);
  others.slice(task.readers).forEach((client) => room.stall(client));
  jam(room, sender, readers, task.jamBytes);
  const run = (pace: number, seconds: number) =>
    new Pace(target, task, room, first!, readers).run(pace, seconds);
  run(Math.max(...task.paces), task.warmupSeconds);
  return task.paces.map((pace) => run(pace, task.seconds));
}

/** Sends the stalled clients more than the kernel holds for them. */
function jam(room: Room, sender: Sender, readers: readonly Client[], jamBytes: number): void {
  const messages = Math.ceil(jamBytes / JAM_PAYLOAD_BYTES);
  room.expect(JAM_PAYLOAD_BYTES);
  const loop = new ClosedLoop(room, [sender], readers, 1);
  loop.run(PATIENCE_SECONDS, () => loop.delivered >= messages);
  const { lost } = loop.finish();
  if (lost > 0) throw new Error(`${lost} deliveries lost while the slow readers were jammed`);
  room.settle();
}

/** One measurement at one pace. */
class Pace {
  readonly #target: Target;
  readonly #task: SlowReadersTask;
  readonly #room: Room;
  readonly #sender: Client;
  readonly #readers: readonly Client[];
  readonly #name: string;
  /** When each message was to leave: a generator that is late does not make the server look fast. */
  readonly #due: number[] = [];
  readonly #latencies: number[] = [];
  #lost = 0;

  constructor(
    target: Target,
    task: SlowReadersTask,
    room: Room,
    sender: Client,
    readers: readonly Client[],
  ) {
    this.#target = target;
    this.#task = task;
    this.#room = room;
    this.#sender = sender;
    this.#readers = readers;
    this.#name = nameOf(sender);
  }

  run(pace: number, seconds: number): Outcome {
    const count = Math.round(pace * seconds);
    this.#room.expect(this.#task.payloadBytes);
    const rss = new RssRecorder(this.#target.pid, RSS_INTERVAL_MS);
    const usage = measure(this.#target.pid, () => {
      const start = performance.now();
      for (let i = 0; i < count; i++) {
        this.#sendAt(start + i * 1_000 / pace);
        rss.tick();
      }
      this.#drain();
    });
    const missing = this.#readers.reduce((sum, reader) => sum + count - reader.frames, 0);
    const sorted = Float64Array.from(this.#latencies).sort();
    return {
      variant: `${pace} messages/s`,
      metrics: {
        ...usage,
        ...rssMetrics(rss.series, 0),
        p50Ms: percentile(sorted, 0.5),
        p99Ms: percentile(sorted, 0.99),
        maxMs: percentile(sorted, 1),
        lost: this.#lost + missing,
      },
      rss: rss.series,
    };
  }

  #sendAt(due: number): void {
    for (let left = due - performance.now(); left > 0; left = due - performance.now()) {
      this.#room.poll(Math.floor(left), this.#onBytes);
    }
    const number = String(this.#due.push(due) - 1).padStart(SEQUENCE_DIGITS, "0");
    const { dialect } = this.#target;
    const text = message(dialect, this.#name, this.#task.payloadBytes, number);
    this.#room.tell(this.#sender, outgoing(this.#sender.transport, text));
  }

  #drain(): void {
    const isDone = () => this.#readers.every((reader) => reader.frames === this.#due.length);
    this.#room.pollUntil(isDone, PATIENCE_SECONDS, this.#onBytes);
  }

  readonly #onBytes = (client: Client, bytes: number): void => {
    const now = performance.now();
    const completed = client.take(bytes);
    if (client.spare === 0) this.#checkLast(client, bytes);
    for (let i = client.frames - completed; i < client.frames; i++) {
      this.#latencies.push(now - this.#due[i]!);
    }
  };

  /** The number in the last message read must fit the count; if it does not, some were left out. */
  #checkLast(client: Client, bytes: number): void {
    const end = bytes - (client.transport === "tcp" ? 1 : 0);
    const start = end - this.#task.payloadBytes + prefix(this.#target.dialect, this.#name).length;
    if (start < 0) return;
    const number = Number(this.#room.text(end).slice(start, start + SEQUENCE_DIGITS));
    const skipped = number - (client.frames - 1);
    this.#lost += skipped;
    client.frames += skipped;
  }
}
