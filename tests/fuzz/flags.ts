/**
 * The arguments of the program: every one is understood, or the program refuses to start with one line. None is ignored,
 * and none sets another flag than the one that it names.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { FLAGS, parseFlags } from "../../lib/server/flags.ts";
import { utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import type { Bytes, Target } from "./target.ts";

const SWITCHES: readonly string[] = FLAGS.boolean;

const VALUES = ["", "0", "8080", "1e3", "true", "false", "perhaps", "a=b", "-1", "-", "--", "x y"];

function argument(random: Random): string {
  const name = random.pick(random.oneIn(2) ? SWITCHES : FLAGS.string);
  switch (random.below(12)) {
    case 0:
      return random.pick(VALUES);
    case 1:
      return "--";
    case 2:
      return `--no-${name}`;
    case 3:
      return `--no-${name}=${random.pick(VALUES)}`;
    case 4:
      return `-${name.slice(0, random.between(1, 4))}`;
    case 5:
      return `--${name}.${random.pick(["x", "__proto__", "constructor"])}=1`;
    case 6:
    case 7:
      return `--${name}=${random.pick(VALUES)}`;
    case 8:
      return name;
    default:
      return `--${name}`;
  }
}

/** The flags that the arguments set, as the documentation reads them; `undefined` if one of them is not understood. */
function understood(args: readonly string[]): Map<string, string | boolean> | undefined {
  const set = new Map<string, string | boolean>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") return i === args.length - 1 ? set : undefined;
    const [, name = "", value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    const next = args[i + 1];
    if (SWITCHES.includes(name)) {
      const isSpelled = value === undefined && (next === "true" || next === "false");
      const given = isSpelled ? next : value ?? "true";
      if (isSpelled) i++;
      if (given !== "true" && given !== "false") return undefined;
      if (value !== undefined && name.startsWith("no-")) return undefined;
      set.set(name, given === "true");
    } else if (FLAGS.string.includes(name)) {
      const takesNext = value === undefined && next !== undefined && next !== "" &&
        !next.startsWith("-");
      set.set(name, takesNext ? next : value ?? "");
      if (takesNext) i++;
    } else return undefined;
  }
  return set;
}

export const flags: Target = {
  name: "flags",
  short: 2_000,

  generate(random: Random): Bytes {
    return utf8(Array.from({ length: random.below(5) }, () => argument(random)).join("\0"));
  },

  check(input: Bytes): void {
    const text = new TextDecoder().decode(input);
    const args = text === "" ? [] : text.split("\0");
    const expected = understood(args);
    let given: Readonly<Record<string, unknown>>;
    try {
      given = parseFlags(args);
    } catch (error) {
      assert(error instanceof TypeError && !error.message.includes("\n"), String(error));
      return assertEquals(expected, undefined, `${args} is refused: ${error.message}`);
    }
    assert(expected !== undefined, `${args} is accepted`);
    const set = Object.entries(given).filter(([name, value]) =>
      name !== "_" && (expected.has(name) || (value !== undefined && value !== false))
    );
    assertEquals(new Map(set), expected as Map<string, unknown>);
    assertEquals(given["_"], []);
  },
};
