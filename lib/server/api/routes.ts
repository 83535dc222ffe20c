/**
 * The table of the API: its paths, their operations, and what the description of the API says about each.
 * @module
 */
import type { Hub } from "../../chat/hub.ts";
import { fieldsOf, integer, optional, text } from "../../wire/schema.ts";
import { REPLIES } from "../../wire/replies.ts";
import { DEFAULT_PAGE, MAX_PAGE } from "../../wire/requests.ts";
import { count, MAX_REF_LENGTH } from "../../wire/shapes.ts";
import type { Field } from "../../wire/schema.ts";
import type { Reply } from "../http/answer.ts";
import type { ApiCall } from "./call.ts";
import type { EventStreams } from "./event_streams.ts";
import { MESSAGE_FIELDS, MESSAGE_TYPES } from "./message_body.ts";
import { POSTED, postToRoom } from "./messages.ts";
import { jsonResponse } from "./problem.ts";
import { listRooms, listUsers, readMessages } from "./rooms.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Fields = Readonly<Record<string, Field>>;

/** What operations work with. */
export interface ApiServices {
  readonly hub: Hub;
  readonly streams: Pick<EventStreams, "open">;
  /** Describes the API as OpenAPI. */
  readonly describe: () => string;
}

interface OperationBase {
  /** Names it in the description. */
  readonly id: string;
  readonly summary: string;
  /** The right that the caller needs in the room. */
  readonly right?: "read" | "write";
  readonly query?: Fields;
  readonly headers?: Fields;
  /** The successful response: its status, and its members in JSON or its media type. */
  readonly success: {
    readonly status: number;
    readonly doc: string;
    readonly fields?: Fields;
    readonly type?: string;
  };
  /** The statuses of the errors that are particular to it. */
  readonly errors: readonly number[];
}

/** An operation that reads nothing but the head of the request. */
interface ReadOperation extends OperationBase {
  readonly run: (services: ApiServices, call: ApiCall) => Reply | Promise<Reply>;
}

/** An operation that reads the body of the request. */
interface BodyOperation extends OperationBase {
  readonly body: { readonly types: readonly string[]; readonly fields: Fields };
  readonly runWithBody: (
    services: ApiServices,
    call: ApiCall,
    body: Bytes,
  ) => Reply | Promise<Reply>;
}

export type Operation = ReadOperation | BodyOperation;

export interface ApiRoute {
  /** The path, in which `{room}` stands for the name of a room, percent-encoded. */
  readonly path: string;
  /** By method. HEAD is answered like GET. */
  readonly operations: Readonly<Partial<Record<string, Operation>>>;
}

const PAGE_QUERY = fieldsOf({
  before: [optional(count), "Only messages with smaller ids."],
  after: [
    optional(count),
    "Only messages with larger ids. With `after` the page has the oldest of them, without it the newest.",
  ],
  limit: [
    optional(integer({ min: 1, max: MAX_PAGE })),
    `The maximum number of messages; ${DEFAULT_PAGE} by default.`,
  ],
});

const POST_HEADERS = fieldsOf({
  "Idempotency-Key": [
    optional(text(MAX_REF_LENGTH)),
    "The client's id of the message. It is posted once, however often it is sent with the same key. A key of 16 characters " +
    "or more, like a UUID, holds across restarts if the server stores its history.",
  ],
});

const EVENT_HEADERS = fieldsOf({
  "Last-Event-ID": [
    optional(text()),
    "The id of the last event that the client has. The stream begins with the messages that it missed.",
  ],
});

export const API_ROUTES: readonly ApiRoute[] = [
  {
    path: "/api/rooms",
    operations: {
      GET: {
        id: "listRooms",
        summary: "Lists the rooms that you may read, the largest first",
        success: { status: 200, doc: REPLIES.rooms.doc, fields: REPLIES.rooms.fields },
        errors: [],
        run: ({ hub }, call) => listRooms(hub, call),
      },
    },
  },
  {
    path: "/api/rooms/{room}/messages",
    operations: {
      GET: {
        id: "readMessages",
        summary: "Returns a page of messages",
        right: "read",
        query: PAGE_QUERY,
        success: { status: 200, doc: REPLIES.history.doc, fields: REPLIES.history.fields },
        errors: [400, 403, 404],
        run: ({ hub }, call) => readMessages(hub, call),
      },
      POST: {
        id: "postMessage",
        summary: "Posts a message",
        right: "write",
        headers: POST_HEADERS,
        body: { types: MESSAGE_TYPES, fields: MESSAGE_FIELDS },
        success: { status: 201, doc: "The message was posted.", fields: POSTED },
        errors: [400, 403, 409, 413, 415, 422],
        runWithBody: ({ hub }, call, body) => postToRoom(hub, call, body),
      },
    },
  },
  {
    path: "/api/rooms/{room}/users",
    operations: {
      GET: {
        id: "listUsers",
        summary: "Lists the users in a room",
        right: "read",
        success: { status: 200, doc: REPLIES.list.doc, fields: REPLIES.list.fields },
        errors: [403, 404],
        run: ({ hub }, call) => listUsers(hub, call),
      },
    },
  },
  {
    path: "/api/rooms/{room}/events",
    operations: {
      GET: {
        id: "streamEvents",
        summary: "Streams the events of a room",
        right: "read",
        headers: EVENT_HEADERS,
        success: {
          status: 200,
          doc: "Server-sent events. The data of each is an event of the JSON protocol.",
          type: "text/event-stream",
        },
        errors: [400, 403, 409],
        run: ({ streams }, call) => streams.open(call),
      },
    },
  },
  {
    path: "/api/openapi.json",
    operations: {
      GET: {
        id: "describe",
        summary: "Returns this description",
        success: { status: 200, doc: "An OpenAPI document.", type: "application/json" },
        errors: [],
        run: ({ describe }) => jsonResponse(200, describe()),
      },
    },
  },
];

interface Match {
  readonly route: ApiRoute;
  /** What stands for `{room}`, percent-encoded; empty if the path has no such part. */
  readonly room: string;
}

const MATCHERS = API_ROUTES.map((route) => ({
  route,
  pattern: new RegExp(`^${route.path.replaceAll(".", "\\.").replace("{room}", "([^/]+)")}$`),
}));

/** The route of a path. */
export function findRoute(path: string): Match | undefined {
  for (const { route, pattern } of MATCHERS) {
    const match = pattern.exec(path);
    if (match !== null) return { route, room: match[1] ?? "" };
  }
  return undefined;
}

/** The methods of a route, as Allow lists them (RFC 9110 10.2.1). */
export function allowedMethods({ operations }: ApiRoute): string {
  const methods = Object.keys(operations).flatMap((method) =>
    method === "GET" ? ["GET", "HEAD"] : method
  );
  return [...methods, "OPTIONS"].join(", ");
}
