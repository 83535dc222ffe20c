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
import * as stats from "./stats.ts";
import * as times from "./times.ts";
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

export function createReplyHandler(options: ReplyHandlerOptions) {
  const { rooms, pending, pages, addEntry } = options;

  function show(
    request: PendingRequest | undefined,
    text: string,
    rows?: ReadonlyArray<readonly [string, string]>,
  ) {
    if (!request?.typed) return;
    const { room, line } = request;
    const target = rooms.all.includes(room) ? room : rooms.shown;
    addEntry(target, {
      kind: "answer",
      command: line,
      text: shorten(text),
      ...(rows === undefined ? {} : { rows }),
    });
  }

  return (event: Reply) => {
    const request = pending.take(event.ref);
    if (request?.onAnswer !== undefined) return request.onAnswer(event);
    switch (event.command) {
      // The client has made events of their own of these.
      case "name":
      case "whisper":
      case "join":
      case "leave":
        return;
      case "rooms": {
        options.onRooms(event.data.rooms);
        const rows = event.data.rooms.map(({ name, topic, users }) =>
          [name, people(users) + (topic === null ? "" : `, ${topic}`)] as const
        );
        return show(request, event.text, rows);
      }
      case "stats":
        return show(request, event.text, stats.describe(event.data));
      case "list":
        rooms.find(event.data.room)?.fill(event.data.users);
        return show(request, peopleOf(event.data));
      case "topic": {
        const room = rooms.find(event.data.room);
        if (room) room.topic = event.data.topic;
        return show(request, event.text);
      }
      case "away":
        options.onAway(event.data.user);
        return show(request, event.text);
      case "help": {
        const rows = event.data.commands.map(({ usage, summary }) => [usage, summary] as const);
        return show(request, rows.map((row) => row.join(": ")).join("\n"), rows);
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

/** A number of people in words. */
export function people(count: number) {
  if (count === 0) return "empty";
  return count === 1 ? "1 person" : `${count.toLocaleString()} people`;
}

/** The people of a room. The server's text has their addresses. */
function peopleOf({ users, total }: { users: readonly User[]; total: number }) {
  if (users.length === 0) return "Nobody is here";
  const rest = total - users.length;
  const names = users.map((user) =>
    protocol.displayName(user) + (user.away === undefined ? "" : ` (away: ${user.away})`)
  );
  return names.join(", ") + (rest > 0 ? ` and ${rest.toLocaleString()} more` : "");
}

/**
 * Messages as lines of text.
 *
 * @param none The text if there are no messages.
 */
function linesOf(messages: readonly Message[], none: string) {
  const lines = messages.map(({ time, from, text, action }) => {
    const name = protocol.displayName(from);
    return `${times.dateAndTime(time)}  ${action ? `* ${name}` : `${name}:`} ${text}`;
  });
  return lines.length === 0 ? none : lines.join("\n");
}

/** Cuts a text to the maximum length of a reply. */
function shorten(text: string) {
  return text.length <= MAX_REPLY ? text : `${text.slice(0, MAX_REPLY)}\u2026`;
}
