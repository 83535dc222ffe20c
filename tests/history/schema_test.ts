/**
 * The migration of files of older versions.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { openDatabase, transaction } from "../../lib/history/database.ts";
import { StorageError } from "../../lib/history/storage_error.ts";
import { migrate, MIGRATIONS } from "../../lib/history/schema.ts";
import { Folder } from "./fakes.ts";

function version(database: DatabaseSync): unknown {
  return database.prepare("PRAGMA user_version").get()?.user_version;
}

Deno.test("migrate() creates the tables once", () => {
  using database = new DatabaseSync(":memory:");
  migrate(database);
  assertEquals(version(database), MIGRATIONS.length);
  database.exec("UPDATE meta SET floor = 7");
  migrate(database);
  assertEquals(database.prepare("SELECT floor FROM meta").all().map(({ floor }) => floor), [7]);
});

Deno.test("migrate() applies missing migrations in order", () => {
  using database = new DatabaseSync(":memory:");
  const steps = ["CREATE TABLE a (x); INSERT INTO a VALUES (1)"];
  migrate(database, steps);
  steps.push("ALTER TABLE a ADD COLUMN y DEFAULT 2", "INSERT INTO a VALUES (3, 4)");
  migrate(database, steps);
  assertEquals(database.prepare("SELECT x, y FROM a").all().map(({ x, y }) => [x, y]), [[1, 2], [
    3,
    4,
  ]]);
  assertEquals(version(database), 3);
});

Deno.test("migrate() leaves the file as it was if it fails half-way", () => {
  using database = new DatabaseSync(":memory:");
  migrate(database, ["CREATE TABLE a (x)"]);
  const steps = ["", "CREATE TABLE b (x)", "CREATE TABLE a (x)"];
  assertThrows(
    () => transaction(database, () => migrate(database, steps)),
    Error,
    "already exists",
  );
  assertEquals(version(database), 1);
  assertThrows(() => database.prepare("SELECT * FROM b"), Error, "no such table");
  assert(!database.isTransaction);
});

Deno.test("migrate() refuses newer versions and databases of other programs", () => {
  using database = new DatabaseSync(":memory:");
  migrate(database, ["", "", ""]);
  assertThrows(() => migrate(database, ["", ""]), StorageError, "version 3");
  using other = new DatabaseSync(":memory:");
  other.exec("PRAGMA user_version = 1");
  assertThrows(() => migrate(other), StorageError, "another program");
  using marked = new DatabaseSync(":memory:");
  marked.exec("PRAGMA application_id = 5");
  assertThrows(() => migrate(marked), StorageError, "another program");
});

Deno.test("openDatabase() leaves no other files behind when it is closed", () => {
  using folder = new Folder();
  const database = openDatabase(folder.file());
  const files = () => Array.from(Deno.readDirSync(folder.path), ({ name }) => name).sort();
  assertEquals(files(), ["chat.db", "chat.db-shm", "chat.db-wal"]);
  database.close();
  assertEquals(files(), ["chat.db"]);
});

Deno.test("transaction() commits everything or nothing", () => {
  using database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE a (x UNIQUE)");
  const insert = database.prepare("INSERT INTO a VALUES (?)");
  assertEquals(transaction(database, () => Number(insert.run(1).changes)), 1);
  const twice = () => [2, 1].forEach((x) => insert.run(x));
  assertThrows(() => transaction(database, twice), Error, "UNIQUE");
  assertEquals(database.prepare("SELECT x FROM a").all().length, 1);
});
