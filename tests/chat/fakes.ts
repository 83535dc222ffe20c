/**
 * A chat without a network: formats, connections and a hub for tests.
 * @module
 */
import type { AuthOutcome, Identity } from "../../lib/identity/identity.ts";
import type { ChatEvent } from "../../lib/wire/chat_event.ts";
import type { DisconnectReason } from "../../lib/wire/events.ts";
import { displayName } from "../../lib/wire/shapes.ts";
import type { Steps } from "../../lib/chat/history.ts";
import { Hub, type HubOptions } from "../../lib/chat/hub.ts";
import { isOpenTo } from "../../lib/chat/logins.ts";
import { renderJson } from "../../lib/wire/json.ts";
import type { Listener, Member, Session } from "../../lib/chat/member.ts";
import { Publisher } from "../../lib/chat/publisher.ts";
import type { Room } from "../../lib/chat/room.ts";
import {
  type ChatRecipient,
  type ChatSubscription,
  lossEvent,
  type WireFormat,
} from "../../lib/chat/wire_format.ts";
import { Recipient, type Sink } from "../../lib/delivery/recipient.ts";
import type { Loss } from "../../lib/delivery/ring_buffer.ts";
import { renderText } from "../../lib/wire/text.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Runs all steps at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next(false);
    if (step.done === true) return step.value;
  }
}

/** Text lines that end with `end`. Counts the events that are rendered and encoded. */
export class CountingFormat implements WireFormat {
  readonly overhead: number;
  rendered: ChatEvent["type"][] = [];
  encoded = 0;

  constructor(readonly end = "\n") {
    this.overhead = encoder.encode(end).length;
  }

  render(event: ChatEvent): string | undefined {
    this.rendered.push(event.type);
    return renderText(event);
  }

  renderLoss(loss: Loss): string | undefined {
    return this.render(lossEvent(loss));
  }

  readonly encode = (text: string, target: Uint8Array<ArrayBuffer>, at: number): number => {
    this.encoded++;
    return at + encoder.encodeInto(text + this.end, target.subarray(at)).written;
  };
}

/** Names the room of every message, so that its clients can be in several rooms: `dev 17 [Alice]: hello`. */
export class RoomyFormat extends CountingFormat {
  readonly tellsRoom = true;

  override render(event: ChatEvent): string | undefined {
    const text = super.render(event);
    return event.type === "message" ? `${event.room} ${event.id} ${text}` : text;
  }
}

/** One JSON object a line, all with the same time. */
export class JsonFormat extends CountingFormat implements WireFormat {
  readonly tellsRoom = true;

  override render(event: ChatEvent): string {
    return renderJson(event, 1);
  }
}

/** Renders every event, as a format for programs does. Events that text clients do not get are `<type ...>`. */
export class TalkativeFormat extends CountingFormat {
  override render(event: ChatEvent): string {
    const text = super.render(event);
    if (text !== undefined) return text;
    switch (event.type) {
      case "presence": {
        const previous = event.event === "rename" ? ` was ${event.previous ?? "nobody"}` : "";
        return `<${event.event} ${displayName(event.user)}${previous}, ${event.users} users>`;
      }
      case "back":
        return `<back ${event.user.id} was ${event.previous}>`;
      case "people":
        return `<people ${event.users}>`;
      case "away":
        return `<away ${displayName(event.user)}: ${event.user.away ?? "no"}>`;
      case "ack":
        return `<ack ${event.id} to ${event.ref ?? "nothing"}>`;
      default:
        return `<${event.type}>`;
    }
  }
}

const LIMITS = { capacity: 1024, capacityBytes: 1 << 20, overflow: "drop-oldest" } as const;

/** Subscribes recipients to rooms without a hub. */
export class Subscriber {
  readonly #publisher = new Publisher({ ...LIMITS, now: () => 0 });

  subscribe(room: Room, format: WireFormat = new CountingFormat()): ChatSubscription {
    return this.#publisher.subscribe(new Recipient(format, LIMITS, new Client()), room);
  }
}

