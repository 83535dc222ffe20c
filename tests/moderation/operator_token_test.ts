import { assertEquals, assertThrows } from "@std/assert";
import { OperatorTokenError, readOperatorToken } from "../../lib/moderation/operator_token.ts";
import { TempFolder } from "../support/temp_folder.ts";

const TOKEN = "0123456789abcdef";

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
