/**
 * What the server counts of its connections: how many were turned away and why, how they ended and why.
 * @module
 */

/** Why somebody was not let in. */
export type RefusalCause =
  /** `maxClients` are here. */
  | "server_full"
  /** `maxPerIp` are here from the same address. */
  | "per_ip"
  /** More than `connectRate` came within a minute from the same address. */
  | "connect_rate"
  /** A page from elsewhere, see `allowOrigin`. */
  | "origin";

/** Why a connection ended; the first reason, if one led to another. */
export type CloseCause =
  /** The client had enough, and ended it in good order. */
  | "peer"
  /** `/quit` */
  | "quit"
  /** An HTTP request was answered. */
  | "http"
  /** It was not let in. */
  | "refused"
  /** A deadline: nothing came. */
  | "idle"
  /** A deadline: a ping was not answered. */
  | "pong"
  /** A deadline: nothing of what was written was taken. */
  | "write"
  /** A deadline: the request head was not finished. */
  | "head"
  /** Too much waited for it, with `overflow` set to disconnect. */
  | "slow"
  /** It broke the protocol. */
  | "protocol"
  /** It broke off. */
  | "reset"
  | "shutdown"
  /** A mistake of ours. */
  | "internal";

export class Counters {
  /** Connections that were accepted, let in or not. */
  accepted = 0;
  /** Attempts to accept a connection that failed, for want of descriptors as a rule. */
  acceptFailures = 0;
  /** How often a client began to say more than its rate allows. */
  throttled = 0;
  readonly refused: Record<RefusalCause, number> = {
    server_full: 0,
    per_ip: 0,
    connect_rate: 0,
    origin: 0,
  };
  /** All together: those who were accepted and are here no more. */
  readonly closed: Record<CloseCause, number> = {
    peer: 0,
    quit: 0,
    http: 0,
    refused: 0,
    idle: 0,
    pong: 0,
    write: 0,
    head: 0,
    slow: 0,
    protocol: 0,
    reset: 0,
    shutdown: 0,
    internal: 0,
  };
}
