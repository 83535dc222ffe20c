/**
 * Searches in scripts without spaces, and the upgrade of an older file's index while the server runs.
 *
 * Regression: 天气 was not found in 今天天气很好, which was indexed as one word.
 */
import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { History } from "../../lib/chat/history.ts";
import { migrate, MIGRATIONS } from "../../lib/history/schema.ts";
import { rowId } from "../../lib/history/schema.ts";
import { SEARCHABLE_CHARACTERS, toIndexText } from "../../lib/history/search_text.ts";
import { eachSeed } from "../random.ts";
import { FakeClock } from "../support/clock.ts";
import { Folder, newMessage, open, openInside, searchAll, texts } from "./fakes.ts";

const MESSAGES = [
  "今天天气很好",
  "한국어를 배워요",
  "東京都に住んでいます",
  "ฉันกินข้าวทุกวัน เมื่อวาน",
  "我用Deno写2024年の天気予報",
  "hello wörld",
  "ｶﾀｶﾅとカタカナ",
  "ខ្ញុំស្រលាញ់កម្ពុជា",
  "မြန်မာဘာသာစကား",
  "ພາສາລາວ",
  "𠮷野家で食べる",
];

/** The messages found, by the beginnings of their texts. */
const FOUND: readonly (readonly [query: string, ...found: string[]])[] = [
  ["天气", "今天天气"],
  ["天", "今天天气", "我用Deno"],
  ["气", "今天天气"],
  ["今天天气很好", "今天天气"],
  ["好今"],
  ["天天 很好", "今天天气"],
  ["很好 天天", "今天天气"],
  ["天很"],
  ["한국어", "한국어를"],
  ["국어", "한국어를"],
  ["를", "한국어를"],
  ["한국어".normalize("NFD"), "한국어를"],
  ["京都", "東京都に"],
  ["住んで", "東京都に"],
  ["住で"],
  ["กิน", "ฉันกิน"],
  ["กัน"],
  ["ข้าว", "ฉันกิน"],
  ["ขาว"],
  ["เมื่อวาน", "ฉันกิน"],
  ["deno", "我用Deno"],
  ["用deno", "我用Deno"],
  ["deno写2024", "我用Deno"],
  ["2024年", "我用Deno"],
  ["2024年の天気", "我用Deno"],
  ["2024天気"],
  ["WORLD", "hello"],
  ["wor"],
  ["カタカナ", "ｶﾀｶﾅ"],
  ["ｶﾀ", "ｶﾀｶﾅ"],
  ["កម្ពុជា", "ខ្ញុំ"],
  ["ဘာသာ", "မြန်"],
  ["ລາວ", "ພາສາ"],
  ["𠮷野", "𠮷野家"],
  ["𠮷", "𠮷野家"],
];

for (const isWritten of [false, true]) {
  Deno.test(`search() finds parts of runs without spaces, ${isWritten ? "" : "not yet "}written`, () => {
    using opened = open();
    const { history, clock } = opened;
    for (const text of MESSAGES) history.append("lobby", newMessage(text));
    if (isWritten) clock.advance(10_000);
    for (const [query, ...found] of FOUND) {
      const result = texts(searchAll(history, "lobby", query, 20));
      assertEquals(result.length, found.length, `${query}: ${result}`);
      found.forEach((begin, i) => assert(result[i]!.startsWith(begin), `${query}: ${result}`));
    }
    assertEquals(opened.reported, []);
  });
}

