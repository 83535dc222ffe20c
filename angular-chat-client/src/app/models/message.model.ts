/**
 * What the service tells and the component shows. How it goes over the wire is in `protocol.model.ts`.
 * @module
 */
import type { User } from "./protocol";

export type { User };

/** What an entry of the log is. */
export enum MessageType {
  /** Something happened: somebody came, a command was answered. */
  System = "system",
  /** Somebody else said it to all in a room. */
  Received = "received",
  /** This client said it to all in a room. */
  Sent = "sent",
  /** Said by one to one, in either direction. */
  Whisper = "whisper",
  /** Something could not be done. */
  Error = "error",
}

/** Whether there is a server to talk to. */
export enum ConnectionStatus {
  /** There is none, and none is looked for. */
  Disconnected = "disconnected",
  /** The first attempt since `connect()`. */
  Connecting = "connecting",
  /** The server has spoken. */
  Connected = "connected",
  /** The connection was lost or did not come about; it is tried again by itself. */
  Reconnecting = "reconnecting",
}

/** How far something that was said has come. */
export enum Delivery {
  /** It waits for a connection. */
  Queued = "queued",
  /** It is on its way, and is sent again under the same id if the connection breaks. */
  Sending = "sending",
  /** The server has said it. */
  Delivered = "delivered",
  /** The server has refused it. */
  Failed = "failed",
}

/** Where something stands among the messages of its room. Offsets of two numberings say nothing about each other. */
export interface Place {
  /** The epoch in which the numbers began. */
  readonly numbering: string;
  /** The `id` of a message. A notice between two messages has a number between theirs. */
  readonly offset: number;
}

/** One entry of the log. */
export interface ChatMessage {
  /** Names this entry as long as the page lives. */
  readonly key: number;
  readonly type: MessageType;
  /** The room that it belongs to; `null` for what concerns all, like a whisper. */
  readonly room: string | null;
  /** By the server's clock, in milliseconds since 1970. */
  readonly time: number;
  readonly text: string;
  /** Who said it; not there for what the client or the server says. */
  readonly from?: User;
  /** Whom it was whispered to. */
  readonly to?: string;
  /** Whether it is what somebody does (`/me waves`), not says. */
  readonly action?: boolean;
  /** What was said by this client. */
  readonly delivery?: Delivery;
  readonly place?: Place;
}

/** A room that the client is in. */
export interface Room {
  readonly name: string;
  readonly topic: string | null;
  /** Those whose names are known, sorted. */
  readonly users: readonly User[];
  /** How many are in it; more than `users` in a very large room. */
  readonly online: number;
  /** Whether the server has older messages than the log. */
  readonly hasOlder: boolean;
  /** Whether they have been asked for. */
  readonly loading: boolean;
}

/** What others call somebody. */
export function displayName(user: Pick<User, "name" | "address">): string {
  return user.name ?? user.address;
}
