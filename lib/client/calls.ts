/**
 * Requests whose answers are awaited.
 * @module
 */
import type { ReplyEvent } from "../wire/protocol.ts";
import { abortable, defer, type Deferred } from "./deferred.ts";
import { notConnected, unexpectedAnswer } from "./errors.ts";

interface Call extends Deferred<ReplyEvent> {
  /** The command of the reply; `undefined` for any. */
  readonly command: string | undefined;
}

export class Calls {
  readonly #calls = new Map<string, Call>();

  /**
   * Waits for the reply to a request.
   *
   * @param id The id of the request; `undefined` if it was not sent.
   * @param command The command of the reply; `undefined` for any.
   */
  async wait(
    id: string | undefined,
    command: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ReplyEvent> {
    if (id === undefined) throw notConnected();
    const answer = defer<ReplyEvent>();
    this.#calls.set(id, { ...answer, command });
    return await abortable(answer, signal, () => this.#calls.delete(id));
  }

  replied(event: ReplyEvent): void {
    const call = this.#take(event.ref);
    if (call === undefined) return;
    if (call.command === undefined || call.command === event.command) call.resolve(event);
    else call.reject(unexpectedAnswer());
  }

  /** Rejects the request with this id. Returns whether there is one. */
  refuse(ref: string | null, error: Error): boolean {
    const call = this.#take(ref);
    call?.reject(error);
    return call !== undefined;
  }

  /** Rejects all requests: no answer will come. */
  connectionLost(): void {
    for (const { reject } of this.#calls.values()) reject(notConnected());
    this.#calls.clear();
  }

  #take(ref: string | null): Call | undefined {
    const call = this.#calls.get(ref ?? "");
    this.#calls.delete(ref ?? "");
    return call;
  }
}
