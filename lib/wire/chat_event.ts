/**
 * The types of events and requests, as the tables have them: what the chat hands in to be sent, and what it gets.
 * @module
 */
import type { EVENTS, EventType } from "./events.ts";
import type { REPLIES, ReplyCommand } from "./replies.ts";
import type { REQUESTS, RequestType } from "./requests.ts";
import type { EventRow, ReplyRow, RequestRow } from "./table.ts";

/** The `id` of a request, which its answers repeat as `ref`. */
export type RequestId = string | undefined;

/** What the chat tells a client. */
export type ChatEvent = SimpleEvent | ReplyEvent | CustomReplyEvent;

type SimpleEvent = {
  [Type in EventType]: (typeof EVENTS)[Type] extends EventRow<infer _, infer Given, infer IsAnswer>
    ?
      & { readonly type: Type }
      & Given
      & (IsAnswer extends true ? { readonly ref: RequestId } : unknown)
    : never;
}[EventType];

/** The reply to a command. */
export type ReplyEvent = {
  [Command in ReplyCommand]: {
    readonly type: "reply";
    readonly command: Command;
    readonly data: ReplyData<Command>;
    readonly ref: RequestId;
  };
}[ReplyCommand];

/** The reply to a command of the program that embeds the server. On the wire it is a `reply`, too. */
export interface CustomReplyEvent {
  readonly type: "custom";
  /** The name of the command, which is none of the others. */
  readonly command: string;
  /** What people read. */
  readonly text: string;
  /** The `data`, as JSON. */
  readonly json: string;
  readonly ref: RequestId;
}

/** What is handed in for the reply to a command. */
export type ReplyData<Command extends ReplyCommand> = (typeof REPLIES)[Command] extends
  ReplyRow<infer _, infer Given> ? Given : never;

/** What a client sent. */
export type Request = {
  [Type in RequestType]: (typeof REQUESTS)[Type] extends RequestRow<infer Wire>
    ? { readonly type: Type; readonly id: RequestId } & Wire
    : never;
}[RequestType];
