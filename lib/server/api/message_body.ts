/**
 * Reads the message in the body of a request: JSON, a form, or plain text.
 * @module
 */
import { RequestError, type RequestHead } from "../../protocol/http/request_head.ts";
import { fieldsOf, flag, optional, problemOfFields, text } from "../../wire/schema.ts";
import { ApiError } from "./problem.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A message that is to be posted. */
export interface MessageBody {
  readonly text: string;
  /** Whether it is an action, as of `/me`. */
  readonly action?: boolean | undefined;
}

/** A message as JSON. */
export const MESSAGE_FIELDS = fieldsOf({
  text: [text(), "The message. It may have line breaks, and nothing in it is a command."],
  action: [optional(flag), "Whether the text is an action, like `/me waves`."],
});

/** The media types that are read. */
export const MESSAGE_TYPES = [
  "application/json",
  "application/x-www-form-urlencoded",
  "text/plain",
] as const;

/** The characters of a form that a program has encoded (URL Standard 5.2). A person with curl types others too. */
const ENCODED_FORM = /^[\w*.\-~+%&=]*$/;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads a message.
 *
 * @throws {RequestError} 400 if the body is malformed, 415 if it is of another type or coding.
 */
export function readMessage({ fields }: RequestHead, body: Bytes): MessageBody {
  if (!/^(?:identity)?$/i.test(fields.get("content-encoding")?.join(", ") ?? "")) {
    throw new ApiError(415, "The body must not be compressed", undefined, [
      ["accept-encoding", "identity"],
    ]);
  }
  const [type = "", ...parameters] = (fields.get("content-type")?.[0] ?? "").toLowerCase().split(
    ";",
  )
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith("charset="));
  if (charset !== undefined && !/^charset="?(?:utf-?8|us-ascii)"?$/.test(charset)) {
    throw unsupported();
  }
  const decoded = decode(body);
  switch (type) {
    case "application/json":
      return readJson(decoded);
    case "application/x-www-form-urlencoded":
      return readForm(decoded) ?? readText(decoded);
    case "text/plain":
    case "":
      return readText(decoded);
    default:
      throw unsupported();
  }
}

function unsupported(): RequestError {
  const types = MESSAGE_TYPES.join(", ");
  return new ApiError(415, `The body must be one of ${types}, in UTF-8`, undefined, [[
    "accept",
    types,
  ]]);
}

function decode(body: Bytes): string {
  try {
    return decoder.decode(body);
  } catch {
    throw new ApiError(400, "The body is not UTF-8", "malformed");
  }
}

function readJson(json: string): MessageBody {
  const value = parse(json);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ApiError(400, "The body is not a JSON object", "malformed");
  }
  const members = value as Record<string, unknown>;
  const problem = problemOfFields(MESSAGE_FIELDS, members);
  if (problem !== undefined) throw new ApiError(400, `In the body, ${problem}`, "malformed");
  const { text, action } = members as unknown as MessageBody;
  return { text, action };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/**
 * Reads a form with a field `text`. curl calls every body a form, so one without it is a text: `curl -d "deployed 1.2.3"`.
 * A body is a form if it begins with `text=`, or if it has this field elsewhere and is encoded as a form must be.
 */
function readForm(body: string): MessageBody | undefined {
  if (!body.startsWith("text=") && !ENCODED_FORM.test(body)) return undefined;
  const form = new URLSearchParams(body);
  const text = form.get("text");
  return text === null ? undefined : { text, action: form.get("action") === "true" };
}

/** A line break at the end is that of a file or of a shell. */
function readText(body: string): MessageBody {
  return { text: body.replace(/\r?\n$/, "") };
}
