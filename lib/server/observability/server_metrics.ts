/**
 * Which metrics there are. Those that `/stats` tells as well are read where it reads them.
 * @module
 */
import type { Statistics } from "../../wire/shapes.ts";
import type { Counters } from "./counters.ts";
import type { Metric } from "./metrics.ts";

/** What there is to be read of a server at the time of a scrape. */
export interface Measured {
  readonly version: string;
  readonly counters: Counters;
  statistics(): Statistics;
  /** Rooms that somebody is in. */
  rooms(): number;
  /** Connections that are open, whatever they are. */
  sockets(): number;
  /** Of these, those whose write has stalled. */
  stalled(): number;
  /** Whether new clients may come. */
  ready(): boolean;
  memory(): { readonly rss: number; readonly heapUsed: number };
}

/** All metrics of a server, in the order in which a scrape shows them. */
export function serverMetrics(server: Measured): Metric[] {
  const { version, counters } = server;
  const stat = (name: keyof Statistics) => () => server.statistics()[name];
  return [
    {
      name: "backchannel_build_info",
      type: "gauge",
      help: "Version of the server.",
      label: "version",
      readEach: () => ({ [version]: 1 }),
    },
    {
      name: "backchannel_uptime_seconds",
      type: "gauge",
      help: "Time since the server started.",
      read: stat("uptime"),
    },
    {
      name: "backchannel_ready",
      type: "gauge",
      help: "Whether new clients may connect, as /readyz reports: 1 or 0.",
      read: () => Number(server.ready()),
    },
    {
      name: "backchannel_connections",
      type: "gauge",
      help: "Clients in the chat now.",
      label: "transport",
      readEach: () => counters.activeClients,
    },
    {
      name: "backchannel_connections_total",
      type: "counter",
      help: "Clients that have been in the chat.",
      label: "transport",
      readEach: () => counters.clients,
    },
    {
      name: "backchannel_sockets",
      type: "gauge",
      help: "Open connections, including HTTP and those whose protocol is not known yet.",
      read: server.sockets,
    },
    {
      name: "backchannel_accepts_total",
      type: "counter",
      help: "Accepted connections.",
      read: () => counters.accepted,
    },
    {
      name: "backchannel_accept_failures_total",
      type: "counter",
      help: "Connections that could not be accepted, for example because descriptors ran out.",
      read: () => counters.acceptFailures,
    },
    {
      name: "backchannel_refusals_total",
      type: "counter",
      help: "Refused clients.",
      label: "cause",
      readEach: () => counters.refused,
    },
    {
      name: "backchannel_throttled_total",
      type: "counter",
      help: "Times that a client exceeded its rate.",
      read: () => counters.throttled,
    },
    {
      name: "backchannel_closes_total",
      type: "counter",
      help: "Closed connections. Together with backchannel_sockets, all that were accepted.",
      label: "cause",
      readEach: () => counters.closed,
    },
    {
      name: "backchannel_rooms",
      type: "gauge",
      help: "Rooms with at least one person, and the lobby.",
      read: server.rooms,
    },
    {
      name: "backchannel_messages_total",
      type: "counter",
      help: "Messages sent to rooms.",
      read: stat("totalMessages"),
    },
    {
      name: "backchannel_whispers_total",
      type: "counter",
      help: "Private messages.",
      read: stat("totalWhispers"),
    },
    {
      name: "backchannel_dropped_messages_total",
      type: "counter",
      help: "Messages dropped because clients read too slowly.",
      read: stat("droppedMessages"),
    },
    {
      name: "backchannel_received_messages_total",
      type: "counter",
      help: "Lines and WebSocket messages received from clients, including commands.",
      read: () => counters.receivedMessages,
    },
    {
      name: "backchannel_sent_messages_total",
      type: "counter",
      help:
        "Messages and notices delivered to clients, counted once for each client. Replies do not count.",
      read: () => counters.sentMessages,
    },
    {
      name: "backchannel_received_bytes_total",
      type: "counter",
      help: "Bytes received.",
      read: () => counters.receivedBytes,
    },
    {
      name: "backchannel_sent_bytes_total",
      type: "counter",
      help: "Bytes sent.",
      read: () => counters.sentBytes,
    },
    {
      name: "backchannel_queue_messages",
      type: "histogram",
      help: "Messages queued for a client, sampled for each client at least four times a second.",
      histogram: counters.queue,
    },
    {
      name: "backchannel_write_stall_seconds",
      type: "histogram",
      help: "Duration of writes that took a quarter of a second or longer.",
      histogram: counters.stalls,
    },
    {
      name: "backchannel_stalled_writes",
      type: "gauge",
      help: "Writes that have made no progress for a quarter of a second or longer.",
      read: server.stalled,
    },
    {
      name: "backchannel_broadcast_seconds",
      type: "histogram",
      help: "Time to hand the messages of one turn of the event loop to all recipients.",
      histogram: counters.broadcasts,
    },
    {
      name: "backchannel_event_loop_lag_seconds",
      type: "histogram",
      help: "Delay of a timer that runs at least four times a second.",
      histogram: counters.lag,
    },
    {
      name: "backchannel_ping_rtt_seconds",
      type: "histogram",
      help: "Time between a ping and its pong.",
      histogram: counters.roundTrips,
    },
    {
      name: "backchannel_history_batch_seconds",
      type: "histogram",
      help: "Time to write a batch of messages to the history.",
      histogram: counters.historyBatches,
    },
    {
      name: "backchannel_resident_memory_bytes",
      type: "gauge",
      help: "Resident memory of the process (RSS).",
      read: () => server.memory().rss,
    },
    {
      name: "backchannel_heap_used_bytes",
      type: "gauge",
      help: "Memory used by JavaScript objects.",
      read: () => server.memory().heapUsed,
    },
    {
      name: "backchannel_log_failures_total",
      type: "counter",
      help: "Log entries that could not be written, for example because the disk is full.",
      read: () => counters.logFailures,
    },
    {
      name: "backchannel_log_suppressed_total",
      type: "counter",
      help: "Log entries that were left out because there were too many of their kind.",
      read: () => counters.logSuppressed,
    },
  ];
}
