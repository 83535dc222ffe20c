/**
 * What may be said in the chat: the one way from what somebody typed to what others get.
 * @module
 */
import { cleanText, isBlank, isPlain } from "./clean.ts";
import { refuse, type Request } from "./command.ts";

/**
 * The most lines that a text may have. Line clients get each of them with its author in front: 64 kB of line breaks
 * would make 4 MB for every one of them.
 */
const MAX_LINES = 200;

const encoder = new TextEncoder();

/**
 * `typed` as others get it: clean, and `""` if nobody could see anything of it. `undefined` if it is more than may be
 * said, which the author has been told then.
 */
export function toSpeech(
  request: Request,
  typed: string,
  plain = isPlain(typed),
): string | undefined {
  if (isMuted(request)) return undefined;
  const { maxMessage } = request.hub;
  if (plain && typed.length <= maxMessage) return typed;
  const text = cleanText(typed);
  if (!fits(text, maxMessage)) {
    return tooLong(request, `Error: Message is longer than ${maxMessage} bytes`);
  }
  if (text.includes("\n") && text.split("\n", MAX_LINES + 1).length > MAX_LINES) {
    return tooLong(request, `Error: Message has more than ${MAX_LINES} lines`);
  }
  return isBlank(text) ? "" : text;
}

/** Whether an operator wants nothing to be heard of a member, who has been told then. */
export function isMuted(request: Request): boolean {
  const { hub, member } = request;
  if (member.isOperator || hub.moderation?.mutes.of(member) === undefined) return false;
  refuse(request, "muted", "Error: You are muted");
  return true;
}

function tooLong(request: Request, text: string): undefined {
  refuse(request, "too_long", text);
}

/** Whether `text` has at most `limit` bytes in UTF-8. A UTF-16 unit takes one to three, so the usual text is not counted. */
function fits(text: string, limit: number): boolean {
  const { length } = text;
  return length * 3 <= limit || (length <= limit && encoder.encode(text).length <= limit);
}
