/**
 * Histories whose file does not work: a clear error at the start; later the chat continues.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { HistoryError } from "../../lib/history/storage_error.ts";
import { MIGRATIONS } from "../../lib/history/schema.ts";
import { projectPath } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { Folder, newMessage, offsets, open, openInside, searchAll, texts } from "./fakes.ts";

/** Longer than any flush, sweep and retry takes, in ms. */
const LONG = 130_000;

/** More messages than may be pending while a file fails. */
const TOO_MANY = 20_000;

/** The error message of opening a file that cannot be opened. */
function refusal(path: string): string {
  const error = assertThrows(() => open({ path }), HistoryError);
  const start = `Cannot open history '${path}': `;
  assert(error instanceof HistoryError && error.message.startsWith(start), String(error));
  return error.message.slice(start.length);
}

/** Fills a file with messages of 1 kB, so that it has some pages. */
function fill(path: string): void {
  using opened = open({ path });
  for (let i = 1; i <= 100; i++) {
    opened.history.append("lobby", newMessage(`${i} ${"x".repeat(1_000)}`));
  }
}

/** Overwrites a file with nonsense from the byte `from` on. */
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

function startProcess(path: string | undefined, permissions: string[]): Program {
  const script = [projectPath("tests/history/history_process.ts")].concat(path ?? []);
  return new Program([Deno.execPath(), "run", "--quiet", "--no-prompt", ...permissions, ...script]);
}

