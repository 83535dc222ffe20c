/**
 * The log that several nodes of one chat share, as the hub uses it; `lib/cluster` implements it. A node proposes operations,
 * and all nodes apply the facts that are made of them, in the same order and their own included.
 * @module
 */
import type { History } from "./history.ts";

/** A name as the engine compares it: its key, then its skeletons. */
export type NameWords = readonly string[];

export type Operation =
  /** A message to a room. */
  | {
    readonly type: "say";
    /** The key of the room. */
    readonly room: string;
    /** The room if the sender named it, else empty. */
    readonly to: string;
    /** The idempotency key; empty if there is none. */
    readonly key: string;
    /** Tells messages with the same key apart. Has no spaces. */
    readonly print: string;
    readonly payload: string;
  }
  /** The record of somebody who is seen, as it is from now on; with a claim, only if the name is free. */
  | {
    readonly type: "put";
    readonly id: number;
    /** JSON. A literal U+0001 in it is replaced by the place in the log. */
    readonly record: string;
    /** Who holds the name. */
    readonly owner: string;
    /** The name to claim; empty if it does not change. */
    readonly claim: NameWords;
    /** The name to give up; empty if there is none. */
    readonly former: NameWords;
    /** An owner whose name is taken over, or `*` for that of any guest; empty if only a free name is. */
    readonly from: string;
    /** The key of a room that is entered, and how it is spelled. */
    readonly label?: readonly [key: string, spelled: string] | undefined;
  }
  /** Somebody has left. A name that is not freed is kept. */
  | { readonly type: "gone"; readonly id: number; readonly isKept: boolean }
  | {
    readonly type: "free";
    readonly id: number;
    readonly owner: string;
    readonly former: NameWords;
  }
  | {
    readonly type: "user";
    readonly key: string;
    /** JSON; empty to forget the user. */
    readonly value: string;
  }
  /** A private message to somebody at another node. It is never stored. */
  | {
    readonly type: "whisper";
    /** The incarnation of the receiver's node. */
    readonly target: string;
    readonly to: string;
    readonly key: string;
    readonly print: string;
    /** What a repeated request is answered with. */
    readonly receipt: string;
    readonly payload: string;
  }
  | {
    readonly type: "topic";
    readonly room: string;
    /** Empty to clear it. */
    readonly topic: string;
    readonly payload: string;
  }
  | {
    readonly type: "ban";
    readonly list: "bans" | "mutes";
    readonly target: string;
    /** JSON; empty to lift it. */
    readonly value: string;
  }
  | { readonly type: "lock"; readonly on: boolean }
  | { readonly type: "counters"; readonly counters: readonly number[] }
  /** Something that all nodes are told and that is not kept, such as a notice. */
  | { readonly type: "note"; readonly payload: string };

/** What the engine made of an operation, or noticed by itself. */
export type Fact =
  | {
    readonly type: "said";
    readonly room: string;
    readonly offset: number;
    readonly payload: string;
  }
  | {
    readonly type: "put";
    readonly id: number;
    /** How the entered room is spelled everywhere. */
    readonly label: string | undefined;
    readonly record: string;
  }
  | { readonly type: "gone"; readonly id: number; readonly isKept: boolean }
  | { readonly type: "free"; readonly id: number }
  | { readonly type: "user"; readonly key: string; readonly value: string }
  | { readonly type: "topic"; readonly room: string; readonly payload: string }
  | {
    readonly type: "ban";
    readonly list: "bans" | "mutes";
    readonly target: string;
    readonly value: string;
  }
  | { readonly type: "lock"; readonly on: boolean }
  | { readonly type: "counters"; readonly counters: readonly number[] }
  | { readonly type: "note"; readonly payload: string }
  /** A node is gone, and its people with it. */
  | { readonly type: "down"; readonly incarnation: string }
  /** The engine was started again, or another one took over. */
  | { readonly type: "era"; readonly era: number; readonly epoch: string }
  /** The engine lost something that a node had seen. */
  | { readonly type: "lost" }
  /** A room without messages was forgotten, since there are too many. */
  | { readonly type: "forgot"; readonly room: string }
  | Outcome;

/** What only the node that asked looks at. */
export type Outcome =
  | { readonly type: "taken" | "alike"; readonly holder: number }
  /** The idempotency key stands for another request. */
  | { readonly type: "reused" }
  /** The request was carried out before. */
  | { readonly type: "repeated"; readonly to: string; readonly receipt: string }
  | { readonly type: "whispered" }
  /** The receiver's node is gone. */
  | { readonly type: "unreachable" };

