/**
 * A short run of the fuzzers, with the same seeds each time; `deno task fuzz` is the long one.
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { utf8 } from "../protocol/reading.ts";
import { Random } from "../random.ts";
import { times } from "../support/patience.ts";
import { besiege } from "./server.ts";
import { Finding, shrink, type Target, tryTarget } from "./target.ts";
import { TARGETS } from "./targets.ts";

for (const target of TARGETS) {
  Deno.test(`Fuzz ${target.name}: ${target.short} seeds`, () =>
    times(target.short, (i) => tryTarget(target, i + 1)));
}

/** As many as connect within a second or two. */
const STRANGERS = 1_500;

Deno.test(`Fuzz the whole server: ${STRANGERS} strangers, and witnesses that lose nothing`, async () => {
  const { said } = await besiege(1, STRANGERS);
  assert(said > 0);
});

Deno.test("Fuzz targets make the same input from the same seed, and different ones from different seeds", () => {
  for (const { name, generate } of TARGETS) {
    const inputs = Array.from({ length: 50 }, (_, seed) => generate(new Random(seed)).join());
    assertEquals(Array.from(inputs, (_, seed) => generate(new Random(seed)).join()), inputs, name);
    assert(new Set(inputs).size > 25, name);
  }
});

/** A property that does not hold for an `x` with a `y` after it. */
const broken: Target = {
  name: "broken",
  short: 0,
  generate: () => utf8("a long story with x in it, and then y, and then more"),
  check(input) {
    if (/x.*y/.test(new TextDecoder().decode(input))) throw new RangeError("x before y");
  },
};

Deno.test("A finding names its seed and the smallest input", async () => {
  const finding = await assertRejects(
    () => tryTarget(broken, 7),
    Finding,
    "with seed 7: RangeError",
  );
  assertEquals(new TextDecoder().decode(finding.input), "xy");
  assert(finding.message.includes('2 bytes: "xy"'));
  assert(finding.message.includes("deno task fuzz --target broken --seed 7"));
});

Deno.test("shrink() keeps an input that cannot be smaller", async () => {
  assertEquals(await shrink(utf8("abc"), (input) => input.length === 3), utf8("abc"));
});
