import { assertEquals } from "@std/assert";
import { groupOf, LOOPBACK } from "../../lib/ip/address_group.ts";

/** Asserts that each address is in the group next to it. */
function assertGroups(groups: Readonly<Record<string, string>>): void {
  for (const [text, group] of Object.entries(groups)) assertEquals(groupOf(text), group, text);
}

Deno.test("groupOf() counts an IPv4 address on its own, in any notation", () => {
  assertGroups({
    "192.0.2.7": "192.0.2.7",
    "0.0.0.0": "0.0.0.0",
    "255.255.255.255": "255.255.255.255",
    "::ffff:192.0.2.7": "192.0.2.7",
    "::FFFF:c000:207": "192.0.2.7",
    "0:0:0:0:0:ffff:192.0.2.7": "192.0.2.7",
  });
});

Deno.test("groupOf() counts a /64 as one", () => {
  assertGroups({
    "2001:db8:0:1:a:b:c:d": "2001:db8:0:1::/64",
    "2001:DB8:0:1::": "2001:db8:0:1::/64",
    "2001:0db8:0000:0001::7": "2001:db8:0:1::/64",
    "2001:db8:0:2::7": "2001:db8:0:2::/64",
    "2001:db8::1:0:0:1": "2001:db8::/64",
    "fe80::1%eth0": "fe80::/64",
    "64:ff9b::192.0.2.7": "64:ff9b::/64",
    "::": "::/64",
    "::2": "::/64",
    "1:2:3:4:5:6:7::": "1:2:3:4::/64",
  });
});

Deno.test("groupOf() puts all loopback addresses into one group", () => {
  for (const text of ["127.0.0.1", "127.255.0.3", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"]) {
    assertEquals(groupOf(text), LOOPBACK, text);
  }
});

Deno.test("groupOf() puts everything else into the group of unknown addresses", () => {
  const wrong = [
    "",
    "localhost",
    "192.0.2",
    "192.0.2.7.1",
    "192.0.2.256",
    "192.0.2.07",
    "1.2.3.",
    "::1::",
  ];
  wrong.push(
    ":",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8",
    "::12345",
    "::g",
  );
  wrong.push(
    "[::1]",
    "::1 ",
    "192.0.2.7:80",
    "::ffff:192.0.2",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "-1.0.0.0",
  );
  for (const text of wrong) assertEquals(groupOf(text), "unknown", text);
});
