/**
 * The error of tokens that are not accepted.
 * @module
 */
import type { AuthRefusalCause } from "./identity.ts";

/** A token is not accepted. The message tells the client why, and contains no part of the token. */
export class JwtError extends Error {
  override readonly name = "JwtError";

  /** @param cause Why, for programs: `wrong` unless the signature is right. */
  constructor(message: string, override readonly cause: AuthRefusalCause = "wrong") {
    super(message);
  }
}
