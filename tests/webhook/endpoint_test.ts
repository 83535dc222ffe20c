import { assertEquals, assertThrows } from "@std/assert";
import { hostAndPortOf, parseEndpoint } from "../../lib/webhook/endpoint.ts";

Deno.test("parseEndpoint() accepts http and https URLs", () => {
  const cases = [
    ["https://hooks.example/chat?key=1", "hooks.example:443"],
    ["http://127.0.0.1:9000", "127.0.0.1:9000"],
    ["HTTP://Hooks.Example/", "hooks.example:80"],
    ["https://[::1]:8443/", "[::1]:8443"],
  ] as const;
  for (const [text, host] of cases) assertEquals(hostAndPortOf(parseEndpoint(text)), host);
});

Deno.test("parseEndpoint() refuses other texts without repeating them", () => {
  const scheme = "Cannot send webhooks: the URL does not begin with http:// or https://";
  for (
    const text of ["", "hooks.example", "ftp://a/", "file:///etc/passwd", "javascript:1", "http://"]
  ) {
    assertEquals(assertThrows(() => parseEndpoint(text), TypeError).message, scheme, text);
  }
  for (const text of ["https://u:p@a/", "https://u@a/", "https://:p@a/"]) {
    assertEquals(
      assertThrows(() => parseEndpoint(text), TypeError).message,
      "Cannot send webhooks: the URL has a user name or a password, which every log on the way would show",
      text,
    );
  }
});
