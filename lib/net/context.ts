/**
 * What the parts of one server share.
 * @module
 */
import type { Hub } from "../chat/hub.ts";
import type { BufferPool } from "./buffers.ts";
import type { Connection } from "./connection.ts";
import type { Inbox } from "./inbox.ts";
import type { Logger } from "./log.ts";
import type { Settings } from "./options.ts";
import type { Pages } from "./page.ts";

export interface Context {
  /** Of the program. */
  readonly version: string;
  readonly settings: Settings;
  /** What is served over HTTP. */
  readonly pages: Pages;
  readonly hub: Hub;
  readonly inbox: Inbox;
  readonly buffers: BufferPool;
  readonly log: Logger;
  /** The time in milliseconds, as of the beginning of this turn: asking the clock for every read costs more. */
  readonly time: number;
  /** The connection is over. */
  forget(connection: Connection): void;
}
