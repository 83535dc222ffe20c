/**
 * One request of a webhook, and what its response means.
 * @module
 */
import { parseRetryAfter } from "./backoff.ts";

/**
 * The time limit from the connection to the head of the response, in ms: the shortest that the Standard Webhooks
 * specification recommends, since events wait meanwhile.
 */
export const REQUEST_TIMEOUT = 15_000;

/**
 * The time limit for the body of a response, in ms. It is only read so that the connection can be used again, and the next
 * request waits for that.
 */
export const BODY_TIMEOUT = 1_000;

/** The most that is read of a body, in bytes: a page of text. Then the connection is closed. */
export const MAX_BODY = 16_384;

/** Statuses by which a receiver refuses this body, whatever it says to another one. */
const REFUSALS = [400, 413, 415, 422];

/** Cancels a timer. */
type Cancel = () => void;

/** The time and timers of a webhook. */
export interface WebhookClock {
  /** Monotonic, in ms. */
  now(): number;
  /** The wall clock, in ms of Unix time. */
  wall(): number;
  /** Calls `action` once, in `ms` milliseconds. */
  after(ms: number, action: () => void): Cancel;
}

/** How a request ended. */
export type Outcome =
  | { readonly type: "delivered" }
  /** The receiver wants no more webhooks. */
  | { readonly type: "gone" }
  | Failure;

export interface Failure {
  readonly type: "failed";
  /** For people, in a few words without the URL. */
  readonly reason: string;
  /** Whether the receiver refused this body. */
  readonly isRefusal: boolean;
  /** How long the receiver asked to wait, in ms. */
  readonly retryAfter: number;
}

export interface AttemptOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: WebhookClock;
  /** Aborted at the time limit, or earlier by the caller. */
  readonly controller: AbortController;
}

/** Sends a request. Never rejects. */
export async function attempt(
  url: URL,
  request: { readonly headers: Record<string, string>; readonly body: Uint8Array<ArrayBuffer> },
  { fetch: send, clock, controller }: AttemptOptions,
): Promise<Outcome> {
  const { signal } = controller;
  const cancel = clock.after(REQUEST_TIMEOUT, () => controller.abort());
  try {
    const response = await send(url, { ...request, method: "POST", redirect: "manual", signal });
    cancel();
    await discard(response.body, clock);
    return outcomeOf(response, clock);
  } catch (error) {
    return failed(signal.aborted ? "no response in time" : describe(error));
  } finally {
    cancel();
  }
}

function outcomeOf({ ok, status, headers }: Response, clock: WebhookClock): Outcome {
  if (ok) return { type: "delivered" };
  if (status === 410) return { type: "gone" };
  return {
    ...failed(`HTTP ${status}`),
    isRefusal: REFUSALS.includes(status),
    retryAfter: parseRetryAfter(headers.get("retry-after"), clock.wall()),
  };
}

function failed(reason: string): Failure {
  return { type: "failed", reason, isRefusal: false, retryAfter: 0 };
}

/** Reads a body within bounds. A body that breaks off or goes on is no failure: the status has been read. */
async function discard(
  body: ReadableStream<Uint8Array> | null,
  clock: WebhookClock,
): Promise<void> {
  if (body === null) return;
  const reader = body.getReader();
  const giveUp = () => reader.cancel().catch(() => {}); // ends a read, too
  const cancel = clock.after(BODY_TIMEOUT, giveUp);
  try {
    for (let length = 0; length <= MAX_BODY;) {
      const { value } = await reader.read();
      if (value === undefined) return;
      length += value.length;
    }
    await giveUp();
  } catch {
    // The connection broke.
  } finally {
    cancel();
  }
}

/** An error of `fetch` without the URL, which the runtime puts in front and whose path or query may be a secret. */
function describe(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error();
  const text = cause instanceof Error ? cause.message : message;
  const [, detail] = /: client error \(\w+\): (.*)$/s.exec(text) ?? [];
  return (detail ?? text.replaceAll(/\bhttps?:\S*/g, "(URL)")).replaceAll(/\s+/g, " ");
}
