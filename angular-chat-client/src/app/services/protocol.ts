/**
 * Frames to events that can be relied on, and requests to frames.
 *
 * Must never know a socket, nor what an event means.
 * @module
 */
import type { ClientRequest, Command, ServerEvent } from "../models/protocol.model";

/** What is offered in `Sec-WebSocket-Protocol`. */
export const SUBPROTOCOL = "backchannel.v1.json";

/** The longest frame, in bytes, until the server has said what it takes: its default. */
export const DEFAULT_MAX_PAYLOAD = 65_536;

/** Random bytes of an `id`: as many as a UUID has, so that it holds across connections. */
const REF_BYTES = 16;

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const isNumber: Check = (value) => typeof value === "number";
const isText: Check = (value) => typeof value === "string";
const isFlag: Check = (value) => typeof value === "boolean";
const optional = (check: Check): Check => (value) => value === undefined || check(value);
const nullable = (check: Check): Check => (value) => value === null || check(value);
const listOf = (check: Check): Check => (value) => Array.isArray(value) && value.every(check);
const shape = (members: Readonly<Record<string, Check>>): Check => (value) =>
  isObject(value) && Object.entries(members).every(([name, check]) => check(value[name]));

const isUser = shape({
  id: isNumber,
  name: nullable(isText),
  address: isText,
  away: optional(isText),
});
const isRoom = shape({ name: isText, topic: nullable(isText), users: isNumber, offset: isNumber });
const isMessage = shape({
  room: isText,
  id: isNumber,
  from: isUser,
  text: isText,
  action: optional(isFlag),
});
const ref = nullable(isText);

/** What each reply must have in `data`. */
const REPLIES: Readonly<Record<Command, Check>> = {
  name: shape({ user: isUser }),
  list: shape({ room: isText, users: listOf(isUser) }),
  join: shape({
    room: isRoom,
    users: listOf(isUser),
    epoch: optional(isText),
    missed: optional(shape({ recovered: isFlag, messages: listOf(isMessage), more: isFlag })),
  }),
  leave: shape({ left: isText, room: isRoom }),
  rooms: shape({ rooms: listOf(isRoom), total: isNumber }),
  topic: shape({ room: isText, topic: nullable(isText) }),
  away: shape({ user: isUser }),
  whisper: shape({ to: isUser, text: isText }),
  history: shape({
    room: isText,
    epoch: isText,
    messages: listOf(isMessage),
    complete: isFlag,
    more: isFlag,
  }),
  search: shape({ room: isText, words: isText, messages: listOf(isMessage) }),
  stats: isObject,
  help: shape({ commands: listOf(isObject) }),
  oper: shape({ commands: listOf(isObject) }),
  bans: shape({ bans: listOf(isObject), total: isNumber }),
  kick: isObject,
  ban: isObject,
  unban: isObject,
  mute: isObject,
  say: isObject,
  lockdown: isObject,
  drain: isObject,
};

/** What each event must have besides its `type` and `time`. */
const EVENTS: Readonly<Record<ServerEvent["type"], Check>> = {
  hello: shape({
    you: isUser,
    epoch: isText,
    limits: shape({ maxPayload: isNumber, history: optional(isNumber) }),
    room: isRoom,
    users: listOf(isUser),
    online: isNumber,
  }),
  message: isMessage,
  whisper: shape({ from: isUser, text: isText }),
  presence: shape({
    room: isText,
    event: (value) => value === "join" || value === "leave" || value === "rename",
    user: isUser,
    previous: optional(nullable(isText)),
    users: isNumber,
  }),
  back: shape({ room: isText, user: isUser, previous: isNumber }),
  people: shape({ room: isText, users: isNumber }),
  away: shape({ room: isText, user: isUser }),
  topic: shape({ room: isText, from: isUser, topic: nullable(isText) }),
  ack: shape({ ref, room: isText, id: isNumber }),
  reply: shape({ ref, text: isText, command: isText }),
  error: shape({ ref, code: isText, text: isText }),
  dropped: shape({
    count: isNumber,
    missed: optional(listOf(shape({ room: isText, from: isNumber, to: isNumber }))),
  }),
  throttled: shape({ retryAfter: isNumber }),
  notice: shape({ from: isUser, text: isText }),
  bye: shape({ reason: isText, text: isText }),
  shutdown: shape({ text: isText, reconnect: shape({ after: isNumber, spread: isNumber }) }),
};

/** The event in a frame; `undefined` for one that this client does not know or cannot trust. Never throws. */
export function parseEvent(frame: unknown): ServerEvent | undefined {
  if (typeof frame !== "string") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return undefined;
  }
  if (!isObject(value) || !isNumber(value["time"])) return undefined;
  if (!lookUp(EVENTS, value["type"])?.(value)) return undefined;
  if (value["type"] !== "reply") return asEvent(value);
  const check = lookUp(REPLIES, value["command"]);
  if (check === undefined) return asEvent({ ...value, command: null });
  return check(value["data"]) ? asEvent(value) : undefined;
}

/** What the checks above have found to be true. */
function asEvent(value: Fields): ServerEvent {
  return value as unknown as ServerEvent;
}

function lookUp(table: Readonly<Record<string, Check>>, name: unknown): Check | undefined {
  return typeof name === "string" && Object.hasOwn(table, name) ? table[name] : undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The frame of a request. */
export function encodeRequest(request: ClientRequest): string {
  return JSON.stringify(request);
}

const encoder = new TextEncoder();

/** How many bytes a frame has. */
export function frameLength(frame: string): number {
  return encoder.encode(frame).length;
}

/** A new `id`. Not `randomUUID`: a page over plain http from another machine has none. */
export function createRef(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(REF_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
