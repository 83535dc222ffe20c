/**
 * The subprotocol `backchannel.v1.json`: events as JSON objects, and requests out of JSON objects, as the tables have them.
 *
 * Every frame is one object with a `type`, and every event has a `time`. Clients must ignore types and members that they
 * do not know: new ones come without a new version.
 * @module
 */
import { EVENTS } from "./events.ts";
import { REPLIES, type ReplyCommand } from "./replies.ts";
import { REQUESTS, type RequestType } from "./requests.ts";
import {
  fieldsOf,
  listOf,
  membersWriterOf,
  problemOf,
  problemOfFields,
  quote,
  text,
} from "./schema.ts";
import { MAX_REF_LENGTH } from "./shapes.ts";
import type { ReplyRow, RequestRow } from "./table.ts";
import type {
  ChatEvent,
  CustomReplyEvent,
  ReplyData,
  ReplyEvent,
  Request,
  RequestId,
} from "./chat_event.ts";

/** The subprotocol that a client offers in `Sec-WebSocket-Protocol`. */
export const JSON_PROTOCOL = "backchannel.v1.json";

type AnyReply = ReplyRow<unknown, unknown>;

const eventWriters = mapValues(EVENTS, ({ fields }) => membersWriterOf(fields));
const replyWriters = mapValues(REPLIES, ({ fields }) => membersWriterOf(fields));

/** The frame that tells an event. `time` is in milliseconds since 1970. */
export function renderJson(event: ChatEvent, time: number): string {
  if (event.type === "reply") return renderReply(event, time);
  if (event.type === "custom") return renderCustomReply(event, time);
  const { type } = event;
  const ref = EVENTS[type].isAnswer ? refMember((event as Answer).ref) : "";
  return `{"type":"${type}","time":${time}${ref}${eventWriters[type](event)}}`;
}

interface Answer {
  readonly ref: RequestId;
}

function refMember(ref: RequestId): string {
  return `,"ref":${ref === undefined ? "null" : quote(ref)}`;
}

function renderReply({ command, data, ref }: ReplyEvent, time: number): string {
  const { text, summary } = REPLIES[command] as AnyReply;
  const line = quote((summary ?? text)(data));
  return `{"type":"reply","time":${time}${
    refMember(ref)
  },"text":${line},"command":"${command}","data":${renderReplyData(command, data as never)}}`;
}

/** The `data` of a reply alone. */
export function renderReplyData<Command extends ReplyCommand>(
  command: Command,
  data: ReplyData<Command>,
): string {
  return `{${replyWriters[command](data).slice(1)}}`;
}

function renderCustomReply(
  { command, text, json, ref }: CustomReplyEvent,
  time: number,
): string {
  return `{"type":"reply","time":${time}${refMember(ref)},"text":${quote(text)},"command":${
    quote(command)
  },"data":${json}}`;
}

/** What is wrong with a frame. */
export interface MalformedRequest {
  readonly type: "malformed";
  readonly id: RequestId;
  readonly problem: string;
}

const id = fieldsOf({ id: [text(MAX_REF_LENGTH), ""] }).id!.node;

/** A command as a person types it, without JSON around it. */
export interface TypedLine {
  readonly type: "line";
  readonly id: undefined;
  readonly text: string;
}

/** Reads a frame of a JSON client. Never throws. */
export function parseRequest(frame: string): Request | TypedLine | MalformedRequest {
  if (frame.startsWith("/")) return { type: "line", id: undefined, text: frame };
  const value = parse(frame);
  if (value === undefined) return malformed(undefined, "not JSON and not a command");
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return malformed(undefined, "not an object");
  }
  const fields = value as Record<string, unknown>;
  const idProblem = fields.id === undefined ? undefined : problemOf(id, fields.id, "id");
  if (idProblem !== undefined) return malformed(undefined, idProblem);
  return readRequest(fields, fields.id as RequestId);
}

const TYPES = listOf(Object.keys(REQUESTS).map((type) => `'${type}'`));

function readRequest(
  fields: Readonly<Record<string, unknown>>,
  id: RequestId,
): Request | MalformedRequest {
  const { type } = fields;
  if (typeof type !== "string" || !Object.hasOwn(REQUESTS, type)) {
    return malformed(id, `type is not ${TYPES}`);
  }
  const row: RequestRow<unknown> = REQUESTS[type as RequestType];
  const problem = problemOfFields(row.fields, fields);
  if (problem !== undefined) return malformed(id, problem);
  const members = Object.keys(row.fields).map((key) => [key, fields[key]]);
  return { ...Object.fromEntries(members), type, id } as Request;
}

function malformed(id: RequestId, problem: string): MalformedRequest {
  return { type: "malformed", id, problem };
}

/** The value of a JSON text; `undefined`, which no text stands for, if it is none. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function mapValues<Key extends string, In, Out>(
  table: Readonly<Record<Key, In>>,
  map: (value: In) => Out,
): Record<Key, Out> {
  const entries = Object.entries<In>(table).map(([key, value]) => [key, map(value)]);
  return Object.fromEntries(entries) as Record<Key, Out>;
}
