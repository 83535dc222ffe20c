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

/**
 * The longest text that is looked at to become a topic or a reason to be away, in UTF-16 units: what is longer before it is
 * cleaned is refused without being cleaned.
 */
export const MAX_TYPED_PHRASE = 4_096;

/** How much of what somebody typed an error repeats, in UTF-16 units: enough to recognize it. */
const MAX_EXCERPT = 80;

/** What somebody typed, as an error repeats it: clean, in one line, and not all of it if it is long. */
export function excerpt(typed: string): string {
  return typed.length <= MAX_EXCERPT
    ? cleanLine(typed)
    : `${cleanLine(typed.slice(0, MAX_EXCERPT))}...`;
}

/** `text` in one line, clean, white space around it cut off. Of what nobody can see nothing is left. */
export function toPhrase(text: string): string {
  const line = cleanLine(text).trim();
  return isBlank(line) ? "" : ownCopy(line);
}
