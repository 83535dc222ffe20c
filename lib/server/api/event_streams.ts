/**
 * The operation of the API that reads the events of a room: opens streams, within a limit for each identity.
 * @module
 */
import { checkNewRoom, readRoomName } from "../../chat/commands/room_commands.ts";
import type { Hub } from "../../chat/hub.ts";
import type { Position } from "../../chat/history_reader.ts";
import { roomKey } from "../../chat/room.ts";
import { EVENT_STREAM_TYPE } from "../../protocol/http/event_stream.ts";
import { RequestError, type RequestHead } from "../../protocol/http/request_head.ts";
import { type Refusal, RETRY_AFTER } from "../admission/refusals.ts";
import type { StreamedResponse } from "../http/answer.ts";
import type { ApiCall } from "./call.ts";
import { parsePosition } from "./event_format.ts";
import { EventStream, type EventStreamOptions } from "./event_stream.ts";
import { API_FIELDS } from "./problem.ts";

export interface EventStreamsOptions extends EventStreamOptions {
  readonly hub: Hub;
  /** The most streams that one identity may have at once. */
  readonly maxStreams: number;
  /** Why no new clients are admitted to the chat at the moment. */
  readonly closedFor: () => Refusal | undefined;
}

export class EventStreams {
  readonly #options: EventStreamsOptions;
  /** The number of streams by the id of the identity. */
  readonly #counts = new Map<string, number>();

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  /**
   * Opens a stream of the events of a room, which need not exist yet: nobody has to write before others can listen.
   *
   * @throws {RequestError | CommandError}
   */
  open(call: ApiCall): StreamedResponse | Promise<StreamedResponse> {
    const { request: { head }, author, room: typed } = call;
    const { hub, closedFor } = this.#options;
    const { identity } = author;
    const refusal = identity.operator ? undefined : closedFor();
    if (refusal !== undefined) {
      throw new RequestError(refusal.status, refusal.text, refusal.retryAfter);
    }
    const room = readRoomName(typed);
    checkNewRoom(hub, author, room);
    const since = readLastEventId(head);
    const begin = () => this.#begin(call, room, since);
    return since === undefined ? begin() : hub.whenLoaded({ key: roomKey(room) }, begin);
  }

  #begin(
    { request: { connection }, author }: ApiCall,
    room: string,
    since: Position | undefined,
  ): StreamedResponse {
    const { maxStreams } = this.#options;
    const { identity } = author;
    const { id } = identity;
    const count = this.#counts.get(id) ?? 0;
    if (count >= maxStreams) {
      throw new RequestError(
        429,
        `There are ${count} streams with this token already`,
        RETRY_AFTER,
      );
    }
    this.#counts.set(id, count + 1);
    const stream = new EventStream(this.#options, {
      connection,
      room,
      user: author.name,
      since,
      expires: identity.expires,
      onClosed: () => this.#release(id),
    });
    const fields = [...API_FIELDS, ["content-type", EVENT_STREAM_TYPE], UNBUFFERED] as const;
    return { status: 200, fields, stream };
  }

  #release(id: string): void {
    const count = (this.#counts.get(id) ?? 0) - 1;
    if (count > 0) this.#counts.set(id, count);
    else this.#counts.delete(id);
  }
}

/** Keeps nginx from collecting events until its buffer is full. */
const UNBUFFERED = ["x-accel-buffering", "no"] as const;

/** Where a client was. An id that is none, such as that of another server, is as good as an unknown one. */
function readLastEventId({ fields }: RequestHead): Position | undefined {
  const id = fields.get("last-event-id")?.join(", ");
  if (id === undefined || id === "") return undefined;
  return parsePosition(id) ?? { epoch: "", offset: 0 };
}
