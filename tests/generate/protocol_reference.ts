/**
 * Makes the reference in docs/protocol.md from the tables in lib/wire: every request, event, reply and error code.
 * @module
 */
import { ERROR_CODES, EVENTS } from "../../lib/wire/events.ts";
import { REPLIES } from "../../lib/wire/replies.ts";
import { REQUESTS } from "../../lib/wire/requests.ts";
import type { Field, Node } from "../../lib/wire/schema.ts";
import examples from "../protocol_examples.json" with { type: "json" };
import { table } from "./markdown.ts";
import { namedNodes, type Row, type Table } from "./wire.ts";

/** An example in one line. */
type Example = Readonly<Record<string, unknown>>;

const sent: readonly Example[] = examples.server.map(({ event }) => event);
const asked: readonly Example[] = examples.client.map(({ request }) => request);

/** The text between the markers. */
export function generateProtocolReference(): string {
  const isReply = ({ type }: Example) => type === "reply";
  return [
    "### Requests",
    "Every request may have an `id`, a string of up to 64 characters. The answer repeats it as `ref`.",
    section(REQUESTS, (name) => asked.find(({ type }) => type === name)),
    "### Events",
    "Every event has a `type` and a `time`, in milliseconds since 1970 (UTC). Ignore types and members that you do not know.",
    section(EVENTS, (name) => sent.find(({ type }) => type === name)),
    "### Replies",
    "A `reply` answers a command, or a request of the same name. It has the `command`, the `ref`, the line that text " +
    "clients get as `text`, and `data`:",
    section(REPLIES, (name) => sent.find((it) => isReply(it) && it.command === name)),
    "### Objects",
    section(objects(), () => undefined),
    "### Error codes",
    table(
      ["code", "meaning"],
      Object.entries(ERROR_CODES).map(([code, doc]) => [`\`${code}\``, doc]),
    ),
  ].join("\n\n");
}

/** The objects that events have in common. */
function objects(): Table {
  const rows = [...namedNodes([EVENTS, REPLIES, REQUESTS])]
    .filter(([name]) => name !== "MessageEvent")
    .map(([name, { fields }]) => [name, { doc: "", fields }] as const);
  return Object.fromEntries(rows);
}

function section(rows: Table, exampleOf: (name: string) => Example | undefined): string {
  return Object.entries<Row & { readonly isAnswer?: boolean }>(rows).map(([name, row]) => {
    const example = exampleOf(name);
    const shown = example === undefined ? "" : `\`\`\`jsonl\n${oneLine(example)}\n\`\`\``;
    return [`#### ${name}`, row.doc, shown, fieldTable(row)].filter((part) => part !== "").join(
      "\n\n",
    );
  }).join("\n\n");
}

function oneLine(example: Example): string {
  return JSON.stringify(example, null, 1).replace(/\n\s*/g, " ");
}

function fieldTable({ fields, isAnswer = false }: Row & { readonly isAnswer?: boolean }): string {
  const ref = ["`ref`", "string or `null`", "The `id` of the request; `null` if it had none."];
  const rows = Object.entries(fields).map(([key, { node, doc }]: [string, Field]) => {
    return [`\`${key}\`${node.kind === "optional" ? " (optional)" : ""}`, describe(node), doc];
  });
  const all = isAnswer ? [ref, ...rows] : rows;
  return all.length === 0 ? "" : table(["member", "value", "meaning"], all);
}

/** The type of a value in words. */
function describe(node: Node): string {
  switch (node.kind) {
    case "string":
      return "string";
    case "open": {
      if (node.name !== undefined) return "an error code";
      return `${
        node.values.map((value) => `\`"${value}"\``).join(", ")
      }, or others in later versions`;
    }
    case "number":
      return "number";
    case "boolean":
      return "`true` or `false`";
    case "constant":
      return `\`${JSON.stringify(node.value)}\``;
    case "choice":
      return node.values.map((value) => `\`"${value}"\``).join(", ");
    case "nullable":
      return `${describe(node.of)} or \`null\``;
    case "optional":
      return describe(node.of);
    case "list":
      return `list of ${describe(node.of)}`;
    case "object":
      if (node.name === "MessageEvent") return "[message](#message)";
      if (node.name !== undefined) return `[${node.name}](#${node.name.toLowerCase()})`;
      return Object.entries(node.fields).map(([key, field]) =>
        `\`${key}\`: ${describe(field.node)}`
      )
        .join("; ");
  }
}
