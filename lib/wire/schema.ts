/**
 * Descriptions of JSON values. One description gives the TypeScript type, the check of what a peer sent, the JSON that is
 * sent, and, elsewhere, the documentation and the inputs of the fuzzers.
 *
 * A schema has two types: `Wire` is the value in JSON, `Given` is what the chat hands in to be sent. They differ where the
 * chat has more than others may see (an object's other properties are left out) and where it has no value (`undefined`
 * becomes `null` or is left out).
 * @module
 */

/** What a schema says, as data. */
export type Node =
  | { readonly kind: "string"; readonly maxLength?: number; readonly expected: string }
  | {
    readonly kind: "number";
    readonly min: number;
    readonly max: number;
    readonly whole: boolean;
    readonly expected: string;
  }
  | { readonly kind: "boolean"; readonly expected: string }
  | { readonly kind: "constant"; readonly value: string | true; readonly expected: string }
  | { readonly kind: "choice"; readonly values: readonly string[]; readonly expected: string }
  | {
    readonly kind: "open";
    readonly values: readonly string[];
    /** The name of its type, if it has one. */
    readonly name: string | undefined;
    readonly expected: string;
  }
  | { readonly kind: "nullable"; readonly of: Node; readonly expected: string }
  | { readonly kind: "optional"; readonly of: Node; readonly expected: string }
  | { readonly kind: "list"; readonly of: Node; readonly expected: string }
  | {
    readonly kind: "object";
    /** The name of its type in TypeScript and in the documentation, if it has one. */
    readonly name: string | undefined;
    readonly fields: Readonly<Record<string, Field>>;
    readonly expected: string;
  };

/** One member of an object, and what it means. */
export interface Field {
  readonly node: Node;
  readonly doc: string;
}

/** A description of a value whose type in JSON is `Wire`, made from a `Given`. */
export interface Schema<Wire, Given = Wire> {
  readonly node: Node;
  /** Never there: it carries the types. */
  readonly types?: readonly [wire: Wire, given: Given];
}

// deno-lint-ignore no-explicit-any -- it stands for every schema, and types are inferred from the very one
export type AnySchema = Schema<any, any>;

/** The type of a value in JSON. */
export type WireOf<S extends AnySchema> = S extends Schema<infer Wire, infer _> ? Wire : never;
/** The type of what the chat hands in. */
export type GivenOf<S extends AnySchema> = S extends Schema<infer _, infer Given> ? Given : never;

/** A schema whose member of an object may be missing. */
interface Optional<Wire, Given> extends Schema<Wire, Given> {
  readonly isOptional: true;
}

/** The members of an object: each a schema and what it means. */
export type Members = Readonly<Record<string, readonly [AnySchema, string]>>;

type RequiredKeys<M extends Members> = {
  [Key in keyof M]: M[Key][0] extends { readonly isOptional: true } ? never : Key;
}[keyof M];
type OptionalKeys<M extends Members> = Exclude<keyof M, RequiredKeys<M>>;
/** Members that are the same always are not handed in. */
type ConstantKeys<M extends Members> = {
  [Key in keyof M]: GivenOf<M[Key][0]> extends Constant ? Key : never;
}[keyof M];
type Flat<T> = { readonly [Key in keyof T]: T[Key] };

/** The object in JSON. */
export type WireMembers<M extends Members> = Flat<
  & { [Key in RequiredKeys<M>]: WireOf<M[Key][0]> }
  & { [Key in OptionalKeys<M>]?: WireOf<M[Key][0]> }
>;
/** What is handed in for it: whatever may be missing or `null` may be `undefined`. */
export type GivenMembers<M extends Members> = Flat<
  & {
    [
      Key in Exclude<RequiredKeys<M>, ConstantKeys<M>> as undefined extends GivenOf<M[Key][0]>
        ? never
        : Key
    ]: GivenOf<M[Key][0]>;
  }
  & {
    [
      Key in Exclude<keyof M, ConstantKeys<M>> as undefined extends GivenOf<M[Key][0]> ? Key
        : Key extends OptionalKeys<M> ? Key
        : never
    ]?: GivenOf<M[Key][0]> | undefined;
  }
>;

/** Stands in `Given` for a value that is not handed in. */
interface Constant {
  readonly isConstant: true;
}

/** A text of at most `maxLength` UTF-16 units, if that is given. */
export function text(maxLength?: number): Schema<string> {
  if (maxLength === undefined) return { node: { kind: "string", expected: "a string" } };
  const expected = `a string of up to ${maxLength} characters`;
  return { node: { kind: "string", maxLength, expected } };
}

/** A whole number from `min` to `max`. */
export function integer(
  { min = 0, max = Number.MAX_SAFE_INTEGER, expected = "a whole number" }: {
    readonly min?: number;
    readonly max?: number;
    readonly expected?: string;
  } = {},
): Schema<number> {
  return { node: { kind: "number", min, max, whole: true, expected } };
}

/** A number that may have a fraction. */
export const number: Schema<number> = {
  node: { kind: "number", min: -Infinity, max: Infinity, whole: false, expected: "a number" },
};

export const flag: Schema<boolean> = { node: { kind: "boolean", expected: "true or false" } };

/** A text that is always the same; it is not handed in. */
export function constant<const Value extends string>(value: Value): Schema<Value, Constant> {
  return { node: { kind: "constant", value, expected: `'${value}'` } };
}

/** One of some texts. */
export function choice<const Value extends string>(...values: readonly Value[]): Schema<Value> {
  return { node: { kind: "choice", values, expected: listOf(values.map((it) => `'${it}'`)) } };
}

/** One of some texts. Later versions may have more, so receivers accept every text. */
export function openChoice<const Value extends string>(
  values: readonly Value[],
  name?: string,
): Schema<Value> {
  return { node: { kind: "open", values, name, expected: "a string" } };
}

