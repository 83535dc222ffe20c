/**
 * Values out of the tables of the wire, for tests and fuzzers: right ones, and nearly right ones.
 * @module
 */
import type { Field, Node } from "../../lib/wire/schema.ts";
import type { Random } from "../random.ts";

const TEXTS = [
  "",
  "x",
  "hello",
  "two\nlines",
  "lobby",
  "dev",
  "/help",
  '"\\',
  "\u{1f600}",
  "\ud800",
];

/** Values of types that no member has, or that only some have. */
const OTHERS = [null, true, 7, -1, 1.5, "x", [], {}, [[]], { epoch: 1 }];

/** A value in JSON that fits. */
export function sample(node: Node, random: Random): unknown {
  switch (node.kind) {
    case "string":
      return random.pick(TEXTS).slice(0, node.maxLength);
    case "number": {
      const value = Math.min(node.max, Math.max(node.min, random.below(1_000)));
      return node.whole ? value : value + 0.5;
    }
    case "boolean":
      return random.oneIn(2);
    case "constant":
      return node.value;
    case "choice":
    case "open":
      return random.pick(node.values);
    case "nullable":
      return random.oneIn(2) ? null : sample(node.of, random);
    case "optional":
      return random.oneIn(2) ? undefined : sample(node.of, random);
    case "list":
      return Array.from({ length: random.below(3) }, () => sample(node.of, random));
    case "object":
      return sampleOf(node.fields, random);
  }
}

/** An object with all members that it must have. */
export function sampleOf(
  fields: Readonly<Record<string, Field>>,
  random: Random,
): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [key, { node }] of Object.entries(fields)) {
    const value = sample(node, random);
    if (value !== undefined) object[key] = value;
  }
  return object;
}

/** The same with one member missing, or of any other type. */
export function spoil(object: Record<string, unknown>, random: Random): Record<string, unknown> {
  const key = random.pick(Object.keys(object));
  if (key === undefined) return object;
  const { [key]: _, ...rest } = object;
  return random.oneIn(3) ? rest : { ...rest, [key]: random.pick(OTHERS) };
}
