import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connectToEngine } from "../../lib/cluster/engine.ts";
import { EngineRefused, EngineUnavailable } from "../../lib/cluster/engine_error.ts";
import { parseEngineUrls } from "../../lib/cluster/engine_url.ts";
import { runScript, SCRIPTS } from "../../lib/cluster/scripts.ts";
import type { RespValue } from "../../lib/protocol/resp/resp.ts";
import { EngineRelay } from "../support/engine_relay.ts";
import { freePort } from "../support/free_port.ts";
import { times, until } from "../support/patience.ts";
import { Redis, redisTest } from "../support/redis.ts";
import { TestNode } from "./fake_replica.ts";

/** Sends one command to the engine, as an operator would. */
async function ask(redis: Redis, ...words: (string | number)[]): Promise<RespValue> {
  const options = { password: undefined, timeout: 5_000 };
  const { connection } = await connectToEngine(parseEngineUrls(redis.url), options);
  const answer = await connection.send(...words);
  connection.close();
  return answer;
}

/** Ends the connections of all nodes, as a network does. */
function cut(redis: Redis): Promise<RespValue> {
  return ask(redis, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
}

/** Ends the lease of a node, and has another one notice, as if the first had been stopped for long. */
async function expire(redis: Redis, one: TestNode, other: TestNode): Promise<void> {
  const options = { password: undefined, timeout: 5_000 };
  const { connection } = await connectToEngine(parseEngineUrls(redis.url), options);
  await Promise.all([
    connection.send("ZADD", "{bc:test}:nodes", 0, one.node.incarnation),
    runScript(connection, SCRIPTS.beat, "{bc:test}:", [other.node.incarnation, 10_000, 10_000]),
  ]);
  connection.close();
}

redisTest("Nodes apply the messages of all in one order, with one numbering", async () => {
  await using redis = await Redis.start();
  await using one = await TestNode.start(redis.url);
  await using two = await TestNode.start(redis.url);
  await Promise.all(
    Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? one : two).say(`text ${i}`)),
  );
  await until(() => two.replica.heard_.length >= 400 && one.replica.heard_.length >= 400, "all");
  assertEquals(one.replica.heard_, two.replica.heard_);
  assertEquals(
    one.replica.heard_.map((line) => line.split(" ")[1]),
    Array.from({ length: 400 }, (_, i) => String(i + 1)),
  );
});

redisTest("A node that starts later has what the log says, by its snapshot", async () => {
  await using redis = await Redis.start();
  await using one = await TestNode.start(redis.url);
  await one.put(1, "alice");
  await one.put(2, "bob");
  await one.propose({ type: "gone", id: 2, isKept: false });
  await one.propose({ type: "free", id: 2, owner: "2", former: ["bob"] });
  await one.propose({ type: "topic", room: "dev", topic: "t", payload: "t" });
  await times(3, () => one.say("hi"));
  await using two = await TestNode.start(redis.url);
  await two.put(3, "bob");
  await until(() => one.replica.everybody.length === 2, "it sees Bob");
  assertEquals(one.replica.everybody, two.replica.everybody);
  assertEquals(one.replica.topics, two.replica.topics);
  assertEquals(one.replica.offsets, two.replica.offsets);
});

redisTest("Of two nodes that claim a name at once, one gets it", async () => {
  await using redis = await Redis.start();
  await using one = await TestNode.start(redis.url);
  await using two = await TestNode.start(redis.url);
  const results = await Promise.all([one.put(1, "alice"), two.put(2, "alice")]);
  assertEquals(results.map(({ type }) => type).sort(), ["put", "taken"]);
});

redisTest(
  "A request with an idempotency key is carried out once, whichever node it comes to",
  async () => {
    await using redis = await Redis.start();
    await using one = await TestNode.start(redis.url);
    await using two = await TestNode.start(redis.url);
    assertEquals((await one.say("hi", "key")).type, "said");
    assertEquals(await two.say("hi", "key"), { type: "repeated", to: "lobby", receipt: "1" });
    const other = {
      type: "say",
      room: "lobby",
      to: "",
      key: "key",
      print: "2",
      payload: "x",
    } as const;
    assertEquals(await two.propose(other), { type: "reused" });
    assertEquals(one.replica.heard_, ["lobby 1 hi"]);
  },
);

