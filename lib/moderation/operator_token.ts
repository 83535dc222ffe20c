/**
 * The operator token: read from a file, compared in constant time, and protected against guessing.
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { groupOf } from "../ip/address_group.ts";
import { Rate, TokenBucket } from "../limits/token_bucket.ts";

/**
 * The form of a token: 16 random characters cannot be guessed, and 1,024 fit into any line and any request head.
 */
const TOKEN = /^[\x21-\x7e]{16,1024}$/;

/** File mode bits that let users other than the owner read the file. */
const READABLE_BY_OTHERS = 0o044;

/** A token and the state of its file. */
export interface TokenFile {
  readonly token: OperatorToken;
  /** Whether other users of this machine can read the file. */
  readonly isExposed: boolean;
}

/**
 * Reads the operator token from a file of one line.
 *
 * @throws {OperatorTokenError} If the file cannot be read or holds no valid token.
 */
export function readOperatorToken(path: string): TokenFile {
  let text: string, mode: number | null;
  try {
    text = Deno.readTextFileSync(path).replace(/\r?\n$/, "");
    mode = Deno.statSync(path).mode;
  } catch (error) {
    throw new OperatorTokenError(path, describeReadError(error));
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

function describeReadError(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "it is not there";
  if (error instanceof Deno.errors.NotCapable) return "it needs --allow-read for this path";
  return error instanceof Error ? error.message : String(error);
}

/** The operator token cannot be used. The message is one line: "Cannot use operator token file 'token': ...". */
export class OperatorTokenError extends Error {
  /** The name of the class, as stack traces show it. */
  override readonly name = "OperatorTokenError";

  /** Describes the file at `path`; `reason` says what is wrong with it in a few words. */
  constructor(path: string, reason: string) {
    super(`Cannot use operator token file '${path}': ${reason}`);
  }
}

/** A token that can be compared but not read back. */
export class OperatorToken {
  readonly #digest: Uint8Array;

  constructor(token: string) {
    this.#digest = digest(token);
  }

  /** Compares in a time that does not depend on how much of `text` is right. */
  matches(text: string): boolean {
    return timingSafeEqual(digest(text), this.#digest);
  }
}

/** Digests have the same length for all texts, which a comparison in constant time needs. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** Wrong tokens that are accepted from an address at once, and again in each minute. */
const MAX_FAILURES = 5;
const RATE = new Rate(MAX_FAILURES / 60, MAX_FAILURES);

/** The most addresses remembered, at about 100 bytes each. Beyond that the oldest are forgotten. */
const MAX_ADDRESSES = 65_536;

/**
 * Counts wrong tokens by address, and limits them. An IPv6 address counts as its /64; loopback addresses are one address
 * and are limited too.
 */
export class AuthFailures {
  /** The address that failed longest ago comes first. */
  readonly #buckets = new Map<string, TokenBucket>();
  /** Limited addresses that were refused since their last wrong token. */
  readonly #refused = new Set<string>();

  /** How many addresses are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Whether so many wrong tokens came from `ip` that no more are checked for now. */
  isLimited(ip: string, now: number): boolean {
    const bucket = this.#buckets.get(groupOf(ip));
    return bucket !== undefined && bucket.dueAt > now;
  }

  /** Notes that `ip` was refused. Returns true the first time since its last wrong token. */
  isFirstRefusal(ip: string): boolean {
    const group = groupOf(ip);
    const isFirst = !this.#refused.has(group);
    this.#refused.add(group);
    return isFirst;
  }

  /** Counts a wrong token from `ip`. */
  add(ip: string, now: number): void {
    const group = groupOf(ip);
    const bucket = this.#buckets.get(group) ?? new TokenBucket(RATE);
    this.#forget(group); // moves it to the end
    this.#makeRoom(now);
    this.#buckets.set(group, bucket);
    bucket.charge(1, now);
  }

  /** Forgets addresses whose failures have been made up for, and the oldest ones if there are too many. */
  #makeRoom(now: number): void {
    for (const [group, bucket] of this.#buckets) {
      if (!bucket.isFull(now) && this.#buckets.size < MAX_ADDRESSES) return;
      this.#forget(group);
    }
  }

  #forget(group: string): void {
    this.#buckets.delete(group);
    this.#refused.delete(group);
  }
}
