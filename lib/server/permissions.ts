/**
 * The permissions that a server needs with given settings. On a terminal the runtime prompts for a missing permission and
 * blocks the server until the answer; with this list the program reports what is missing instead.
 * @module
 */
import { parseEngineUrls } from "../cluster/engine_url.ts";
import { hostAndPort } from "../ip/socket_address.ts";
import { hostAndPortOf, parseEndpoint } from "../webhook/endpoint.ts";
import type { Settings } from "./settings.ts";

type Permission =
  | Deno.NetPermissionDescriptor
  | Deno.ReadPermissionDescriptor
  | Deno.WritePermissionDescriptor;

/** The permissions that {@linkcode serve} cannot do without. */
export function permissionsFor(settings: Settings): Permission[] {
  const { hostname, port, metricsHostname, metricsPort, tlsPort, tlsCert, tlsKey } = settings;
  const { operatorTokenFile, webhook, webhookSecretFile, history, static: folder } = settings;
  const { passwordFile, jwtKeyFile, apiTokenFile, cluster, clusterPasswordFile } = settings;
  const hosts = [hostAndPort({ hostname, port })];
  if (tlsCert !== undefined) hosts.push(hostAndPort({ hostname, port: tlsPort }));
  if (metricsPort > 0) hosts.push(hostAndPort({ hostname: metricsHostname, port: metricsPort }));
  if (webhook !== undefined) hosts.push(hostAndPortOf(parseEndpoint(webhook)));
  if (cluster !== undefined) hosts.push(...parseEngineUrls(cluster).map(hostAndPort));
  const credentials = [passwordFile, jwtKeyFile, apiTokenFile, clusterPasswordFile];
  const secrets = [operatorTokenFile, webhookSecretFile, ...credentials];
  const read = [tlsCert, tlsKey, ...secrets, folder, history];
  const isPath = (path: string | undefined) => path !== undefined;
  return [
    ...hosts.map((host) => ({ name: "net", host } as const)),
    ...read.filter(isPath).map((path) => ({ name: "read", path } as const)),
    ...[history].filter(isPath).map((path) => ({ name: "write", path } as const)),
  ];
}

/**
 * The permissions for which the runtime would prompt, as flags: `--allow-net=127.0.0.1:8080`. Denied permissions are not
 * included, since their use fails at once.
 */
export function missingPermissions(
  permissions: readonly Permission[],
  query: (permission: Permission) => Deno.PermissionState = (permission) =>
    Deno.permissions.querySync(permission).state,
): string[] {
  const missing = new Map<string, Set<string>>();
  for (const permission of permissions) {
    if (query(permission) !== "prompt") continue;
    const value = permission.name === "net" ? permission.host : permission.path;
    const values = missing.get(permission.name) ?? new Set();
    missing.set(permission.name, values.add(String(value)));
  }
  return Array.from(missing, ([name, values]) => `--allow-${name}=${[...values].join(",")}`);
}
