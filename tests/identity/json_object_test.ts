import { assertEquals } from "@std/assert";
import { parseJsonObject } from "../../lib/identity/json_object.ts";

Deno.test("parseJsonObject() returns the members of an object", () => {
  const text = '{ "a": 1, "b": [{ "a": 2 }, { "a": "a" }], "c": { "a": "\\"a\\":" }, "": "a" }';
  assertEquals(parseJsonObject(text), new Map<string, unknown>(Object.entries(JSON.parse(text))));
  assertEquals(parseJsonObject("{}"), new Map());
  assertEquals(parseJsonObject('{ "a": ["a", "a", "a"], "b": "a" }')?.size, 2);
});

Deno.test("parseJsonObject() refuses what is no object, and what is no JSON", () => {
  for (const text of ["", "[]", "null", "1", '"a"', "{", "{a:1}", "{}{}", "\ufeff{}", "{'a':1}"]) {
    assertEquals(parseJsonObject(text), undefined, text);
  }
});

/** Go takes the first of two, ECMAScript the last: one program would check a subject, and another one believe it. */
Deno.test("parseJsonObject() refuses an object with two members of one name", () => {
  const repeated = [
    '{"sub":"alice","sub":"root"}',
    '{"sub":"alice","\\u0073ub":"root"}',
    '{"a":{"b":1,"b":1}}',
    '{"a":[[{"b":1,"c":{},"b":1}]]}',
    '{"a":[1,2],"a":1}',
    '{"a":"}","a":1}',
    '{"a":"\\"","a":1}',
    '{"__proto__":1,"__proto__":2}',
    '{"":1,"":2}',
  ];
  for (const text of repeated) assertEquals(parseJsonObject(text), undefined, text);
  const different = ['{"a":{"b":1},"b":{"a":1}}', '{"a":[{"b":1},{"b":1}]}', '{"a":"b","b":"a"}'];
  for (const text of different) assertEquals(parseJsonObject(text) !== undefined, true, text);
});

Deno.test("parseJsonObject() gives no member that the text does not have", () => {
  const object = parseJsonObject('{ "__proto__": { "admin": true } }');
  assertEquals([object?.get("admin"), object?.get("constructor"), object?.size], [
    undefined,
    undefined,
    1,
  ]);
});
