import { assertEquals, assertStringIncludes } from "@std/assert";
import { projectPath } from "./support/paths.ts";
import { run } from "./support/program.ts";

/** Types that were to be inferred made the registry refuse the package, and no test noticed. */
Deno.test("The library is fit to be published: every type is written down, every file there", async () => {
  const command = [Deno.execPath(), "publish", "--dry-run", "--allow-dirty"];
  const { code, stdout, stderr } = await run(command, projectPath("."));
  assertEquals(code, 0, stdout + stderr);
  assertStringIncludes(stdout + stderr, "/mod.ts");
});
