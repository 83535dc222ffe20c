/**
 * The rules for texts that others get: the one way from typed text to a message.
 * @module
 */
import { cleanText, isBlank, isPlain, withoutTowers } from "../../text/sanitize.ts";
import { fitsBytes } from "../../text/text_length.ts";
import type { Hub } from "../hub.ts";
import type { Member } from "../member.ts";
import { CommandError } from "./command.ts";

/**
 * The maximum number of lines in a message. Line clients get each line with its author in front: 64 kB of line breaks
 * would become 4 MB for each of them.
 */
export const MAX_LINES = 200;

/** How many times as long as a message the typed text may be: terminal colors take that much. */
const MAX_TYPED = 4;

/** Somebody who says something: a member, or an author who is not connected. */
export interface Speaking {
  readonly hub: Hub;
  readonly member: Pick<Member, "name" | "origin" | "isOperator">;
}

/**
 * Sanitizes a text for others; `""` if nothing in it is visible.
 *
 * @throws {CommandError} If the sender is muted, or the text is too long.
 */
export function toMessageText(
  speaking: Speaking,
  typed: string,
  plain = isPlain(typed),
): string {
  checkMute(speaking);
  const text = readMessageText(typed, speaking.hub.maxMessage, plain);
  if (typeof text === "string") return text;
  throw new CommandError("too_long", `Error: ${text.problem}`);
}

/** Sanitizes a text for others; `""` if nothing in it is visible, or the reason why it is too long. */
export function readMessageText(
  typed: string,
  maxMessage: number,
  plain = isPlain(typed),
): string | { readonly problem: string } {
  if (plain && typed.length <= maxMessage) return typed;
  const isFar = typed.length > MAX_TYPED * maxMessage; // not worth cleaning
  const text = isFar ? "" : cleanText(typed);
  if (isFar || !fitsBytes(text, maxMessage)) {
    return { problem: `Message is longer than ${maxMessage} bytes` };
  }
  if (text.includes("\n") && text.split("\n", MAX_LINES + 1).length > MAX_LINES) {
    return { problem: `Message has more than ${MAX_LINES} lines` };
  }
  return isBlank(text) ? "" : withoutTowers(text);
}

/** @throws {CommandError} If an operator muted the speaker. */
export function checkMute({ hub, member }: Speaking): void {
  if (member.isOperator || hub.moderation?.mutes.find(member) === undefined) return;
  throw new CommandError("muted", "Error: You are muted");
}