Deno.test("search() accepts any query in such scripts and finds every part of a message", async () => {
  using opened = open();
  const { history } = opened;
  await eachSeed(40, (random) => {
    const text = Array.from({ length: random.between(1, 30) }, () => {
      return random.pick([
        "天",
        "気",
        "ก",
        "ิ",
        "น",
        "한",
        "국",
        "a",
        "b",
        " ",
        "-",
        "。",
        "7",
        "𠮷",
      ]);
    }).join("");
    const room = `room-${text}`;
    history.append(room, newMessage(text));
    const characters = [...text];
    for (let i = 0; i < 20; i++) {
      const from = random.below(characters.length);
      const part = characters.slice(from, from + random.between(1, 9)).join("");
      // A part of a word in Latin letters does not match.
      if (/^[ab7]|[ab7]$/.test(part) || !/\p{L}/u.test(part)) continue;
      assertEquals(texts(searchAll(history, room, part, 5)), [text], `${part} in ${text}`);
    }
  });
});

/**
 * A search promises that case and accents do not count, but FTS5 removes the accents of Latin letters only: nobody found
 * Ἀχιλλεύς without typing its accents exactly, שלום in a text with points, nor a word in full-width letters or with a
 * ligature or a soft hyphen in it.
 */
Deno.test("search() ignores accents, points and compatibility forms in every script", () => {
  const spellings: readonly (readonly [message: string, ...queries: string[]])[] = [
    ["Café au lait", "cafe", "CAFÉ", "cafe\u0301", "ｃａｆｅ"],
    ["cafe\u0301 au lait", "cafe", "café"],
    ["Ἀχιλλεύς", "αχιλλευς", "ΑΧΙΛΛΕΥΣ", "Αχιλλεύς"],
    ["ΌΣΟΣ", "όσος", "οσος"],
    ["ёлка", "елка", "ЁЛКА"],
    ["שָׁלוֹם", "שלום", "שָׁלוֹם"],
    ["مُحَمَّد", "محمد", "محمـد"],
    ["İstanbul", "istanbul", "ISTANBUL"],
    ["Ｆｕｌｌｗｉｄｔｈ １２３", "fullwidth", "123", "ｆｕｌｌｗｉｄｔｈ"],
    ["ﬁnance", "finance", "FINANCE"],
    ["cell\u00adphone", "cellphone", "cell\u00adphone"],
    ["x² und H₂O", "x2", "h2o"],
    ["Ẹ̀kọ́", "eko", "ẸKỌ", "ẹ̀kọ́"],
    ["Nguyễn-Việt", "nguyen-viet", "NGUYỄN"],
    ["中文Ｅｎｇｌｉｓｈ混合", "english", "文english"],
    ["हिन्दी", "हिन्दी"],
  ];
  using opened = open();
  spellings.forEach(([text], i) => void opened.history.append(`room-${i}`, newMessage(text)));
  opened.clock.advance(10_000);
  spellings.forEach(([text, ...queries], i) => {
    for (const query of queries) {
      assertEquals(texts(searchAll(opened.history, `room-${i}`, query, 5)), [text], query);
    }
  });
  assertEquals(texts(searchAll(opened.history, "room-2", "αχιλλ", 5)), []);
  assertEquals(opened.reported, []);
});

Deno.test("toIndexText() folds scripts with spaces, leaves plain text as it is, and bounds the rest", () => {
  for (const text of ["", "hello", "tea-time 🍵", "привет", "שלום", "हिन्दी", "\ufffd"]) {
    assertEquals(toIndexText(text), text);
  }
  assertEquals(toIndexText("tëa ﬁx Ω Ὀδ"), "tea fix Ω Οδ");
  const expanding = "\ufdfa".repeat(1_000); // each stands for 18 characters
  assert(toIndexText(expanding).length <= 2 * expanding.length);
  assertEquals(toIndexText("x".repeat(100_000)).length, SEARCHABLE_CHARACTERS);
  const faces = "🍵".repeat(SEARCHABLE_CHARACTERS);
  assert(toIndexText(`x${faces}`).isWellFormed(), "No character is cut in two");
  for (const character of ["天", "ก", "𠮷", "ᄒ"]) {
    const text = toIndexText(character.repeat(100_000));
    assert(text.length < 2 * SEARCHABLE_CHARACTERS && text.isWellFormed());
  }
});

