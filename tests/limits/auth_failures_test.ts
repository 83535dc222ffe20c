import { assertEquals } from "@std/assert";
import { AuthFailures } from "../../lib/limits/auth_failures.ts";

Deno.test("AuthFailures limits an address after five wrong tokens and allows one more every 12 s", () => {
  const failures = new AuthFailures();
  for (let i = 0; i < 5; i++) {
    assertEquals(failures.isLimited("192.0.2.1", 0), false);
    failures.add("192.0.2.1", 0);
  }
  assertEquals(failures.isLimited("192.0.2.1", 11_999), true);
  assertEquals(failures.isLimited("192.0.2.2", 0), false);
  assertEquals(failures.isLimited("192.0.2.1", 12_001), false);
  failures.add("192.0.2.1", 12_001);
  assertEquals(failures.isLimited("192.0.2.1", 12_001), true);
});

Deno.test("AuthFailures.wait() is the time until an address is not limited any more", () => {
  const failures = new AuthFailures();
  for (let i = 0; i < 4; i++) failures.add("192.0.2.1", 0);
  assertEquals(failures.wait("192.0.2.1", 0), 0);
  failures.add("192.0.2.1", 0);
  assertEquals(failures.wait("192.0.2.1", 0), 12_000);
  assertEquals(failures.wait("192.0.2.1", 5_000), 7_000);
  assertEquals(failures.wait("192.0.2.1", 60_000), 0);
  assertEquals(failures.wait("192.0.2.2", 0), 0);
});

/** Each refusal was a line in the log: a client that kept reconnecting wrote thousands of lines a minute. */
Deno.test("AuthFailures.isFirstRefusal() is true once after each wrong token", () => {
  const failures = new AuthFailures();
  for (let i = 0; i < 5; i++) failures.add("2001:db8::1", 0);
  assertEquals([1, 2, 3].map((i) => failures.isFirstRefusal(`2001:db8::${i}`)), [
    true,
    false,
    false,
  ]);
  failures.add("192.0.2.1", 0);
  assertEquals(failures.isFirstRefusal("2001:db8::1"), false);
  failures.add("2001:db8::1", 12_001);
  assertEquals(["2001:db8::1", "2001:db8::1"].map((ip) => failures.isFirstRefusal(ip)), [
    true,
    false,
  ]);
});

Deno.test("AuthFailures counts a /64 as one address and limits loopback too", () => {
  const failures = new AuthFailures();
  for (let i = 1; i <= 5; i++) {
    failures.add(`2001:db8::${i}`, 0);
    failures.add(`127.0.0.${i}`, 0);
  }
  assertEquals(failures.isLimited("2001:db8::6", 0), true);
  assertEquals(failures.isLimited("2001:db8:0:1::6", 0), false);
  assertEquals(failures.isLimited("::1", 0), true);
});

Deno.test("AuthFailures remembers at most 65,536 addresses and forgets old ones", () => {
  const failures = new AuthFailures();
  for (let i = 0; i < 70_000; i++) failures.add(`10.${i >> 16}.${i >> 8 & 255}.${i & 255}`, 0);
  assertEquals(failures.size, 65_536);
  failures.add("192.0.2.1", 12_000);
  assertEquals(failures.size, 1);
});
