/**
 * A whole server whose wall clock is set: three seconds of +30 days deleted its history and lifted its timed bans.
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ServeOptions } from "../../mod.ts";
import { TCP } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const DAY = 86_400_000;

/** 2026-11-24 02:10:33 UTC */
const NOW = 1_795_486_233_000;

Deno.test("A server whose wall clock jumps keeps its history and its bans, and logs that", async () => {
  await using folder = new TempFolder();
  Deno.writeTextFileSync(folder.path("token"), TOKEN, { mode: 0o600 });
  const clock = new FakeClock();
  clock.wallOffset = NOW;
  const options: ServeOptions = {
    clock,
    operatorTokenFile: folder.path("token"),
    history: folder.path("chat.db"),
    historyAge: 86_400,
  };
  {
    await using server = new TestServer(options);
    using ada = await (await server.connect(TCP)).takesName("Ada");
    await ada.asks(`/oper ${TOKEN}`, "You are an operator now, see /help");
    await ada.asks("/ban Bob 10m spam", "Banned 'Bob' until 2026-11-24 02:20:33");
    await ada.say("before");
    await server.settle();
    clock.advance(1_000);
    clock.wallOffset += 30 * DAY;
    clock.advance(3_000);
    assert(server.hasLogged(/^The wall clock jumped ahead by 30 days, from 2026-11-24T02:10:34/));
    await ada.asks("/name Bob", "Error: Username 'Bob' is banned");
    clock.wallOffset = NOW;
    clock.advance(3_000);
    await ada.asks("/name Bob", "Error: Username 'Bob' is banned");
  }
  clock.wallOffset = NOW + 30 * DAY; // and wrong when it starts again
  {
    await using server = new TestServer(options);
    assert(
      server.hasLogged(/^The wall clock is 30 days ahead of the time stored in the history; /),
    );
    clock.advance(3_000);
    using ada = await (await server.connect(TCP)).takesName("Ada");
    await ada.asks("/name Bob", "Error: Username 'Bob' is banned");
    await ada.say("/search before");
    let answer = "";
    const answered = ada.line().then((line) => answer = line);
    await until(() => {
      clock.advance(1); // a search pauses between its steps
      return answer !== "";
    }, "the answer to a search");
    await answered;
    assertStringIncludes(answer, "before");
  }
  clock.wallOffset = NOW;
  await using server = new TestServer(options);
  using ada = await (await server.connect(TCP)).takesName("Ada");
  clock.advance(500_000); // the shutdowns took some of the ten minutes
  await ada.asks("/name Bob", "Error: Username 'Bob' is banned");
  clock.advance(100_000);
  await ada.asks("/name Bob", "Username set to 'Bob'");
});

Deno.test("A server without a history keeps bans when its wall clock jumps", async () => {
  await using folder = new TempFolder();
  Deno.writeTextFileSync(folder.path("token"), TOKEN, { mode: 0o600 });
  const clock = new FakeClock();
  clock.wallOffset = NOW;
  await using server = new TestServer({
    clock,
    operatorTokenFile: folder.path("token"),
    noHistory: true,
  });
  using ada = await (await server.connect(TCP)).takesName("Ada");
  await ada.asks(`/oper ${TOKEN}`, "You are an operator now, see /help");
  await ada.asks("/ban Bob 10m", "Banned 'Bob' until 2026-11-24 02:20:33");
  clock.wallOffset += 30 * DAY;
  clock.advance(3_000);
  await ada.asks("/name Bob", "Error: Username 'Bob' is banned");
  const warnings = server.log.filter(({ level, topic }) => level === "warn" && topic === "server");
  assertEquals(warnings.length, 1);
  clock.advance(600_000);
  await ada.asks("/name Bob", "Username set to 'Bob'");
});
