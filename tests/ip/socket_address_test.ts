import { assertEquals } from "@std/assert";
import { formatAddress, hostAndPort, hostOf } from "../../lib/ip/socket_address.ts";

Deno.test("formatAddress() writes an IPv4 peer of a socket for both families as IPv4", () => {
  const addresses = {
    "127.0.0.1": "127.0.0.1:80",
    "::1": "[::1]:80",
    "::ffff:127.0.0.1": "127.0.0.1:80",
    "::FFFF:10.0.0.1": "10.0.0.1:80",
    "fe80::ffff:1": "[fe80::ffff:1]:80",
    "::ffff:1": "[::ffff:1]:80",
  };
  for (const [hostname, expected] of Object.entries(addresses)) {
    assertEquals(formatAddress({ hostname, port: 80 }), expected);
  }
});

Deno.test("hostAndPort() puts an IPv6 host in brackets and changes nothing else", () => {
  const addresses = {
    "localhost": "localhost:80",
    "127.0.0.1": "127.0.0.1:80",
    "::1": "[::1]:80",
    "[::1]": "[::1]:80",
    "::ffff:127.0.0.1": "[::ffff:127.0.0.1]:80",
  };
  for (const [hostname, expected] of Object.entries(addresses)) {
    assertEquals(hostAndPort({ hostname, port: 80 }), expected);
  }
});

Deno.test("hostOf() removes the port and the brackets", () => {
  assertEquals(hostOf("127.0.0.1:80"), "127.0.0.1");
  assertEquals(hostOf("[2001:db8::1]:80"), "2001:db8::1");
});
