/**
 * Sets up how a server authenticates its clients: reads the credentials, and logs what their operator should know.
 * @module
 */
import { type AuthCounts, type AuthEvent, createAuthenticator } from "../identity/authenticator.ts";
import type { Credentials } from "../identity/credentials.ts";
import type { Authenticator } from "../identity/identity.ts";
import { JwtVerifier } from "../identity/jwt.ts";
import type { LogEntry, Logger } from "./observability/log.ts";
import type { Settings } from "./settings.ts";

export interface AuthenticationOptions {
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
  { counts, log, time, now }: AuthenticationOptions,
): Authenticator | undefined {
  for (const file of exposed) {
    const message = `Others on this machine can read the ${file}, try chmod 600`;
    log({ level: "warn", topic: "auth", message });
  }
  for (const reason of unusedKeys) {
    log({ level: "info", topic: "auth", message: `Key of tokens left out: ${reason}` });
  }
  return createAuthenticator({
    password,
    jwt: keys && new JwtVerifier({ keys, audience, now }),
    apiTokens,
    userHeader,
    application: undefined,
    counts,
    log: (event) => log(entryOf(event)),
    time,
  });
}

function entryOf(event: AuthEvent): LogEntry {
  const { address } = event;
  if (event.kind === "auth_limited") {
    const message = "Authentication refused: too many wrong passwords or tokens";
    return { level: "warn", topic: "auth", address, message };
  }
  // Tokens expire every day, and nobody has to do anything about it.
  const level = event.failure === "expired" ? "info" : "warn";
  return { level, topic: "auth", address, message: `Authentication failed: ${event.reason}` };
}
