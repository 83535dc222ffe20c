/**
 * The users of the rooms: complete lists and their changes.
 * @module
 */
import { displayName, type User } from "../models/message.model";
import type { PresenceEvent, ServerEvent } from "../models/protocol";
import type { RoomBook, RoomState } from "./room_book";

/** The events of a room that are not messages. */
export type RoomEvent = Extract<
  ServerEvent,
  { readonly type: "presence" | "back" | "people" | "away" | "topic" }
>;

export interface PresenceOptions {
  readonly book: RoomBook;
  /** Whether a user is the one of this client. */
  readonly isMe: (user: User) => boolean;
  /** Requests the list of users of a room. */
  readonly askList: (room: string) => void;
  /** Adds a notice to a room. */
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
    book.publish();
  }

  /** Stores the users of a room, and requests the list if it is not complete. */
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
    if (isMe(user)) return;
    const name = displayName(user);
    if (event === "join") notice(room.name, `${name} joined`);
    else if (event === "leave") notice(room.name, `${name} left`);
    else notice(room.name, `${previous ?? user.address} is now ${name}`);
  }
}

function describeTopic(name: string, topic: string | null): string {
  return topic === null ? `${name} removed the topic` : `${name} set the topic to '${topic}'`;
}
