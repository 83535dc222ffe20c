/**
 * API tokens: secrets of programs that use the HTTP API, each with a name and with rights for rooms.
 * @module
 */
import { createHash } from "node:crypto";
import { NAME_RULES, nameKey, normalizeName } from "../text/name.ts";
import type { Identity } from "./identity.ts";
import { findPatternError } from "./room_rights.ts";
import { CredentialError, isToken, readSecretFile, TOKEN_RULES } from "./secret.ts";

/** The most tokens. Each takes about 500 bytes. */
const MAX_TOKENS = 1_000;

/** Begins the ids of programs. No user has such an id, since an id is one clean line. */
const PROGRAM = "\0api:";

/** Whether an identity is that of an API token: a program that reads and writes rooms without being in them. */
export function isProgram({ id }: Pick<Identity, "id">): boolean {
  return id.startsWith(PROGRAM);
}

/** What an API token is and may do. What is not listed is not allowed. */
export interface ApiToken {
  /** The name under which the program writes: 1 to 32 letters, digits, `-`, `_` or `.`. */
  readonly name: string;
  /** 16 to 1024 characters of ASCII without spaces. */
  readonly token: string;
  /** Patterns of rooms that it may read: `dev`, `team-*`, or `*` for all. @default none */
  readonly read?: readonly string[];
  /** Patterns of rooms that it may write to. @default none */
  readonly write?: readonly string[];
}

/** Tokens that can be looked up but not read back. */
export class ApiTokens {
  /** By the digest of the token: whoever tries tokens cannot choose it, so the time of a lookup tells nothing about others. */
  readonly #identities = new Map<string, Identity>();

  /** @throws {TypeError} If a token is not valid. The message says what is wrong, without the token. */
  constructor(tokens: readonly ApiToken[]) {
    if (tokens.length > MAX_TOKENS) throw new TypeError(`it has more than ${MAX_TOKENS} tokens`);
    const names = new Set<string>();
    for (const [index, token] of tokens.entries()) {
      const identity = identityOf(token, `token ${index + 1}`);
      const key = digest(token.token);
      if (names.has(identity.id)) {
        throw new TypeError(`the name '${identity.name}' stands in it twice`);
      }
      if (this.#identities.has(key)) {
        throw new TypeError(`'${identity.name}' has the token of another`);
      }
      names.add(identity.id);
      this.#identities.set(key, identity);
    }
  }

  /** The identities of all programs. */
  get identities(): readonly Identity[] {
    return [...this.#identities.values()];
  }

  /** The identity of the program with this token. */
  find(token: string): Identity | undefined {
    return this.#identities.get(digest(token));
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function identityOf(
  { name: text, token, read = [], write = [] }: ApiToken,
  subject: string,
): Identity {
  const name = normalizeName(text);
  if (name === undefined) throw new TypeError(`${subject} has a name that is not ${NAME_RULES}`);
  if (!isToken(token)) throw new TypeError(`the token of '${name}' is not ${TOKEN_RULES}`);
  for (const pattern of [...read, ...write]) {
    const error = findPatternError(pattern);
    if (error !== undefined) throw new TypeError(`'${name}' has a room that ${error}`);
  }
  return { id: `${PROGRAM}${nameKey(name)}`, name, rooms: { join: [], read, write } };
}

/**
 * Reads tokens from a file. Each line has a name, a token and its rights; `#` begins a comment:
 *
 * ```text
 * # name    token                             rights
 * ci        5c1b3f0e0c7a4d1f9a6e2b8d7c4f1a90  write=dev,deploy-*
 * archiver  0b9d8e7f6a5c4b3d2e1f0a9b8c7d6e5f  read=*
 * ```
 *
 * @throws {CredentialError} If the file cannot be read, or a line is not valid.
 */
export function readApiTokenFile(path: string): { tokens: ApiTokens; isExposed: boolean } {
  const fail = (reason: string) => new CredentialError(`API token file '${path}'`, reason);
  const { text, isExposed } = readSecretFile(path, fail);
  try {
    return { tokens: new ApiTokens(parseApiTokens(text)), isExposed };
  } catch (error) {
    if (error instanceof TypeError) throw fail(error.message);
    throw error;
  }
}

/** @throws {TypeError} If a line is not valid. */
export function parseApiTokens(text: string): ApiToken[] {
  const tokens: ApiToken[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (!/^\s*(?:#|$)/.test(line)) tokens.push(parseLine(line.trim(), `line ${index + 1}`));
  }
  if (tokens.length === 0) throw new TypeError("it has no tokens");
  return tokens;
}

function parseLine(line: string, subject: string): ApiToken {
  const [name = "", token = "", ...rights] = line.split(/\s+/);
  if (normalizeName(name) === undefined) {
    throw new TypeError(`${subject} does not begin with a name of ${NAME_RULES}`);
  }
  if (!isToken(token)) throw new TypeError(`${subject} has no token of ${TOKEN_RULES}`);
  if (rights.length === 0) {
    throw new TypeError(`${subject} has no rights: read=<rooms>, write=<rooms>`);
  }
  const patterns: { read?: string[]; write?: string[] } = {};
  for (const right of rights) {
    const [, act, rooms = ""] = /^(read|write)=(.+)$/.exec(right) ?? [];
    if (act !== "read" && act !== "write") {
      throw new TypeError(`${subject} has a right that is not read=<rooms> or write=<rooms>`);
    }
    if (patterns[act] !== undefined) throw new TypeError(`${subject} has '${act}' twice`);
    patterns[act] = rooms.split(",");
    const error = patterns[act].map(findPatternError).find((error) => error !== undefined);
    if (error !== undefined) throw new TypeError(`${subject} has a room that ${error}`);
  }
  return { name, token, ...patterns };
}
