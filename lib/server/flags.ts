/**
 * The flags of the program: parses them, describes them for `--help`, and converts them to settings.
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { LOG_LEVELS, type LogLevel } from "./observability/log_kinds.ts";
import {
  type ChoiceSetting,
  flagName,
  type Section,
  SECTIONS,
  type Setting,
  SETTINGS,
  type Settings,
} from "./settings.ts";

const NAMES = Object.keys(SETTINGS) as Array<keyof Settings>;
const isSwitch = (name: keyof Settings) => SETTINGS[name].type === "switch";

/** How the program logs. The library leaves that to its `log` option. */
export interface LogFlags {
  readonly logFormat: "text" | "json";
  /** The minimum level to log. */
  readonly logLevel: LogLevel;
}

const LOG_FLAGS: { readonly [Name in keyof LogFlags]: ChoiceSetting } = {
  logFormat: {
    section: "Logging and help",
    type: "choice",
    default: "text",
    choices: ["text", "json"],
    value: "format",
    help: "log as text, or as json with one object per line",
  },
  logLevel: {
    section: "Logging and help",
    type: "choice",
    default: "info",
    choices: LOG_LEVELS,
    value: "level",
    help: "minimum level to log: info, warn or error",
  },
};

const LOG_NAMES = Object.keys(LOG_FLAGS) as Array<keyof LogFlags>;

/** Switches of the program that are not settings of the library. */
const PROGRAM_FLAGS = {
  quiet: "do not log connects and disconnects",
  help: "show this help and exit",
  version: "show the version and exit",
} as const;

/** All flags, in the form that `parseArgs` takes. */
export const FLAGS = {
  boolean: [...NAMES.filter(isSwitch).map(flagName), ...Object.keys(PROGRAM_FLAGS)] as Array<
    keyof typeof PROGRAM_FLAGS
  >,
  string: [...NAMES.filter((name) => !isSwitch(name)), ...LOG_NAMES].map(flagName),
  /** A switch that is not given is `undefined`, since its default may depend on other settings. */
  default: Object.fromEntries(
    NAMES.filter(isSwitch).map((name) => [flagName(name), undefined]),
  ) as Record<string, unknown>,
};

/** Parsed flags: text, or whether a switch is on. */
export type GivenFlags =
  & Readonly<Record<string, unknown>>
  & {
    readonly [Name in keyof typeof PROGRAM_FLAGS]?: boolean;
  };

/**
 * Parses the arguments of the program.
 *
 * @throws {TypeError} If an argument is not a flag, or a switch has a value.
 */
export function parseFlags(args: readonly string[]): GivenFlags {
  const unknown: string[] = [];
  const { "--": rest, ...flags } = parseArgs(args, {
    ...FLAGS,
    "--": true,
    unknown: (arg) => {
      unknown.push(arg);
      return false;
    },
  });
  checkAssignments(args);
  const [first] = [...unknown, ...rest]; // parseArgs does not report arguments after "--"
  if (first !== undefined) throw unknownArgument(first);
  return flags;
}

/** Rejects arguments that parseArgs would misread: `--echo=perhaps` as `--echo`, `--no-history=x` as `--history=x`. */
function checkAssignments(args: readonly string[]): void {
  const end = args.indexOf("--");
  for (const arg of end < 0 ? args : args.slice(0, end)) {
    const [, name, value] = /^--([^=]+)=(.*)$/s.exec(arg) ?? [];
    if (name === undefined || value === undefined) continue;
    const isNegated = name.startsWith("no-");
    const isSwitch = FLAGS.boolean.some((flag) => flag === name);
    if (isSwitch && (isNegated || !["true", "false"].includes(value))) {
      throw new TypeError(`--${name} takes no value, not '${arg}'`);
    }
    if (isNegated) throw unknownArgument(arg);
  }
}

function unknownArgument(arg: string): TypeError {
  const what = arg === "" ? "An argument is empty" : `Unknown argument '${arg}'`;
  return new TypeError(`${what}, try --help`);
}

/** The description of a flag: `--idle-timeout <seconds>`, its help text and its default. */
export interface FlagDescription {
  readonly section: Section;
  readonly isMostUsed: boolean;
  readonly flag: string;
  readonly help: string;
  readonly default: string;
  /** The range of its values, if they are bounded. */
  readonly range: string;
}

