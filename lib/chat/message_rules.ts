/**
 * What may be said in the chat: the one way from what somebody typed to what others get.
 * @module
 */
import { cleanText, isBlank, isPlain, withoutTowers } from "../text/sanitize.ts";
import { refuse, type Request } from "./commands/command.ts";
import { fitsBytes } from "../text/text_length.ts";

/**
 * The most lines that a text may have. Line clients get each of them with its author in front: 64 kB of line breaks
 * would make 4 MB for every one of them.
 */
const MAX_LINES = 200;

/** How many times as long as what is said a text may be that is cleaned for it: colours of terminals take that much. */
const MAX_TYPED = 4;

/**
 * `typed` as others get it: clean, and `""` if nobody could see anything of it. `undefined` if it is more than may be
 * said, which the author has been told then.
 */
export function toMessageText(
  request: Request,
  typed: string,
  plain = isPlain(typed),
): string | undefined {
  if (isMuted(request)) return undefined;
  const { maxMessage } = request.hub;
  if (plain && typed.length <= maxMessage) return typed;
  if (typed.length > MAX_TYPED * maxMessage) {
    return tooLong(request, `Error: Message is longer than ${maxMessage} bytes`);
  }
  const text = cleanText(typed);
  if (!fitsBytes(text, maxMessage)) {
    return tooLong(request, `Error: Message is longer than ${maxMessage} bytes`);
  }
  if (text.includes("\n") && text.split("\n", MAX_LINES + 1).length > MAX_LINES) {
    return tooLong(request, `Error: Message has more than ${MAX_LINES} lines`);
  }
  return isBlank(text) ? "" : withoutTowers(text);
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
