/**
 * What a history does when its file does not do what it should: at the start a clear error, later the chat goes on.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { HistoryError } from "../../lib/history/storage_error.ts";
import { MIGRATIONS } from "../../lib/history/schema.ts";
import { projectPath } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { Folder, offsets, open, openInside, said, searchAll, texts } from "./fakes.ts";

/** Longer than any flush, sweep and retry takes, in ms. */
const LONG = 130_000;

/** More than may wait for a file that fails. */
const TOO_MANY = 20_000;

/** Opens a file that cannot be opened, and gives what is wrong with it. */
function refusal(path: string): string {
  const error = assertThrows(() => open({ path }), HistoryError);
  const start = `Cannot open history '${path}': `;
  assert(error instanceof HistoryError && error.message.startsWith(start), String(error));
  return error.message.slice(start.length);
}

/** A file with so many messages of 1 kB that it has some pages. */
function fill(path: string): void {
  using opened = open({ path });
  for (let i = 1; i <= 100; i++) opened.history.append("lobby", said(`${i} ${"x".repeat(1_000)}`));
}

/** Writes nonsense over all of a file but its first `from` bytes. */
function damage(path: string, from: number): void {
  using file = Deno.openSync(path, { write: true });
  const { size } = file.statSync();
  file.seekSync(from, Deno.SeekMode.Start);
  file.writeSync(new Uint8Array(size - from).fill(0xa5));
}

function change(path: string, sql: string): void {
  using database = new DatabaseSync(path);
  database.exec(sql);
}

function keeper(path: string | undefined, permissions: string[]): Program {
  const script = [projectPath("tests/history/keeper.ts")].concat(path ?? []);
  return new Program([Deno.execPath(), "run", "--quiet", "--no-prompt", ...permissions, ...script]);
}

Deno.test("openHistory() refuses a file that another process has open, and takes it after that", async () => {
  using folder = new Folder();
  const path = folder.file();
  await using program = keeper(path, [`--allow-read=${path}`, `--allow-write=${path}`]);
  await program.prints(/^open /);
  assertEquals(refusal(path), "another process has it open");
  await program.end("SIGKILL");
  open({ path })[Symbol.dispose]();
});

Deno.test("openHistory() refuses a file that this process has open", () => {
  using folder = new Folder();
  using _opened = open({ path: folder.file() });
  assertEquals(refusal(folder.file()), "another process has it open");
});

Deno.test("A process needs to be allowed its file, and nothing else", async () => {
  using folder = new Folder();
  const path = folder.file();
  await using program = keeper(path, [`--allow-read=${path}`]);
  assertEquals((await program.ended).code, 1);
  assertEquals(program.err, [
    `HistoryError: Cannot open history '${path}': it needs --allow-read and --allow-write for this path`,
  ]);
});

/** Offset of the version that a program must know to write to an SQLite file; 2 is WAL. A higher one is read-only. */
const WRITE_VERSION = 18;

Deno.test("openHistory() refuses a file that is read-only", () => {
  using folder = new Folder();
  const path = folder.file();
  fill(path);
  // File permissions do not bind root, so the file itself says that it may not be written to.
  using file = Deno.openSync(path, { write: true });
  file.seekSync(WRITE_VERSION, Deno.SeekMode.Start);
  file.writeSync(Uint8Array.of(3));
  assertEquals(refusal(path), "it is read-only");
});

const isRoot = Deno.uid() === 0;

Deno.test({
  name: "openHistory() refuses a file whose permissions make it read-only" +
    (isRoot ? " (skipped: they do not bind root)" : ""),
  ignore: isRoot,
  fn: () => {
    using folder = new Folder();
    const path = folder.file();
    fill(path);
    Deno.chmodSync(path, 0o444);
    assertEquals(refusal(path), "it is read-only");
  },
});

