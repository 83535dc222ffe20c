import { assertEquals } from "@std/assert";
import type { Ban, BanStore } from "../../lib/chat/moderation.ts";
import { BanList, MAX_BANS } from "../../lib/moderation/ban_list.ts";
import { eachSeed } from "../random.ts";
import { assertProportional } from "../support/growth.ts";

function ban(target: string, others: Partial<Ban> = {}): Ban {
  const isName = /^[a-z]+$/.test(target);
  return {
    target,
    name: isName ? target : undefined,
    network: isName ? undefined : target,
    since: 0,
    until: undefined,
    by: "Ada",
    reason: "",
    ...others,
  };
}

/** A list, and the calls of its store. */
function setUp(stored: Ban[] = [], now = { ms: 0 }) {
  const calls: string[] = [];
  const time = { now: () => now.ms, elapsedSince: (stamp: number) => now.ms - stamp };
  const store: BanStore = {
    bans: () => stored.map((ban) => ({ ban, imposed: ban.since })),
    putBan: ({ ban: { target } }) => void calls.push(`put ${target}`),
    deleteBan: (target) => void calls.push(`delete ${target}`),
  };
  return { list: new BanList({ time, store }), calls, now };
}

const targets = (bans: Ban[]) => bans.map(({ target }) => target);

Deno.test("BanList.findByAddress() finds addresses in networks of every prefix length", () => {
  const { list } = setUp();
  for (const each of ["203.0.113.7", "10.0.0.0/8", "2001:db8:1::/48", "2001:db8::1"]) {
    list.add(ban(each));
  }
  const found = {
    "203.0.113.7": "203.0.113.7",
    "203.0.113.8": undefined,
    "::ffff:203.0.113.7": "203.0.113.7",
    "10.255.0.1": "10.0.0.0/8",
    "11.0.0.1": undefined,
    "2001:db8:1:ffff::9": "2001:db8:1::/48",
    "2001:db8:2::9": undefined,
    "2001:0DB8:0::0001": "2001:db8::1",
    "2001:db8::2": undefined,
    "unknown": undefined,
  };
  for (const [ip, target] of Object.entries(found)) {
    assertEquals(list.findByAddress(ip)?.target, target, ip);
  }
  list.add(ban("0.0.0.0/0"));
  assertEquals(list.findByAddress("11.0.0.1")?.target, "0.0.0.0/0");
  assertEquals(list.findByAddress("2001:db8::2"), undefined);
});

Deno.test("BanList.find() matches by name in any form, or by address", () => {
  const { list } = setUp();
  list.add(ban("bob", { name: "Bob", network: "203.0.113.7" }));
  for (const name of ["bob", "BOB", "\uff22ob"]) {
    assertEquals(list.findByName(name)?.name, "Bob", name);
  }
  assertEquals(list.findByName("203.0.113.7"), undefined);
  list.add(ban("203.0.113.8"));
  assertEquals(list.findByName("203.0.113.8"), undefined);
  const find = (name: string | undefined, origin: string) => list.find({ name, origin })?.target;
  assertEquals(find("Bob", "192.0.2.1:1"), "bob");
  assertEquals(find("Al", "203.0.113.7:80"), "bob");
  assertEquals(find(undefined, "203.0.113.8:80"), "203.0.113.8");
  assertEquals(find("Al", "192.0.2.1:1"), undefined);
});

Deno.test("BanList.findByName() matches names that look alike", () => {
  const { list, now } = setUp();
  list.add(ban("paypal", { name: "PayPal" }));
  const same = [
    "paypal",
    "PayPaI",
    "p\u0430ypal",
    "PAYPAL",
    "pa\u0335ypal",
    "pay\u13e2al",
    "\u0440\u0430\u0443\u0440\u0430\u04cf",
  ];
  for (const name of same) {
    assertEquals(list.findByName(name)?.name, "PayPal", name);
  }
  for (const name of ["paypa", "paypals", "p ypal", "p".repeat(10_000), ""]) {
    assertEquals(list.findByName(name), undefined, name);
  }
  list.add(ban("bob", { name: "Bob", until: 5 }));
  list.add(ban("b0b", { name: "B0b", network: undefined }));
  assertEquals(list.findByName("b\u043eb")?.name, "Bob");
  now.ms = 5;
  assertEquals(list.findByName("b\u043eb")?.name, "B0b", "only one of the two has ended");
  list.lift("b0b");
  assertEquals(list.findByName("b\u043eb"), undefined);
});

Deno.test("BanList.lift() removes one ban by name, and all bans of a network", () => {
  const { list, calls } = setUp();
  const network = "203.0.113.7";
  for (const name of ["bob", "al"]) list.add(ban(name, { network }));
  for (const each of [network, "203.0.113.0/24"]) list.add(ban(each));
  assertEquals(targets(list.lift("bob")), ["bob"]);
  assertEquals(list.findByAddress(network)?.target, "al");
  assertEquals(targets(list.lift(network)), ["al", network]);
  assertEquals(list.findByAddress(network)?.target, "203.0.113.0/24");
  assertEquals(list.lift("nobody"), []);
  assertEquals(calls.slice(4), ["delete bob", "delete al", `delete ${network}`]);
});

