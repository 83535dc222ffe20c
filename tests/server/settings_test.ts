import { assert, assertEquals, assertThrows } from "@std/assert";
import { resolveSettings } from "../../lib/server/resolve_settings.ts";
import { flagName, SETTINGS, type Settings } from "../../lib/server/settings.ts";

const NAMES = Object.keys(SETTINGS) as Array<keyof Settings>;

Deno.test("resolveSettings() fills in the defaults", () => {
  const defaults = resolveSettings({});
  for (const name of NAMES) {
    if (name !== "lineIdleTimeout") assertEquals(defaults[name], SETTINGS[name].default);
  }
  assertEquals(defaults, {
    port: 8080,
    hostname: "127.0.0.1",
    tlsPort: 8443,
    tlsCert: undefined,
    tlsKey: undefined,
    trustProxy: undefined,
    sniffTimeout: 0.5,
    headTimeout: 10,
    handshakeTimeout: 10,
    idleTimeout: 30,
    lineIdleTimeout: 30,
    heartbeat: 10,
    pongTimeout: 5,
    writeTimeout: 60,
    capacity: 1_024,
    capacityBytes: 1_048_576,
    overflow: "drop-oldest",
    maxPayload: 16_384,
    maxMessage: 4_096,
    hideAddresses: false,
    announce: false,
    presenceDelay: 15,
    history: undefined,
    historyLimit: 1_000,
    historyAge: 604_800,
    noHistory: false,
    rate: 20,
    burst: 60,
    maxClients: 10_000,
    maxPerIp: 64,
    connectRate: 300,
    cpuPerIp: 10,
    apiRate: 20,
    apiStreams: 100,
    allowOrigin: undefined,
    allowHost: undefined,
    passwordFile: undefined,
    jwtKeyFile: undefined,
    jwtAudience: undefined,
    userHeader: undefined,
    apiTokenFile: undefined,
    static: undefined,
    operatorTokenFile: undefined,
    webhook: undefined,
    webhookSecretFile: undefined,
    echo: false,
    drain: 0,
    metricsPort: 0,
    metricsHostname: "127.0.0.1",
    cluster: undefined,
    clusterName: "backchannel",
    clusterPasswordFile: undefined,
    clusterTimeout: 5,
    reusePort: false,
  });
});

Deno.test("resolveSettings() replaces only the defaults of given options", () => {
  const given = { port: 1, overflow: "disconnect", echo: true, log: () => {} } as const;
  const settings = resolveSettings(given);
  assertEquals([settings.port, settings.overflow, settings.echo], [1, "disconnect", true]);
  assertEquals(Object.keys(settings), NAMES);
});

Deno.test("resolveSettings() accepts every number from its minimum to its maximum", () => {
  for (const name of NAMES) {
    const setting = SETTINGS[name];
    if (setting.type !== "number") continue;
    const { min, max, whole } = setting;
    const { default: value = min } = setting; // or that of another setting
    assert(min <= value && value <= max, name);
    const rest = name === "tlsPort" ? { tlsCert: "a", tlsKey: "b" } : {};
    for (const value of [min, max]) {
      assertEquals(resolveSettings({ ...rest, [name]: value })[name], value);
    }
    const wrong = [min - 1, max + 1, NaN, Infinity, -Infinity, ...(whole ? [min + 0.5] : [])];
    for (const value of wrong) {
      assertThrows(
        () => resolveSettings({ [name]: value }),
        RangeError,
        `Cannot set ${name} to ${value}: not a`,
      );
    }
  }
});

Deno.test("resolveSettings() accepts exactly the listed choices", () => {
  for (const name of NAMES) {
    const setting = SETTINGS[name];
    if (setting.type !== "choice") continue;
    for (const choice of setting.choices) {
      assertEquals(resolveSettings({ [name]: choice })[name], choice);
    }
    assertThrows(() => resolveSettings({ [name]: "other" }), TypeError, setting.choices.join(", "));
  }
});

/** Settings that may be arrays. */
const LISTS: readonly string[] = ["trustProxy", "allowOrigin", "allowHost"];

Deno.test("resolveSettings() takes arrays where flags have lists", () => {
  const trustProxy = ["10.0.0.0/8", "::1"];
  const { trustProxy: joined, hideAddresses } = resolveSettings({ trustProxy });
  assertEquals([joined, hideAddresses], ["10.0.0.0/8,::1", true]);
  assertEquals(resolveSettings({ allowOrigin: [] }).allowOrigin, undefined);
  for (const items of [[1], [""], [undefined]]) {
    assertThrows(
      () => resolveSettings({ allowHost: items as unknown as string[] }),
      TypeError,
      "Cannot set allowHost to an array: not all of its items are texts",
    );
  }
});

