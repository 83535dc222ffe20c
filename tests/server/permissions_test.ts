import { assertEquals } from "@std/assert";
import { resolveSettings } from "../../lib/server/resolve_settings.ts";
import type { Settings } from "../../lib/server/settings.ts";
import { missingPermissions, permissionsFor } from "../../lib/server/permissions.ts";

const flagsFor = (given: Partial<Settings>, state: Deno.PermissionState = "prompt") =>
  missingPermissions(permissionsFor(resolveSettings(given)), () => state);

Deno.test("missingPermissions() lists the permissions that the runtime would prompt for", () => {
  const cases: ReadonlyArray<readonly [Partial<Settings>, string[]]> = [
    [{}, ["--allow-net=127.0.0.1:8080"]],
    [{ hostname: "::", port: 0 }, ["--allow-net=[::]:0"]],
    [{ hostname: "[::1]" }, ["--allow-net=[::1]:8080"]],
    [
      { hostname: "0.0.0.0", metricsPort: 9464 },
      ["--allow-net=0.0.0.0:8080,127.0.0.1:9464"],
    ],
    [
      { tlsCert: "a.crt", tlsKey: "a.key" },
      ["--allow-net=127.0.0.1:8080,127.0.0.1:8443", "--allow-read=a.crt,a.key"],
    ],
    [{ history: "chat.db" }, [
      "--allow-net=127.0.0.1:8080",
      "--allow-read=chat.db",
      "--allow-write=chat.db",
    ]],
    [{ webhook: "https://[::1]/hook", webhookSecretFile: "secret" }, [
      "--allow-net=127.0.0.1:8080,[::1]:443",
      "--allow-read=secret",
    ]],
    [{ static: "page", operatorTokenFile: "token" }, [
      "--allow-net=127.0.0.1:8080",
      "--allow-read=token,page",
    ]],
    [{ passwordFile: "password", jwtKeyFile: "key", apiTokenFile: "tokens" }, [
      "--allow-net=127.0.0.1:8080",
      "--allow-read=password,key,tokens",
    ]],
  ];
  for (const [given, flags] of cases) assertEquals(flagsFor(given), flags);
});

Deno.test("missingPermissions() leaves out granted and denied permissions", () => {
  const given = { history: "chat.db", tlsCert: "a.crt", tlsKey: "a.key" };
  assertEquals([flagsFor(given, "granted"), flagsFor(given, "denied")], [[], []]);
});

Deno.test("permissionsFor() returns descriptors that the runtime accepts", () => {
  const given = {
    hostname: "::1",
    metricsPort: 9464,
    history: "chat.db",
    static: "page",
    tlsCert: "a.crt",
    tlsKey: "a.key",
    webhook: "https://[::1]/hook",
    webhookSecretFile: "secret",
  };
  for (const permission of permissionsFor(resolveSettings(given))) {
    assertEquals(Deno.permissions.querySync(permission).state, "granted"); // in the tests all are
  }
});
