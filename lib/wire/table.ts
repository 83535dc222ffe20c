/**
 * What a row of the tables of events, replies and requests is.
 * @module
 */
import {
  type Field,
  fieldsOf,
  type GivenMembers,
  type Members,
  type WireMembers,
} from "./schema.ts";

/**
 * One kind of event. `Wire` are its members in JSON besides `type` and `time`, `Given` are those that the chat hands in.
 */
export interface EventRow<Wire, Given, IsAnswer extends boolean = boolean> {
  /** What it tells, in one or two sentences. */
  readonly doc: string;
  /** The members behind `type` and `time` (and behind `ref` in an answer), in the order in which they are sent. */
  readonly fields: Readonly<Record<string, Field>>;
  /** Whether it answers a request, whose `id` it repeats as `ref`. */
  readonly isAnswer: IsAnswer;
  /** The line that text clients get. Without it they get nothing. */
  readonly text: ((event: Given) => string) | undefined;
  /** Never there: it carries the type. */
  readonly types?: readonly [wire: Wire, given: Given];
}

/** An event that happens by itself. `Given` may have more for its text than is sent in JSON. */
export function event<
  const M extends Members,
  Given extends GivenMembers<M> = GivenMembers<M>,
>(
  doc: string,
  members: M,
  text?: (event: Given) => string,
): EventRow<WireMembers<M>, Given, false> {
  return { doc, fields: fieldsOf(members), isAnswer: false, text };
}

/** An event that answers a request. */
export function answer<
  const M extends Members,
  Given extends GivenMembers<M> = GivenMembers<M>,
>(doc: string, members: M, text?: (event: Given) => string): EventRow<WireMembers<M>, Given, true> {
  return { doc, fields: fieldsOf(members), isAnswer: true, text };
}

/** One kind of reply: the `data` of the `reply` to a command. */
export interface ReplyRow<Wire, Given> {
  readonly doc: string;
  readonly fields: Readonly<Record<string, Field>>;
  /** The line that text clients get. */
  readonly text: (data: Given) => string;
  /** The `text` in JSON, where the line would repeat all of the data. By default the line. */
  readonly summary: ((data: Given) => string) | undefined;
  readonly types?: readonly [wire: Wire, given: Given];
}

export function reply<
  const M extends Members,
  Given extends GivenMembers<M> = GivenMembers<M>,
>(
  doc: string,
  members: M,
  text: (data: Given) => string,
  summary?: (data: Given) => string,
): ReplyRow<WireMembers<M>, Given> {
  return { doc, fields: fieldsOf(members), text, summary };
}

/** One kind of request. `Wire` are its members besides `type` and `id`. */
export interface RequestRow<Wire> {
  readonly doc: string;
  readonly fields: Readonly<Record<string, Field>>;
  readonly types?: readonly [wire: Wire];
}

export function request<const M extends Members>(
  doc: string,
  members: M,
): RequestRow<WireMembers<M>> {
  return { doc, fields: fieldsOf(members) };
}
