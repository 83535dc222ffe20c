/**
 * Names that are refused although each of their characters is fine: those that look like another name by design.
 *
 * The rules are those of UTS 39, 5.2 (mixed scripts, "highly restrictive") and 5.4 (optional detection), applied to each
 * word of a name, so that `DJ-Маша` is a name and `pаyroll` with a Cyrillic letter is none. Look-alikes of one script,
 * such as `раура`, are left to the skeletons.
 * @module
 */
import { prototypeOf } from "./confusables.ts";

/** The most nonspacing marks on one letter (UTS 39, 5.4). */
const MAX_MARKS = 4;

/** Marks of no script of their own, which can stand on any letter: the blocks of combining diacritical marks. */
const GENERAL_MARKS = "\\u0300-\\u036f\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff\\ufe20-\\ufe2f";

/**
 * Those with which Unicode composes letters, and which people write on other letters too, as in Yoruba. Without the dot
 * above: an i, a j and an l with one look like an i, a j and an i.
 */
const USUAL_MARKS =
  "\\u0300-\\u0304\\u0306\\u0308-\\u030c\\u030f\\u0311\\u0313\\u0314\\u031b\\u0323-\\u0328\\u032d\\u032e\\u0330\\u0331\\u0342\\u0345";

/** Those that are hidden by what they stand on, such as a bar through an l, or that enclose it. */
const UNUSUAL_MARK = new RegExp(`[[${GENERAL_MARKS}\\p{Me}]--[${USUAL_MARKS}]]`, "v");

/** A line below an underscore, or a dot above a hyphen, is lost on it. */
const STRAY_MARK = /[-_.\p{Nd}]\p{Mn}/u;

/** The same mark twice in the same place looks like one. */
const REPEATED_MARK = /(\p{M})\1/u;

const MANY_MARKS = new RegExp(`\\p{Mn}{${MAX_MARKS + 1}}`, "u");

/** What belongs to every script: digits, hyphens, modifiers and most general marks; two are Greek alone. */
const NEUTRAL = new RegExp(
  `[[\\p{scx=Zyyy}\\p{scx=Zinh}${GENERAL_MARKS}]--[\\u0342\\u0345]]+`,
  "gv",
);

/** Scripts that are in use (UAX 31, tables 5 and 7); letters of all others count as one more. */
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

/** Scripts that are written together, and with Latin letters: Japanese, Chinese with Bopomofo, and Korean. */
const TOGETHER = [["Hani", "Hira", "Kana"], ["Hani", "Bopo"], ["Hani", "Hang"]];

interface Sets {
  /** Letters that are all of one of these may stand in one word. */
  readonly whole: readonly RegExp[];
  /** Nor are these a mixture, as long as the letters that are not Latin cannot be taken for Latin ones. */
  readonly withLatin: readonly RegExp[];
  readonly scripts: readonly (readonly [name: string, letter: RegExp])[];
}

/** Made at the first name that needs them: most names are ASCII. */
let sets: Sets | undefined;

function makeSets(): Sets {
  const all = SCRIPTS.map(([, code]) => `\\p{scx=${code}}`);
  const of = (codes: readonly string[]) => codes.map((code) => `\\p{scx=${code}}`).join("");
  return {
    whole: [
      ...all.map((one) => new RegExp(`^${one}+$`, "u")),
      ...TOGETHER.map((codes) => new RegExp(`^[${of(codes)}]+$`, "u")),
      new RegExp(`^[^${all.join("")}]+$`, "u"),
    ],
    withLatin: TOGETHER.map((codes) => new RegExp(`^[${of([...codes, "Latn"])}]+$`, "u")),
    scripts: SCRIPTS.map(([name, code]) => [name, new RegExp(`\\p{sc=${code}}`, "u")]),
  };
}

const ASCII = /^[\0-\x7f]*$/;

/**
 * Why `name`, which is in the form of `normalizeName`, would deceive people, as a phrase behind "it"; `undefined` if it
 * would not.
 */
export function findDeception(name: string): string | undefined {
  if (ASCII.test(name)) return undefined;
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
    if (letters === "" || ASCII.test(letters)) continue;
    const { whole, withLatin } = sets ??= makeSets();
    if (whole.some((set) => set.test(letters))) continue;
    if (withLatin.some((set) => set.test(letters)) && !hasFalseLatin(letters)) continue;
    return `mixes ${scriptsOf(letters)} letters in one word`;
  }
  return undefined;
}

/** Whether one of these letters is not Latin and looks as if it were. */
function hasFalseLatin(letters: string): boolean {
  return Array.from(letters).some((letter) => {
    const prototype = /\p{sc=Latn}/u.test(letter) ? undefined : prototypeOf(letter);
    return prototype !== undefined && ASCII.test(prototype);
  });
}

function scriptsOf(letters: string): string {
  const scripts = sets?.scripts ?? [];
  const names = scripts.flatMap(([name, letter]) => letter.test(letters) ? [name] : []);
  return names.length < 2 ? [...names, "other"].join(" and ") : names.slice(0, 2).join(" and ");
}
