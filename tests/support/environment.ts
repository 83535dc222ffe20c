/**
 * The environment variables that tests and their child processes use. Proxy, colors and language of the user must not
 * change the results.
 * @module
 */

/** Paths of the machine. */
const KEPT = [
  "PATH",
  "HOME",
  "TMPDIR",
  "TEMP",
  "SystemRoot",
  "XDG_CACHE_HOME",
  "DENO_DIR",
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
] as const;

/** Options of `Deno.Command` with only the variables that a program needs to start. */
export const CHILD_ENVIRONMENT: Pick<Deno.CommandOptions, "clearEnv" | "env"> = {
  clearEnv: true,
  env: { ...Object.fromEntries(KEPT.flatMap(keep)), NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
};

function keep(name: string): Array<[string, string]> {
  const value = Deno.env.get(name);
  return value === undefined ? [] : [[name, value]];
}

/** `fetch` would use a proxy for 127.0.0.1, too. It reads this variable at its first call. */
for (const name of ["NO_PROXY", "no_proxy"]) Deno.env.set(name, "127.0.0.1,localhost");
