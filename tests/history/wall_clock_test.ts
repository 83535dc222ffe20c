/**
 * A wrong wall clock neither deletes nor keeps anything in a history.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { openHistory, type TimedHistory } from "../../lib/history/open_history.ts";
import { rowId } from "../../lib/history/schema.ts";
import { migrate, MIGRATIONS } from "../../lib/history/schema.ts";
import { BanList } from "../../lib/moderation/ban_list.ts";
import { FakeClock } from "../support/clock.ts";
import { Folder, newMessage, texts } from "./fakes.ts";

const DAY = 86_400_000;
const AGE = 7 * DAY;

/** 2026-11-24 02:10:33 UTC */
const NOW = 1_795_486_233_000;

/** A server with a history in a file, on a machine with a wall clock that can be set. */
class Machine implements Disposable {
  readonly folder = new Folder();
  readonly clock = new FakeClock();
  readonly warnings: string[] = [];
  history!: TimedHistory;
  bans!: BanList;

  constructor() {
    this.clock.wallOffset = NOW;
  }

  start(): this {
    this.history = openHistory({
      path: this.folder.file(),
      clock: this.clock,
      ageMs: AGE,
      onDoubt: (warning) => void this.warnings.push(warning),
    });
    this.bans = new BanList({ time: this.history.time, store: this.history });
    return this;
  }

  /** Stops the server and starts it again `off` ms later. */
  restart(off = 0, wallOffset = this.clock.wallOffset): void {
    this.history.close();
    this.clock.advance(off);
    this.clock.wallOffset = wallOffset;
    this.start();
  }

  say(text: string, time = this.clock.wall()): void {
    this.history.append("lobby", newMessage(text, { time }));
  }

  /** Adds a ban of an hour by the wall clock. */
  ban(target: string): void {
    const since = this.clock.wall();
    const until = since + 3_600_000;
    const ban = { target, name: target, network: undefined, since, until, by: "Ada", reason: "" };
    assert(this.bans.add(ban));
  }

  get texts(): string[] {
    return texts(this.history.page("lobby", { limit: 100 }).messages);
  }

  get banned(): string[] {
    return this.bans.list().map(({ target }) => target);
  }

  /** Lets time pass, with a sweep every ten minutes and several at the end. */
  run(ms: number): void {
    for (let left = ms - 3_000; left > 0; left -= 600_000) this.clock.jump(Math.min(left, 600_000));
    this.clock.advance(3_000);
  }

  [Symbol.dispose](): void {
    this.history.close();
    this.folder[Symbol.dispose]();
  }
}

Deno.test("A wall clock that is 30 days ahead for three seconds deletes nothing and lifts no ban", () => {
  using machine = new Machine().start();
  machine.say("before");
  machine.ban("bob");
  machine.clock.advance(10_000);
  for (const days of [30, -30, 400, -400, 30]) {
    machine.clock.wallOffset += days * DAY;
    machine.clock.advance(3_000);
    assertEquals(machine.banned, ["bob"]);
    machine.clock.wallOffset = NOW;
    machine.clock.advance(3_000);
  }
  assertEquals([machine.texts, machine.banned], [["before"], ["bob"]]);
  assertMatch(machine.warnings[0]!, /jumped ahead by 30 days, from 2026-11-24T02:10:44/);
  machine.restart();
  assertEquals([machine.texts, machine.banned], [["before"], ["bob"]]);
});

Deno.test("A wall clock that is wrong at the start deletes nothing and lifts no ban", () => {
  using machine = new Machine().start();
  machine.say("before");
  machine.ban("bob");
  machine.run(60_000);
  for (const days of [30, -30, 400, -20_000]) {
    machine.restart(30_000, NOW + days * DAY);
    machine.clock.advance(120_000); // until the time server answers
    assertEquals([machine.texts, machine.banned], [["before"], ["bob"]], `${days} days`);
    machine.clock.wallOffset = NOW;
    machine.clock.advance(10_000);
    machine.restart(1_000);
    machine.clock.advance(10_000);
    assertEquals(
      [machine.texts, machine.banned],
      [["before"], ["bob"]],
      `${days} days, then right`,
    );
  }
});

Deno.test("Old messages and bans expire a day after a power-off of 40 days", () => {
  using machine = new Machine().start();
  machine.say("before");
  machine.ban("bob");
  machine.run(60_000);
  machine.restart(40 * DAY);
  assertMatch(machine.warnings[0]!, /40 days ahead .* nothing expires .* steady for 24 hours/);
  machine.say("after");
  machine.run(DAY - 120_000);
  assertEquals(machine.texts, ["before", "after"]);
  machine.run(240_000);
  assertEquals([machine.texts, machine.banned], [["after"], []]);
  machine.restart();
  machine.run(60_000);
  assertEquals([machine.texts, machine.banned], [["after"], []]);
});

Deno.test("A message from the future neither delays nor hastens the expiry of others", () => {
  using machine = new Machine().start();
  machine.say("past", NOW - 400 * DAY);
  machine.say("future", NOW + 400 * DAY);
  machine.say("present");
  machine.run(AGE - 60_000);
  assertEquals(machine.texts, ["past", "future", "present"]);
  machine.say("later");
  machine.run(120_000);
  assertEquals(machine.texts, ["later"]);
});

Deno.test("Bans and messages last by the running time of the server, whatever the wall clock shows", () => {
  using machine = new Machine().start();
  machine.clock.wallOffset = NOW - 30 * DAY;
  machine.ban("bob");
  machine.say("before");
  machine.clock.wallOffset = NOW;
  machine.run(3_540_000);
  assertEquals(machine.banned, ["bob"]);
  machine.run(120_000);
  assertEquals(machine.banned, []);
  machine.run(AGE);
  assertEquals(machine.texts, []);
});

Deno.test("A file of an older version expires by the times of its messages, except those in the future", () => {
  using machine = new Machine();
  {
    using database = new DatabaseSync(machine.folder.file());
    migrate(database, MIGRATIONS.slice(0, 2));
    database.exec(`INSERT INTO rooms VALUES (1, 'lobby', '', 1)`);
    const insert = database.prepare(
      "INSERT INTO messages VALUES (?, 1, 1, 'Ada', '192.0.2.1', ?, 0, ?, NULL)",
    );
    const times = [["old", -6 * DAY], ["future", 30 * DAY], ["young", -DAY], ["odd", 90 * DAY]];
    times.forEach(([text, time], i) => insert.run(rowId(1, i + 1), NOW + Number(time), text!));
    database.exec("INSERT INTO words (rowid, text) SELECT id, text FROM messages");
    const ban = database.prepare("INSERT INTO bans VALUES (?, ?, NULL, ?, ?, 'Ada', '')");
    ban.run("bob", "Bob", NOW - DAY, NOW + DAY);
    ban.run("eve", "Eve", NOW + 30 * DAY, NOW + 31 * DAY);
  }
  machine.clock.wallOffset = NOW + 30 * DAY - 1; // wrong at the first start, too
  machine.start();
  machine.clock.advance(3_000);
  assertEquals([machine.texts, machine.banned], [["old", "future", "young", "odd"], [
    "bob",
    "eve",
  ]]);
  machine.restart(1_000, NOW);
  machine.run(2 * DAY + 120_000);
  assertEquals([machine.texts, machine.banned], [["future", "young", "odd"], []]);
  machine.run(5 * DAY);
  assertEquals(machine.texts, []);
});
