/**
 * Which metrics there are. Those that `/stats` tells as well are read where it reads them.
 * @module
 */
import type { Statistics } from "../../chat/statistics.ts";
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
      help: "Which version this is.",
      label: "version",
      readEach: () => ({ [version]: 1 }),
    },
    {
      name: "backchannel_uptime_seconds",
      type: "gauge",
      help: "Time since the start.",
      read: stat("uptime"),
    },
    {
      name: "backchannel_ready",
      type: "gauge",
      help: "Whether /readyz says so: 1 or 0.",
      read: () => Number(server.ready()),
    },
    {
      name: "backchannel_connections",
      type: "gauge",
      help: "Clients that take part in the chat.",
      label: "transport",
      readEach: () => counters.activeClients,
    },
    {
      name: "backchannel_connections_total",
      type: "counter",
      help: "Clients that ever took part in the chat.",
      label: "transport",
      readEach: () => counters.clients,
    },
    {
      name: "backchannel_sockets",
      type: "gauge",
      help: "Open connections, those included that are HTTP or have not said yet what they are.",
      read: server.sockets,
    },
    {
      name: "backchannel_accepts_total",
      type: "counter",
      help: "Connections that were accepted.",
      read: () => counters.accepted,
    },
    {
      name: "backchannel_accept_failures_total",
      type: "counter",
      help: "Connections that could not be accepted, as for want of file descriptors.",
      read: () => counters.acceptFailures,
    },
    {
      name: "backchannel_refusals_total",
      type: "counter",
      help: "Clients that were not let in.",
      label: "cause",
      readEach: () => counters.refused,
    },
    {
      name: "backchannel_throttled_total",
      type: "counter",
      help: "How often a client began to send more than its rate allows.",
      read: () => counters.throttled,
    },
    {
      name: "backchannel_closes_total",
      type: "counter",
      help: "Connections that are over. With backchannel_sockets these are all that were accepted.",
      label: "cause",
      readEach: () => counters.closed,
    },
    {
      name: "backchannel_rooms",
      type: "gauge",
      help: "Rooms that somebody is in, and the lobby.",
      read: server.rooms,
    },
    {
      name: "backchannel_messages_total",
      type: "counter",
      help: "Messages that were said to a room.",
      read: stat("totalMessages"),
    },
    {
      name: "backchannel_whispers_total",
      type: "counter",
      help: "Messages that were said to one person.",
      read: stat("totalWhispers"),
    },
    {
      name: "backchannel_dropped_messages_total",
      type: "counter",
      help: "Messages that clients did not get because they read too slowly.",
      read: stat("droppedMessages"),
    },
    {
      name: "backchannel_received_messages_total",
      type: "counter",
      help: "Lines and WebSocket messages of clients, commands included.",
      read: () => counters.receivedMessages,
    },
    {
      name: "backchannel_sent_messages_total",
      type: "counter",
      help:
        "What was passed on to clients, once for each of them. Answers to their commands are none.",
      read: () => counters.sentMessages,
    },
    {
      name: "backchannel_received_bytes_total",
      type: "counter",
      help: "Bytes read off the wire.",
      read: () => counters.receivedBytes,
    },
    {
      name: "backchannel_sent_bytes_total",
      type: "counter",
      help: "Bytes written to the wire.",
      read: () => counters.sentBytes,
    },
    {
      name: "backchannel_queue_messages",
      type: "histogram",
      help:
        "Messages that wait for a client: each client at each sweep, four times a second or more.",
      histogram: counters.queue,
    },
    {
      name: "backchannel_write_stall_seconds",
      type: "histogram",
      help: "How long writes took that took a quarter of a second or longer.",
      histogram: counters.stalls,
    },
    {
      name: "backchannel_stalled_writes",
      type: "gauge",
      help: "Writes that have not moved for a quarter of a second or longer.",
      read: server.stalled,
    },
    {
      name: "backchannel_broadcast_seconds",
      type: "histogram",
      help: "Time to hand what was said in one turn of the event loop to all who get it.",
      histogram: counters.broadcasts,
    },
    {
      name: "backchannel_event_loop_lag_seconds",
      type: "histogram",
      help: "How much later than asked for the sweep came, four times a second or more.",
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
      help: "Memory of the process (RSS).",
      read: () => server.memory().rss,
    },
    {
      name: "backchannel_heap_used_bytes",
      type: "gauge",
      help: "Memory of the process that is taken by JavaScript objects.",
      read: () => server.memory().heapUsed,
    },
    {
      name: "backchannel_log_failures_total",
      type: "counter",
      help: "Log entries that were lost, as on a full disk.",
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
