/**
 * The passwords, keys and tokens that clients are authenticated with, as the options of a server give them: as values, or as
 * paths of files.
 * @module
 */
import { type ApiToken, ApiTokens, readApiTokenFile } from "./api_tokens.ts";
import type { VerificationKey } from "./jwk.ts";
import { type JwkOrSet, type JwtKeys, readJwtKeys } from "./jwt_keys.ts";
import { type Password, readPassword, readPasswordFile } from "./password.ts";
import { CredentialError, readSecretFile } from "./secret.ts";

/** Each credential is given as a value or as a file, not as both. */
export interface CredentialOptions {
  readonly password?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly jwtKey?: string | JwkOrSet | undefined;
  readonly jwtKeyFile?: string | undefined;
  readonly jwtAudience?: string | undefined;
  readonly apiTokens?: readonly ApiToken[] | undefined;
  readonly apiTokenFile?: string | undefined;
}

/** Credentials, and what their operator should know about them. */
export interface Credentials {
  readonly password: Password | undefined;
  readonly jwtKeys: readonly VerificationKey[] | undefined;
  readonly apiTokens: ApiTokens | undefined;
  /** Files of which other users of this machine can read the secrets, such as `password file 'p'`. */
  readonly exposed: readonly string[];
  /** Why keys of a JWK Set are not used. */
  readonly unusedKeys: readonly string[];
}

/**
 * Reads the credentials of a server.
 *
 * @throws {CredentialError} If a file cannot be read, or one of the credentials cannot be used.
 * @throws {TypeError} If options contradict each other.
 */
export function readCredentials(options: CredentialOptions): Credentials {
  checkOptions(options);
  const exposed: string[] = [];
  const keys = readKeys(options, exposed);
  return {
    password: readSharedPassword(options, exposed),
    jwtKeys: keys?.keys,
    apiTokens: readTokens(options, exposed),
    exposed,
    unusedKeys: keys?.unused ?? [],
  };
}

function checkOptions(options: CredentialOptions): void {
  const { password, jwtKey, apiTokens, passwordFile, jwtKeyFile, apiTokenFile } = options;
  checkOne("password", password, passwordFile);
  checkOne("jwtKey", jwtKey, jwtKeyFile);
  checkOne("apiTokens", apiTokens, apiTokenFile);
  if (password !== undefined && typeof password !== "string") {
    throw new TypeError("Cannot use password: not a text");
  }
  if (jwtKey === null || !["undefined", "string", "object"].includes(typeof jwtKey)) {
    throw new TypeError("Cannot use jwtKey: neither a text nor a JWK");
  }
  if (options.jwtAudience !== undefined && (jwtKey ?? jwtKeyFile) === undefined) {
    throw new TypeError("Cannot check the audience of tokens: there is no key for them");
  }
}

function checkOne(name: string, value: unknown, path: string | undefined): void {
  if (value !== undefined && path !== undefined) {
    throw new TypeError(`Cannot use ${name}: there is a file with it too`);
  }
}

function readSharedPassword(
  { password, passwordFile }: CredentialOptions,
  exposed: string[],
): Password | undefined {
  if (passwordFile !== undefined) {
    const file = readPasswordFile(passwordFile);
    if (file.isExposed) exposed.push(`password file '${passwordFile}'`);
    return file.password;
  }
  return password === undefined ? undefined : readPassword("password", password);
}

function readKeys(
  { jwtKey, jwtKeyFile }: CredentialOptions,
  exposed: string[],
): JwtKeys | undefined {
  if (jwtKeyFile === undefined) {
    return jwtKey === undefined ? undefined : parseKeys("JWT key", jwtKey);
  }
  const subject = `JWT key file '${jwtKeyFile}'`;
  const file = readSecretFile(jwtKeyFile, (reason) => new CredentialError(subject, reason));
  const keys = parseKeys(subject, file.text);
  // Everybody may read public keys.
  if (file.isExposed && keys.keys.some(({ algorithm }) => algorithm === "HS256")) {
    exposed.push(subject);
  }
  return keys;
}

function parseKeys(subject: string, source: string | JwkOrSet): JwtKeys {
  try {
    return readJwtKeys(source);
  } catch (error) {
    if (error instanceof TypeError) throw new CredentialError(subject, error.message);
    throw error;
  }
}

function readTokens(
  { apiTokens, apiTokenFile }: CredentialOptions,
  exposed: string[],
): ApiTokens | undefined {
  if (apiTokenFile !== undefined) {
    const file = readApiTokenFile(apiTokenFile);
    if (file.isExposed) exposed.push(`API token file '${apiTokenFile}'`);
    return file.tokens;
  }
  if (apiTokens === undefined) return undefined;
  try {
    return new ApiTokens(apiTokens);
  } catch (error) {
    if (error instanceof TypeError) throw new CredentialError("API tokens", error.message);
    throw error;
  }
}
