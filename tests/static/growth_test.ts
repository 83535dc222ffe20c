/**
 * Functions of the page take time in proportion to a text of another user or of the clipboard: one line of 64 kB must not
 * freeze every open page. tests/browser/safety_test.ts measures the layout in a browser.
 * @module
 */
import { parseEvent } from "../../lib/wire/protocol.ts";
import type { Entry } from "../../static/src/model/timeline.ts";
import * as markup from "../../static/src/model/markup.ts";
import * as protocol from "../../static/src/net/protocol.ts";
import * as rooms from "../../static/src/model/rooms.ts";
import * as colours from "../../static/src/model/colours.ts";
import { excerptOf } from "../../static/src/model/excerpt.ts";
import { initials } from "../../static/src/model/initials.ts";
import * as outgoing from "../../static/src/model/outgoing.ts";
import * as timeline from "../../static/src/model/timeline.ts";
import * as completion from "../../static/src/model/completion.ts";
import { assertProportional } from "../support/growth.ts";

/** The maximum length of a text: that of a frame. */
const LONGEST = 65_536;

/** Repeated parts of worst-case texts, with a prefix and a suffix. */
const SEEDS: ReadonlyArray<readonly [before: string, part: string, behind: string]> = [
  ["", "a", ""],
  ["", "a", " "],
  ["", "a", "@"],
  ["", " ", ""],
  ["", " ", "x"],
  ["", "\n", ""],
  ["", "@", ""],
  ["", "Ann", ""],
  ["", "Ann ", ""],
  ["", "@Ann", ""],
  ["@", "田", ""],
  ["", "\u0301\u0316", ""],
  ["a", "\u0301\u0316", " "],
  ["", "\u200d", ""],
  ["", "\u{1f468}\u200d", ""],
  ["", "\ufdfa", ""],
  ["", "\u1100\u1161", ""],
  ["", "Σ'", ""],
  ["", '"', ""],
  ["", "\\", ""],
  ["", "\u0000", ""],
  ["", "[", ""],
  ["", "http://", ""],
  ["", "http://a/ ", ""],
  ["", "http://a/(", ""],
  ["", "http://a/）", ""],
  ["http://a/", ")", ""],
  ["http://a/", ")", "x"],
  ["http://a/", "()", ""],
  ["http://a/", ").", ""],
  ["http://a/", ".", "x"],
  ["http://a/", "\u2019", "x"],
  ["http://a/", "([{", "}])"],
  ["http://", "a@", "/"],
  ["http://", "a.", "/"],
  ["/whisper", " ", ""],
  ["/whisper ", "a", ""],
  ["/whisper a", " ", ""],
  ["/whisper ", "a ", ""],
  ["/me", " ", ""],
  ["/", "/", ""],
  ["", "\u200b", "/oper"],
  ["", " \u2800", "x"],
];

const LIMITS = { maxMessage: LONGEST, maxPayload: 4 * LONGEST };
const VOCABULARY = {
  commands: [{ name: "whisper", usage: "/whisper <username> <message>", summary: "" }],
  names: ["Ann", "Bob", "田中"],
};

/** All functions that read such a text. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  "markup.parse()": (text) => markup.parse(text, "Ann"),
  "markup.parse(), for a name without spaces": (text) => markup.parse(text, "田"),
  "markup.mentions()": (text) => markup.mentions(`Ann ${text}`, "Ann"),
  "completion.suggest()": (text) => completion.suggest(text, text.length, VOCABULARY),
  "completion.suggest(), in the middle": (text) =>
    completion.suggest(text, text.length >> 1, VOCABULARY),
  "outgoing.measure()": (text) => outgoing.measure(text, "lobby", LIMITS),
  "outgoing.stripInvisible()": (text) => outgoing.stripInvisible(text),
  "outgoing.requestOf()": (text) => outgoing.requestOf(text, "lobby"),
  "colours.colourOf()": (text) => colours.colourOf(text),
  "avatar.initials()": (text) => initials(text),
  "excerptOf()": (text) => excerptOf(text, "tea @Ann"),
  "excerptOf(), with such words": (text) => excerptOf("tea @Ann", text),
  "rooms.find()": (text) => list.find(text),
  "protocol.parseServer()": (text) => protocol.parseServer(text),
  "parseEvent()": (text) => parseEvent(text),
  "parseEvent(), of a message": (text) => parseEvent(messageOf(text)),
  "timeline.addPresence()": (text) => timeline.createTimeline().addPresence("join", text),
  "timeline.put()": (text) => {
    const entries = timeline.createTimeline();
    entries.add({ ...ENTRY, text });
    entries.clearIds();
    entries.put({ ...ENTRY, id: 1, text });
  },
};

const ENTRY: Pick<Entry, "kind" | "time"> = { kind: "message", time: 0 };

const list = rooms.createRooms({
  now: () => 0,
  memory: { load: () => null, save: () => {} },
  readPositions: { load: () => null, save: () => {} },
  isAttended: () => false,
  onChange: () => {},
});

for (const [name, read] of Object.entries(READERS)) {
  Deno.test(`${name} takes time in proportion to the text`, () => {
    for (const [before, part, behind] of SEEDS) {
      const make = (length: number) =>
        before + part.repeat(Math.ceil(length / part.length)) + behind;
      const label = JSON.stringify([before, part, behind]);
      assertProportional({ make, run: read, length: LONGEST }, label);
    }
  });
}

function messageOf(text: string): string {
  const from = { id: 2, name: "Bob", address: "127.0.0.1:2" };
  return JSON.stringify({ type: "message", time: 1, room: "lobby", id: 1, from, text });
}
