/**
 * Short texts of people that stand within a line of ours, in one line themselves.
 * @module
 */
import { cleanLine, isBlank } from "./clean.ts";
import { ownCopy } from "./names.ts";

/** The longest topic, in characters (UTF-16 units): what fits over a window. */
export const MAX_TOPIC_LENGTH = 200;

/** The longest reason to be away, in characters (UTF-16 units): a list of ten people stays readable. */
export const MAX_AWAY_LENGTH = 100;

/** `text` in one line, clean, white space around it cut off. Of what nobody can see nothing is left. */
export function toPhrase(text: string): string {
  const line = cleanLine(text).trim();
  return isBlank(line) ? "" : ownCopy(line);
}
