/**
 * The numbers that a chat keeps of itself.
 * @module
 */

/** What `/stats` tells, at one moment. */
export interface Statistics {
  /** Clients that ever took part. */
  readonly totalConnections: number;
  /** Clients that take part now. */
  readonly activeConnections: number;
  /** What was said to all, since the start. */
  readonly totalMessages: number;
  /** What was said to one, since the start. */
  readonly totalWhispers: number;
  /** Messages that clients did not get because they read too slowly. */
  readonly droppedMessages: number;
  /** Since the start, in whole seconds. */
  readonly uptime: number;
}
