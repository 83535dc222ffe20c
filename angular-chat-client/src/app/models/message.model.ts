/**
 * The model that the service provides and the component shows. The types of the protocol are in `protocol.ts`.
 * @module
 */
import type { User } from "./protocol";

export type { User };

/** The type of an entry of the log. */
export enum MessageType {
  /** A notice: a user joined, a command was answered. */
  System = "system",
  /** A message of another user to a room. */
  Received = "received",
  /** A message of this client to a room. */
  Sent = "sent",
  /** A private message, in either direction. */
  Whisper = "whisper",
  /** An error. */
  Error = "error",
}

/** The state of the connection. */
export enum ConnectionStatus {
  /** Not connected, and not trying to connect. */
  Disconnected = "disconnected",
  /** The first attempt since `connect()`. */
  Connecting = "connecting",
  /** The server has sent an event. */
  Connected = "connected",
  /** The connection was lost or failed. The client tries again by itself. */
  Reconnecting = "reconnecting",
}

/** The state of a message of this client. */
export enum Delivery {
  /** Waiting for a connection. */
  Queued = "queued",
  /** Sent, but not acknowledged. It is sent again with the same `id` if the connection is lost. */
  Sending = "sending",
  /** The server delivered it. */
  Delivered = "delivered",
  /** The server refused it. */
  Failed = "failed",
}

/** The place of an entry among the messages of its room. Offsets of different numberings cannot be compared. */
export interface Place {
  /** The epoch in which the numbering started. */
  readonly numbering: string;
  /** The `id` of a message. A notice between two messages has an offset between theirs. */
  readonly offset: number;
}

/** One entry of the log. */
export interface ChatMessage {
  /** Identifies the entry as long as the page is open. */
  readonly key: number;
  readonly type: MessageType;
  /** The name of the room; `null` if it is shown in all rooms, like a whisper. */
  readonly room: string | null;
  /** The server's time, in milliseconds since 1970. */
  readonly time: number;
  readonly text: string;
  /** The sender, if it is not the client or the server. */
  readonly from?: User;
  /** The name of the recipient of a whisper. */
  readonly to?: string;
  /** Whether it is an action (`/me waves`). */
  readonly action?: boolean;
  /** The state of a message of this client. */
  readonly delivery?: Delivery;
  readonly place?: Place;
}

/** A room that the client is in. */
export interface Room {
  readonly name: string;
  readonly topic: string | null;
  /** The listed users, sorted. */
  readonly users: readonly User[];
  /** The number of users: more than are listed in a very large room. */
  readonly online: number;
  /** Whether the server has older messages than the log. */
  readonly hasOlder: boolean;
  /** Whether older messages are being loaded. */
  readonly loading: boolean;
}

/** The name that other users see. */
export function displayName(user: Pick<User, "name" | "address">): string {
  return user.name ?? user.address;
}
