/**
 * The table of requests: everything that a JSON client may send, besides a slash command as it is typed.
 * @module
 */
import { integer, object, optional, text } from "./schema.ts";
import { count, MAX_REF_LENGTH, MAX_SECRET_LENGTH } from "./shapes.ts";
import { request } from "./table.ts";

/** The maximum number of messages in one page of the history. A page is bounded in bytes too, and then has `more`. */
export const MAX_PAGE = 200;

/** The number of messages in a page if the client does not say: two or three screens. */
export const DEFAULT_PAGE = 50;

const somewhere = [
  optional(text()),
  "A room that the client is in; by default the one that it joined last.",
] as const;

export const REQUESTS = {
  login: request(
    "Logs the client in, or takes back the name of a guest whose connection was lost.",
    {
      secret: [
        optional(text(MAX_SECRET_LENGTH)),
        "The password or the token. It must never be in a URL.",
      ],
      resume: [
        optional(text(MAX_REF_LENGTH)),
        "The last `resume` token that the client got. It holds for `--presence-delay` after the connection was lost, and once.",
      ],
    },
  ),
  message: request(
    "Sends a message to a room. The text is sent as it is, even if it begins with `/`.",
    { text: [text(), "May have line breaks."], room: somewhere },
  ),
  command: request("Runs a command.", {
    text: [text(), "For example `/join dev`."],
    room: somewhere,
  }),
  join: request("Joins a room, or makes it the one that messages go to by default.", {
    room: [text(), ""],
    since: [
      optional(object({ epoch: [text(), ""], offset: [count, ""] }, {
        name: "Position",
        expected: "an epoch and an offset",
      })),
      "The last message that the client has. The reply has `missed`: everything from there up to the moment at which " +
      "this connection joined the room.",
    ],
  }),
  leave: request("Leaves a room. A client that is in no other goes to the lobby.", {
    room: [text(), ""],
  }),
  history: request("Fetches a page of messages of a room that the client is in.", {
    before: [optional(count), "Only messages with smaller ids."],
    after: [
      optional(count),
      "Only messages with larger ids. With `after` the page has the oldest of them, without it the newest.",
    ],
    limit: [
      optional(integer({
        min: 1,
        max: MAX_PAGE,
        expected: `a number from 1 to ${MAX_PAGE}`,
      })),
      `The maximum number of messages; ${DEFAULT_PAGE} by default.`,
    ],
    room: somewhere,
  }),
} as const;

export type RequestType = keyof typeof REQUESTS;
