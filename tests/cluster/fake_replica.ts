/**
 * A replica that only keeps what the log says, and a node with one.
 * @module
 */
import type {
  Fact,
  KeptMessage,
  Operation,
  Replica,
  Result,
  Snapshot,
} from "../../lib/chat/shared_log.ts";
import { ClusterNode, type ClusterNodeOptions } from "../../lib/cluster/cluster_node.ts";
import { parseEngineUrls } from "../../lib/cluster/engine_url.ts";
import { until } from "../support/patience.ts";

export class FakeReplica implements Replica {
  /** What was applied, as text. */
  readonly heard_: string[] = [];
  readonly people = new Map<string, Map<number, string>>();
  readonly offsets = new Map<string, number>();
  readonly topics = new Map<string, string>();
  readonly nodeCounters = new Map<string, readonly number[]>();
  readonly whispers: string[] = [];
  readonly rooms = new Set<string>();
  losses = 0;
  loads = 0;
  isConnected = false;
  own: number[] = [0];
  onReclaim: () => void = () => {};

  apply(fact: Fact, author: string): void {
    switch (fact.type) {
      case "said":
        this.offsets.set(fact.room, fact.offset);
        this.heard_.push(`${fact.room} ${fact.offset} ${fact.payload}`);
        return;
      case "put": {
        const people = this.people.get(author) ?? new Map<number, string>();
        this.people.set(author, people.set(fact.id, fact.record));
        this.heard_.push(`put ${fact.id}`);
        return;
      }
      case "gone":
        this.people.get(author)?.delete(fact.id);
        return;
      case "down":
        this.people.delete(fact.incarnation);
        this.nodeCounters.delete(fact.incarnation);
        this.heard_.push(`down ${fact.incarnation}`);
        return;
      case "topic":
        this.topics.set(fact.room, fact.payload);
        return;
      case "counters":
        this.nodeCounters.set(author, fact.counters);
        return;
      case "note":
        this.heard_.push(fact.payload);
        return;
      case "lost":
        this.heard_.push("lost");
    }
  }

  load(snapshot: Snapshot): void {
    this.loads++;
    this.people.clear();
    for (const [inc, people] of snapshot.people) this.people.set(inc, new Map(people));
    for (const [room, offset] of snapshot.offsets) this.offsets.set(room, offset);
    for (const [room, topic] of snapshot.topics) this.topics.set(room, topic);
  }

  heard(): Iterable<readonly [string, number]> {
    return [...this.rooms].map((room) => [room, this.offsets.get(room) ?? 0] as const);
  }

  missed(room: string, messages: readonly KeptMessage[], latest: number): void {
    for (const { offset, payload } of messages) this.heard_.push(`${room} ${offset} ${payload}`);
    if (messages.length === 0) this.heard_.push(`${room} dropped to ${latest}`);
  }

  reclaim(): void {
    this.onReclaim();
  }

  whispered(payload: string): void {
    this.whispers.push(payload);
  }

  lost(): void {
    this.losses++;
  }

  counters(): readonly number[] {
    return this.own;
  }

  connected(isConnected: boolean): void {
    this.isConnected = isConnected;
  }

  /** Everybody, in any order. */
  get everybody(): string[] {
    return [...this.people.values()].flatMap((people) => [...people.values()]).sort();
  }
}

const timers: ClusterNodeOptions["clock"] = {
  now: () => performance.now(),
  every(ms, action) {
    const timer = setInterval(action, ms);
    return () => clearInterval(timer);
  },
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

export class TestNode implements AsyncDisposable {
  readonly replica = new FakeReplica();
  readonly log: string[] = [];
  readonly node: ClusterNode;

  private constructor(url: string, options: Partial<ClusterNodeOptions>) {
    this.node = new ClusterNode({
      addresses: parseEngineUrls(url),
      chat: "test",
      timeout: 5_000,
      settings: { "history-limit": 1_000 },
      history: { limit: 1_000, ageMs: 1_000_000 },
      clock: timers,
      schedule: (source) => void setImmediate(() => source.handleInput()),
      log: (kind, detail) => this.log.push(`${kind} ${detail}`),
      ...options,
    });
  }

  static async start(url: string, options: Partial<ClusterNodeOptions> = {}): Promise<TestNode> {
    const node = new TestNode(url, options);
    await node.node.start(node.replica);
    return node;
  }

  /** Proposes an operation, and returns what becomes of it first. */
  propose(operation: Operation): Promise<Result> {
    return new Promise((resolve) => this.node.propose(operation, resolve));
  }

  say(payload: string, key = "", room = "lobby"): Promise<Result> {
    return this.propose({ type: "say", room, to: "", key, print: "1", payload });
  }

  put(id: number, name: string): Promise<Result> {
    return this.propose({
      type: "put",
      id,
      record: JSON.stringify([name]),
      owner: String(id),
      claim: [name],
      former: [],
      from: "",
    });
  }

  hears(line: string): Promise<void> {
    return until(() => this.replica.heard_.includes(line), `it hears ${line}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.node.close();
  }
}
