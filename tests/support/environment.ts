/**
 * The environment variables that tests depend on. A proxy, colors or a language that the person at the keyboard has set
 * must not change a result.
 * @module
 */

/** Variables that say where the machine keeps things. */
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

/** For the options of `Deno.Command`: no variables but those that the program needs to start. */
export const CHILD_ENVIRONMENT: Pick<Deno.CommandOptions, "clearEnv" | "env"> = {
  clearEnv: true,
  env: { ...Object.fromEntries(KEPT.flatMap(keep)), NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
};

function keep(name: string): Array<[string, string]> {
  const value = Deno.env.get(name);
  return value === undefined ? [] : [[name, value]];
}

/** `fetch` would ask a proxy for 127.0.0.1, too. It reads this when it is called first. */
for (const name of ["NO_PROXY", "no_proxy"]) Deno.env.set(name, "127.0.0.1,localhost");
