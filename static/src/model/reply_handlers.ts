/**
 * What the server's answers do. Those to what somebody has typed are shown where it was typed.
 * @module
 */
import type { Message, Reply, RoomFacts, User } from "../net/protocol.ts";
import type { HistoryPages } from "./pages.ts";
import type { PendingRequest, PendingRequests } from "./pending_requests.ts";
import type { ResumeState } from "./resume.ts";
import type { ChatRoom } from "./room.ts";
import type { RoomList } from "./rooms.ts";
import type { Identity } from "./identity.ts";
import type { Outgoing } from "./outgoing.ts";
import type { NewEntry } from "./timeline.ts";
import * as protocol from "../net/protocol.ts";

export interface ReplyHandlerOptions {
  rooms: RoomList;
  identity: Identity;
  outgoing: Outgoing;
  pending: PendingRequests;
  pages: HistoryPages;
  resume: ResumeState;
  /** Puts something into the log of a room. */
  tell: (room: ChatRoom, entry: NewEntry) => void;
  onNamed: (user: User, ref: string | null) => void;
  onAway: (user: User) => void;
  onJoined: (room: ChatRoom, typed: boolean) => void;
  onRooms: (rooms: readonly RoomFacts[]) => void;
}

/** How much of an answer is shown in the log, in characters. All of a list is in the list of people. */
const LONGEST = 5_000;

const calendar = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

export function createReplyHandler(options: ReplyHandlerOptions) {
  const { rooms, outgoing, pending, pages, resume, tell } = options;

  function show(question: PendingRequest | undefined, text: string) {
    if (!question?.typed) return;
    const { room } = question;
    const place = rooms.all.includes(room) ? room : rooms.shown;
    tell(place, { kind: "notice", text: shorten(text) });
  }

  function left(name: string) {
    const room = rooms.find(name);
    if (room === undefined || room === rooms.lobby) return;
    outgoing.forget(room);
    rooms.close(room);
  }

  return (event: Reply) => {
    if (event.command === "name") return options.onNamed(event.data.user, event.ref);
    const question = pending.take(event.ref);
    switch (event.command) {
      case "whisper":
        return outgoing.arrived(event.ref, { to: protocol.displayName(event.data.to) });
      case "join": {
        const room = rooms.open(event.data.room.name);
        resume.joined(room, event.data);
        return options.onJoined(room, question?.typed === true);
      }
      case "leave":
        return left(event.data.left);
      case "rooms":
        options.onRooms(event.data.rooms);
        return show(question, event.text);
      case "list":
        rooms.find(event.data.room)?.fill(event.data.users);
        return show(question, event.text);
      case "topic": {
        const room = rooms.find(event.data.room);
        if (room) room.topic = event.data.topic;
        return show(question, event.text);
      }
      case "away":
        options.onAway(event.data.user);
        return show(question, event.text);
      case "help": {
        const lines = event.data.commands.map(({ usage, summary }) => `${usage}: ${summary}`);
        return show(question, lines.join("\n"));
      }
      case "history":
        if (question?.typed) {
          return show(question, linesOf(event.data.messages, "Nothing is kept"));
        }
        return question && pages.arrived(question, event.data);
      case "search": {
        const none = `Nothing found for \u201c${event.data.words}\u201d`;
        return show(question, linesOf(event.data.messages, none));
      }
      default:
        return show(question, event.text);
    }
  };
}

/**
 * Messages as lines to read.
 *
 * @param none What is said if there are none.
 */
function linesOf(messages: readonly Message[], none: string) {
  const lines = messages.map(({ time, from, text, action }) => {
    const name = protocol.displayName(from);
    return `${calendar.format(time)}  ${action ? `* ${name}` : `${name}:`} ${text}`;
  });
  return lines.length === 0 ? none : lines.join("\n");
}

/** A text that fits into the log. */
function shorten(text: string) {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}\u2026`;
}
