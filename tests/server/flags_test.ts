import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import {
  describeFlags,
  FLAG_DESCRIPTIONS,
  FLAGS,
  type LogFlags,
  readFlags,
  readLogFlags,
} from "../../lib/server/flags.ts";
import { resolveSettings } from "../../lib/server/resolve_settings.ts";
import { flagName, SETTINGS, type Settings } from "../../lib/server/settings.ts";

function read(...args: string[]): Partial<Settings> {
  return readFlags(parseArgs(args, FLAGS));
}

function readLog(...args: string[]): LogFlags {
  return readLogFlags(parseArgs(args, FLAGS));
}

Deno.test("readFlags() leaves out flags that are not given", () => {
  assertEquals(resolveSettings(read()), resolveSettings({}));
});

Deno.test("readFlags() reads every default when it is given as a flag", () => {
  const args = Object.entries(SETTINGS).flatMap(([name, setting]) =>
    // Settings without a default, and the port that needs one of them, are not given.
    setting.type === "switch" || setting.default === undefined || name === "tlsPort"
      ? []
      : [`--${flagName(name)}`, String(setting.default)]
  );
  assertEquals(resolveSettings(read(...args)), resolveSettings({}));
});

Deno.test("readFlags() reads values of every type, in both forms", () => {
  const settings = {
    port: 0,
    hostname: "::1",
    idleTimeout: 0.5,
    overflow: "disconnect",
    echo: true,
  } as const;
  const rest = ["--overflow", "disconnect", "--echo"];
  const given = read("--port", "0", "--idle-timeout=0.5", "--hostname=::1", ...rest);
  assertEquals(resolveSettings(given), resolveSettings(settings));
  assertEquals(read("--port=1", "--port=2").port, 2);
});

Deno.test("readFlags() rejects malformed numbers and numbers out of bounds", () => {
  for (const text of ["x", "1x", "0x10", "1e3", "-1", "+1", "1.5", " 1", "65536", "NaN", ".5"]) {
    assertThrows(
      () => read(`--port=${text}`),
      RangeError,
      `--port must be a whole number from 0 to 65535, not '${text}'`,
    );
  }
  assertThrows(() => read("--heartbeat=-0.5"), RangeError, "--heartbeat must be a number from 0");
});

Deno.test("readFlags() accepts units for times only", () => {
  for (
    const [text, age] of [["90", 90], ["90s", 90], ["10m", 600], ["12h", 43_200], ["7d", 604_800]]
  ) {
    assertEquals(read(`--history-age=${text}`).historyAge, age);
  }
  assertEquals(read("--idle-timeout=0.5m").idleTimeout, 30);
  for (const text of ["7w", "d", "1d12h", "7 d", "7D", "0.5s", "11000d"]) {
    assertThrows(() => read(`--history-age=${text}`), RangeError, "--history-age must be a whole");
  }
  assertThrows(
    () => read("--history-age=7w"),
    RangeError,
    "--history-age must be a whole number from 1 to 315360000 (or with a unit: 90s, 10m, 12h, 7d), not '7w'",
  );
  assertThrows(() => read("--port=1m"), RangeError, "from 0 to 65535, not '1m'");
});

Deno.test("readFlags() rejects an unknown choice", () => {
  assertThrows(
    () => read("--overflow=drop"),
    TypeError,
    "--overflow must be one of drop-oldest, drop-newest, disconnect, not 'drop'",
  );
});

Deno.test("readLogFlags() fills in the defaults, and accepts exactly the listed choices", () => {
  assertEquals(readLog(), { logFormat: "text", logLevel: "info" });
  assertEquals(readLog("--log-format=json", "--log-level", "error"), {
    logFormat: "json",
    logLevel: "error",
  });
  assertThrows(
    () => readLog("--log-level=debug"),
    TypeError,
    "--log-level must be one of info, warn, error, not 'debug'",
  );
});

Deno.test("readFlags() rejects a missing value", () => {
  for (const name of FLAGS.string) {
    const readAll = (arg: string) => [read(arg), readLog(arg)];
    assertThrows(() => readAll(`--${name}=`), TypeError, `--${name} needs a value`);
    assertThrows(() => readAll(`--${name}`), TypeError, `--${name} needs a value`);
  }
});

Deno.test("describeFlags() lists every flag once, the most used first, in columns", () => {
  const text = describeFlags();
  const column = text.split("\n")[1]!.indexOf("TCP port");
  const entries = text.replaceAll(`\n${" ".repeat(column)}`, " ").split("\n")
    .filter((line) => line.startsWith("  --"));
  assertEquals(entries.length, FLAGS.boolean.length + FLAGS.string.length);
  const most = FLAG_DESCRIPTIONS.filter(({ isMostUsed }) => isMostUsed);
  const others = FLAG_DESCRIPTIONS.filter(({ isMostUsed }) => !isMostUsed);
  [...most, ...others].forEach(({ flag, help, default: value }, i) => {
    assertEquals(entries[i]!.slice(0, column).trim(), flag);
    assertEquals(entries[i]!.slice(column), value === "" ? help : `${help} (${value})`);
  });
  assert(most.length >= 5 && most.length <= 12, `${most.length} flags are most used`);
  for (const line of text.split("\n")) assert(line.length <= 100, line);
});

Deno.test("readFlags() tells a switch set to false from one that is not given", () => {
  assertEquals(read("--hide-addresses"), { hideAddresses: true });
  assertEquals(read("--hide-addresses=false"), { hideAddresses: false });
  assertEquals(read(), {});
  assertEquals(resolveSettings(read("--hostname", "::")).hideAddresses, true);
});
