/**
 * Short texts of people that stand within a line of ours, in one line themselves.
 * @module
 */
import { ownCopy } from "./names.ts";

/** The longest topic, in characters (UTF-16 units): what fits over a window. */
export const MAX_TOPIC_LENGTH = 200;

/** The longest reason to be away, in characters (UTF-16 units): a list of ten people stays readable. */
export const MAX_AWAY_LENGTH = 100;

/** What some screen or program takes for the end of a line, or for an order. */
const NOT_IN_LINE = /[\p{Cc}\u2028\u2029]+/gu;

/** `text` in one line, white space around it cut off. */
export function toPhrase(text: string): string {
  return ownCopy(text.replace(NOT_IN_LINE, " ").trim());
}
