import { assertEquals } from "@std/assert";
import { formatAddress } from "../../lib/ip/format_address.ts";

Deno.test("formatAddress() joins a host and a port", () => {
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