/** The descriptions of all flags, in the order of the sections. */
export const FLAG_DESCRIPTIONS: readonly FlagDescription[] = [
  ...NAMES.map((name) => describe(name, SETTINGS[name])),
  ...LOG_NAMES.map((name) => describe(name, LOG_FLAGS[name])),
  ...Object.entries(PROGRAM_FLAGS).map(([name, help]): FlagDescription => ({
    section: "Logging and help",
    isMostUsed: name === "help",
    flag: `--${name}`,
    help,
    default: "",
    range: "",
  })),
];

function describe(name: string, setting: Setting): FlagDescription {
  const value = setting.value === undefined ? "" : ` <${setting.value}>`;
  return {
    section: setting.section,
    isMostUsed: setting.isMostUsed ?? false,
    flag: `--${flagName(name)}${value}`,
    help: setting.help,
    default: setting.type === "switch" ? "" : String(setting.default ?? ""),
    range: setting.type === "number" ? `${setting.min} to ${setting.max}` : "",
  };
}

/** The maximum width of the help text, in columns. */
const HELP_WIDTH = 100;

/** The help text of all flags: the most used ones, then the others by section. */
export function describeFlags(): string {
  const rest = FLAG_DESCRIPTIONS.filter(({ isMostUsed }) => !isMostUsed);
  const sections = SECTIONS.map((section) =>
    [section, rest.filter((flag) => flag.section === section)] as const
  );
  const most = FLAG_DESCRIPTIONS.filter(({ isMostUsed }) => isMostUsed);
  return [["Most used", most] as const, ...sections]
    .filter(([, flags]) => flags.length > 0)
    .map(([title, flags]) => `${title}:\n${flags.map(describeFlag).join("\n")}`)
    .join("\n\n");
}

/** The width of the column of flags, without the two blanks on either side. */
const FLAG_WIDTH = Math.max(...FLAG_DESCRIPTIONS.map(({ flag }) => flag.length));

function describeFlag({ flag, help, default: value }: FlagDescription): string {
  const indent = " ".repeat(FLAG_WIDTH + 4);
  const lines = wrap(help + (value === "" ? "" : ` (${value})`), HELP_WIDTH - indent.length);
  return `  ${flag.padEnd(FLAG_WIDTH)}  ${lines.join(`\n${indent}`)}`;
}

/** Wraps a text to lines of at most `width` columns. */
function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/**
 * The settings that were given as flags.
 *
 * @throws {TypeError} If a value is missing or not one of the choices.
 * @throws {RangeError} If a number is malformed or out of its bounds.
 */
export function readFlags(flags: Readonly<Record<string, unknown>>): Partial<Settings> {
  const settings: Record<string, unknown> = {};
  for (const name of NAMES) {
    const flag = flagName(name);
    const text = flags[flag];
    if (text !== undefined) settings[name] = readFlag(flag, SETTINGS[name], text);
  }
  return settings;
}

/**
 * The logging flags, with defaults.
 *
 * @throws {TypeError} If a value is missing or not one of the choices.
 */
export function readLogFlags(flags: Readonly<Record<string, unknown>>): LogFlags {
  return Object.fromEntries(LOG_NAMES.map((name) => {
    const flag = flagName(name);
    const text = flags[flag];
    const setting = LOG_FLAGS[name];
    return [name, text === undefined ? setting.default : readFlag(flag, setting, text)];
  })) as unknown as LogFlags;
}

function readFlag(flag: string, setting: Setting, text: unknown): unknown {
  if (setting.type === "switch") return text;
  if (typeof text !== "string" || text === "") throw new TypeError(`--${flag} needs a value`);
  if (setting.type === "number") {
    const value = readNumber(text, setting);
    const kind = setting.whole ? "a whole number" : "a number";
    const hint = setting.value === "seconds" ? " (or with a unit: 90s, 10m, 12h, 7d)" : "";
    if (
      !(value >= setting.min && value <= setting.max) || (setting.whole && !Number.isInteger(value))
    ) {
      throw new RangeError(
        `--${flag} must be ${kind} from ${setting.min} to ${setting.max}${hint}, not '${text}'`,
      );
    }
    return value;
  }
  if (setting.type === "choice" && !setting.choices.includes(text)) {
    throw new TypeError(`--${flag} must be one of ${setting.choices.join(", ")}, not '${text}'`);
  }
  return text;
}

/** The units of time, in seconds. */
const UNITS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3_600, d: 86_400 };

/** Reads `30`, or for a time also `30s`, `10m`, `12h` or `7d`. Returns NaN for anything else. */
function readNumber(text: string, { value }: Setting): number {
  // Number("") would be 0, and Number("0x10") would be 16.
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text) ?? [];
  if (digits === undefined || (unit !== "" && value !== "seconds")) return NaN;
  return Number(digits) * UNITS[unit]!;
}
