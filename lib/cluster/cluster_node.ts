/**
 * One node of a chat on several nodes: sends its proposals to the engine, applies the log, keeps its lease, and finds its
 * way back after whatever happens to the engine, to the network or to this process.
 * @module
 */
import { createHmac } from "node:crypto";
import type {
  Fact,
  KeptMessage,
  Operation,
  Replica,
  Settle,
  SharedLog,
} from "../chat/shared_log.ts";
import { RespError, type RespValue } from "../protocol/resp/resp.ts";
import { type Batch, Batches, NOTHING, type Proposal } from "./batches.ts";
import type { EngineConnection } from "./engine_connection.ts";
import { EngineUnavailable } from "./engine_error.ts";
import {
  type ClusterClock,
  type ClusterLog,
  EngineLink,
  type EnginePair,
  withTimeout,
} from "./engine_link.ts";
import type { EngineAddress } from "./engine_url.ts";
import { FIRST_FACT, type LogEntry, type NodeState, readMessages } from "./log_entry.ts";
import { LogReader } from "./log_reader.ts";
import { parseFact } from "./operations.ts";
import { LEASE, type Place, Queries, type SharedSettings } from "./queries.ts";
import { keyPrefix, runScript, type Script, SCRIPTS } from "./scripts.ts";

/** A beat is sent every quarter of a lease, so that one may be lost. */
const BEAT = LEASE / 4;

/** How often waiting proposals and the log are looked after, in ms: also the age of other nodes' counters. */
const TICK = 250;

/** Our own entry comes back within a millisecond or two. After this long, in ms, both connections are made anew. */
const STALL = 2_000;

/** The length of an account in bytes: nobody's account is ever that of somebody else. */
const ACCOUNT_BYTES = 12;

/** The most rooms that are kept without messages. */
const MAX_ROOMS = 10_000;

/** How long to wait before a batch is sent again that the engine refused, in ms. */
const RETRY = 200;

/** What a node notices, for the metrics. */
export interface ClusterEvents {
  /** A batch of so many operations was answered after so many ms. */
  onBatch?(operations: number, ms: number): void;
  onReconnect?(): void;
  onFenced?(): void;
}

export interface ClusterNodeOptions extends ClusterEvents {
  readonly addresses: readonly EngineAddress[];
  readonly password?: string | undefined;
  /** The name of the chat: several may use one engine. */
  readonly chat: string;
  /** How long an operation waits for the engine, in ms. */
  readonly timeout: number;
  /** Settings that all nodes must have in common, by flag. */
  readonly settings: SharedSettings;
  /** How many messages of a room the engine keeps, 0 for none, and for how long, in ms. */
  readonly history: { readonly limit: number; readonly ageMs: number };
  readonly clock: ClusterClock;
  /** Schedules input, see `InputScheduler`. */
  readonly schedule: (source: { handleInput(): void }, isNew: boolean) => void;
  readonly log: ClusterLog;
}

export class ClusterNode implements SharedLog {
  readonly #options: ClusterNodeOptions;
  readonly #prefix: string;
  readonly #batches: Batches;
  readonly #reader: LogReader;
  readonly #queries: Queries;
  readonly #link: EngineLink;
  #replica: Replica | undefined;
  #state: NodeState | undefined;
  /** The connections while they can be used. */
  #commands: EngineConnection | undefined;
  #isFlushing = false;
  /** Since when the connections can be used. */
  #connectedAt = 0;
  /** The number of the last entry that a snapshot took the place of. */
  #resetAt = 0;
  /** Why the engine takes no batches, although it answers. */
  #refusal: string | undefined;
  #stopTimers: readonly (() => void)[] = [];
  #cancelRetry: () => void = () => {};
  #counters = "";

