/**
 * The scripts, run by a real engine, do what the model in TypeScript does.
 */
import { assert, assertEquals } from "@std/assert";
import { type Operation, ownerOfGuest, ownerOfUser } from "../../lib/chat/shared_log.ts";
import { connectToEngine } from "../../lib/cluster/engine.ts";
import type { EngineConnection } from "../../lib/cluster/engine_connection.ts";
import { parseEngineUrls } from "../../lib/cluster/engine_url.ts";
import { pushWords } from "../../lib/cluster/operations.ts";
import { keyPrefix, runScript, SCRIPTS } from "../../lib/cluster/scripts.ts";
import { RespError, type RespValue } from "../../lib/protocol/resp/resp.ts";
import { eachSeed, type Random } from "../random.ts";
import { Redis, redisTest } from "../support/redis.ts";
import { EngineModel } from "./engine_model.ts";

/** Longer than any test, in ms: leases end only when a test ends them. */
const LEASE = 1_000_000;
const LIMIT = 1_000;
const AGE = 1_000_000;
const VERSION = "1";

const NAMES = ["alice", "bob", "a1ice", "b0b", "carol"];
/** Names that look alike share one. */
const skeletonOf = (name: string) => `~${name.replace("1", "l").replace("0", "o")}`;
const ROOMS = ["lobby", "dev", "with blank"];

/** One node as the engine sees it: it repeats a batch whose answer was lost. */
interface Node {
  inc: string;
  slot: string;
  seq: number;
  lastN: string;
  lastBy: string;
  epoch: string;
  ids: number[];
}

function randomOperation(random: Random, node: Node): Operation {
  const id = random.pick([Number(node.inc) * 100 + random.below(4)]);
  const room = random.pick(ROOMS);
  const key = random.oneIn(2) ? "" : `key-${random.below(6)}`;
  const print = String(random.below(2));
  const name = random.pick(NAMES);
  const words = (it: string) => [it, skeletonOf(it)];
  // A user has the same owner at all nodes, a guest is one by itself.
  const owner = random.oneIn(4) ? ownerOfUser("a b") : ownerOfGuest(id);
  switch (random.below(11)) {
    case 0:
    case 1:
    case 2:
      return {
        type: "say",
        room,
        to: random.oneIn(2) ? room : "",
        key,
        print,
        payload: `text ${random.below(100)} é`,
      };
    case 3:
    case 4:
      return {
        type: "put",
        id,
        record: `["${name}",\x01]`,
        owner,
        claim: random.oneIn(3) ? [] : words(name),
        former: random.oneIn(2) ? [] : words(random.pick(NAMES)),
        from: random.pick(["", "", "*", `g:${id + 1}`]),
        label: random.oneIn(2) ? undefined : [room, random.pick(["Dev", "DEV", "dev"])],
      };
    case 5:
      if (random.oneIn(3)) return { type: "free", id, owner, former: words(name) };
      return { type: "gone", id, isKept: random.oneIn(2) };
    case 6:
      return random.oneIn(2)
        ? { type: "topic", room, topic: random.oneIn(2) ? "" : "a topic", payload: "{}" }
        : { type: "lock", on: random.oneIn(2) };
    case 7:
      return {
        type: "ban",
        list: random.pick(["bans", "mutes"]),
        target: name,
        value: random.oneIn(2) ? "" : "{}",
      };
    case 8:
      return {
        type: "whisper",
        target: "99",
        to: name,
        key,
        print,
        receipt: "[]",
        payload: "secret",
      };
    case 9:
      return { type: "user", key: "a b", value: random.oneIn(3) ? "" : `{"name":"${name}"}` };
    default:
      return random.oneIn(2)
        ? { type: "counters", counters: [random.below(9), random.below(9)] }
        : { type: "note", payload: "hi" };
  }
}

class Pair {
  readonly model = new EngineModel();
  readonly #prefix: string;

  constructor(readonly connection: EngineConnection, seed: number) {
    this.#prefix = keyPrefix(`seed-${seed}`);
  }

