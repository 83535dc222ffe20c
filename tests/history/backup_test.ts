/**
 * Backups of a file that a server has open, and the lock that keeps other servers out.
 *
 * Regression: the server held SQLite's exclusive lock, so every backup failed with "database is locked".
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { HistoryError } from "../../lib/history/storage_error.ts";
import { until } from "../support/patience.ts";
import { projectPath } from "../support/paths.ts";
import { Program, run } from "../support/program.ts";
import { Folder, newMessage, open, openInside, searchAll, texts } from "./fakes.ts";

const isLinux = Deno.build.os === "linux";

/** Only Linux can lock the file without SQLite's exclusive mode. */
function linuxTest(name: string, fn: () => void | Promise<void>): void {
  Deno.test({
    name: isLinux ? name : `${name} (skipped: backups of a running server need Linux)`,
    ignore: !isLinux,
    fn,
  });
}

/** Another process that appends a message every millisecond. */
function startProcess(path: string): Program {
  const script = projectPath("tests/history/history_process.ts");
  const allow = [`--allow-read=${path}`, `--allow-write=${path}`];
  return new Program([Deno.execPath(), "run", "--quiet", "--no-prompt", ...allow, script, path]);
}

/** The number of messages that the process has appended. */
function count(program: Program): number {
  return Number(program.out.at(-1)?.split(" ")[0]);
}

async function hasSqlite3(): Promise<boolean> {
  try {
    const command = new Deno.Command("sqlite3", { args: ["--version"], stdout: "null" });
    return (await command.output()).success;
  } catch {
    return false;
  }
}

/** Asserts that a file has all messages up to some moment once, that they can be searched, and that it accepts more. */
function assertWhole(path: string, atLeast: number): void {
  using opened = open({ path, limit: 100_000 });
  const { history } = opened;
  const latest = history.latest("lobby");
  assert(latest >= atLeast, `${latest} of ${atLeast} messages`);
  const { messages } = history.page("lobby", { limit: latest });
  assertEquals(
    texts(messages),
    Array.from({ length: latest }, (_, i) => `message ${i + 1}`),
  );
  assertEquals(searchAll(history, "lobby", `message ${latest}`, 1).length, 1);
  assertEquals(history.append("lobby", newMessage("next")), latest + 1);
}

const WAYS: Record<string, (from: string, to: string) => void | Promise<void>> = {
  "VACUUM INTO": (from, to) => {
    using database = new DatabaseSync(from);
    database.prepare("VACUUM INTO ?").run(to);
  },
};

if (await hasSqlite3()) {
  WAYS["sqlite3 .backup"] = async (from, to) => {
    const { code, stderr } = await run(["sqlite3", from, `.backup '${to}'`]);
    assertEquals([code, stderr], [0, ""]);
  };
  WAYS["sqlite3 VACUUM INTO"] = async (from, to) => {
    const { code, stderr } = await run(["sqlite3", from, `VACUUM INTO '${to}'`]);
    assertEquals([code, stderr], [0, ""]);
  };
}

for (const [way, make] of Object.entries(WAYS)) {
  linuxTest(`A history is backed up while the server writes [${way}]`, async () => {
    using folder = new Folder();
    await using program = startProcess(folder.file());
    await until(() => count(program) >= 200, "messages are in the file");
    const before = count(program) - 190; // the newest are not written yet
    await make(folder.file(), folder.file("backup.db"));
    const after = count(program);
    await until(() => count(program) > after + 100, "it goes on");
    assertEquals(program.err, []);
    await program.end("SIGKILL");
    assertWhole(folder.file("backup.db"), before);
    assertWhole(folder.file(), after - 190);
  });
}

linuxTest("A reader with an open transaction does not block the server", () => {
  using folder = new Folder();
  using opened = openInside(folder.file());
  const { history, clock, reported } = opened;
  history.append("lobby", newMessage("first"));
  clock.advance(1_000);
  using reader = new DatabaseSync(folder.file(), { readOnly: true });
  reader.exec("BEGIN");
  const seen = () => Number(reader.prepare("SELECT count(*) AS n FROM messages").get()?.n);
  assertEquals(seen(), 1);
  for (let i = 0; i < 1_000; i++) history.append("lobby", newMessage("x".repeat(1_000)));
  clock.advance(1_000);
  assertEquals([reported, seen()], [[], 1]);
  reader.exec("COMMIT");
  assertEquals(seen(), 1_001);
});

/** SQLite's locks on a file, as the kernel lists them. */
function sqliteLocks(path: string): string[] {
  const { ino } = Deno.statSync(path);
  const locks = Deno.readTextFileSync("/proc/locks").split("\n");
  return locks.filter((lock) => lock.includes(" POSIX ") && lock.includes(`:${ino} `))
    .map((lock) => lock.replace(/^\d+: /, ""));
}

/** Closing any descriptor of the file releases the locks, and the next program that closes it would delete the log. */
linuxTest("openHistory() that is refused leaves the locks of the other server alone", () => {
  using folder = new Folder();
  const path = folder.file();
  using opened = open({ path });
  opened.history.append("lobby", newMessage("first"));
  opened.clock.advance(1_000);
  const before = sqliteLocks(path);
  assertEquals(before.length, 1);
  assertThrows(() => open({ path }), HistoryError, "another process has it open");
  assertEquals(sqliteLocks(path), before);
});

linuxTest("A program that reads the file does not release the lock of the server", async () => {
  using folder = new Folder();
  const path = folder.file();
  const opened = open({ path });
  opened.history.append("lobby", newMessage("first"));
  const script = `import { DatabaseSync } from "node:sqlite";
    new DatabaseSync(${JSON.stringify(path)}).exec("SELECT count(*) FROM rooms");`;
  const { code, stderr } = await run([Deno.execPath(), "eval", "--quiet", script]);
  assertEquals([code, stderr], [0, ""]);
  await using second = startProcess(path);
  assertEquals((await second.ended).code, 1);
  assertEquals(second.err, [
    `HistoryError: Cannot open history '${path}': another process has it open`,
  ]);
  opened[Symbol.dispose]();
  using again = open({ path });
  assertEquals(texts(again.history.page("lobby", { limit: 9 }).messages), ["first"]);
});
