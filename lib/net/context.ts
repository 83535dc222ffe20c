/**
 * What the parts of one server share.
 * @module
 */
import type { Hub } from "../chat/hub.ts";
import type { Networks } from "../protocol/ip_address.ts";
import type { Refusal } from "./admission.ts";
import type { BufferPool } from "./buffers.ts";
import type { Connection } from "./connection.ts";
import type { Counters } from "./counters.ts";
import type { Inbox } from "./inbox.ts";
import type { Logger } from "./log.ts";
import type { Settings } from "./options.ts";
import type { AllowedOrigins } from "./origin.ts";
import type { Refusals } from "./refusals.ts";
import type { Throttle } from "./throttle.ts";
import type { Pages } from "./page.ts";
import type { Undecided } from "./sniffing.ts";
import type { Status } from "./status.ts";

export interface Context {
  /** Of the program. */
  readonly version: string;
  readonly settings: Settings;
  /** Who is believed whom it speaks for. */
  readonly proxies: Networks;
  /** What is served over HTTP. */
  readonly pages: Pages;
  readonly hub: Hub;
  readonly inbox: Inbox;
  readonly buffers: BufferPool;
  /** Never throws. */
  readonly log: Logger;
  readonly counters: Counters;
  readonly refusals: Refusals;
  readonly throttle: Throttle;
  readonly origins: AllowedOrigins;
  readonly status: Status;
  /** Nobody new is let in, since the server is about to end; those who were here when that began have been told. */
  readonly draining: boolean;
  /** The time in milliseconds, as of the beginning of this turn: asking the clock for every read costs more. */
  readonly time: number;
  /** Releases it when the time is over that a silent client is left to say what it is. */
  sniff(one: Undecided): void;
  /** Lets a client in whose address has just become known, or says why not. */
  admit(connection: Connection): Refusal | undefined;
  /** The connection is over. */
  forget(connection: Connection): void;
}