/** What a proposal comes to. */
export type Result =
  | Fact
  /**
   * The engine did not answer in time. Without `isUndecided` the operation was not carried out and will not be; with it,
   * nobody knows yet, and another result may follow.
   */
  | { readonly type: "unavailable"; readonly isUndecided: boolean };

/** Called with the result, after the fact was applied. */
export type Settle = (result: Result, time: number) => void;

/** Where a hub proposes. */
export interface SharedLog {
  /** The number of this node's incarnation, which is a part of the ids of its members. */
  readonly incarnation: string;
  /** Guest numbers of this node are congruent to it modulo {@linkcode SLOTS}, so that no two nodes give out the same one. */
  readonly slot: number;
  /** Names the numbering of the messages of all rooms. */
  readonly epoch: string;
  /** How many proposals a session may have under way: fewer while many wait. */
  readonly window: number;
  /** Proposes an operation. One that is `patient` waits for the engine for as long as it takes. */
  propose(operation: Operation, settle?: Settle, patient?: boolean): void;
}

/** The most nodes of a chat. */
export const SLOTS = 64;

/** The owner of a guest's name. */
export function ownerOfGuest(id: number): string {
  return `g:${id}`;
}

/** The owner of a user's name, which has no spaces. */
export function ownerOfUser(key: string): string {
  return `u:${encodeURIComponent(key.toWellFormed())}`;
}

/** Everything that the engine keeps, at one place of the log. */
export interface Snapshot {
  readonly messages: number;
  readonly isLocked: boolean;
  /** The counters of nodes that are gone, added up. */
  readonly gone: readonly number[];
  /** By incarnation, then by id. */
  readonly people: ReadonlyMap<string, ReadonlyMap<number, string>>;
  /** The number of the last message, by room. */
  readonly offsets: ReadonlyMap<string, number>;
  /** How rooms are spelled. */
  readonly labels: ReadonlyMap<string, string>;
  readonly topics: ReadonlyMap<string, string>;
  readonly bans: ReadonlyMap<string, string>;
  readonly mutes: ReadonlyMap<string, string>;
  readonly counters: ReadonlyMap<string, readonly number[]>;
  readonly eras: ReadonlyMap<string, number>;
  readonly users: ReadonlyMap<string, string>;
  /** A secret that all nodes of the chat share. */
  readonly secret: string;
}

/** A message as the engine keeps it. */
export interface KeptMessage {
  readonly offset: number;
  readonly era: number;
  readonly time: number;
  readonly payload: string;
}

/** The messages of all rooms, of which a node loads those that its members ask for. */
export interface SharedHistory extends History {
  /** The era of messages that are sent now. */
  readonly era: number;
  isLoaded(room: string): boolean;
  /** Loads a room. Resolves in any case: without the engine, the room stays as it is. */
  load(room: string): Promise<void>;
  said(room: string, message: KeptMessage): void;
  restore(snapshot: Snapshot): void;
  beginEra(epoch: string, era: number): void;
  forgetEras(): void;
  /** How a room is spelled. */
  label(room: string): string;
  setLabel(room: string, label: string): void;
  forget(room: string): void;
}

/** The engine has not answered in time. */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
}

/** What a hub makes of the log. */
export interface Replica {
  /** Applies a fact. `author` is the incarnation that proposed it; `time` is when, in ms of Unix time. */
  apply(fact: Fact, author: string, time: number): void;
  /** Takes over a snapshot. What differs from the replica happened meanwhile. */
  load(snapshot: Snapshot): void;
  /** The rooms with members of this node, with the last number that they know. */
  heard(): Iterable<readonly [room: string, offset: number]>;
  /** Messages that this node missed in a room, without gaps; the first of them are gone if they do not begin behind the last. */
  missed(room: string, messages: readonly KeptMessage[], latest: number): void;
  /** Proposes everybody of this node anew, under a new incarnation. */
  reclaim(): void;
  /** Delivers a private message from another node. */
  whispered(payload: string): void;
  /** Something that clients of this node were told is lost. */
  lost(): void;
  /** The counters of this node. */
  counters(): readonly number[];
  /** Whether the engine can be used. */
  connected(isConnected: boolean): void;
}
