/**
 * The events of a room as server-sent events: the JSON of the WebSocket protocol, rendered once for all readers.
 * @module
 */
import type { Position } from "../../chat/history_reader.ts";
import { lossEvent, type WireFormat } from "../../chat/wire_format.ts";
import { encodeEvent, formatEvent, formatRetry } from "../../protocol/http/event_stream.ts";
import type { ChatEvent } from "../../wire/chat_event.ts";
import { renderJson } from "../../wire/json.ts";
import { fieldsOf, flag, membersWriterOf, optional, text } from "../../wire/schema.ts";
import { type Missed, room, type RoomInfo } from "../../wire/shapes.ts";

/** Writes a position as the id of an event, which a client that reconnects sends as Last-Event-ID. */
export function formatPosition({ epoch, offset }: Position): string {
  return `${epoch}:${offset}`;
}

/** Reads a position; `undefined` if the text is none. */
export function parsePosition(text: string): Position | undefined {
  const [, epoch, offset] = /^([\w-]{1,64}):(\d{1,15})$/.exec(text) ?? [];
  return epoch === undefined ? undefined : { epoch, offset: Number(offset) };
}

/** Renders an event. Only messages have an id: other events do not change where a client is. */
function render(event: ChatEvent, time: number, epoch: string): string {
  const { type } = event;
  const data = renderJson(event, time);
  // Clients call `onmessage` for events without a type, and only listeners for the others.
  if (type === "message") {
    return formatEvent({ id: formatPosition({ epoch, offset: event.id }), data });
  }
  return formatEvent({ event: type, data });
}

/** Creates the format of the readers of one server. `epoch` is that of its messages. */
export function createEventFormat(epoch: string): WireFormat {
  return {
    render: (event, time) => render(event, time, epoch),
    renderLoss: (loss) => render(lossEvent(loss), Date.now(), epoch),
    encode: encodeEvent,
    overhead: 0,
    tellsRoom: true,
  };
}

/** Renders the last event of a stream, with the time after which its client may reconnect, in ms. */
export function renderEnd(
  event: ChatEvent | undefined,
  retry: number | undefined,
  time: number,
): string {
  const last = event === undefined ? "" : render(event, time, "");
  return retry === undefined ? last : formatRetry(retry) + last;
}

/** What a stream begins with. */
export interface Beginning {
  readonly room: RoomInfo;
  readonly epoch: string;
  /** The number of the last message before the stream. */
  readonly start: number;
  /** Where the client was, if it has said so. */
  readonly since: Position | undefined;
  readonly missed: Missed | undefined;
}

/** The members of the first event behind `type` and `time`. */
export const SUBSCRIBED = fieldsOf({
  room: [room, ""],
  epoch: [text(), "The epoch of the ids of messages."],
  recovered: [
    optional(flag),
    "Only after `Last-Event-ID`: whether the messages that follow are all that the client missed. If not, some may be lost; " +
    "`GET /api/rooms/{room}/messages` has those that are stored.",
  ],
});

const writeSubscribed = membersWriterOf(SUBSCRIBED);

/**
 * Renders the beginning of a stream: an event `subscribed`, which tells whether messages are missing, and those that were
 * missed. The id of the first event is where the client is now, so that it misses nothing if it is cut off before a message.
 */
export function renderBeginning(
  { room, epoch, start, since, missed }: Beginning,
  time: number,
): string {
  const recovered = missed?.recovered;
  const position = recovered === true && since !== undefined ? since : { epoch, offset: start };
  const members = writeSubscribed({ room: { ...pick(room), offset: start }, epoch, recovered });
  const data = `{"type":"subscribed","time":${time}${members}}`;
  const first = formatEvent({ event: "subscribed", id: formatPosition(position), data });
  const messages = recovered === true ? missed?.messages ?? [] : [];
  return first +
    messages.map(({ time, ...message }) => render({ type: "message", ...message }, time, epoch))
      .join("");
}

function pick({ name, topic, users }: RoomInfo): Omit<RoomInfo, "offset"> {
  return { name, topic, users };
}
