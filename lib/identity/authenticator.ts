/**
 * Authenticates clients by all ways that are configured, limits wrong credentials by address, and counts and logs failures.
 * @module
 */
import { AuthFailures } from "../limits/auth_failures.ts";
import type { ApiTokens } from "./api_tokens.ts";
import {
  type AuthAttempt,
  type Authenticator,
  type AuthOutcome,
  type AuthRefusal,
  type AuthRefusalCause,
  type Credential,
  isRefused,
} from "./identity.ts";
import { isJwtForm, type JwtVerifier } from "./jwt.ts";
import { JwtError } from "./jwt_error.ts";
import type { Password } from "./password.ts";
import { readHeaderUser } from "./user_header.ts";

/** The ways to authenticate, as metrics name them. */
export type AuthMethod = "password" | "jwt" | "api_token" | "user_header" | "application";

/** The causes of failed attempts. A client that has given no credential has not failed. */
export type AuthFailureCause = Exclude<AuthRefusalCause, "none">;

/** What metrics count of authentication. */
export interface AuthCounts {
  /** Clients and requests that were authenticated, by way. */
  readonly authenticated: Record<AuthMethod, number>;
  /** Failed attempts, by cause. */
  readonly authFailures: Record<AuthFailureCause, number>;
}

/** What is logged. No credential is in it. */
export type AuthEvent =
  | {
    readonly kind: "auth_failed";
    /** `host:port` of the client. */
    readonly address: string;
    readonly failure: AuthFailureCause;
    readonly reason: string;
  }
  /**
   * A genuine token has expired, which is nothing to worry about; or nothing was checked, because too many wrong credentials
   * came from the address, which is logged once for each of them.
   */
  | { readonly kind: "auth_expired" | "auth_limited"; readonly address: string };

export interface AuthenticatorOptions {
  readonly password: Password | undefined;
  readonly jwt: JwtVerifier | undefined;
  readonly apiTokens: ApiTokens | undefined;
  /** The name of the header field of trusted proxies, in any case. */
  readonly userHeader: string | undefined;
  /**
   * The way of the program that embeds the server. It is asked about clients without a credential, and about credentials of
   * which the other ways know nothing.
   */
  readonly application: ((attempt: AuthAttempt) => AuthOutcome | Promise<AuthOutcome>) | undefined;
  readonly counts: AuthCounts;
  readonly log: (event: AuthEvent) => void;
  /** Monotonic time in ms, by which wrong credentials are limited. */
  readonly time: () => number;
}

/** An outcome, and the way that led to it. */
interface Result {
  readonly outcome: AuthOutcome;
  readonly method: AuthMethod;
}

const NEEDED: AuthRefusal = { refused: "Authentication is required", cause: "none" };

/** Errors of bugs and of the runtime are logged, and not shown to clients. */
const FAILED: AuthRefusal = { refused: "The credential could not be checked", cause: "failed" };

