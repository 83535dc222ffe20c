/**
 * Makes the reference in docs/protocol.md from the tables in lib/wire: every request, event, reply and error code.
 * @module
 */
import { ERROR_CODES, EVENTS } from "../../lib/wire/events.ts";
import { REPLIES } from "../../lib/wire/replies.ts";
import { REQUESTS } from "../../lib/wire/requests.ts";
import type { Field, Node } from "../../lib/wire/schema.ts";
import { namedNodes, type Row, type Table } from "./wire.ts";

/** The text between the markers. */
export function generateProtocolReference(): string {
  return [
    "### Requests\n\nEvery request may have an `id`, a string of up to 64 characters. The answer repeats it as `ref`.",
    section(REQUESTS, 4),
    "### Events\n\nEvery event has a `type` and a `time`, in milliseconds since 1970 (UTC).",
    section(EVENTS, 4),
    "### Replies\n\nA `reply` answers a command, or a request of the same name. It has the `command`, the line that text " +
    "clients get as `text`, and `data`:",
    section(REPLIES, 4),
    "### Objects",
    section(
      Object.fromEntries(
        [...namedNodes([EVENTS, REPLIES, REQUESTS])]
          .filter(([name]) => name !== "MessageEvent")
          .map(([name, { fields }]) => [name, { doc: "", fields }]),
      ),
      4,
    ),
    "### Error codes",
    table(
      ["code", "meaning"],
      Object.entries(ERROR_CODES).map(([code, doc]) => [`\`${code}\``, doc]),
    ),
  ].join("\n\n");
}

function section(rows: Table, level: number): string {
  return Object.entries<Row & { readonly isAnswer?: boolean }>(rows).map(([name, row]) =>
    [`${"#".repeat(level)} ${name}`, row.doc, fieldTable(row)].filter((part) => part !== "").join(
      "\n\n",
    )
  ).join("\n\n");
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
    case "open":
      return node.kind === "open" ? "an error code" : "string";
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

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
