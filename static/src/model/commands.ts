/**
 * Handles a submitted line: the page runs some commands itself and sends all others to the server.
 * @module
 */
import type { ServerConnection } from "../net/connection.ts";
import type { PendingRequests } from "./pending_requests.ts";
import type { ChatRoom } from "./room.ts";
import type { RoomList } from "./rooms.ts";
import type { Outgoing } from "./outgoing.ts";
import type { NewEntry } from "./timeline.ts";
import * as protocol from "../net/protocol.ts";
import * as lines from "./outgoing.ts";

export interface CommandOptions {
  rooms: RoomList;
  outgoing: Outgoing;
  pending: PendingRequests;
  connection: ServerConnection;
  /** Adds an entry to the log of a room. */
  addEntry: (room: ChatRoom, entry: NewEntry) => void;
  changeName: (name: string) => void;
  /** Called when the user's wish to enter a room is fulfilled. */
  onJoined: (room: ChatRoom) => void;
  /** Called when the user cannot enter a room. */
  onRefused: (problem: string) => void;
  /** Whether queued messages may be sent: the user's name is settled. */
  isReady: () => boolean;
}

export function createCommands(options: CommandOptions) {
  const { rooms, outgoing, pending, connection, addEntry } = options;
  let hasQuit = false;

  function sendCommand(line: string) {
    if (pending.sendCommand(line, rooms.shown, true)) return;
    const [word] = line.split(/\s/, 1);
    addEntry(rooms.shown, {
      kind: "error",
      command: line,
      text: `Cannot run ${word}: not connected`,
    });
  }

  /** Queues a message and sends it if possible. Returns whether it was queued. */
  function sendText(text: string) {
    const isQueued = outgoing.queue(text, rooms.shown);
    if (options.isReady()) outgoing.flush();
    if (connection.state === "closed" && !hasQuit) connection.retry();
    return isQueued;
  }

  /** Joins a room, if necessary, and shows it. */
  function join(name: string) {
    const room = rooms.find(name);
    if (room !== undefined) {
      rooms.show(room);
      return options.onJoined(room);
    }
    const about = { line: `/join ${name}`, typed: true, room: rooms.shown };
    if (pending.send({ type: "join", room: name }, about)) return;
    options.onRefused("Cannot join a room: not connected");
  }

  /** Leaves the shown room. */
  function leave() {
    const room = rooms.shown;
    if (room === rooms.lobby) {
      return addEntry(room, {
        kind: "error",
        text: "The lobby cannot be left, try /join or /quit",
      });
    }
    const about = { line: "/leave", typed: true, room };
    if (room.joined && pending.send({ type: "leave", room: room.name }, about)) return;
    outgoing.discard(room); // this connection has not joined the room
    rooms.close(room);
  }

  function disconnect() {
    hasQuit = true;
    connection.send(protocol.encode({ type: "command", text: "/quit" }, protocol.createRef()));
    connection.close();
    addEntry(rooms.shown, {
      kind: "notice",
      text: "You have disconnected. Messages that you write now are sent when you connect again.",
    });
  }

  /** Runs a command that the page implements. Returns whether it does. */
  function runLocally(command: string, rest: string) {
    if (command === "quit") disconnect();
    else if (command === "leave" && rest === "") leave();
    else if (command === "name" && rest !== "") options.changeName(rest);
    else if (command === "join" && rest !== "") join(rest);
    else return false;
    return true;
  }

  return {
    disconnect,
    join,
    leave,
    /** Whether the user disconnected, so that the page must not reconnect by itself. */
    get hasQuit() {
      return hasQuit;
    },
    /** Connects at once, also after {@linkcode disconnect}. */
    reconnect() {
      hasQuit = false;
      connection.retry();
    },
    /** Handles a submitted line. Returns whether it was accepted. */
    submit(typed: string) {
      const text = lines.stripInvisible(typed);
      if (!lines.isCommand(text) || lines.WHISPER.test(text) || lines.ACTION.test(text)) {
        return sendText(text);
      }
      const [word = ""] = text.split(/\s/, 1);
      const rest = text.slice(word.length).trim();
      if (!runLocally(word.slice(1).toLowerCase(), rest)) sendCommand(text);
      return true;
    },
  };
}
