import { assertEquals, assertStringIncludes } from "@std/assert";
import { projectPath } from "./support/paths.ts";
import { run } from "./support/program.ts";

/** The registry once refused the package because of inferred types. */
Deno.test("mod.ts can be published: all types are explicit and all files are included", async () => {
  const command = [Deno.execPath(), "publish", "--dry-run", "--allow-dirty"];
  const { code, stdout, stderr } = await run(command, projectPath("."));
  assertEquals(code, 0, stdout + stderr);
  assertStringIncludes(stdout + stderr, "/mod.ts");
});
