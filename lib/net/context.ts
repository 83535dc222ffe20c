/**
 * What the parts of one server share.
 * @module
 */
import type { Hub } from "../chat/hub.ts";
import type { Networks } from "../protocol/ip_address.ts";
import type { BufferPool } from "./buffers.ts";
import type { Connection } from "./connection.ts";
import type { Inbox } from "./inbox.ts";
import type { Logger } from "./log.ts";
import type { Settings } from "./options.ts";

/** Somebody who waits for the end of a time. */
export interface Released {
  release(): void;
}

export interface Context {
  /** Of the program. */
  readonly version: string;
  readonly settings: Settings;
  /** Who is believed whom it speaks for. */
  readonly proxies: Networks;
  readonly hub: Hub;
  readonly inbox: Inbox;
  readonly buffers: BufferPool;
  readonly log: Logger;
  /** The time in milliseconds, as of the beginning of this turn: asking the clock for every read costs more. */
  readonly time: number;
  /** Releases it when the time is over that a silent client is left to say what it is. */
  sniff(branch: Released): void;
  /** The connection is over. */
  forget(connection: Connection): void;
}
