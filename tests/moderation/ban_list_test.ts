import { assertEquals } from "@std/assert";
import type { Ban, BanStore } from "../../lib/chat/bans.ts";
import { BanList, MAX_BANS } from "../../lib/moderation/ban_list.ts";
import { eachSeed } from "../random.ts";

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

/** A list, and what its store was told. */
function setUp(stored: Ban[] = [], now = { ms: 0 }) {
  const told: string[] = [];
  const time = { now: () => now.ms, elapsedSince: (stamp: number) => now.ms - stamp };
  const store: BanStore = {
    bans: () => stored.map((ban) => ({ ban, imposed: ban.since })),
    putBan: ({ ban: { target } }) => void told.push(`put ${target}`),
    deleteBan: (target) => void told.push(`delete ${target}`),
  };
  return { list: new BanList({ time, store }), told, now };
}

const targets = (sanctions: Ban[]) => sanctions.map(({ target }) => target);

Deno.test("SanctionList finds addresses in networks of every length", () => {
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
    assertEquals(list.ofIp(ip)?.target, target, ip);
  }
  list.add(ban("0.0.0.0/0"));
  assertEquals(list.ofIp("11.0.0.1")?.target, "0.0.0.0/0");
  assertEquals(list.ofIp("2001:db8::2"), undefined);
});

Deno.test("SanctionList finds names in whatever form, and somebody by either", () => {
  const { list } = setUp();
  list.add(ban("bob", { name: "Bob", network: "203.0.113.7" }));
  for (const name of ["bob", "BOB", "\uff22ob"]) assertEquals(list.ofName(name)?.name, "Bob", name);
  assertEquals(list.ofName("203.0.113.7"), undefined);
  list.add(ban("203.0.113.8"));
  assertEquals(list.ofName("203.0.113.8"), undefined);
  const of = (name: string | undefined, origin: string) => list.of({ name, origin })?.target;
  assertEquals(of("Bob", "192.0.2.1:1"), "bob");
  assertEquals(of("Al", "203.0.113.7:80"), "bob");
  assertEquals(of(undefined, "203.0.113.8:80"), "203.0.113.8");
  assertEquals(of("Al", "192.0.2.1:1"), undefined);
});

Deno.test("SanctionList knows a name by what it looks like", () => {
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
    assertEquals(list.ofName(name)?.name, "PayPal", name);
  }
  for (const name of ["paypa", "paypals", "p ypal", "p".repeat(10_000), ""]) {
    assertEquals(list.ofName(name), undefined, name);
  }
  list.add(ban("bob", { name: "Bob", until: 5 }));
  list.add(ban("b0b", { name: "B0b", network: undefined }));
  assertEquals(list.ofName("b\u043eb")?.name, "Bob");
  now.ms = 5;
  assertEquals(list.ofName("b\u043eb")?.name, "B0b", "One may be over and another not");
  list.lift("b0b");
  assertEquals(list.ofName("b\u043eb"), undefined);
});

Deno.test("SanctionList lifts by name, and by network all that is about it", () => {
  const { list, told } = setUp();
  const network = "203.0.113.7";
  for (const name of ["bob", "al"]) list.add(ban(name, { network }));
  for (const each of [network, "203.0.113.0/24"]) list.add(ban(each));
  assertEquals(targets(list.lift("bob")), ["bob"]);
  assertEquals(list.ofIp(network)?.target, "al");
  assertEquals(targets(list.lift(network)), ["al", network]);
  assertEquals(list.ofIp(network)?.target, "203.0.113.0/24");
  assertEquals(list.lift("nobody"), []);
  assertEquals(told.slice(4), ["delete bob", "delete al", `delete ${network}`]);
});

Deno.test("SanctionList forgets what is over", () => {
  const now = { ms: 1_000 };
  const stored = [ban("old", { until: 1_000 }), ban("10.0.0.0/8", { until: 2_000 })];
  const { list, told } = setUp(stored, now);
  assertEquals(told, ["delete old"]);
  list.add(ban("bob", { since: 1_000, until: 3_000 }));
  now.ms = 1_999;
  assertEquals(list.ofIp("10.1.1.1")?.target, "10.0.0.0/8");
  now.ms = 2_000;
  assertEquals(list.ofIp("10.1.1.1"), undefined);
  assertEquals(list.ofName("bob")?.target, "bob");
  now.ms = 3_000;
  assertEquals(list.ofName("bob"), undefined);
  assertEquals(list.list(), []);
  assertEquals(told.slice(2), ["delete 10.0.0.0/8", "delete bob"]);
});

Deno.test("SanctionList puts a later one in the place of an earlier one, and behind the others", () => {
  const { list } = setUp();
  for (const each of ["bob", "al"]) list.add(ban(each));
  list.add(ban("bob", { reason: "again", network: "10.0.0.1" }));
  assertEquals(list.list().map(({ target, reason }) => target + reason), ["al", "bobagain"]);
  list.add(ban("bob"));
  assertEquals(list.ofIp("10.0.0.1"), undefined);
});

Deno.test("SanctionList takes so many and no more, unless some are over", () => {
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

Deno.test("SanctionList agrees with a look at each of many networks", async () => {
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
      assertEquals(list.ofIp(dotted(ip)) !== undefined, isIn, dotted(ip));
    }
  });
});
