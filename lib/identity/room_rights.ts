/**
 * Rights for rooms: patterns of room names, and whether they allow something.
 * @module
 */
import { roomKey } from "../text/name.ts";
import type { Act, RoomRights } from "./identity.ts";

const ACTS: readonly Act[] = ["join", "read", "write"];

/** A `*` at the end stands for any ending. Anywhere else it cannot match, since no room's name has one. */
const PATTERN = /^[^*]*\*?$/;

/** Patterns by the keys of rooms, so that all spellings of a name are one. */
interface Patterns {
  readonly keys: ReadonlySet<string>;
  readonly prefixes: readonly string[];
}

/** The patterns of rights that were asked about. Rights are the same object for as long as their session lasts. */
const compiled = new WeakMap<readonly string[], Patterns>();

/**
 * Whether `rights` allow `act` in a room, named in any spelling. An act that they do not list is allowed everywhere; an empty
 * list allows it nowhere.
 */
export function allows(rights: RoomRights | undefined, act: Act, room: string): boolean {
  const list = rights?.[act];
  if (list === undefined) return true;
  const key = roomKey(room);
  const { keys, prefixes } = patternsOf(list);
  return keys.has(key) || prefixes.some((prefix) => key.startsWith(prefix));
}

function patternsOf(list: readonly string[]): Patterns {
  let patterns = compiled.get(list);
  if (patterns === undefined) compiled.set(list, patterns = compile(list));
  return patterns;
}

function compile(list: readonly string[]): Patterns {
  const valid = list.filter((pattern) => PATTERN.test(pattern));
  return {
    keys: new Set(valid.filter((pattern) => !pattern.endsWith("*")).map(roomKey)),
    prefixes: valid.filter((pattern) => pattern.endsWith("*"))
      .map((pattern) => roomKey(pattern.slice(0, -1))),
  };
}

/** Says what is wrong with a pattern, as a phrase that follows its name, or returns `undefined` if nothing is. */
export function findPatternError(pattern: string): string | undefined {
  if (!PATTERN.test(pattern)) return "has a '*' before its end";
  return pattern.replace(/^#/, "") === "" ? "is empty" : undefined;
}

/**
 * Reads rights from JSON: `{ "read": ["*"], "write": ["dev", "team-*"] }`.
 *
 * @throws {TypeError} If the value is anything else. Its message follows the name of the value. Unknown members are an
 * error: a misspelled act would be allowed everywhere.
 */
export function readRoomRights(value: unknown): RoomRights {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError("is not an object");
  }
  const rights: { [A in Act]?: readonly string[] } = {};
  for (const [name, patterns] of Object.entries(value)) {
    const act = ACTS.find((act) => act === name);
    if (act === undefined) {
      throw new TypeError(`has a member that is not one of ${ACTS.join(", ")}`);
    }
    rights[act] = readPatterns(act, patterns);
  }
  return rights;
}

function readPatterns(act: Act, value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw new TypeError(`has a list '${act}' that is not an array`);
  return value.map((pattern: unknown) => {
    const error = typeof pattern === "string" ? findPatternError(pattern) : "is not a string";
    if (error !== undefined) throw new TypeError(`has a pattern in '${act}' that ${error}`);
    return pattern as string;
  });
}
