/**
 * Puts operations and facts into the form of the scripts: operations become words behind `act`, and facts are pairs in the
 * entries of the log.
 * @module
 */
import type { Fact, NameWords, Operation } from "../chat/shared_log.ts";

/** Stands for a space, which name keys can have (U+FDFA in NFKC), where spaces separate words. */
const BLANK = "\x1f";

function toWord(text: string): string {
  return text.includes(" ") ? text.replaceAll(" ", BLANK) : text;
}

export function fromWord(word: string): string {
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
      const { id, record, owner, claim, former, from, label } = operation;
      const spelled = label === undefined ? "" : `${toWord(label[0])} ${label[1]}`;
      words.push("p", id, record, owner, toWords(claim), toWords(former), from, spelled);
      return;
    }
    case "gone":
      words.push("g", operation.id, operation.isKept ? "1" : "");
      return;
    case "free":
      words.push("f", operation.id, operation.owner, toWords(operation.former));
      return;
    case "user":
      words.push("u", toWord(operation.key), operation.value);
      return;
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
      return { type: "gone", id: Number(first), isKept: value === "1" };
    case "f":
      return { type: "free", id: Number(first) };
    case "u":
      return { type: "user", key: fromWord(first), value };
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
