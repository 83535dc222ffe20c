import { assertEquals } from "@std/assert";
import { Secret } from "../../lib/identity/secret.ts";

const TOKEN = "0123456789abcdef";

Deno.test("Secret.matches() accepts the secret and nothing else", () => {
  const secret = new Secret(TOKEN);
  assertEquals(secret.matches(TOKEN), true);
  for (const other of ["", TOKEN.slice(1), `${TOKEN}0`, TOKEN.toUpperCase(), `${TOKEN}\n`]) {
    assertEquals(secret.matches(other), false, other);
  }
});
