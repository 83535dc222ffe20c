/**
 * Signed tokens as an issuer makes them (RFC 7519), with a shared secret.
 * @module
 */
import { secretKey, signToken as sign } from "./tokens.ts";

/** The `jwtKey` of a server that accepts {@linkcode signToken}. */
export const JWT_KEY = "the-key-of-the-tests-which-nobody-else-has";

export interface Claims {
  readonly sub: string;
  readonly name?: string;
  /** In seconds of Unix time. */
  readonly exp?: number;
  readonly backchannel?: {
    readonly operator?: boolean;
    readonly rooms?: Readonly<Partial<Record<"join" | "read" | "write", readonly string[]>>>;
  };
}

/** Signs claims with HS256. */
export function signToken(claims: Claims): Promise<string> {
  return sign(secretKey(JWT_KEY), claims);
}
