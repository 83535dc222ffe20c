import { assertEquals } from "@std/assert";
import { formatIpAddress, isLoopback, parseIpAddress } from "../../lib/ip/ip_address.ts";
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

Deno.test("parseIpAddress() reads an IPv4 address in IPv6 form as IPv4", () => {
  for (const text of ["::ffff:10.0.0.1", "::FFFF:a00:1", "0:0:0:0:0:ffff:0a00:0001"]) {
    assertEquals(parseIpAddress(text), Uint8Array.of(10, 0, 0, 1), text);
  }
  assertEquals(parseIpAddress("::fffe:10.0.0.1")?.length, 16);
  assertEquals(parseIpAddress("::10.0.0.1")?.length, 16);
});

Deno.test("parseIpAddress() rejects everything else", () => {
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

Deno.test("formatIpAddress() writes the shortest form, and parseIpAddress() reads it back", async () => {
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

Deno.test("isLoopback() accepts loopback addresses in any notation", () => {
  const loopback = [
    "127.0.0.1",
    "127.0.1.1",
    "127.255.255.254",
    "127.1",
    "localhost",
    "LOCALHOST",
    "::1",
    "0:0:0:0:0:0:0:1",
    "0000:0000:0000:0000:0000:0000:0000:0001",
    "::ffff:127.0.0.1",
    "::FFFF:7f00:1",
    "::ffff:127.8.9.10",
  ];
  for (const hostname of loopback) assertEquals(isLoopback(hostname), true, hostname);
});

Deno.test("isLoopback() rejects everything else", () => {
  const others = [
    "0.0.0.0",
    "::",
    "::ffff:0.0.0.0",
    "192.168.0.1",
    "10.127.0.1",
    "126.255.255.255",
    "128.0.0.1",
    "::2",
    "1::1",
    "fe80::1",
    "::127.0.0.1",
    "::ffff:128.0.0.1",
    "example.org",
    "localhost.example.org",
    "127.0.0.1.example.org",
    "my-localhost",
    "not a host",
    "",
  ];
  for (const hostname of others) assertEquals(isLoopback(hostname), false, hostname);
});