Deno.test("openHistory() refuses what is not a database, a corrupt one, and one of others", () => {
  using folder = new Folder();
  Deno.writeTextFileSync(
    folder.file("text"),
    "This is a text, and has been one for long. ".repeat(50),
  );
  assertEquals(refusal(folder.file("text")), "it is not a database");
  assertEquals(refusal(folder.path), "it cannot be opened or created");
  assertEquals(refusal(folder.file("no/such/folder")), "it cannot be opened or created");
  fill(folder.file());
  damage(folder.file(), 8_192);
  assertEquals(refusal(folder.file()), "it is corrupt");
  change(folder.file("other"), "CREATE TABLE songs (title TEXT)");
  assertEquals(refusal(folder.file("other")), "it is the database of another program");
});

Deno.test("openHistory() refuses a file of a newer version, and leaves it as it is", () => {
  using folder = new Folder();
  fill(folder.file());
  change(folder.file(), "PRAGMA user_version = 99");
  const before = Deno.readFileSync(folder.file());
  const newest = MIGRATIONS.length;
  const newer = `it is of version 99, and this program knows no newer one than ${newest}`;
  assertEquals(refusal(folder.file()), newer);
  assertEquals(Deno.readFileSync(folder.file()), before);
});

Deno.test("openHistory() lets go of a file that it refuses", () => {
  using folder = new Folder();
  fill(folder.file());
  change(folder.file(), "DROP TABLE eras");
  assertEquals(refusal(folder.file()), "no such table: eras");
  assertEquals(refusal(folder.file()), "no such table: eras");
});

Deno.test("When the disk is full, it goes on in memory, and writes all of it when there is room", () => {
  using folder = new Folder();
  const { history, clock, told, database } = openInside(folder.file());
  history.append("lobby", said("first"));
  clock.advance(LONG);
  database.exec("PRAGMA max_page_count = 1"); // no more pages than there are
  for (let i = 1; i <= 100; i++) history.append("lobby", said(`${i} ${"x".repeat(1_000)}`));
  clock.advance(LONG);
  const problem = `Cannot use history '${folder.file()}': the disk is full`;
  assertEquals([history.problem, told], [problem, [problem]]);
  assertEquals(history.append("lobby", said("last", { clientId: "l" })), 102);
  assertEquals(offsets(history.page("lobby", { after: 98, limit: 9 }).messages), [
    99,
    100,
    101,
    102,
  ]);
  assertEquals(history.find("lobby", "l"), 102);
  assertEquals(history.page("lobby", { after: 0, limit: 200 }).messages.length, 102);
  assertEquals(texts(searchAll(history, "lobby", "first", 5)), ["first"]);
  database.exec("PRAGMA max_page_count = 1000000");
  clock.advance(LONG);
  assertEquals([history.problem, told], [undefined, [problem, "recovered"]]);
  assertEquals(texts(searchAll(history, "lobby", "last", 5)), ["last"]);
  history.close();
  using again = open({ path: folder.file() });
  assertEquals(again.history.page("lobby", { after: 0, limit: 200 }).messages.length, 102);
  assert(again.history.trusts("lobby", history.epoch, 50));
});

Deno.test("While a file fails, what waits for it is bounded, and what is lost is no part of a page", () => {
  using folder = new Folder();
  const { history, clock, told, database } = openInside(folder.file(), { limit: 100_000 });
  history.append("lobby", said("first"));
  history.append("quiet", said("kept"));
  clock.advance(LONG);
  database.exec("PRAGMA query_only = ON");
  for (let i = 0; i < TOO_MANY; i++) history.append("lobby", said("x"));
  assertEquals(history.latest("lobby"), TOO_MANY + 1);
  const kept = history.latest("lobby") - history.oldest("lobby") + 1;
  assert(kept > 10_000 && kept < TOO_MANY, `${kept} are kept`);
  assertEquals(history.page("lobby", { after: 1, limit: 5 }).complete, false);
  assertEquals(texts(history.page("quiet", { after: 0, limit: 5 }).messages), ["kept"]);
  // Some are long, others come from rooms that the file never knew.
  for (let i = 0; i < 2 * TOO_MANY; i++) history.append(`room-${i}`, said("y"));
  assert([...history.rooms()].length < TOO_MANY);
  assertEquals(history.page("lobby", { limit: 5 }).messages, []);
  assertEquals(history.append("room-1", said("y")) > 1, true);
  for (let i = 0; i < 1_000; i++) history.append("long", said("z".repeat(60_000)));
  assert(history.page("long", { after: 0, limit: 1_000 }).messages.length < 100);
  database.exec("PRAGMA query_only = OFF");
  clock.advance(LONG);
  assertEquals(told.at(-1), "recovered");
  const { latest, oldest } = { latest: history.latest("lobby"), oldest: history.oldest("lobby") };
  assertEquals([latest, oldest], [TOO_MANY + 1, TOO_MANY + 2]);
  history.close();
  using again = open({ path: folder.file() });
  assertEquals(again.history.append("lobby", said("again")), TOO_MANY + 2);
  assertEquals(again.history.latest("room-0"), history.latest("room-0"));
});

