/**
 * The operator token, which is read from a file.
 * @module
 */
import {
  CredentialError,
  isToken,
  readSecretFile,
  Secret,
  TOKEN_RULES,
} from "../identity/secret.ts";

/** A token and the state of its file. */
export interface TokenFile {
  readonly token: Secret;
  /** Whether other users of this machine can read the file. */
  readonly isExposed: boolean;
}

/**
 * Reads the operator token from a file of one line.
 *
 * @throws {OperatorTokenError} If the file cannot be read or holds no valid token.
 */
export function readOperatorToken(path: string): TokenFile {
  const fail = (reason: string) => new OperatorTokenError(path, reason);
  const { text, isExposed } = readSecretFile(path, fail);
  if (!isToken(text)) throw fail(`it is not one line of ${TOKEN_RULES}`);
  return { token: new Secret(text), isExposed };
}

/** The operator token cannot be used. The message is one line: "Cannot use operator token file 'token': ...". */
export class OperatorTokenError extends CredentialError {
  /** The name of the class, as stack traces show it. */
  override readonly name = "OperatorTokenError";

  /** Describes the file at `path`; `reason` says what is wrong with it in a few words. */
  constructor(path: string, reason: string) {
    super(`operator token file '${path}'`, reason);
  }
}
