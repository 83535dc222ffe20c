/**
 * Writes events of a `text/event-stream` (HTML Standard 9.2, "Server-sent events").
 * @module
 */

/** The media type of a stream of events. */
export const EVENT_STREAM_TYPE = "text/event-stream";

/** A comment, which clients ignore: it tells a client and the proxies on the way that the stream is alive. */
export const HEARTBEAT = ": heartbeat\n\n";

export interface ServerSentEvent {
  /** The type of the event; by default `message`. One line. */
  readonly event?: string | undefined;
  /** What a client that reconnects sends as Last-Event-ID. By default that stays as it is. One line, without NUL. */
  readonly id?: string | undefined;
  /** One line. */
  readonly data: string;
}

/** Writes an event. */
export function formatEvent({ event, id, data }: ServerSentEvent): string {
  const type = event === undefined ? "" : `event: ${event}\n`;
  return id === undefined ? `${type}data: ${data}\n\n` : `${type}id: ${id}\ndata: ${data}\n\n`;
}

/** Writes how long a client must wait before it reconnects, in ms. It is part of the next event, or stands for itself. */
export function formatRetry(ms: number): string {
  return `retry: ${ms}\n\n`;
}

const encoder = new TextEncoder();

/** Writes `text` at `at`, and returns the index at which it ends. `target` must have room for it in UTF-8. */
export function encodeEvent(text: string, target: Uint8Array, at: number): number {
  return at + encoder.encodeInto(text, target.subarray(at)).written;
}
