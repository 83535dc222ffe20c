/**
 * One client in the chat: between a connection, a transport and the hub. The same for every wire.
 * @module
 */
import { handleFrame, handleLine } from "../../chat/commands/handle.ts";
import { describeCommands } from "../../chat/commands/registry.ts";
import { disconnectEvent, type DisconnectReason } from "../../wire/events.ts";
import type { Steps } from "../../chat/history.ts";
import type { Listener, Member, Session } from "../../chat/member.ts";
import { MAX_NAME_LENGTH, NAME_RULES } from "../../chat/names.ts";
import { MAX_ROOMS } from "../../chat/room.ts";
import { announcedUsers } from "../../chat/commands/room_commands.ts";
import type { ChatRecipient } from "../../chat/wire_format.ts";
import type { Sink } from "../../delivery/recipient.ts";
import { encodeAlone } from "../../delivery/segment.ts";
import { CLOSE } from "../../protocol/websocket/frame.ts";
import type { Incoming, MessageReader } from "../../protocol/incoming.ts";
import { TextLines } from "../../protocol/lines/text_lines.ts";
import type { Connection, Handler } from "../connection/connection.ts";
import type { Context } from "../context.ts";
import { CLOSE_REASONS, type CloseCause } from "../observability/counters.ts";
import type { TokenBucket } from "../admission/token_bucket.ts";
import { SLICE } from "../connection/input_scheduler.ts";
import type { Transport } from "./transport.ts";
import type { Work } from "../connection/work_queue.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How long the peer's close frame is awaited after ours, in ms: two bad round trips. RFC 6455 7.1.1 wants it. */
const CLOSE_TIMEOUT = 2_000;

/** How many words are handled between two looks at the clock. */
const WORDS_AT_ONCE = 16;

/**
 * So many frames that complete no message, or telnet commands, cost as much as one message. Programs that cut a message
 * into pieces make some dozens of them; a flood of empty ones is 10,000 in 64 kB.
 */
const EXTRAS_PER_MESSAGE = 10;

/**
 * The longest that is worked for one request, in ms: then the answer is what was found so far. A room of 1,000 messages
 * is searched in 20 ms at the worst, 100,000 that do not try to make it hard in about as much.
 */
const MAX_WORK = 500;

const SLASH = 0x2f, OPENING_BRACE = 0x7b;

const CLOSE_CODES: Readonly<Record<DisconnectReason, number>> = {
  quit: CLOSE.normal,
  idle: CLOSE.goingAway,
  shutdown: CLOSE.goingAway,
  kicked: CLOSE.policyViolation,
  flood: CLOSE.policyViolation,
};

/**
 * What input can wait for: room in the member's ring, a token of its rate, just the next turn of the loop, or that long
 * work for an earlier request is done.
 */
type Hindrance = "room" | "rate" | "turn" | "work";

export class ChatSession implements Handler, Sink, Session, Work {
  readonly #context: Context;
  readonly #connection: Connection;
  readonly #transport: Transport;
  /** The subscription, until the client is known to be one. */
  #listener: Listener | undefined;
  readonly #recipient: ChatRecipient;
  /** The client, once it is known to be one. */
  #member: Member | undefined;
  #reader: MessageReader | undefined;
  /** What was read and could not be paid for yet. */
  #unpaid: Incoming | undefined;
  /** What is still to be handled of a message of several lines. */
  #lines: TextLines | undefined;
  /** What input waits for, if it does: while it does nothing is read. */
  #waitsFor: Hindrance | undefined;
  /** What the client may still say at once; without a rate there is none. */
  readonly #bucket: TokenBucket | undefined;
  /** It was told that it says too much, and has not been quiet since. */
  #throttled = false;
  /** What is being done for a request that takes long, and how many ms that took so far. */
  #work: Steps<void> | undefined;
  #worked = 0;
  /** The peer sends nothing more. */
  #ended = false;
  /** The client is being seen off: what it still says is not heard. */
  #closing = false;
  /** Whether the client has left the chat. */
  left = false;
  #closeDeadline = 0;
  /** When an unanswered ping was sent. */
  #pingedAt: number | undefined;
  /** When the ping was sent whose pong is to be timed. */
  #timedFrom: number | undefined;

  /** Subscribes the connection. All messages from now on are queued until `connection.flush()`. */
  constructor(context: Context, connection: Connection, transport: Transport) {
    this.#context = context;
    this.#connection = connection;
    this.#transport = transport;
    const listener = context.hub.subscribe(transport.format, this);
    this.#listener = listener;
    this.#recipient = listener.subscription.recipient;
    this.#bucket = context.settings.echo ? undefined : context.throttle.createBucket();
  }

