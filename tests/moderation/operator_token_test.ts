import { assertEquals, assertThrows } from "@std/assert";
import {
  AuthFailures,
  OperatorToken,
  OperatorTokenError,
  readOperatorToken,
} from "../../lib/moderation/operator_token.ts";
import { TempFolder } from "../support/temp_folder.ts";

const TOKEN = "0123456789abcdef";

Deno.test("OperatorToken.matches() accepts the token and nothing else", () => {
  const token = new OperatorToken(TOKEN);
  assertEquals(token.matches(TOKEN), true);
  for (const other of ["", TOKEN.slice(1), `${TOKEN}0`, TOKEN.toUpperCase(), `${TOKEN}\n`]) {
    assertEquals(token.matches(other), false, other);
  }
});

Deno.test("readOperatorToken() accepts one line with any line ending", async () => {
  await using folder = new TempFolder();
  const path = folder.path("token");
  for (const end of ["", "\n", "\r\n"]) {
    Deno.writeTextFileSync(path, TOKEN + end);
    assertEquals(readOperatorToken(path).token.matches(TOKEN), true, JSON.stringify(end));
  }
});

Deno.test("readOperatorToken() reports whether other users can read the file", async () => {
  await using folder = new TempFolder();
  const path = folder.path("token");
  Deno.writeTextFileSync(path, TOKEN);
  for (const [mode, isExposed] of [[0o600, false], [0o640, true], [0o604, true]] as const) {
    Deno.chmodSync(path, mode);
    assertEquals(readOperatorToken(path).isExposed, isExposed, mode.toString(8));
  }
});

Deno.test("readOperatorToken() refuses an invalid token without showing it", async () => {
  await using folder = new TempFolder();
  const path = folder.path("token");
  const wrong = "it is not one line of 16 to 1024 characters of ASCII without spaces";
  const cases: Array<[string | undefined, string]> = [
    [undefined, "it is not there"],
    ["", "it is empty"],
    ["\n", "it is empty"],
    [TOKEN.slice(1), wrong],
    [TOKEN.padEnd(1025, "x"), wrong],
    [`${TOKEN} ${TOKEN}`, wrong],
    [`${TOKEN}\n${TOKEN}\n`, wrong],
    [`${TOKEN}\u00e9`, wrong],
  ];
  for (const [text, state] of cases) {
    if (text !== undefined) Deno.writeTextFileSync(path, text);
    const error = assertThrows(() => readOperatorToken(path), OperatorTokenError);
    assertEquals(error.message, `Cannot use operator token file '${path}': ${state}`);
  }
});

Deno.test("AuthFailures limits an address after five wrong tokens and allows one more every 12 s", () => {
  const failures = new AuthFailures();
  for (let i = 0; i < 5; i++) {
    assertEquals(failures.isLimited("192.0.2.1", 0), false);
    failures.add("192.0.2.1", 0);
  }
  assertEquals(failures.isLimited("192.0.2.1", 11_999), true);
  assertEquals(failures.isLimited("192.0.2.2", 0), false);
  assertEquals(failures.isLimited("192.0.2.1", 12_001), false);
  failures.add("192.0.2.1", 12_001);
  assertEquals(failures.isLimited("192.0.2.1", 12_001), true);
});

/** Each refusal was a line in the log: a client that kept reconnecting wrote thousands of lines a minute. */
Deno.test("AuthFailures.isFirstRefusal() is true once after each wrong token", () => {
  const failures = new AuthFailures();
  for (let i = 0; i < 5; i++) failures.add("2001:db8::1", 0);
  assertEquals([1, 2, 3].map((i) => failures.isFirstRefusal(`2001:db8::${i}`)), [
    true,
    false,
    false,
  ]);
  failures.add("192.0.2.1", 0);
  assertEquals(failures.isFirstRefusal("2001:db8::1"), false);
  failures.add("2001:db8::1", 12_001);
  assertEquals(["2001:db8::1", "2001:db8::1"].map((ip) => failures.isFirstRefusal(ip)), [
    true,
    false,
  ]);
});

Deno.test("AuthFailures counts a /64 as one address and limits loopback too", () => {
  const failures = new AuthFailures();
  for (let i = 1; i <= 5; i++) {
    failures.add(`2001:db8::${i}`, 0);
    failures.add(`127.0.0.${i}`, 0);
  }
  assertEquals(failures.isLimited("2001:db8::6", 0), true);
  assertEquals(failures.isLimited("2001:db8:0:1::6", 0), false);
  assertEquals(failures.isLimited("::1", 0), true);
});

Deno.test("AuthFailures remembers at most 65,536 addresses and forgets old ones", () => {
  const failures = new AuthFailures();
  for (let i = 0; i < 70_000; i++) failures.add(`10.${i >> 16}.${i >> 8 & 255}.${i & 255}`, 0);
  assertEquals(failures.size, 65_536);
  failures.add("192.0.2.1", 12_000);
  assertEquals(failures.size, 1);
});