/** Makes a file as the previous version wrote it, with `count` messages, some in scripts without spaces. */
function makeOldFile(path: string, count: number): void {
  using database = new DatabaseSync(path);
  migrate(database, MIGRATIONS.slice(0, 2));
  database.exec("BEGIN");
  database.exec(`INSERT INTO rooms VALUES (1, 'lobby', '', 1), (2, 'tea', '', 1)`);
  const insert = database.prepare(
    "INSERT INTO messages VALUES (?, 1, 1, 'Ada', '192.0.2.1', 1000, 0, ?, NULL)",
  );
  for (let i = 0; i < count; i++) {
    const text = i % 3 === 0 ? `${MESSAGES[i % MESSAGES.length]} ${i}` : `tea ${i}`;
    const id = rowId(i % 2 + 1, Math.floor(i / 2) + 1);
    insert.run(id, i % 50 === 7 ? new TextEncoder().encode(`${text}\0今天`) : text);
  }
  database.exec(`
    INSERT INTO words (rowid, text) SELECT id, substr(text, 1, 16384) FROM messages;
    INSERT INTO eras VALUES (1, 'old');
    COMMIT`);
}

const OPTIONS = { limit: 100_000, ageMs: 100_000_000 };

Deno.test("The index of an older file is upgraded in steps while the history is used", () => {
  using folder = new Folder();
  makeOldFile(folder.file(), 3_000);
  const clock = new FakeClock();
  clock.wallOffset = 2_000;
  const found = (history: History) =>
    searchAll(history, "lobby", "天气", 100).length + searchAll(history, "tea", "天气", 100).length;
  let steps = 0;
  let before = 0;
  {
    using opened = openInside(folder.file(), OPTIONS, clock);
    const { history } = opened;
    assertEquals(
      searchAll(history, "lobby", "tea", 10).length,
      10,
      "What needs no upgrade is found",
    );
    history.append("lobby", newMessage("天气 tea"));
    assertEquals(found(history), 1, "What is new is found at once");
    for (; steps < 5; steps++) clock.advance(1_000 / 5);
    while (found(history) === before + 1) clock.advance(10);
    before = found(history);
    assert(before < 100, `${before} are found after one step`);
  }
  {
    using opened = openInside(folder.file(), OPTIONS, clock);
    const { history } = opened;
    assertEquals(found(history), before, "It goes on where it was");
    clock.advance(60_000);
    assert(found(history) > before);
    assertEquals(opened.reported, []);
  }
  using opened = openInside(folder.file(), OPTIONS, clock);
  const { upgraded, upgrade_to: to } = opened.database.prepare("SELECT * FROM meta").get() ?? {};
  assertEquals(upgraded, to);
  for (const [query, ...expected] of FOUND) {
    const all = [
      ...searchAll(opened.history, "lobby", query, 100),
      ...searchAll(opened.history, "tea", query, 100),
    ];
    assertEquals(all.length > 0, expected.length > 0, query);
  }
});

for (const when of ["before", "during", "after"] as const) {
  Deno.test(`Messages deleted ${when} the upgrade leave no words in the index`, () => {
    using folder = new Folder();
    makeOldFile(folder.file(), 2_000);
    const clock = new FakeClock();
    clock.wallOffset = 2_000;
    using opened = openInside(folder.file(), { ...OPTIONS, ageMs: 80_000 }, clock);
    const { history, database } = opened;
    history.append("lobby", newMessage("今天 tea\0time \ud800"));
    if (when !== "before") clock.advance(when === "during" ? 1_050 : 60_000);
    clock.jump(100_000); // all messages expire at once
    clock.advance(120_000);
    assertEquals(history.page("lobby", { limit: 1 }).messages, []);
    assertEquals(database.prepare("SELECT count(*) AS n FROM messages").get()?.n, 0);
    database.exec("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, words, row)");
    assertEquals(database.prepare("SELECT term FROM terms LIMIT 5").all(), []);
    assertEquals(opened.reported, []);
  });
}
