/**
 * The wire: where the server is, what is sent, and what comes made into events that can be relied on.
 * @module
 */
import {
  type ClientRequest,
  type CommandHelp,
  type HelloEvent,
  JSON_PROTOCOL,
  type MessageEvent,
  parseEvent,
  type Position,
  type Replies,
  type ReplyEvent,
  type Room,
  type ServerEvent,
  type User,
} from "../../../lib/wire/protocol.ts";

export { parseEvent };
export type { Position, User };
export type Event = ServerEvent;
export type Message = MessageEvent;
export type Command = CommandHelp;
export type Limits = HelloEvent["limits"];
export type Hello = HelloEvent;
export type Reply = ReplyEvent;
export type JoinData = Replies["join"];
export type HistoryData = Replies["history"];
export type Missed = NonNullable<JoinData["missed"]>;
export type RoomFacts = Room;
export type Stats = Replies["stats"];

/** A request without its `id`. */
export type Request = ClientRequest extends infer R ? R extends unknown ? Omit<R, "id"> : never
  : never;

/** The subprotocol that the page offers in `Sec-WebSocket-Protocol`. */
export const SUBPROTOCOL = JSON_PROTOCOL;

/** The room in which everybody begins. */
export const LOBBY = "lobby";

/** Where a page that was opened from disk looks for a server. */
export const DEFAULT_SERVER = "ws://127.0.0.1:8080";

/** The server's defaults, until it has said what it takes. */
export const DEFAULT_LIMITS = { maxPayload: 65_536, maxMessage: 4_096 };

/** Characters of an `id` that this page gives. */
const REF_LENGTH = 32;

const encoder = new TextEncoder();

/** The frame that asks for something. */
export function encode(request: Request, id: string) {
  return JSON.stringify({ ...request, id });
}

/** How many bytes the frame of a request has. */
export function frameLength(request: Request) {
  return byteLength(encode(request, "0".repeat(REF_LENGTH)));
}

export function byteLength(text: string) {
  return encoder.encode(text).length;
}

/** A new `id` for what is sent. Not `randomUUID`: a page over plain http from another machine has none. */
export function createRef() {
  const bytes = crypto.getRandomValues(new Uint8Array(REF_LENGTH / 2));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Where the server of a page is: the folder that the page came from. `undefined` if it came from disk.
 *
 * @param href The page's own address.
 */
export function serverOf(href: string) {
  const url = new URL(".", href);
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/** What somebody typed as a server made into an address, or `undefined` if it is none. */
export function parseServer(text: string) {
  const address = text.trim().replace(/^http(?=s?:\/\/)/i, "ws");
  const whole = /^[a-z][a-z\d+.\-]*:\/\//i.test(address) ? address : `ws://${address}`;
  if (!URL.canParse(whole)) return undefined;
  const url = new URL(whole);
  // Chromium takes a space in a host for `%20`.
  if (!/^wss?:$/.test(url.protocol) || !/^[^\s%]+$/.test(url.hostname) || url.username !== "") {
    return undefined;
  }
  url.hash = "";
  return url.href;
}

/** What others call somebody. */
export function displayName(user: Pick<User, "name" | "address">) {
  return user.name ?? user.address;
}