Deno.test("BanList drops bans that have ended", () => {
  const now = { ms: 1_000 };
  const stored = [ban("old", { until: 1_000 }), ban("10.0.0.0/8", { until: 2_000 })];
  const { list, calls } = setUp(stored, now);
  assertEquals(calls, ["delete old"]);
  list.add(ban("bob", { since: 1_000, until: 3_000 }));
  now.ms = 1_999;
  assertEquals(list.findByAddress("10.1.1.1")?.target, "10.0.0.0/8");
  now.ms = 2_000;
  assertEquals(list.findByAddress("10.1.1.1"), undefined);
  assertEquals(list.findByName("bob")?.target, "bob");
  now.ms = 3_000;
  assertEquals(list.findByName("bob"), undefined);
  assertEquals(list.list(), []);
  assertEquals(calls.slice(2), ["delete 10.0.0.0/8", "delete bob"]);
});

Deno.test("BanList.add() replaces a ban with the same target and moves it to the end", () => {
  const { list } = setUp();
  for (const each of ["bob", "al"]) list.add(ban(each));
  list.add(ban("bob", { reason: "again", network: "10.0.0.1" }));
  assertEquals(list.list().map(({ target, reason }) => target + reason), ["al", "bobagain"]);
  list.add(ban("bob"));
  assertEquals(list.findByAddress("10.0.0.1"), undefined);
});

Deno.test("BanList.add() refuses more than 10,000 bans until some have ended", () => {
  const now = { ms: 0 };
  const stored = Array.from(
    { length: MAX_BANS },
    (_, i) => ban(`10.0.${i >> 8}.${i & 255}`, { until: i === 0 ? 5 : undefined }),
  );
  const { list } = setUp(stored, now);
  assertEquals(list.add(ban("bob")), false);
  assertEquals(list.add(ban("10.0.0.1", { reason: "the same" })), true);
  now.ms = 5;
  assertEquals(list.add(ban("bob")), true);
  assertEquals(list.add(ban("al")), false);
});

Deno.test("BanList.findByAddress() agrees with a linear search through many networks", async () => {
  const dotted = (ip: number) =>
    [24, 16, 8, 0].map((at) => Math.floor(ip / 2 ** at) % 256).join(".");
  await eachSeed(5, (random) => {
    const { list } = setUp();
    const address = () => random.below(0x10000) * 0x10000 + random.below(0x10000);
    const ranges = Array.from({ length: 50 }, () => {
      const size = 2 ** random.between(0, 24);
      return { base: Math.floor(address() / size) * size, size };
    });
    for (const { base, size } of ranges) {
      list.add(ban(size === 1 ? dotted(base) : `${dotted(base)}/${32 - Math.log2(size)}`));
    }
    for (let i = 0; i < 1_000; i++) {
      const ip = random.oneIn(2) ? address() : random.pick(ranges).base + random.below(2) * 255;
      const isIn = ranges.some(({ base, size }) => ip >= base && ip < base + size);
      assertEquals(list.findByAddress(dotted(ip)) !== undefined, isIn, dotted(ip));
    }
  });
});

/** Each ban rebuilt the indexes of all: with 10,000 of them, one more held the event loop for tens of milliseconds. */
Deno.test("BanList.add() takes no longer in a long list", () => {
  const targetsOf = (count: number) =>
    Array.from({ length: count }, (_, i) => {
      const letters = Array.from(i.toString(), (digit) => "abcdefghij"[Number(digit)]).join("");
      return i % 2 === 0 ? ban(`n${letters}`) : ban(`10.0.${i >> 8}.${i & 255}`);
    });
  assertProportional({
    make: targetsOf,
    length: 2_000,
    run: (bans) => {
      const { list } = setUp();
      for (const each of bans) list.add(each);
    },
  }, "add");
});

Deno.test("BanList finds what is left after bans were replaced and lifted", () => {
  const { list } = setUp();
  list.add(ban("alice", { network: "10.0.0.1" }));
  list.add(ban("bob", { network: "10.0.0.1" }));
  list.add(ban("alice", { network: "10.0.0.2" }));
  assertEquals(list.findByAddress("10.0.0.1")?.target, "bob");
  assertEquals(list.findByAddress("10.0.0.2")?.target, "alice");
  assertEquals(list.findByName("A1ice")?.network, "10.0.0.2");
  list.lift("alice");
  assertEquals([list.findByName("A1ice"), list.findByAddress("10.0.0.2")], [undefined, undefined]);
  assertEquals(list.findByName("B0b")?.target, "bob");
});
