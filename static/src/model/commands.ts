/**
 * Handles a submitted line: the page runs some commands itself and sends all others to the server.
 * @module
 */
import type { ClientCore } from "../net/client.ts";
import type { PendingRequests } from "./pending_requests.ts";
import type { ChatRoom } from "./room.ts";
import type { RoomList } from "./rooms.ts";
import type { Outgoing } from "./outgoing.ts";
import type { NewEntry } from "./timeline.ts";
import * as lines from "./outgoing.ts";

export interface CommandOptions {
  rooms: RoomList;
  outgoing: Outgoing;
  pending: PendingRequests;
  client: Pick<ClientCore, "state" | "post" | "leave" | "retry" | "close">;
  /** Adds an entry to the log of a room. */
  addEntry: (room: ChatRoom, entry: NewEntry) => void;
  changeName: (name: string) => void;
  /** Remembers what the user logs in with, if the server accepts it. */
  onLogin: (secret: string) => void;
  /** Called when the user's wish to enter a room is fulfilled. */
  onJoined: (room: ChatRoom) => void;
  /** Called when the user cannot enter a room. */
  onRefused: (problem: string) => void;
}

export function createCommands(options: CommandOptions) {
  const { rooms, outgoing, pending, client, addEntry } = options;
  let hasQuit = false;

  function sendCommand(line: string) {
    const [word = ""] = line.split(/\s/, 1);
    const shown = lines.isSecret(line) ? word : line;
    const request = { type: "command", text: line, room: rooms.shown.name } as const;
    if (pending.send(request, { line: shown, typed: true, room: rooms.shown })) return;
    addEntry(rooms.shown, {
      kind: "error",
      command: shown,
      text: `Cannot run ${word}: not connected`,
    });
  }

  /** Queues a message and sends it if possible. Returns whether it was queued. */
  function sendText(text: string) {
    const isQueued = outgoing.queue(text, rooms.shown);
    if (client.state === "closed" && !hasQuit) client.retry();
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
    if (pending.add(client.leave(room.name), about)) return;
    outgoing.discard(room); // this connection has not joined the room
    rooms.close(room);
  }

  function logIn(secret: string) {
    const about = { line: "/login", typed: true, room: rooms.shown };
    if (pending.send({ type: "login", secret }, about)) return options.onLogin(secret);
    addEntry(rooms.shown, { kind: "error", text: "Cannot run /login: not connected" });
  }

  function disconnect() {
    hasQuit = true;
    client.post({ type: "command", text: "/quit" });
    client.close();
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
    else if (command === "login" && rest !== "") logIn(rest);
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
    /** Does not connect by itself until the user wants to. */
    stop() {
      hasQuit = true;
    },
    /** Connects at once, also after {@linkcode disconnect}. */
    reconnect() {
      hasQuit = false;
      client.retry();
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