Deno.test("resolveSettings() takes a certificate as text, and not together with files", () => {
  const pair = { cert: "cert", key: "key" };
  assertEquals(resolveSettings(pair).tlsCert, undefined);
  assertThrows(() => resolveSettings({ cert: "cert" }), TypeError, "there is no key");
  assertThrows(() => resolveSettings({ key: "key" }), TypeError, "there is no certificate");
  assertThrows(
    () => resolveSettings({ ...pair, tlsCert: "a.crt" }),
    TypeError,
    "Cannot use cert: there is a file with it too",
  );
});

Deno.test("resolveSettings() rejects values of another type", () => {
  for (const name of NAMES) {
    for (const value of [null, {}, [], "1", 1, true, ""]) {
      if (typeof value === typeof SETTINGS[name].default && value !== "" && value !== "1") continue;
      const { type } = SETTINGS[name];
      if (LISTS.includes(name) && Array.isArray(value)) continue;
      if ((type === "text" && value === "1") || (type === "number" && value === 1)) continue;
      assertThrows(
        () => resolveSettings({ [name]: value } as unknown as Partial<Settings>),
        TypeError,
        `Cannot set ${name} to `,
      );
    }
  }
});

Deno.test("resolveSettings() rejects TLS options without both certificate and key", () => {
  const wrong: ReadonlyArray<readonly [Partial<Settings>, string]> = [
    [{ tlsPort: 8443 }, "no certificate"],
    [{ tlsKey: "a.key" }, "no certificate"],
    [{ tlsCert: "a.crt" }, "no key"],
    [{ tlsCert: "a.crt", tlsPort: 0 }, "no key"],
  ];
  for (const [given, missing] of wrong) {
    assertThrows(
      () => resolveSettings(given),
      TypeError,
      `Cannot listen for TLS: there is ${missing}`,
    );
  }
  assertEquals(resolveSettings({ tlsCert: "a.crt", tlsKey: "a.key" }).tlsPort, 8443);
});

Deno.test("resolveSettings() rejects a history file together with noHistory", () => {
  assertThrows(
    () => resolveSettings({ history: "chat.db", noHistory: true }),
    TypeError,
    "Cannot keep history in 'chat.db': no history is to be kept",
  );
  assertEquals(resolveSettings({ history: "chat.db", noHistory: false }).history, "chat.db");
});

Deno.test("resolveSettings() rejects a user header without a trusted proxy, or with a name that no field has", () => {
  const proxy = { trustProxy: "127.0.0.1" };
  for (const userHeader of ["X-Forwarded-User", "remote_user"]) {
    assertThrows(
      () => resolveSettings({ userHeader }),
      TypeError,
      `Cannot read users from ${userHeader}: no proxy is trusted`,
    );
    assertEquals(resolveSettings({ ...proxy, userHeader }).userHeader, userHeader);
  }
  for (const userHeader of ["X Forwarded", "X-User:", "Us\u00e9r"]) {
    assertThrows(() => resolveSettings({ ...proxy, userHeader }), TypeError, "not a name of a");
  }
});

Deno.test("resolveSettings() uses idleTimeout for line clients unless lineIdleTimeout is given", () => {
  const times: ReadonlyArray<readonly [Partial<Settings>, number]> = [
    [{}, 30],
    [{ idleTimeout: 0 }, 0],
    [{ idleTimeout: 60 }, 60],
    [{ idleTimeout: 60, lineIdleTimeout: 0 }, 0],
    [{ lineIdleTimeout: 3_600 }, 3_600],
  ];
  for (const [given, time] of times) assertEquals(resolveSettings(given).lineIdleTimeout, time);
});

Deno.test("flagName() converts camel case to hyphens", () => {
  assertEquals(flagName("port"), "port");
  assertEquals(flagName("idleTimeout"), "idle-timeout");
  assertEquals(new Set(NAMES.map(flagName)).size, NAMES.length);
});

Deno.test("resolveSettings() hides addresses if other machines can connect", () => {
  const hides = (given: Partial<Settings>) => resolveSettings(given).hideAddresses;
  for (const hostname of ["127.0.0.1", "::1", "localhost"]) {
    assertEquals([hides({ hostname }), hides({ hostname, hideAddresses: true })], [false, true]);
  }
  // Behind a proxy, anybody can connect, and addresses are personal.
  assertEquals(hides({ trustProxy: "127.0.0.1" }), true);
  assertEquals(hides({ trustProxy: "127.0.0.1", hideAddresses: false }), false);
  for (const hostname of ["0.0.0.0", "::", "192.168.0.1", "example.org"]) {
    assertEquals([hides({ hostname }), hides({ hostname, hideAddresses: false })], [true, false]);
  }
});
