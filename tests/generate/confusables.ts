/**
 * Makes lib/text/confusables.ts, the table of letters that look alike, from Unicode's `confusables.txt`, which the npm
 * package `unhomoglyph` carries as JSON. `deno task confusables` writes the file; a test compares it with what would be
 * written today, so that nobody edits it by hand.
 *
 * Kept are the rows whose letter, mark or digit may be in a name. Left out is what Unicode's own properties say without
 * a table: characters that decompose (NFD), and compatibility forms such as full-width letters, whose decomposition
 * (NFKD) has the same skeleton.
 * @module
 */
import rows from "npm:unhomoglyph@1.0.6/data.json" with { type: "json" };

const TARGET = new URL("../../lib/text/confusables.ts", import.meta.url);

/** The version of Unicode that the package has its rows from. */
const UNICODE_VERSION = "13.0.0";

/** Characters that a name may have, see `normalizeName`. */
const IN_NAME = /^(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{M}\p{Nd}]$/u;

/**
 * Rows that Unicode does not have, or has otherwise. In most fonts a Greek or Cyrillic k is a k, a soft sign a b and a
 * palochka an l; a dotless j is a j as a dotless i is an i; and the strokes and rings that Chinese and Korean are built
 * from are an l and an o.
 */
const ADDED: Readonly<Record<string, string>> = {
  "\u0185": "b",
  "\u04cf": "l",
  "\u0138": "k",
  "\u03ba": "k",
  "\u043a": "k",
  "\u1d0b": "k",
  "\u0237": "j",
  "\u03c3": "o",
  "\u043b": "\u1d27", // Cyrillic el, as its capital is a lambda; U+1D27 is a small capital lambda
  "\u3163": "l",
  "\u1175": "l",
  "\u4e28": "l",
  "\u3147": "o",
  "\u110b": "o",
  "\u11bc": "o",
};

const COLUMNS = 110;

/** Each character that looks like something else, and what that is in the end. */
export function confusables(): Map<string, string> {
  const table: Record<string, string> = { ...rows as Record<string, string>, ...ADDED };
  const found = new Map<string, string>();
  for (const character of Object.keys(table)) {
    if (!IN_NAME.test(character) || character.normalize("NFD") !== character) continue;
    const prototype = resolve(table, character);
    const compatible = character.normalize("NFKD");
    if (prototype === character) continue;
    if (compatible !== character && isForm(character, resolve(table, compatible), prototype)) {
      continue;
    }
    found.set(character, prototype);
  }
  return found;
}

/** Arabic ligatures have rows that are about their shapes; a name is compared by the letters that they are made from. */
function isForm(character: string, compatible: string, prototype: string): boolean {
  return compatible === prototype || /[\ufb50-\ufdff\ufe70-\ufefc]/.test(character);
}

/** Rows lead to characters that have rows. */
function resolve(table: Readonly<Record<string, string>>, text: string): string {
  const next = Array.from(
    text.normalize("NFD"),
    (each) => Object.hasOwn(table, each) ? table[each]! : each,
  )
    .join("").normalize("NFD");
  return next === text ? text : resolve(table, next);
}

/**
 * `prototype,letter,letter;...`: code points in base 36, those of a prototype of several joined by `+`, each letter as its
 * distance from the one before it.
 */
function pack(found: ReadonlyMap<string, string>): string {
  const groups = new Map<string, number[]>();
  for (const [character, prototype] of found) {
    groups.set(prototype, [...groups.get(prototype) ?? [], character.codePointAt(0)!]);
  }
  const packed = Array.from(groups, ([prototype, letters]) => {
    let last = 0;
    const distances = letters.sort((a, b) => a - b).map((letter) => {
      const distance = letter - last;
      last = letter;
      return distance.toString(36);
    });
    const points = Array.from(prototype, (each) => each.codePointAt(0)!.toString(36)).join("+");
    return [points, ...distances].join(",");
  });
  return packed.sort().join(";");
}

/** The text of lib/text/confusables.ts. */
export function moduleText(): string {
  const packed = pack(confusables());
  const lines = packed.match(new RegExp(`.{1,${COLUMNS}}`, "g")) ?? [];
  return `/**
 * Letters, marks and digits that look like others: rows of Unicode's confusables.txt. Made by \`deno task confusables\`,
 * not to be edited.
 *
 * Data: Unicode ${UNICODE_VERSION}, confusables.txt (UTS 39), copyright Unicode, Inc.; https://www.unicode.org/license.txt
 * @module
 */

/**
 * \`prototype,letter,letter;...\`: code points in base 36, those of a prototype of several joined by \`+\`, each letter as its
 * distance from the one before it.
 */
// deno-fmt-ignore
const PACKED =
${lines.map((line) => `  "${line}"`).join(" +\n")};

/** By the code point of a letter, its prototype. It is unpacked at the first name that needs it. */
let table: ReadonlyMap<number, string> | undefined;

/** What \`letter\` looks like; \`undefined\` if that is nothing else. */
export function prototypeOf(letter: string): string | undefined {
  return (table ??= unpack()).get(letter.codePointAt(0)!);
}

/** In one pass, which takes a millisecond; with strings split off it took four. */
function unpack(): Map<number, string> {
  const unpacked = new Map<number, string>();
  let prototype = "", number = 0, letter = 0, isLetter = false;
  for (let at = 0; at <= PACKED.length; at++) {
    const unit = PACKED.charCodeAt(at);
    if (unit >= 0x61) {
      number = number * 36 + unit - 0x57; // a to z
    } else if (unit >= 0x30 && unit <= 0x39) {
      number = number * 36 + unit - 0x30;
    } else {
      if (isLetter) unpacked.set(letter += number, prototype);
      else prototype += String.fromCodePoint(number);
      if (unit === 0x2c) isLetter = true; // a comma
      else if (unit !== 0x2b) { // neither that nor a plus: a semicolon, or the end
        prototype = "";
        letter = 0;
        isLetter = false;
      }
      number = 0;
    }
  }
  return unpacked;
}
`;
}

if (import.meta.main) await Deno.writeTextFile(TARGET, moduleText());
