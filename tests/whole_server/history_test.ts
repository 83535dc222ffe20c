/**
 * History over real sockets and in real files: what is there after a stop and after a kill, and what the server does when
 * the file fails.
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { TCP } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { JsonClient } from "../support/json_client.ts";
import { eachInTurn, times, until } from "../support/patience.ts";
import { denoRun, MAIN, Program, run } from "../support/program.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** The program with a history, and with no more permissions than README names. */
function command(path: string, permissions = [`--allow-read=${path}`, `--allow-write=${path}`]) {
  const [deno = "", ...args] = denoRun(MAIN, "--port=0", "--rate=0", "--history", path);
  const at = args.indexOf("--allow-net");
  return [deno, ...args.slice(0, at), "--no-prompt", ...permissions, ...args.slice(at)];
}

async function start(path: string): Promise<Program> {
  const program = new Program(command(path));
  await program.listens();
  return program;
}

/** How many messages are in a file, as a process would find it that is started now. */
function countIn(folder: TempFolder, path: string): number {
  const copy = folder.path("copy.db");
  for (const part of ["", "-wal"]) Deno.copyFileSync(path + part, copy + part);
  const database = new DatabaseSync(copy);
  try {
    return Number(database.prepare("SELECT count(*) AS count FROM messages").get()?.count);
  } finally {
    database.close();
  }
}

async function health(port: number): Promise<string> {
  using socket = await RawSocket.connect(port);
  await socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  return (await socket.restText()).split("\r\n\r\n")[1]!;
}

Deno.test("After a stop everything is there, and who comes back gets exactly what it missed", async () => {
  await using folder = new TempFolder();
  const path = folder.path("chat.db");
  let since: { epoch: string; offset: number };
  {
    await using first = await start(path);
    using alice = await JsonClient.connect(first.port);
    const { epoch } = await alice.enter("lobby");
    since = { epoch, offset: await alice.says("one") };
    await alice.says("two", "an id that is unique by far");
    await alice.ask({ type: "command", text: "/topic Tea" });
    await first.end("SIGTERM");
  }
  await using second = await start(path);
  using alice = await JsonClient.connect(second.port);
  const { missed, epoch, room } = await alice.enter("lobby", since);
  assertEquals([missed?.recovered, missed?.messages.map(({ id, text }) => [id, text])], [
    true,
    [[2, "two"]],
  ]);
  assert(epoch !== since.epoch);
  assertEquals([room.offset, room.topic], [2, "Tea"]);
  assertEquals(missed?.messages[0]?.from.id, 0);
  assertEquals(await alice.says("two", "an id that is unique by far"), 2, "a retry over a restart");
  using carol = await TCP.connect(second.port);
  await carol.say("/history 1");
  assertMatch(await carol.line(), /^#2 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[127\.0\.0\.1:\d+\]: two$/);
});

Deno.test("A kill loses nothing that is written, and nobody is told they have everything who may not", async () => {
  await using folder = new TempFolder();
  const path = folder.path("chat.db");
  // Killed once with everything written, and then in the middle of it: what was said last may be lost.
  for (const isIdle of [true, false, false]) {
    await killed(folder, path, isIdle);
  }
});

async function killed(folder: TempFolder, path: string, isIdle: boolean): Promise<void> {
  let since: { epoch: string; offset: number };
  let last = 0;
  {
    await using first = await start(path);
    using alice = await JsonClient.connect(first.port);
    const { epoch, room } = await alice.enter("lobby");
    await times(300, async (i) => last = await alice.says(`text ${i}`));
    assertEquals(last, room.offset + 300);
    since = { epoch, offset: last - 1 };
    if (isIdle) await until(() => countIn(folder, path) === last, "everything is written");
    await first.end("SIGKILL");
  }
  await using second = await start(path);
  using alice = await JsonClient.connect(second.port);
  const { missed, room } = await alice.enter("lobby", since);
  if (isIdle) assertEquals([missed?.recovered, room.offset], [true, last]);
  assert(room.offset <= last);
  if (missed?.recovered) assertEquals(missed.messages.map(({ id }) => id), [last]);
  else assert(missed!.messages.every(({ id }) => id <= room.offset));
  const next = await alice.says("goes on");
  assertEquals(next, room.offset + 1);
  // Whoever claims to have what was lost is not believed, though the number is given again.
  const { missed: again } = await alice.enter("lobby", { ...since, offset: next });
  assertEquals(again?.recovered, false);
}

Deno.test("A history that cannot be opened is a clear error and exit code 1", async () => {
  await using folder = new TempFolder();
  const garbage = folder.path("garbage.db");
  await Deno.writeTextFile(garbage, "no database, but long enough to be taken for one".repeat(100));
  const newer = folder.path("newer.db");
  await using holder = await start(newer);
  const fails: Array<[string, RegExp]> = [
    [newer, /^Cannot open history '.*newer\.db': another process has it open\n$/],
    [garbage, /^Cannot open history '.*garbage\.db': it is not a database\n$/],
    [folder.path("no/folder.db"), /^Cannot open history '.*folder\.db': it cannot be opened/],
  ];
  const assertFails = async ([path, message]: [string, RegExp]) => {
    const { code, stdout, stderr } = await run(command(path));
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, message);
  };
  await eachInTurn(fails, assertFails);
  await holder.end("SIGTERM");
  const database = new DatabaseSync(newer);
  database.exec("PRAGMA user_version = 1000");
  database.close();
  await assertFails([newer, /^Cannot open history '.*newer\.db': it is of version 1000, and/]);
  const { code, stderr } = await run(command(newer, []));
  assertEquals(code, 1);
  assertMatch(stderr, /: it needs --allow-read and --allow-write for this path\n$/);
});

