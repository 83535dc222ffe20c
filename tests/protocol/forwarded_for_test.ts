import { assertEquals } from "@std/assert";
import { readForwardedFor } from "../../lib/protocol/forwarded_for.ts";
import { Networks } from "../../lib/protocol/ip_address.ts";

const proxies = new Networks("10.0.0.0/8,2001:db8::/32");

function read(...values: string[]): string | undefined {
  return readForwardedFor(values, (address) => proxies.has(address));
}

Deno.test("readForwardedFor() takes the last address that is not a trusted proxy's", () => {
  assertEquals(read("192.0.2.1"), "192.0.2.1");
  assertEquals(read("192.0.2.1, 10.0.0.1"), "192.0.2.1");
  assertEquals(read("203.0.113.9, 192.0.2.1, 10.0.0.1,2001:db8::7"), "192.0.2.1");
});

Deno.test("readForwardedFor() believes nothing in front of that", () => {
  assertEquals(read("127.0.0.1, 192.0.2.1"), "192.0.2.1");
  assertEquals(read("10.0.0.5, 192.0.2.1, 10.0.0.1"), "192.0.2.1");
  assertEquals(read("nonsense, 192.0.2.1"), "192.0.2.1");
});

Deno.test("readForwardedFor() takes several fields for one list", () => {
  assertEquals(read("203.0.113.9", "192.0.2.1", "10.0.0.1"), "192.0.2.1");
  assertEquals(read("192.0.2.1", "10.0.0.1, 10.0.0.2"), "192.0.2.1");
});

Deno.test("readForwardedFor() takes the first address if all are of trusted proxies", () => {
  assertEquals(read("10.0.0.1, 10.0.0.2"), "10.0.0.1");
});

Deno.test("readForwardedFor() reads addresses in every form that is in use", () => {
  assertEquals(read("192.0.2.1:4711"), "192.0.2.1");
  assertEquals(read("[2001:DB9::1]:4711"), "2001:db9::1");
  assertEquals(read("[2001:db9::1]"), "2001:db9::1");
  assertEquals(read("2001:db9:0::1"), "2001:db9::1");
  assertEquals(read("::ffff:192.0.2.1"), "192.0.2.1");
  assertEquals(read("\t192.0.2.1  "), "192.0.2.1");
});

Deno.test("readForwardedFor() knows nobody if there is no list or it is broken where it counts", () => {
  assertEquals(readForwardedFor(undefined, () => true), undefined);
  const wrong = [
    "",
    ",",
    "192.0.2.1,",
    "unknown",
    "_hidden, 10.0.0.1",
    "localhost",
    "192.0.2.1 10.0.0.1",
    "[192.0.2.1",
    "192.0.2.1:x",
    "2001:db9::1]:1",
    '"192.0.2.1"',
  ];
  for (const value of wrong) assertEquals(read(value), undefined, value);
});