redisTest(
  "A private message is delivered behind everything that its author said before, and is not stored",
  async () => {
    await using redis = await Redis.start();
    await using one = await TestNode.start(redis.url);
    // It applies the log late, when the private message is there.
    let late = 0;
    const schedule = (source: { handleInput(): void }) => {
      late++;
      setTimeout(() => {
        late--;
        source.handleInput();
      }, 50);
    };
    await using two = await TestNode.start(redis.url, { schedule });
    const order: string[] = [];
    two.replica.whispered = (payload) => order.push(payload, ...two.replica.heard_.slice(-1));
    const whisper = {
      type: "whisper",
      target: two.node.incarnation,
      to: "bob",
      key: "",
      print: "1",
      receipt: "[]",
      payload: "secret",
    } as const;
    void one.say("before");
    assertEquals(await one.propose(whisper), { type: "whispered" });
    await until(() => order.length > 0, "it is delivered");
    assertEquals(order, ["secret", "lobby 1 before"]);
    assertEquals(await one.propose({ ...whisper, target: "999" }), { type: "unreachable" });
    const log = JSON.stringify(await ask(redis, "XRANGE", "{bc:test}:log", "-", "+"));
    assertStringIncludes(log, "before");
    assert(!log.includes("secret"), log);
    await until(() => late === 0, "its timers are over");
  },
);

redisTest("A node whose connections are cut goes on, and repeats no batch", async () => {
  await using redis = await Redis.start();
  await using one = await TestNode.start(redis.url);
  await using two = await TestNode.start(redis.url);
  const incarnation = one.node.incarnation;
  const results: Promise<unknown>[] = [];
  await times(20, async (i) => {
    results.push(one.say(`one ${i}`), two.say(`two ${i}`));
    if (i % 4 === 3) await cut(redis);
  });
  await Promise.all(results);
  await until(() => two.replica.heard_.length >= 40 && one.replica.heard_.length >= 40, "all");
  assertEquals(one.replica.heard_, two.replica.heard_);
  assertEquals(new Set(one.replica.heard_.map((line) => line.slice(-6))).size, 40);
  assertEquals([one.node.incarnation, one.replica.loads], [incarnation, 1]);
});

redisTest(
  "A node that was taken for dead begins anew, and says what had not been said",
  async () => {
    await using redis = await Redis.start();
    await using one = await TestNode.start(redis.url);
    await using two = await TestNode.start(redis.url);
    await one.put(1, "alice");
    await two.hears("put 1");
    one.replica.onReclaim = () => void one.put(1, "alice");
    const former = one.node.incarnation;
    await expire(redis, one, two);
    await two.hears(`down ${former}`);
    assertEquals((await one.say("hi")).type, "said");
    await two.hears("lobby 1 hi");
    await until(() => two.replica.everybody.length === 1, "Alice is there again");
    assert(one.node.incarnation !== former);
    assertEquals(one.replica.heard_.filter((line) => line === "lobby 1 hi").length, 1);
  },
);

redisTest(
  "While the engine is away, proposals wait, and are refused after the timeout",
  async () => {
    await using redis = await Redis.start({ appendOnly: true });
    await using one = await TestNode.start(redis.url, { timeout: 1_000 });
    await one.say("before");
    await redis.stop();
    await until(() => one.node.problem !== undefined, "the node notices");
    assertEquals(await one.say("lost"), { type: "unavailable", isUndecided: false });
    const patient = Promise.withResolvers<string>();
    const note = { type: "note", payload: "patient" } as const;
    one.node.propose(note, ({ type }) => patient.resolve(type), true);
    await redis.start();
    assertEquals(await patient.promise, "note");
    assertEquals((await one.say("after")).type, "said");
    assertEquals(one.replica.heard_, ["lobby 1 before", "patient", "lobby 2 after"]);
  },
);

