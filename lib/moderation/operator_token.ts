/**
 * What operators show to be taken for operators: read from a file, compared in constant time, and not to be guessed at.
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { groupOf } from "../ip/address_group.ts";
import { Rate, TokenBucket } from "../limits/token_bucket.ts";

/**
 * How long a token is, in characters: sixteen random ones cannot be guessed, and a thousand fit into every line and into
 * the head of a request.
 */
const TOKEN = /^[\x21-\x7e]{16,1024}$/;

/** Others than the owner of a file may read it. */
const READABLE_BY_OTHERS = 0o044;

/** A token as it was found. */
export interface TokenFile {
  readonly token: OperatorToken;
  /** Whether others on this machine can read it too. */
  readonly isExposed: boolean;
}

/**
 * Reads the token of operators.
 *
 * @throws {OperatorTokenError} If there is none in the file that can be used.
 */
export function readOperatorToken(path: string): TokenFile {
  let text: string, mode: number | null;
  try {
    text = Deno.readTextFileSync(path).replace(/\r?\n$/, "");
    mode = Deno.statSync(path).mode;
  } catch (error) {
    throw new OperatorTokenError(path, stateOf(error));
  }
  if (text === "") throw new OperatorTokenError(path, "it is empty");
  if (!TOKEN.test(text)) {
    throw new OperatorTokenError(
      path,
      "it is not one line of 16 to 1024 characters of ASCII without spaces",
    );
  }
  return { token: new OperatorToken(text), isExposed: ((mode ?? 0) & READABLE_BY_OTHERS) !== 0 };
}

function stateOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "it is not there";
  if (error instanceof Deno.errors.NotCapable) return "it needs --allow-read for this path";
  return error instanceof Error ? error.message : String(error);
}

/** The message is one line for people, "Cannot use operator token file 'token': ...". */
export class OperatorTokenError extends Error {
  /** What tells it from other errors. */
  override readonly name = "OperatorTokenError";

  /** About the file at `path`, of which `state` says in a few words what is wrong. */
  constructor(path: string, state: string) {
    super(`Cannot use operator token file '${path}': ${state}`);
  }
}

/** A token that can be compared, and not be read. */
export class OperatorToken {
  readonly #digest: Uint8Array;

  constructor(token: string) {
    this.#digest = digest(token);
  }

  /** Takes as long for every text of one length, however much of it is right. */
  matches(text: string): boolean {
    return timingSafeEqual(digest(text), this.#digest);
  }
}

/** Of one length for all texts, as a comparison in constant time needs it. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** Wrong tokens that an address may show, at once and in a minute. */
const ATTEMPTS = 5;
const RATE = new Rate(ATTEMPTS / 60, ATTEMPTS);

/** The most addresses that are remembered, in about 100 bytes each; then the first are forgotten. */
const MAX_REMEMBERED = 65_536;

/** How often an address was wrong. An IPv6 address counts as its /64, and the machine itself as any other. */
export class Attempts {
  readonly #buckets = new Map<string, TokenBucket>();
  /** Those of them that were said to be spent. */
  readonly #told = new Set<string>();

  /** How many addresses are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Whether `ip` was wrong so often that it is not listened to. */
  areSpent(ip: string, now: number): boolean {
    const bucket = this.#buckets.get(groupOf(ip));
    return bucket !== undefined && bucket.dueAt > now;
  }

  /** Whether that `ip` is spent is news: it was not said since it was wrong last. */
  isNews(ip: string): boolean {
    const group = groupOf(ip);
    const isNews = !this.#told.has(group);
    this.#told.add(group);
    return isNews;
  }

  /** `ip` was wrong. */
  note(ip: string, now: number): void {
    const group = groupOf(ip);
    const bucket = this.#buckets.get(group) ?? new TokenBucket(RATE);
    this.#drop(group); // to be the last
    this.#forget(now);
    this.#buckets.set(group, bucket);
    bucket.charge(1, now);
  }

  /** Those in front were wrong longest ago. */
  #forget(now: number): void {
    for (const [group, bucket] of this.#buckets) {
      if (!bucket.isFull(now) && this.#buckets.size < MAX_REMEMBERED) return;
      this.#drop(group);
    }
  }

  #drop(group: string): void {
    this.#buckets.delete(group);
    this.#told.delete(group);
  }
}
