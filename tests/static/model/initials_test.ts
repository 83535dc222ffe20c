import { assertEquals } from "@std/assert";
import { initials } from "../../../static/src/model/initials.ts";

Deno.test("initials() takes the first characters of the first two parts of a name", () => {
  const cases: ReadonlyArray<readonly [name: string, expected: string]> = [
    ["Nils", "N"],
    ["anna.berg", "AB"],
    ["DJ-\u041c\u0430\u0448\u0430", "D\u041c"],
    ["a_b_c", "AB"],
    ["guest-4821", "G"],
    ["4ever", "4"],
    ["--", "?"],
    ["", "?"],
    // A letter and its marks are one character.
    ["e\u0301va", "E\u0301"],
    ["\u{1d4d0}da", "\u{1d4d0}"],
  ];
  assertEquals(cases.map(([name]) => initials(name)), cases.map(([, expected]) => expected));
});
