/**
 * Bans stored in the file of a history, and files of versions without bans.
 */
import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { StoredBan } from "../../lib/chat/moderation.ts";
import { openHistory } from "../../lib/history/open_history.ts";
import { migrate, MIGRATIONS } from "../../lib/history/schema.ts";
import { FakeClock } from "../support/clock.ts";
import { rowId } from "../../lib/history/schema.ts";
import { Folder, openInside, texts } from "./fakes.ts";

const BOB: StoredBan = {
  ban: {
    target: "bob",
    name: "Bob",
    network: "203.0.113.7",
    since: 1_795_477_930_262,
    until: undefined,
    by: "Ada",
    reason: "spam",
  },
  imposed: 1_795_000_000_000,
};
const NET: StoredBan = {
  ban: {
    target: "2001:db8::/32",
    name: undefined,
    network: "2001:db8::/32",
    since: 1_795_477_930_263,
    until: 1_795_477_990_263,
    by: "127.0.0.1:1",
    reason: "",
  },
  imposed: 1_795_000_000_001,
};

function openFile(path: string) {
  return openHistory({ path, clock: new FakeClock() });
}

Deno.test("Bans survive reopening the file, and lifted ones do not", () => {
  using folder = new Folder();
  {
    using history = openFile(folder.file());
    assertEquals(history.bans(), []);
    const gone = { ...NET, ban: { ...NET.ban, target: "gone" } };
    for (const ban of [BOB, NET, gone]) history.putBan(ban);
    history.putBan({ ...BOB, ban: { ...BOB.ban, reason: "much spam" } });
    history.deleteBan("gone");
    history.deleteBan("never there");
  }
  using history = openFile(folder.file());
  assertEquals(history.bans(), [NET, { ...BOB, ban: { ...BOB.ban, reason: "much spam" } }]);
});

Deno.test("A file of a version without bans keeps its messages and accepts bans", () => {
  using folder = new Folder();
  {
    using database = new DatabaseSync(folder.file());
    migrate(database, MIGRATIONS.slice(0, 1));
    database.exec(`INSERT INTO rooms VALUES (1, 'lobby', '', 1)`);
    database.prepare(
      "INSERT INTO messages VALUES (?, 1, 1, 'Ada', '192.0.2.1', 0, 0, 'hello', NULL)",
    )
      .run(rowId(1, 1));
    database.exec("INSERT INTO words (rowid, text) SELECT id, text FROM messages");
  }
  {
    using history = openFile(folder.file());
    assertEquals(texts(history.page("lobby", { limit: 10 }).messages), ["hello"]);
    history.putBan(BOB);
  }
  using history = openFile(folder.file());
  assertEquals(history.bans(), [BOB]);
  assertEquals(texts(history.page("lobby", { limit: 10 }).messages), ["hello"]);
});

Deno.test("An empty file of the first version is upgraded to the newest", () => {
  using database = new DatabaseSync(":memory:");
  migrate(database, MIGRATIONS.slice(0, 1));
  migrate(database);
  assertEquals(database.prepare("SELECT * FROM bans").all(), []);
});

Deno.test("Bans that cannot be written are written when the file works again", () => {
  using folder = new Folder();
  {
    using inside = openInside(folder.file());
    const { database, clock, reported } = inside;
    const history = inside.history as ReturnType<typeof openHistory>;
    history.putBan(NET);
    database.exec("PRAGMA query_only = ON");
    history.putBan(BOB);
    history.deleteBan(NET.ban.target);
    assertEquals(reported.length, 1);
    database.exec("PRAGMA query_only = OFF");
    clock.advance(60_000);
    assertEquals(reported.slice(1), ["recovered"]);
    const rows = database.prepare("SELECT target FROM bans").all();
    assertEquals(rows.map(({ target }) => target), ["bob"]);
  }
  using history = openFile(folder.file());
  assertEquals(history.bans(), [BOB]);
});
