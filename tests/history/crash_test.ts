/**
 * What is left after the end of a process, by SIGKILL and by a file that is put back.
 */
import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { FLUSH_INTERVAL } from "../../lib/history/background_writer.ts";
import { projectPath } from "../support/paths.ts";
import { until } from "../support/patience.ts";
import { Program } from "../support/program.ts";
import { Folder, open, said, texts } from "./fakes.ts";

/** Longer than any flush, sweep and retry takes, in ms. */
const LONG = 130_000;

/** For the writing itself, and for a process that did not get its turn in time: in ms. */
const MARGIN = 1_000;

/** Starts a process that says something every `pause` ms, and kills it when it has said `count` things. */
async function keepAndKill(path: string, pause: number, count: number): Promise<Kept> {
  const script = projectPath("tests/history/keeper.ts");
  const allow = [`--allow-read=${path}`, `--allow-write=${path}`];
  const command = [Deno.execPath(), "run", "--quiet", ...allow, script, path, `${pause}`];
  await using program = new Program(command);
  await until(() => program.out.length > count, "it has said enough");
  await program.end("SIGKILL");
  const [first = "", ...lines] = program.out;
  const times = lines.filter((line) => /^\d+ \d+$/.test(line)).map((line) => line.split(" "));
  return {
    epoch: first.replace("open ", ""),
    said: times.map(([offset, time]) => ({ offset: Number(offset), time: Number(time) })),
  };
}

interface Kept {
  readonly epoch: string;
  /** What was given out, and when by the clock of the process, in ms. */
  readonly said: { readonly offset: number; readonly time: number }[];
}

Deno.test("SIGKILL loses nothing but what was said last, and nobody goes on over what it lost", async () => {
  using folder = new Folder();
  const path = folder.file();
  const { epoch, said: all } = await keepAndKill(path, 1, 1_500);
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
  // It was in the middle of talking: either something is lost, or it was killed right after it had written all.
  const isTrusted = history.trusts("lobby", epoch, 1);
  assert(
    !isTrusted || latest >= last.offset,
    `${last.offset} were given out, and ${latest} are there`,
  );
  // What follows gets offsets that were given out before, and whoever has seen them is not deceived.
  const again = history.append("lobby", said("again"));
  assertEquals(again, latest + 1);
  if (latest < last.offset) assertEquals(history.trusts("lobby", epoch, again), false);
});

Deno.test("SIGKILL in a silent moment loses nothing, and everybody can go on", async () => {
  using folder = new Folder();
  const path = folder.file();
  // It says one thing, and the next one in an hour.
  const { epoch } = await keepAndKillWhenSilent(path);
  using opened = open({ path });
  const { history } = opened;
  assertEquals(texts(history.page("lobby", { limit: 5 }).messages), ["message 1"]);
  assert(history.trusts("lobby", epoch, 1));
  assert(history.trusts("lobby", epoch, 0));
  assert(!history.trusts("lobby", epoch, 2));
});

async function keepAndKillWhenSilent(path: string): Promise<Kept> {
  const script = projectPath("tests/history/keeper.ts");
  const allow = [`--allow-read=${path}`, `--allow-write=${path}`];
  const command = [Deno.execPath(), "run", "--quiet", ...allow, script, path, "3600000"];
  await using program = new Program(command);
  await program.prints(/^1 /);
  await until(() => countIn(path) === 1, "it is written");
  await program.end("SIGKILL");
  return { epoch: program.out[0]!.replace("open ", ""), said: [] };
}

/**
 * How many messages a process would find that is started now. Not by the size of the log: that grows while a transaction is
 * being written, which a kill at that moment undoes.
 */
function countIn(path: string): number {
  for (const end of ["", "-wal"]) Deno.copyFileSync(path + end, `${path}.copy${end}`);
  using database = new DatabaseSync(`${path}.copy`);
  return Number(database.prepare("SELECT count(*) AS count FROM messages").get()?.count);
}

Deno.test("A file that is put back from a copy gives no offset a second meaning", () => {
  using folder = new Folder();
  const clock = open().clock;
  const first = open({ path: folder.file() }, clock);
  for (let i = 1; i <= 10; i++) first.history.append("lobby", said(`${i}`));
  clock.advance(LONG);
  for (const end of ["", "-wal"]) {
    Deno.copyFileSync(folder.file() + end, folder.file("copy") + end);
  }
  for (let i = 11; i <= 20; i++) first.history.append("lobby", said(`${i}`));
  first.history.close();

  using second = open({ path: folder.file("copy") }, clock);
  const { epoch } = first.history;
  assert(second.history.trusts("lobby", epoch, 10));
  assert(!second.history.trusts("lobby", epoch, 15));
  for (let i = 11; i <= 20; i++) second.history.append("lobby", said(`other ${i}`));
  for (let round = 0; round < 2; round++) {
    assert(second.history.trusts("lobby", epoch, 10));
    assert(!second.history.trusts("lobby", epoch, 11));
    assert(!second.history.trusts("lobby", epoch, 20));
    clock.advance(LONG);
  }
});

Deno.test("close() leaves a file that is whole by itself, and everybody can go on", () => {
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
    for (let i = 1; i <= 10; i++) history.append("lobby", said(`${run}`));
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

Deno.test("So many restarts ago, an epoch is forgotten", () => {
  using folder = new Folder();
  const first = open({ path: folder.file() });
  first.history.append("lobby", said("a"));
  first.history.close();
  for (let run = 1; run < 100; run++) open({ path: folder.file() })[Symbol.dispose]();
  const last = open({ path: folder.file() });
  assert(!last.history.trusts("lobby", first.history.epoch, 1));
  last.history.close();
});

Deno.test("A lower limit counts from the next opening on", () => {
  using folder = new Folder();
  const before = open({ path: folder.file() });
  for (let i = 1; i <= 500; i++) before.history.append("lobby", said(`${i}`));
  before.history.close();
  using after = open({ path: folder.file(), limit: 10 });
  assertEquals(after.history.oldest("lobby"), 491);
  after.clock.advance(LONG);
  assertEquals(texts(after.history.page("lobby", { limit: 50 }).messages).length, 10);
});