  constructor(options: ClusterNodeOptions) {
    this.#options = options;
    this.#prefix = keyPrefix(options.chat);
    this.#batches = new Batches(() => options.clock.now());
    this.#queries = new Queries(this.#prefix, options.settings, options.history.limit);
    this.#link = new EngineLink({
      ...options,
      password: options.password,
      onPush: (items) => this.#pushed(items),
      onConnected: (pair) => this.#open(pair),
      onLost: () => this.#lost(),
      onReconnect: () => options.onReconnect?.(),
    });
    this.#reader = new LogReader({
      apply: (entry) => this.#apply(entry),
      whispered: (payload) => this.#replica?.whispered(payload),
      schedule: options.schedule,
      onGap: () => this.#commands?.close("entries of the log are missing"),
    });
  }

  get incarnation(): string {
    return this.#state?.incarnation ?? "0";
  }

  get slot(): number {
    return this.#state?.slot ?? 0;
  }

  get epoch(): string {
    return this.#state?.epoch ?? "";
  }

  get window(): number {
    return this.#batches.window;
  }

  /**
   * The account of a user, which is the same at all nodes. Nobody can tell the user's key from it, or the account from the
   * key.
   */
  accountOf(key: string): string {
    const digest = createHmac("sha256", this.#queries.secret).update(key).digest();
    return new Uint8Array(digest.subarray(0, ACCOUNT_BYTES)).toBase64({ alphabet: "base64url" });
  }

  /** Why this node cannot take part in the chat at the moment; `undefined` if it can. */
  get problem(): string | undefined {
    if (this.#commands === undefined) return "engine unreachable";
    return this.#refusal === undefined ? undefined : "engine refuses writes";
  }

  /** The number of log entries that this node has read and not yet applied. */
  get lag(): number {
    return this.#reader.waiting;
  }

  /** The number of the last log entry that this node has applied. */
  get applied(): number {
    return this.#reader.applied;
  }

  /** The number of proposals that are not settled. */
  get pending(): number {
    return this.#batches.size;
  }

  /**
   * Connects to the engine, and hands the state of the chat to `replica`.
   *
   * @throws {EngineUnavailable} If the engine does not answer in time.
   * @throws {EngineRefused} If it or the other nodes refuse this node.
   */
  async start(replica: Replica): Promise<void> {
    this.#replica = replica;
    const { clock } = this.#options;
    await this.#link.start();
    this.#stopTimers = [
      clock.every(TICK, () => this.#tick()),
      clock.every(BEAT, () => void this.#beat()),
    ];
  }

  propose(operation: Operation, settle?: Settle, patient = false): void {
    const { clock, timeout } = this.#options;
    this.#batches.add(operation, settle, patient ? Infinity : clock.now() + timeout);
    this.#flushSoon();
  }

  /** The newest messages of a room, oldest first. */
  async history(room: string, limit: number): Promise<KeptMessage[]> {
    const connection = this.#commands;
    if (connection === undefined) throw new EngineUnavailable("The engine is not connected");
    const key = `${this.#prefix}h:${room}`;
    const answer = await connection.send("XREVRANGE", key, "+", "-", "COUNT", limit);
    if (answer instanceof RespError) throw new EngineUnavailable(answer.message);
    return readMessages(answer).reverse();
  }

  /** Waits until everything that was proposed is settled, or for `ms`. */
  async drain(ms: number): Promise<void> {
    const { clock } = this.#options;
    const end = clock.now() + ms;
    while (this.#batches.size > 0 && this.problem === undefined && clock.now() < end) {
      await new Promise<void>((resolve) => clock.after(5, resolve));
    }
  }

  /** Ends both connections. What is not settled is not settled any more. */
  async close(): Promise<void> {
    for (const stop of this.#stopTimers) stop();
    this.#cancelRetry();
    this.#reader.stop();
    await this.#sayGoodbye();
    await this.#link.close();
  }

  /** Has the other nodes remove this one now, and not when its lease ends. */
  async #sayGoodbye(): Promise<void> {
    const commands = this.#commands;
    if (commands === undefined) return;
    try {
      const args = [this.incarnation, LEASE, MAX_ROOMS, "bye"];
      await withTimeout(this.#script(commands, SCRIPTS.beat, args), commands, STALL);
    } catch {
      // Its lease will end.
    }
  }

  // Connecting

  /** Begins or resumes the incarnation, and goes on from there. */
  async #open({ commands, log, run }: EnginePair): Promise<void> {
    const before = this.#state;
    // Before others learn from the log that this node can be reached, or can again.
    if (before !== undefined) await this.#subscribe(commands, before);
    const state = await this.#queries.open(commands, run, this.#place(before));
    if (state.incarnation !== before?.incarnation) await this.#subscribe(commands, state);
    await this.#resume(commands, state, before);
    this.#commands = commands;
    this.#connectedAt = this.#options.clock.now();
    this.#reader.start(log, `${this.#prefix}log`);
    this.#replica?.connected(true);
    const { current } = this.#batches;
    if (current !== undefined) void this.#send(commands, current);
    else this.#flush();
  }

  #place(before: NodeState | undefined): Place | undefined {
    if (before === undefined) return undefined;
    const { n, by } = this.#reader.last;
    return { state: before, n, by };
  }

  async #resume(
    commands: EngineConnection,
    state: NodeState,
    before: NodeState | undefined,
  ): Promise<void> {
    const { log, onFenced } = this.#options;
    const isNew = state.incarnation !== before?.incarnation;
    const { snapshot } = state;
    if (snapshot === undefined) {
      this.#state = state;
      return;
    }
    const last = isNew && before !== undefined
      ? await this.#queries.lastBatch(commands, before)
      : NOTHING;
    const missed = before === undefined || state.isLost
      ? []
      : await this.#queries.missed(commands, this.#replica!.heard(), snapshot);
    const carriedOut = isNew && before !== undefined
      ? this.#batches.restart(last)
      : this.#batches.takeAnswered();
    const entries = await Promise.all(
      carriedOut.map((batch) => this.#queries.entryOf(commands, batch)),
    );
    this.#state = state;
    const replica = this.#replica!;
    if (before !== undefined) {
      if (isNew) {
        log("cluster_fenced", "");
        onFenced?.();
      } else log("cluster_gap", "");
      if (state.isLost) log("cluster_data_lost", "");
    }
    for (const [room, messages, latest] of missed) replica.missed(room, messages, latest);
    replica.load(snapshot);
    if (isNew && before !== undefined) this.#batches.first(() => replica.reclaim());
    for (const [i, { proposals }] of carriedOut.entries()) {
      const entry = entries[i];
      if (entry !== undefined || !state.isLost) settleAll(proposals, entry);
      else this.#batches.proposeAgain(proposals);
    }
    this.#reader.reset(state.n, state.by);
    this.#resetAt = state.n;
    if (state.isLost) replica.lost();
  }

  #lost(): void {
    this.#commands = undefined;
    this.#reader.stop();
    this.#replica?.connected(false);
  }

  async #subscribe(commands: EngineConnection, { incarnation }: NodeState): Promise<void> {
    const answer = await commands.send("SUBSCRIBE", `${this.#prefix}w:${incarnation}`);
    if (answer instanceof RespError) throw new EngineUnavailable(answer.message);
  }

  /** A private message: the number of its entry, a space, and the payload. */
  #pushed(items: readonly RespValue[]): void {
    const [kind, , message] = items;
    if (kind !== "message" || typeof message !== "string") return;
    const space = message.indexOf(" ");
    this.#reader.hold(Number(message.slice(0, space)), message.slice(space + 1));
  }

  // Proposing

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    const commands = this.#commands;
    if (commands === undefined) return;
    const batch = this.#batches.next();
    if (batch !== undefined) void this.#send(commands, batch);
  }

  /** Sends a batch, again if it was sent before: it is carried out once. */
  async #send(commands: EngineConnection, batch: Batch): Promise<void> {
    const { clock, history: { limit, ageMs }, onBatch } = this.#options;
    const sentAt = clock.now();
    const args = [this.incarnation, batch.seq, LEASE, limit, ageMs, ...batch.words];
    try {
      const answer = await runScript(commands, SCRIPTS.act, this.#prefix, args);
      if (answer instanceof RespError) return this.#refused(commands, batch, answer);
      const [outcome, n] = answer as readonly [string, number];
      if (outcome === "FENCED") return commands.close("this node was taken for dead");
      this.#refusal = undefined;
      onBatch?.(batch.proposals.length, clock.now() - sentAt);
      // An entry from before the snapshot does not come back through the log.
      const isPast = this.#batches.answered(n) && n <= this.#resetAt;
      this.#flush();
      if (isPast) await this.#settlePast(commands);
    } catch (error) {
      // The batch stays the current one, and is sent again over the next connection.
      if (!(error instanceof EngineUnavailable)) throw error;
    }
  }

  /**
   * The engine is out of memory, its disk is full or it is no master any more. The script has written nothing, and the
   * batch is tried again.
   */
  #refused(commands: EngineConnection, batch: Batch, { code, message }: RespError): void {
    const { clock, log } = this.#options;
    if (message !== this.#refusal) log("cluster_refused", message);
    this.#refusal = message;
    if (code === "READONLY") return commands.close("it is a replica now");
    this.#cancelRetry = clock.after(RETRY, () => {
      if (this.#commands === commands && this.#batches.current === batch) {
        void this.#send(commands, batch);
      }
    });
  }

  /** Settles what was carried out before the snapshot. */
  async #settlePast(commands: EngineConnection): Promise<void> {
    for (const batch of this.#batches.takeAnswered()) {
      settleAll(batch.proposals, await this.#queries.entryOf(commands, batch));
    }
  }

  async #script(
    connection: EngineConnection,
    script: Script,
    args: readonly (string | number)[],
  ): Promise<RespValue> {
    const answer = await runScript(connection, script, this.#prefix, args);
    if (!(answer instanceof RespError)) return answer;
    throw new EngineUnavailable(answer.message);
  }

  async #beat(): Promise<void> {
    const commands = this.#commands;
    if (commands === undefined) return;
    try {
      const args = [this.incarnation, LEASE, MAX_ROOMS];
      const answer = await withTimeout(
        this.#script(commands, SCRIPTS.beat, args),
        commands,
        STALL,
      );
      if ((answer as readonly RespValue[])[0] === "FENCED") {
        commands.close("this node was taken for dead");
      }
    } catch (error) {
      if (!(error instanceof EngineUnavailable)) throw error;
      commands.close(error.message);
    }
  }

  #tick(): void {
    const now = this.#options.clock.now();
    this.#batches.expire(now);
    const commands = this.#commands;
    if (commands === undefined) return;
    const { oldest } = this.#batches;
    // Entries that wait to be applied are no sign of a stall.
    const since = Math.max(oldest ?? Infinity, this.#connectedAt);
    if (this.#refusal === undefined && now - since > STALL && this.#reader.waiting === 0) {
      commands.close("it does not answer");
      return;
    }
    const counters = this.#replica?.counters() ?? [];
    const text = counters.join(" ");
    if (text === this.#counters) return;
    this.#counters = text;
    this.propose({ type: "counters", counters }, undefined, true);
  }

  // Applying

  #apply(entry: LogEntry): void {
    const { author, seq, time, fields } = entry;
    const replica = this.#replica!;
    const proposals = author === this.incarnation ? this.#batches.returned(seq) : undefined;
    for (let i = FIRST_FACT; i < fields.length; i += 2) {
      const fact = parseFact(fields[i]!, fields[i + 1]!);
      if (fact.type === "era") this.#changeEra(fact.era, fact.epoch);
      replica.apply(fact, author, time);
      proposals?.[(i - FIRST_FACT) / 2]?.settle?.(fact, time);
    }
  }

  #changeEra(era: number, epoch: string): void {
    if (this.#state !== undefined) this.#state = { ...this.#state, era, epoch };
  }
}

/** Settles the proposals of a batch with its entry in the log, if that is still there. */
function settleAll(proposals: readonly Proposal[], entry: LogEntry | undefined): void {
  const facts = entry === undefined ? [] : factsOf(entry);
  for (const [i, { settle }] of proposals.entries()) {
    settle?.(facts[i] ?? { type: "unavailable", isUndecided: true }, entry?.time ?? Date.now());
  }
}

function factsOf({ fields }: LogEntry): Fact[] {
  return Array.from(
    { length: (fields.length - FIRST_FACT) / 2 },
    (_, i) => parseFact(fields[FIRST_FACT + 2 * i]!, fields[FIRST_FACT + 2 * i + 1]!),
  );
}
