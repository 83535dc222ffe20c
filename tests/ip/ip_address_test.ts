import { assert, assertEquals, assertThrows } from "@std/assert";
import { CidrSet, formatIpAddress, parseIpAddress } from "../../lib/ip/ip_address.ts";
import { eachSeed } from "../random.ts";

Deno.test("parseIpAddress() reads IPv4 addresses", () => {
  assertEquals(parseIpAddress("192.0.2.1"), Uint8Array.of(192, 0, 2, 1));
  assertEquals(parseIpAddress("0.0.0.0"), Uint8Array.of(0, 0, 0, 0));
  assertEquals(parseIpAddress("255.255.255.255"), Uint8Array.of(255, 255, 255, 255));
});

Deno.test("parseIpAddress() reads IPv6 addresses in every form", () => {
  const one = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  for (const text of ["2001:db8::1", "2001:DB8:0:0:0:0:0:1", "2001:0db8::0:0.0.0.1"]) {
    assertEquals(parseIpAddress(text), Uint8Array.from(one), text);
  }
  assertEquals(parseIpAddress("::"), new Uint8Array(16));
  assertEquals(parseIpAddress("::1"), Uint8Array.from([...Array<number>(15).fill(0), 1]));
  assertEquals(parseIpAddress("fe80::")?.subarray(0, 2), Uint8Array.of(0xfe, 0x80));
});

Deno.test("parseIpAddress() takes an IPv4 address in IPv6 form for what it is", () => {
  for (const text of ["::ffff:10.0.0.1", "::FFFF:a00:1", "0:0:0:0:0:ffff:0a00:0001"]) {
    assertEquals(parseIpAddress(text), Uint8Array.of(10, 0, 0, 1), text);
  }
  assertEquals(parseIpAddress("::fffe:10.0.0.1")?.length, 16);
  assertEquals(parseIpAddress("::10.0.0.1")?.length, 16);
});

Deno.test("parseIpAddress() takes nothing else", () => {
  const wrong = [
    "",
    "localhost",
    "1",
    "1.2.3",
    "1.2.3.4.5",
    "256.0.0.1",
    "1.2.3.1000",
    "01.2.3.4",
    "0x7f.0.0.1",
    "1.2.3.4 ",
    " 1.2.3.4",
    "1.2.3.4\n",
    "+1.2.3.4",
    "1.2.3.4:80",
    "1.2.3.4/8",
    "1..2.3",
    ":",
    ":::",
    "::1::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "g::",
    "::1%eth0",
    "[::1]",
    "::1]:80/[",
    "::256.0.0.1",
    "unknown",
    "_hidden",
  ];
  for (const text of wrong) assertEquals(parseIpAddress(text), undefined, JSON.stringify(text));
});

Deno.test("formatIpAddress() writes the shortest form, which parseIpAddress() reads again", async () => {
  const forms = {
    "2001:DB8:0:0:0:0:0:1": "2001:db8::1",
    "0:0:0:0:0:0:0:0": "::",
    "1:0:0:2:0:0:0:3": "1:0:0:2::3",
    "::ffff:10.0.0.1": "10.0.0.1",
    "127.0.0.1": "127.0.0.1",
  };
  for (const [given, expected] of Object.entries(forms)) {
    assertEquals(formatIpAddress(parseIpAddress(given)!), expected);
  }
  await eachSeed(200, (random) => {
    const bytes = random.bytes(random.pick([4, 16]));
    for (let i = random.below(20); i > 0; i--) bytes[random.below(bytes.length)] = 0;
    assertEquals(parseIpAddress(formatIpAddress(bytes)), bytes);
  });
});

Deno.test("Networks has what is in one of them and nothing else", () => {
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

Deno.test("Networks are of one family, IPv4 in IPv6 form being IPv4", () => {
  assert(new CidrSet("0.0.0.0/0").has("::ffff:192.0.2.1"));
  assert(new CidrSet("::ffff:10.0.0.0/104").has("10.1.2.3"));
  assert(!new CidrSet("::ffff:10.0.0.0/104").has("11.1.2.3"));
  assert(!new CidrSet("0.0.0.0/0").has("::1"));
  assert(!new CidrSet("::/0").has("192.0.2.1"));
  assert(new CidrSet("::/0").has("2001:db8::1"));
});

Deno.test("Networks of every length end at that bit", () => {
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

Deno.test("Networks may be none", () => {
  assert(new CidrSet("").empty);
  assert(!new CidrSet("").has("127.0.0.1"));
  assert(!new CidrSet("::1").empty);
});

Deno.test("Networks refuses what is no network, and says what", () => {
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
