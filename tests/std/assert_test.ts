/**
 * The assertions, as the documentation of `@std/assert` describes them. These tests use `node:assert`, so that a broken
 * assertion cannot hide itself.
 */
import {
  assert,
  assertEquals,
  AssertionError,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import node from "node:assert/strict";

function failure(fn: () => void): string | undefined {
  try {
    fn();
  } catch (error) {
    node.ok(error instanceof AssertionError && error.name === "AssertionError", String(error));
    return error.message;
  }
  return undefined;
}

async function rejection(fn: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await fn();
  } catch (error) {
    node.ok(error instanceof AssertionError, String(error));
    return error.message;
  }
  return undefined;
}

class Point {
  constructor(readonly x: number) {}
}

const loop: Record<string, unknown> = { a: 1 };
loop["self"] = loop;
const sameLoop: Record<string, unknown> = { a: 1 };
sameLoop["self"] = sameLoop;

const EQUAL: ReadonlyArray<[unknown, unknown]> = [
  [0, -0],
  [NaN, NaN],
  [{ a: 1, b: [2, { c: 3 }] }, { b: [2, { c: 3 }], a: 1 }],
  [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  [new Set([1, { a: 2 }]), new Set([{ a: 2 }, 1])],
  [new Map([["a", { b: 1 }], ["c", { b: 2 }]]), new Map([["c", { b: 2 }], ["a", { b: 1 }]])],
  [new Map([[{ a: 1 }, 2]]), new Map([[{ a: 1 }, 2]])],
  [new Date(5), new Date(5)],
  [new Date(NaN), new Date(NaN)],
  [/a/g, /a/g],
  [new URL("http://a/"), new URL("http://a/")],
  [Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
  [Uint8Array.of(1).buffer, Uint8Array.of(1).buffer],
  [new Point(1), new Point(1)],
  [loop, sameLoop],
];

const DIFFERENT: ReadonlyArray<[unknown, unknown]> = [
  [1, "1"],
  [null, undefined],
  [{ a: undefined }, {}],
  [{ a: undefined }, { b: undefined }],
  [[1, undefined, 2], Array.from<unknown>({ length: 3 }).with(0, 1)],
  // deno-lint-ignore no-sparse-arrays
  [[1, , 2], [1, undefined, 2]],
  [[1], [1, 2]],
  [new Point(1), { x: 1 }],
  [new Point(1), new Point(2)],
  [new Set([1]), new Set([2])],
  [new Set([{ a: 1 }]), new Set([{ a: 2 }])],
  [new Map([["a", 1]]), new Map([["a", 2]])],
  [new Date(5), new Date(6)],
  [/a/g, /a/],
  [new URL("http://a/"), new URL("http://b/")],
  [Uint8Array.of(1), Uint8Array.of(2)],
  [Uint8Array.of(1), Int8Array.of(1)],
  [Uint8Array.of(1).buffer, Uint8Array.of(2).buffer],
  [() => {}, () => {}],
  [Symbol("a"), Symbol("a")],
  [{ [Symbol.iterator]: 1 }, { [Symbol.iterator]: 2 }],
];

Deno.test("assertEquals() and assertNotEquals() compare deeply", () => {
  for (const [a, b] of EQUAL) {
    node.equal(failure(() => assertEquals(a, b)), undefined);
    node.match(failure(() => assertNotEquals(a, b)) ?? "", /^Expected actual: .* not to be: /s);
  }
  for (const [a, b] of DIFFERENT) {
    node.match(failure(() => assertEquals(a, b)) ?? "", /^Values are not equal\.\n/);
    node.equal(failure(() => assertNotEquals(a, b)), undefined);
  }
});

Deno.test("assertEquals() reports the difference", () => {
  const message = failure(() => assertEquals({ a: 1, b: 2 }, { a: 1, b: 3 }, "sums")) ?? "";
  node.match(message, /^Values are not equal: sums\n/);
  node.match(message, /b: 2/);
  node.match(message, /b: 3/);
});

Deno.test("assert(), assertMatch() and assertStringIncludes() throw unless the condition holds", () => {
  for (const value of [0, "", null, undefined, false, NaN]) {
    node.equal(failure(() => assert(value)), "");
    node.equal(failure(() => assert(value, "why")), "why");
  }
  node.equal(failure(() => assert("x")), undefined);
  node.equal(failure(() => assertMatch("abc", /b/)), undefined);
  node.equal(failure(() => assertMatch("abc", /x/)), 'Expected actual: "abc" to match: "/x/".');
  node.equal(failure(() => assertStringIncludes("abc", "bc")), undefined);
  node.equal(
    failure(() => assertStringIncludes("abc", "x", "why")),
    'Expected actual: "abc" to contain: "x": why',
  );
});

const fail = (error: unknown) => () => {
  throw error;
};

Deno.test("assertThrows() returns the error if its class and message are as expected", () => {
  const error = new RangeError("out of \x1b[1mbounds\x1b[0m");
  node.equal(assertThrows(fail(error)), error);
  node.equal(assertThrows(fail(error), Error, "out of bounds"), error);
  node.equal(assertThrows(fail("text")), "text");
  const message = (fn: () => unknown) => failure(() => void fn());
  node.equal(message(() => assertThrows(() => 1)), "Expected function to throw.");
  node.equal(message(() => assertThrows(() => 1, "why")), "Expected function to throw: why");
  node.equal(
    message(() => assertThrows(fail(error), TypeError)),
    'Expected error to be instance of "TypeError", but was "RangeError".',
  );
  node.match(
    message(() => assertThrows(fail(error), Error, "x")) ?? "",
    /to include "x", but got /,
  );
  node.equal(message(() => assertThrows(fail("t"), Error)), "A non-Error object was thrown.");
});

Deno.test("assertRejects() resolves to the reason, and rejects if the function throws", async () => {
  const error = new RangeError("out of bounds");
  const reject = () => Promise.reject(error);
  node.equal(await assertRejects(reject), error);
  node.equal(await assertRejects(reject, RangeError, "bounds"), error);
  node.equal(
    await rejection(() => assertRejects(() => Promise.resolve(1))),
    "Expected function to reject.",
  );
  const thrown = "Function throws when expected to reject.";
  node.equal(await rejection(() => assertRejects(fail(error) as () => Promise<void>)), thrown);
  node.equal(await rejection(() => assertRejects(() => 5 as unknown as Promise<void>)), thrown);
  node.equal(
    await rejection(() => assertRejects(reject, TypeError, "", "why")),
    'Expected error to be instance of "TypeError", but was "RangeError": why',
  );
  node.equal(
    await rejection(() => assertRejects(() => Promise.reject("text"), Error)),
    "A non-Error object was rejected.",
  );
});
