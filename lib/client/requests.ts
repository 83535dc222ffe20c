/**
 * Requests as the client takes them, and the data of their answers.
 * @module
 */
import type { ClientRequest, Replies, ReplyEvent } from "../wire/protocol.ts";

/** A request without its id. */
export type WithoutId<Request> = Request extends unknown ? Omit<Request, "id"> : never;

/** A request. The client gives it its `id`. */
export type Request = WithoutId<ClientRequest>;

/** The data that answers a request; for a command, the reply to whatever command it was. */
export type AnswerTo<R extends Pick<Request, "type">> = R["type"] extends keyof Replies
  ? Replies[R["type"]]
  : ReplyEvent;

/** The frame of a request. */
export function encodeRequest(request: Request, id: string): string {
  return JSON.stringify({ ...request, id });
}

/** The maximum length of a room name, in UTF-16 units. Normalizing a long run of combining marks takes quadratic time. */
const MAX_NAME = 256;

/** A key for a room name. It is equal for names that the server treats as the same room. */
export function roomKey(name: string): string {
  if (name.length > MAX_NAME) return name;
  const folded = name.replace(/^#/, "").normalize("NFKC").toLowerCase().toUpperCase();
  return folded.toLowerCase().normalize("NFKC");
}
