// Scenario 9: how many notifications, posted to the HTTP API, reach the readers of its event streams.

import type { NotifyTask, Outcome, Target } from "../job.ts";
import { Client } from "./client.ts";
import { ClosedLoop, type Polled, type Speaker } from "./closed_loop.ts";
import { measure, rates } from "./meter.ts";
import { type OnBytes, oneCharacterEach } from "./room.ts";
import { connect, GONE, Poller, receive, send } from "./sockets.ts";

/** The room that is posted to. */
const ROOM = "bench";

/** Messages before the first reader comes: the numbers of those that are measured all have five digits, so they are equally long. */
const FIRST_MESSAGES = 10_000;

/** For everything that ought to be done in a moment. */
const PATIENCE_SECONDS = 20;

/** Nothing more comes behind a message when nothing has come for so long. */
const QUIET_SECONDS = 0.3;

const READ_BUFFER_BYTES = 256 * 1024;

const encoder = new TextEncoder();

export function notify(target: Target, task: NotifyTask): Outcome {
  const hall = new Hall(target.port, task);
  hall.postAlone(FIRST_MESSAGES);
  hall.openStreams();
  hall.probe();
  const { posters, readers } = hall;
  const loop = new ClosedLoop(hall, posters, readers, task.window);
  loop.run(task.warmupSeconds);
  const { frames, reads } = loop;
  const posted = hall.posted;
  const usage = measure(target.pid, () => loop.run(task.seconds));
  const delivered = loop.frames - frames;
  const metrics = {
    ...rates(delivered, usage),
    framesPerRead: delivered / (loop.reads - reads),
    postsPerSecond: (hall.posted - posted) / usage.seconds,
    ...loop.finish(),
  };
  return { variant: "", metrics };
}

/** Posts the same message again and again, one at a time. Opens a new connection when the server closes one. */
class Poster implements Speaker {
  readonly client: Client;
  messages = 0;
  posted = 0;
  #fd: number;
  #owed = 0;
  #isWaiting = false;
  #response = "";
  readonly #hall: Hall;
  readonly #request: Uint8Array<ArrayBuffer>;

