/**
 * How people and messages are written into the shared log: as JSON arrays, since every node reads every one of them.
 *
 * Nodes of one version of the log's protocol read each other's records; see `CLUSTER_VERSION`.
 * @module
 */
import type { Person } from "../wire/shapes.ts";
import type { Message } from "./history.ts";

/** The user whose client somebody is. */
export interface UserRecord {
  readonly key: string;
  /** The number that others see instead of that of a client. */
  readonly id: number;
}

/** Somebody who is seen, as all nodes know them. */
export interface PersonRecord {
  readonly id: number;
  readonly name: string | undefined;
  readonly address: string;
  readonly away: string | undefined;
  /** For operators. */
  readonly origin: string;
  readonly lineage: number;
  readonly token: string | undefined;
  readonly isOperator: boolean;
  readonly user: UserRecord | undefined;
  /** Whether others see them. Users are known to all nodes before. */
  readonly isSeen: boolean;
  /** The keys of rooms, each with the place in the log at which somebody came; `undefined` if that is now. */
  readonly rooms: ReadonlyMap<string, number | undefined>;
}

/** Stands for the place in the log, which the engine puts in. JSON never has it: it escapes control characters. */
const HERE = "\x01";

export function encodePerson(person: PersonRecord): string {
  const { id, name, address, away, origin, lineage, token, isOperator, user, isSeen, rooms } =
    person;
  const start = JSON.stringify([
    id,
    name ?? 0,
    address,
    away ?? 0,
    origin,
    lineage,
    token ?? 0,
    isOperator ? 1 : 0,
    user === undefined ? 0 : [user.key, user.id],
    isSeen ? 1 : 0,
  ]);
  const places = Array.from(rooms, ([key, place]) => `,${JSON.stringify(key)},${place ?? HERE}`);
  return `${start.slice(0, -1)}${places.join("")}]`;
}

/** The number of members in front of the rooms. */
const FIRST_ROOM = 10;

export function decodePerson(text: string): PersonRecord {
  // Only nodes of this version write here, so the form is not checked again.
  const items = JSON.parse(text);
  const [id, name, address, away, origin, lineage, token, isOperator, user, isSeen] = items;
  const rooms = new Map<string, number>();
  for (let i = FIRST_ROOM; i < items.length; i += 2) rooms.set(items[i], items[i + 1]);
  return {
    id,
    name: name || undefined,
    address,
    away: away || undefined,
    origin,
    lineage,
    token: token || undefined,
    isOperator: isOperator === 1,
    user: user === 0 ? undefined : { key: user[0], id: user[1] },
    isSeen: isSeen === 1,
    rooms,
  };
}

/** What a message is to all nodes, besides its room, number and time. */
export interface MessageRecord extends Omit<Message, "time"> {
  /** The id of the client that sent it, which is not told itself. */
  readonly client: number;
}

export function encodeMessage(
  client: number,
  who: Person,
  text: string,
  action: boolean,
  clientId: string | null,
): string {
  const { id, name, address, account } = who;
  return JSON.stringify([client, id, name ?? 0, address, account ?? 0, text, +action, clientId]);
}

export function decodeMessage(text: string): MessageRecord {
  const [client, sender, name, address, account, message, action, clientId] = JSON.parse(text);
  return {
    client,
    sender,
    name: name || null,
    address,
    account: account || undefined,
    text: message,
    action: action === 1,
    clientId,
  };
}
