/**
 * The messages of a client on their way: queued, sent when they may be, and acknowledged or refused.
 * @module
 */
import { ChatError } from "./errors.ts";
import type { DeliveryEvent } from "./events.ts";
import type { Outbox, Unsent, UnsentRequest } from "./outbox.ts";

type Result<State extends DeliveryEvent["state"]> = Omit<
  Extract<DeliveryEvent, { readonly state: State }>,
  "type" | "message"
>;

export interface MessagesOptions {
  readonly outbox: Outbox;
  readonly createId: () => string;
  readonly now: () => number;
  /** Whether a message may be sent to a room now. */
  readonly mayGo: (room: string | undefined) => boolean;
  /** Sends a message. Returns whether it was sent. */
  readonly send: (message: Unsent) => boolean;
  readonly emit: (event: DeliveryEvent) => void;
}

export class Messages {
  readonly #options: MessagesOptions;

  constructor(options: MessagesOptions) {
    this.#options = options;
  }

  /** @throws {ChatError} `outbox_full` if too many wait already. */
  queue(request: UnsentRequest, tag: string | undefined): string {
    const { outbox, createId, now, emit } = this.#options;
    if (outbox.isFull) {
      throw new ChatError("outbox_full", "Cannot queue a message: too many are waiting");
    }
    const message = outbox.add({ id: createId(), request, time: now(), tag });
    emit({ type: "delivery", message, state: "queued" });
    return message.id;
  }

  /** Sends the queued messages in order, as far as they may go. */
  flush(): void {
    const { outbox, mayGo, send, emit } = this.#options;
    for (const message of outbox.flush(({ request: { room } }) => mayGo(room), send)) {
      emit({ type: "delivery", message, state: "sending" });
    }
  }

  /** Handles the end of a message. Returns whether there is one with this id. */
  ended(id: string | null, result: Result<"delivered"> | Result<"failed">): boolean {
    const { outbox, emit } = this.#options;
    const message = outbox.remove(id);
    if (message === undefined) return false;
    emit({ type: "delivery", message, ...result });
    return true;
  }

  /** Queues the messages again that were on their way. */
  connectionLost(): void {
    const { outbox, emit } = this.#options;
    for (const message of outbox.connectionLost()) {
      emit({ type: "delivery", message, state: "queued" });
    }
  }
}
