/**
 * Wire formats: how the events of the chat become records. Clients that share a format share what is rendered for it.
 * @module
 */
import type { Recipient, RecordFormat } from "../delivery/recipient.ts";
import type { Loss } from "../delivery/ring_buffer.ts";
import type { Subscribers, Subscription } from "../delivery/subscribers.ts";
import type { ChatEvent } from "../wire/chat_event.ts";

/** An event is rendered and encoded once for each format that has a reader. */
export interface WireFormat extends RecordFormat {
  /** Renders an event, or returns `undefined` if the format does not show it. `time` is in ms of Unix time. */
  render(event: ChatEvent, time: number): string | undefined;
  /** Whether every event names its room: only then can a client be in several rooms. */
  readonly tellsRoom?: boolean;
}

/** The event that names lost messages. */
export function lossEvent({ count, ranges }: Loss): ChatEvent {
  return { type: "dropped", count, missed: ranges };
}

export type ChatRecipient = Recipient<WireFormat>;
export type ChatSubscribers = Subscribers<WireFormat>;
export type ChatSubscription = Subscription<WireFormat>;
