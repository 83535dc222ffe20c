/**
 * Users stored in the file of a history, and the accounts of messages.
 */
import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { StoredUser } from "../../lib/chat/users.ts";
import { openHistory } from "../../lib/history/open_history.ts";
import { migrate, MIGRATIONS, rowId } from "../../lib/history/schema.ts";
import { FakeClock } from "../support/clock.ts";
import { Folder, newMessage } from "./fakes.ts";

const ALICE: StoredUser = { key: "1", account: "yXcqA8e1b9M4sVdK", name: "Alice", seen: 7 };
const NAMELESS: StoredUser = { key: "a\0b", account: "0a1B2c3D4e5F6g7H", name: undefined, seen: 8 };

function openFile(path: string, clock = new FakeClock()) {
  return openHistory({ path, clock });
}

Deno.test("Users survive reopening the file, and forgotten ones do not", () => {
  using folder = new Folder();
  {
    using history = openFile(folder.file());
    assertEquals(history.users(), []);
    for (const user of [ALICE, NAMELESS, { ...ALICE, key: "gone" }]) history.putUser(user);
    history.putUser({ ...ALICE, name: "Alicia", seen: 9 });
    history.deleteUser("gone");
    history.deleteUser("never there");
  }
  using history = openFile(folder.file());
  const users = history.users().toSorted((a, b) => a.seen - b.seen);
  assertEquals(users, [NAMELESS, { ...ALICE, name: "Alicia", seen: 9 }]);
});

Deno.test("Users are written soon, in batches", () => {
  using folder = new Folder();
  const clock = new FakeClock();
  using history = openFile(folder.file(), clock);
  using reader = new DatabaseSync(folder.file(), { readOnly: true });
  const count = () => reader.prepare("SELECT count(*) AS n FROM users").get()?.n;
  for (let i = 0; i < 250; i++) history.putUser({ ...ALICE, key: `${i}` });
  assertEquals(count(), 0);
  clock.advance(100);
  assertEquals(count(), 100);
  clock.advance(1_000);
  assertEquals(count(), 250);
});

Deno.test("Messages keep the accounts of their authors, and those of guests have none", () => {
  using folder = new Folder();
  const { account } = ALICE;
  const accounts = (history: ReturnType<typeof openFile>) =>
    history.page("lobby", { limit: 10 }).messages.map((message) => message.account);
  {
    using history = openFile(folder.file());
    history.append("lobby", newMessage("a user's", { account }));
    history.append("lobby", newMessage("a guest's"));
    assertEquals(accounts(history), [account, undefined]);
  }
  using history = openFile(folder.file());
  assertEquals(accounts(history), [account, undefined]);
});

Deno.test("A file of a version without users keeps its messages, whose authors are guests", () => {
  using folder = new Folder();
  {
    using database = new DatabaseSync(folder.file());
    migrate(database, MIGRATIONS.slice(0, 3));
    database.exec(`INSERT INTO rooms VALUES (1, 'lobby', '', 1)`);
    database.prepare(
      "INSERT INTO messages VALUES (?, 1, 1, 'Ada', '192.0.2.1', 0, 0, 'hello', NULL, 0, 0)",
    ).run(rowId(1, 1));
    database.exec("INSERT INTO words (rowid, text) SELECT id, text FROM messages");
  }
  using history = openFile(folder.file());
  assertEquals(history.users(), []);
  const [message] = history.page("lobby", { limit: 10 }).messages;
  assertEquals([message?.text, message?.account], ["hello", undefined]);
});
