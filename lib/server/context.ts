/**
 * What the parts of one server share.
 * @module
 */
import type { Hub } from "../chat/hub.ts";
import type { CidrSet } from "../ip/network.ts";
import type { Refusal } from "./admission/address_limits.ts";
import type { BufferPool } from "./connection/read_buffers.ts";
import type { Budgets } from "./admission/budget.ts";
import type { Connection } from "./connection/connection.ts";
import type { Counters } from "./observability/counters.ts";
import type { InputScheduler } from "./connection/input_scheduler.ts";
import type { Logger } from "./observability/log.ts";
import type { ModerationService } from "../moderation/moderation_service.ts";
import type { Settings } from "./settings.ts";
import type { AllowedHosts } from "./http/host.ts";
import type { AllowedOrigins } from "./http/origin.ts";
import type { Refusals } from "./admission/refusals.ts";
import type { Throttle } from "./admission/throttle.ts";
import type { Assets } from "./http/asset.ts";
import type { SniffingHandler } from "./sniff_timeouts.ts";
import type { Status } from "./http/status.ts";
import type { WorkQueue } from "./connection/work_queue.ts";

export interface Context {
  /** Of the program. */
  readonly version: string;
  readonly settings: Settings;
  /** Who is believed whom it speaks for. */
  readonly proxies: CidrSet;
  /** What is served over HTTP. */
  readonly pages: Assets;
  readonly hub: Hub;
  readonly inbox: InputScheduler;
  readonly buffers: BufferPool;
  /** Never throws. */
  readonly log: Logger;
  readonly counters: Counters;
  readonly refusals: Refusals;
  readonly throttle: Throttle;
  readonly budgets: Budgets;
  /** Where clients' long work is done. */
  readonly workQueue: WorkQueue;
  readonly origins: AllowedOrigins;
  readonly hosts: AllowedHosts;
  readonly status: Status;
  /** Nobody new is let in, since the server is about to end; those who were here when that began have been told. */
  readonly draining: boolean;
  /** Why nobody new is let in to the chat at the moment, while HTTP is answered. */
  readonly shut: Refusal | undefined;
  /** What operators can do, if there are any. */
  readonly moderator: ModerationService | undefined;
  /** The time in milliseconds, as of the beginning of this turn: asking the clock for every read costs more. */
  readonly time: number;
  /** Releases it when the time is over that a silent client is left to say what it is, `extra` ms more than `sniffTimeout`. */
  sniff(one: SniffingHandler, extra?: number): void;
  /** Admits a client to the chat whose address has just become known, or returns the reason for refusing it. */
  admit(connection: Connection): Refusal | undefined;
  /** Admits an HTTP request that asks for no WebSocket, or returns the reason for refusing it. */
  admitRequest(connection: Connection): Refusal | undefined;
  /** The connection is over. */
  forget(connection: Connection): void;
}
