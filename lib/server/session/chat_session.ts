/**
 * The session of one client: passes its messages to the hub, at its rate, and disconnects it.
 * @module
 */
import { handleFrame, handleLine } from "../../chat/commands/handle.ts";
import { disconnectEvent, type DisconnectReason } from "../../wire/events.ts";
import { displayName } from "../../wire/shapes.ts";
import type { Steps } from "../../chat/history.ts";
import type { Hub } from "../../chat/hub.ts";
import type { Member, Session } from "../../chat/member.ts";
import { encodeAlone } from "../../delivery/segment.ts";
import type { AuthOutcome, Identity } from "../../identity/identity.ts";
import type { RequestUser } from "../../identity/user_header.ts";
import type { Rate } from "../../limits/token_bucket.ts";
import type { Incoming, MessageReader } from "../../protocol/incoming.ts";
import { CLOSE } from "../../protocol/websocket/frame.ts";
import type { TimeSource } from "../connection/clock.ts";
import type { Connection, Handler } from "../connection/connection.ts";
import { type InputScheduler, SLICE } from "../connection/input_scheduler.ts";
import type { Throttle } from "../connection/throttle.ts";
import type { WorkQueue } from "../connection/work_queue.ts";
import type { CloseCause, Counters } from "../observability/counters.ts";
import { logEntry, type Logger } from "../observability/log.ts";
import { ClientLogin, type LoginOptions } from "./client_login.ts";
import { helloEvent, type ServerLimits } from "./hello.ts";
import { KeepAlive, type KeepAliveOptions } from "./keep_alive.ts";
import { LOGIN_TIMEOUT, LoginGate } from "./login_gate.ts";
import { LongWork } from "./long_work.ts";
import { MessageRate } from "./message_rate.ts";
import type { Outbox, OutboxOptions } from "./outbox.ts";
import type { Transport } from "./transport.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How long the server waits for the peer's close frame after its own, in ms: two slow round trips (RFC 6455 7.1.1). */
const CLOSE_TIMEOUT = 2_000;

/** Number of plain messages handled between two looks at the clock. */
const MESSAGES_PER_CLOCK_CHECK = 16;

const SLASH = 0x2f, OPENING_BRACE = 0x7b;

const CLOSE_CODES: Readonly<Record<DisconnectReason, number>> = {
  quit: CLOSE.normal,
  idle: CLOSE.goingAway,
  shutdown: CLOSE.goingAway,
  kicked: CLOSE.policyViolation,
  flood: CLOSE.policyViolation,
  login: CLOSE.unauthorized,
  expired: CLOSE.unauthorized,
  replaced: CLOSE.policyViolation,
};

/** The reasons for which the name of a guest is not kept. */
const FINAL_REASONS: readonly (CloseCause | undefined)[] = ["quit", "kicked"];

/** What sessions need of their server. All sessions share one object. */
export interface ChatSessionOptions extends OutboxOptions, ServerLimits {
  readonly hub: Hub;
  readonly time: TimeSource;
  readonly scheduler: Pick<InputScheduler, "resume">;
  readonly throttle: Pick<Throttle, "drop">;
  readonly workQueue: Pick<WorkQueue, "add" | "drop">;
  readonly counters: Counters;
  readonly log: Logger;
  /** How clients log in; `undefined` if they cannot. */
  readonly login: LoginOptions | undefined;
  /** The rate of a client's messages; `undefined` for no limit. */
  readonly rate: Rate | undefined;
  /** Keep-alive on wires with pings, and on those without. */
  readonly keepAlive: KeepAliveOptions;
  readonly lineKeepAlive: KeepAliveOptions;
  /** Whether every message is sent back to its sender only. */
  readonly echo: boolean;
  /** Whether the clients were told already that the server shuts down. */
  readonly isDraining: () => boolean;
}

/**
 * What input waits for: room in the queue, the rate, the next turn of the loop, work for an earlier request, or the log that
 * the nodes of a chat share.
 */
type Wait = "room" | "rate" | "turn" | "work" | "settled";

export class ChatSession implements Handler, Session {
  readonly #connection: Connection;
  readonly #transport: Transport;
  readonly #outbox: Outbox;
  readonly #options: ChatSessionOptions;
  readonly #rate: MessageRate | undefined;
  readonly #keepAlive: KeepAlive;
  /** Created with the first input: a silent client takes no memory for it. */
  #reader: MessageReader | undefined;
  /** The client, once it is known to be one, and has logged in if it has to. */
  #member: Member | undefined;
  /** Decides whether the client is let in, until it is. `undefined` where all are. */
  #gate: LoginGate | undefined;
  readonly #login: ClientLogin;
  /** Until when the client has to log in. */
  readonly #loginDeadline: number;
  /** An item that was read and has not been paid for yet. */
  #unpaid: Incoming | undefined;
  /** What input waits for, if anything. Nothing is read meanwhile. */
  #waitsFor: Wait | undefined;
  /** Created with the first request that takes long. */
  #work: LongWork | undefined;
  /** Whether a request waits for work outside of the chat. */
  #isAwaiting = false;
  /** Whether the client has ended its side. */
  #ended = false;
  /** Why the client is being disconnected. */
  #cause: CloseCause | undefined;
  /** Until when the peer's close frame is awaited, in a closing handshake that the server began. */
  #closeDeadline = Infinity;

