/**
 * Passwords, keys and tokens that a server starts with, or cannot start with.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { CredentialError } from "../../mod.ts";
import { eachInTurn } from "../support/patience.ts";
import { denoRun, MAIN, Program, run } from "../support/program.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { generateKey } from "../support/tokens.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const key = await generateKey("ES256");

/** Each flag with the option of the same meaning, what an error calls the file, and a text that is valid. */
const FILES = [
  ["--password-file", "passwordFile", "password file", "hunter22"],
  ["--jwt-key-file", "jwtKeyFile", "JWT key file", SECRET],
  ["--api-token-file", "apiTokenFile", "API token file", `ci ${SECRET} read=*`],
] as const;

/** Runs main.ts with only these permissions besides the network. */
function withPermissions(permissions: readonly string[], flags: readonly string[]): string[] {
  const [deno = "", ...args] = denoRun(MAIN, "--port=0", ...flags);
  const at = args.indexOf("--allow-net");
  return [deno, ...args.slice(0, at), "--no-prompt", ...permissions, ...args.slice(at)];
}

Deno.test("A file that may not be read ends the program with one line, which names the missing permission", async () => {
  await eachInTurn(FILES, async ([flag, , what]) => {
    assertEquals(await run(withPermissions([], [flag, "secrets"])), {
      code: 1,
      stdout: "",
      stderr: `Cannot use ${what} 'secrets': it needs --allow-read for this path\n`,
    });
  });
});

Deno.test("A file that cannot be used ends the program with one line, which does not show it", async () => {
  await using folder = new TempFolder();
  const path = folder.path("secrets");
  const content = "hunter2";
  Deno.writeTextFileSync(path, content);
  await eachInTurn(FILES, async ([flag, option, what]) => {
    const command = withPermissions([`--allow-read=${path}`], [flag, path]);
    const { code, stdout, stderr } = await run(command);
    assertEquals([code, stdout], [1, ""]);
    assert(stderr.startsWith(`Cannot use ${what} '${path}': `), stderr);
    assertEquals([stderr.split("\n").length, stderr.includes(content)], [2, false]);
    assertThrows(() => new TestServer({ [option]: path }), CredentialError, `Cannot use ${what}`);
  });
});

Deno.test("Flags for authentication that need another flag end the program with 2", async () => {
  const cases: Array<[string[], string]> = [
    [
      ["--user-header", "X-Forwarded-User"],
      "Cannot read users from X-Forwarded-User: no proxy is trusted\n",
    ],
    [["--jwt-audience=chat"], "Cannot check the audience of tokens: there is no key for them\n"],
  ];
  await eachInTurn(cases, async ([flags, stderr]) => {
    assertEquals(await run(denoRun(MAIN, "--port=0", ...flags)), { code: 2, stdout: "", stderr });
  });
});

Deno.test("The program starts with the permission to read the files that its flags name", async () => {
  await using folder = new TempFolder();
  const paths = FILES.map(([, option, , text]) => {
    const path = folder.path(option);
    Deno.writeTextFileSync(path, text, { mode: 0o600 });
    return path;
  });
  const flags = FILES.flatMap(([flag], i) => [flag, paths[i]!]);
  await using program = new Program(withPermissions([`--allow-read=${paths.join(",")}`], flags));
  await program.listens();
  await program.end("SIGTERM");
  assertEquals(program.err, []);
  const output = program.out.join("\n");
  for (const secret of ["hunter22", SECRET]) assertEquals(output.includes(secret), false);
  assertEquals(output.includes("Others on this machine"), false);
});

Deno.test("A file with secrets that others can read is logged, and one with public keys is not", async () => {
  await using folder = new TempFolder();
  await eachInTurn(
    [...FILES, ["", "jwtKeyFile", "", key.text] as const],
    async ([, option, what, text]) => {
      const path = folder.path("secrets");
      Deno.writeTextFileSync(path, text);
      await eachInTurn([0o600, 0o644], async (mode) => {
        Deno.chmodSync(path, mode);
        await using server = new TestServer({ [option]: path });
        const warning = `Others on this machine can read the ${what} '${path}', try chmod 600`;
        assertEquals(server.hasLogged(/Others/), mode === 0o644 && what !== "");
        assertEquals(server.hasLogged(warning), mode === 0o644 && what !== "");
      });
    },
  );
});

Deno.test("Keys of a JWK Set that verify no tokens are logged, and the others are used", async () => {
  const jwtKey = { keys: [{ ...key.jwk, use: "enc" }, key.jwk] };
  await using server = new TestServer({ jwtKey });
  assert(server.hasLogged("Key of tokens left out: key 1 is not meant for signatures ('use')"));
});
