/**
 * The table of events: everything that the server tells a client. A row has the members in JSON, and the line that text
 * clients get. The types, the checks of the clients, the documentation and the inputs of the fuzzers come from it.
 * @module
 */
import { eachLine, messageLine, said } from "./lines.ts";
import {
  choice,
  constant,
  integer,
  list,
  nullable,
  number,
  object,
  openChoice,
  optional,
  text,
} from "./schema.ts";
import { command, count, displayName, limits, MESSAGE, missedRange, room, user } from "./shapes.ts";
import { answer, event } from "./table.ts";

/** What can go wrong with a request, for programs. A code never changes its meaning. */
export const ERROR_CODES = {
  name_taken: "Another user has this name.",
  name_confusable: "The name looks like the name of another user.",
  name_reserved: "The name is reserved.",
  name_invalid: "The name breaks the rules in `limits.nameRules`.",
  unknown_command: "There is no such command.",
  usage: "The command lacks an argument, or an argument is wrong.",
  user_not_found: "There is no such user.",
  room_invalid: "The room name breaks the rules.",
  room_confusable: "The name of the new room looks like that of an existing one.",
  room_not_found: "There is no such room.",
  not_in_room: "The client is not in this room.",
  too_many_rooms: "The client is in `limits.maxRooms` rooms already.",
  cannot_leave: "The lobby cannot be left.",
  no_history: "The server stores no history.",
  not_operator: "The command is for operators.",
  wrong_token: "The operator token is wrong, or too many wrong ones came from this address.",
  ban_invalid: "The ban would have no target or would hit the operator.",
  not_banned: "There is no such ban.",
  not_muted: "The user is not muted.",
  too_many_bans: "The list of bans is full.",
  name_banned: "The name is banned.",
  muted: "An operator muted the client.",
  too_long: "The text is too long.",
  malformed: "The frame is not a request.",
  id_reused: "Another message was sent with this `id`. This one was not sent.",
  rejected: "The application behind the chat refused this.",
  failed: "The application behind the chat could not decide about this, or do it.",
  unavailable:
    "The servers of the chat cannot reach each other. It is safe to try again with the same `id`.",
  refused: "The server could not read the message, for example because it was too large.",
  login_required: "The client has to log in first.",
  login_failed: "The server does not accept the password or the token.",
  logged_in: "The client has logged in already, as another user.",
  no_login: "The server asks nobody to log in.",
  resume_failed: "The `resume` token is unknown or too old.",
  name_fixed: "The client's name comes from its login.",
  not_allowed: "The client may not do this in this room.",
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** How a line client logs in. */
export const LOGIN_HINT = "Log in with /login <password or token>";

const errorCode = openChoice(Object.keys(ERROR_CODES) as ErrorCode[], "ErrorCode");

/** Why the server ends a connection. */
export type DisconnectReason =
  | "quit"
  | "idle"
  | "shutdown"
  | "kicked"
  | "flood"
  /** The client did not log in. */
  | "login"
  /** What the client logged in with has expired. */
  | "expired"
  /** The client continues on another connection. */
  | "replaced";

const reconnect = object({
  after: [integer(), ""],
  spread: [integer(), ""],
}, { name: "Reconnect" });

export const EVENTS = {
  login_required: event(
    "The client has to log in. Until it has, it gets nothing else but the answers to its requests.",
    {},
    () => `Notice: ${LOGIN_HINT}`,
  ),
  hello: event(
    "The first event of every connection, or the first one behind the reply to the login.",
    {
      you: [user, ""],
      resume: [
        optional(text()),
        "For a guest who has a name: the secret with which it takes the name back, see the request `login`.",
      ],
      server: [
        object({ name: [constant("backchannel"), ""], version: [text(), ""] }),
        "",
      ],
      epoch: [text(), "Changes when the server restarts: user ids start again."],
      limits: [limits, ""],
      commands: [list(command), ""],
      room: [
        nullable(room),
        "The room that the client is in; `null` if it may not join the lobby.",
      ],
      users: [
        list(user),
        "The visible users, or none if there are more than 500; `/list` shows them all.",
      ],
      online: [count, "The number of visible users."],
    },
  ),
  message: event(
    "Another user sent a message to a room, or the client's own user did on another device.",
    MESSAGE,
    messageLine,
  ),
  whisper: event(
    "Another user sent a private message.",
    {
      from: [user, ""],
      text: [text(), ""],
      to: [
        optional(user),
        "The recipient, if the client's own user sent the message on another device.",
      ],
    },
    ({ from, text, to }) =>
      to === undefined
        ? said(`Whisper from ${displayName(from)}`, text)
        : said(`Whisper to ${displayName(to)}`, text),
  ),
  presence: event("A user appeared in a room, left it, or changed their name.", {
    room: [text(), ""],
    event: [choice("join", "leave", "rename"), ""],
    user: [user, ""],
    previous: [optional(nullable(text())), "The name before a rename; `null` if there was none."],
    users: [count, "The number of visible users now."],
  }),
  back: event(
    "A user returned so soon that their absence was not announced. Show nothing; replace the id in lists.",
    {
      room: [text(), ""],
      user: [user, ""],
      previous: [integer(), "The id before."],
    },
  ),
  renamed: event(
    "The client has lost its name, because a user who owns it has logged in.",
    { user: [user, "The client, without its name."], name: [text(), "The name that it had."] },
    ({ name }) =>
      `Notice: '${name}' belongs to a user who has logged in; choose another name with /name`,
  ),
  people: event(
    "The number of visible users changed. Rooms with more than 500 users get this instead of `presence`.",
    { room: [text(), ""], users: [count, ""] },
  ),
  away: event("A user is away, or is back if `user` has no `away`.", {
    room: [text(), ""],
    user: [user, ""],
  }),
  topic: event(
    "A user set the topic of a room, or cleared it (`null`).",
    {
      room: [text(), ""],
      from: [user, ""],
      topic: [nullable(text()), ""],
    },
    ({ from, topic }) =>
      topic === undefined || topic === null
        ? `Notice: ${displayName(from)} cleared the topic`
        : `Notice: ${displayName(from)} set the topic to '${topic}'`,
  ),
  ack: answer("The server delivered the client's message.", {
    room: [text(), ""],
    id: [count, "The number that the message has for others."],
    text: [
      optional(text()),
      "The text that others got, if the application behind the chat changed it.",
    ],
  }),
  error: answer("The server refused a request. Nothing changed.", {
    code: [errorCode, ""],
    text: [text(), "For people."],
  }, ({ text }) => text),
  dropped: event(
    "Messages are missing here because the client reads too slowly.",
    {
      count: [count, ""],
      missed: [
        list(missedRange),
        "The missing room messages, which `history` can fetch. The client's own may lie in between.",
      ],
    },
    ({ count }) => `Notice: ${count} messages were dropped because this connection is too slow`,
  ),
  throttled: event(
    "The client exceeds its rate. Nothing is lost; the server reads on when the rate allows.",
    { retryAfter: [number, "Milliseconds until the next message is read."] },
  ),
  notice: event("An operator sent a notice to all users.", {
    from: [user, ""],
    text: [text(), ""],
  }, ({ text }) => eachLine("Notice: ", text)),
  bye: event(
    "The server ends the connection. A close frame with 1000, 1001, 1008 or 3000 follows.",
    {
      reason: [
        openChoice(["quit", "idle", "kicked", "flood", "login", "expired", "replaced"]),
        "After `expired` the client can connect again, with a new token.",
      ],
      text: [text(), ""],
    },
    ({ text }) => text,
  ),
  shutdown: event(
    "The server shuts down. A close frame with 1001 follows, at once or during a drain.",
    {
      text: [text(), ""],
      reconnect: [
        reconnect,
        "Reconnect after a random time between `after` and `after + spread` milliseconds.",
      ],
    },
    ({ text }) => text,
  ),
} as const;

export type EventType = keyof typeof EVENTS;

const DISCONNECT_MESSAGES: Readonly<Record<DisconnectReason, string>> = {
  quit: "Goodbye!",
  idle: "Disconnected due to inactivity",
  shutdown: "Server is shutting down",
  kicked: "Kicked",
  flood: "Excess flood: you kept sending more than this server takes",
  login: "Disconnected because you did not log in",
  expired: "Your login has expired: connect and log in again",
  replaced: "Continued on another connection",
};

/**
 * When clients should reconnect after a shutdown, in ms: a restart takes about a second, and a thousand clients spread over
 * five more are two hundred handshakes a second.
 */
const RECONNECT = { after: 1_000, spread: 5_000 };

/** The last event of a connection. `message` replaces the usual text. */
export function disconnectEvent(reason: DisconnectReason, message?: string) {
  const text = message ?? DISCONNECT_MESSAGES[reason];
  if (reason === "shutdown") return { type: "shutdown", text, reconnect: RECONNECT } as const;
  return { type: "bye", reason, text } as const;
}
