/**
 * Several servers of one chat under test, which clients use in turn.
 * @module
 */
import type { ServeOptions } from "../../mod.ts";
import type { Client, Wire } from "./client.ts";
import { until } from "./patience.ts";
import { RawSocket } from "./raw_socket.ts";
import type { Redis } from "./redis.ts";
import { TestServer } from "./server.ts";

/** The first of two servers, as one that is alone. Clients connect to both in turn. */
export class TestCluster extends TestServer {
  readonly other: TestServer;
  #connected = 0;

  constructor(redis: Redis, options: ServeOptions = {}) {
    super({ cluster: redis.url, ...options });
    this.other = new TestServer({ cluster: redis.url, ...options });
  }

  async ready(): Promise<this> {
    await Promise.all([this.server.ready, this.other.server.ready]);
    return this;
  }

  get servers(): readonly TestServer[] {
    return [this, this.other];
  }

  override connect(wire: Wire): Promise<Client> {
    return this.#connected++ % 2 === 0 ? super.connect(wire) : this.other.connect(wire);
  }

  /** Waits until both servers have handled everything that was sent before, and everything that came of it. */
  override async settle(): Promise<void> {
    await super.settle();
    await this.other.settle();
    await haveSettled(this.servers);
  }

  override async shutdown(): Promise<void> {
    await Promise.all([super.shutdown(), this.other.shutdown()]);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    await this.other[Symbol.asyncDispose]();
  }
}

/** Waits until servers have nothing under way, and have applied the same. */
export function haveSettled(servers: readonly TestServer[]): Promise<void> {
  return until(async () => {
    const states = await Promise.all(servers.map(({ port }) => clusterState(port)));
    const [first] = states;
    return states.every(({ pending, entry }) => pending === 0 && entry === first!.entry);
  }, "the servers have settled");
}

/** What the metrics of a server say about its part of the cluster. */
async function clusterState(port: number): Promise<{ pending: number; entry: number }> {
  using socket = await RawSocket.connect(port);
  await socket.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const text = await socket.restText();
  const read = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
  return {
    pending: read("backchannel_cluster_pending_operations"),
    entry: read("backchannel_cluster_log_entry"),
  };
}