  constructor(
    connection: Connection,
    transport: Transport,
    outbox: Outbox,
    options: ChatSessionOptions,
    request?: RequestUser,
  ) {
    this.#connection = connection;
    this.#transport = transport;
    this.#outbox = outbox;
    this.#options = options;
    const { echo, rate, keepAlive, lineKeepAlive, login, time } = options;
    this.#login = new ClientLogin(connection, request, login);
    this.#loginDeadline = time.now + LOGIN_TIMEOUT;
    if (!outbox.isSubscribed) this.#gate = this.#createGate();
    this.#rate = echo || rate === undefined ? undefined : new MessageRate(rate);
    this.#keepAlive = new KeepAlive(transport.ping === undefined ? lineKeepAlive : keepAlive);
  }

  get closeCause(): CloseCause | undefined {
    return this.#cause;
  }

  /**
   * Begins the session: the connection is known to be a client. It becomes a member of the chat, unless it has to log in
   * first.
   *
   * @param hasSpoken Whether it has sent something.
   */
  begin(hasSpoken = false): void {
    if (this.#gate === undefined) {
      this.connect();
      return this.greet();
    }
    const work = this.#gate.begin(this.#login.credential, hasSpoken);
    if (work instanceof Promise) this.waitFor(work);
  }

  /** Makes the client a member of the chat, unless it is one. It must not have to log in. */
  connect(): Member {
    return this.#member ?? this.#enter(undefined);
  }

