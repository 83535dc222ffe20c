/**
 * What was asked of the server, until it is answered: answers carry the id of their question.
 * @module
 */
import type { Request } from "../net/protocol.ts";
import type { ChatRoom } from "./room.ts";
import * as protocol from "../net/protocol.ts";

export interface PendingRequest {
  /** What was asked, as one would type it. */
  line: string;
  /** Whether a person has asked. */
  typed: boolean;
  /** Where. */
  room: ChatRoom;
  /** What a page is to fill, and whether all of it. */
  gap?: { from: number; to: number; whole: boolean };
}

export type PendingRequests = ReturnType<typeof createPendingRequests>;

/** @param send Says whether it could be sent. */
export function createPendingRequests(send: (request: Request, ref: string) => boolean) {
  const open: Map<string, PendingRequest> = new Map();

  /** Asks something. Says whether that could be done. */
  function ask(request: Request, question: PendingRequest) {
    const ref = protocol.createRef();
    if (!send(request, ref)) return false;
    open.set(ref, question);
    return true;
  }

  function askLine(line: string, room: ChatRoom, typed: boolean) {
    return ask({ type: "command", text: line, room: room.name }, { line, typed, room });
  }

  return {
    ask,
    askLine,
    /** Asks something for the page itself, unless that is asked already: in a big room a list is long. */
    askOnce(line: string, room: ChatRoom) {
      const same = [...open.values()].some((one) => one.line === line && one.room === room);
      if (!same) askLine(line, room, false);
    },
    /** The question with this id, which is answered now. */
    take(ref: string | null) {
      const question = open.get(ref ?? "");
      open.delete(ref ?? "");
      return question;
    },
    /** The connection is gone, and with it all answers. */
    clear() {
      open.clear();
    },
  };
}
