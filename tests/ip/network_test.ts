import { assert, assertThrows } from "@std/assert";
import { formatIpAddress, parseIpAddress } from "../../lib/ip/ip_address.ts";
import { CidrSet } from "../../lib/ip/network.ts";

Deno.test("CidrSet contains the addresses of its networks and no others", () => {
  const networks = new CidrSet("10.0.0.0/8, 192.0.2.7,172.16.0.0/12,2001:db8::/33,::1");
  const inside = [
    "10.0.0.0",
    "10.255.255.255",
    "192.0.2.7",
    "172.31.255.255",
    "::ffff:10.1.2.3",
    "2001:db8::",
    "2001:db8:7fff::1",
    "::1",
  ];
  const outside = [
    "9.255.255.255",
    "11.0.0.0",
    "192.0.2.6",
    "172.32.0.0",
    "172.15.255.255",
    "2001:db8:8000::",
    "::",
    "::2",
    "::10.0.0.1",
    "localhost",
    "",
  ];
  for (const address of inside) assert(networks.has(address), address);
  for (const address of outside) assert(!networks.has(address), address);
});

Deno.test("CidrSet tells the families apart, and reads IPv4 in IPv6 form as IPv4", () => {
  assert(new CidrSet("0.0.0.0/0").has("::ffff:192.0.2.1"));
  assert(new CidrSet("::ffff:10.0.0.0/104").has("10.1.2.3"));
  assert(!new CidrSet("::ffff:10.0.0.0/104").has("11.1.2.3"));
  assert(!new CidrSet("0.0.0.0/0").has("::1"));
  assert(!new CidrSet("::/0").has("192.0.2.1"));
  assert(new CidrSet("::/0").has("2001:db8::1"));
});

Deno.test("CidrSet compares exactly the bits of the prefix", () => {
  for (const address of ["255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]) {
    const all = parseIpAddress(address)!;
    for (let length = 0; length <= 8 * all.length; length++) {
      const network = all.map((_, i) => 0xff << (8 - Math.min(8, Math.max(0, length - 8 * i))));
      const networks = new CidrSet(`${formatIpAddress(network)}/${length}`);
      assert(networks.has(address), `${address}/${length}`);
      if (length === 0) continue;
      const other = network.slice();
      other[(length - 1) >> 3]! ^= 0x80 >> ((length - 1) & 7);
      assert(!networks.has(formatIpAddress(other)), `${address}/${length}`);
    }
  }
});

Deno.test("CidrSet may be empty", () => {
  assert(new CidrSet("").empty);
  assert(!new CidrSet("").has("127.0.0.1"));
  assert(!new CidrSet("::1").empty);
});

Deno.test("CidrSet rejects malformed networks and names the mistake", () => {
  const wrong = {
    "localhost": "not a network",
    "10.0.0.0/8,": "not a network",
    "10.0.0/8": "not a network",
    "10.0.0.0/8/8": "not a network",
    "10.0.0.0/33": "no such length",
    "10.0.0.0/": "no such length",
    "10.0.0.0/-1": "no such length",
    "10.0.0.0/+8": "no such length",
    "10.0.0.0/8.0": "no such length",
    "::1/129": "no such length",
    "::ffff:10.0.0.0/8": "no such length",
    "10.0.0.1/8": "there are bits behind the first 8",
    "2001:db8::1/64": "there are bits behind the first 64",
  };
  for (const [text, message] of Object.entries(wrong)) {
    assertThrows(() => new CidrSet(text), TypeError, message);
  }
});
