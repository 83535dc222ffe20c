import { assertEquals, assertThrows } from "@std/assert";
import { readPassword, readPasswordFile } from "../../lib/identity/password.ts";
import { CredentialError } from "../../lib/identity/secret.ts";
import { TempFolder } from "../support/temp_folder.ts";

Deno.test("Password.matches() accepts the password in any Unicode form, with blanks around it, and nothing else", () => {
  const password = readPassword("password", "caf\u00e9 au lait");
  for (const text of ["caf\u00e9 au lait", "cafe\u0301 au lait", "  caf\u00e9 au lait\r"]) {
    assertEquals(password.matches(text), true, JSON.stringify(text));
  }
  const wrong = ["", "caf\u00e9 au", "Caf\u00e9 au lait", "caf\u00e9  au lait", "cafe au lait"];
  for (const text of [...wrong, "x".repeat(100_000)]) assertEquals(password.matches(text), false);
});

Deno.test("readPasswordFile() accepts one line of 8 to 256 characters", async () => {
  await using folder = new TempFolder();
  const path = folder.path("password");
  for (const text of ["hunter22", "x".repeat(256), "\u00fcber \u5c71 \u{1f600}"]) {
    for (const end of ["", "\n", "\r\n"]) {
      Deno.writeTextFileSync(path, text + end);
      assertEquals(readPasswordFile(path).password.matches(text), true);
    }
  }
});

Deno.test("readPasswordFile() reports whether other users can read the file", async () => {
  await using folder = new TempFolder();
  const path = folder.path("password");
  Deno.writeTextFileSync(path, "hunter22");
  for (const [mode, isExposed] of [[0o600, false], [0o640, true], [0o604, true]] as const) {
    Deno.chmodSync(path, mode);
    assertEquals(readPasswordFile(path).isExposed, isExposed, mode.toString(8));
  }
});

Deno.test("readPasswordFile() refuses an invalid password without showing it", async () => {
  await using folder = new TempFolder();
  const path = folder.path("password");
  const wrong = "it is not one line of 8 to 256 characters";
  const cases: Array<[string | undefined, string]> = [
    [undefined, "it is not there"],
    ["", "it is empty"],
    ["\n", "it is empty"],
    ["hunter2", wrong],
    ["       2        ", wrong],
    ["\u200b".repeat(10), wrong],
    ["hunter2\nhunter2\n", wrong],
    ["hunter\t22", wrong],
    ["hunter2\x1b[2J", wrong],
    ["x".repeat(257), wrong],
  ];
  for (const [text, reason] of cases) {
    if (text !== undefined) Deno.writeTextFileSync(path, text);
    const error = assertThrows(() => readPasswordFile(path), CredentialError);
    assertEquals(error.message, `Cannot use password file '${path}': ${reason}`);
  }
});
