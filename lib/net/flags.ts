/**
 * The settings as command-line flags: which there are, what they mean as text, and their values back.
 * @module
 */
import { LOG_LEVELS, type LogLevel } from "./operate/log.ts";
import { type ChoiceSetting, flagName, type Setting, SETTINGS, type Settings } from "./options.ts";

const NAMES = Object.keys(SETTINGS) as Array<keyof Settings>;
const isSwitch = (name: keyof Settings) => SETTINGS[name].type === "switch";

/** How the program logs. The library leaves that to the function that it is given. */
export interface LogFlags {
  readonly logFormat: "text" | "json";
  /** The least level that is logged. */
  readonly logLevel: LogLevel;
}

const LOG_FLAGS: { readonly [Name in keyof LogFlags]: ChoiceSetting } = {
  logFormat: {
    type: "choice",
    default: "text",
    choices: ["text", "json"],
    value: "format",
    help: "how to log: text, or json for one object a line",
  },
  logLevel: {
    type: "choice",
    default: "info",
    choices: LOG_LEVELS,
    value: "level",
    help: "what to log at the least: info, warn or error",
  },
};

const LOG_NAMES = Object.keys(LOG_FLAGS) as Array<keyof LogFlags>;

/** Flags of the program that are no setting of the library. */
const PROGRAM_FLAGS = {
  quiet: "do not log connects and disconnects",
  help: "show this and exit",
  version: "show the version and exit",
} as const;

/** All flags, in the form that `parseArgs` takes. */
export const FLAGS = {
  boolean: [...NAMES.filter(isSwitch).map(flagName), ...Object.keys(PROGRAM_FLAGS)] as Array<
    keyof typeof PROGRAM_FLAGS
  >,
  string: [...NAMES.filter((name) => !isSwitch(name)), ...LOG_NAMES].map(flagName),
  /** A switch that is not given is neither on nor off: its default may be another. */
  default: Object.fromEntries(
    NAMES.filter(isSwitch).map((name) => [flagName(name), undefined]),
  ) as Record<string, unknown>,
};

/** One flag for people: `--idle-timeout <seconds>`, what it does and its default. */
export interface FlagDescription {
  readonly flag: string;
  readonly help: string;
  readonly default: string;
}

/** All flags for people, in the order of the help text. */
export const FLAG_DESCRIPTIONS: readonly FlagDescription[] = [
  ...NAMES.map((name) => describe(name, SETTINGS[name])),
  ...LOG_NAMES.map((name) => describe(name, LOG_FLAGS[name])),
  ...Object.entries(PROGRAM_FLAGS).map(([name, help]) => ({
    flag: `--${name}`,
    help,
    default: "",
  })),
];

function describe(name: string, setting: Setting): FlagDescription {
  const value = setting.value === undefined ? "" : ` <${setting.value}>`;
  return {
    flag: `--${flagName(name)}${value}`,
    help: setting.help,
    default: setting.type === "switch" ? "" : String(setting.default ?? ""),
  };
}

/** The flags as the table of the help text. */
export function describeFlags(): string {
  const width = Math.max(...FLAG_DESCRIPTIONS.map(({ flag }) => flag.length));
  return FLAG_DESCRIPTIONS.map(({ flag, help, default: value }) =>
    `  ${flag.padEnd(width)}  ${help}${value === "" ? "" : ` (${value})`}`
  ).join("\n");
}

/**
 * The settings that were given as flags.
 *
 * @throws {TypeError} If a number is none, or a value is missing.
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
 * How to log, as was given as flags, and else the defaults.
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

/** What a unit of time is in seconds. */
const UNITS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3_600, d: 86_400 };

/** `30`, or for a time `30s`, `10m`, `12h` or `7d` as well; NaN for anything else. */
function readNumber(text: string, { value }: Setting): number {
  // Number("") is 0 and Number("0x10") is 16: neither was meant.
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text) ?? [];
  if (digits === undefined || (unit !== "" && value !== "seconds")) return NaN;
  return Number(digits) * UNITS[unit]!;
}