/** Creates the authenticator of a server, or returns `undefined` if no way to authenticate is configured. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator | undefined {
  const { password, jwt, apiTokens, userHeader, application } = options;
  const ways = [password, jwt, apiTokens, userHeader, application];
  return ways.some((way) => way !== undefined) ? new ServerAuthenticator(options) : undefined;
}

class ServerAuthenticator implements Authenticator {
  readonly required: boolean;
  readonly userHeader: string | undefined;
  readonly #options: AuthenticatorOptions;
  readonly #failures = new AuthFailures();

  constructor(options: AuthenticatorOptions) {
    const { password, jwt, userHeader, application } = options;
    this.#options = options;
    // API tokens are for programs, and leave the chat open.
    this.required = [password, jwt, userHeader, application].some((way) => way !== undefined);
    this.userHeader = userHeader?.toLowerCase();
  }

  authenticate(attempt: AuthAttempt): AuthOutcome | Promise<AuthOutcome> {
    const { credential, ip } = attempt;
    const wait = isGuess(credential) ? this.#failures.wait(ip, this.#options.time()) : 0;
    if (wait > 0) return this.#refuseUnseen(attempt, wait);
    try {
      const result = this.#check(attempt);
      if (!(result instanceof Promise)) return this.#settle(attempt, result);
      return result.then(
        (result) => this.#settle(attempt, result),
        (error: unknown) => this.#fail(attempt, error),
      );
    } catch (error) {
      return this.#fail(attempt, error);
    }
  }

  #check(attempt: AuthAttempt): Result | Promise<Result> | undefined {
    const { credential } = attempt;
    return this.#checkOwn(credential) ?? this.#askApplication(attempt);
  }

  /** The ways of the server; `undefined` if none knows the credential. */
  #checkOwn(credential: Credential | undefined): Result | Promise<Result> | undefined {
    switch (credential?.type) {
      case undefined:
        return undefined;
      case "header":
        if (this.userHeader === undefined) return undefined;
        return { outcome: readHeaderUser(credential.user), method: "user_header" };
      case "secret":
        if (!this.#options.password?.matches(credential.secret)) {
          return this.#checkJwt(credential.secret);
        }
        return { outcome: "guest", method: "password" };
      case "bearer": {
        const identity = this.#options.apiTokens?.find(credential.token);
        if (identity === undefined) return this.#checkJwt(credential.token);
        return { outcome: identity, method: "api_token" };
      }
    }
  }

  #checkJwt(text: string): Promise<Result> | undefined {
    const { jwt } = this.#options;
    return jwt !== undefined && isJwtForm(text) ? verify(jwt, text) : undefined;
  }

  #askApplication(attempt: AuthAttempt): Result | Promise<Result> | undefined {
    const outcome = this.#options.application?.(attempt);
    if (outcome === undefined) return undefined;
    if (!(outcome instanceof Promise)) return { outcome, method: "application" };
    return outcome.then((outcome) => ({ outcome, method: "application" }));
  }

  /** Once an address is limited, even a right credential is not checked: otherwise the limit would not stop guessing. */
  #refuseUnseen({ ip, address }: AuthAttempt, wait: number): AuthRefusal {
    const { counts, log } = this.#options;
    counts.authFailures.limited++;
    // At most one such line for each wrong credential, so that retries cannot fill the log.
    if (this.#failures.isFirstRefusal(ip)) log({ kind: "auth_limited", address });
    const retryAfter = Math.ceil(wait / 1000);
    return {
      refused: `Too many wrong passwords or tokens: try again in ${retryAfter} s`,
      cause: "limited",
      retryAfter,
    };
  }

  #settle(attempt: AuthAttempt, result: Result | undefined): AuthOutcome {
    const { counts, log, time } = this.#options;
    const outcome = result?.outcome ?? this.#refuseUnknown(attempt.credential);
    if (!isRefused(outcome)) {
      if (result !== undefined) counts.authenticated[result.method]++;
      return outcome;
    }
    const { refused: reason, cause: failure = "wrong" } = outcome;
    if (failure === "none") return outcome;
    counts.authFailures[failure]++;
    // Only guesses are limited: a page whose token has expired must not shut out its whole office.
    if (failure === "wrong" && isGuess(attempt.credential)) {
      this.#failures.add(attempt.ip, time());
    }
    const { address } = attempt;
    if (failure === "expired") log({ kind: "auth_expired", address });
    else log({ kind: "auth_failed", address, failure, reason });
    return outcome;
  }

  /** What a client is told whose credential no way knows. */
  #refuseUnknown(credential: Credential | undefined): AuthOutcome {
    if (credential === undefined) return this.required ? NEEDED : "guest";
    const { password, jwt } = this.#options;
    if (credential.type === "header") return NEEDED;
    if (credential.type === "bearer") return { refused: "Wrong token" };
    if (password === undefined) return { refused: "Wrong token" };
    return { refused: jwt === undefined ? "Wrong password" : "Wrong password or token" };
  }

  #fail({ address }: AuthAttempt, error: unknown): AuthOutcome {
    const { counts, log } = this.#options;
    counts.authFailures.failed++;
    log({ kind: "auth_failed", address, failure: "failed", reason: String(error) });
    return FAILED;
  }
}

/** Whether a credential may be a guess. What a trusted proxy or a cookie says is none. */
function isGuess(credential: Credential | undefined): boolean {
  return credential?.type === "secret" || credential?.type === "bearer";
}

async function verify(jwt: JwtVerifier, token: string): Promise<Result> {
  try {
    return { outcome: await jwt.verify(token), method: "jwt" };
  } catch (error) {
    if (!(error instanceof JwtError)) throw error;
    return { outcome: { refused: error.message, cause: error.cause }, method: "jwt" };
  }
}
