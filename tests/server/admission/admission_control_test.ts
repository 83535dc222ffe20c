import { assertEquals } from "@std/assert";
import { CidrSet } from "../../../lib/ip/network.ts";
import { AdmissionControl } from "../../../lib/server/admission/admission_control.ts";
import { RefusalLog } from "../../../lib/server/admission/refusals.ts";
import { ClientAddress } from "../../../lib/server/connection/client_address.ts";
import type { Connection } from "../../../lib/server/connection/connection.ts";
import { Counters } from "../../../lib/server/observability/counters.ts";

const PROXIES = new CidrSet("198.51.100.1");
const isTrustedProxy = (hostname: string) => PROXIES.has(hostname);

interface Options {
  readonly maxClients?: number;
  readonly maxPerIp?: number;
  readonly connectRate?: number;
  readonly banned?: readonly string[];
}

function setUp({ maxClients = 10, maxPerIp = 2, connectRate = 0, banned = [] }: Options = {}) {
  const counters = new Counters();
  const admission = new AdmissionControl({
    time: { now: 0 },
    maxClients,
    maxPerIp,
    connectRate,
    isTrustedProxy,
    refusals: new RefusalLog(counters, () => {}),
    isBanned: (ip) => banned.includes(ip),
  });
  return { admission, counters };
}

function peer(hostname: string): Deno.NetAddr {
  return { transport: "tcp", hostname, port: 50_412 };
}

/** The part of a connection that admission sees; `closed` is the cause of its close. */
function connect(hostname: string): Connection & { closedFor?: string } {
  const connection = {
    client: new ClientAddress(peer(hostname), isTrustedProxy),
    close(cause: string) {
      Object.assign(connection, { closedFor: cause });
    },
  };
  return connection as unknown as Connection;
}

/** Admits a peer and its connection, or returns the cause of the refusal. */
function enter(admission: AdmissionControl, ip: string, connection = connect(ip)) {
  const refusal = admission.admitPeer(peer(ip), 0);
  if (refusal === undefined) admission.addAdmitted(connection);
  return refusal?.cause ?? connection;
}

Deno.test("AdmissionControl refuses peers when the server is full, and addresses that are banned or over their limit", () => {
  const { admission, counters } = setUp({ banned: ["203.0.113.9"] });
  assertEquals(admission.admitPeer(peer("203.0.113.1"), 10)?.cause, "server_full");
  assertEquals(enter(admission, "203.0.113.9"), "banned");
  enter(admission, "203.0.113.1");
  enter(admission, "203.0.113.1");
  assertEquals(enter(admission, "203.0.113.1"), "per_ip");
  const { server_full, banned, per_ip } = counters.refused;
  assertEquals([server_full, banned, per_ip], [1, 1, 1]);
});

Deno.test("AdmissionControl.remove() releases what a connection has used, once", () => {
  const { admission } = setUp({ maxPerIp: 1 });
  const connection = connect("203.0.113.1");
  enter(admission, "203.0.113.1", connection);
  admission.remove(connection);
  admission.remove(connection);
  assertEquals(typeof enter(admission, "203.0.113.1"), "object");
  assertEquals(enter(admission, "203.0.113.1"), "per_ip");
});

Deno.test("AdmissionControl counts refused and metrics connections apart from clients", () => {
  const { admission } = setUp({ maxClients: 2 });
  const refused = connect("203.0.113.1"), scraper = connect("203.0.113.2");
  admission.addRefused(refused);
  admission.addMetrics(scraper);
  assertEquals([admission.isFull(3), admission.isFull(4)], [false, true]);
  assertEquals(admission.isOutsideChat(refused), true);
  admission.remove(refused);
  assertEquals(admission.isFull(3), true);
});

Deno.test("AdmissionControl.admitClient() applies the limits of the client that a proxy names", () => {
  const { admission } = setUp({ maxPerIp: 1 });
  const causes = ["203.0.113.1", "203.0.113.2", "203.0.113.1"].map((client) => {
    const connection = connect("198.51.100.1");
    enter(admission, "198.51.100.1", connection);
    connection.client.setPeer(client, 4711);
    return admission.admitClient(connection)?.cause;
  });
  assertEquals(causes, [undefined, undefined, "per_ip"]);
});

/** A refused client that cannot be answered is closed. */
Deno.test("AdmissionControl.admitClient() closes a client when too many refused ones are open", () => {
  const { admission } = setUp({ banned: ["203.0.113.9"] });
  const refuse = () => {
    const connection = connect("198.51.100.1");
    connection.client.setPeer("203.0.113.9", 4711);
    admission.admitClient(connection);
    return connection.closedFor;
  };
  const closed = Array.from({ length: 258 }, refuse);
  assertEquals(closed.filter((cause) => cause === undefined).length, 256);
  assertEquals(closed.slice(-2), ["refused", "refused"]);
});

Deno.test("AdmissionControl.admitRequest() does not use up the connections to the chat", () => {
  const { admission } = setUp({ maxPerIp: 1, connectRate: 1 });
  const browser = connect("203.0.113.1");
  enter(admission, "203.0.113.1", browser);
  for (let i = 0; i < 60; i++) assertEquals(admission.admitRequest(browser), undefined);
  assertEquals(admission.admitRequest(browser)?.cause, "connect_rate");
  assertEquals(admission.admitClient(browser), undefined);
  assertEquals(enter(admission, "203.0.113.1"), "per_ip");
});
