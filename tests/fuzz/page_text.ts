/**
 * Text on the page: the parts add up to the text, links are valid and end at the right character, and everything that looks
 * like a command is one.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import * as markup from "../../static/src/model/markup.ts";
import * as outgoing from "../../static/src/model/outgoing.ts";
import { mutate, randomText } from "./mutate.ts";
import type { Bytes, Target } from "./target.ts";

const NAMES = ["Ann", "田中", "a.b-c", "สมชาย"];
const PARTS = [
  "http://a.example/",
  "https://",
  "x_(y)",
  ")",
  "]",
  ".",
  "\u2019",
  "\u201d",
  "\u300d",
  "\uff09",
  "/oper 0123456789",
  "/",
  "\u200b",
  "\ufeff",
  "\u001b",
  "\u0301",
  " ",
  "\n",
  "@",
  ...NAMES,
];

/** Invisible characters. */
const INVISIBLE = /[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/gu;

export const pageText: Target = {
  name: "page-text",
  short: 500,

  generate(random: Random): Bytes {
    const parts = Array.from(
      { length: random.below(16) },
      () => random.oneIn(8) ? randomText(random, 12) : random.pick(PARTS),
    );
    return mutate(utf8(parts.join("")), random);
  },

  check(input: Bytes, random: Random): void {
    const text = new TextDecoder().decode(input);
    const pieces = markup.parse(text, random.pick(NAMES));
    assertEquals(pieces.map((piece) => piece.text).join(""), text, "Nothing is lost");
    for (const piece of pieces) {
      if (piece.type !== "link") continue;
      assert(/^https?:\/\/[^/@]+\//.test(piece.href), `${piece.href} leads to the web`);
      assert(!/[\s"'<>.,;:!?\u2018-\u201f\u300d\uff09]$/u.test(piece.text), `${piece.text} ends`);
    }
    const line = outgoing.stripInvisible(text);
    const { type } = outgoing.requestOf(line, "lobby");
    const seen = text.replace(INVISIBLE, "");
    assertEquals(type === "command", seen.startsWith("/") && !line.startsWith("//"));
  },
};
