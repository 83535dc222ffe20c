import { assertEquals, assertThrows } from "@std/assert";
import { type CredentialOptions, readCredentials } from "../../lib/identity/credentials.ts";
import { CredentialError } from "../../lib/identity/secret.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { generateKey } from "../support/tokens.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const key = await generateKey("EdDSA");

Deno.test("readCredentials() reads nothing without options", () => {
  assertEquals(readCredentials({}), {
    password: undefined,
    jwtKeys: undefined,
    apiTokens: undefined,
    exposed: [],
    unusedKeys: [],
  });
});

Deno.test("readCredentials() reads files and values alike", async () => {
  await using folder = new TempFolder();
  const write = (name: string, text: string) => {
    Deno.writeTextFileSync(folder.path(name), text, { mode: 0o600 });
    return folder.path(name);
  };
  const sources: CredentialOptions[] = [
    {
      passwordFile: write("password", "hunter22\n"),
      jwtKeyFile: write("key", key.text),
      apiTokenFile: write("tokens", `ci ${SECRET} read=*\n`),
    },
    {
      password: "hunter22",
      jwtKey: key.jwk,
      apiTokens: [{ name: "ci", token: SECRET, read: ["*"] }],
    },
  ];
  for (const source of sources) {
    const { password, jwtKeys, apiTokens, exposed } = readCredentials(source);
    assertEquals(password?.matches("hunter22"), true);
    assertEquals(jwtKeys?.map(({ algorithm }) => algorithm), ["EdDSA"]);
    assertEquals(apiTokens?.find(SECRET)?.name, "ci");
    assertEquals(exposed, []);
  }
});

Deno.test("readCredentials() reports files that others can read, except public keys", async () => {
  await using folder = new TempFolder();
  const write = (name: string, text: string) => {
    Deno.writeTextFileSync(folder.path(name), text);
    Deno.chmodSync(folder.path(name), 0o644);
    return folder.path(name);
  };
  const passwordFile = write("password", "hunter22");
  const jwtKeyFile = write("secret", SECRET);
  const apiTokenFile = write("tokens", `ci ${SECRET} read=*`);
  assertEquals(readCredentials({ passwordFile, jwtKeyFile, apiTokenFile }).exposed.toSorted(), [
    `API token file '${apiTokenFile}'`,
    `JWT key file '${jwtKeyFile}'`,
    `password file '${passwordFile}'`,
  ]);
  assertEquals(readCredentials({ jwtKeyFile: write("public", key.text) }).exposed, []);
});

Deno.test("readCredentials() names what cannot be used, and does not show it", () => {
  const cases: Array<[CredentialOptions, string]> = [
    [{ password: "short" }, "Cannot use password: it is not one line of 8 to 256 characters"],
    [
      { jwtKey: "short" },
      "Cannot use JWT key: it is a secret of fewer than 32 or more than 1024 bytes",
    ],
    [
      { jwtKeyFile: "/does/not/exist" },
      "Cannot use JWT key file '/does/not/exist': it is not there",
    ],
    [
      { apiTokens: [{ name: "ci", token: "short" }] },
      "Cannot use API tokens: the token of 'ci' is not 16 to 1024 characters of ASCII without spaces",
    ],
  ];
  for (const [options, message] of cases) {
    assertEquals(assertThrows(() => readCredentials(options), CredentialError).message, message);
  }
});

Deno.test("readCredentials() rejects options that contradict each other, and values of other types", () => {
  const cases: Array<[object, string]> = [
    [
      { password: "hunter22", passwordFile: "a" },
      "Cannot use password: there is a file with it too",
    ],
    [{ jwtKey: SECRET, jwtKeyFile: "a" }, "Cannot use jwtKey: there is a file with it too"],
    [{ apiTokens: [], apiTokenFile: "a" }, "Cannot use apiTokens: there is a file with it too"],
    [{ jwtAudience: "chat" }, "Cannot check the audience of tokens: there is no key for them"],
    [{ password: 12345678 }, "Cannot use password: not a text"],
    [{ jwtKey: null }, "Cannot use jwtKey: neither a text nor a JWK"],
    [{ jwtKey: 7 }, "Cannot use jwtKey: neither a text nor a JWK"],
  ];
  for (const [options, message] of cases) {
    const error = assertThrows(() => readCredentials(options as CredentialOptions), TypeError);
    assertEquals(error.message, message);
  }
});
