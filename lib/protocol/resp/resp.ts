/**
 * RESP3, the protocol of Redis and Valkey (redis.io/docs/latest/develop/reference/protocol-spec): encodes commands, and
 * parses what the engine sends.
 * @module
 */

/** A value from the engine. Simple, bulk and verbatim strings are strings, and sets are arrays. */
export type RespValue =
  | string
  | number
  | boolean
  | null
  | RespError
  | RespPush
  | readonly RespValue[]
  | ReadonlyMap<RespValue, RespValue>;

/** An error that the engine answered with. */
export class RespError {
  constructor(readonly message: string) {}

  /** The first word, such as `NOSCRIPT`. */
  get code(): string {
    return this.message.split(" ", 1)[0]!;
  }
}

/** Something that the engine sends unasked, such as a published message. */
export class RespPush {
  constructor(readonly items: readonly RespValue[]) {}
}

/**
 * The longest string that is accepted, in bytes. A script's answer has no longer one: the longest are the records of people
 * and messages, which take some kilobytes.
 */
const MAX_BULK = 16_777_216;

/** The longest first line of a value, in bytes: an error message, at most. */
const MAX_LINE = 65_536;

/** The most items of an array: more than the people and rooms of the largest chat take in a snapshot. */
const MAX_ITEMS = 16_777_216;

/** How deep values may be nested. Answers of the commands in use have four levels. */
const MAX_DEPTH = 16;

/** The size of the buffer at first, in bytes. It grows with the longest string. */
const INITIAL_BUFFER = 65_536;

const CR = 0x0d, LF = 0x0a;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Encodes a command with its arguments as an array of bulk strings. */
export function encodeCommand(words: readonly (string | number)[]): Uint8Array<ArrayBuffer> {
  let text = `*${words.length}\r\n`;
  for (const word of words) {
    const bulk = String(word);
    text += `$${byteLength(bulk)}\r\n${bulk}\r\n`;
  }
  return encoder.encode(text);
}

/** The length of a text in UTF-8. */
function byteLength(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) length += 1;
    else if (unit >= 0xd800 && unit < 0xdc00 && isLow(text.charCodeAt(i + 1))) {
      length += 2; // two units are four bytes
      i++;
    } else length += 2; // a lone surrogate becomes U+FFFD, three bytes
  }
  return length;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

type Kind = "array" | "map" | "push" | "attribute";

/** A value of several that is being parsed. */
interface Aggregate {
  readonly kind: Kind;
  readonly items: RespValue[];
  missing: number;
}

/** Parses a stream of values. A value that arrives in many pieces is parsed once, item by item. */
export class RespParser {
  #buffer = new Uint8Array(INITIAL_BUFFER);
  #start = 0;
  #end = 0;
  readonly #open: Aggregate[] = [];

