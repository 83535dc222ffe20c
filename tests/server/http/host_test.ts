import { assertEquals, assertThrows } from "@std/assert";
import { AllowedHosts } from "../../../lib/server/http/host.ts";

function allowed(hosts: AllowedHosts, names: readonly (string | undefined)[]) {
  return names.filter((name) => hosts.allows(name));
}

const ADDRESSES = ["127.0.0.1", "127.0.0.1:8080", "192.168.1.7:80", "[::1]", "[2001:db8::1]:8080"];
const LOCALHOSTS = ["localhost", "LOCALHOST:8080", "localhost.", "chat.localhost"];

/** Regression: a page of evil.example made this name resolve to 127.0.0.1, and was the server's own to the browser. */
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

Deno.test("AllowedHosts allows addresses, localhost and requests without a host", () => {
  const hosts = new AllowedHosts();
  const names = [...ADDRESSES, ...LOCALHOSTS, "", undefined];
  assertEquals(allowed(hosts, [...names, ...FOREIGN]), names);
  assertEquals(hosts.isConfigured, false);
});

Deno.test("AllowedHosts allows listed names, in any case and with any port", () => {
  const hosts = new AllowedHosts("chat.example, Chat_2.LAN.");
  const names = ["chat.example", "CHAT.example:8443", "chat.example.", "chat_2.lan:80"];
  assertEquals(allowed(hosts, [...names, "x.chat.example", "chat.example.evil.example"]), names);
  assertEquals(allowed(hosts, [...ADDRESSES, ...LOCALHOSTS, ...FOREIGN]), [
    ...ADDRESSES,
    ...LOCALHOSTS,
  ]);
  assertEquals(hosts.isConfigured, true);
});

Deno.test("AllowedHosts allows the name that the server listens on", () => {
  assertEquals(
    new AllowedHosts(undefined, ["Chat.lan", "127.0.0.1"]).allows("chat.lan:8080"),
    true,
  );
});

Deno.test("AllowedHosts allows every name if the list is *", () => {
  assertEquals(allowed(new AllowedHosts("*"), FOREIGN), FOREIGN);
});

Deno.test("AllowedHosts rejects a list with something else in it", () => {
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
