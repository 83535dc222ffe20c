/**
 * The initials of names.
 * @module
 */

/** The length of the part of a name that initials come from, in UTF-16 units. Names are shorter. */
const MAX_NAME = 256;

const graphemes = "Segmenter" in Intl
  ? new Intl.Segmenter(undefined, { granularity: "grapheme" })
  : undefined;

/** The first character of a name, and that of its second part: `AB` for `anna.berg`, `N` for `Nils`. */
export function initials(name: string): string {
  const parts = name.slice(0, MAX_NAME).split(/[-_.\s]+/).filter((part) => part !== "");
  const letters = parts.filter((part, index) => index === 0 || /^\p{L}/u.test(part)).slice(0, 2);
  return letters.map(first).join("").toLocaleUpperCase() || "?";
}

function first(text: string): string {
  const [character = ""] = text;
  return graphemes === undefined ? character : [...graphemes.segment(text)][0]?.segment ?? "";
}
