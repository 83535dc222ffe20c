/**
 * Options of the library that are values where flags have lists in a text, or paths of files.
 * @module
 */
import type { History } from "../chat/history.ts";
import { CredentialError, isToken, Secret, TOKEN_RULES } from "../identity/secret.ts";
import { readOperatorToken, type TokenFile } from "../moderation/operator_token.ts";
import type { Settings } from "./settings.ts";
import type { TlsSource } from "./tls/tls_terminator.ts";

/** Options of `serve()` with values of other forms than the flags have. */
export interface ServeValues {
  /** The TLS certificate with its chain, as PEM text, instead of `tlsCert`. Needs `key`. */
  readonly cert?: string;
  /** The private key of `cert`, as PEM text, instead of `tlsKey`. */
  readonly key?: string;
  /** The operator token, 16 to 1,024 characters of ASCII without spaces, instead of `operatorTokenFile`. */
  readonly operatorToken?: string;
  /** The secret that webhooks are signed with, in the form of such a file, instead of `webhookSecretFile`. */
  readonly webhookSecret?: string;
  /** Networks of trusted proxies, whose forwarded client addresses are believed: an array, or separated by commas. */
  readonly trustProxy?: string | readonly string[] | undefined;
  /** Other origins whose pages may connect, `null` for files, `*` for all: an array, or separated by commas. */
  readonly allowOrigin?: string | readonly string[] | undefined;
  /** Host names of the server besides IP addresses and `localhost`, `*` for all: an array, or separated by commas. */
  readonly allowHost?: string | readonly string[] | undefined;
  /**
   * The path of the SQLite file for room messages, or a history of the program's own. The server closes it when it has shut
   * down. Bans and users are kept in memory then. By default messages are kept in memory.
   */
  readonly history?: string | History | undefined;
}

/** The options of a server as far as its settings depend on them. */
export type GivenOptions = Omit<Partial<Settings>, keyof ServeValues> & ServeValues;

/**
 * The options as settings.
 *
 * @throws {TypeError} If an array holds anything but texts, or the history is none.
 */
export function toSettings(given: GivenOptions): Partial<Settings> {
  const { trustProxy, allowOrigin, allowHost, history, ...rest } = given;
  const lists = Object.entries({ trustProxy, allowOrigin, allowHost })
    .map(([name, list]) => [name, toList(name, list)] as const)
    .filter(([, list]) => list !== undefined);
  return {
    ...rest,
    ...Object.fromEntries(lists),
    ...(historyOf(given) === undefined && history !== undefined && { history: history as string }),
  };
}

/**
 * The program's own history; `undefined` if there is none.
 *
 * @throws {TypeError} If it is an object that is no history, or no history is to be kept.
 */
export function historyOf({ history, noHistory }: GivenOptions): History | undefined {
  if (typeof history !== "object") return undefined;
  if (history === null || typeof history.append !== "function") {
    const shown = history === null ? "null" : "an object";
    throw new TypeError(`Cannot set history to ${shown}: neither a path nor a History`);
  }
  if (noHistory === true) throw new TypeError("Cannot keep history: no history is to be kept");
  return history;
}

/**
 * Where the TLS certificate is; `undefined` if there is none.
 *
 * @throws {TypeError} If a part of it is missing, or is there twice.
 */
export function tlsSourceOf(
  { tlsCert, tlsKey, tlsPort, cert, key }: GivenOptions,
): TlsSource | undefined {
  checkOne("cert", cert, tlsCert);
  checkOne("key", key, tlsKey);
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (tlsCert !== undefined && tlsKey !== undefined) return { certFile: tlsCert, keyFile: tlsKey };
  const missing = cert === undefined && tlsCert === undefined ? "certificate" : "key";
  const isWanted = [cert, key, tlsCert, tlsKey, tlsPort].some((option) => option !== undefined);
  if (isWanted) throw new TypeError(`Cannot listen for TLS: there is no ${missing}`);
  return undefined;
}

/**
 * The operator token; `undefined` if there is none.
 *
 * @throws {CredentialError} If it cannot be used.
 */
export function operatorTokenOf(
  { operatorToken, operatorTokenFile }: GivenOptions,
): TokenFile | undefined {
  checkOne("operatorToken", operatorToken, operatorTokenFile);
  if (operatorTokenFile !== undefined) return readOperatorToken(operatorTokenFile);
  if (operatorToken === undefined) return undefined;
  if (typeof operatorToken !== "string" || !isToken(operatorToken)) {
    throw new CredentialError("operatorToken", `it is not ${TOKEN_RULES}`);
  }
  return { token: new Secret(operatorToken), isExposed: false };
}

function checkOne(name: string, value: unknown, path: string | undefined): void {
  if (value !== undefined && path !== undefined) {
    throw new TypeError(`Cannot use ${name}: there is a file with it too`);
  }
}

function toList(name: string, list: string | readonly string[] | undefined): string | undefined {
  if (!Array.isArray(list)) return list as string | undefined;
  if (list.some((item) => typeof item !== "string" || item === "")) {
    throw new TypeError(`Cannot set ${name} to an array: not all of its items are texts`);
  }
  return list.length === 0 ? undefined : list.join(",");
}
