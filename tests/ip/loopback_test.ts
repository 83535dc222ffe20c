import { assertEquals } from "@std/assert";
import { isLoopback } from "../../lib/ip/loopback.ts";

Deno.test("isLoopback() knows loopback addresses in whatever form", () => {
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

Deno.test("isLoopback() takes everything else for what others can reach", () => {
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
