/**
 * Transports: the wires that clients use, each with its format, its reader and its control frames.
 * @module
 */
import { disconnectEvent, type DisconnectReason } from "../../wire/events.ts";
import { lossEvent, type WireFormat } from "../../chat/wire_format.ts";
import { encodeAlone } from "../../delivery/segment.ts";
import type { MessageReader } from "../../protocol/incoming.ts";
import { encodeLine, LINE_OVERHEAD } from "../../protocol/lines/text_line_stream.ts";
import { LineSplitter } from "../../protocol/lines/line_splitter.ts";
import { TelnetLineStream } from "../../protocol/lines/telnet.ts";
import {
  encodeFrame,
  encodeTextFrame,
  MAX_FRAME_OVERHEAD,
  OPCODE,
} from "../../protocol/websocket/frame.ts";
import { WebSocketProtocol } from "../../protocol/websocket/web_socket_protocol.ts";
import { JSON_PROTOCOL, renderJson } from "../../wire/json.ts";
import { renderAnnouncing, renderText } from "../../wire/text.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface Transport {
  readonly name: "tcp" | "websocket";
  readonly format: WireFormat;
  /** The WebSocket subprotocol that clients have to offer for it (RFC 6455 1.9). */
  readonly protocol?: string;
  /**
   * Creates the reader of one client.
   *
   * @param maxPayload The longest message, in bytes.
   * @param echo Whether messages are sent back as they are.
   */
  createReader(maxPayload: number, echo: boolean): MessageReader;
  /** A ping, on wires that have one. */
  readonly ping?: Bytes;
  /** Encodes a binary message, on wires that have them. */
  encodeBinary?(payload: Uint8Array): Bytes;
}

/** A format that renders lost messages like any other event. */
function wireFormat(format: Omit<WireFormat, "renderLoss">): WireFormat {
  return { ...format, renderLoss: (loss) => format.render(lossEvent(loss), Date.now()) };
}

/** Lines over TCP. */
export const LINES: Transport = {
  name: "tcp",
  format: wireFormat({ render: renderText, encode: encodeLine, overhead: LINE_OVERHEAD }),
  createReader: (maxPayload) => new TelnetLineStream(maxPayload),
};

/** Text over WebSocket. A message of several lines counts as several messages, as over TCP. */
export const WEBSOCKET: Transport = {
  name: "websocket",
  format: wireFormat({
    render: renderText,
    encode: encodeTextFrame,
    overhead: MAX_FRAME_OVERHEAD,
  }),
  createReader(maxPayload, echo) {
    const reader = new WebSocketProtocol(maxPayload);
    return echo ? reader : new LineSplitter(reader);
  },
  ping: encodeFrame(OPCODE.ping, new Uint8Array(0)),
  encodeBinary: (payload) => encodeFrame(OPCODE.binary, payload),
};

/** JSON events over WebSocket. */
export const JSON_WEBSOCKET: Transport = {
  ...WEBSOCKET,
  format: wireFormat({ ...WEBSOCKET.format, render: renderJson, tellsRoom: true }),
  createReader: (maxPayload) => new WebSocketProtocol(maxPayload),
  protocol: JSON_PROTOCOL,
};

/** JSON events as lines, for clients inside the process. */
export const JSON_LINES: WireFormat = wireFormat({
  render: renderJson,
  encode: encodeLine,
  overhead: LINE_OVERHEAD,
  tellsRoom: true,
});

/** One object for each: clients with the same format share what is rendered. */
const ANNOUNCING: ReadonlyMap<Transport, Transport> = new Map(
  [LINES, WEBSOCKET].map((transport) => [
    transport,
    { ...transport, format: wireFormat({ ...transport.format, render: renderAnnouncing }) },
  ]),
);

/** The same transport, with text lines that announce who joins and leaves. JSON clients have events for that. */
export function announcing(transport: Transport): Transport {
  return ANNOUNCING.get(transport) ?? transport;
}

/** Renders the last message to a client that is not a member. */
export function renderFarewell({ format }: Transport, reason: DisconnectReason): Bytes {
  const text = format.render(disconnectEvent(reason), Date.now());
  return encodeAlone(format.encode, format.overhead, text ?? "");
}