  /** Adds bytes, which are copied. */
  push(chunk: Uint8Array): void {
    this.#reserve(chunk.length);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /**
   * Returns the next whole value, or `undefined` if more bytes are needed.
   *
   * @throws {SyntaxError} If the bytes are not RESP3 or exceed a limit. The stream cannot be parsed any further.
   */
  next(): RespValue | undefined {
    for (;;) {
      const item = this.#item();
      if (item === undefined) return undefined;
      const value = this.#add(item);
      if (value !== undefined) return value;
    }
  }

  /** Makes room behind the bytes that are not parsed yet. */
  #reserve(length: number): void {
    const pending = this.#end - this.#start;
    if (this.#end + length <= this.#buffer.length) return;
    const needed = pending + length;
    const target = needed <= this.#buffer.length
      ? this.#buffer
      : new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
    target.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = target;
    this.#start = 0;
    this.#end = pending;
  }

  /** Parses the next string, number and so on, or the beginning of an aggregate. */
  #item(): RespValue | Aggregate | undefined {
    const lineEnd = this.#findLineEnd();
    if (lineEnd < 0) return undefined;
    const type = String.fromCharCode(this.#buffer[this.#start]!);
    const from = this.#start + 1;
    const next = lineEnd + 2;
    switch (type) {
      case "$":
      case "=":
      case "!":
        return this.#bulk(type, this.#length(from, lineEnd, MAX_BULK), next);
      case "*":
      case "~":
      case ">":
      case "%":
      case "|":
        return this.#aggregate(type, this.#length(from, lineEnd, MAX_ITEMS), next);
    }
    const text = decoder.decode(this.#buffer.subarray(from, lineEnd));
    this.#start = next;
    switch (type) {
      case "+":
      case "(":
        return text;
      case "-":
        return new RespError(text);
      case ":":
        return toNumber(text);
      case ",":
        return toDouble(text);
      case "_":
        return null;
      case "#":
        if (text === "t" || text === "f") return text === "t";
    }
    throw new SyntaxError(`Cannot read a value that begins with '${type}${text.slice(0, 20)}'`);
  }

  /** Finds the CR of the first CRLF, or returns -1. */
  #findLineEnd(): number {
    const end = Math.min(this.#end, this.#start + MAX_LINE);
    for (let at = this.#start; at + 1 < end; at++) {
      if (this.#buffer[at] !== CR) continue;
      if (this.#buffer[at + 1] === LF) return at;
    }
    if (this.#end - this.#start < MAX_LINE) return -1;
    throw new SyntaxError(`Cannot read a line of more than ${MAX_LINE} bytes`);
  }

  /** The length in the first line of a value; -1 stands for null. */
  #length(from: number, to: number, max: number): number {
    const length = toNumber(decoder.decode(this.#buffer.subarray(from, to)));
    if (length >= -1 && length <= max) return length;
    throw new SyntaxError(`Cannot read a value of length ${length}`);
  }

  #bulk(type: "$" | "=" | "!", length: number, from: number): RespValue | undefined {
    if (length < 0) {
      this.#start = from;
      return null;
    }
    const to = from + length;
    if (to + 2 > this.#end) return undefined;
    if (this.#buffer[to] !== CR || this.#buffer[to + 1] !== LF) {
      throw new SyntaxError("Cannot read a string that is longer than its length");
    }
    const text = decoder.decode(this.#buffer.subarray(from, to));
    this.#start = to + 2;
    if (type === "!") return new RespError(text);
    return type === "=" ? text.slice("txt:".length) : text;
  }

  #aggregate(
    type: "*" | "~" | ">" | "%" | "|",
    length: number,
    next: number,
  ): Aggregate | null {
    this.#start = next;
    if (length < 0) return null;
    if (this.#open.length === MAX_DEPTH) {
      throw new SyntaxError(`Cannot read a value of more than ${MAX_DEPTH} levels`);
    }
    const kind = type === "%"
      ? "map"
      : type === "|"
      ? "attribute"
      : type === ">"
      ? "push"
      : "array";
    return {
      kind,
      items: [],
      missing: kind === "map" || kind === "attribute" ? 2 * length : length,
    };
  }

  /** Adds an item to the aggregates that are open. Returns a value of the top level once it is whole. */
  #add(item: RespValue | Aggregate): RespValue | undefined {
    if (isAggregate(item) && item.missing > 0) {
      this.#open.push(item);
      return undefined;
    }
    let value = isAggregate(item) ? finish(item) : item;
    for (;;) {
      if (value === undefined) return undefined; // an attribute stands in front of the value that it is about
      const parent: Aggregate | undefined = this.#open[this.#open.length - 1];
      if (parent === undefined) return value;
      parent.items.push(value);
      if (--parent.missing > 0) return undefined;
      this.#open.pop();
      value = finish(parent);
    }
  }
}

function isAggregate(item: RespValue | Aggregate): item is Aggregate {
  return typeof item === "object" && item !== null && "missing" in item;
}

/** The value of a whole aggregate; `undefined` for an attribute, which says nothing that is used. */
function finish({ kind, items }: Aggregate): RespValue | undefined {
  switch (kind) {
    case "array":
      return items;
    case "push":
      return new RespPush(items);
    case "attribute":
      return undefined;
    case "map": {
      const map = new Map<RespValue, RespValue>();
      for (let i = 0; i < items.length; i += 2) map.set(items[i]!, items[i + 1]!);
      return map;
    }
  }
}

function toNumber(text: string): number {
  if (/^[+-]?\d{1,19}$/.test(text)) return Number(text);
  throw new SyntaxError(`Cannot read the number '${text.slice(0, 20)}'`);
}

function toDouble(text: string): number {
  if (text === "inf" || text === "-inf") return text === "inf" ? Infinity : -Infinity;
  const number = text === "nan" ? NaN : Number(text);
  if (text !== "" && (text === "nan" || !Number.isNaN(number))) return number;
  throw new SyntaxError(`Cannot read the number '${text.slice(0, 20)}'`);
}
