/**
 * Searches for messages.
 * @module
 */
import type { Message, Reply } from "../net/protocol.ts";
import type { ErrorEvent, PendingRequests } from "./pending_requests.ts";
import type { ChatRoom } from "./room.ts";

/** What a search found. */
export type Found =
  | { readonly messages: readonly Message[]; readonly complete: boolean }
  | { readonly problem: string };

export function createSearch(pending: PendingRequests) {
  /**
   * Searches a room. Returns whether the request was sent.
   *
   * @param onFound Called with the messages, or with the reason why there are none.
   */
  return (room: ChatRoom, words: string, onFound: (found: Found) => void) => {
    const line = `/search ${words}`;
    const onAnswer = (answer: Reply | ErrorEvent) => onFound(foundIn(answer));
    return pending.send(
      { type: "command", text: line, room: room.name },
      { line, typed: false, room, onAnswer },
    );
  };
}

function foundIn(answer: Reply | ErrorEvent): Found {
  if (answer.type === "reply" && answer.command === "search") return answer.data;
  return { problem: answer.text.replace(/^Error: /, "") };
}
