/**
 * Search in the history: every part of a text in a script without spaces is found, every query is accepted, and the index
 * keeps no word of deleted messages.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { partsOf } from "../../lib/history/search_text.ts";
import { newMessage, openInside, searchAll } from "../history/fakes.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import { mutate, randomText } from "./mutate.ts";
import type { Bytes, Target } from "./target.ts";

const PIECES = [
  "今天天气",
  "気",
  "한국어를",
  "ฉันกินข้าว",
  "ខ្ញុំ",
  "မြန်မာ",
  "𠮷野家",
  "ｶﾞﾀ",
  "か\u3099",
  "々",
  "ᄒ",
];
const OTHERS = [
  "tea",
  "2024",
  "-",
  '"',
  "*",
  " ",
  "\0",
  "é",
  "e\u0301",
  "\ue000",
  "🍵",
  "\u0000NEAR(",
];

export const search: Target = {
  name: "search",
  short: 60,

  generate: (random: Random): Bytes =>
    concat(...Array.from({ length: random.between(1, 12) }, () => {
      const text = Array.from({ length: random.between(1, 8) }, () => {
        if (random.oneIn(6)) return randomText(random, 8);
        return random.pick(random.oneIn(3) ? OTHERS : PIECES);
      }).join("");
      return concat(random.oneIn(4) ? mutate(utf8(text), random, 2) : utf8(text), utf8("\n"));
    })),

  check(input: Bytes, random: Random): void {
    using opened = openInside(undefined, { ageMs: 60_000 });
    const { history, clock, database, reported } = opened;
    const messages = new TextDecoder().decode(input).split("\n");
    for (const [i, text] of messages.entries()) history.append(`room-${i}`, newMessage(text));
    for (const [i, text] of messages.entries()) {
      searchAll(history, `room-${i}`, text, 5);
      for (const { text: run, isRun } of partsOf(text)) {
        if (!isRun) continue;
        const characters = [...run.normalize("NFKC")];
        const from = random.below(characters.length);
        const part = characters.slice(from, from + random.between(1, 6)).join("");
        const found = searchAll(history, `room-${i}`, part, 5);
        assertEquals(found.length, 1, `${JSON.stringify(part)} in ${JSON.stringify(text)}`);
      }
    }
    clock.jump(120_000);
    clock.advance(20_000);
    database.exec("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, words, row)");
    assertEquals(database.prepare("SELECT term FROM terms LIMIT 3").all(), []);
    assert(reported.length === 0, reported[0]);
  },
};
