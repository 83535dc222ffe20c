/**
 * Histories after the end of their process, by SIGKILL and with a file restored from a copy.
 */
import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { FLUSH_INTERVAL } from "../../lib/history/background_writer.ts";
import { projectPath } from "../support/paths.ts";
import { until } from "../support/patience.ts";
import { Program } from "../support/program.ts";
import { Folder, newMessage, open, texts } from "./fakes.ts";

/** Longer than any flush, sweep and retry takes, in ms. */
const LONG = 130_000;

/** A tolerance in ms, for the writing itself and for a process that is scheduled late. */
const MARGIN = 1_000;

/** Starts a process that appends a message every `pause` ms, and kills it after `count` messages. */
async function killAfter(path: string, pause: number, count: number): Promise<Appended> {
  const script = projectPath("tests/history/history_process.ts");
  const allow = [`--allow-read=${path}`, `--allow-write=${path}`];
  const command = [Deno.execPath(), "run", "--quiet", ...allow, script, path, `${pause}`];
  await using program = new Program(command);
  await until(() => program.out.length > count, "it has appended enough");
  await program.end("SIGKILL");
  const [first = "", ...lines] = program.out;
  const times = lines.filter((line) => /^\d+ \d+$/.test(line)).map((line) => line.split(" "));
  return {
    epoch: first.replace("open ", ""),
    appended: times.map(([offset, time]) => ({ offset: Number(offset), time: Number(time) })),
  };
}

interface Appended {
  readonly epoch: string;
  /** The offsets given out, and when, in ms by the clock of the process. */
  readonly appended: { readonly offset: number; readonly time: number }[];
}

Deno.test("SIGKILL loses only the last messages, and no client continues across the loss", async () => {
  using folder = new Folder();
  const path = folder.file();
  const { epoch, appended: all } = await killAfter(path, 1, 1_500);
  const last = all.at(-1)!;
  using opened = open({ path, limit: 100_000 });
  const { history } = opened;
  const latest = history.latest("lobby");
  const saved = all.findLast(({ time }) => time < last.time - FLUSH_INTERVAL - MARGIN);
  assert(
    saved === undefined || latest >= saved.offset,
    `${latest} are there, not ${saved?.offset}`,
  );
  assert(latest > 0);
  const { messages, complete } = history.page("lobby", { after: 0, limit: 1_000 });
  assert(complete);
  assertEquals(texts(messages), messages.map((_, index) => `message ${index + 1}`));
  assert(history.epoch !== epoch);
  // Either messages are lost, or the process was killed right after it had written all of them.
  const isTrusted = history.trusts("lobby", epoch, 1);
  assert(
    !isTrusted || latest >= last.offset,
    `${last.offset} were given out, and ${latest} are there`,
  );
  // Later messages get offsets that were given out before. Clients that know those must not be misled.
  const again = history.append("lobby", newMessage("again"));
  assertEquals(again, latest + 1);
  if (latest < last.offset) assertEquals(history.trusts("lobby", epoch, again), false);
});

Deno.test("SIGKILL while everything is written loses nothing, and all clients can continue", async () => {
  using folder = new Folder();
  const path = folder.file();
  // It appends one message, and the next one an hour later.
  const { epoch } = await killWhenSilent(path);
  using opened = open({ path });
  const { history } = opened;
  assertEquals(texts(history.page("lobby", { limit: 5 }).messages), ["message 1"]);
  assert(history.trusts("lobby", epoch, 1));
  assert(history.trusts("lobby", epoch, 0));
  assert(!history.trusts("lobby", epoch, 2));
});

async function killWhenSilent(path: string): Promise<Appended> {
  const script = projectPath("tests/history/history_process.ts");
  const allow = [`--allow-read=${path}`, `--allow-write=${path}`];
  const command = [Deno.execPath(), "run", "--quiet", ...allow, script, path, "3600000"];
  await using program = new Program(command);
  await program.prints(/^1 /);
  await until(() => countIn(path) === 1, "it is written");
  await program.end("SIGKILL");
  return { epoch: program.out[0]!.replace("open ", ""), appended: [] };
}