Deno.test("It is tried again less and less often, and told once", () => {
  using folder = new Folder();
  const { history, clock, told, database } = openInside(folder.file());
  database.exec("PRAGMA query_only = ON");
  history.append("lobby", said("a"));
  let tries = 0;
  const exec = database.exec.bind(database);
  database.exec = (sql) => {
    if (sql.startsWith("BEGIN")) tries++;
    exec(sql);
  };
  clock.advance(600_000);
  assert(tries > 10 && tries < 20, `${tries} tries in ten minutes`);
  assertEquals(told.length, 1);
  database.exec("PRAGMA query_only = OFF");
  clock.advance(60_000);
  assertEquals(told.length, 2);
  history.close();
});

Deno.test("A file that becomes corrupt is not touched any more, and the chat goes on", () => {
  using folder = new Folder();
  fill(folder.file());
  const { history, clock, told, database } = openInside(folder.file());
  damage(folder.file(), 8_192);
  database.exec("PRAGMA shrink_memory");
  const page = history.page("lobby", { limit: 100 });
  assertEquals(page.complete && page.messages.length > 0, false);
  assertEquals(told, [`Cannot use history '${folder.file()}': it is corrupt`]);
  let touched = 0;
  database.exec = () => void touched++;
  assertEquals(history.append("lobby", said("a")), 101);
  assertEquals(history.append("lobby", said("b", { clientId: "b" })), 102);
  assertEquals(texts(history.page("lobby", { after: 100, limit: 5 }).messages), ["a", "b"]);
  assertEquals(texts(history.page("lobby", { limit: 5 }).messages), ["a", "b"]);
  assertEquals(history.find("lobby", "b"), 102);
  assertEquals(searchAll(history, "lobby", "b", 5), []);
  for (let i = 0; i < TOO_MANY; i++) history.append("lobby", said("x"));
  clock.advance(LONG);
  history.close();
  assertEquals([told.length, touched], [1, 0]);
});

Deno.test("A file that is deleted or replaced is told, goes on to be used, and the new one is left alone", () => {
  using folder = new Folder();
  fill(folder.file());
  const { history, clock, told } = openInside(folder.file());
  Deno.renameSync(folder.file(), folder.file("away"));
  history.append("lobby", said("a"));
  clock.advance(LONG);
  const problem = `Cannot keep history '${folder.file()}': the file was deleted or replaced`;
  assertEquals([history.problem, told], [problem, [problem]]);
  assertEquals(texts(history.page("lobby", { limit: 1 }).messages), ["a"]);
  Deno.writeTextFileSync(folder.file(), "new");
  history.append("lobby", said("b"));
  clock.advance(LONG);
  assertEquals([history.problem, told], [problem, [problem]]);
  Deno.removeSync(folder.file());
  Deno.renameSync(folder.file("away"), folder.file());
  clock.advance(LONG);
  assertEquals([history.problem, told], [undefined, [problem, "recovered"]]);
  Deno.removeSync(folder.file());
  Deno.writeTextFileSync(folder.file(), "new");
  history.close();
  assertEquals(Deno.readTextFileSync(folder.file()), "new");
});

Deno.test("In memory, nothing has to be allowed", async () => {
  await using program = keeper(undefined, []);
  await program.prints(/^open /);
});
