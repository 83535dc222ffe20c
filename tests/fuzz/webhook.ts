/**
 * A webhook with a receiver that answers anything, in any order of events: the receiver gets every event once and in order, or
 * is told that it is missing. A `webhook-id` always stands for the same body, and the queue keeps its bounds.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { Random } from "../random.ts";
import { type FakeEvent, type FakeRequest, Scene, settle } from "../webhook/fake_receiver.ts";
import type { Bytes, Target } from "./target.ts";

const LIMITS = { events: 6, bytes: 2_000 };

const STATUSES = [200, 200, 204, 299, 301, 400, 401, 413, 422, 429, 500, 503];

/** Longer than any wait of a webhook, in ms. */
const ANY_WAIT = 3_600_000;

/** What a receiver makes of the batches that it takes. */
class Receiver {
  readonly scene = new Scene({ limits: LIMITS });
  said = 0;
  /** The numbers of messages that it got, or was told that they are missing. */
  readonly known: number[] = [];
  readonly #taken = new Set<string>();
  readonly #bodies = new Map<string, string>();
  #dropped = 0;

  async say(count: number, length: number): Promise<void> {
    this.scene.say(count, "x".repeat(length));
    this.said += count;
    await settle();
    this.#check();
  }

  async pass(ms: number): Promise<void> {
    await this.scene.pass(ms);
    this.#check();
  }

  /** Answers the request that is under way, if there is one. */
  async answer(status: number, retryAfter: string): Promise<void> {
    const request = this.#request();
    if (request === undefined) return;
    if (status < 300) this.#take(request);
    await request.answer(status, retryAfter === "" ? {} : { "retry-after": retryAfter });
    this.#check();
  }

  /** Breaks the connection, before or after it has taken the batch. */
  async fail(takes: boolean): Promise<void> {
    const request = this.#request();
    if (request === undefined) return;
    if (takes) this.#take(request);
    await request.fail(new Error("reset"));
    this.#check();
  }

  /** Takes everything, and checks that nothing is missing. */
  async end(): Promise<void> {
    await this.say(1, 1);
    while (this.scene.webhook.waiting > 0) {
      await this.pass(ANY_WAIT);
      await this.answer(200, "");
    }
    assertEquals(this.known, Array.from({ length: this.said }, (_, i) => i + 1));
    const { delivered, dropped } = this.scene.counts.events;
    assertEquals([delivered + dropped, dropped], [this.said, this.#dropped]);
    await this.scene.webhook.close();
    assertEquals(this.scene.clock.pending, 0);
  }

  #request(): FakeRequest | undefined {
    const pending = this.scene.requests.filter(({ isPending }) => isPending);
    assert(pending.length <= 1, "one request at a time");
    return pending[0];
  }

  #take({ headers, payload }: FakeRequest): void {
    const id = headers.get("webhook-id")!;
    if (this.#taken.has(id)) return;
    this.#taken.add(id);
    for (const event of payload.data.events) this.#note(event);
  }

  #note({ type, id, count = 0, missed }: FakeEvent): void {
    if (type === "message") return void this.known.push(id!);
    const [{ from, to }] = missed as [{ from: number; to: number }];
    assertEquals(to - from + 1, count);
    this.#dropped += count;
    for (let lost = from; lost <= to; lost++) this.known.push(lost);
  }

  #check(): void {
    for (const { headers, body } of this.scene.requests) {
      const id = headers.get("webhook-id")!;
      const text = new TextDecoder().decode(body);
      assertEquals(this.#bodies.get(id) ?? text, text);
      this.#bodies.set(id, text);
    }
    const { waiting } = this.scene.webhook;
    assert(waiting <= 2 * LIMITS.events, `${waiting} events wait`); // with the batch under way
  }
}

export const webhook: Target = {
  name: "webhook",
  short: 100,

  generate(random: Random): Bytes {
    return Uint8Array.from({ length: random.below(100) }, () => random.below(256));
  },

  async check(input: Bytes, random: Random): Promise<void> {
    const receiver = new Receiver();
    for (const byte of input) {
      const size = byte >>> 3;
      switch (byte & 7) {
        case 0:
        case 1:
          await receiver.say(1 + size % 4, random.oneIn(4) ? size * 40 : 1);
          break;
        case 2:
          await receiver.pass(size * 10);
          break;
        case 3:
          await receiver.pass(random.oneIn(20) ? ANY_WAIT : size * 2_000);
          break;
        case 4:
          await receiver.fail(size % 2 === 0);
          break;
        default:
          await receiver.answer(random.pick(STATUSES), random.pick(["", "", "7", "x", "999999"]));
      }
    }
    await receiver.end();
  },
};