  async script(name: keyof typeof SCRIPTS, ...args: (string | number)[]): Promise<RespValue> {
    const answer = await runScript(this.connection, SCRIPTS[name], this.#prefix, args);
    assert(!(answer instanceof RespError), String((answer as RespError).message));
    return answer;
  }

  async act(node: Node, operations: readonly Operation[]): Promise<void> {
    const words: (string | number)[] = [];
    for (const operation of operations) pushWords(words, operation);
    const args = [node.inc, node.seq, LEASE, LIMIT, AGE, ...words];
    assertEquals(
      await this.script("act", ...args),
      this.model.act(node.inc, node.seq, words.map(String)),
    );
  }

  async beat(node: Node): Promise<void> {
    assertEquals(await this.script("beat", node.inc, LEASE, 10_000), this.model.beat(node.inc));
  }

  async open(node: Node, run: string, epoch: string): Promise<void> {
    const { inc, slot, lastN, lastBy, epoch: knownEpoch } = node;
    const answer = await this.script(
      "open",
      ...[run, inc, slot, lastN, lastBy, knownEpoch, VERSION, "{}", epoch, LEASE, "secret"],
    ) as [string, string[], RespValue[]?];
    const state = this.model.open({ run, inc, slot, lastN, lastBy, knownEpoch, epoch });
    assertEquals([answer[0], answer[1]], ["OK", [...state]]);
    assertEquals(
      answer.length,
      state[5] === "1" ? 2 : 3,
      "A node that can go on needs no snapshot",
    );
    if (inc !== state[0]) node.seq = 0;
    [node.inc, node.slot, node.epoch] = state as [string, string, string];
    this.readLog(node);
  }

  /** The node has read the log to its end. */
  readLog(node: Node): void {
    node.lastN = String(this.model.n);
    node.lastBy = this.model.log.get(this.model.n)?.by ?? "";
  }

  /** Ends the lease of a node, which is reaped by the next one that looks. */
  async expire(node: Node): Promise<void> {
    if (!this.model.nodes.has(node.inc)) return;
    await this.connection.send("ZADD", `${this.#prefix}nodes`, 0, node.inc);
    this.model.expired.add(node.inc);
  }

  async hash(key: string): Promise<Map<string, string>> {
    const answer = await this.connection.send("HGETALL", `${this.#prefix}${key}`);
    return new Map(answer as Map<string, string>);
  }

  /** Compares everything that is kept. */
  async compare(): Promise<void> {
    const { model } = this;
    for (const list of ["bans", "mutes"] as const) {
      assertEquals(await this.hash(list), model.lists[list]);
    }
    assertEquals(await this.hash("topic"), model.topic);
    assertEquals(await this.hash("users"), model.users);
    assertEquals(await this.hash("label"), model.label);
    assertEquals(await this.hash("off"), texts(model.off));
    assertEquals(await this.hash("eras"), texts(model.eras));
    assertEquals(await this.hash("slots"), texts(model.slots));
    for (const inc of model.nodes) {
      assertEquals(await this.hash(`people:${inc}`), model.people.get(inc) ?? new Map());
    }
    for (const hash of ["names", "looks"] as const) {
      const holds = [...model[hash]].map(([word, { owner, id, inc }]) =>
        [word, `${owner} ${id} ${inc}`] as const
      );
      assertEquals(await this.hash(hash), new Map(holds));
    }
    const meta = await this.hash("meta");
    assertEquals(
      [meta.get("n"), meta.get("messages") ?? "0", meta.get("era"), meta.get("epoch")],
      [String(model.n), String(model.messages), String(model.era), model.epoch],
    );
    assertEquals(meta.get("gone") ?? "", model.gone.join(" "));
    const log = await this.connection.send("XRANGE", `${this.#prefix}log`, "-", "+") as [
      string,
      string[],
    ][];
    assertEquals(
      log.map(([id, [, inc, , seq, , , ...facts]]) => [id, `${inc} ${seq}`, facts]),
      [...model.log].map(([n, { by, facts }]) => [`${n}-0`, by, facts]),
    );
    for (const [room, messages] of model.history) {
      const stored = await this.connection.send(
        "XRANGE",
        `${this.#prefix}h:${room}`,
        "-",
        "+",
      ) as [string, string[]][];
      assertEquals(
        stored.map(([id, [, era, , , , payload]]) => `${parseInt(id)} ${era} ${payload}`),
        messages,
      );
    }
  }
}

function texts(numbers: ReadonlyMap<string, number>): Map<string, string> {
  return new Map([...numbers].map(([key, value]) => [key, String(value)]));
}

async function connect(redis: Redis): Promise<EngineConnection> {
  const options = { password: undefined, timeout: 5_000 };
  return (await connectToEngine(parseEngineUrls(redis.url), options)).connection;
}

redisTest(
  "The scripts do what the model does, with three incarnations, expiry, lost answers and restarts",
  async () => {
    await using redis = await Redis.start();
    const connection = await connect(redis);
    await eachSeed(40, async (random) => {
      const pair = new Pair(connection, random.seed);
      let run = "run-0";
      let runs = 0;
      const nodes: Node[] = [];
      for (let i = 0; i < 3; i++) {
        const node = { inc: "", slot: "", seq: 0, lastN: "", lastBy: "", epoch: "", ids: [] };
        nodes.push(node);
        await pair.open(node, run, `epoch-0`);
      }
      for (let step = 0; step < 60; step++) {
        const node = random.pick(nodes);
        switch (random.below(12)) {
          case 0:
            await pair.expire(node);
            break;
          case 1:
          case 2:
            await pair.beat(node);
            break;
          case 3:
            // The engine was started again, with all of its data.
            if (random.oneIn(3)) run = `run-${++runs}`;
            await pair.open(node, run, `epoch-${runs}`);
            break;
          case 4:
            // The node saw something that the engine has lost.
            if (random.oneIn(3)) node.lastBy = "9 9";
            await pair.open(node, run, `epoch-${runs}`);
            break;
          default: {
            node.seq++;
            const length = random.between(1, 6);
            const operations = Array.from({ length }, () => randomOperation(random, node));
            await pair.act(node, operations);
            if (random.oneIn(4)) await pair.act(node, operations); // the answer was lost
            if (!pair.model.nodes.has(node.inc)) await pair.open(node, run, `epoch-${runs}`);
            else if (random.oneIn(2)) pair.readLog(node);
          }
        }
      }
      await pair.compare();
    });
    connection.close();
    await connection.closed;
  },
);
