import { assert, assertEquals } from "@std/assert";
import { Budgets } from "../../lib/limits/budget.ts";

/** Charges `ms` to each account in turn whenever it need not wait; returns the ms charged within `seconds`. */
function spend(accounts: ReturnType<Budgets["open"]>[], ms: number, seconds: number): number {
  let spent = 0;
  for (let now = 0; now < seconds * 1000; now++) {
    for (const account of accounts) {
      if (account.wait(now) > 0) continue;
      account.charge(ms, now);
      spent += ms;
    }
  }
  return spent;
}

Deno.test("Account allows a client its share of the time, and a burst at first", () => {
  const budgets = new Budgets({ rate: 20, cpuPerIp: 0 });
  const spent = spend([budgets.open("203.0.113.7", 0)], 5, 60);
  assert(spent >= 60 * 20 && spent <= 60 * 20 + 410, `${spent} ms in 60 s`);
});

/** Regression: 64 connections of one address each had a budget of their own, and together used the whole machine. */
Deno.test("Account charges all clients of an address together", () => {
  const budgets = new Budgets({ rate: 20, cpuPerIp: 10 });
  const accounts = Array.from({ length: 64 }, () => budgets.open("203.0.113.7", 0));
  const spent = spend(accounts, 5, 60);
  assert(spent >= 60 * 100 && spent <= 60 * 100 + 1_010, `${spent} ms in 60 s`);
  assertEquals(budgets.open("203.0.113.8", 0).wait(0) <= 0, true);
});

Deno.test("Account treats a /64 as one address, and bounds a /56 and a /48", () => {
  const spentBy = (ips: readonly string[]) => {
    const budgets = new Budgets({ rate: 0, cpuPerIp: 10 });
    return Math.round(spend(ips.map((ip) => budgets.open(ip, 0)), 1, 60) / 7_000);
  };
  const many = (format: (i: string) => string) =>
    Array.from({ length: 200 }, (_, i) => format((i + 1).toString(16)));
  assertEquals(spentBy(["2001:db8::1"]), 1);
  assertEquals(spentBy(many((i) => `2001:db8::${i}`)), 1);
  assertEquals(spentBy(many((i) => `2001:db8:0:${i}::1`)), 2);
  assertEquals(spentBy(many((i) => `2001:db8:0:${i}00::1`)), 4);
  assertEquals(spentBy(["2001:db8:1::1", "2001:db8:2::1", "2001:db8:3::1"]), 3);
});

Deno.test("Budgets do not limit loopback addresses or clients without an address", () => {
  const budgets = new Budgets({ rate: 0, cpuPerIp: 10 });
  for (const ip of ["127.0.0.1", "::1", "::ffff:127.0.0.1", undefined]) {
    const account = budgets.open(ip, 0);
    account.charge(100_000, 0);
    assertEquals(account.wait(0), 0);
  }
  assertEquals(budgets.size, 0);
});

Deno.test("Budgets keep the debt of clients that have left, and forget networks without debt", () => {
  const budgets = new Budgets({ rate: 20, cpuPerIp: 10 });
  const first = budgets.open("203.0.113.7", 0);
  first.charge(5_000, 0);
  first.close();
  assert(budgets.open("203.0.113.7", 0).wait(0) > 3_000);
  for (let i = 0; i < 5_000; i++) {
    budgets.open(`10.${i >> 8}.${i & 255}.1`, 0).close();
  }
  assert(budgets.size < 2_050, `${budgets.size} are known`);
  assert(budgets.open("203.0.113.7", 0).wait(0) > 3_000);
});
