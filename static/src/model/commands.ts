/**
 * What a person does: says things, types commands, goes to rooms and away. What the page can do itself it does; the rest
 * is asked of the server.
 * @module
 */
import type { ServerConnection } from "../net/connection.ts";
import type { PendingRequests } from "./pending_requests.ts";
import type { ChatRoom } from "./room.ts";
import type { RoomList } from "./rooms.ts";
import type { Outgoing } from "./outgoing.ts";
import type { NewEntry } from "./timeline.ts";
import * as protocol from "../net/protocol.ts";
import * as speech from "./outgoing.ts";

export interface CommandOptions {
  rooms: RoomList;
  outgoing: Outgoing;
  pending: PendingRequests;
  connection: ServerConnection;
  /** Puts something into the log of a room. */
  tell: (room: ChatRoom, entry: NewEntry) => void;
  changeName: (name: string) => void;
  /** One is in a room because one wanted to. */
  onJoined: (room: ChatRoom) => void;
  /** One cannot go to a room. */
  onRefused: (problem: string) => void;
  /** Whether it is clear under which name to speak. */
  isSettled: () => boolean;
}

export function createCommands(options: CommandOptions) {
  const { rooms, outgoing, pending, connection, tell } = options;
  /** Whether one has left the chat, and is not to be brought back. */
  let left = false;

  function ask(line: string) {
    if (pending.askLine(line, rooms.shown, true)) return;
    const [word] = line.split(/\s/, 1);
    tell(rooms.shown, { kind: "error", text: `Cannot do ${word}: there is no connection` });
  }

  /** Says what was typed, or queues it. */
  function say(text: string) {
    const taken = outgoing.say(text, rooms.shown);
    if (options.isSettled()) outgoing.flush();
    if (connection.state === "closed" && !left) connection.retry();
    return taken;
  }

  /** Goes to a room, and looks at it. */
  function join(wanted: string) {
    const room = rooms.find(wanted);
    if (room !== undefined) {
      rooms.show(room);
      return options.onJoined(room);
    }
    const question = { line: `/join ${wanted}`, typed: true, room: rooms.shown };
    if (pending.ask({ type: "join", room: wanted }, question)) return;
    options.onRefused("Cannot go to a room: there is no connection");
  }

  /** Leaves the room in view. */
  function leave() {
    const room = rooms.shown;
    if (room === rooms.lobby) {
      return tell(room, { kind: "error", text: "The lobby cannot be left, try /join or /quit" });
    }
    const question = { line: "/leave", typed: true, room };
    if (room.joined && pending.ask({ type: "leave", room: room.name }, question)) return;
    outgoing.forget(room); // the server does not think that one is in
    rooms.close(room);
  }

  function disconnect() {
    left = true;
    connection.send(protocol.encode({ type: "command", text: "/quit" }, protocol.createRef()));
    connection.close();
    tell(rooms.shown, {
      kind: "notice",
      text: "You have left. What you type waits until you are back.",
    });
  }

  /** Does a command that is the page's. Says whether it is one. */
  function doCommand(command: string, rest: string) {
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
    /** Whether one has left the chat, and is not to be brought back. */
    get left() {
      return left;
    },
    /** Tries at once what it would try later, or comes back after leaving. */
    comeBack() {
      left = false;
      connection.retry();
    },
    /** Does what a typed line says. Says whether it was taken. */
    submit(typed: string) {
      const text = speech.uncover(typed);
      if (!speech.isCommand(text) || speech.WHISPER.test(text) || speech.ACTION.test(text)) {
        return say(text);
      }
      const [word = ""] = text.split(/\s/, 1);
      const rest = text.slice(word.length).trim();
      if (!doCommand(word.slice(1).toLowerCase(), rest)) ask(text);
      return true;
    },
  };
}
