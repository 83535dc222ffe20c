/**
 * A chat without wires: formats and sinks for tests of the hub and what is around it.
 * @module
 */
import { type ChatEvent, type DisconnectReason, displayName } from "../../lib/chat/events.ts";
import type { Steps } from "../../lib/chat/history.ts";
import { Hub, type HubOptions } from "../../lib/chat/hub.ts";
import { renderJson } from "../../lib/wire/json.ts";
import type { Member, Sink, WireFormat } from "../../lib/chat/member.ts";
import { renderText } from "../../lib/wire/text.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Does all steps at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next(false);
    if (step.done === true) return step.value;
  }
}

/** Text lines that end with `end`; counts what is rendered and encoded. */
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

  readonly encode = (text: string, target: Uint8Array<ArrayBuffer>, at: number): number => {
    this.encoded++;
    return at + encoder.encodeInto(text + this.end, target.subarray(at)).written;
  };
}

/** Says where every message was, so that its clients can be in several rooms: `dev 17 [Alice]: hello`. */
export class RoomyFormat extends CountingFormat {
  readonly tellsRoom = true;

  override render(event: ChatEvent): string | undefined {
    const text = super.render(event);
    return event.type === "message" ? `${event.room} ${event.id} ${text}` : text;
  }
}

/** One JSON object a line, all of the same time. */
export class JsonFormat extends CountingFormat implements WireFormat {
  readonly tellsRoom = true;

  override render(event: ChatEvent): string {
    return renderJson(event, 1);
  }
}

/** Has a word for everything, as a format for programs has: what text clients are not told is `<type ...>`. */
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

/** Takes what its member gets, unless it is jammed. */
export class Client implements Sink {
  member!: Member;
  jammed = false;
  flushes = 0;
  overflows = 0;
  readonly farewells: DisconnectReason[] = [];
  /** What was said with them. */
  readonly words: string[] = [];
  /** What was asked for beyond messages. */
  charged = 0;
  #text = "";

  charge(messages: number): void {
    this.charged += messages;
  }

  workOn(steps: Steps<void>): void {
    finish(steps);
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

  drain(): void {
    for (let bytes = this.member.take(); bytes; bytes = this.member.take()) {
      this.#text += decoder.decode(bytes);
    }
  }

  /** Reads again. */
  recover(): void {
    this.jammed = false;
    this.drain();
  }

  /** The lines that came since this was asked last. */
  lines(): string[] {
    const { end } = this.member.format as CountingFormat;
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
  /** What the observer was told: `slow 10`, `recovered 12`. */
  readonly reports: string[] = [];
  #joined = 0;

  constructor(limits: Partial<HubOptions> = {}) {
    this.hub = new Hub({
      capacity: 1024,
      capacityBytes: 1 << 20,
      overflow: "drop-oldest",
      observer: {
        slow: (_, dropped) => this.reports.push(`slow ${dropped}`),
        recovered: (_, dropped) => this.reports.push(`recovered ${dropped}`),
      },
      now: () => this.now,
      ...limits,
    });
  }

  join(name?: string, format: WireFormat = this.format): Client {
    const client = new Client();
    client.member = this.hub.connect(`10.0.0.1:${++this.#joined}`, format, client);
    if (name !== undefined && !this.hub.rename(client.member, name)) {
      throw new Error(`${name} is taken`);
    }
    return client;
  }

  say(client: Client, ...texts: string[]): void {
    for (const text of texts) this.hub.say(client.member, text);
  }

  leave(client: Client): void {
    this.hub.disconnect(client.member);
  }
}

/** Resolves when what was said before is flushed. */
export function flushed(): Promise<void> {
  return Promise.resolve();
}

/** 0 up to `count`, each in a turn of its own: what the loop's body said is flushed before the next. */
export async function* turns(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i;
}
