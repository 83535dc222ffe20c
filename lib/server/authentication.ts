/**
 * Sets up how a server authenticates its clients: reads the credentials, and logs what their operator should know.
 * @module
 */
import {
  type AuthCounts,
  type AuthenticatorOptions,
  createAuthenticator,
} from "../identity/authenticator.ts";
import type { Credentials } from "../identity/credentials.ts";
import type { Authenticator } from "../identity/identity.ts";
import { JwtVerifier } from "../identity/jwt.ts";
import { logEntry, type Logger } from "./observability/log.ts";
import type { Settings } from "./settings.ts";

export interface AuthenticationOptions {
  /** The way of the program that embeds the server, see `AuthenticatorOptions.application`. */
  readonly application: AuthenticatorOptions["application"];
  readonly counts: AuthCounts;
  readonly log: Logger;
  /** Monotonic time in ms. */
  readonly time: () => number;
  /** The wall clock, in ms of Unix time, by which tokens expire. */
  readonly now: () => number;
}

/** Creates the authenticator of a server, or returns `undefined` if no way to authenticate is configured. */
export function openAuthentication(
  { jwtAudience: audience, userHeader }: Settings,
  { password, jwtKeys: keys, apiTokens, exposed, unusedKeys }: Credentials,
  { application, counts, log, time, now }: AuthenticationOptions,
): Authenticator | undefined {
  for (const file of exposed) log(logEntry("secret_exposed", { file }));
  for (const reason of unusedKeys) log(logEntry("key_unused", { reason }));
  return createAuthenticator({
    password,
    jwt: keys && new JwtVerifier({ keys, audience, now }),
    apiTokens,
    userHeader,
    application,
    counts,
    log: (event) => {
      const { kind } = event;
      log(kind === "auth_failed" ? logEntry(kind, event) : logEntry(kind, event));
    },
    time,
  });
}
