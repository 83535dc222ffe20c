/**
 * The wires that a chat can be held over, as one interface: how messages are read from it and written to it, and what it
 * has for pings and goodbyes. The one place where `chat` and `protocol` meet.
 * @module
 */
import { disconnectEvent, type DisconnectReason } from "../../wire/events.ts";
import { lossEvent, type WireFormat } from "../../chat/wire_format.ts";
import { JSON_PROTOCOL, renderJson } from "../../wire/json.ts";
import { encodeAlone } from "../../delivery/segment.ts";
import { renderAnnouncing, renderText } from "../../wire/text.ts";
import {
  encodeCloseFrame,
  encodeFrame,
  encodeTextFrame,
  MAX_FRAME_OVERHEAD,
  OPCODE,
} from "../../protocol/websocket/frame.ts";
import type { MessageReader } from "../../protocol/incoming.ts";
import { encodeLine, LINE_OVERHEAD } from "../../protocol/lines/text_line_stream.ts";
import { TelnetLineStream } from "../../protocol/lines/telnet.ts";
import { WebSocketReader } from "../../protocol/websocket/web_socket_reader.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const EMPTY: Bytes = new Uint8Array(0);

/** A format that renders lost messages as any other event. */
function wireFormat(format: Omit<WireFormat, "renderLoss">): WireFormat {
  return { ...format, renderLoss: (loss) => format.render(lossEvent(loss), Date.now()) };
}

export interface Transport {
  readonly name: "tcp" | "websocket";
  readonly format: WireFormat;
  /** The subprotocol that a client has to offer for it (RFC 6455 1.9). */
  readonly protocol?: string;
  /** Whether a message may have several lines, which are several messages to the chat. */
  readonly splits?: boolean;
  createReader(maxPayload: number): MessageReader;
  /** A ping, on wires that have one. */
  readonly ping?: Bytes;
  /** The answer to a ping. */
  pong?(payload: Bytes): Bytes;
  /** What says that nothing more comes, on wires that have it; the peer owes the same. */
  close?(code: number, reason: string): Bytes;
  /** A binary message, on wires that have them. */
  binary?(payload: Uint8Array): Bytes;
}

export const LINES: Transport = {
  name: "tcp",
  format: wireFormat({ render: renderText, encode: encodeLine, overhead: LINE_OVERHEAD }),
  createReader: (maxPayload) => new TelnetLineStream(maxPayload),
};

export const WEBSOCKET: Transport = {
  name: "websocket",
  splits: true,
  format: wireFormat({
    render: renderText,
    encode: encodeTextFrame,
    overhead: MAX_FRAME_OVERHEAD,
  }),
  createReader: (maxPayload) => new WebSocketReader(maxPayload),
  ping: encodeFrame(OPCODE.ping, EMPTY),
  pong: (payload) => encodeFrame(OPCODE.pong, payload),
  close: encodeCloseFrame,
  binary: (payload) => encodeFrame(OPCODE.binary, payload),
};

/** The same wire, but JSON events instead of lines. */
export const JSON_WEBSOCKET: Transport = {
  ...WEBSOCKET,
  splits: false,
  format: wireFormat({ ...WEBSOCKET.format, render: renderJson, tellsRoom: true }),
  protocol: JSON_PROTOCOL,
};

/** One object for each: all who share a format are told everything together. */
const ANNOUNCING: ReadonlyMap<Transport, Transport> = new Map(
  [LINES, WEBSOCKET].map((transport) => [
    transport,
    { ...transport, format: wireFormat({ ...transport.format, render: renderAnnouncing }) },
  ]),
);

/** The same wire, but its clients are told in words who comes and goes, if they can be told in no other way. */
export function announcing(transport: Transport): Transport {
  return ANNOUNCING.get(transport) ?? transport;
}

/** The last words to somebody whom the chat does not know. */
export function renderFarewell({ format }: Transport, reason: DisconnectReason): Bytes {
  const words = format.render(disconnectEvent(reason), Date.now());
  return encodeAlone(format.encode, format.overhead, words ?? "");
}
