// Scenario 6: how many lines a second a server takes in, from one client alone and from many at once.

import type { IngestTask, Outcome, Target } from "../job.ts";
import type { Client, Sender } from "./client.ts";
import { measure, rates } from "./meter.ts";
import { type OnBytes, Room } from "./room.ts";
import { endWriting } from "./sockets.ts";
import { outgoing, ping, PONG_HEAD } from "./wire.ts";

/** How often the server is asked how far it is. */
const STATS_INTERVAL_MS = 100;

/** The number, followed by something, so that a torn answer does not give half of it. */
const TOTAL = /Total messages: (\d+)[^\d]/;

/** More than an answer to /stats is long: what to keep when one is torn between two reads. */
const ANSWER_LENGTH = 1_000;

export function ingest(target: Target, task: IngestTask): Outcome {
  return task.clients === 1 ? alone(target, task) : together(target, task);
}

/** Nobody else is there: the server says itself when it is through. */
function alone(target: Target, task: IngestTask): Outcome {
  const room = Room.open(target, 1);
  const sender = room.speaker(room.clients[0]!, task.payloadBytes);
  const before = totalMessages(room, target);
  const usage = measure(target.pid, () => {
    sender.say(task.linesPerClient);
    room.pollUntil(() => sender.isDone, task.seconds, () => {});
    awaitLastLine(room, target, sender, task.seconds);
  });
  const lines = sender.messages;
  const lost = target.dialect === "relay" ? 0 : lines - (totalMessages(room, target) - before);
  return { variant: "1 client", metrics: { ...rates(lines, usage), lost } };
}

/**
 * Has the server answer something behind the last line: a command where there are commands, a
 * WebSocket ping, or the end of the connection.
 */
function awaitLastLine(room: Room, target: Target, sender: Sender, seconds: number): void {
  const { client } = sender;
  if (target.dialect === "backchannel") return void room.ask(client, "/stats", TOTAL, seconds);
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
    ? new Statistics(room, observer!, totalMessages(room, target))
    : new Deliveries(task.clients);
  room.expect(task.payloadBytes);
  const usage = measure(target.pid, () => {
    for (const sender of senders) sender.say(task.linesPerClient);
    const isDone = () => progress.update() >= task.linesPerClient * task.clients;
    room.pollUntil(isDone, task.seconds, (client, bytes) => progress.count(client, bytes));
  });
  return { variant: `${task.clients} clients`, metrics: rates(progress.update(), usage) };
}

/** How many lines the server has taken in. */
interface Progress {
  /** Sees all that is received. */
  count(client: Client, bytes: number): void;
  /** Lines so far. */
  update(): number;
}

/** A server that drops nothing has taken in what each of the others has received. */
class Deliveries implements Progress {
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
  readonly #before: number;
  #lines = 0;
  #tail = "";
  #isAsked = false;
  #askedAt = 0;

  constructor(room: Room, observer: Client, before: number) {
    this.#room = room;
    this.#observer = observer;
    this.#before = before;
  }

  count(client: Client, bytes: number): void {
    if (client !== this.#observer) return;
    const text = this.#tail + this.#room.text(bytes);
    const total = text.match(TOTAL)?.[1];
    this.#tail = total === undefined ? text.slice(-ANSWER_LENGTH) : "";
    if (total === undefined) return;
    this.#lines = Number(total) - this.#before;
    this.#isAsked = false;
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

/** What the server says it has taken in so far; nothing from one that has no commands. */
function totalMessages(room: Room, target: Target): number {
  if (target.dialect === "relay") return 0;
  const answer = room.ask(room.clients[0]!, "/stats", TOTAL);
  return Number(answer.match(TOTAL)?.[1]);
}
