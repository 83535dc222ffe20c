import { assert, assertEquals } from "@std/assert";
import {
  type AddressLimitOptions,
  AddressLimits,
} from "../../../lib/server/admission/address_limits.ts";
import { eachSeed } from "../../random.ts";

const NO_LIMITS: AddressLimitOptions = { maxPerIp: 0, connectRate: 0 };

/** Distinct addresses. */
function numbered(i: number): string {
  return `10.${i >> 16}.${i >> 8 & 0xff}.${i & 0xff}`;
}

/** Why this many come from an address, one after the other, are not let in. */
function causes(admission: AddressLimits, count: number, ip: string, now = 0): string[] {
  return Array.from({ length: count }, () => admission.admit(ip, now)?.cause ?? "in");
}

Deno.test("AddressLimits bounds the connections of one address", () => {
  const admission = new AddressLimits({ ...NO_LIMITS, maxPerIp: 2 });
  assertEquals(causes(admission, 4, "192.0.2.1"), ["in", "in", "per_ip", "per_ip"]);
  assertEquals(causes(admission, 1, "192.0.2.2"), ["in"]);
  admission.release("192.0.2.1");
  assertEquals(causes(admission, 2, "192.0.2.1"), ["in", "per_ip"]);
});

Deno.test("AddressLimits counts a /64 as one address, and mapped IPv4 as IPv4", () => {
  const admission = new AddressLimits({ ...NO_LIMITS, maxPerIp: 1 });
  assertEquals(admission.admit("2001:db8::1", 0), undefined);
  assertEquals(admission.admit("2001:db8::ffff:2", 0)?.cause, "per_ip");
  assertEquals(admission.admit("2001:db8:0:1::1", 0), undefined);
  assertEquals(admission.admit("192.0.2.1", 0), undefined);
  assertEquals(admission.admit("::ffff:192.0.2.1", 0)?.cause, "per_ip");
  admission.release("2001:db8::3");
  assertEquals(admission.admit("2001:db8::2", 0), undefined);
});

Deno.test("AddressLimits bounds the new connections of one address within a minute", () => {
  const admission = new AddressLimits({ ...NO_LIMITS, connectRate: 3 });
  assertEquals(causes(admission, 4, "192.0.2.1"), ["in", "in", "in", "connect_rate"]);
  assertEquals(causes(admission, 1, "192.0.2.2"), ["in"]);
  for (let i = 0; i < 3; i++) admission.release("192.0.2.1"); // which makes no difference
  assertEquals(causes(admission, 1, "192.0.2.1", 19_999), ["connect_rate"]);
  assertEquals(causes(admission, 2, "192.0.2.1", 20_000), ["in", "connect_rate"]);
});

Deno.test("AddressLimits returns when to try again", () => {
  const admission = new AddressLimits({ maxPerIp: 4, connectRate: 3 });
  causes(admission, 3, "192.0.2.1");
  const { status, retryAfter } = admission.admit("192.0.2.1", 5_500)!;
  assertEquals([status, retryAfter], [429, 15]);
  causes(admission, 1, "192.0.2.1", 20_000);
  const refusal = admission.admit("192.0.2.1", 40_000)!;
  assertEquals([refusal.cause, refusal.status, refusal.retryAfter], ["per_ip", 429, 10]);
});

Deno.test("AddressLimits does not limit loopback addresses", () => {
  const admission = new AddressLimits({ maxPerIp: 1, connectRate: 1 });
  for (const ip of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) {
    assertEquals(causes(admission, 3, ip), ["in", "in", "in"]);
    admission.release(ip);
  }
  assertEquals(admission.size, 0);
});

Deno.test("AddressLimits without limits admits everybody", () => {
  const admission = new AddressLimits(NO_LIMITS);
  assertEquals(new Set(causes(admission, 2_000, "192.0.2.1")), new Set(["in"]));
});

Deno.test("AddressLimits forgets addresses that are as good as new, and no others", () => {
  const admission = new AddressLimits({ maxPerIp: 2, connectRate: 600 });
  causes(admission, 2, "192.0.2.1");
  for (let i = 0; i < 100_000; i++) {
    const ip = numbered(i);
    assertEquals(admission.admit(ip, i), undefined); // a thousand a second
    admission.release(ip);
    assert(admission.size <= 1_025, `${admission.size}`);
  }
  assertEquals(causes(admission, 1, "192.0.2.1", 100_000), ["per_ip"]);
});

Deno.test("AddressLimits remembers a bounded number of addresses", () => {
  const admission = new AddressLimits({ maxPerIp: 1, connectRate: 1 });
  causes(admission, 1, "192.0.2.1");
  let most = 0;
  for (let i = 0; i < 140_000; i++) {
    const ip = numbered(i);
    admission.admit(ip, 0);
    admission.release(ip);
    most = Math.max(most, admission.size);
  }
  assert(most > 65_536 && most <= 2 * 65_538, `${most}`);
  assertEquals(causes(admission, 1, "192.0.2.1"), ["per_ip"]);
});

Deno.test("AddressLimits behaves like its model", async () => {
  await eachSeed(50, (random) => {
    const maxPerIp = random.between(1, 4);
    const admission = new AddressLimits({ ...NO_LIMITS, maxPerIp });
    const model = new Map<string, number>();
    for (let i = 0; i < 500; i++) {
      const ip = `192.0.2.${random.between(0, 5)}`;
      const here = model.get(ip) ?? 0;
      if (random.oneIn(2)) {
        const refusal = admission.admit(ip, i);
        assertEquals(refusal === undefined, here < maxPerIp);
        if (refusal === undefined) model.set(ip, here + 1);
      } else if (here > 0) {
        admission.release(ip);
        model.set(ip, here - 1);
      }
    }
    return Promise.resolve();
  });
});

/** Regression: one machine with a /48 had 65,536 addresses of 64 connections each. */
Deno.test("AddressLimits bounds a /56 and a /48 too", () => {
  const admitted = (ips: readonly string[]) => {
    const admission = new AddressLimits({ maxPerIp: 4, connectRate: 0 });
    return ips.filter((ip) => admission.admit(ip, 0) === undefined).length;
  };
  const many = (format: (i: string) => string) =>
    Array.from({ length: 100 }, (_, i) => format((i + 1).toString(16)));
  assertEquals(admitted(many((i) => `2001:db8::${i}`)), 4);
  assertEquals(admitted(many((i) => `2001:db8:0:${i}::1`)), 8);
  assertEquals(admitted(many((i) => `2001:db8:0:${i}00::1`)), 16);
  const admission = new AddressLimits({ maxPerIp: 4, connectRate: 0 });
  const ips = many((i) => `2001:db8:0:${i}::1`).slice(0, 8);
  for (let round = 0; round < 3; round++) {
    assertEquals(ips.map((ip) => admission.admit(ip, 0)), Array(8).fill(undefined));
    assertEquals(admission.admit("2001:db8:0:ff::1", 0)?.cause, "per_ip");
    for (const ip of ips) admission.release(ip);
  }
});
