/**
 * What must be in a frame for the page to rely on it. Types, commands and members that are not here may come: a server may
 * be newer than the page.
 * @module
 */

export type Check = (value: unknown) => boolean;
type Table = Readonly<Record<string, Check>>;

const isNumber: Check = (value) => typeof value === "number";
const isText: Check = (value) => typeof value === "string";
const isSomething: Check = (value) => typeof value === "object" && value !== null;
const optional = (check: Check): Check => (value) => value === undefined || check(value);
const nullable = (check: Check): Check => (value) => value === null || check(value);
const listOf = (check: Check): Check => (value) => Array.isArray(value) && value.every(check);
const shape = (members: Table): Check => (value) =>
  isSomething(value) &&
  Object.entries(members).every(([name, check]) => check(Object(value)[name]));

const isUser = shape({ id: isNumber, name: nullable(isText), address: isText });
const isRoom = shape({ name: isText, users: isNumber, offset: isNumber });
const isMessage = shape({ room: isText, id: isNumber, from: isUser, text: isText });
const isMissedRange = shape({ room: isText, from: isNumber, to: isNumber });

/** The `data` of each reply. */
const REPLIES: Table = {
  name: shape({ user: isUser }),
  list: shape({ room: isText, users: listOf(isUser) }),
  join: shape({
    room: isRoom,
    users: listOf(isUser),
    missed: optional(shape({ messages: listOf(isMessage) })),
  }),
  leave: shape({ left: isText }),
  rooms: shape({ rooms: listOf(isRoom) }),
  topic: shape({ room: isText }),
  away: shape({ user: isUser }),
  history: shape({ epoch: isText, messages: listOf(isMessage) }),
  search: shape({ messages: listOf(isMessage) }),
  whisper: shape({ to: isUser, text: isText }),
  stats: shape({ totalMessages: isNumber }),
  help: shape({ commands: listOf(isSomething) }),
};

/** Each event. */
const EVENTS: Table = {
  hello: shape({ you: isUser, users: listOf(isUser), limits: isSomething, room: isRoom }),
  message: isMessage,
  whisper: shape({ from: isUser, text: isText }),
  presence: shape({ user: isUser, room: isText }),
  back: shape({ user: isUser, previous: isNumber }),
  people: shape({ room: isText, users: isNumber }),
  away: shape({ user: isUser, room: isText }),
  topic: shape({ from: isUser, room: isText }),
  ack: shape({ id: isNumber, room: isText }),
  reply: (event) => {
    const { text, command, data } = Object(event);
    return isText(text) && isText(command) && isSomething(data) &&
      (!Object.hasOwn(REPLIES, command) || REPLIES[command]?.(data) === true);
  },
  error: shape({ text: isText }),
  dropped: shape({ count: isNumber, missed: optional(listOf(isMissedRange)) }),
  throttled: shape({ retryAfter: isNumber }),
  notice: shape({ from: isUser, text: isText }),
  bye: shape({ text: isText }),
  shutdown: shape({ text: isText, reconnect: isSomething }),
};

/** Whether an event has what its type must have. Of one that is not known only the type can be relied on. */
export function isReliable(event: unknown): boolean {
  const { type } = Object(event);
  return isText(type) && (!Object.hasOwn(EVENTS, type) || EVENTS[type]?.(event) === true);
}
