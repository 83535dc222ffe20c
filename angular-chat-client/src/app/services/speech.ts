/**
 * What this client says: in the log at once, in the outbox until it is known to have arrived, sent again under the same id
 * if that is not known.
 *
 * Must never know a socket.
 * @module
 */
import { Delivery, displayName, MessageType, type Place, type User } from "../models/message.model";
import type { Memory } from "./environment";
import type { MessageLog } from "./message_log";
import { Outbox, type OutboxItem, parseOutbox } from "./outbox";
import { createRef, encodeRequest, frameLength } from "./requests";

const WHISPER = /^\/whisper\s+(\S+)\s+(\S.*)$/is;
const ACTION = /^\/me\s+(\S.*)$/is;

/** What cannot be seen in front of a command: it is a command for everybody who reads it. */
const UNSEEN = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]+(?=\/)/u;

/** A line as a reader sees it: nothing invisible hides a command. */
export function uncover(line: string): string {
  return line.replace(UNSEEN, "").trim();
}

/** Whether a line is a command: two slashes stand for a text that begins with one. */
function isCommand(line: string): boolean {
  return line.startsWith("/") && !line.startsWith("//");
}

/** Whether a line is said, and not a question: it waits for a connection. */
export function isSaid(line: string): boolean {
  return !isCommand(line) || WHISPER.test(line) || ACTION.test(line);
}

/** The text of a line that is a message. */
function textOf(line: string): string {
  return line.startsWith("//") ? line.slice(1) : line;
}

export interface SpeechOptions {
  readonly log: MessageLog;
  readonly memory: Memory;
  /** Whether this tab is a copy of another one, which says what waits there. */
  readonly isCopy: boolean;
  /** The time by the server's clock. */
  readonly now: () => number;
  /** Sends a frame. Says whether it could. */
  readonly send: (frame: string) => boolean;
}

export class Speech {
  readonly #options: SpeechOptions;
  #outbox = new Outbox(() => {});
  readonly #moved = new Set<string>();

  constructor(options: SpeechOptions) {
    this.#options = options;
  }

  /** What waits for one server is not for another. */
  moveTo(server: string): void {
    const { memory, isCopy } = this.#options;
    const name = `outbox ${server}`;
    // Later it is this tab's own.
    const isForeign = isCopy && !this.#moved.has(name);
    this.#moved.add(name);
    const waiting = isForeign ? [] : parseOutbox(memory.get(name));
    this.#outbox = new Outbox((text) => memory.set(name, text));
    for (const item of waiting) this.#queue(item);
  }

  /** Takes a line to say in a room. Returns why it cannot, if it cannot. */
  say(text: string, room: string, maxPayload: number): string | undefined {
    const item = { ref: createRef(), text, room };
    if (frameLength(toFrame(item)) > maxPayload) {
      return `Cannot send this: it is longer than ${maxPayload} bytes`;
    }
    if (this.#outbox.full) return "Cannot send this: too much is waiting already";
    this.#queue(item);
    return undefined;
  }

  /** Sends what waits, in order. */
  flush(): void {
    const { log, send } = this.#options;
    const sent = this.#outbox.flush((item) => send(toFrame(item)));
    for (const key of sent) log.update(key, { delivery: Delivery.Sending });
  }

  /** The connection is gone: all that was not acknowledged waits for the next. */
  ground(): void {
    const { log } = this.#options;
    for (const key of this.#outbox.ground()) log.update(key, { delivery: Delivery.Queued });
  }

  /** It was said to all in a room. */
  acknowledged(ref: string | null, room: string, place: Place | undefined): void {
    const { log } = this.#options;
    const item = this.#outbox.settle(ref ?? "");
    if (item === undefined) return;
    log.update(item.key, { delivery: Delivery.Delivered });
    if (place !== undefined) log.place(item.key, room, place);
  }

  /** It was whispered. */
  whispered(ref: string | null, to: User): void {
    const item = this.#outbox.settle(ref ?? "");
    if (item === undefined) return;
    this.#options.log.update(item.key, { delivery: Delivery.Delivered, to: displayName(to) });
  }

  /** The server refused something. Returns the room where it was said, if it was that. */
  refused(ref: string | null): string | undefined {
    const item = this.#outbox.settle(ref ?? "");
    if (item !== undefined) this.#options.log.update(item.key, { delivery: Delivery.Failed });
    return item?.room;
  }

  #queue(item: OutboxItem): void {
    const { log, now } = this.#options;
    const [, to, whispered] = WHISPER.exec(item.text) ?? [];
    const action = ACTION.exec(item.text)?.[1];
    const key = log.add({
      type: to === undefined ? MessageType.Sent : MessageType.Whisper,
      room: to === undefined ? item.room : null,
      time: now(),
      text: whispered ?? action ?? textOf(item.text),
      delivery: Delivery.Queued,
      ...(to === undefined ? {} : { to }),
      ...(action === undefined ? {} : { action: true }),
    });
    if (key !== undefined) this.#outbox.add(item, key);
  }
}

/** The frame that says something. */
function toFrame({ ref, text, room }: OutboxItem): string {
  if (isCommand(text)) return encodeRequest({ type: "command", id: ref, room, text });
  return encodeRequest({ type: "message", id: ref, room, text: textOf(text) });
}
