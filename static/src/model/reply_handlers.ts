/**
 * Handlers of the server's replies. The replies to commands that the user typed are shown in the room where they were typed.
 * @module
 */
import type { Message, Reply, RoomFacts, User } from "../net/protocol.ts";
import type { HistoryPages } from "./pages.ts";
import type { PendingRequest, PendingRequests } from "./pending_requests.ts";
import type { ChatRoom } from "./room.ts";
import type { RoomList } from "./rooms.ts";
import type { NewEntry } from "./timeline.ts";
import * as protocol from "../net/protocol.ts";

export interface ReplyHandlerOptions {
  rooms: RoomList;
  pending: PendingRequests;
  pages: HistoryPages;
  /** Adds an entry to the log of a room. */
  addEntry: (room: ChatRoom, entry: NewEntry) => void;
  onAway: (user: User) => void;
  onRooms: (rooms: readonly RoomFacts[]) => void;
}

/** The maximum length of a reply in the log, in UTF-16 units. The panel of users shows the whole list. */
const MAX_REPLY = 5_000;

const calendar = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

export function createReplyHandler(options: ReplyHandlerOptions) {
  const { rooms, pending, pages, addEntry } = options;

  function show(request: PendingRequest | undefined, text: string) {
    if (!request?.typed) return;
    const { room } = request;
    const target = rooms.all.includes(room) ? room : rooms.shown;
    addEntry(target, { kind: "notice", text: shorten(text) });
  }

  return (event: Reply) => {
    const request = pending.take(event.ref);
    switch (event.command) {
      // The client has made events of their own of these.
      case "name":
      case "whisper":
      case "join":
      case "leave":
        return;
      case "rooms":
        options.onRooms(event.data.rooms);
        return show(request, event.text);
      case "list":
        rooms.find(event.data.room)?.fill(event.data.users);
        return show(request, event.text);
      case "topic": {
        const room = rooms.find(event.data.room);
        if (room) room.topic = event.data.topic;
        return show(request, event.text);
      }
      case "away":
        options.onAway(event.data.user);
        return show(request, event.text);
      case "help": {
        const lines = event.data.commands.map(({ usage, summary }) => `${usage}: ${summary}`);
        return show(request, lines.join("\n"));
      }
      case "history":
        if (request?.typed) {
          return show(request, linesOf(event.data.messages, "No messages are stored"));
        }
        return request && pages.pageReceived(request, event.data);
      case "search": {
        const none = `Nothing found for \u201c${event.data.words}\u201d`;
        return show(request, linesOf(event.data.messages, none));
      }
      default:
        return show(request, event.text);
    }
  };
}

/**
 * Messages as lines of text.
 *
 * @param none The text if there are no messages.
 */
function linesOf(messages: readonly Message[], none: string) {
  const lines = messages.map(({ time, from, text, action }) => {
    const name = protocol.displayName(from);
    return `${calendar.format(time)}  ${action ? `* ${name}` : `${name}:`} ${text}`;
  });
  return lines.length === 0 ? none : lines.join("\n");
}

/** Cuts a text to the maximum length of a reply. */
function shorten(text: string) {
  return text.length <= MAX_REPLY ? text : `${text.slice(0, MAX_REPLY)}\u2026`;
}