Deno.test("openHistory() refuses a file while another process has it open", async () => {
  using folder = new Folder();
  const path = folder.file();
  await using program = startProcess(path, [`--allow-read=${path}`, `--allow-write=${path}`]);
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

Deno.test("A process needs no permission but for its file", async () => {
  using folder = new Folder();
  const path = folder.file();
  await using program = startProcess(path, [`--allow-read=${path}`]);
  assertEquals((await program.ended).code, 1);
  assertEquals(program.err, [
    `HistoryError: Cannot open history '${path}': it needs --allow-read and --allow-write for this path`,
  ]);
});

/** The offset of the write version in an SQLite file. 2 is WAL; a program may only read files with a greater one. */
const WRITE_VERSION = 18;

Deno.test("openHistory() refuses a file that is read-only", () => {
  using folder = new Folder();
  const path = folder.file();
  fill(path);
  // Root ignores file permissions, so the file itself is made read-only.
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

Deno.test("openHistory() refuses other files, corrupt databases, and databases of other programs", () => {
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

Deno.test("openHistory() refuses a file of a newer version and does not change it", () => {
  using folder = new Folder();
  fill(folder.file());
  change(folder.file(), "PRAGMA user_version = 99");
  const before = Deno.readFileSync(folder.file());
  const newest = MIGRATIONS.length;
  const newer = `it is of version 99, and this program knows no newer one than ${newest}`;
  assertEquals(refusal(folder.file()), newer);
  assertEquals(Deno.readFileSync(folder.file()), before);
});

Deno.test("openHistory() releases a file that it refuses", () => {
  using folder = new Folder();
  fill(folder.file());
  change(folder.file(), "DROP TABLE eras");
  assertEquals(refusal(folder.file()), "no such table: eras");
  assertEquals(refusal(folder.file()), "no such table: eras");
});

Deno.test("While the disk is full, messages stay in memory, and all are written when there is space", () => {
  using folder = new Folder();
  const { history, clock, reported, database } = openInside(folder.file());
  history.append("lobby", newMessage("first"));
  clock.advance(LONG);
  database.exec("PRAGMA max_page_count = 1"); // no more pages than it has
  for (let i = 1; i <= 100; i++) history.append("lobby", newMessage(`${i} ${"x".repeat(1_000)}`));
  clock.advance(LONG);
  const problem = `Cannot use history '${folder.file()}': the disk is full`;
  assertEquals([history.problem, reported], [problem, [problem]]);
  assertEquals(history.append("lobby", newMessage("last", { clientId: "l" })), 102);
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
  assertEquals([history.problem, reported], [undefined, [problem, "recovered"]]);
  assertEquals(texts(searchAll(history, "lobby", "last", 5)), ["last"]);
  history.close();
  using again = open({ path: folder.file() });
  assertEquals(again.history.page("lobby", { after: 0, limit: 200 }).messages.length, 102);
  assert(again.history.trusts("lobby", history.epoch, 50));
});

Deno.test("While a file fails, pending messages are bounded, and pages leave out lost ones", () => {
  using folder = new Folder();
  const { history, clock, reported, database } = openInside(folder.file(), { limit: 100_000 });
  history.append("lobby", newMessage("first"));
  history.append("quiet", newMessage("kept"));
  clock.advance(LONG);
  database.exec("PRAGMA query_only = ON");
  for (let i = 0; i < TOO_MANY; i++) history.append("lobby", newMessage("x"));
  assertEquals(history.latest("lobby"), TOO_MANY + 1);
  const kept = history.latest("lobby") - history.oldest("lobby") + 1;
  assert(kept > 10_000 && kept < TOO_MANY, `${kept} are kept`);
  assertEquals(history.page("lobby", { after: 1, limit: 5 }).complete, false);
  assertEquals(texts(history.page("quiet", { after: 0, limit: 5 }).messages), ["kept"]);
  // Some are long, and some are in rooms that are not in the file.
  for (let i = 0; i < 2 * TOO_MANY; i++) history.append(`room-${i}`, newMessage("y"));
  assert([...history.rooms()].length < TOO_MANY);
  assertEquals(history.page("lobby", { limit: 5 }).messages, []);
  assertEquals(history.append("room-1", newMessage("y")) > 1, true);
  for (let i = 0; i < 1_000; i++) history.append("long", newMessage("z".repeat(60_000)));
  assert(history.page("long", { after: 0, limit: 1_000 }).messages.length < 100);
  database.exec("PRAGMA query_only = OFF");
  clock.advance(LONG);
  assertEquals(reported.at(-1), "recovered");
  const { latest, oldest } = { latest: history.latest("lobby"), oldest: history.oldest("lobby") };
  assertEquals([latest, oldest], [TOO_MANY + 1, TOO_MANY + 2]);
  history.close();
  using again = open({ path: folder.file() });
  assertEquals(again.history.append("lobby", newMessage("again")), TOO_MANY + 2);
  assertEquals(again.history.latest("room-0"), history.latest("room-0"));
});

Deno.test("A failing file is retried less and less often and reported once", () => {
  using folder = new Folder();
  const { history, clock, reported, database } = openInside(folder.file());
  database.exec("PRAGMA query_only = ON");
  history.append("lobby", newMessage("a"));
  let tries = 0;
  const exec = database.exec.bind(database);
  database.exec = (sql) => {
    if (sql.startsWith("BEGIN")) tries++;
    exec(sql);
  };
  clock.advance(600_000);
  assert(tries > 10 && tries < 20, `${tries} tries in ten minutes`);
  assertEquals(reported.length, 1);
  database.exec("PRAGMA query_only = OFF");
  clock.advance(60_000);
  assertEquals(reported.length, 2);
  history.close();
});

Deno.test("A file that becomes corrupt is not used any more, and the chat continues", () => {
  using folder = new Folder();
  fill(folder.file());
  const { history, clock, reported, database } = openInside(folder.file());
  damage(folder.file(), 8_192);
  database.exec("PRAGMA shrink_memory");
  const page = history.page("lobby", { limit: 100 });
  assertEquals(page.complete && page.messages.length > 0, false);
  assertEquals(reported, [`Cannot use history '${folder.file()}': it is corrupt`]);
  let touched = 0;
  database.exec = () => void touched++;
  assertEquals(history.append("lobby", newMessage("a")), 101);
  assertEquals(history.append("lobby", newMessage("b", { clientId: "b" })), 102);
  assertEquals(texts(history.page("lobby", { after: 100, limit: 5 }).messages), ["a", "b"]);
  assertEquals(texts(history.page("lobby", { limit: 5 }).messages), ["a", "b"]);
  assertEquals(history.find("lobby", "b"), 102);
  assertEquals(searchAll(history, "lobby", "b", 5), []);
  for (let i = 0; i < TOO_MANY; i++) history.append("lobby", newMessage("x"));
  clock.advance(LONG);
  history.close();
  assertEquals([reported.length, touched], [1, 0]);
});

Deno.test("A deleted or replaced file is reported and still used, and its replacement is not touched", () => {
  using folder = new Folder();
  fill(folder.file());
  const { history, clock, reported } = openInside(folder.file());
  Deno.renameSync(folder.file(), folder.file("away"));
  history.append("lobby", newMessage("a"));
  clock.advance(LONG);
  const problem = `Cannot keep history '${folder.file()}': the file was deleted or replaced`;
  assertEquals([history.problem, reported], [problem, [problem]]);
  assertEquals(texts(history.page("lobby", { limit: 1 }).messages), ["a"]);
  Deno.writeTextFileSync(folder.file(), "new");
  history.append("lobby", newMessage("b"));
  clock.advance(LONG);
  assertEquals([history.problem, reported], [problem, [problem]]);
  Deno.removeSync(folder.file());
  Deno.renameSync(folder.file("away"), folder.file());
  clock.advance(LONG);
  assertEquals([history.problem, reported], [undefined, [problem, "recovered"]]);
  Deno.removeSync(folder.file());
  Deno.writeTextFileSync(folder.file(), "new");
  history.close();
  assertEquals(Deno.readTextFileSync(folder.file()), "new");
});

Deno.test("A history in memory needs no permissions", async () => {
  await using program = startProcess(undefined, []);
  await program.prints(/^open /);
});
