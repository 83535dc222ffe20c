/**
 * The table of replies: what a JSON client gets as `data` of the `reply` to a command, and the line that text clients get.
 * @module
 */
import {
  bansLine,
  pastLine,
  roomsLine,
  said,
  searchLine,
  statisticsLine,
  topicReplyLine,
  usersLine,
} from "./lines.ts";
import { flag, list, nullable, optional, text } from "./schema.ts";
import {
  ban,
  command,
  count,
  displayName,
  missed,
  PAGE,
  pastMessage,
  room,
  STATISTICS,
  user,
} from "./shapes.ts";
import { reply, type ReplyRow } from "./table.ts";

type Nothing = Readonly<Record<never, never>>;

/** The reply to a command of operators, which is told in words alone. */
const done: ReplyRow<Nothing, { readonly text: string }> = reply(
  "An operator's command was executed; `text` says what it did.",
  {},
  ({ text }: { readonly text: string }) => text,
);

const resumeToken = [
  optional(text()),
  "A secret with which a guest takes its name back after the connection was lost, see the request `login`.",
] as const;

export const REPLIES = {
  name: reply(
    "The client has this name now.",
    { user: [user, ""], resume: resumeToken },
    ({ user }) => `Username set to '${displayName(user)}'`,
  ),
  login: reply(
    "The client has logged in, or has its name back.",
    { user: [user, ""], resume: resumeToken },
    ({ user: { name } }) =>
      name === undefined || name === null ? "Logged in" : `Logged in as '${name}'`,
  ),
  list: reply("The visible users of a room.", {
    room: [text(), ""],
    users: [list(user), "At most 1,000 of them."],
    total: [count, "The number of visible users."],
  }, ({ room, users, total }) => usersLine(room, users, total)),
  join: reply(
    "The client is in the room now.",
    {
      room: [room, ""],
      users: [list(user), "Empty if there are more than 500."],
      epoch: [text(), "The epoch of message ids from now on."],
      missed: [optional(missed), "Only if the request had `since`."],
    },
    ({ room: { name, topic } }) =>
      `Joined room '${name}'${topic === undefined || topic === null ? "" : `, topic: ${topic}`}`,
  ),
  history: reply(
    "A page of a room's messages.",
    {
      room: [text(), ""],
      epoch: [text(), ""],
      ...PAGE,
      complete: [flag, "Whether nothing is missing between `after` and the last of these."],
    },
    ({ room, messages }) =>
      messages.length === 0 ? `No history in '${room}'` : messages.map(pastLine).join("\n"),
    ({ room, messages }) => `${messages.length} messages of '${room}'`,
  ),
  search: reply(
    "The newest messages that contain all the words, oldest first.",
    {
      room: [text(), ""],
      words: [text(), ""],
      messages: [list(pastMessage), ""],
      complete: [flag, "`false` if searching the older messages would have taken too long."],
    },
    searchLine,
    ({ room, messages }) => `${messages.length} messages found in '${room}'`,
  ),
  leave: reply("The client left a room.", {
    left: [text(), "The room that it left."],
    room: [nullable(room), "The room that its messages go to now; `null` if it is in none."],
  }, ({ left }) => `Left room '${left}'`),
  rooms: reply("The largest rooms.", {
    rooms: [list(room), ""],
    total: [count, "The number of rooms."],
  }, ({ rooms, total }) => roomsLine(rooms, total)),
  topic: reply("The topic of a room.", {
    room: [text(), ""],
    topic: [nullable(text()), ""],
  }, topicReplyLine),
  away: reply(
    "The client is away, or is back.",
    { user: [user, ""] },
    ({ user: { away } }) => away === undefined ? "You are back" : `You are away: ${away}`,
  ),
  whisper: reply("The server delivered a private message.", {
    to: [user, ""],
    text: [text(), ""],
  }, ({ to, text }) => said(`Whisper to ${displayName(to)}`, text)),
  stats: reply("Counters of the server.", STATISTICS, statisticsLine),
  help: reply(
    "All commands that the client may use.",
    { commands: [list(command), ""] },
    ({ commands }) =>
      `Commands: ${commands.map(({ usage, summary }) => `${usage} (${summary})`).join(", ")}`,
  ),
  oper: reply(
    "The client is an operator now, and may use these commands besides those in `hello`.",
    { commands: [list(command), ""] },
    () => "You are an operator now, see /help",
  ),
  bans: reply("The newest bans, oldest first.", {
    bans: [list(ban), ""],
    total: [count, "The number of bans."],
  }, ({ bans, total }) => bansLine(bans, total)),
  kick: done,
  ban: done,
  unban: done,
  mute: done,
  say: done,
  lockdown: done,
  drain: done,
} as const;

export type ReplyCommand = keyof typeof REPLIES;