  #enter(identity: Identity | undefined): Member {
    const { counters } = this.#options;
    const { name: transport } = this.#transport;
    this.#gate = undefined;
    const member = this.#member = this.#outbox.connect(this, identity);
    counters.clients[transport]++;
    counters.activeClients[transport]++;
    const { address } = this.#connection;
    const user = member.user === undefined ? {} : { user: displayName(member.who) };
    this.#options.log(logEntry("connected", { address, transport, ...user }));
    return member;
  }

  #createGate(): LoginGate {
    return new LoginGate({
      hub: this.#options.hub,
      recipient: this.#outbox.recipient,
      isJson: this.#transport.protocol !== undefined,
      isRequired: this.#login.isRequired,
      origin: () => this.#connection.address,
      authenticate: (credential) => this.#login.check(credential) ?? "guest",
      charge: (messages) => this.charge(messages),
      enter: (identity) => this.#enter(identity),
      onEntered: () => this.greet(),
      end: (reason, message) => this.end(reason, message),
    });
  }

  authenticate(secret: string): AuthOutcome | Promise<AuthOutcome> | undefined {
    return this.#login.check({ type: "secret", secret });
  }

  /** Where answers go: they may be for a client that has not logged in yet. */
  get #client(): Pick<Member, "recipient"> {
    return this.#gate === undefined ? this.connect() : this.#outbox;
  }

  /** Called when a proxy has named its client. */
  relocate(): void {
    if (this.#member !== undefined) {
      this.#options.hub.relocate(this.#member, this.#connection.address);
    }
  }

  /** Sends the event that describes the server, on wires that have one. */
  greet(): void {
    const { hub, echo } = this.#options;
    if (echo || this.#transport.protocol === undefined) return;
    const you = this.connect();
    hub.answer(you, helloEvent(hub, you, this.#options));
  }

  received(bytes: Bytes): void {
    this.#keepAlive.received();
    this.#open().push(bytes);
    this.#pump();
  }

  ended(): void {
    this.#ended = true;
    this.#reader?.end();
    this.#pump();
  }

  /** The server did not read meanwhile, which counts neither as silence nor as a missing pong. */
  resumed(): void {
    if (this.#waitsFor === undefined) return;
    this.#waitsFor = undefined;
    this.#connection.lastRead = this.#options.time.now;
    this.#keepAlive.reset();
    this.#pump();
  }

  take(): Bytes | undefined {
    const bytes = this.#outbox.take();
    if (this.#waitsFor === "room" && !this.#outbox.recipient.full) this.#resumeSoon();
    return bytes;
  }

  end(reason: DisconnectReason, message?: string): void {
    if (this.#outbox.left) return;
    this.#work?.drop();
    const { hub, isDraining, time } = this.#options;
    // Clients that have not logged in do not get what all others get.
    const wasTold = reason === "shutdown" && isDraining() && this.#gate === undefined;
    if (!wasTold) hub.answer(this.#client, disconnectEvent(reason, message));
    const frame = this.#open().close?.(CLOSE_CODES[reason], reason);
    if (frame === undefined) return this.#finish(reason);
    this.#cause = reason;
    this.#closeDeadline = time.now + CLOSE_TIMEOUT;
    this.#outbox.send(frame);
    this.leave();
    if (this.#waitsFor !== undefined) this.#resumeSoon(); // to read the peer's close frame
  }

  closed(cause: CloseCause, message: string | undefined): void {
    this.leave();
    this.#outbox.recipient.discard();
    this.#reader = this.#unpaid = undefined; // members may be remembered for some time
    this.#options.throttle.drop(this.#connection);
    this.#work?.drop();
    if (this.#member === undefined && cause !== "login") return;
    const { name: user } = this.#member ?? {};
    const detail = message === undefined ? {} : { detail: message };
    const data = { cause, ...(user === undefined ? {} : { user }), ...detail };
    const { address } = this.#connection;
    this.#options.log(logEntry("disconnected", { address, ...data }));
  }

  tick(now: number): void {
    this.#outbox.sample();
    if (this.#outbox.left) {
      if (now >= this.#closeDeadline) this.#connection.finish(this.#cause);
      return;
    }
    if (this.#gate !== undefined && now >= this.#loginDeadline) return this.end("login");
    if (this.#login.hasExpired(this.#member?.identity)) return this.end("expired");
    // Input that waits to be handled may be the pong.
    if (this.#waitsFor !== undefined || this.#connection.hasInput) return;
    const { lastRead, stalledSince } = this.#connection;
    switch (this.#keepAlive.check(now, lastRead, stalledSince)) {
      case "idle":
        return this.end("idle");
      case "ping":
        return this.#outbox.send(this.#transport.ping!);
      case "unanswered":
        return this.#fail(CLOSE.internalError, "Ping was not answered", "pong");
    }
  }

  charge(messages: number): void {
    this.#rate?.charge(messages, this.#options.time.now);
  }

  workOn(steps: Steps<void>): void {
    this.#work ??= new LongWork({
      queue: this.#options.workQueue,
      charge: (ms) => this.#connection.charge(ms),
      onDone: () => {
        if (this.#waitsFor === "work") this.#resumeSoon();
      },
      onFailed: (error) => this.#connection.giveUp(error),
    });
    this.#work.set(steps);
  }

  waitFor(work: Promise<void>): void {
    this.#isAwaiting = true;
    work.catch((error) => this.#connection.giveUp(error)).then(() => {
      this.#isAwaiting = false;
      if (this.#waitsFor === "work") this.#resumeSoon();
    });
  }

  settled(): void {
    if (this.#waitsFor === "settled") this.#resumeSoon();
  }

  /**
   * Whether input has to wait until messages of this client have come back through the log of a chat on several nodes: all
   * of them before anything else than a message, so that answers keep the order of requests.
   */
  #hasToSettle(item: Incoming | undefined): boolean {
    if (this.#outbox.left || (item === undefined && !this.#ended)) return false;
    if (typeof item !== "string" || !isMessage(item)) return true;
    return this.#member!.unsettled >= this.#options.hub.window;
  }

  #open(): MessageReader {
    const { maxPayload, echo } = this.#options;
    return this.#reader ??= this.#transport.createReader(maxPayload, echo);
  }

  #resumeSoon(): void {
    this.#waitsFor = "turn";
    this.#options.scheduler.resume(this.#connection);
  }

  /** Handles input for at most a slice, as far as there is room for the answers and the rate allows. */
  #pump(): void {
    const end = performance.now() + SLICE;
    for (let handled = 1;; handled++) {
      if (this.#isAwaiting && !this.#outbox.left) {
        this.#waitsFor = "work";
        return;
      }
      if (!this.#outbox.left) {
        if (this.#outbox.recipient.full) {
          this.#waitsFor = "room";
          return;
        }
        if (this.#options.hub.congested) return this.#resumeSoon();
      }
      const item = this.#unpaid ?? this.#reader?.next();
      this.#unpaid = undefined;
      if (this.#member?.unsettled && this.#hasToSettle(item)) {
        this.#unpaid = item;
        this.#waitsFor = "settled";
        return;
      }
      if (this.#rate !== undefined && !this.#pays(item, this.#rate)) return;
      if (item === undefined) break;
      this.#handle(item);
      if (this.#work?.isPending && !this.#outbox.left) {
        this.#waitsFor = "work";
        return this.#work.start();
      }
      // Without a rate there may be a million messages a second, each of which takes no longer than five clock reads.
      const isPlain = this.#rate === undefined && typeof item === "string" && isPlainMessage(item);
      if ((!isPlain || handled % MESSAGES_PER_CLOCK_CHECK === 0) && performance.now() >= end) {
        return this.#resumeSoon();
      }
    }
    if (this.#ended) this.#finish(this.#cause);
    else this.#connection.readOn(this.#rate?.isThrottled);
  }

  /** Charges for an item and the frames before it. Returns false if the item has to wait. */
  #pays(item: Incoming | undefined, rate: MessageRate): boolean {
    const extras = this.#reader?.takeExtras() ?? 0;
    if (this.#outbox.left) return true;
    const wait = rate.pay(item, extras, this.#options.time.now);
    if (wait === 0) return true;
    this.#unpaid = item;
    this.#waitsFor = "rate";
    if (rate.throttle()) {
      const { counters, hub } = this.#options;
      counters.throttled++;
      hub.answer(this.#client, { type: "throttled", retryAfter: Math.ceil(wait) });
    }
    this.#connection.awaitPayment(wait);
    return false;
  }

  #handle(item: Incoming): void {
    if (typeof item === "string") {
      if (!this.#outbox.left) this.#handleMessage(item);
      return;
    }
    switch (item.type) {
      case "ping":
      case "telnet":
        if (!this.#outbox.left && item.answer !== undefined) this.#outbox.send(item.answer);
        return;
      case "pong":
        return this.#measureRoundTrip();
      case "close":
        if (item.answer !== undefined) this.#outbox.send(item.answer);
        return this.#finish(this.#cause);
      case "failed":
        return this.#finishClosing(item.code, item.reason, "protocol", item.answer);
      case "binary":
        return this.#handleBinary(item.bytes);
      case "refused":
        return this.#refuse(item.reason);
    }
  }

  #handleMessage(text: string): void {
    const { hub, echo, counters } = this.#options;
    counters.receivedMessages++;
    if (this.#gate !== undefined) {
      const work = this.#gate.handle(text);
      if (work instanceof Promise) this.waitFor(work);
    } else if (echo) {
      const { encode, overhead } = this.#transport.format;
      this.#outbox.send(encodeAlone(encode, overhead, text));
    } else if (this.#transport.protocol === undefined) handleLine(hub, this.connect(), text);
    else handleFrame(hub, this.connect(), text);
  }

  #handleBinary(bytes: Uint8Array): void {
    const { encodeBinary } = this.#transport;
    if (this.#options.echo && encodeBinary !== undefined) this.#outbox.send(encodeBinary(bytes));
    else this.#fail(CLOSE.unsupportedData, "Only text is spoken here", "protocol");
  }

  #refuse(reason: string): void {
    if (this.#outbox.left) return;
    this.#options.hub.answer(this.#client, {
      type: "error",
      code: "refused",
      text: `Error: ${reason}`,
      ref: undefined,
    });
  }

  #measureRoundTrip(): void {
    const roundTrip = this.#keepAlive.ponged(this.#options.time.now);
    if (roundTrip !== undefined) this.#options.counters.roundTrips.observe(roundTrip / 1000);
  }

  /** RFC 6455 7.1.7: sends a close frame with the reason, and ends the connection. */
  #fail(code: number, reason: string, cause: CloseCause): void {
    this.#finishClosing(code, reason, cause, this.#open().close?.(code, reason));
  }

  /** @param frame The close frame to send; `undefined` if one was sent before, for another reason. */
  #finishClosing(code: number, reason: string, cause: CloseCause, frame: Bytes | undefined): void {
    if (frame === undefined) return this.#finish(this.#cause);
    const { address } = this.#connection;
    this.#options.log(logEntry("websocket_failed", { address, cause, code, reason }));
    this.#outbox.send(frame);
    this.#finish(cause);
  }

  /** Ends the connection when the queue is written; without a cause, the client has ended it. */
  #finish(cause: CloseCause | undefined): void {
    this.#cause = cause;
    this.#waitsFor = undefined;
    this.leave();
    this.#connection.finish(cause);
  }

  /** Leaves the chat. The counts change together with the hub's, so that they agree at any time. */
  leave(): void {
    if (this.#member === undefined) return this.#outbox.unsubscribe();
    if (!this.#outbox.leave()) return;
    this.#options.hub.disconnect(this.#member, !FINAL_REASONS.includes(this.#cause));
    this.#options.counters.activeClients[this.#transport.name]--;
  }
}

/** Whether a line or a frame is a message. The frames that our own clients send begin with their type. */
function isMessage(text: string): boolean {
  return isPlainMessage(text) || text.startsWith('{"type":"message"');
}

/** Whether a line is neither a command nor JSON that may be one. */
function isPlainMessage(line: string): boolean {
  const first = line.charCodeAt(0);
  return first !== SLASH && first !== OPENING_BRACE;
}
