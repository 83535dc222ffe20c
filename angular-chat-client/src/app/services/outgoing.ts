/**
 * Messages and whispers of this client. They are shown at once and stay in the outbox until the server acknowledges them;
 * unacknowledged ones are sent again with the same `id`.
 * @module
 */
import { Delivery, displayName, MessageType, type Place, type User } from "../models/message.model";
import type { Memory } from "./environment";
import type { MessageLog } from "./message_log";
import { Outbox, type OutboxItem, parseOutbox } from "./outbox";
import { createRef, encodeRequest, frameLength } from "./requests";

const WHISPER = /^\/whisper\s+(\S+)\s+(\S.*)$/is;
const ACTION = /^\/me\s+(\S.*)$/is;

/** Invisible characters in front of a slash. Users see a command there, so the line is one. */
const INVISIBLE = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]+(?=\/)/u;

/** Removes invisible characters that hide a command. */
export function stripInvisible(line: string): string {
  return line.replace(INVISIBLE, "").trim();
}

/** Whether a line is a command. Two slashes start a message that begins with one slash. */
function isCommand(line: string): boolean {
  return line.startsWith("/") && !line.startsWith("//");
}

/** Whether a line is a message, a whisper or an action, which waits for a connection. */
export function isMessage(line: string): boolean {
  return !isCommand(line) || WHISPER.test(line) || ACTION.test(line);
}

/** The text of a message. */
function textOf(line: string): string {
  return line.startsWith("//") ? line.slice(1) : line;
}

export interface OutgoingOptions {
  readonly log: MessageLog;
  readonly memory: Memory;
  /** Whether this tab is a copy of another one, which sends the stored messages. */
  readonly isCopy: boolean;
  /** Returns the server's time. */
  readonly now: () => number;
  /** Sends a frame. Returns whether there is a connection. */
  readonly send: (frame: string) => boolean;
}

export class Outgoing {
  readonly #options: OutgoingOptions;
  #outbox = new Outbox(() => {});
  readonly #moved = new Set<string>();

  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  /** Changes the server. Each server has its own outbox. */
  moveTo(server: string): void {
    const { memory, isCopy } = this.#options;
    const name = `outbox ${server}`;
    // When the tab returns to a server, the outbox is its own.
    const isForeign = isCopy && !this.#moved.has(name);
    this.#moved.add(name);
    const waiting = isForeign ? [] : parseOutbox(memory.get(name));
    this.#outbox = new Outbox((text) => memory.set(name, text));
    for (const item of waiting) this.#queue(item);
  }

  /** Queues a message to a room. Returns the problem if it cannot. */
  add(text: string, room: string, maxPayload: number): string | undefined {
    const item = { ref: createRef(), text, room };
    if (frameLength(toFrame(item)) > maxPayload) {
      return `Cannot send this: it is longer than ${maxPayload} bytes`;
    }
    if (this.#outbox.full) return "Cannot send this: too many messages are waiting";
    this.#queue(item);
    return undefined;
  }

  /** Sends the queued messages in order. */
  flush(): void {
    const { log, send } = this.#options;
    const sent = this.#outbox.flush((item) => send(toFrame(item)));
    for (const key of sent) log.update(key, { delivery: Delivery.Sending });
  }

  /** Queues all unacknowledged messages for the next connection. */
  connectionLost(): void {
    const { log } = this.#options;
    for (const key of this.#outbox.connectionLost()) log.update(key, { delivery: Delivery.Queued });
  }

  /** Handles the acknowledgement of a message. */
  acknowledged(ref: string | null, room: string, place: Place | undefined): void {
    const { log } = this.#options;
    const item = this.#outbox.remove(ref ?? "");
    if (item === undefined) return;
    log.update(item.key, { delivery: Delivery.Delivered });
    if (place !== undefined) log.place(item.key, room, place);
  }

  /** Handles the reply to a whisper. */
  whispered(ref: string | null, to: User): void {
    const item = this.#outbox.remove(ref ?? "");
    if (item === undefined) return;
    this.#options.log.update(item.key, { delivery: Delivery.Delivered, to: displayName(to) });
  }

  /** Handles an error of the server. Returns the room of the message that it is about, if it is about one. */
  refused(ref: string | null): string | undefined {
    const item = this.#outbox.remove(ref ?? "");
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

/** The frame of a queued message. */
function toFrame({ ref, text, room }: OutboxItem): string {
  if (isCommand(text)) return encodeRequest({ type: "command", id: ref, room, text });
  return encodeRequest({ type: "message", id: ref, room, text: textOf(text) });
}
