/** Stand-in for `parseArgs` of `@std/cli`. */

/** The options of {@linkcode parseArgs}. */
export interface ParseOptions<
  B extends string = string,
  S extends string = string,
  C extends string = string,
  N extends string = string,
  D extends boolean = boolean,
> {
  /** Whether arguments after `--` go to `result["--"]` instead of `result._`. @default {false} */
  "--"?: D;
  /** Other names of flags. */
  alias?: Readonly<Record<string, string | readonly string[]>>;
  /** Flags that take no value, or `true` for all those that are given as `--flag` without `=`. */
  boolean?: boolean | B | readonly B[];
  /** Values of flags that are not given. A flag of `boolean` is `false` without one. */
  default?: Readonly<Record<string, unknown>>;
  /** Whether everything after the first positional argument is positional too. @default {false} */
  stopEarly?: boolean;
  /** Flags whose value stays a string. Without a value they are `""`. */
  string?: S | readonly S[];
  /** Flags that collect the values of all their occurrences. Of other flags the last one counts. */
  collect?: C | readonly C[];
  /** Flags that `--no-flag` sets to `false`. */
  negatable?: N | readonly N[];
  /**
   * Called for each undeclared flag and each positional argument before `--`; `false` leaves it out of the result.
   * Arguments after `--` are not reported.
   */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** The result of {@linkcode parseArgs}. */
export type Args<
  B extends string = never,
  S extends string = never,
  C extends string = never,
  N extends string = never,
  D extends boolean = false,
> =
  & { [K in Exclude<B, C>]: boolean }
  & { [K in Exclude<S, C | N>]?: string }
  & { [K in Exclude<Extract<S, N>, C>]?: string | false }
  & { [K in Extract<B, C>]: boolean[] }
  & { [K in Extract<S, C>]: string[] }
  & { _: Array<string | number> }
  & (D extends true ? { "--": string[] } : unknown);

/** Parses command line arguments, `Deno.args` as a rule, into flags and, under `_`, positional arguments. */
export function parseArgs<
  B extends string = never,
  S extends string = never,
  C extends string = never,
  N extends string = never,
  D extends boolean = false,
>(
  args: readonly string[],
  options: ParseOptions<B, S, C, N, D> = {},
): Args<B, S, C, N, D> {
  const separator = args.indexOf("--");
  const flags = separator < 0 ? args : args.slice(0, separator);
  const rest = separator < 0 ? [] : args.slice(separator + 1);
  const parser = new Parser(options);
  parser.parse(flags);
  parser.fillDefaults(options.default ?? {});
  const { result } = parser;
  if (options["--"]) result["--"] = rest;
  else result._.push(...rest);
  return result as unknown as Args<B, S, C, N, D>;
}

interface Result extends Record<string, unknown> {
  _: Array<string | number>;
}

class Parser {
  readonly result: Result = { _: [] };
  readonly #aliases = new Map<string, string[]>();
  readonly #boolean: ReadonlySet<string>;
  readonly #string: ReadonlySet<string>;
  readonly #collect: ReadonlySet<string>;
  readonly #negatable: ReadonlySet<string>;
  readonly #allBoolean: boolean;
  readonly #stopEarly: boolean;
  readonly #unknown: (arg: string, key?: string, value?: unknown) => unknown;
  #args: readonly string[] = [];
  #next = 0;

  constructor(options: ParseOptions) {
    for (const [name, others] of Object.entries(options.alias ?? {})) {
      const names = [name, ...toList(others)];
      for (const each of names) this.#aliases.set(each, names.filter((other) => other !== each));
    }
    this.#allBoolean = options.boolean === true;
    this.#boolean = this.#withAliases(typeof options.boolean === "boolean" ? [] : options.boolean);
    this.#string = this.#withAliases(options.string);
    this.#collect = this.#withAliases(options.collect);
    this.#negatable = this.#withAliases(options.negatable);
    this.#stopEarly = options.stopEarly ?? false;
    this.#unknown = options.unknown ?? (() => true);
  }

  parse(args: readonly string[]): void {
    this.#args = args;
    for (this.#next = 0; this.#next < args.length;) {
      const arg = args[this.#next++]!;
      if (arg.length > 2 && arg.startsWith("--")) this.#long(arg);
      else if (arg.length > 1 && arg.startsWith("-")) this.#short(arg);
      else {
        this.#positional(arg);
        if (!this.#stopEarly) continue;
        this.result._.push(...args.slice(this.#next));
        return;
      }
    }
  }

  fillDefaults(defaults: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(defaults)) {
      if (hasPath(this.result, name)) continue;
      for (const each of [name, ...this.#aliases.get(name) ?? []]) {
        setPath(this.result, each, () => value);
      }
    }
    for (const name of [...this.#boolean, ...this.#string]) {
      const isCollected = this.#collect.has(name);
      if (hasPath(this.result, name) || !(isCollected || this.#boolean.has(name))) continue;
      setPath(this.result, name, () => isCollected ? [] : false);
    }
  }

  /** `--name`, `--name value`, `--name=value` or `--no-name`. */
  #long(arg: string): void {
    const isNegated = arg.startsWith("--no-") && arg.length > "--no-".length;
    const text = arg.slice(isNegated ? "--no-".length : "--".length);
    const equals = text.indexOf("=", 1);
    if (equals > 0) {
      // As in the real package, `--no-name=value` sets `name`.
      const name = text.slice(0, equals), value = text.slice(equals + 1);
      return this.#set(name, this.#boolean.has(name) ? value !== "false" : value, arg);
    }
    if (isNegated && this.#negatable.has(text)) return this.#set(text, false, arg, false);
    const name = isNegated ? `no-${text}` : text;
    const next = this.#args[this.#next];
    const takesNext = !this.#allBoolean && !this.#isBoolean(name) && !next?.startsWith("-");
    this.#set(name, this.#valueFrom(next, takesNext, name), arg);
  }

  /** A cluster of letters of which one may take the rest, or the last one the next argument, as its value. */
  #short(arg: string): void {
    const last = arg.length - 1;
    for (let i = 1; i < last; i++) {
      const letter = arg[i]!, rest = arg.slice(i + 1);
      if (rest === "-") {
        this.#set(letter, rest, arg);
        continue;
      }
      const value = this.#attached(letter, rest, i + 1 < last);
      this.#set(letter, value ?? (this.#string.has(letter) ? "" : true), arg);
      if (value !== undefined) return;
    }
    const letter = arg[last]!;
    if (letter === "-") return;
    const next = this.#args[this.#next];
    const takesNext = !this.#isBoolean(letter) && !/^--?[^-]/.test(next ?? "");
    this.#set(letter, this.#valueFrom(next, takesNext, letter), arg);
  }

  /** The value that follows `letter` in its cluster: `-n5`, `-n=5`, `-n/5`. */
  #attached(letter: string, rest: string, isLong: boolean): string | undefined {
    if (rest === "=") return "";
    if (/[A-Za-z]/.test(letter)) {
      const assigned = /=(.+)/.exec(rest);
      if (assigned !== null) return assigned[1];
      if (/\d(?:\.\d*)?(?:e-?\d+)?$/.test(rest)) return rest;
    }
    return isLong && /^\W/.test(rest) ? rest : undefined;
  }

  /** The next argument if it is the value of the flag `name`, or else what a flag without a value is. */
  #valueFrom(next: string | undefined, takesNext: boolean, name: string): string | boolean {
    if (next !== undefined && next !== "") {
      const isSwitch = next === "true" || next === "false";
      if (takesNext || isSwitch) this.#next++;
      if (takesNext) return next;
      if (isSwitch) return next === "true";
    }
    return this.#string.has(name) ? "" : true;
  }

  #positional(arg: string): void {
    if (this.#unknown(arg) === false) return;
    this.result._.push(this.#string.has("_") ? arg : toNumber(arg));
  }

  #set(name: string, value: string | boolean, arg: string, collects = true): void {
    const isDeclared = this.#boolean.has(name) || this.#string.has(name) ||
      this.#collect.has(name) || this.#aliases.has(name) ||
      (this.#allBoolean && /^--[^=]+$/.test(arg));
    if (!isDeclared && this.#unknown(arg, name, value) === false) return;
    const read = typeof value === "string" && !this.#string.has(name) ? toNumber(value) : value;
    const change = (old: unknown) => {
      if (!collects || !this.#collect.has(name)) return read;
      if (!Array.isArray(old)) return old ? [old, read] : [read];
      old.push(read);
      return old;
    };
    for (const each of [name, ...this.#aliases.get(name) ?? []]) {
      setPath(this.result, each, change);
    }
  }

  #isBoolean(name: string): boolean {
    return this.#boolean.has(name) ||
      (this.#aliases.get(name) ?? []).some((other) => this.#boolean.has(other));
  }

  #withAliases(names: string | readonly string[] = []): Set<string> {
    const given = toList(names).filter((name) => name !== "");
    return new Set(given.flatMap((name) => [name, ...this.#aliases.get(name) ?? []]));
  }
}

function toList(names: string | readonly string[]): readonly string[] {
  return typeof names === "string" ? [names] : names;
}

/** Text as a number if it is one, in any form that `Number()` reads. */
function toNumber(text: string): string | number {
  return /\S/.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** A name with dots is a path into objects within objects. */
function hasPath(object: object, path: string): boolean {
  let at: unknown = object;
  for (const key of path.split(".")) {
    if (!Object.hasOwn(at as object, key)) return false;
    at = (at as Record<string, unknown>)[key];
  }
  return true;
}

/** Never follows a path into a prototype. */
function setPath(object: object, path: string, change: (old: unknown) => unknown): void {
  let at = object as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop()!;
  for (const key of keys) {
    if (isUnsafe(at, key)) return;
    at = (at[key] ??= {}) as Record<string, unknown>;
  }
  if (!isUnsafe(at, last)) at[last] = change(at[last]);
}

function isUnsafe(object: Readonly<Record<string, unknown>>, key: string): boolean {
  return key === "__proto__" || (key === "constructor" && typeof object[key] === "function");
}
