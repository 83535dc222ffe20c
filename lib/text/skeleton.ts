/**
 * Skeletons of names: two names with a skeleton in common look alike (UTS 39, section 4).
 *
 * This is stricter than the standard in two ways: invisible marks do not count, and neither does case, since names that
 * differ only in case are the same name. Letters that are merely similar (v and u), and letters with visible marks (e and
 * é), are different.
 * @module
 */
import { prototypeOf } from "./confusables.ts";

const ASCII = /^[\0-\x7f]*$/;

/** Whether all characters are ASCII. */
export function isAscii(text: string): boolean {
  return ASCII.test(text);
}

/** Invisible characters, and marks that their letter hides: bars and slashes through it. */
const HIDDEN =
  /[\p{Default_Ignorable_Code_Point}\u0334-\u0338\u20d2\u20d3\u20d8-\u20da\u20e5\u20e6\u20ea\u20eb]/gu;

/** A dot above a letter that has one already, with any marks in between. */
const HIDDEN_DOT = /(?<=\p{Soft_Dotted}\p{M}*)\u0307/gu;

const REPEATED_MARK = /(\p{M})\1+/gu;

/**
 * The skeletons of `name`, which must be short: as written, and in lower case. Case changes the look of a letter, but not
 * the name: without the second skeleton, an Alice whose A is Cyrillic could impersonate ALICE.
 */
export function skeletons(name: string): readonly string[] {
  const written = skeleton(name), small = skeleton(name.toLowerCase());
  return written === small ? [small] : [written, small];
}

/**
 * Whether `name` is ASCII and contains no look-alikes in either case: `payroll`, not `payro11` or `rnarket`. Other names can
 * imitate such a name, but it imitates none.
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

/** The skeleton of an ASCII name, without the table. */
function plainSkeleton(name: string): string {
  return name.replace(/[1I]/g, "l").toLowerCase().replaceAll("0", "o").replaceAll("m", "rn");
}

/** Letters without a row, such as full-width ones, are looked up by their compatibility decomposition. */
function shapeOf(letter: string): string {
  const prototype = prototypeOf(letter);
  if (prototype !== undefined || letter < "\x80") return prototype ?? letter;
  const form = letter.normalize("NFKD");
  if (form === letter) return letter;
  let shape = "";
  for (const part of form) shape += prototypeOf(part) ?? part;
  return shape;
}
