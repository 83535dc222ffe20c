/**
 * What names look like: two that share a skeleton can be taken for each other (UTS 39, section 4).
 *
 * Two things are stricter than there: marks that cannot be seen do not count, and neither does case, since names that
 * differ in case are the same name. Letters that are only similar (v and u) are told apart, and so are letters with
 * visible marks (e and é).
 * @module
 */
import { prototypeOf } from "./confusables.ts";

const ASCII = /^[\0-\x7f]*$/;

export function isAscii(text: string): boolean {
  return ASCII.test(text);
}

/** Characters that nobody sees, and marks that what they stand on hides: bars and slashes through a letter. */
const HIDDEN =
  /[\p{Default_Ignorable_Code_Point}\u0334-\u0338\u20d2\u20d3\u20d8-\u20da\u20e5\u20e6\u20ea\u20eb]/gu;

/** A dot above a letter that has one, whatever marks stand between the two. */
const HIDDEN_DOT = /(?<=\p{Soft_Dotted}\p{M}*)\u0307/gu;

const REPEATED_MARK = /(\p{M})\1+/gu;

/**
 * Every skeleton of `name`, which must not be long: as it is written and as it would be in small letters. Case counts for
 * what a letter looks like, but not for who somebody is: without the second one, who is called ALICE could be followed by
 * an Alice whose A is Cyrillic.
 */
export function skeletons(name: string): readonly string[] {
  const written = skeleton(name), small = skeleton(name.toLowerCase());
  return written === small ? [small] : [written, small];
}

/**
 * Whether `name` is ASCII in which nothing looks like something else, in either case: `payroll`, not `payro11` nor
 * `rnarket`. Others imitate such a name, and it imitates none.
 */
export function isGenuine(name: string): boolean {
  if (!isAscii(name)) return false;
  const small = name.toLowerCase();
  return skeletons(name).every((skeleton) => skeleton.replaceAll("rn", "m") === small);
}

function skeleton(name: string): string {
  if (isAscii(name)) return plainSkeleton(name);
  let shapes = "";
  for (const letter of name.normalize("NFD").replace(HIDDEN, "")) shapes += shapeOf(letter);
  return shapes.toLowerCase().replaceAll("m", "rn").normalize("NFD").replace(HIDDEN_DOT, "")
    .replace(REPEATED_MARK, "$1");
}

/** The usual name, without a look at a table. */
function plainSkeleton(name: string): string {
  return name.replace(/[1I]/g, "l").toLowerCase().replaceAll("0", "o").replaceAll("m", "rn");
}

/** A letter that has no row is looked up by what it is a form of, as full-width ones are. */
function shapeOf(letter: string): string {
  const prototype = prototypeOf(letter);
  if (prototype !== undefined || letter < "\x80") return prototype ?? letter;
  const form = letter.normalize("NFKD");
  if (form === letter) return letter;
  let shape = "";
  for (const part of form) shape += prototypeOf(part) ?? part;
  return shape;
}
