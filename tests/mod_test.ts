import { assert, assertEquals } from "@std/assert";
import { projectPath } from "./support/paths.ts";
import { run } from "./support/program.ts";

/** What users of the package do not need. */
const PRIVATE =
  /\/(?:tests|docs|\.ci|lib\/std|static\/src|angular-chat-client|Dockerfile|deno\.lock)(?:\/| )/;

/** The registry once refused the package because of inferred types. */
Deno.test("The package can be published: types are explicit, and the right files are included", async () => {
  const command = [Deno.execPath(), "publish", "--dry-run", "--allow-dirty"];
  const { code, stdout, stderr } = await run(command, projectPath("."));
  const output = stdout + stderr;
  assertEquals(code, 0, output);
  for (const entry of ["mod.ts", "lib/client/mod.ts"]) assert(output.includes(`Check ${entry}\n`));
  for (const file of ["LICENSE", "README.md", "mod.ts", "lib/client/mod.ts", "static/app.js"]) {
    assert(output.includes(`/${file} (`), file);
  }
  assertEquals(output.split("\n").filter((line) => PRIVATE.test(line)), []);
});
