/** Stand-in for `parseArgs` of `@std/cli`, on top of `node:util`: string and boolean flags, `default` and `unknown`. */
import { parseArgs as parse } from "node:util";

export interface ParseOptions<B extends string, S extends string> {
  /** Flags that take no value. */
  readonly boolean?: readonly B[];
  /** Flags that take a value; without one they are `""`. Given twice, the last one counts. */
  readonly string?: readonly S[];
  /** Values of flags that are not given; a flag that takes no value is `false` without one. */
  readonly default?: Readonly<Record<string, unknown>>;
  /** Called for every undeclared flag and every positional argument; `false` leaves it out of the result. */
  readonly unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

export type Args<B extends string, S extends string> =
  & { [K in B]: boolean }
  & { [K in S]?: string }
  & { _: Array<string | number> };

/** Takes `args` (`Deno.args`) apart into flags and, under `_`, the rest. Never throws. */
export function parseArgs<B extends string = never, S extends string = never>(
  args: string[],
  { boolean = [], string = [], default: defaults = {}, unknown }: ParseOptions<B, S> = {},
): Args<B, S> {
  const options: Record<string, { type: "boolean" | "string" }> = {};
  const result: Record<string, unknown> & { _: Array<string | number> } = { _: [] };
  for (const name of string) options[name] = { type: "string" };
  for (const name of boolean) {
    options[name] = { type: "boolean" };
    result[name] = false;
  }
  Object.assign(result, defaults);
  const isString = (arg: string) =>
    arg.startsWith("--") && options[arg.slice(2)]?.type === "string";
  const isValue = (arg: string | undefined) =>
    arg !== undefined && (arg === "-" || !arg.startsWith("-"));
  const end = args.indexOf("--");
  const closed = args.map((arg, i) =>
    (end < 0 || i < end) && isString(arg) && !isValue(args[i + 1]) ? `${arg}=` : arg
  );
  const { tokens } = parse({
    args: closed,
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  for (const token of tokens) {
    if (token.kind === "positional") {
      if (unknown?.(token.value) !== false) result._.push(token.value);
    } else if (token.kind === "option") {
      const declared = options[token.name];
      const value = declared?.type === "boolean" ? token.value !== "false" : token.value ?? true;
      if (declared === undefined && unknown?.(token.rawName, token.name, value) === false) continue;
      result[token.name] = value;
    }
  }
  return result as Args<B, S>;
}