Deno.test("The chat goes on without its file, and the log and /healthz say so", async () => {
  await using folder = new TempFolder();
  const path = folder.path("chat.db");
  const clock = new FakeClock();
  await using server = new TestServer({ history: path, clock });
  using alice = await JsonClient.connect(server.port);
  await alice.enter("lobby");
  await alice.says("one");
  clock.advance(1_000);
  assertEquals(await health(server.port), "ok\n");
  await Deno.remove(path);
  clock.advance(60_000);
  await server.logs(/^Cannot keep history '.*chat\.db': the file was deleted or replaced$/);
  assertMatch(await health(server.port), /^ok, but Cannot keep history '.*chat\.db': .*\n$/);
  assertEquals(await alice.says("two"), 2);
  const page = await alice.ask({ type: "history" });
  assert(page.type === "reply" && page.command === "history");
  assertEquals(page.data.messages.map(({ text }) => text), ["one", "two"]);
  const errors = server.log.filter(({ level }) => level === "error");
  assertEquals(errors.map(({ topic }) => topic), ["history"], "told once");
  server.log.length = 0;
});

Deno.test("--no-history keeps nothing and says so", async () => {
  await using server = new TestServer({ noHistory: true });
  using alice = await JsonClient.connect(server.port);
  const hello = await alice.event();
  assertEquals(hello.type === "hello" && hello.limits.history, 0);
  await alice.says("one");
  const page = await alice.ask({ type: "history" });
  assertEquals(page.type === "error" && page.code, "no_history");
});

/** A file that was written while addresses were shown gave them to everybody after `--hide-addresses`. */
Deno.test("Addresses that were kept are hidden too once addresses are", async () => {
  await using folder = new TempFolder();
  const path = folder.path("chat.db");
  {
    await using server = new TestServer({ history: path, hideAddresses: false });
    using client = await server.connect(TCP);
    await client.say("tea", "/name Alice", "more tea");
    assertEquals(await client.line(), "Username set to 'Alice'");
  }
  await using server = new TestServer({ history: path, hideAddresses: true });
  using client = await JsonClient.connect(server.port);
  const told: unknown[] = [await client.enter("lobby", { epoch: "an old one", offset: 0 })];
  const asked = [
    { type: "history" },
    { type: "command", text: "/search tea" },
  ] as const;
  await eachInTurn(asked, async (request) => {
    const answer = await client.ask(request);
    assertEquals(answer.type, "reply");
    told.push(answer);
  });
  const text = JSON.stringify(told);
  assertEquals(text.match(/"address":"guest-0"/g)?.length, 6);
  assert(!text.includes("127.0.0.1"), text);
});