redisTest(
  "After the engine was restarted without its data, nodes begin anew under a new epoch",
  async () => {
    await using redis = await Redis.start();
    await using one = await TestNode.start(redis.url);
    one.replica.onReclaim = () => void one.put(1, "alice");
    await one.put(1, "alice");
    await times(3, () => one.say("hi"));
    const { epoch } = one.node;
    await redis.stop();
    await redis.start();
    await until(() => one.replica.losses > 0, "it knows that something is lost");
    assertEquals(await one.say("new"), { type: "said", room: "lobby", offset: 1, payload: "new" });
    assert(one.node.epoch !== epoch);
    assertEquals(one.replica.everybody, [`["alice"]`]);
  },
);

redisTest(
  "After the engine was restarted with its data, nodes go on under a new epoch",
  async () => {
    await using redis = await Redis.start({ appendOnly: true });
    await using one = await TestNode.start(redis.url);
    await times(3, () => one.say("hi"));
    const { epoch, incarnation } = one.node;
    await redis.stop();
    await redis.start();
    await until(() => one.node.epoch !== epoch, "the epoch changes");
    assertEquals(await one.say("new"), { type: "said", room: "lobby", offset: 4, payload: "new" });
    assertEquals([one.node.incarnation, one.replica.losses], [incarnation, 0]);
  },
);

redisTest("A node that missed a part of the log fetches what its members missed", async () => {
  await using redis = await Redis.start();
  await using relay = new EngineRelay(redis.port);
  await using one = await TestNode.start(`redis://127.0.0.1:${relay.port}`);
  await using two = await TestNode.start(redis.url);
  one.replica.rooms.add("lobby").add("dev");
  await two.say("first");
  await two.say("first", "", "dev");
  await one.hears("dev 1 first");
  relay.block();
  await times(3, (i) => two.say(`text ${i}`));
  await Promise.all(Array.from({ length: 2_000 }, (_, i) => two.say(`text ${i}`, "", "dev")));
  await ask(redis, "XTRIM", "{bc:test}:log", "MAXLEN", 1);
  relay.unblock();
  await until(() => one.replica.loads === 2, "it gets a snapshot");
  await two.say("last");
  await one.hears("lobby 5 last");
  const inLobby = (line: string) => line.startsWith("lobby");
  assertEquals(one.replica.heard_.filter(inLobby), two.replica.heard_.filter(inLobby));
  // These are too many: clients are told what they missed.
  assertEquals(one.replica.heard_.filter((line) => line.startsWith("dev")), [
    "dev 1 first",
    "dev dropped to 2001",
  ]);
});

redisTest("A node notices when the network swallows everything, and repeats no batch", async () => {
  await using redis = await Redis.start();
  await using relay = new EngineRelay(redis.port);
  await using one = await TestNode.start(`redis://127.0.0.1:${relay.port}`);
  await one.say("before");
  relay.isSilent = true;
  const said = one.say("into the void");
  await until(() => one.node.problem !== undefined, "it notices");
  relay.cut();
  relay.isSilent = false;
  assertEquals((await said).type, "said");
  await one.say("after");
  assertEquals(one.replica.heard_, ["lobby 1 before", "lobby 2 into the void", "lobby 3 after"]);
});

redisTest("A batch whose answer was lost is not carried out again", async () => {
  await using redis = await Redis.start();
  await using relay = new EngineRelay(redis.port);
  await using one = await TestNode.start(`redis://127.0.0.1:${relay.port}`);
  await using two = await TestNode.start(redis.url);
  await one.say("before"); // the engine knows the script from now on
  await times(10, async (i) => {
    const offset = i + 2;
    await until(() => one.node.pending === 0, "the engine has answered");
    relay.answersLost = true;
    const said = one.say("text");
    await two.hears(`lobby ${offset} text`); // it was carried out
    relay.cut();
    relay.answersLost = false;
    assertEquals(await said, { type: "said", room: "lobby", offset, payload: "text" });
  });
  assertEquals(two.replica.heard_.length, 11);
  assertEquals(one.replica.heard_, two.replica.heard_);
});

