/**
 * Reads what the engine answers: entries of the log, kept messages and the state of a node.
 * @module
 */
import type { KeptMessage, Snapshot } from "../chat/shared_log.ts";
import type { RespValue } from "../protocol/resp/resp.ts";
import { fromWord, parseCounters } from "./operations.ts";

/** An entry of the log. Facts are parsed when they are applied. */
export interface LogEntry {
  readonly n: number;
  /** The incarnation that wrote it, and the number of its batch; "0" and 0 if it was the engine's own. */
  readonly author: string;
  readonly seq: number;
  /** In ms of Unix time, by the engine's clock. */
  readonly time: number;
  /** The pairs of the stream, from the index {@linkcode FIRST_FACT} on. */
  readonly fields: readonly string[];
}

/** Where the facts of an entry begin: behind the author, the number of the batch and the time. */
export const FIRST_FACT = 6;

/** An item of a stream, as XRANGE and XREAD return it. */
type StreamItem = readonly [id: string, fields: readonly string[]];

/** The entries in an answer to XRANGE. */
export function readEntries(items: RespValue): LogEntry[] {
  return ((items ?? []) as readonly StreamItem[]).map(([id, fields]) => ({
    n: numberOf(id),
    author: fields[1] ?? "",
    seq: Number(fields[3]),
    time: Number(fields[5]),
    fields,
  }));
}

/** The entries in an answer to XREAD, which is null if there are none. */
export function readStream(answer: RespValue): LogEntry[] {
  if (!(answer instanceof Map)) return [];
  const [items = []] = answer.values();
  return readEntries(items as RespValue);
}

/** The messages in an answer to XRANGE or XREVRANGE. */
export function readMessages(items: RespValue): KeptMessage[] {
  return ((items ?? []) as readonly StreamItem[]).map(([id, [, era, , time, , payload = ""]]) => ({
    offset: numberOf(id),
    era: Number(era),
    time: Number(time),
    payload,
  }));
}

/** Ids of streams are `<number>-0`. */
function numberOf(id: string): number {
  return Number(id.slice(0, id.indexOf("-")));
}

/** What a node is after it has opened. */
export interface NodeState {
  readonly incarnation: string;
  readonly slot: number;
  readonly epoch: string;
  readonly era: number;
  /** The number of the last entry. */
  readonly n: number;
  /** The author of that entry and the number of its batch. */
  readonly by: string;
  /** Whether the node goes on from the last entry that it applied. */
  readonly continues: boolean;
  /** Whether something that this node had seen is gone. */
  readonly isLost: boolean;
  readonly snapshot: Snapshot | undefined;
}

/** Reads the answer of `open`, if it is OK. */
export function readState(state: readonly string[], rest: RespValue | undefined): NodeState {
  const [incarnation = "", slot, epoch = "", era, n, continues, isLost, by = ""] = state;
  return {
    incarnation,
    slot: Number(slot),
    epoch,
    era: Number(era),
    n: Number(n),
    by,
    continues: continues === "1",
    isLost: isLost === "1",
    snapshot: rest === undefined ? undefined : readSnapshot(rest as readonly RespValue[]),
  };
}

function readSnapshot(parts: readonly RespValue[]): Snapshot {
  const [messages, lock, gone, people, offsets, labels] = parts;
  const [topics, bans, mutes, counters, eras, users, secret] = parts.slice(6);
  return {
    messages: Number(messages),
    isLocked: lock === "1",
    gone: parseCounters(String(gone)),
    people: new Map(
      pairs(people).map(([node, records]) => [
        String(node),
        new Map(pairs(records).map(([id, record]) => [Number(id), String(record)])),
      ]),
    ),
    offsets: mapOf(offsets, Number),
    labels: mapOf(labels, String),
    topics: mapOf(topics, String),
    bans: mapOf(bans, String),
    mutes: mapOf(mutes, String),
    counters: mapOf(counters, parseCounters),
    eras: mapOf(eras, Number),
    users: mapOf(users, String),
    secret: String(secret),
  };
}

function mapOf<T>(flat: RespValue | undefined, read: (text: string) => T): Map<string, T> {
  return new Map(pairs(flat).map(([key, value]) => [fromWord(String(key)), read(String(value))]));
}

/** Scripts return hashes as arrays in which keys and values take turns. */
function pairs(flat: RespValue | undefined): (readonly [RespValue, RespValue])[] {
  const items = (flat ?? []) as readonly RespValue[];
  return Array.from(
    { length: items.length / 2 },
    (_, i) => [items[2 * i]!, items[2 * i + 1]!] as const,
  );
}
