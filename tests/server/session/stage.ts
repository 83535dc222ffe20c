/**
 * A session of one client, on a connection that is none.
 * @module
 */
import { assert } from "@std/assert";
import { Hub, type HubOptions } from "../../../lib/chat/hub.ts";
import { Account } from "../../../lib/limits/budget.ts";
import type { Rate } from "../../../lib/limits/token_bucket.ts";
import { Connection } from "../../../lib/server/connection/connection.ts";
import type { InputSource } from "../../../lib/server/connection/input_scheduler.ts";
import { BufferPool } from "../../../lib/server/connection/read_buffers.ts";
import { type CloseCause, Counters } from "../../../lib/server/observability/counters.ts";
import { ChatSession, type ChatSessionOptions } from "../../../lib/server/session/chat_session.ts";
import type { LoginOptions } from "../../../lib/server/session/client_login.ts";
import { Outbox } from "../../../lib/server/session/outbox.ts";
import { type Transport, WEBSOCKET } from "../../../lib/server/session/transport.ts";
import { FakeConn, settled } from "../../support/conn.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface StageOptions {
  readonly transport?: Transport;
  readonly rate?: Rate;
  readonly echo?: boolean;
  /** How the client has to log in. By default it need not. */
  readonly login?: LoginOptions;
  readonly hub?: Partial<HubOptions>;
}

/** A session of one client in a chat of its own. */
export class Stage {
  readonly conn = new FakeConn();
  readonly time = { now: 0 };
  readonly counters = new Counters();
  readonly hub: Hub;
  readonly logged: string[] = [];
  readonly waits: number[] = [];
  /** Sources that wait for the loop to turn. */
  readonly resumed: InputSource[] = [];
  /** Sources whose input waits, while the loop is busy. */
  readonly added: InputSource[] = [];
  isBusy = false;
  readonly connection: Connection;
  readonly session: ChatSession;

  constructor(
    { transport = WEBSOCKET, rate, echo = false, login, hub: hubOptions }: StageOptions = {},
  ) {
    this.hub = new Hub({
      capacity: 64,
      capacityBytes: 65_536,
      overflow: "drop-oldest",
      now: () => 0,
      ...hubOptions,
    });
    const { hub, time, counters, conn } = this;
    const log = ({ message }: { message: string }) => void this.logged.push(message);
    const scheduler = {
      add: (source: InputSource) => this.isBusy ? this.added.push(source) : source.handleInput(),
      resume: (source: InputSource) => void this.resumed.push(source),
    };
    this.connection = new Connection(conn, {
      time,
      scheduler,
      throttle: { hold: (_, wait) => void this.waits.push(wait) },
      buffers: new BufferPool(),
      openAccount: () => new Account(undefined, []),
      isTrustedProxy: () => false,
      counters,
      log,
      writeTimeout: 60,
      rate: 0,
      burst: 1,
      onClosed() {},
    });
    const options: ChatSessionOptions = {
      hub,
      time,
      scheduler,
      throttle: { drop() {} },
      workQueue: { add() {}, drop() {} },
      counters,
      log,
      slowClients: { slow() {}, recovered() {} },
      login,
      rate,
      keepAlive: { idleTimeout: 30, heartbeat: 10, pongTimeout: 5 },
      lineKeepAlive: { idleTimeout: 60, heartbeat: 0, pongTimeout: 5 },
      maxPayload: 1_024,
      maxMessage: 1_024,
      historyLimit: 0,
      echo,
      version: "1.0.0",
      isDraining: () => false,
    };
    const isOpen = login === undefined && this.hub.authorize === undefined;
    const outbox = new Outbox(this.connection, transport.format, options, isOpen);
    this.session = new ChatSession(this.connection, transport, outbox, options);
    if (isOpen) this.session.connect();
    else this.session.begin();
    this.connection.handOver(this.session);
  }

  get causes(): CloseCause[] {
    const counted = Object.entries(this.counters.closed) as Array<[CloseCause, number]>;
    return counted.flatMap(([cause, count]) => Array<CloseCause>(count).fill(cause));
  }

  passTime(ms: number): void {
    this.time.now += ms;
    this.connection.tick(this.time.now);
  }

  /** The client sends bytes. */
  async receive(bytes: Bytes): Promise<void> {
    const { reading } = this.conn;
    assert(reading !== undefined, "The session does not read");
    this.conn.reading = undefined;
    reading.buffer.set(bytes);
    reading.resolve(bytes.length);
    await settled();
  }

  /** The bytes that are written next, in Latin-1. */
  async written(): Promise<string> {
    await settled();
    const bytes = this.conn.writing?.buffer ?? new Uint8Array();
    if (this.conn.writing !== undefined) await this.conn.take();
    return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  }
}
