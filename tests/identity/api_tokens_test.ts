import { assertEquals, assertThrows } from "@std/assert";
import { ApiTokens, parseApiTokens, readApiTokenFile } from "../../lib/identity/api_tokens.ts";
import { allows } from "../../lib/identity/room_rights.ts";
import { CredentialError } from "../../lib/identity/secret.ts";
import { TempFolder } from "../support/temp_folder.ts";

const CI = "5c1b3f0e0c7a4d1f9a6e2b8d7c4f1a90";
const ARCHIVER = "0b9d8e7f6a5c4b3d2e1f0a9b8c7d6e5f";

const FILE = `# name    token     rights
ci        ${CI}  write=dev,deploy-*

  archiver\t${ARCHIVER}\tread=* write=archive  
# old     ${CI.replaceAll("1", "2")}  read=*
`;

Deno.test("ApiTokens.find() returns the identity of a token, and nothing for others", () => {
  const tokens = new ApiTokens(parseApiTokens(FILE.replaceAll("\n", "\r\n")));
  const ci = tokens.find(CI);
  assertEquals(ci, {
    id: "\0api:ci",
    name: "ci",
    rooms: { join: [], read: [], write: ["dev", "deploy-*"] },
  });
  assertEquals(tokens.find(ARCHIVER)?.name, "archiver");
  for (
    const other of ["", "ci", CI.slice(1), `${CI} `, CI.toUpperCase(), CI.replaceAll("1", "2")]
  ) {
    assertEquals(tokens.find(other), undefined, other);
  }
});

/** Identities without a list may do everything; a token that lists only rooms to write to may read none. */
Deno.test("ApiTokens gives no right that is not listed", () => {
  const tokens = new ApiTokens(parseApiTokens(FILE));
  const rights = tokens.find(CI)?.rooms;
  assertEquals(allows(rights, "write", "DEV"), true);
  assertEquals(allows(rights, "write", "deploy-web"), true);
  assertEquals(allows(rights, "write", "lobby"), false);
  assertEquals(allows(rights, "read", "dev"), false);
  assertEquals(allows(rights, "join", "dev"), false);
  const none = new ApiTokens([{ name: "none", token: CI }]).find(CI)?.rooms;
  for (const act of ["join", "read", "write"] as const) {
    assertEquals(allows(none, act, "dev"), false);
  }
});

Deno.test("readApiTokenFile() refuses an invalid file, and shows no token", async () => {
  await using folder = new TempFolder();
  const path = folder.path("tokens");
  const cases: Array<[string | undefined, string]> = [
    [undefined, "it is not there"],
    ["", "it is empty"],
    ["# nothing\n\n", "it has no tokens"],
    [
      `# x\na/b ${CI} read=*`,
      "line 2 does not begin with a name of 1 to 32 letters, digits, '-', '_' or '.'",
    ],
    ["ci", "line 1 has no token of 16 to 1024 characters of ASCII without spaces"],
    [
      `ci ${CI.slice(17)} read=*`,
      "line 1 has no token of 16 to 1024 characters of ASCII without spaces",
    ],
    [`ci ${CI}`, "line 1 has no rights: read=<rooms>, write=<rooms>"],
    [`ci ${CI} all`, "line 1 has a right that is not read=<rooms> or write=<rooms>"],
    [`ci ${CI} read=`, "line 1 has a right that is not read=<rooms> or write=<rooms>"],
    [`ci ${CI} join=dev`, "line 1 has a right that is not read=<rooms> or write=<rooms>"],
    [`ci ${CI} read=a read=b`, "line 1 has 'read' twice"],
    [`ci ${CI} read=a,,b`, "line 1 has a room that is empty"],
    [`ci ${CI} read=*-dev`, "line 1 has a room that has a '*' before its end"],
    [`ci ${CI} read=a, b`, "line 1 has a room that is empty"],
    [`ci ${CI} read=*\nCI ${ARCHIVER} read=*`, "the name 'CI' stands in it twice"],
    [`ci ${CI} read=*\nother ${CI} read=*`, "'other' has the token of another"],
    [
      Array.from({ length: 1_001 }, (_, i) => `n${i} ${CI}${i} read=*`).join("\n"),
      "it has more than 1000 tokens",
    ],
  ];
  for (const [text, reason] of cases) {
    if (text !== undefined) Deno.writeTextFileSync(path, text);
    const error = assertThrows(() => readApiTokenFile(path), CredentialError);
    assertEquals(error.message, `Cannot use API token file '${path}': ${reason}`);
  }
  Deno.writeTextFileSync(path, FILE);
  Deno.chmodSync(path, 0o640);
  assertEquals(readApiTokenFile(path).isExposed, true);
});

Deno.test("ApiTokens refuses values that a file could not have", () => {
  const cases: Array<[ConstructorParameters<typeof ApiTokens>[0], string]> = [
    [
      [{ name: "a b", token: CI }],
      "token 1 has a name that is not 1 to 32 letters, digits, '-', '_' or '.'",
    ],
    [
      [{ name: "ci", token: "short" }],
      "the token of 'ci' is not 16 to 1024 characters of ASCII without spaces",
    ],
    [[{ name: "ci", token: CI, write: ["a*b"] }], "'ci' has a room that has a '*' before its end"],
  ];
  for (const [tokens, message] of cases) {
    const error = assertThrows(() => new ApiTokens(tokens), TypeError);
    assertEquals(error.message, message);
  }
});
