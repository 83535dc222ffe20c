/**
 * The program as one of several servers: what it says if it cannot take part, and what clients see when servers are killed,
 * paused and restarted.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Client, connect } from "../../lib/client/mod.ts";
import { EngineRelay } from "../support/engine_relay.ts";
import { freePort } from "../support/free_port.ts";
import { JsonListener } from "../support/json_listener.ts";
import { eachInTurn, until } from "../support/patience.ts";
import { denoRun, MAIN, Program, run } from "../support/program.ts";
import { Redis, redisTest } from "../support/redis.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** Runs the program, which cannot start, and returns its one line. */
async function fails(code: number, ...flags: string[]): Promise<string> {
  const output = await run(denoRun(MAIN, "--port", "0", ...flags));
  assertEquals([output.code, output.stdout], [code, ""], output.stderr);
  const [line = "", ...others] = output.stderr.trimEnd().split("\n");
  assertEquals(others, [], "It is one line");
  return line;
}

redisTest(
  "main.ts exits with 1 and one line if it cannot take part in the chat of others",
  async () => {
    await using folder = new TempFolder();
    await using redis = await Redis.start({ flags: ["--requirepass", "right"] });
    await Deno.writeTextFile(folder.path("right"), "right\n", { mode: 0o600 });
    await Deno.writeTextFile(folder.path("wrong"), "wrong\n", { mode: 0o600 });
    const read = `--allow-read=${folder.path("")}`;
    const withFile = async (name: string, ...flags: string[]) => {
      const file = ["--cluster-password-file", folder.path(name)];
      const [deno, ...args] = denoRun(
        MAIN,
        "--port",
        "0",
        "--cluster",
        redis.url,
        ...file,
        ...flags,
      );
      const command = [deno!, "run", read, ...args.slice(1)];
      const { code, stderr } = await run(command);
      assertEquals(code, 1, stderr);
      return stderr.trimEnd();
    };
    const port = freePort();
    assertEquals(
      await fails(1, "--cluster", `redis://127.0.0.1:${port}`, "--cluster-timeout", "0.1"),
      `Cannot connect to 127.0.0.1:${port}: connection refused`,
    );
    assertMatch(await fails(1, "--cluster", redis.url), /^Cannot log in at .*NOAUTH/);
    const wrong = await withFile("wrong");
    assertMatch(wrong, /^Cannot log in at 127\.0\.0\.1:\d+: WRONGPASS [^\n]*$/);
    await using other = new Program([
      ...denoRun(MAIN).slice(0, 2),
      read,
      ...denoRun(MAIN).slice(2),
      ...["--port", "0", "--cluster", redis.url, "--cluster-password-file", folder.path("right")],
    ]);
    await other.listens();
    assertEquals(
      await withFile("right", "--history-limit", "5"),
      "Cannot join the other nodes: --history-limit is 5 here and 1000 there",
    );
  },
);

Deno.test("main.ts exits with 2 and one line for a --cluster that it cannot use", async () => {
  const cases = [
    [["--cluster", "http://127.0.0.1"], /use redis:\/\/host:6379/],
    [["--cluster", "127.0.0.1:6379"], /use redis:\/\/host:6379/],
    [["--cluster", "redis://:hunter2@127.0.0.1"], /use --cluster-password-file$/],
    [["--cluster", "redis://127.0.0.1/x"], /database number/],
    [["--cluster", "redis://127.0.0.1", "--cluster-name", "{a}"], /Cannot name the cluster/],
    [["--cluster", "redis://127.0.0.1", "--history", "chat.db"], /the Redis of --cluster keeps it/],
    [["--cluster", "redis://127.0.0.1", "--echo"], /Cannot echo/],
  ] as const;
  await eachInTurn(cases, async ([flags, message]) => {
    const line = await fails(2, ...flags);
    assertMatch(line, message);
    assert(!line.includes("hunter2"), line);
  });
});

redisTest("A Redis user with the rights in docs/cluster.md is enough", async () => {
  await using folder = new TempFolder();
  await using redis = await Redis.start();
  const page = await Deno.readTextFile(new URL("../../docs/cluster.md", import.meta.url));
  const rule = /^ACL SETUSER backchannel (.*)$/m.exec(page)![1]!.split(" ");
  const { EngineConnection } = await import("../../lib/cluster/engine_connection.ts");
  const { parseEngineUrls } = await import("../../lib/cluster/engine_url.ts");
  const [address] = parseEngineUrls(redis.url);
  const connection = await EngineConnection.open(address!, { password: undefined, timeout: 5_000 });
  assertEquals(await connection.send("ACL", "SETUSER", "backchannel", ...rule), "OK");
  assertEquals(await connection.send("ACL", "SETUSER", "default", "off"), "OK");
  connection.close();
  await Deno.writeTextFile(folder.path("password"), "password\n", { mode: 0o600 });
  const url = redis.url.replace("//", "//backchannel@");
  const { TestServer } = await import("../support/server.ts");
  const options = { cluster: url, clusterPasswordFile: folder.path("password") };
  await using one = new TestServer(options);
  await using two = new TestServer(options);
  await Promise.all([one.server.ready, two.server.ready]);
  await using alice = await JsonListener.connect(one.port);
  await using bob = await JsonListener.connect(two.port);
  alice.send(
    "/name Alice",
    "/join dev",
    "/topic tea",
    "hello",
    "/away lunch",
    "/leave",
    "/history",
  );
  await alice.settle();
  bob.send("/name Bob", "/whisper Alice psst", "/join dev", "/history");
  await bob.settle();
  assertEquals([...alice.events, ...bob.events].filter(({ type }) => type === "error"), []);
  assert(alice.events.some(({ type }) => type === "whisper"));
});