  /** Called when a proxy has named its client. */
  relocate(): void {
    if (this.#member === undefined) return;
    this.#context.hub.relocate(this.#member, this.#connection.address);
  }

  /** Makes the connection a member of the chat, unless it is one: it is a client for sure. */
  connect(): Member {
    if (this.#member !== undefined) return this.#member;
    if (this.#listener === undefined) throw new Error("Cannot connect: the client has left");
    const { counters, hub } = this.#context;
    this.#member = hub.connect(this.#listener, this.#connection.address, this);
    this.#listener = undefined;
    counters.clients[this.#transport.name]++;
    counters.activeClients[this.#transport.name]++;
    this.#log("connection", `Connected over ${this.#transport.name}`);
    return this.#member;
  }

  /** Ends the subscription of a connection that is no client of the chat. */
  retract(): void {
    this.#closing = true;
    this.#leave();
  }

  /** Says who the client is, whom it meets and what it may do; on wires without a word for that, nothing. */
  greet(): void {
    const { hub, settings, version } = this.#context;
    if (settings.echo || this.#transport.protocol === undefined) return;
    const you = this.connect();
    hub.answer(you, {
      type: "hello",
      you,
      server: { version },
      epoch: hub.epoch,
      limits: {
        maxPayload: settings.maxPayload,
        maxMessage: settings.maxMessage,
        maxName: MAX_NAME_LENGTH,
        nameRules: NAME_RULES,
        idleTimeout: settings.idleTimeout,
        heartbeat: settings.heartbeat,
        maxRooms: MAX_ROOMS,
        history: hub.history === undefined ? 0 : settings.historyLimit,
      },
      commands: describeCommands(),
      room: hub.lobby,
      users: announcedUsers(hub, hub.lobby),
      online: hub.lobby.users,
    });
  }

  /** Queues bytes as they are, in front of all that is said from now on. */
  send(bytes: Bytes): void {
    this.#context.hub.answerBytes(this.#recipient, bytes);
  }

  received(bytes: Bytes): void {
    this.#pingedAt = undefined;
    this.#reader ??= this.#transport.createReader(this.#context.settings.maxPayload);
    this.#reader.push(bytes);
    this.#pump();
  }

  ended(): void {
    this.#ended = true;
    this.#reader?.end();
    this.#pump();
  }

  resumed(): void {
    if (this.#waitsFor === undefined) return;
    this.#waitsFor = undefined;
    this.#forgive();
    this.#pump();
  }

  take(): Bytes | undefined {
    const { waiting } = this.#recipient;
    const bytes = this.#recipient.take();
    this.#context.counters.sentMessages += waiting - this.#recipient.waiting;
    if (this.#waitsFor === "room" && !this.#recipient.full) this.#resumeSoon();
    return bytes;
  }

  gone(reason: string | undefined): void {
    this.#closing = true;
    this.#leave();
    this.#recipient.discard();
    this.#reader = this.#lines = this.#unpaid = undefined;
    this.#context.throttle.drop(this.#connection);
    this.#endWork();
    if (this.#member !== undefined) {
      const cause = this.#connection.cause ?? "peer";
      this.#log("connection", `Disconnected: ${reason ?? CLOSE_REASONS[cause]}`, cause);
    }
  }

  flush(): void {
    this.#connection.flush();
  }

  charge(messages: number): void {
    this.#bucket?.charge(messages, this.#context.time);
  }

  workOn(steps: Steps<void>): void {
    this.#work = steps;
    this.#worked = 0;
  }

  step(): boolean {
    try {
      if (this.#work?.next(this.#worked >= MAX_WORK).done === false) return true;
    } catch (error) {
      this.#connection.giveUp(error);
    }
    this.#work = undefined;
    return false;
  }

  spent(ms: number): void {
    this.#worked += ms;
    this.#connection.charge(ms);
    if (this.#work === undefined && this.#waitsFor === "work") this.#resumeSoon();
  }

  #endWork(): void {
    this.#work = undefined;
    this.#context.workQueue.drop(this);
  }

  end(reason: DisconnectReason, words?: string): void {
    if (this.#closing) return;
    this.#endWork();
    const member = this.connect();
    this.#connection.cause ??= reason;
    const isTold = reason === "shutdown" && this.#context.draining;
    if (!isTold) this.#context.hub.answer(member, disconnectEvent(reason, words));
    if (this.#transport.close === undefined) return this.#finish();
    this.#closing = true;
    this.#closeDeadline = this.#context.time + CLOSE_TIMEOUT;
    this.send(this.#transport.close(CLOSE_CODES[reason], reason));
    this.#leave();
    if (this.#waitsFor !== undefined) this.#resumeSoon(); // to the peer's close frame
  }

  /** Who is not let read yet reads nothing too slowly, and is told later what is missing. */
  overflow(): void {
    if (this.#connection.held) return;
    this.#connection.cause ??= "slow";
    this.#connection.close();
  }

  slow(dropped: number): void {
    this.#context.slowClients.slow(this, dropped);
  }

  recovered(dropped: number): void {
    this.#context.slowClients.recovered(this, dropped);
  }

  /** The client's address, for the log of slow clients. */
  get address(): string {
    return this.#connection.address;
  }

  tick(now: number): void {
    this.#context.counters.queue.observe(this.#recipient.waiting);
    if (this.#closing) {
      if (now >= this.#closeDeadline) this.#connection.finish();
    } else if (this.#waitsFor === undefined) this.#checkLife(now);
  }

  /** It was us who did not listen: that counts neither as silence nor as a ping without an answer. */
  #forgive(): void {
    this.#connection.lastRead = this.#context.time;
    this.#pingedAt = this.#timedFrom = undefined;
  }

  /** Goes on in another turn of the loop. */
  #resumeSoon(): void {
    this.#waitsFor = "turn";
    this.#context.inbox.resume(this.#connection);
  }

  /** Handles what was read, as far as there is room for the answers and the rate allows, and not for longer than a slice. */
  #pump(): void {
    const end = performance.now() + SLICE;
    for (let said = 1;; said++) {
      if (!this.#closing) {
        if (this.#recipient.full) {
          this.#waitsFor = "room";
          return;
        }
        if (this.#context.hub.congested) return this.#resumeSoon();
      }
      const item = this.#next();
      if (this.#bucket !== undefined && !this.#pays(item, this.#bucket)) return;
      if (item === undefined) break;
      this.#handle(item);
      if (this.#work !== undefined && !this.#closing) {
        this.#waitsFor = "work";
        return this.#context.workQueue.add(this);
      }
      // Without a rate there may be a million words a second, each of which takes no longer than five looks at the clock.
      const isWord = this.#bucket === undefined && typeof item === "string" && isPlainWord(item);
      if ((!isWord || said % WORDS_AT_ONCE === 0) && performance.now() >= end) {
        return this.#resumeSoon();
      }
    }
    if (this.#ended) this.#finish();
    else this.#connection.readOn(this.#throttled);
  }

  /** The next thing that the client said. A message of several lines is several. */
  #next(): Incoming | undefined {
    const waiting = this.#unpaid ?? this.#lines?.next();
    this.#unpaid = undefined;
    if (waiting !== undefined) return waiting;
    const item = this.#reader?.next();
    this.#lines = undefined;
    if (typeof item !== "string" || !this.#splits || !item.includes("\n")) return item;
    this.#lines = new TextLines(item);
    return this.#lines.next();
  }

  /**
   * Takes what `item` costs, and what came with it: a token, if it can cause an answer. Who has none waits, and so does what
   * was said; without an item, until what came without one is paid for.
   */
  #pays(item: Incoming | undefined, bucket: TokenBucket): boolean {
    const extras = this.#reader?.takeExtras() ?? 0;
    if (this.#closing) return true;
    const { time } = this.#context;
    if (extras > 0) bucket.charge(extras / EXTRAS_PER_MESSAGE, time);
    if (item === undefined ? extras === 0 || bucket.dueAt <= time : !hasPrice(item)) return true;
    if (bucket.isFull(time)) this.#throttled = false;
    if (item !== undefined && bucket.take(time)) return true;
    this.#unpaid = item;
    this.#waitsFor = "rate";
    const wait = bucket.dueAt - time;
    if (!this.#throttled) this.#tellThrottled(Math.ceil(wait));
    this.#connection.awaitPayment(wait);
    return false;
  }

  #tellThrottled(retryAfter: number): void {
    this.#throttled = true;
    this.#context.counters.throttled++;
    this.#context.hub.answer(this.connect(), { type: "throttled", retryAfter });
  }

  #handle(item: Incoming): void {
    if (typeof item === "string") {
      if (!this.#closing) this.#say(item);
      return;
    }
    switch (item.type) {
      case "ping":
        if (!this.#closing) this.send(this.#transport.pong!(item.payload));
        return;
      case "pong":
        return this.#timePong();
      case "telnet":
        if (!this.#closing && item.answer !== undefined) this.send(item.answer);
        return;
      case "close":
        return this.#answerClose(item.code);
      case "failed":
        return this.#fail(item.code, item.reason);
      case "binary":
        return this.#binary(item.bytes);
      case "refused":
        if (this.#closing) return;
        return this.#context.hub.answer(this.connect(), {
          type: "error",
          code: "refused",
          text: `Error: ${item.reason}`,
          ref: undefined,
        });
    }
  }

  #say(text: string): void {
    const { hub, settings, counters } = this.#context;
    counters.receivedMessages++;
    if (!settings.echo && this.#transport.protocol === undefined) {
      return handleLine(hub, this.connect(), text);
    }
    if (!settings.echo) return handleFrame(hub, this.connect(), text);
    const { encode, overhead } = this.#transport.format;
    this.send(encodeAlone(encode, overhead, text));
  }

  /** Whether a message of several lines is several messages. */
  get #splits(): boolean {
    return this.#transport.splits === true && !this.#context.settings.echo;
  }

  #binary(bytes: Uint8Array): void {
    if (this.#closing) return;
    if (this.#context.settings.echo) this.send(this.#transport.binary!(bytes));
    else this.#fail(CLOSE.unsupportedData, "Only text is spoken here");
  }

  /** RFC 6455 5.5.1: a close frame is answered with one, unless it is the answer. */
  #answerClose(code: number): void {
    if (!this.#closing) this.send(this.#transport.close!(code, ""));
    this.#finish();
  }

  /** RFC 6455 7.1.7: says why, and ends the connection. */
  #fail(code: number, reason: string, cause: CloseCause = "protocol"): void {
    if (!this.#closing) {
      this.#connection.cause ??= cause;
      this.#log("protocol", `Closed with ${code}: ${reason}`, this.#connection.cause);
      this.send(this.#transport.close!(code, reason));
    }
    this.#finish();
  }

  /** Counts at the same time as the hub, so that its numbers and those by transport are the same at any time. */
  #leave(): void {
    if (this.left) return;
    this.left = true;
    const { counters, hub } = this.#context;
    if (this.#listener !== undefined) hub.unsubscribe(this.#listener);
    this.#listener = undefined;
    if (this.#member === undefined) return;
    hub.disconnect(this.#member);
    counters.activeClients[this.#transport.name]--;
  }

  /** A pong that nobody asked for answers no ping (RFC 6455 5.5.3). */
  #timePong(): void {
    if (this.#timedFrom === undefined) return;
    this.#context.counters.roundTrips.observe((this.#context.time - this.#timedFrom) / 1000);
    this.#timedFrom = undefined;
  }

  #finish(): void {
    this.#closing = true;
    this.#waitsFor = undefined;
    this.#leave();
    this.#connection.finish();
  }

  /** What waits to be handled may be the pong. */
  #checkLife(now: number): void {
    if (this.#connection.hasInput) return;
    const { idleTimeout, lineIdleTimeout, heartbeat, pongTimeout } = this.#context.settings;
    const { ping } = this.#transport;
    const quiet = now - this.#connection.lastRead;
    const timeout = ping === undefined ? lineIdleTimeout : idleTimeout;
    if (timeout > 0 && quiet >= timeout * 1000) return this.end("idle");
    if (ping === undefined || heartbeat === 0) return;
    if (this.#pingedAt === undefined) {
      if (quiet < heartbeat * 1000) return;
      this.#pingedAt = this.#timedFrom = now;
      this.send(ping);
    } else if (
      now - this.#pingedAt >= pongTimeout * 1000 && !this.#isStalledSince(this.#pingedAt)
    ) {
      this.#fail(CLOSE.internalError, "Ping was not answered", "pong");
    }
  }

  /** A ping that could not leave yet cannot be answered; `writeTimeout` is for that. */
  #isStalledSince(time: number): boolean {
    const since = this.#connection.stalledSince;
    return since !== undefined && since <= time;
  }

  #log(topic: "connection" | "protocol", message: string, cause?: CloseCause): void {
    const { address } = this.#connection;
    this.#context.log({ level: "info", topic, address, ...(cause && { cause }), message });
  }
}

/** Whether a line is said as it is: no command, and no JSON that may be one. */
function isPlainWord(line: string): boolean {
  const first = line.charCodeAt(0);
  return first !== SLASH && first !== OPENING_BRACE;
}

/** Whether what a client said can be said again and again. */
function hasPrice(item: Incoming): boolean {
  return typeof item === "string" || item.type === "ping" || item.type === "pong" ||
    item.type === "refused" || item.type === "telnet";
}
