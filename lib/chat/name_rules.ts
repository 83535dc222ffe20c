/**
 * Deceptive names: they are refused although each of their characters is valid, since they imitate other names.
 *
 * The rules are those of UTS 39, 5.2 (mixed scripts, "highly restrictive") and 5.4 (optional detection), applied to each
 * word of a name, so that `DJ-Маша` is a name and `pаyroll` with a Cyrillic letter is none. Look-alikes of one script,
 * such as `раура`, are found by their skeletons.
 * @module
 */
import { prototypeOf } from "../text/confusables.ts";
import { isAscii } from "../text/skeleton.ts";

/** The most nonspacing marks on one letter (UTS 39, 5.4). */
const MAX_MARKS = 4;

/** Marks of no script, which can be on any letter: the blocks of combining diacritical marks. */
const GENERAL_MARKS = "\\u0300-\\u036f\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff\\ufe20-\\ufe2f";

/**
 * Marks with which Unicode composes letters. Some languages, such as Yoruba, use them on other letters too. The dot above is
 * left out: an i, a j and an l with a dot look like an i, a j and an i.
 */
const USUAL_MARKS =
  "\\u0300-\\u0304\\u0306\\u0308-\\u030c\\u030f\\u0311\\u0313\\u0314\\u031b\\u0323-\\u0328\\u032d\\u032e\\u0330\\u0331\\u0342\\u0345";

/** General marks that the letter hides, such as a bar through an l, and marks that enclose the letter. */
const UNUSUAL_MARK = new RegExp(`[[${GENERAL_MARKS}\\p{Me}]--[${USUAL_MARKS}]]`, "v");

/** A line below an underscore, or a dot above a hyphen, is hardly visible. */
const STRAY_MARK = /[-_.\p{Nd}]\p{Mn}/u;

/** The same mark twice in the same place looks like one mark. */
const REPEATED_MARK = /(\p{M})\1/u;

const MANY_MARKS = new RegExp(`\\p{Mn}{${MAX_MARKS + 1}}`, "u");

/** Characters of every script: digits, hyphens, modifiers and the general marks but two, which are Greek. */
const NEUTRAL =
  /[\p{scx=Zyyy}\p{scx=Zinh}\u0300-\u0341\u0343\u0344\u0346-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+/gu;

/** Scripts that are in use (UAX 31, tables 5 and 7), the most used first. The letters of all others count as one script. */
const SCRIPTS: readonly (readonly [name: string, code: string])[] = [
  ["Latin", "Latn"],
  ["Cyrillic", "Cyrl"],
  ["Greek", "Grek"],
  ["Arabic", "Arab"],
  ["Hebrew", "Hebr"],
  ["Devanagari", "Deva"],
  ["Thai", "Thai"],
  ["Han", "Hani"],
  ["Hiragana", "Hira"],
  ["Katakana", "Kana"],
  ["Bopomofo", "Bopo"],
  ["Hangul", "Hang"],
  ["Armenian", "Armn"],
  ["Georgian", "Geor"],
  ["Bengali", "Beng"],
  ["Gurmukhi", "Guru"],
  ["Gujarati", "Gujr"],
  ["Oriya", "Orya"],
  ["Tamil", "Taml"],
  ["Telugu", "Telu"],
  ["Kannada", "Knda"],
  ["Malayalam", "Mlym"],
  ["Sinhala", "Sinh"],
  ["Lao", "Laoo"],
  ["Khmer", "Khmr"],
  ["Myanmar", "Mymr"],
  ["Tibetan", "Tibt"],
  ["Ethiopic", "Ethi"],
  ["Thaana", "Thaa"],
  ["Cherokee", "Cher"],
  ["Canadian Aboriginal", "Cans"],
  ["Coptic", "Copt"],
  ["Lisu", "Lisu"],
  ["Mongolian", "Mong"],
  ["NKo", "Nkoo"],
  ["Adlam", "Adlm"],
  ["Syriac", "Syrc"],
  ["Tifinagh", "Tfng"],
  ["Vai", "Vaii"],
  ["Yi", "Yiii"],
];

const OTHER = "other";

/** Scripts that are mixed in Japanese, in Chinese with Bopomofo, and in Korean. Each may be mixed with Latin letters too. */
const TOGETHER = [["Han", "Hiragana", "Katakana"], ["Han", "Bopomofo"], ["Han", "Hangul"]];

/** Patterns of words in one script, by its name. Each is compiled when it is first needed: all of them would take 3 ms. */
const wholes = new Map<string, RegExp>();

/**
 * Says why a name in the form of `normalizeName` is deceptive, as a phrase that follows "it", or returns `undefined` if it is
 * not.
 */
export function findDeception(name: string): string | undefined {
  if (isAscii(name)) return undefined;
  return findHiddenMark(name.normalize("NFC")) ?? findMixture(name.normalize("NFKC"));
}

function findHiddenMark(name: string): string | undefined {
  if (UNUSUAL_MARK.test(name)) return "has a mark that can hardly be seen";
  if (STRAY_MARK.test(name)) return "has a mark on what is no letter";
  const decomposed = name.normalize("NFD");
  if (REPEATED_MARK.test(decomposed)) return "has the same mark twice on one letter";
  if (MANY_MARKS.test(decomposed)) return `has more than ${MAX_MARKS} marks on one letter`;
  return undefined;
}

function findMixture(name: string): string | undefined {
  for (const word of name.split(/[-_.]/)) {
    const letters = word.replace(NEUTRAL, "");
    if (letters === "" || isAscii(letters)) continue;
    const scripts = [...new Set(Array.from(letters, scriptOf))];
    if (scripts.length < 2 || isWritten(scripts, letters)) continue;
    const [first, second] = scripts.filter((script) => script !== OTHER);
    return `mixes ${first} letters with ${second ?? "those of another script"} in one word`;
  }
  return undefined;
}

/** Whether one of these letters looks like a Latin letter and is none. */
function hasFalseLatin(letters: string): boolean {
  return Array.from(letters).some((letter) => {
    const prototype = /\p{sc=Latn}/u.test(letter) ? undefined : prototypeOf(letter);
    return prototype !== undefined && isAscii(prototype);
  });
}

/** Returns the script of a letter, or one of its scripts if it has several. */
function scriptOf(letter: string): string {
  return SCRIPTS.find(([name, code]) => wholeOf(name, code).test(letter))?.[0] ?? OTHER;
}

function wholeOf(name: string, code: string): RegExp {
  let whole = wholes.get(name);
  if (whole === undefined) wholes.set(name, whole = new RegExp(`^\\p{scx=${code}}+$`, "u"));
  return whole;
}

/** Whether some language mixes these scripts in one word. */
function isWritten(scripts: readonly string[], letters: string): boolean {
  // A mark may belong to several scripts, and all letters to one of these.
  if (scripts.some((script) => wholes.get(script)?.test(letters))) return true;
  const others = scripts.filter((script) => script !== "Latin");
  if (!TOGETHER.some((together) => others.every((script) => together.includes(script)))) {
    return false;
  }
  return others.length === scripts.length || !hasFalseLatin(letters);
}