/** A client that connects to one of several ports, and to the next one after a disconnect. */
function roaming(ports: readonly number[], first = 0): Client {
  let next = first;
  return connect("ws://127.0.0.1:1/", {
    random: () => 0,
    createSocket: (_url, protocol) =>
      new WebSocket(`ws://127.0.0.1:${ports[next++ % ports.length]}/`, protocol) as never,
  });
}

async function startNode(port: number, url: string, ...flags: string[]): Promise<Program> {
  const limits = ["--rate", "0", "--presence-delay", "0"];
  const program = new Program(
    denoRun(MAIN, "--port", String(port), "--cluster", url, ...limits, ...flags),
  );
  await program.listens();
  return program;
}

redisTest(
  "When a server is killed, its clients leave and their names are free within 12.5 seconds",
  async () => {
    await using redis = await Redis.start();
    const ports = [freePort(), freePort()];
    await using one = await startNode(ports[0]!, redis.url);
    await using _two = await startNode(ports[1]!, redis.url);
    await using alice = await JsonListener.connect(ports[0]!);
    alice.send("/name Alice");
    await alice.settle();
    await using bob = await JsonListener.connect(ports[1]!);
    const hasLeft = () =>
      bob.events.some(({ type, event }) => type === "presence" && event === "leave");
    bob.send("/name Alice");
    await until(() => bob.events.some(({ code }) => code === "name_taken"), "the name is taken");
    const start = performance.now();
    await one.end("SIGKILL");
    await until(hasLeft, "she leaves");
    assert(performance.now() - start < 15_000);
    bob.send("/name Alice");
    await until(() => bob.events.some(({ command }) => command === "name"), "the name is free");
  },
);

redisTest(
  "A server that was paused for longer than its lease takes part again with its clients",
  async () => {
    await using redis = await Redis.start();
    const ports = [freePort(), freePort()];
    await using one = await startNode(ports[0]!, redis.url);
    await using _two = await startNode(ports[1]!, redis.url);
    await using alice = await JsonListener.connect(ports[0]!);
    await using carol = await JsonListener.connect(ports[0]!);
    alice.send("/name Alice");
    carol.send("/name Carol");
    await alice.settle();
    await carol.settle();
    await using bob = await JsonListener.connect(ports[1]!);
    one.kill("SIGSTOP");
    const leaves = () =>
      bob.events.filter(({ type, event }) => type === "presence" && event === "leave");
    await until(() => leaves().length === 2, "they are taken for dead");
    bob.send("/name Carol", "while you were away");
    await bob.settle();
    one.kill("SIGCONT");
    await until(
      () => alice.events.some(({ text }) => text === "while you were away"),
      "Alice gets what was said meanwhile",
    );
    await until(() => carol.events.some(({ type }) => type === "renamed"), "Carol lost her name");
    alice.send("I am back");
    await until(() => bob.events.some(({ text }) => text === "I am back"), "Bob reads");
    const from = bob.events.find(({ text }) => text === "I am back")!.from as { name: string };
    assertEquals(from.name, "Alice");
  },
);

redisTest("A rolling restart under load loses nothing and says nothing twice", async () => {
  await using redis = await Redis.start();
  const ports = [freePort(), freePort(), freePort()];
  await using proxies = new AsyncDisposableStack();
  const entrances = ports.map((port) => proxies.use(new EngineRelay(port)).port);
  const nodes = await Promise.all(ports.map((port) => startNode(port, redis.url, "--drain", "1")));
  for (const node of nodes) proxies.use(node);
  const reader = proxies.use(roaming(entrances));
  const heard: string[] = [];
  let gaps = 0;
  reader.on("message", ({ text }) => heard.push(text));
  reader.on("gap", () => gaps++);
  await reader.ready();
  const writers = [1, 2, 3].map((i) => proxies.use(roaming(entrances, i)));
  await Promise.all(writers.map((writer) => writer.ready()));
  let isOver = false;
  const acknowledged: string[] = [];
  const writing = writers.map(async (writer, w) => {
    for (let i = 0; !isOver; i++) {
      const text = `${w}-${i}`;
      await writer.send("lobby", text);
      acknowledged.push(text);
    }
  });
  await eachInTurn(ports, async (port, i) => {
    await nodes[i]!.end("SIGTERM");
    nodes[i] = proxies.use(await startNode(port, redis.url, "--drain", "1"));
  });
  isOver = true;
  await Promise.all(writing);
  await until(() => acknowledged.every((text) => heard.includes(text)), "everything is read");
  assertEquals(heard.length, new Set(heard).size, "Nothing is read twice");
  assertEquals(gaps, 0);
  assert(acknowledged.length > 100, `only ${acknowledged.length}`);
});
