/**
 * The options of the library: settings, which are also flags, and what only a program can give.
 * @module
 */
import type { ApiToken } from "../identity/api_tokens.ts";
import type { JwkOrSet } from "../identity/jwt_keys.ts";
import type { Clock } from "./connection/clock.ts";
import type { ServeApplication } from "./embedding/application.ts";
import type { CommandOptions } from "./embedding/commands.ts";
import type { ServeHooks } from "./embedding/hooks.ts";
import type { ServeIdentity } from "./embedding/identity.ts";
import type { Logger } from "./observability/log.ts";
import type { Settings } from "./settings.ts";
import type { ServeValues } from "./values.ts";

/** Options of `serve()`. All are optional. */
export interface ServeOptions
  extends
    Omit<Partial<Settings>, keyof ServeValues>,
    ServeValues,
    ServeIdentity,
    ServeHooks,
    ServeApplication {
  /** The shared password, instead of `passwordFile`: one line of 8 to 256 characters. */
  readonly password?: string;
  /** The key, or keys, of signed tokens, instead of `jwtKeyFile`: the text of such a file, a JWK, or a JWK Set. */
  readonly jwtKey?: string | JwkOrSet;
  /** The tokens of programs that use the HTTP API, instead of `apiTokenFile`. */
  readonly apiTokens?: readonly ApiToken[];
  /** Commands besides the built-in ones, by name. `/help`, `hello` and completion list them. */
  readonly commands?: Readonly<Record<string, CommandOptions>>;
  /** Aborting it shuts the server down. */
  readonly signal?: AbortSignal;
  /** Receives every log entry. By default nothing is logged. */
  readonly log?: Logger;
  /** Called once the server listens, before `serve` returns. */
  readonly onListen?: (address: Deno.NetAddr) => void;
  /** The clock and timers. By default those of the system. */
  readonly clock?: Clock;
  /** Returns numbers from 0 up to but not including 1, which spread the disconnects of a drain and the retries of webhooks. By default `Math.random`. */
  readonly random?: () => number;
}
