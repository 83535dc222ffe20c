import { assertEquals } from "@std/assert";
import { elementsOf, listHas, splitList } from "../../../lib/protocol/http/list_field.ts";

Deno.test("splitList() returns the elements of all fields (RFC 9110 5.6.1)", () => {
  const cases: ReadonlyArray<readonly [values: string[], elements: string[]]> = [
    [[], []],
    [[""], []],
    [["a"], ["a"]],
    [["a,b"], ["a", "b"]],
    [["a , b\t,\tc"], ["a", "b", "c"]],
    [[",a,, ,b,"], ["a", "b"]],
    [["a", "", "b,c"], ["a", "b", "c"]],
    [["a b,c"], ["a b", "c"]],
  ];
  for (const [values, elements] of cases) {
    assertEquals(splitList(values), elements, values.join("|"));
  }
});

Deno.test("splitList() keeps commas in quoted strings (RFC 9110 5.6.4)", () => {
  assertEquals(splitList(['"a,b", c']), ['"a,b"', "c"]);
  assertEquals(splitList(['x="a\\",b";y, "z']), ['x="a\\",b";y', '"z']);
  assertEquals(splitList(['"never closed, ', "b"]), ['"never closed,', "b"]);
});

Deno.test("splitList() trims only spaces and tabs", () => {
  assertEquals(splitList(["\u00a0a\u00a0,b"]), ["\u00a0a\u00a0", "b"]);
});

Deno.test("listHas() compares whole elements, ignoring case", () => {
  const head = { fields: new Map([["connection", ["keep-alive,UPGRADE", "x"]]]) };
  assertEquals(elementsOf(head, "connection"), ["keep-alive", "UPGRADE", "x"]);
  assertEquals(
    ["upgrade", "x", "keep", "keep-alive,upgrade"].map((it) => listHas(head, "connection", it)),
    [
      true,
      true,
      false,
      false,
    ],
  );
  assertEquals(elementsOf(head, "upgrade"), []);
});
