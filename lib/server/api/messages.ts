/**
 * The operation of the API that posts a message to a room.
 * @module
 */
import type { Place } from "../../chat/author.ts";
import { postMessage } from "../../chat/commands/post.ts";
import type { Hub } from "../../chat/hub.ts";
import type { RequestHead } from "../../protocol/http/request_head.ts";
import type { HttpResponse } from "../../protocol/http/response.ts";
import { fieldsOf, membersWriterOf, text } from "../../wire/schema.ts";
import { count, MAX_REF_LENGTH } from "../../wire/shapes.ts";
import { forbidden } from "./bearer.ts";
import type { ApiCall } from "./call.ts";
import { readMessage } from "./message_body.ts";
import { ApiError, jsonResponse } from "./problem.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Where a posted message is. */
export const POSTED = fieldsOf({
  room: [text(), ""],
  id: [count, "The number that the message has in its room."],
  epoch: [text(), "The epoch of that number."],
});

const writePosted = membersWriterOf(POSTED);

/**
 * Posts a message.
 *
 * @throws {RequestError | CommandError}
 */
export function postToRoom(
  hub: Hub,
  { request: { head }, author, room }: ApiCall,
  body: Bytes,
): HttpResponse | Promise<HttpResponse> {
  const requestId = readIdempotencyKey(head);
  if (author.name === undefined) throw forbidden("The token has no name to write under");
  const { text, action } = readMessage(head, body);
  const place = postMessage(hub, author, room, text, { requestId, action });
  const respond = ({ room, id }: Place) =>
    jsonResponse(201, `{${writePosted({ room, id, epoch: hub.epoch }).slice(1)}}`);
  return place instanceof Promise ? place.then(respond) : respond(place);
}

/**
 * The client's id of the message: a string, in quotes as the draft of the header field has it
 * (draft-ietf-httpapi-idempotency-key-header), or without them as most clients send it.
 *
 * @throws {ApiError} 400 if it is not one.
 */
function readIdempotencyKey({ fields }: RequestHead): string | undefined {
  const values = fields.get("idempotency-key");
  if (values === undefined) return undefined;
  const [, quoted, bare] = /^(?:"([!#-[\]-~ ]+)"|([!#-~]+))$/.exec(values.join(", ")) ?? [];
  const key = quoted ?? bare;
  if (key !== undefined && key.length <= MAX_REF_LENGTH) return key;
  const message = `Idempotency-Key is not one of 1 to ${MAX_REF_LENGTH} characters of ASCII`;
  throw new ApiError(400, message, "malformed");
}
