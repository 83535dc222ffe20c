import { assertEquals, assertThrows } from "@std/assert";
import {
  Attempts,
  OperatorToken,
  OperatorTokenError,
  readOperatorToken,
} from "../../lib/moderation/operator_token.ts";
import { TempFolder } from "../support/temp_folder.ts";

const TOKEN = "0123456789abcdef";

Deno.test("OperatorToken.matches() the token and nothing else", () => {
  const token = new OperatorToken(TOKEN);
  assertEquals(token.matches(TOKEN), true);
  for (const other of ["", TOKEN.slice(1), `${TOKEN}0`, TOKEN.toUpperCase(), `${TOKEN}\n`]) {
    assertEquals(token.matches(other), false, other);
  }
});

Deno.test("readOperatorToken() takes one line", async () => {
  await using folder = new TempFolder();
  const path = folder.path("token");
  for (const end of ["", "\n", "\r\n"]) {
    Deno.writeTextFileSync(path, TOKEN + end);
    assertEquals(readOperatorToken(path).token.matches(TOKEN), true, JSON.stringify(end));
  }
});

Deno.test("readOperatorToken() says whether others can read it", async () => {
  await using folder = new TempFolder();
  const path = folder.path("token");
  Deno.writeTextFileSync(path, TOKEN);
  for (const [mode, isExposed] of [[0o600, false], [0o640, true], [0o604, true]] as const) {
    Deno.chmodSync(path, mode);
    assertEquals(readOperatorToken(path).isExposed, isExposed, mode.toString(8));
  }
});

Deno.test("readOperatorToken() refuses what is no token, without telling it", async () => {
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

Deno.test("Attempts are spent after five, and one comes back every twelve seconds", () => {
  const attempts = new Attempts();
  for (let i = 0; i < 5; i++) {
    assertEquals(attempts.areSpent("192.0.2.1", 0), false);
    attempts.note("192.0.2.1", 0);
  }
  assertEquals(attempts.areSpent("192.0.2.1", 11_999), true);
  assertEquals(attempts.areSpent("192.0.2.2", 0), false);
  assertEquals(attempts.areSpent("192.0.2.1", 12_001), false);
  attempts.note("192.0.2.1", 12_001);
  assertEquals(attempts.areSpent("192.0.2.1", 12_001), true);
});

/** Each look at a spent address was a line in the log: some thousand a minute, for whoever connects again and again. */
Deno.test("Attempts say once behind each wrong one that an address is spent", () => {
  const attempts = new Attempts();
  for (let i = 0; i < 5; i++) attempts.note("2001:db8::1", 0);
  assertEquals([1, 2, 3].map((i) => attempts.isNews(`2001:db8::${i}`)), [true, false, false]);
  attempts.note("192.0.2.1", 0);
  assertEquals(attempts.isNews("2001:db8::1"), false);
  attempts.note("2001:db8::1", 12_001);
  assertEquals(["2001:db8::1", "2001:db8::1"].map((ip) => attempts.isNews(ip)), [true, false]);
});

Deno.test("Attempts count a /64 as one address, and the machine itself too", () => {
  const attempts = new Attempts();
  for (let i = 1; i <= 5; i++) {
    attempts.note(`2001:db8::${i}`, 0);
    attempts.note(`127.0.0.${i}`, 0);
  }
  assertEquals(attempts.areSpent("2001:db8::6", 0), true);
  assertEquals(attempts.areSpent("2001:db8:0:1::6", 0), false);
  assertEquals(attempts.areSpent("::1", 0), true);
});

Deno.test("Attempts forget who was wrong long ago, and remember so many and no more", () => {
  const attempts = new Attempts();
  for (let i = 0; i < 70_000; i++) attempts.note(`10.${i >> 16}.${i >> 8 & 255}.${i & 255}`, 0);
  assertEquals(attempts.size, 65_536);
  attempts.note("192.0.2.1", 12_000);
  assertEquals(attempts.size, 1);
});
