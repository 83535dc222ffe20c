/**
 * A history as plain as can be: arrays. For tests of what uses one, and the model of those that test one.
 * @module
 */
import type {
  History,
  Message,
  Page,
  PageQuery,
  RoomSummary,
  SearchResult,
  Steps,
  StoredMessage,
} from "../../lib/chat/history.ts";

interface Kept {
  readonly messages: StoredMessage[];
  latest: number;
  topic: string;
}

export class PlainHistory implements History {
  problem: string | undefined;
  readonly #rooms = new Map<string, Kept>();
  /** Earlier epochs, whose offsets go on in this one. */
  readonly epochs: string[] = [];

  constructor(public epoch = "first", readonly limit = 1_000) {}

  append(room: string, message: Message): number {
    const kept = this.#use(room);
    const offset = ++kept.latest;
    kept.messages.push({ ...message, offset });
    if (kept.messages.length > this.limit) kept.messages.shift();
    return offset;
  }

  latest(room: string): number {
    return this.#rooms.get(room)?.latest ?? 0;
  }

  oldest(room: string): number {
    return this.#rooms.get(room)?.messages[0]?.offset ?? this.latest(room) + 1;
  }

  page(room: string, { after, before = Infinity, limit }: PageQuery): Page {
    const all = (this.#rooms.get(room)?.messages ?? [])
      .filter(({ offset }) => offset > (after ?? 0) && offset < before);
    const messages = after === undefined ? all.slice(-limit) : all.slice(0, limit);
    const complete = after === undefined ||
      (after <= this.latest(room) && after + 1 >= this.oldest(room));
    return { messages, complete, more: messages.length < all.length };
  }

  trusts(room: string, epoch: string, offset: number): boolean {
    return (epoch === this.epoch || this.epochs.includes(epoch)) && offset <= this.latest(room);
  }

  find(room: string, clientId: string): number | undefined {
    return this.#rooms.get(room)?.messages.find((message) => message.clientId === clientId)?.offset;
  }

  roomOf(clientId: string): string | undefined {
    return [...this.#rooms.keys()].find((room) => this.find(room, clientId) !== undefined);
  }

  // deno-lint-ignore require-yield -- there is little to look through
  *search(room: string, words: string, limit: number): Steps<SearchResult> {
    const wanted = words.toLowerCase().split(/\s+/);
    const messages = (this.#rooms.get(room)?.messages ?? []).filter(({ text }) => {
      const said = text.toLowerCase().split(/\s+/);
      return wanted.every((word) => said.includes(word));
    }).slice(-limit);
    return { messages, complete: true };
  }

  *rooms(): Generator<RoomSummary> {
    for (const [room, { topic, latest, messages }] of this.#rooms) {
      if (messages.length === 0 && topic === "") continue;
      yield { room, topic, latest, oldest: this.oldest(room) };
    }
  }

  topic(room: string): string {
    return this.#rooms.get(room)?.topic ?? "";
  }

  setTopic(room: string, topic: string): void {
    this.#use(room).topic = topic;
  }

  /** Opens it again, as after a restart. */
  reopen(epoch: string): void {
    this.epochs.push(this.epoch);
    this.epoch = epoch;
    for (const { messages } of this.#rooms.values()) {
      messages.forEach((message, at) => messages[at] = { ...message, sender: 0 });
    }
  }

  /** As if there were too many rooms. */
  forget(room: string): void {
    this.#rooms.delete(room);
  }

  close(): void {}

  [Symbol.dispose](): void {}

  #use(room: string): Kept {
    let kept = this.#rooms.get(room);
    if (kept === undefined) this.#rooms.set(room, kept = { messages: [], latest: 0, topic: "" });
    return kept;
  }
}
