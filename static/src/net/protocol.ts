/**
 * The protocol as the page uses it: the types of lib/wire, the size of requests, and the addresses of
 * servers.
 * @module
 */
import {
  type CommandHelp,
  type HelloEvent,
  JSON_PROTOCOL,
  type MessageEvent,
  type Position,
  type Replies,
  type ReplyEvent,
  type Room,
  type ServerEvent,
  type User,
} from "../../../lib/wire/protocol.ts";
import { encodeRequest, type Request } from "../../../lib/client/requests.ts";
import { createId } from "../../../lib/client/runtime.ts";

export type { Position, Request, User };
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

/** The subprotocol that the page offers in `Sec-WebSocket-Protocol`. */
export const SUBPROTOCOL = JSON_PROTOCOL;

/** The room that every connection starts in. */
export const LOBBY = "lobby";

/** The default server of a page that was opened from disk. */
export const DEFAULT_SERVER = "ws://127.0.0.1:8080";

/** The limits until the server has announced its own: the server's defaults. */
export const DEFAULT_LIMITS = { maxPayload: 65_536, maxMessage: 4_096 };

const encoder = new TextEncoder();

/** The size of the frame of a request, in bytes. */
export function frameLength(request: Request) {
  return byteLength(encodeRequest(request, createId()));
}

export function byteLength(text: string) {
  return encoder.encode(text).length;
}

/**
 * The address of the server that a page was loaded from: the folder of the page. `undefined` if it was opened from disk.
 *
 * @param href The address of the page.
 */
export function serverOf(href: string) {
  const url = new URL(".", href);
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/** Converts what the user typed to the address of a server; `undefined` if it is none. */
export function parseServer(text: string) {
  const address = text.trim().replace(/^http(?=s?:\/\/)/i, "ws");
  const whole = /^[a-z][a-z\d+.\-]*:\/\//i.test(address) ? address : `ws://${address}`;
  if (!URL.canParse(whole)) return undefined;
  const url = new URL(whole);
  // Chromium converts a space in a host to `%20`.
  if (!/^wss?:$/.test(url.protocol) || !/^[^\s%]+$/.test(url.hostname) || url.username !== "") {
    return undefined;
  }
  url.hash = "";
  return url.href;
}

/**
 * The name of a user on the page. A guest has the name that the server gave them, or the number of their connection: the
 * page shows no address, even if the server tells it.
 */
export function displayName({ id, name, address }: Pick<User, "id" | "name" | "address">) {
  if (name !== null) return name;
  if (/^guest-\d+$/.test(address)) return address;
  return id === 0 ? "guest" : `guest-${id}`; // the id of a sender of an earlier epoch is 0
}
