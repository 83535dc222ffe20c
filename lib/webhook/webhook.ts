/**
 * A webhook: sends the events of the chat to an HTTP server, in signed batches after the Standard Webhooks specification 1.0.
 *
 * The contract:
 * 1. `observe` never waits and never fails.
 * 2. Events are sent in their order, with one request at a time. A batch whose request failed is sent again, with the same
 *    `webhook-id` and body, before all others: receivers get it at least once.
 * 3. The queue is bounded. When it is full, its oldest event is dropped; the next batch begins with a `dropped` event that
 *    says how many are missing, and the numbers of missing messages.
 * 4. A batch that the receiver refuses again and again is dropped, too. Otherwise it would hold up all others.
 * 5. `410 Gone` ends the webhook: nothing is sent any more.
 * @module
 */
import type { ChatEvent } from "../wire/chat_event.ts";
import { renderJson } from "../wire/json.ts";
import { attempt, type Failure, type WebhookClock } from "./attempt.ts";
import { backoff } from "./backoff.ts";
import { type Batch, EventQueue, type QueueLimits } from "./event_queue.ts";
import type { WebhookLog } from "./log_data.ts";
import type { Signer } from "./signature.ts";

/**
 * The size of the queue: what a busy chat says in a minute or two, while a receiver is restarted. 10,000 events of 400 bytes
 * take 4 MiB.
 */
const LIMITS: QueueLimits = { events: 10_000, bytes: 4_194_304 };

/** How long events are gathered before a request, in ms: less than people notice, and no more than ten requests a second. */
export const GATHER_TIME = 100;

/** A queue of so many bytes is sent at once: more does not go into a request. */
const FULL_BATCH = 32_768;

/** A batch is dropped after so many refusals. With the waits between them, that takes four minutes or more. */
export const MAX_REFUSALS = 10;

/** The time limit for the last requests when the server shuts down, in ms: as long as clients have. */
export const SHUTDOWN_TIMEOUT = 1_000;

/** The `type` of the payload. */
const PAYLOAD_TYPE = "chat.events";

/** What a webhook counts. All of it only grows. */
export interface WebhookCounts {
  /** Requests by how they ended. */
  readonly requests: { delivered: number; failed: number };
  /** Events by what became of them. */
  readonly events: { delivered: number; dropped: number };
}

export interface WebhookOptions {
  readonly url: URL;
  readonly signer: Signer;
  /** The value of `user-agent`. */
  readonly userAgent: string;
  /** Returns the epoch of the ids in the events. */
  readonly epoch: () => string;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: WebhookClock;
  /** Returns numbers from 0 up to but not including 1, which spread retries. */
  readonly random: () => number;
  readonly counts: WebhookCounts;
  readonly log: WebhookLog;
  readonly limits?: QueueLimits;
}

/** A batch that is being sent, again and again until it is delivered. */
interface Delivery {
  readonly id: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly batch: Batch;
  refusals: number;
}

const encoder = new TextEncoder();