/** `null` where there is no value. */
export function nullable<Wire, Given>(
  { node }: Schema<Wire, Given>,
): Schema<Wire | null, Given | null | undefined> {
  return { node: { kind: "nullable", of: node, expected: `${node.expected} or null` } };
}

/** A member that may be missing. */
export function optional<Wire, Given>(
  { node }: Schema<Wire, Given>,
): Optional<Wire, Given | undefined> {
  return { node: { kind: "optional", of: node, expected: node.expected }, isOptional: true };
}

/** A member that is `true` or missing; `false` may be handed in. */
export const mark: Optional<true, boolean | undefined> = {
  node: {
    kind: "optional",
    of: { kind: "constant", value: true, expected: "true" },
    expected: "true",
  },
  isOptional: true,
};

export function list<Wire, Given>(
  { node }: Schema<Wire, Given>,
): Schema<readonly Wire[], readonly Given[]> {
  return { node: { kind: "list", of: node, expected: `a list, each ${node.expected}` } };
}

/** An object. Members that it does not name are left out when it is sent, and ignored when it is received. */
export function object<const M extends Members>(
  members: M,
  { name, expected = "an object" }: { readonly name?: string; readonly expected?: string } = {},
): Schema<WireMembers<M>, GivenMembers<M>> {
  return { node: { kind: "object", name, fields: fieldsOf(members), expected } };
}

/** Members as data, in their order. */
export function fieldsOf(members: Members): Record<string, Field> {
  return Object.fromEntries(
    Object.entries(members).map(([key, [{ node }, doc]]) => [key, { node, doc }]),
  );
}

/** `'a', 'b' or 'c'`. */
export function listOf(items: readonly string[]): string {
  const last = items.at(-1) ?? "";
  return items.length < 2 ? last : `${items.slice(0, -1).join(", ")} or ${last}`;
}

/**
 * What is wrong with a value that a peer sent, as the end of a sentence that begins with `name`: `limit is not a number
 * from 1 to 200`. `undefined` if nothing is.
 */
export function problemOf(node: Node, value: unknown, name: string): string | undefined {
  switch (node.kind) {
    case "nullable":
      return value === null ? undefined : problemOf(node.of, value, name);
    case "optional":
      return value === undefined ? undefined : problemOf(node.of, value, name);
    case "list":
      if (!Array.isArray(value)) break;
      if (value.every((item) => problemOf(node.of, item, name) === undefined)) return undefined;
      break;
    case "object":
      if (typeof value !== "object" || value === null || Array.isArray(value)) break;
      if (problemOfFields(node.fields, value as Record<string, unknown>) === undefined) {
        return undefined;
      }
      break;
    default:
      if (isRight(node, value)) return undefined;
  }
  return `${name} is not ${node.expected}`;
}

/** The same for the members of an object. */
export function problemOfFields(
  fields: Readonly<Record<string, Field>>,
  value: Readonly<Record<string, unknown>>,
): string | undefined {
  for (const [key, { node }] of Object.entries(fields)) {
    const problem = problemOf(node, Object.hasOwn(value, key) ? value[key] : undefined, key);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

type Scalar = Exclude<Node, { kind: "nullable" | "optional" | "list" | "object" }>;

function isRight(node: Scalar, value: unknown): boolean {
  switch (node.kind) {
    case "string":
      return typeof value === "string" && value.length <= (node.maxLength ?? Infinity);
    case "open":
      return typeof value === "string";
    case "number":
      return typeof value === "number" && value >= node.min && value <= node.max &&
        (!node.whole || Number.isSafeInteger(value));
    case "boolean":
      return typeof value === "boolean";
    case "constant":
      return value === node.value;
    case "choice":
      return node.values.includes(value as string);
  }
}

/** Writes what is handed in as JSON; `undefined` for a member that is missing. */
export type JsonWriter = (given: unknown) => string | undefined;

/**
 * The writer of a schema. It is made once, not looked up for every event, and puts texts together instead of making an
 * object for `JSON.stringify`.
 */
export function writerOf(node: Node): JsonWriter {
  switch (node.kind) {
    case "nullable": {
      const write = writerOf(node.of);
      return (value) => value === undefined || value === null ? "null" : write(value);
    }
    case "optional": {
      const write = writerOf(node.of);
      return (value) => value === undefined ? undefined : write(value);
    }
    case "list": {
      const write = writerOf(node.of);
      return (value) => `[${(value as readonly unknown[]).map((item) => write(item)).join(",")}]`;
    }
    case "constant": {
      const json = JSON.stringify(node.value);
      return node.value === true ? (value) => value === true ? json : undefined : () => json;
    }
    case "object": {
      const write = membersWriterOf(node.fields);
      return (value) => `{${write(value).slice(1)}}`;
    }
    case "number":
    case "boolean":
      return (value) => `${value}`;
    case "string":
    case "choice":
    case "open":
      return (value) => quote(value as string);
  }
}

/** Writes the members of an object in the order of the table, each with a comma in front. */
export function membersWriterOf(
  fields: Readonly<Record<string, Field>>,
): (given: unknown) => string {
  const writers = Object.entries(fields).map(([key, { node }]) =>
    [key, `,${JSON.stringify(key)}:`, writerOf(node)] as const
  );
  return (given) => {
    let json = "";
    for (let i = 0; i < writers.length; i++) {
      const [key, prefix, write] = writers[i]!;
      const value = write((given as Record<string, unknown>)[key]);
      if (value !== undefined) json += prefix + value;
    }
    return json;
  };
}

/** A text without anything that JSON escapes. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** A text as JSON: most need no escape, which is told faster than `JSON.stringify` is called. */
export function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}
