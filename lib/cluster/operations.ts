/**
 * What nodes ask the engine to decide, and what it decided, in the form of the scripts: operations become words behind
 * `act`, and facts are pairs in the entries of the log.
 * @module
 */

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
    /** The key of a room that is entered, and how it is spelled. */
    readonly label?: readonly [key: string, spelled: string] | undefined;
  }
  | {
    readonly type: "gone";
    readonly id: number;
    readonly owner: string;
    readonly former: NameWords;
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
  | { readonly type: "gone"; readonly id: number }
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

/** Stands for a space, which name keys can have (U+FDFA in NFKC), where spaces separate words. */
const BLANK = "\x1f";

function toWord(text: string): string {
  return text.includes(" ") ? text.replaceAll(" ", BLANK) : text;
}

function fromWord(word: string): string {
  return word.includes(BLANK) ? word.replaceAll(BLANK, " ") : word;
}

const toWords = (names: NameWords): string => names.map(toWord).join(" ");

/** Adds the words of an operation. */
export function pushWords(words: (string | number)[], operation: Operation): void {
  switch (operation.type) {
    case "say": {
      const { room, to, key, print, payload } = operation;
      words.push("s", toWord(room), toWord(to), key, print, payload);
      return;
    }
    case "put": {
      const { id, record, owner, claim, former, label } = operation;
      const spelled = label === undefined ? "" : `${toWord(label[0])} ${label[1]}`;
      words.push("p", id, record, owner, toWords(claim), toWords(former), spelled);
      return;
    }
    case "gone": {
      const { id, owner, former } = operation;
      words.push("g", id, owner, toWords(former));
      return;
    }
    case "whisper": {
      const { target, to, key, print, receipt, payload } = operation;
      words.push("w", target, toWord(to), key, print, receipt, payload);
      return;
    }
    case "topic":
      words.push("t", toWord(operation.room), operation.topic, operation.payload);
      return;
    case "ban":
      words.push("m", operation.list, toWord(operation.target), operation.value);
      return;
    case "lock":
      words.push("l", operation.on ? "1" : "");
      return;
    case "counters":
      words.push("c", operation.counters.join(" "));
      return;
    case "note":
      words.push("n", operation.payload);
  }
}

/** About how many bytes an operation takes. */
export function sizeOf(operation: Operation): number {
  const payload = "payload" in operation ? operation.payload.length : 0;
  const record = "record" in operation ? operation.record.length : 0;
  return 100 + payload + record;
}

/**
 * Reads a pair of a log entry.
 *
 * @throws {SyntaxError} If it is none that this version knows.
 */
export function parseFact(head: string, value: string): Fact {
  // The most frequent ones first. The head of a message is "s 42 lobby".
  if (head.charCodeAt(0) === 0x73) {
    const space = head.indexOf(" ", 2);
    const room = fromWord(head.slice(space + 1));
    return { type: "said", room, offset: Number(head.slice(2, space)), payload: value };
  }
  const [kind, first = "", second] = head.split(" ");
  switch (kind) {
    case "p":
      return { type: "put", id: Number(first), label: second, record: value };
    case "g":
      return { type: "gone", id: Number(first) };
    case "t":
      return { type: "topic", room: fromWord(first), payload: value };
    case "m":
      if (first !== "bans" && first !== "mutes") break;
      return { type: "ban", list: first, target: fromWord(second ?? ""), value };
    case "l":
      return { type: "lock", on: value === "1" };
    case "c":
      return { type: "counters", counters: parseCounters(value) };
    case "n":
      return { type: "note", payload: value };
    case "w":
      return { type: "whispered" };
    case "D":
      return { type: "down", incarnation: first };
    case "E":
      return { type: "era", era: Number(first), epoch: value };
    case "L":
      return { type: "lost" };
    case "F":
      return { type: "forgot", room: fromWord(first) };
    case "-taken":
    case "-alike":
      return { type: kind === "-taken" ? "taken" : "alike", holder: Number(first) };
    case "-reused":
      return { type: "reused" };
    case "-gone":
      return { type: "unreachable" };
    case "=":
      return { type: "repeated", to: fromWord(first), receipt: value };
  }
  throw new SyntaxError(`Cannot read the fact '${head.slice(0, 20)}'`);
}

export function parseCounters(text: string): number[] {
  return text === "" ? [] : text.split(" ").map(Number);
}
