import { assertEquals } from "@std/assert";
import { readHeaderUser, readRequestUser } from "../../lib/identity/user_header.ts";

const FIELDS = new Map([
  ["host", ["chat.example"]],
  ["cookie", ["a=1", "b=2"]],
  ["x-forwarded-user", ["alice"]],
]);

Deno.test("readRequestUser() believes a trusted proxy", () => {
  const { headers, credential } = readRequestUser(FIELDS, "x-forwarded-user", true);
  assertEquals(credential, { type: "header", user: "alice" });
  assertEquals(headers.get("x-forwarded-user"), "alice");
});

Deno.test("readRequestUser() ignores and hides the field of everybody else", () => {
  const { headers, credential } = readRequestUser(FIELDS, "x-forwarded-user", false);
  assertEquals(credential, undefined);
  assertEquals(headers.has("x-forwarded-user"), false);
  assertEquals([...headers.keys()], ["cookie", "host"]);
});

Deno.test("readRequestUser() finds no user in another field, and none in an empty one", () => {
  assertEquals(readRequestUser(FIELDS, "remote-user", true).credential, undefined);
  assertEquals(readRequestUser(FIELDS, undefined, true).credential, undefined);
  const empty = new Map([["remote-user", [""]]]);
  assertEquals(readRequestUser(empty, "remote-user", true).credential, undefined);
});

/** A proxy that adds its field behind the client's own, instead of replacing it, must not let the client choose. */
Deno.test("readHeaderUser() refuses two values, however they were combined", () => {
  const fields = new Map([["remote-user", ["root", "alice"]]]);
  const { credential } = readRequestUser(fields, "remote-user", true);
  assertEquals(credential, { type: "header", user: "root, alice" });
  for (const value of ["root, alice", "root,alice", ",alice", "alice,"]) {
    assertEquals(readHeaderUser(value), { refused: "The proxy names more than one user" }, value);
  }
});

Deno.test("readHeaderUser() derives the name from the id, without the host of an e-mail address", () => {
  const latin1 = (text: string) => String.fromCharCode(...new TextEncoder().encode(text));
  const cases: Array<[string, string, string | undefined]> = [
    ["alice", "alice", "alice"],
    [" alice ", "alice", "alice"],
    ["alice@example.com", "alice@example.com", "alice"],
    ["Alice Smith", "Alice Smith", "Alice-Smith"],
    ["@alice", "@alice", "alice"],
    ["auth0|5f7c8", "auth0|5f7c8", "auth0-5f7c8"],
    [latin1("Zo\u00eb"), "Zo\u00eb", "Zo\u00eb"],
    ["Zo\u00eb", "Zo\u00eb", "Zo\u00eb"], // a proxy that sends Latin-1
    ["!", "!", undefined],
  ];
  for (const [value, id, name] of cases) {
    assertEquals(readHeaderUser(value), name === undefined ? { id } : { id, name }, value);
  }
});

Deno.test("readHeaderUser() refuses ids that are too long or have control characters", () => {
  const latin1 = (text: string) => String.fromCharCode(...new TextEncoder().encode(text));
  const malformed = { refused: "The proxy names a user whose name is malformed" };
  for (const value of [" ", "x".repeat(257), "a\tb", latin1("\u202ealice"), latin1("a\u0085b")]) {
    assertEquals(readHeaderUser(value), malformed, JSON.stringify(value));
  }
});