/** A connection: takes what its recipient gets, unless it is jammed. A member, unless it only listens. */
export class Client implements Sink, Session {
  listener!: Listener;
  member!: Member;
  jammed = false;
  /** Losses as they were reported: `slow 10`, `recovered 12`. */
  readonly reports: string[];
  flushes = 0;
  overflows = 0;
  readonly farewells: DisconnectReason[] = [];
  /** The messages that came with them. */
  readonly words: string[] = [];
  /** The cost of requests beyond one message each. */
  charged = 0;
  #text = "";

  constructor(reports: string[] = []) {
    this.reports = reports;
  }

  get recipient(): ChatRecipient {
    return this.listener.recipient;
  }

  authenticate(_secret: string): AuthOutcome | Promise<AuthOutcome> | undefined {
    return undefined;
  }

  charge(messages: number): void {
    this.charged += messages;
  }

  settled(): void {}

  workOn(steps: Steps<void>): void {
    finish(steps);
  }

  /** Resolves when all work that the client's input waits for is done. */
  waiting: Promise<void> = Promise.resolve();

  waitFor(work: Promise<void>): void {
    this.waiting = this.waiting.then(() => work);
  }

  flush(): void {
    this.flushes++;
    if (!this.jammed) this.drain();
  }

  end(reason: DisconnectReason, words?: string): void {
    this.farewells.push(reason);
    if (words !== undefined) this.words.push(words);
  }

  overflow(): void {
    this.overflows++;
  }

  slow(dropped: number): void {
    this.reports.push(`slow ${dropped}`);
  }

  recovered(dropped: number): void {
    this.reports.push(`recovered ${dropped}`);
  }

  drain(): void {
    for (let bytes = this.recipient.take(); bytes; bytes = this.recipient.take()) {
      this.#text += decoder.decode(bytes);
    }
  }

  /** Reads again. */
  recover(): void {
    this.jammed = false;
    this.drain();
  }

  /** Returns the lines since the last call. */
  lines(): string[] {
    const { end } = this.recipient.format as CountingFormat;
    const lines = this.#text.split(end);
    this.#text = "";
    if (lines.pop() !== "") throw new Error("The last line has no end");
    return lines;
  }
}

/** A hub with clients `10.0.0.1:1`, `10.0.0.1:2` and so on, and a clock that stands still. */
export class Chat {
  now = 0;
  readonly hub: Hub;
  readonly format: CountingFormat = new CountingFormat();
  /** The losses of all clients: `slow 10`, `recovered 12`. */
  readonly reports: string[] = [];
  #joined = 0;

  constructor(limits: Partial<HubOptions> = {}) {
    this.hub = new Hub({
      ...LIMITS,
      now: () => this.now,
      ...limits,
    });
  }

  /** A connection that is no member. */
  listen(format: WireFormat = this.format): Client {
    const client = new Client(this.reports);
    client.listener = this.hub.subscribe(format, client);
    return client;
  }

  /** Makes a member of a connection. */
  connect(client: Client, origin = `10.0.0.1:${++this.#joined}`): void {
    client.member = this.hub.connect(client.listener, origin, client);
  }

  join(name?: string, format: WireFormat = this.format): Client {
    const client = this.listen(format);
    this.connect(client);
    if (name !== undefined && !this.hub.rename(client.member, name)) {
      throw new Error(`${name} is taken`);
    }
    return client;
  }

  say(client: Client, ...texts: string[]): void {
    for (const text of texts) this.hub.say(client.member, text);
  }

  /** Logs a client in that gets nothing before. */
  logIn(identity: Identity, format: WireFormat = this.format): Client {
    const client = new Client(this.reports);
    client.listener = this.hub.prepare(format, client);
    const origin = `10.0.0.1:${++this.#joined}`;
    const problem = this.hub.logins.problem(identity, { origin, user: undefined });
    if (problem !== undefined) throw new Error(problem);
    client.member = this.hub.connect(client.listener, origin, client, identity);
    if (isOpenTo(client.member, "lobby")) this.hub.enterLobby(client.member);
    return client;
  }

  leave(client: Client): void {
    this.hub.disconnect(client.member);
  }
}

/** Resolves when everything that was published before is flushed. */
export function flushed(): Promise<void> {
  return Promise.resolve();
}

/** Counts from 0 up to `count`, each in a turn of its own: everything that the loop's body published is flushed in between. */
export async function* turns(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i;
}