redisTest(
  "An engine that refuses to write is reported, and its node goes on when it can",
  async () => {
    await using redis = await Redis.start();
    await using one = await TestNode.start(redis.url, { timeout: 1_000 });
    await one.say("before");
    await ask(redis, "CONFIG", "SET", "maxmemory", 1);
    assertEquals((await one.say("refused")).type, "unavailable");
    assertEquals(one.node.problem, "engine refuses writes");
    assert(
      one.log.some((line) => line.startsWith("cluster_refused OOM")),
      String(one.log),
    );
    await ask(redis, "CONFIG", "SET", "maxmemory", 0);
    assertEquals((await one.say("after")).type, "said");
    assertEquals(one.node.problem, undefined);
  },
);

redisTest("A node that closes is gone at once, and its counters are kept", async () => {
  await using redis = await Redis.start();
  await using two = await TestNode.start(redis.url);
  {
    await using one = await TestNode.start(redis.url);
    one.replica.own = [7, 1];
    await one.put(1, "alice");
    await two.hears("put 1");
    await until(() => two.replica.nodeCounters.has(one.node.incarnation), "it knows the counters");
  }
  await until(() => two.replica.everybody.length === 0, "Alice is gone");
  assertEquals(await ask(redis, "HGET", "{bc:test}:meta", "gone"), "7 1");
  assertEquals((await two.put(2, "alice")).type, "put");
});

redisTest("A node refuses other settings than those of the others", async () => {
  await using redis = await Redis.start();
  await using _one = await TestNode.start(redis.url);
  const error = await assertRejects(
    () => TestNode.start(redis.url, { settings: { "history-limit": 5 } }),
    EngineRefused,
  );
  assertEquals(
    error.message,
    "Cannot join the other nodes: --history-limit is 5 here and 1000 there",
  );
});

redisTest(
  "A node refuses a wrong password, and an engine that is not there, in one line",
  async () => {
    await using redis = await Redis.start({ flags: ["--requirepass", "right"] });
    const wrong = await assertRejects(
      () => TestNode.start(redis.url, { password: "wrong" }),
      EngineRefused,
    );
    assertStringIncludes(wrong.message, "WRONGPASS");
    assert(!wrong.message.includes("wrong password is"));
    await assertRejects(() => TestNode.start(redis.url), EngineRefused, "NOAUTH");
    await using _right = await TestNode.start(redis.url, { password: "right" });
    const port = freePort();
    const gone = await assertRejects(
      () => TestNode.start(`redis://127.0.0.1:${port}`, { timeout: 100 }),
      EngineUnavailable,
    );
    assertEquals(gone.message, `Cannot connect to 127.0.0.1:${port}: connection refused`);
  },
);

redisTest("Of several addresses, a node uses the one that is the master", async () => {
  await using master = await Redis.start();
  await using replica = await Redis.start({
    flags: ["--replicaof", `127.0.0.1 ${master.port}`],
  });
  const urls = [`redis://127.0.0.1:${freePort()}`, replica.url, master.url].join(",");
  await using one = await TestNode.start(urls);
  assertEquals((await one.say("hi")).type, "said");
});

redisTest("When the master fails over, nodes follow it under a new epoch", async () => {
  await using master = await Redis.start({ flags: ["--repl-diskless-sync-delay", "0"] });
  await using replica = await Redis.start({
    flags: ["--replicaof", `127.0.0.1 ${master.port}`],
  });
  await using one = await TestNode.start(`${master.url},${replica.url}`);
  await one.say("hi");
  const { epoch } = one.node;
  await until(
    async () => String(await info(replica)).includes("master_sync_in_progress:0"),
    "it is in sync",
  );
  await ask(master, "WAIT", 1, 5_000);
  await master.stop();
  await askAny(replica, "REPLICAOF", "NO", "ONE");
  assertEquals((await one.say("there")).type, "said");
  assert(one.node.epoch !== epoch);
});

/** Asks an engine that may be a replica. */
async function askAny(redis: Redis, ...words: string[]): Promise<RespValue> {
  const { EngineConnection } = await import("../../lib/cluster/engine_connection.ts");
  const [address] = parseEngineUrls(redis.url);
  const connection = await EngineConnection.open(address!, { password: undefined, timeout: 5_000 });
  const answer = await connection.send(...words);
  connection.close();
  return answer;
}

function info(redis: Redis): Promise<RespValue> {
  return askAny(redis, "INFO", "replication");
}
