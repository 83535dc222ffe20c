/**
 * What names look like: two that share a skeleton can be taken for each other (UTS 39, section 4).
 *
 * The table is by hand and covers what is at most people's fingers: Latin, Greek and Cyrillic letters that look alike,
 * and digits. Full-width, mathematical and other styled letters fall to NFKD. Not covered: Armenian, Cherokee, Lisu and
 * other scripts with some Latin shapes, marks that look alike, and letters that are only similar (v and u).
 * @module
 */

/**
 * Each prototype and the letters that look like it: rows of `confusables.txt` of UTS 39, but for k, whose Greek and
 * Cyrillic twins count here too. A capital has its own row, since its small letter may look like nothing else.
 */
const LOOK_ALIKES: ReadonlyArray<readonly [prototype: string, letters: string]> = [
  ["A", "\u0391\u0410"],
  ["B", "\u0392\u0412"],
  ["C", "\u03f9\u0421"],
  ["E", "\u0395\u0415"],
  ["H", "\u0397\u041d"],
  ["J", "\u037f\u0408"],
  ["K", "\u039a\u041a"],
  ["M", "\u039c\u03fa\u041c"],
  ["N", "\u039d"],
  ["O", "\u039f\u041e"],
  ["P", "\u03a1\u0420"],
  ["Q", "\u051a"],
  ["S", "\u0405"],
  ["T", "\u03a4\u0422"],
  ["V", "\u0474"],
  ["W", "\u051c"],
  ["X", "\u03a7\u0425"],
  ["Y", "\u03a5\u03d2\u0423\u04ae"],
  ["Z", "\u0396"],
  ["\u0393", "\u0413"],
  ["\u039b", "\u041b"],
  ["\u03a0", "\u041f"],
  ["\u03a6", "\u0424"],
  ["a", "\u0251\u03b1\u0430"],
  ["b", "\u0184\u0185\u042c\u044c"],
  ["c", "\u03f2\u0441\u1d04"],
  ["d", "\u0501"],
  ["e", "\u0435\u04bd"],
  ["g", "\u0261"],
  ["h", "\u04bb"],
  ["i", "\u0131\u0269\u026a\u03b9\u0456"],
  ["j", "\u03f3\u0458"],
  ["k", "\u0138\u03ba\u043a\u1d0b"],
  // A bar without a hook, in either case; the Latin capital I among them, as in "PayPaI".
  ["l", "1I\u01c0\u0399\u0406\u04c0\u04cf\u0661\u06f1"],
  // Rings: zeros of several scripts, and sigma, which is one in most fonts.
  [
    "o",
    "0\u03bf\u03c3\u043e\u0665\u06f5\u0966\u09e6\u0a66\u0ae6\u0be6\u0c66\u0ce6\u0d66\u0e50\u0ed0\u1d0f",
  ],
  ["p", "\u03c1\u03f1\u0440"],
  ["q", "\u051b"],
  ["r", "\u0433\u1d26"],
  ["s", "\u01bd\u0455\ua731"],
  ["u", "\u028b\u03c5\u1d1c"],
  ["v", "\u03bd\u0475\u1d20"],
  ["w", "\u051d\u1d21"],
  ["x", "\u0445"],
  ["y", "\u0263\u028f\u03b3\u0443\u04af"],
  ["z", "\u1d22"],
  ["\u03c4", "\u0442\u1d1b"],
  ["3", "\u01b7\u0417\u04e0"],
  ["6", "\u0431"],
  ["ae", "\u00e6\u04d5"],
  ["AE", "\u00c6\u04d4"],
  ["oe", "\u0153"],
  ["OE", "\u0152"],
  ["bl", "\u042b"],
  ["lO", "\u042e"],
];

const PROTOTYPES: ReadonlyMap<string, string> = new Map(
  LOOK_ALIKES.flatMap(([prototype, letters]) =>
    Array.from(letters, (letter) => [letter, prototype] as const)
  ),
);

/**
 * Every skeleton of `name`, which must not be long: as it is written and as it would be in small letters. Case counts for
 * what a letter looks like, but not for who somebody is: without the second one, who is called ALICE could be followed by
 * an Alice whose A is Cyrillic.
 */
export function skeletons(name: string): readonly string[] {
  const written = skeleton(name), small = skeleton(name.toLowerCase());
  return written === small ? [small] : [written, small];
}

function skeleton(name: string): string {
  const shapes = Array.from(
    name.normalize("NFD"),
    (letter) =>
      letter < "\x80" || PROTOTYPES.has(letter)
        ? prototypeOf(letter)
        : Array.from(letter.normalize("NFKD"), prototypeOf).join(""),
  );
  return shapes.join("").toLowerCase().replaceAll("m", "rn").normalize("NFD");
}

function prototypeOf(letter: string): string {
  return PROTOTYPES.get(letter) ?? letter;
}
