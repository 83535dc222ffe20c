/**
 * The shared password of a server, which lets clients in without saying who they are.
 * @module
 */
import { isBlank } from "../text/sanitize.ts";
import { CredentialError, readSecretFile, Secret, type SecretFile } from "./secret.ts";

/** The shortest password, in characters: five guesses a minute take years to find eight random letters. */
const MIN_PASSWORD = 8;

/** The longest password, in characters. It bounds the time that its Unicode form takes. */
const MAX_PASSWORD = 256;

/**
 * A password that can be compared but not read back. Blanks around it do not count, and neither does the Unicode form of its
 * letters: keyboards differ in both (RFC 8265 4.2).
 */
export class Password {
  readonly #secret: Secret;

  constructor(password: string) {
    this.#secret = new Secret(canonical(password));
  }

  /** Compares in a time that does not depend on how much of `text` is right. */
  matches(text: string): boolean {
    return text.length <= 2 * MAX_PASSWORD && this.#secret.matches(canonical(text));
  }
}

function canonical(text: string): string {
  return text.normalize("NFC").trim();
}

/**
 * Reads the password from a file of one line.
 *
 * @throws {CredentialError} If the file cannot be read or holds no valid password.
 */
export function readPasswordFile(path: string): SecretFile & { readonly password: Password } {
  const subject = `password file '${path}'`;
  const file = readSecretFile(path, (reason) => new CredentialError(subject, reason));
  return { ...file, password: readPassword(subject, file.text) };
}

/** @throws {CredentialError} If the text is not a valid password. `subject` names it in the message. */
export function readPassword(subject: string, text: string): Password {
  const password = canonical(text);
  const isLine = !/\p{Cc}|[\u2028\u2029]/u.test(password) && !isBlank(password);
  const { length } = password;
  if (isLine && length >= MIN_PASSWORD && length <= MAX_PASSWORD) return new Password(password);
  throw new CredentialError(
    subject,
    `it is not one line of ${MIN_PASSWORD} to ${MAX_PASSWORD} characters`,
  );
}