/**
 * The number of messages that a new process would find. The size of the log does not tell: it grows during a transaction,
 * which a kill would undo.
 */
function countIn(path: string): number {
  for (const end of ["", "-wal"]) Deno.copyFileSync(path + end, `${path}.copy${end}`);
  using database = new DatabaseSync(`${path}.copy`);
  return Number(database.prepare("SELECT count(*) AS count FROM messages").get()?.count);
}

Deno.test("A file restored from a copy gives no offset a second meaning", () => {
  using folder = new Folder();
  const clock = open().clock;
  const first = open({ path: folder.file() }, clock);
  for (let i = 1; i <= 10; i++) first.history.append("lobby", newMessage(`${i}`));
  clock.advance(LONG);
  for (const end of ["", "-wal"]) {
    Deno.copyFileSync(folder.file() + end, folder.file("copy") + end);
  }
  for (let i = 11; i <= 20; i++) first.history.append("lobby", newMessage(`${i}`));
  first.history.close();

  using second = open({ path: folder.file("copy") }, clock);
  const { epoch } = first.history;
  assert(second.history.trusts("lobby", epoch, 10));
  assert(!second.history.trusts("lobby", epoch, 15));
  for (let i = 11; i <= 20; i++) second.history.append("lobby", newMessage(`other ${i}`));
  for (let round = 0; round < 2; round++) {
    assert(second.history.trusts("lobby", epoch, 10));
    assert(!second.history.trusts("lobby", epoch, 11));
    assert(!second.history.trusts("lobby", epoch, 20));
    clock.advance(LONG);
  }
});

Deno.test("close() leaves a file that is complete by itself, and all clients can continue", () => {
  using folder = new Folder();
  const epochs: string[] = [];
  for (let run = 1; run <= 5; run++) {
    using opened = open({ path: folder.file() });
    const { history } = opened;
    assertEquals(history.latest("lobby"), 10 * (run - 1));
    epochs.forEach((epoch, index) => {
      assert(history.trusts("lobby", epoch, 10 * (index + 1)));
      assert(history.trusts("lobby", epoch, 0));
      assert(!history.trusts("lobby", epoch, 10 * (index + 1) + 1));
    });
    for (let i = 1; i <= 10; i++) history.append("lobby", newMessage(`${run}`));
    history.setTopic("lobby", `topic ${run}`);
    assertEquals(history.page("lobby", { limit: 1 }).messages[0]?.sender, 1);
    epochs.push(history.epoch);
    history.close();
    assertEquals(Array.from(Deno.readDirSync(folder.path), ({ name }) => name), ["chat.db"]);
  }
  using opened = open({ path: folder.file() });
  assertEquals(opened.history.topic("lobby"), "topic 5");
  assertEquals(opened.history.page("lobby", { limit: 1 }).messages[0]?.sender, 0);
  assertEquals(new Set(epochs).size, 5);
});

Deno.test("An epoch is forgotten after 100 restarts", () => {
  using folder = new Folder();
  const first = open({ path: folder.file() });
  first.history.append("lobby", newMessage("a"));
  first.history.close();
  for (let run = 1; run < 100; run++) open({ path: folder.file() })[Symbol.dispose]();
  const last = open({ path: folder.file() });
  assert(!last.history.trusts("lobby", first.history.epoch, 1));
  last.history.close();
});

Deno.test("A lower limit takes effect when the file is opened again", () => {
  using folder = new Folder();
  const before = open({ path: folder.file() });
  for (let i = 1; i <= 500; i++) before.history.append("lobby", newMessage(`${i}`));
  before.history.close();
  using after = open({ path: folder.file(), limit: 10 });
  assertEquals(after.history.oldest("lobby"), 491);
  after.clock.advance(LONG);
  assertEquals(texts(after.history.page("lobby", { limit: 50 }).messages).length, 10);
});
