import { assertEquals, assertThrows } from "@std/assert";
import { parseRequestHead, RequestError } from "../../../lib/protocol/http/request_head.ts";
import { readMessage } from "../../../lib/server/api/message_body.ts";
import { utf8 } from "../../protocol/reading.ts";

const FORM = "application/x-www-form-urlencoded";

function read(body: string | Uint8Array<ArrayBuffer>, type?: string, ...fields: string[]) {
  const all = type === undefined ? fields : [`Content-Type: ${type}`, ...fields];
  const head = ["POST / HTTP/1.1", "Host: a", ...all, "", ""].join("\r\n");
  return readMessage(parseRequestHead(utf8(head)), typeof body === "string" ? utf8(body) : body);
}

function assertRefused(status: number, act: () => unknown): void {
  assertEquals(assertThrows(act, RequestError).status, status);
}

Deno.test("readMessage() takes a text as it is, without one line break at its end", () => {
  for (
    const type of [
      "text/plain",
      undefined,
      "Text/Plain;charset=UTF-8",
      'text/plain; charset="utf-8"',
    ]
  ) {
    assertEquals(read("a=b&c\n", type), { text: "a=b&c" });
    assertEquals(read("two\nlines\r\n", type), { text: "two\nlines" });
    assertEquals(read("\n\n", type), { text: "\n" });
  }
});

Deno.test("readMessage() reads JSON objects, and ignores members that it does not know", () => {
  const read_ = (json: string) => read(json, "application/json");
  assertEquals(read_('{"text":"a","action":true,"id":7}'), { text: "a", action: true });
  assertEquals(read_(' {"text":"\\ud83d\\ude00\\n"} '), { text: "\u{1f600}\n", action: undefined });
  for (
    const json of [
      "",
      "null",
      '"text"',
      "[]",
      '{"text":null}',
      '{"action":true}',
      '{"text":"a"}x',
      '{"text":"a","action":"yes"}',
      '{"__proto__":{"text":"a"}}',
    ]
  ) {
    assertRefused(400, () => read_(json));
  }
});

Deno.test("readMessage() reads a form by its text, and any other body that curl calls a form as text", () => {
  const forms: ReadonlyArray<readonly [body: string, text: string, action?: boolean]> = [
    ["text=a", "a"],
    ["text=a+b%21", "a b!"],
    ["text=", ""],
    ["text=a&action=true", "a", true],
    ["action=true&text=a", "a", true],
    ["text=a&text=b", "a"],
    ["user=x&text=%E2%82%AC", "\u20ac"],
    ["text=not encoded, but meant so", "not encoded, but meant so"],
  ];
  for (const [body, text, action = false] of forms) {
    assertEquals(read(body, FORM), { text, action }, body);
  }
  for (
    const body of [
      "deployed 1.2.3",
      "1.2.3",
      "a=b",
      "context=a",
      "see a&text=b",
      "\u20ac&text=b",
      "Text=a",
    ]
  ) {
    assertEquals(read(body, FORM), { text: body }, body);
  }
});

Deno.test("readMessage() refuses other types, charsets and codings", () => {
  for (const type of ["multipart/form-data; boundary=x", "application/xml", "text/html", "json"]) {
    assertRefused(415, () => read("text=a", type));
  }
  for (const type of ["text/plain; charset=latin1", "application/json;charset=utf-16"]) {
    assertRefused(415, () => read('{"text":"a"}', type));
  }
  assertRefused(415, () => read("a", "text/plain", "Content-Encoding: gzip"));
  assertEquals(read("a", "text/plain", "Content-Encoding: identity"), { text: "a" });
});

Deno.test("readMessage() refuses what is not UTF-8, and keeps a byte order mark out of the text", () => {
  for (const type of ["text/plain", FORM, "application/json"]) {
    assertRefused(400, () => read(Uint8Array.of(0x61, 0xff), type));
  }
  assertEquals(read(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), "text/plain"), { text: "a" });
});
