/**
 * What a node asks the engine when it begins, and when it comes back.
 * @module
 */
import type { KeptMessage, Snapshot } from "../chat/shared_log.ts";
import { RespError, type RespValue } from "../protocol/resp/resp.ts";
import { type Batch, type CarriedOut, NOTHING } from "./batches.ts";
import type { EngineConnection } from "./engine_connection.ts";
import { EngineRefused, EngineUnavailable } from "./engine_error.ts";
import {
  type LogEntry,
  type NodeState,
  readEntries,
  readMessages,
  readState,
} from "./log_entry.ts";
import { runScript, SCRIPTS } from "./scripts.ts";

/** The version of what nodes write. Nodes of different versions do not mix. */
export const CLUSTER_VERSION = "1";

/** How long a node is taken for alive without a sign of life, in ms: longer than a pause of its garbage collector or disk. */
export const LEASE = 10_000;

/** The most messages that a node fetches after it has missed some, in all rooms together. Of others, clients learn that. */
const MAX_MISSED = 1_000;

/** The length of the chat's secret, in random bytes. */
const SECRET_BYTES = 32;

/** Settings by flag. */
export type SharedSettings = Readonly<Record<string, string | number | boolean>>;

/** Up to where a node has applied the log. */
export interface Place {
  readonly state: NodeState;
  readonly n: number;
  readonly by: string;
}

/** The messages that a node missed in a room, and the number of the room's last message. */
export type MissedMessages = readonly [room: string, messages: KeptMessage[], latest: number];

export class Queries {
  readonly #prefix: string;
  readonly #settings: SharedSettings;
  readonly #historyLimit: number;

  /** The secret of the chat, which this node brings along if the engine has none. */
  #secret = randomSecret();

  /** A secret that all nodes of the chat share, once the engine has answered. */
  get secret(): string {
    return this.#secret;
  }

  constructor(prefix: string, settings: SharedSettings, historyLimit: number) {
    this.#prefix = prefix;
    this.#settings = settings;
    this.#historyLimit = historyLimit;
  }

  /**
   * Begins an incarnation, or resumes the one of `place`.
   *
   * @throws {EngineRefused} If this node does not fit to the others.
   */
  async open(
    commands: EngineConnection,
    run: string,
    place: Place | undefined,
  ): Promise<NodeState> {
    const settings = this.#settings;
    const { incarnation = "", slot = "", epoch = "" } = place?.state ?? {};
    const answer = await runScript(commands, SCRIPTS.open, this.#prefix, [
      run,
      incarnation,
      slot,
      place?.n ?? "",
      place?.by ?? "",
      epoch,
      CLUSTER_VERSION,
      JSON.stringify(settings),
      crypto.randomUUID(),
      LEASE,
      this.#secret,
    ]);
    if (answer instanceof RespError) throw new EngineUnavailable(answer.message);
    const [outcome, state, snapshot] = answer as readonly [string, RespValue, RespValue?];
    switch (outcome) {
      case "OK":
        return this.#learn(readState(state as readonly string[], snapshot));
      case "VERSION":
        throw new EngineRefused(
          `Cannot join the other nodes: they speak version ${state} of the cluster protocol, ` +
            `and this one ${CLUSTER_VERSION}`,
        );
      case "SETTINGS":
        throw new EngineRefused(
          `Cannot join the other nodes: ${differences(settings, JSON.parse(String(state)))}`,
        );
      default:
        throw new EngineRefused(`Cannot join the other nodes: there are ${state} already`);
    }
  }

  #learn(state: NodeState): NodeState {
    this.#secret = state.snapshot?.secret ?? this.#secret;
    return state;
  }

  /** The last batch of a former incarnation that was carried out. */
  async lastBatch(commands: EngineConnection, { incarnation }: NodeState): Promise<CarriedOut> {
    const done = await commands.send("HGET", `${this.#prefix}done`, incarnation);
    if (typeof done !== "string") return NOTHING;
    const [seq = 0, n = 0] = done.split(" ").map(Number);
    return { seq, n };
  }

  /** The entry of a batch that was carried out, if the log still has it. */
  async entryOf(commands: EngineConnection, batch: Batch): Promise<LogEntry | undefined> {
    const { n } = batch;
    if (n === undefined) return undefined;
    const id = `${n}-0`;
    const answer = await commands.send("XRANGE", `${this.#prefix}log`, id, id);
    if (answer instanceof RespError) return undefined;
    const [entry] = readEntries(answer);
    return entry?.seq === batch.seq ? entry : undefined;
  }

  /** The messages that this node's members have missed, the rooms with few of them first. */
  async missed(
    commands: EngineConnection,
    heard: Iterable<readonly [room: string, offset: number]>,
    { offsets }: Snapshot,
  ): Promise<MissedMessages[]> {
    const rooms = [...heard]
      .map(([room, heard]) => ({ room, heard, latest: offsets.get(room) ?? heard }))
      .filter(({ heard, latest }) => latest > heard)
      .sort((a, b) => (a.latest - a.heard) - (b.latest - b.heard));
    let left = this.#historyLimit === 0 ? 0 : MAX_MISSED;
    const missed: MissedMessages[] = [];
    for (const { room, heard, latest } of rooms) {
      const count = latest - heard;
      let messages: KeptMessage[] = [];
      if (count <= left) {
        const key = `${this.#prefix}h:${room}`;
        const range = [`${heard + 1}-0`, `${latest}-0`];
        const answer = await commands.send("XRANGE", key, ...range);
        if (!(answer instanceof RespError)) messages = readMessages(answer);
        left -= count;
      }
      missed.push([room, messages, latest]);
    }
    return missed;
  }
}

function randomSecret(): string {
  return crypto.getRandomValues(new Uint8Array(SECRET_BYTES)).toBase64();
}

/** Names the settings that differ, with both values. */
function differences(
  ours: SharedSettings,
  theirs: SharedSettings,
): string {
  const flags = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...flags].filter((flag) => ours[flag] !== theirs[flag])
    .map((flag) =>
      `--${flag} is ${ours[flag] ?? "unknown"} here and ${theirs[flag] ?? "unknown"} there`
    )
    .join(", ");
}
