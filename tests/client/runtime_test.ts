import { assertEquals } from "@std/assert";
import { RUNTIME } from "../../lib/client/runtime.ts";
import { MAX_REF_LENGTH } from "../../lib/wire/protocol.ts";

/** From this length on, the server recognizes an id across connections, in UTF-16 units. */
const GLOBAL_ID = 16;

Deno.test("RUNTIME creates ids that are unique, and that the server takes as such", () => {
  const ids = Array.from({ length: 100 }, RUNTIME.createId);
  assertEquals(new Set(ids).size, 100);
  assertEquals(ids.every(({ length }) => length >= GLOBAL_ID && length <= MAX_REF_LENGTH), true);
});

Deno.test("RUNTIME calls after a time, unless it is cancelled", async () => {
  const { clock } = RUNTIME;
  const calls: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.after(0, () => calls.push("cancelled"))();
  clock.after(1, () => {
    calls.push("due");
    resolve();
  });
  await promise;
  assertEquals(calls, ["due"]);
});
