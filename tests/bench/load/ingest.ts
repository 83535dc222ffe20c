// Scenario 6: how many lines a second a server takes in, from one client alone and from many at once.

import type { IngestTask, Outcome, Target } from "../job.ts";
import type { Client, Sender } from "./client.ts";
import { measure, rates } from "./meter.ts";
import { type OnBytes, Room } from "./room.ts";
import { endWriting } from "./sockets.ts";
import { outgoing, ping, PONG_HEAD } from "./wire.ts";

/** How often the server is asked how far it is. */
const STATS_INTERVAL_MS = 100;

/** Two numbers, followed by something, so that a torn answer does not give half of one. */
const STATS = /Total messages: (\d+) .* Dropped messages: (\d+)[^\d]/;

/** More than an answer to /stats is long: what to keep when one is torn between two reads. */
const ANSWER_LENGTH = 1_000;

export function ingest(target: Target, task: IngestTask): Outcome {
  return task.clients === 1 ? alone(target, task) : together(target, task);
}

/** Nobody else is there: the server says itself when it is through. */
function alone(target: Target, task: IngestTask): Outcome {
  const room = Room.open(target, 1);
  const sender = room.speaker(room.clients[0]!, task.payloadBytes);
  const before = stats(room, target);
  const usage = measure(target.pid, () => {
    sender.say(task.linesPerClient);
    room.pollUntil(() => sender.isDone, task.seconds, () => {});
    awaitLastLine(room, target, sender, task.seconds);
  });
  const lines = sender.messages;
  const lost = target.dialect === "relay" ? 0 : lines - (stats(room, target).total - before.total);
  return { variant: "1 client", metrics: { ...rates(lines, usage), lost } };
}

/**
 * Has the server answer something behind the last line: a command where there are commands, a
 * WebSocket ping, or the end of the connection.
 */
function awaitLastLine(room: Room, target: Target, sender: Sender, seconds: number): void {
  const { client } = sender;
  if (target.dialect === "backchannel") return void room.ask(client, "/stats", STATS, seconds);
  let isThrough = false;
  if (client.transport === "ws") room.tell(client, ping());
  else endWriting(client.fd);
  const sawPong: OnBytes = (_, bytes) => {
    isThrough ||= bytes === PONG_HEAD.length && room.buffer[0] === PONG_HEAD[0];
  };
  const done = () => isThrough || !client.isOpen;
  if (!room.pollUntil(done, seconds, sawPong)) throw new Error("The last line was not taken in");
}

/** All are in one room and read what they get; one more only listens. */
function together(target: Target, task: IngestTask): Outcome {
  const room = Room.open(target, task.clients + 1);
  const [observer, ...others] = room.clients;
  const senders = others.map((client) => room.speaker(client, task.payloadBytes));
  const progress: Progress = target.dialect === "backchannel"
    ? new Statistics(room, observer!, stats(room, target))
    : new Deliveries(task.clients);
  room.expect(task.payloadBytes);
  const usage = measure(target.pid, () => {
    for (const sender of senders) sender.say(task.linesPerClient);
    const isDone = () => progress.update() >= task.linesPerClient * task.clients;
    room.pollUntil(isDone, task.seconds, (client, bytes) => progress.count(client, bytes));
  });
  const { lost } = progress;
  return {
    variant: `${task.clients} clients`,
    metrics: { ...rates(progress.update(), usage), lost },
  };
}

/** How many lines the server has taken in. */
interface Progress {
  /** Sees all that is received. */
  count(client: Client, bytes: number): void;
  /** Lines so far. */
  update(): number;
  /** Deliveries that were left out so far, for those who were too slow for them. */
  readonly lost: number;
}

/** A server that drops nothing has taken in what each of the others has received. */
class Deliveries implements Progress {
  readonly lost = 0;
  readonly #receivers: number;
  #frames = 0;

  constructor(receivers: number) {
    this.#receivers = receivers;
  }

  count(client: Client, bytes: number): void {
    this.#frames += client.take(bytes);
  }

  update(): number {
    return this.#frames / this.#receivers;
  }
}

/** A server that may leave out what a client is too slow for is asked, over and over. */
class Statistics implements Progress {
  readonly #room: Room;
  readonly #observer: Client;
  readonly #before: Stats;
  #lines = 0;
  #lost = 0;
  #tail = "";
  #isAsked = false;
  #askedAt = 0;

  constructor(room: Room, observer: Client, before: Stats) {
    this.#room = room;
    this.#observer = observer;
    this.#before = before;
  }

  count(client: Client, bytes: number): void {
    if (client !== this.#observer) return;
    const text = this.#tail + this.#room.text(bytes);
    const stats = parseStats(text);
    this.#tail = stats === undefined ? text.slice(-ANSWER_LENGTH) : "";
    if (stats === undefined) return;
    this.#lines = stats.total - this.#before.total;
    this.#lost = stats.dropped - this.#before.dropped;
    this.#isAsked = false;
  }

  get lost(): number {
    return this.#lost;
  }

  update(): number {
    const now = performance.now();
    if (!this.#isAsked && now - this.#askedAt >= STATS_INTERVAL_MS) {
      this.#room.tell(this.#observer, outgoing(this.#observer.transport, "/stats"));
      this.#isAsked = true;
      this.#askedAt = now;
    }
    return this.#lines;
  }
}

/** The server's own statistics. */
interface Stats {
  /** Messages taken in so far. */
  readonly total: number;
  /** Deliveries left out so far. */
  readonly dropped: number;
}

function parseStats(text: string): Stats | undefined {
  const [, total, dropped] = text.match(STATS) ?? [];
  return total === undefined ? undefined : { total: Number(total), dropped: Number(dropped) };
}

/** Nothing from a server that has no commands. */
function stats(room: Room, target: Target): Stats {
  const none = { total: 0, dropped: 0 };
  if (target.dialect === "relay") return none;
  return parseStats(room.ask(room.clients[0]!, "/stats", STATS)) ?? none;
}
