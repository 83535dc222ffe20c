/**
 * Who is in which room, as the server tells it: whole lists, and what changes in them.
 *
 * Must never know a socket.
 * @module
 */
import { displayName, type User } from "../models/message.model";
import type { PresenceEvent, ServerEvent } from "../models/protocol";
import type { RoomBook, RoomState } from "./room_book";

/** What happens in a room besides that somebody says something. */
export type RoomEvent = Extract<
  ServerEvent,
  { readonly type: "presence" | "back" | "people" | "away" | "topic" }
>;

export interface PresenceOptions {
  readonly book: RoomBook;
  /** Whether a connection is this client's, or was. */
  readonly isMe: (id: number) => boolean;
  /** Asks for everybody in a room. */
  readonly askList: (room: string) => void;
  /** Tells in a room what happened. */
  readonly notice: (room: string, text: string) => void;
}

export class Presence {
  readonly #options: PresenceOptions;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  handle(event: RoomEvent): void {
    const { book, notice } = this.#options;
    const room = book.get(event.room);
    if (room === undefined) return;
    switch (event.type) {
      case "presence":
        this.#change(room, event);
        break;
      case "back":
        room.users.delete(event.previous);
        room.users.set(event.user.id, event.user);
        break;
      case "people":
        room.online = event.users;
        room.partial = true;
        break;
      case "away":
        room.users.set(event.user.id, event.user);
        break;
      case "topic":
        room.topic = event.topic;
        notice(room.name, describeTopic(displayName(event.from), event.topic));
    }
    book.tell();
  }

  /** The server has said who is in a room, and how many these are. Asks for the list if it did not name all. */
  take(room: RoomState, users: readonly User[], online = users.length): void {
    room.users.clear();
    for (const user of users) room.users.set(user.id, user);
    room.online = online;
    room.partial = online > users.length;
    if (room.partial) this.#options.askList(room.name);
  }

  #change(room: RoomState, { event, user, previous, users }: PresenceEvent): void {
    const { isMe, askList, notice } = this.#options;
    if (event === "leave") room.users.delete(user.id);
    else room.users.set(user.id, user);
    room.online = users;
    if (room.partial) askList(room.name);
    if (isMe(user.id)) return;
    const name = displayName(user);
    if (event === "join") notice(room.name, `${name} joined`);
    else if (event === "leave") notice(room.name, `${name} left`);
    else notice(room.name, `${previous ?? user.address} is now ${name}`);
  }
}

function describeTopic(name: string, topic: string | null): string {
  return topic === null ? `${name} took the topic away` : `${name} set the topic to '${topic}'`;
}
