/** `delay` and `deadline` as the documentation of `@std/async` describes them. */
import { assertEquals, assertRejects } from "@std/assert";
import { deadline, delay } from "@std/async";
import { CHILD_ENVIRONMENT } from "../support/environment.ts";

const never = new Promise<never>(() => {});

/** A signal that is aborted in the next turn of the event loop. */
function soon(): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new RangeError("enough")), 0);
  return controller.signal;
}

Deno.test("delay() resolves, even without time to wait", async () => {
  for (const ms of [1, 0, -1, NaN]) assertEquals(await delay(ms), undefined);
});

Deno.test("delay() rejects with the reason of its signal, and clears its timer", async () => {
  const signal = AbortSignal.abort(new RangeError("enough"));
  await assertRejects(() => delay(1, { signal }), RangeError, "enough");
  // A timer of 2 ** 31 ms or more would fire at once.
  for (const ms of [60_000, 2 ** 31, 1e13, Infinity]) {
    await assertRejects(() => delay(ms, { signal: soon() }), RangeError, "enough");
  }
});

Deno.test("delay() does not keep the process alive if it is not persistent", async () => {
  const mod = JSON.stringify(import.meta.resolve("@std/async"));
  const script = `import { delay } from ${mod}; void delay(3e9, { persistent: false });`;
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", script],
    ...CHILD_ENVIRONMENT,
    stdout: "null",
    stderr: "null",
  }).output();
  assertEquals(code, 0);
});

Deno.test("deadline() settles as the promise does", async () => {
  for (const ms of [60_000, Infinity]) assertEquals(await deadline(Promise.resolve(1), ms), 1);
  await assertRejects(
    () => deadline(Promise.reject(new RangeError("no")), 60_000),
    RangeError,
    "no",
  );
});

Deno.test("deadline() rejects after the timeout, or when its signal is aborted", async () => {
  const error = await assertRejects(() => deadline(never, 1), DOMException);
  assertEquals(error.name, "TimeoutError");
  await assertRejects(() => deadline(never, 60_000, { signal: soon() }), RangeError, "enough");
  await assertRejects(() => deadline(never, Infinity, { signal: soon() }), RangeError, "enough");
  const signal = AbortSignal.abort(new RangeError("enough"));
  await assertRejects(() => deadline(Promise.resolve(1), 1, { signal }), RangeError, "enough");
});