  constructor(hall: Hall, index: number, request: Uint8Array<ArrayBuffer>) {
    this.#hall = hall;
    this.#request = request;
    this.#fd = hall.connect(index);
    this.client = new Client(this.#fd, index, "tcp");
  }

  say(count: number): void {
    this.messages += count;
    this.#owed += count;
    this.#next();
  }

  read(buffer: Uint8Array<ArrayBuffer>): void {
    const bytes = receive(this.#fd, buffer);
    if (bytes === GONE) throw new Error(`The server closed before it answered: ${this.#response}`);
    this.#response += oneCharacterEach(buffer.subarray(0, bytes));
    if (!this.#response.endsWith("}\n")) return;
    if (!this.#response.startsWith("HTTP/1.1 201 ")) throw new Error(this.#response);
    if (this.#response.includes("connection: close")) this.#reconnect();
    this.#response = "";
    this.#isWaiting = false;
    this.posted++;
    this.#next();
  }

  #reconnect(): void {
    this.#hall.disconnect(this.#fd);
    this.#fd = this.#hall.connect(this.client.index);
  }

  #next(): void {
    if (this.#isWaiting || this.#owed === 0) return;
    this.#owed--;
    this.#isWaiting = true;
    if (send(this.#fd, this.#request) !== this.#request.length) throw new Error("Cannot post");
  }
}

/** The connections of those who post and those who read. */
class Hall implements Polled {
  readonly readers: Client[] = [];
  readonly posters: readonly Poster[];
  readonly #port: number;
  readonly #task: NotifyTask;
  readonly #poller = new Poller();
  readonly #buffer = new Uint8Array(READ_BUFFER_BYTES);

  constructor(port: number, task: NotifyTask) {
    this.#port = port;
    this.#task = task;
    const request = this.#request("POST", "messages", "x".repeat(task.payloadBytes));
    this.posters = Array.from({ length: task.posters }, (_, i) => new Poster(this, i, request));
  }

  get posted(): number {
    return this.posters.reduce((sum, { posted }) => sum + posted, 0);
  }

  connect(tag: number): number {
    const fd = connect(this.#port);
    this.#poller.add(fd, tag);
    return fd;
  }

  disconnect(fd: number): void {
    this.#poller.close(fd);
  }

  /** Posts so many messages while nobody reads. */
  postAlone(count: number): void {
    const each = Math.ceil(count / this.posters.length);
    for (const poster of this.posters) poster.say(each);
    this.#await(() => this.posted >= count, "post");
  }

  /** Opens the streams, one after the other. */
  openStreams(): void {
    const request = this.#request("GET", "events");
    const { posters } = this;
    for (let i = 0; i < this.#task.readers; i++) {
      const tag = posters.length + i;
      const reader = new Client(this.connect(tag), tag, "tcp");
      this.readers.push(reader);
      if (send(reader.fd, request) !== request.length) throw new Error("Cannot ask for events");
      let text = "";
      this.#await(
        () => text.includes("event: subscribed") && text.endsWith("\n\n"),
        "read",
        (client, bytes) => {
          if (client === reader) text += oneCharacterEach(this.#buffer.subarray(0, bytes));
        },
      );
    }
  }

  /** Finds out how long a message is, and checks that every reader gets it. */
  probe(): void {
    const heard = new Map<Client, string>();
    this.posters[0]!.say(1);
    const end = performance.now() + QUIET_SECONDS * 1_000;
    this.pollUntil(() => performance.now() > end, PATIENCE_SECONDS, (client, bytes) => {
      heard.set(
        client,
        (heard.get(client) ?? "") + oneCharacterEach(this.#buffer.subarray(0, bytes)),
      );
    });
    const [first = ""] = heard.values();
    const isRight = first.includes(`"text":"${"x".repeat(this.#task.payloadBytes)}"`);
    if (!isRight || this.readers.some((reader) => heard.get(reader) !== first)) {
      throw new Error(`Readers got ${JSON.stringify(first)}, or nothing, or something else`);
    }
    for (const reader of this.readers) reader.expect(first.length);
  }

  pollUntil(isDone: () => boolean, seconds: number, onBytes: OnBytes): boolean {
    const deadline = performance.now() + seconds * 1_000;
    while (!isDone()) {
      if (performance.now() > deadline) return false;
      const ready = this.#poller.wait(1);
      for (let i = 0; i < ready; i++) this.#read(this.#poller.tag(i), onBytes);
    }
    return true;
  }

  #read(tag: number, onBytes: OnBytes): void {
    const poster = this.posters[tag];
    if (poster !== undefined) return poster.read(this.#buffer);
    const reader = this.readers[tag - this.posters.length]!;
    const bytes = receive(reader.fd, this.#buffer);
    if (bytes === GONE) throw new Error("The server ended a stream");
    if (bytes > 0) onBytes(reader, bytes);
  }

  #await(isDone: () => boolean, what: string, onBytes: OnBytes = () => {}): void {
    if (this.pollUntil(isDone, PATIENCE_SECONDS, onBytes)) return;
    throw new Error(`Cannot ${what} in ${PATIENCE_SECONDS} s`);
  }

  #request(method: string, path: string, body = ""): Uint8Array<ArrayBuffer> {
    return encoder.encode([
      `${method} /api/rooms/${ROOM}/${path} HTTP/1.1`,
      `Host: 127.0.0.1:${this.#port}`,
      `Authorization: Bearer ${this.#task.token}`,
      ...body === "" ? [] : ["Content-Type: text/plain", `Content-Length: ${body.length}`],
      "",
      body,
    ].join("\r\n"));
  }
}
