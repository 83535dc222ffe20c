/**
 * A webhook without a network: `fetch` is a function that the test answers.
 * @module
 */
import { assertEquals } from "@std/assert";
import { type LogData, logEntry } from "../../lib/server/observability/log.ts";
import { Signer } from "../../lib/webhook/signature.ts";
import { Webhook, type WebhookOptions } from "../../lib/webhook/webhook.ts";
import { FakeClock } from "../support/clock.ts";
import { times } from "../support/patience.ts";
import { isSigned } from "../support/webhook_signature.ts";

export const SECRET = "0123456789abcdef01234567";

/** A path and a query that are secrets, too, as many services have them. */
export const URL_WITH_SECRETS = "https://hooks.example/T0KEN?key=T0KEN";

export interface FakeEvent {
  readonly type: string;
  readonly id?: number;
  readonly count?: number;
  readonly missed?: unknown;
}

/** A request that waits for its response. */
export class FakeRequest {
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly payload: {
    readonly type: string;
    readonly timestamp: string;
    readonly data: { readonly epoch: string; readonly events: readonly FakeEvent[] };
  };
  isPending = true;
  readonly #response = Promise.withResolvers<Response>();

  constructor(readonly url: string, readonly init: RequestInit) {
    this.headers = new Headers(init.headers);
    this.body = init.body as Uint8Array<ArrayBuffer>;
    this.payload = JSON.parse(new TextDecoder().decode(this.body));
    init.signal?.addEventListener("abort", () => {
      this.isPending = false;
      this.#response.reject(new Error("aborted"));
    });
  }

  get response(): Promise<Response> {
    return this.#response.promise;
  }

  /** The numbers of the messages, and the types of other events. */
  get events(): Array<number | string> {
    return this.payload.data.events.map(({ type, id }) => id ?? type);
  }

  async answer(status: number, headers: Record<string, string> = {}, body: BodyInit | null = null) {
    this.isPending = false;
    this.#response.resolve(new Response(body, { status, headers }));
    await settle();
  }

  async fail(error: Error): Promise<void> {
    this.isPending = false;
    this.#response.reject(error);
    await settle();
  }
}

/** More steps than any chain of promises here has. */
const STEPS = 100;

/** Lets all promises that can settle do so. */
export async function settle(): Promise<void> {
  await times(STEPS, () => Promise.resolve());
}

/** A webhook with its clock, its requests and its log. */
export class Scene {
  readonly clock = new FakeClock();
  readonly requests: FakeRequest[] = [];
  readonly log: string[] = [];
  readonly counts = {
    requests: { delivered: 0, failed: 0 },
    events: { delivered: 0, dropped: 0 },
  };
  readonly webhook: Webhook;
  #lastId = 0;

  constructor(options: Partial<WebhookOptions> = {}) {
    this.clock.wallOffset = Date.UTC(2026, 10, 24);
    this.webhook = new Webhook({
      url: new URL(URL_WITH_SECRETS),
      signer: new Signer(SECRET),
      userAgent: "Backchannel/0",
      epoch: () => "the epoch",
      fetch: (url, init) => {
        const request = new FakeRequest(String(url), init ?? {});
        this.requests.push(request);
        return request.response;
      },
      clock: this.clock,
      random: () => 0,
      counts: this.counts,
      log: (kind, data) => {
        const { level, message } = logEntry(kind, data as LogData[typeof kind]);
        this.log.push(`${level} ${message}`);
      },
      ...options,
    });
  }

  /** Publishes so many messages. They are numbered from 1 on, without gaps. */
  say(count = 1, text = "hello"): void {
    for (let i = 0; i < count; i++) {
      const from = { id: 1, name: "Alice", address: "guest-1" };
      const id = ++this.#lastId;
      this.webhook.observe(
        { type: "message", room: "dev", id, from, text },
        this.clock.wall(),
      );
    }
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settle();
  }

  /** The request that is under way: request number `count` of all. */
  async request(count: number): Promise<FakeRequest> {
    await settle();
    assertEquals(this.requests.length, count);
    const request = this.requests.at(-1)!;
    assertEquals(await isSigned(SECRET, request.headers, request.body), true);
    return request;
  }
}
