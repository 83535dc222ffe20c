import { assert, assertEquals, assertThrows } from "@std/assert";
import { flagName, resolveSettings, SETTINGS, type Settings } from "../../lib/net/options.ts";

const NAMES = Object.keys(SETTINGS) as Array<keyof Settings>;

Deno.test("resolveSettings() fills in the defaults", () => {
  const defaults = resolveSettings({});
  for (const name of NAMES) assertEquals(defaults[name], SETTINGS[name].default);
  assertEquals(defaults, {
    port: 8080,
    hostname: "127.0.0.1",
    idleTimeout: 30,
    heartbeat: 10,
    pongTimeout: 5,
    writeTimeout: 60,
    capacity: 1_024,
    capacityBytes: 1_048_576,
    overflow: "drop-oldest",
    maxPayload: 65_536,
    announce: false,
    presenceDelay: 15,
    history: undefined,
    historyLimit: 1_000,
    historyAge: 604_800,
    noHistory: false,
    static: undefined,
    echo: false,
  });
});

Deno.test("resolveSettings() takes what is given and nothing else", () => {
  const given = { port: 1, overflow: "disconnect", echo: true, log: () => {} } as const;
  const settings = resolveSettings(given);
  assertEquals([settings.port, settings.overflow, settings.echo], [1, "disconnect", true]);
  assertEquals(Object.keys(settings), NAMES);
});

Deno.test("resolveSettings() takes every number from its least to its most", () => {
  for (const name of NAMES) {
    const setting = SETTINGS[name];
    if (setting.type !== "number") continue;
    const { min, max, whole } = setting;
    assert(min <= setting.default && setting.default <= max, name);
    for (const value of [min, max]) assertEquals(resolveSettings({ [name]: value })[name], value);
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

Deno.test("resolveSettings() takes every choice and no other", () => {
  for (const name of NAMES) {
    const setting = SETTINGS[name];
    if (setting.type !== "choice") continue;
    for (const choice of setting.choices) {
      assertEquals(resolveSettings({ [name]: choice })[name], choice);
    }
    assertThrows(() => resolveSettings({ [name]: "other" }), TypeError, setting.choices.join(", "));
  }
});

Deno.test("resolveSettings() refuses values of another type", () => {
  for (const name of NAMES) {
    for (const value of [null, {}, [], "1", 1, true, ""]) {
      if (typeof value === typeof SETTINGS[name].default && value !== "" && value !== "1") continue;
      if (SETTINGS[name].type === "text" && value === "1") continue;
      assertThrows(
        () => resolveSettings({ [name]: value } as unknown as Partial<Settings>),
        TypeError,
        `Cannot set ${name} to `,
      );
    }
  }
});

Deno.test("flagName() makes flags of names", () => {
  assertEquals(flagName("port"), "port");
  assertEquals(flagName("idleTimeout"), "idle-timeout");
  assertEquals(new Set(NAMES.map(flagName)).size, NAMES.length);
});
