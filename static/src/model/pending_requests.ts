/**
 * Requests that the server has not answered yet, by the `id` that the answer repeats in `ref`.
 * @module
 */
import type { Event, Reply, Request } from "../net/protocol.ts";
import type { ChatRoom } from "./room.ts";

export type ErrorEvent = Extract<Event, { type: "error" }>;

export interface PendingRequest {
  /** The request as a command line. */
  line: string;
  /** Whether the user typed it, and so sees the answer. */
  typed: boolean;
  /** The room that the request is about. */
  room: ChatRoom;
  /** The gap that a page of the history fills, and whether to go on until it is filled. */
  gap?: { from: number; to: number; whole: boolean };
  /** Called with the answer instead of the usual handler. */
  onAnswer?: (answer: Reply | ErrorEvent) => void;
}

export type PendingRequests = ReturnType<typeof createPendingRequests>;

/** @param post Sends a request. Returns its id, or `undefined` if it was not sent. */
export function createPendingRequests(post: (request: Request) => string | undefined) {
  const pending: Map<string, PendingRequest> = new Map();

  /** Adds a request that was sent under an id. Returns whether it was sent. */
  function add(id: string | undefined, about: PendingRequest) {
    if (id !== undefined) pending.set(id, about);
    return id !== undefined;
  }

  /** Sends a request. Returns whether it was sent. */
  function send(request: Request, about: PendingRequest) {
    return add(post(request), about);
  }

  /** Sends a command on behalf of the page. */
  function sendCommand(line: string, room: ChatRoom) {
    return send({ type: "command", text: line, room: room.name }, { line, typed: false, room });
  }

  return {
    add,
    send,
    sendCommand,
    /** Does the same, unless the same command is pending: the list of a large room is long. */
    sendCommandOnce(line: string, room: ChatRoom) {
      const isPending = [...pending.values()].some((one) => one.line === line && one.room === room);
      if (!isPending) sendCommand(line, room);
    },
    /** Removes and returns the request with this id. */
    take(ref: string | null) {
      const about = pending.get(ref ?? "");
      pending.delete(ref ?? "");
      return about;
    },
    /** Called when the connection is lost: no answer will come. */
    clear() {
      pending.clear();
    },
  };
}
