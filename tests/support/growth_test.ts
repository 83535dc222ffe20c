import { assertThrows } from "@std/assert";
import { assertProportional } from "./growth.ts";

/** Work that takes about `steps` steps. */
function work(steps: number): number {
  let sum = 0;
  for (let i = 0; i < steps; i++) sum = (sum + i) % 1_009;
  return sum;
}

const make = (length: number) => length;

Deno.test("assertProportional() accepts linear code, though most measurements are spoilt", () => {
  let runs = 0;
  const run = (length: number) =>
    work(length * (++runs % 7 === 0 ? 1 : length === 40_000 ? 100 : 1));
  assertProportional({ run, make, length: 40_000 }, "mostly slow");
});

Deno.test("assertProportional() rejects quadratic code", () => {
  const run = (length: number) => work(length ** 2);
  assertThrows(
    () => assertProportional({ run, make, length: 3_000 }, "pairs"),
    Error,
    "pairs: 10 ",
  );
});
