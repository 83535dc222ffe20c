/**
 * Secrets: read from files of one line, compared in constant time, and never shown.
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";

/**
 * The form of a token: 16 random characters cannot be guessed, and 1,024 fit into any line and any request head.
 */
const TOKEN = /^[\x21-\x7e]{16,1024}$/;

/** What {@linkcode isToken} asks for, for error texts. */
export const TOKEN_RULES = "16 to 1024 characters of ASCII without spaces";

/** File mode bits that let users other than the owner read the file. */
const READABLE_BY_OTHERS = 0o044;

/**
 * A password, a key or a token cannot be used. The message is one line, without the secret: "Cannot use password file
 * 'password': it is empty".
 */
export class CredentialError extends Error {
  /** The name of the class, as stack traces show it. */
  override readonly name: string = "CredentialError";

  /** Describes what cannot be used, such as `password file 'p'`; `reason` says what is wrong with it in a few words. */
  constructor(subject: string, reason: string) {
    super(`Cannot use ${subject}: ${reason}`);
  }
}

/** A file with secrets. */
export interface SecretFile {
  /** The text without the line ending at its end. */
  readonly text: string;
  /** Whether other users of this machine can read the file. */
  readonly isExposed: boolean;
}

/**
 * Reads a file with secrets.
 *
 * @param fail Makes the error that is thrown if the file cannot be read, of a reason in a few words.
 */
export function readSecretFile(path: string, fail: (reason: string) => Error): SecretFile {
  let text: string, mode: number | null;
  try {
    text = Deno.readTextFileSync(path).replace(/\r?\n$/, "");
    mode = Deno.statSync(path).mode;
  } catch (error) {
    throw fail(describeReadError(error));
  }
  if (text === "") throw fail("it is empty");
  return { text, isExposed: ((mode ?? 0) & READABLE_BY_OTHERS) !== 0 };
}

function describeReadError(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "it is not there";
  if (error instanceof Deno.errors.NotCapable) return "it needs --allow-read for this path";
  return error instanceof Error ? error.message : String(error);
}

/** Whether a text has the form of a token. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** A secret that can be compared but not read back. */
export class Secret {
  readonly #digest: Uint8Array;

  constructor(secret: string) {
    this.#digest = digest(secret);
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
