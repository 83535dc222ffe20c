/**
 * What a server counts and measures as it goes. What `/stats` tells too is counted by the hub, and by it alone.
 *
 * Nothing here may cost anything worth counting: a number goes up once for a connection, a read, a write or a message of
 * a client, never for a delivery; what would have to be looked at all the time is looked at by the sweep.
 * @module
 */
import { Histogram } from "./metrics.ts";

/** Why somebody was not let in. */
export type RefusalCause =
  /** The server is about to end. */
  | "draining"
  /** `maxClients` are here. */
  | "server_full"
  /** `maxPerIp` are here from the same address. */
  | "per_ip"
  /** More than `connectRate` came within a minute from the same address. */
  | "connect_rate"
  /** A page from elsewhere, see `allowOrigin`. */
  | "origin"
  /** A name that is not the server's, see `allowHost`. */
  | "host"
  /** An operator banned the address. */
  | "banned"
  /** An operator lets nobody new in. */
  | "lockdown";

/** Why a connection ended; the first reason, if one led to another. */
export type CloseCause =
  /** The client had enough, and ended it in good order. */
  | "peer"
  /** `/quit` */
  | "quit"
  /** An operator wanted it to be gone, or it had too many wrong tokens. */
  | "kicked"
  /** It sent more than it may for too long. */
  | "flood"
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
  /** A deadline: the TLS handshake was not finished. */
  | "handshake"
  /** Too much waited for it, with `overflow` set to disconnect. */
  | "slow"
  /** It broke the protocol. */
  | "protocol"
  /** It broke off. */
  | "reset"
  | "shutdown"
  /** A mistake of ours. */
  | "internal";

/** How a log line states each cause. */
export const CLOSE_REASONS: Readonly<Record<CloseCause, string>> = {
  peer: "closed by the client",
  quit: "the client quit",
  kicked: "kicked",
  flood: "sent too much",
  http: "HTTP request answered",
  refused: "refused",
  idle: "idle timeout",
  pong: "ping timeout",
  write: "write timeout",
  head: "request head timeout",
  handshake: "TLS handshake timeout",
  slow: "too slow",
  protocol: "protocol error",
  reset: "connection lost",
  shutdown: "server shut down",
  internal: "internal error",
};

/** Which writes have stalled, in ms: longer than a round trip should take, and no shorter than the sweep that looks at all of them. */
export const STALL = 250;

/** Seconds of work: from what one client takes to what everybody feels. */
const WORK = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
/** Seconds of waiting for the network, from the same room to a phone in a tunnel. */
const TRIP = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** Seconds of waiting for somebody who reads nothing, up to the default of `--write-timeout`. */
const STALLED = [0.5, 1, 2.5, 5, 10, 30, 60];
/** Messages: nearly always none, at the most the default of `--capacity`. */
const QUEUED = [0, 1, 4, 16, 64, 256, 1_024];

/** What a server has done so far, for whoever watches it: numbers that grow, but for one. */
export class Counters {
  /** Connections that were accepted, let in or not. */
  accepted = 0;
  /** Attempts to accept a connection that failed, for want of descriptors as a rule. */
  acceptFailures = 0;
  /** How often a client began to say more than its rate allows. */
  throttled = 0;
  /** Clients that were not let in. */
  readonly refused: Record<RefusalCause, number> = {
    draining: 0,
    server_full: 0,
    per_ip: 0,
    connect_rate: 0,
    origin: 0,
    host: 0,
    banned: 0,
    lockdown: 0,
  };
  /** All together: those who were accepted and are here no more. */
  readonly closed: Record<CloseCause, number> = {
    peer: 0,
    quit: 0,
    kicked: 0,
    flood: 0,
    http: 0,
    refused: 0,
    idle: 0,
    pong: 0,
    write: 0,
    head: 0,
    handshake: 0,
    slow: 0,
    protocol: 0,
    reset: 0,
    shutdown: 0,
    internal: 0,
  };
  /** Clients that ever took part, by transport: the sum is the number of `/stats`. */
  readonly clients: Record<"tcp" | "websocket", number> = { tcp: 0, websocket: 0 };
  /** Clients that take part now: the one number that falls, too. */
  readonly activeClients: Record<"tcp" | "websocket", number> = { tcp: 0, websocket: 0 };
  /** Bytes read off the wire. */
  receivedBytes = 0;
  /** Bytes written to the wire. */
  sentBytes = 0;
  /** Lines and messages of clients, commands among them. */
  receivedMessages = 0;
  /** What others said and did, once for each client it was written to; no answers. */
  sentMessages = 0;
  /** Log entries that the log function threw on, at once or as a promise. */
  logFailures = 0;
  /** Log entries that were left out because there were too many of their kind. */
  logSuppressed = 0;
  /** Messages that wait for a client, at each sweep. */
  readonly queue: Histogram = new Histogram(QUEUED);
  /** How long writes took that took {@linkcode STALL} or more, in seconds. */
  readonly stalls: Histogram = new Histogram(STALLED);
  /** How long it took to hand out what was said in a turn of the loop, in seconds. */
  readonly broadcasts: Histogram = new Histogram(WORK);
  /** How late the sweep came, in seconds. */
  readonly lag: Histogram = new Histogram(WORK);
  /** Between a ping and its pong, in seconds. */
  readonly roundTrips: Histogram = new Histogram(TRIP);
  /** How long the history took to write a batch, in seconds. */
  readonly historyBatches: Histogram = new Histogram(WORK);
}