export class Webhook {
  readonly #options: WebhookOptions;
  #queue: EventQueue;
  #delivery: Delivery | undefined;
  /** Resolves when nothing is left to send; `undefined` while nothing is. */
  #sending: Promise<void> | undefined;
  /** Aborts the request that is under way. */
  #request: AbortController | undefined;
  #isGathering = false;
  /** Ends a pause early. */
  #wake: () => void = () => {};
  #state: "open" | "closing" | "closed" = "open";
  /** Failed requests since the last successful one. */
  #failures = 0;
  /** The reason of the last one of them. */
  #reason = "";
  /** Events dropped since the queue was last empty. */
  #dropped = 0;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#queue = new EventQueue(options.limits ?? LIMITS);
  }

  /** The number of events that are not delivered yet. */
  get waiting(): number {
    return this.#queue.length + (this.#delivery?.batch.events ?? 0);
  }

  /** How long the oldest of them has waited, in ms; 0 if there is none. */
  get age(): number {
    const since = this.#delivery?.batch.since ?? this.#queue.since;
    return since === undefined ? 0 : this.#options.clock.now() - since;
  }

  /** Queues an event. `time` is in ms of Unix time. */
  observe(event: ChatEvent, time: number): void {
    if (this.#state !== "open") return;
    const ref = event.type === "message" ? { room: event.room, id: event.id } : undefined;
    const now = this.#options.clock.now();
    const dropped = this.#queue.push(renderJson(event, time), ref, now);
    if (dropped > 0) this.#countDropped(dropped);
    if (this.#sending === undefined) this.#sending = this.#send();
    else if (this.#isGathering && this.#queue.bytes >= FULL_BATCH) this.#wake();
  }

  /**
   * Ends the webhook: sends what is queued until a request fails or the time limit is over. Resolves when nothing is under way
   * any more.
   */
  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closing";
    const cancel = this.#options.clock.after(SHUTDOWN_TIMEOUT, () => {
      this.#state = "closed";
      this.#request?.abort();
    });
    this.#wake();
    await this.#sending;
    cancel();
    this.#state = "closed";
    if (this.waiting > 0) this.#options.log("webhook_undelivered", { count: this.#dropAll() });
  }

  async #send(): Promise<void> {
    try {
      while (this.#state !== "closed") {
        if (this.#delivery === undefined && this.#queue.length > 0) await this.#gather();
        const delivery = this.#delivery ??= this.#nextDelivery();
        if (delivery === undefined) return;
        const failure = await this.#attempt(delivery);
        if (failure === undefined) continue;
        if (this.#state !== "open") return;
        if (this.#delivery === undefined) continue; // it was given up, and the next one may be welcome
        const { random } = this.#options;
        await this.#pause(backoff(this.#failures, failure.retryAfter, random()));
      }
    } finally {
      this.#sending = undefined;
    }
  }

  /** Waits for more events, unless they have waited long enough or fill a request. */
  async #gather(): Promise<void> {
    if (this.#queue.bytes >= FULL_BATCH) return;
    this.#isGathering = true;
    await this.#pause(GATHER_TIME - this.age);
    this.#isGathering = false;
  }

  /** Waits; not while the webhook is being closed. */
  #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (ms <= 0 || this.#state !== "open") resolve();
    else {
      const cancel = this.#options.clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    }
    return promise;
  }

  #nextDelivery(): Delivery | undefined {
    const { clock, epoch } = this.#options;
    const now = clock.wall();
    const batch = this.#queue.take(now);
    if (batch === undefined) return undefined;
    const timestamp = new Date(now).toISOString();
    const data = `{"epoch":${JSON.stringify(epoch())},"events":[${batch.json}]}`;
    const body = `{"type":"${PAYLOAD_TYPE}","timestamp":"${timestamp}","data":${data}}`;
    // The specification forbids full stops in ids, since one ends the id in what is signed.
    const id = `msg_${crypto.randomUUID()}`;
    return { id, body: encoder.encode(body), batch, refusals: 0 };
  }

  /** Sends a batch. Returns why it has to wait, if it could not be delivered. */
  async #attempt(delivery: Delivery): Promise<Failure | undefined> {
    const { url, signer, userAgent, fetch, clock } = this.#options;
    const { id, body } = delivery;
    const timestamp = Math.floor(clock.wall() / 1000); // that of this request: receivers refuse old ones
    const headers = {
      "content-type": "application/json",
      "user-agent": userAgent,
      "accept-encoding": "identity", // the body of the response is not read
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": signer.sign(id, timestamp, body),
    };
    const controller = this.#request = new AbortController();
    const outcome = await attempt(url, { headers, body }, { fetch, clock, controller });
    this.#request = undefined;
    if (outcome.type === "delivered") this.#succeed(delivery);
    else if (outcome.type === "gone") this.#end();
    else {
      this.#fail(delivery, outcome);
      return outcome;
    }
    return undefined;
  }

  #succeed({ batch }: Delivery): void {
    const { counts, log } = this.#options;
    counts.requests.delivered++;
    counts.events.delivered += batch.events;
    this.#delivery = undefined;
    if (this.#failures > 0) log("webhook_recovered", { count: this.#failures });
    this.#failures = 0;
    this.#reason = "";
    if (this.#dropped === 0 || this.waiting > 0) return;
    log("webhook_dropped", { count: this.#dropped });
    this.#dropped = 0;
  }

  #fail(delivery: Delivery, { reason, isRefusal }: Failure): void {
    const { counts, log, url } = this.#options;
    counts.requests.failed++;
    this.#failures++;
    if (reason !== this.#reason) log("webhook_failed", { endpoint: url.origin, reason });
    this.#reason = reason;
    if (!isRefusal || ++delivery.refusals < MAX_REFUSALS) return;
    const { batch } = delivery;
    log("webhook_refused", { count: batch.events, reason });
    this.#queue.lose(batch);
    counts.events.dropped += batch.events;
    this.#delivery = undefined;
  }

  #countDropped(events: number): void {
    if (this.#dropped === 0) this.#options.log("webhook_dropping", {});
    this.#dropped += events;
    this.#options.counts.events.dropped += events;
  }

  /** Ends the webhook as its receiver asks. */
  #end(): void {
    const { counts, log, url } = this.#options;
    counts.requests.failed++;
    this.#state = "closed";
    log("webhook_gone", { endpoint: url.origin, count: this.#dropAll() });
  }

  /** Drops what is not delivered. Returns the number of events. */
  #dropAll(): number {
    const { waiting } = this;
    this.#options.counts.events.dropped += waiting;
    this.#delivery = undefined;
    this.#queue = new EventQueue(LIMITS);
    return waiting;
  }
}
