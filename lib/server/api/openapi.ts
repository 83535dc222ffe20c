/**
 * The description of the API as an OpenAPI 3.1 document, made from the table of its routes.
 * @module
 */
import { ERROR_CODES } from "../../wire/events.ts";
import type { Field, Node } from "../../wire/schema.ts";
import { PROBLEM_TYPE } from "./problem.ts";
import { API_ROUTES, type Operation } from "./routes.ts";

type Json = { readonly [key: string]: unknown };
type Fields = Readonly<Record<string, Field>>;

/** What every operation may answer, besides its own errors. */
const COMMON_ERRORS = [401, 429, 503];

const ERRORS: Readonly<Record<number, string>> = {
  400: "The request is malformed, or the name of the room is not allowed.",
  401: "The token is missing, wrong or expired.",
  403:
    "The token lacks the right, the author is banned or muted, or the origin of the page is not allowed.",
  404: "There is no such room, or the server stores no history.",
  409: "The name of the new room looks like that of an existing one.",
  413: "The message is too long.",
  415: "The body is of another type or coding.",
  422: "Another message was posted with this `Idempotency-Key`.",
  429:
    "There were too many requests or streams with this token, or too many wrong tokens from this address. `Retry-After` tells when to try again.",
  503: "The server shuts down, is full or is locked down.",
};

const ROOM_PARAMETER = {
  name: "room",
  in: "path",
  required: true,
  description: "The name of the room, percent-encoded.",
  schema: { type: "string" },
};

/**
 * Describes the API.
 *
 * @param prefix The prefix of its paths, if there is one.
 */
export function describeApi(version: string, prefix = ""): Json {
  const schemas = new Map<string, Json>([["Problem", PROBLEM]]);
  const paths: Record<string, Json> = {};
  for (const { path, operations } of API_ROUTES) {
    const methods = Object.entries(operations).map(([method, operation]) =>
      [method.toLowerCase(), describeOperation(operation!, schemas)] as const
    );
    paths[path] = {
      ...path.includes("{room}") ? { parameters: [ROOM_PARAMETER] } : {},
      ...Object.fromEntries(methods),
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Backchannel",
      version,
      description: "Posts to the rooms of a Backchannel server, and reads them.",
    },
    ...prefix === "" ? {} : { servers: [{ url: prefix }] },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "A token of `--api-token-file`, or a JWT that the server accepts.",
        },
      },
      schemas: Object.fromEntries(schemas),
    },
  };
}

/** RFC 9457. */
const PROBLEM: Json = {
  type: "object",
  required: ["type", "title", "status", "detail"],
  properties: {
    type: { const: "about:blank" },
    title: { type: "string", description: "What the status means." },
    status: { type: "integer" },
    detail: { type: "string", description: "What is wrong, for people." },
    code: {
      type: "string",
      description: "What is wrong, for programs, if the chat has a code for it.",
      examples: Object.keys(ERROR_CODES),
    },
  },
};

function describeOperation(operation: Operation, schemas: Map<string, Json>): Json {
  const { id, summary, right, query = {}, headers = {}, success, errors } = operation;
  const parameters = [
    ...describeParameters("query", query, schemas),
    ...describeParameters("header", headers, schemas),
  ];
  const statuses = [...COMMON_ERRORS, ...errors].toSorted((a, b) => a - b);
  const content = success.fields === undefined
    ? { [success.type ?? "application/json"]: {} }
    : { "application/json": { schema: describeObject(success.fields, schemas) } };
  return {
    operationId: id,
    summary,
    ...right === undefined
      ? {}
      : { description: `The token must allow \`${right}\` for the room.` },
    ...parameters.length === 0 ? {} : { parameters },
    ..."body" in operation ? { requestBody: describeBody(operation.body, schemas) } : {},
    responses: {
      [success.status]: { description: success.doc, content },
      ...Object.fromEntries(statuses.map((status) => [status, describeError(status)])),
    },
  };
}

function describeParameters(place: string, fields: Fields, schemas: Map<string, Json>): Json[] {
  return Object.entries(fields).map(([name, { node, doc }]) => ({
    name,
    in: place,
    required: node.kind !== "optional",
    description: doc,
    schema: describeNode(node, schemas),
  }));
}

function describeBody(
  { types, fields }: { readonly types: readonly string[]; readonly fields: Fields },
  schemas: Map<string, Json>,
): Json {
  const object = describeObject(fields, schemas);
  const content = types.map((type) =>
    [type, { schema: type === "text/plain" ? { type: "string" } : object }] as const
  );
  return { required: true, content: Object.fromEntries(content) };
}

function describeError(status: number): Json {
  const schema = { $ref: "#/components/schemas/Problem" };
  return { description: ERRORS[status], content: { [PROBLEM_TYPE]: { schema } } };
}

function describeObject(fields: Fields, schemas: Map<string, Json>): Json {
  const properties = Object.entries(fields).map(([name, { node, doc }]) => {
    const schema = describeNode(node, schemas);
    return [name, doc === "" ? schema : { ...schema, description: doc }] as const;
  });
  const required = Object.keys(fields).filter((name) => fields[name]?.node.kind !== "optional");
  return {
    type: "object",
    ...required.length === 0 ? {} : { required },
    properties: Object.fromEntries(properties),
  };
}

/** The JSON Schema of a value. Objects with a name become schemas of their own. */
function describeNode(node: Node, schemas: Map<string, Json>): Json {
  switch (node.kind) {
    case "string":
      return {
        type: "string",
        ...node.maxLength === undefined ? {} : { maxLength: node.maxLength },
      };
    case "number":
      return {
        type: node.whole ? "integer" : "number",
        ...Number.isFinite(node.min) ? { minimum: node.min } : {},
        ...node.max < Number.MAX_SAFE_INTEGER ? { maximum: node.max } : {},
      };
    case "boolean":
      return { type: "boolean" };
    case "constant":
      return { const: node.value };
    case "choice":
      return { enum: node.values };
    case "open":
      return { type: "string", examples: node.values };
    case "nullable":
      return { anyOf: [describeNode(node.of, schemas), { type: "null" }] };
    case "optional":
      return describeNode(node.of, schemas);
    case "list":
      return { type: "array", items: describeNode(node.of, schemas) };
    case "object": {
      const { name, fields } = node;
      if (name === undefined) return describeObject(fields, schemas);
      if (!schemas.has(name)) schemas.set(name, describeObject(fields, schemas));
      return { $ref: `#/components/schemas/${name}` };
    }
  }
}
