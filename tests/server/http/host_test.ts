import { assertEquals, assertThrows } from "@std/assert";
import { AllowedHosts } from "../../../lib/server/http/host.ts";

function allowed(hosts: AllowedHosts, names: readonly (string | undefined)[]) {
  return names.filter((name) => hosts.allows(name));
}

const ADDRESSES = ["127.0.0.1", "127.0.0.1:8080", "192.168.1.7:80", "[::1]", "[2001:db8::1]:8080"];
const LOCALHOSTS = ["localhost", "LOCALHOST:8080", "localhost.", "chat.localhost"];

/** A page of evil.example had this name lead to 127.0.0.1: to the browser it then was the server's own. */
const FOREIGN = [
  "evil.example",
  "evil.example:8080",
  "localhost.evil.example",
  "127.0.0.1.evil.example",
  "evillocalhost",
  "[::1",
  "[evil]",
  "0x7f.1",
  "2130706433",
  "127.1",
  "a:b:c",
];

Deno.test("AllowedHosts takes addresses, localhost and requests that name no host", () => {
  const hosts = new AllowedHosts();
  const names = [...ADDRESSES, ...LOCALHOSTS, "", undefined];
  assertEquals(allowed(hosts, [...names, ...FOREIGN]), names);
  assertEquals(hosts.isConfigured, false);
});

Deno.test("AllowedHosts takes names that are listed, in any case and with any port", () => {
  const hosts = new AllowedHosts("chat.example, Chat_2.LAN.");
  const names = ["chat.example", "CHAT.example:8443", "chat.example.", "chat_2.lan:80"];
  assertEquals(allowed(hosts, [...names, "x.chat.example", "chat.example.evil.example"]), names);
  assertEquals(allowed(hosts, [...ADDRESSES, ...LOCALHOSTS, ...FOREIGN]), [
    ...ADDRESSES,
    ...LOCALHOSTS,
  ]);
  assertEquals(hosts.isConfigured, true);
});

Deno.test("AllowedHosts takes the name that the server listens on", () => {
  assertEquals(
    new AllowedHosts(undefined, ["Chat.lan", "127.0.0.1"]).allows("chat.lan:8080"),
    true,
  );
});

Deno.test("AllowedHosts takes every name if the list is *", () => {
  assertEquals(allowed(new AllowedHosts("*"), FOREIGN), FOREIGN);
});

Deno.test("AllowedHosts refuses a list of something else", () => {
  for (
    const list of [
      "",
      "a,",
      "https://chat.example",
      "chat.example:8080",
      "a b",
      "*.example",
      "[::1]",
    ]
  ) {
    assertThrows(() => new AllowedHosts(list), TypeError, "Cannot allow host");
  }
});
