import { assertEquals, assertThrows } from "@std/assert";
import { bodyLength, createBodyDecoder, expectsContinue } from "../../../lib/protocol/http/body.ts";
import { parseRequestHead, RequestError } from "../../../lib/protocol/http/request_head.ts";
import { concat, utf8 } from "../reading.ts";

function head(...fields: string[]) {
  return parseRequestHead(utf8(["POST / HTTP/1.1", "Host: a", ...fields, "", ""].join("\r\n")));
}

function assertStatus(status: number, act: () => unknown): void {
  assertEquals(assertThrows(act, RequestError).status, status);
}

Deno.test("createBodyDecoder() reads as many bytes as Content-Length says", () => {
  for (const size of [1, 2, 100]) {
    const decoder = createBodyDecoder(head("Content-Length: 5"), 5);
    const content: Uint8Array[] = [];
    const bytes = utf8("helloGET /");
    let at = 0;
    while (!decoder.isComplete) {
      at += decoder.push(
        bytes.slice(at, at + size),
        (source, from, to) => content.push(source.slice(from, to)),
      );
    }
    assertEquals([concat(...content), at], [utf8("hello"), 5]);
  }
});

Deno.test("createBodyDecoder() returns a complete body for a request without one", () => {
  for (const fields of [[], ["Content-Length: 0"], ["Content-Length: 000"]]) {
    const decoder = createBodyDecoder(head(...fields), 0);
    assertEquals(decoder.isComplete, true);
    const taken: Uint8Array[] = [];
    assertEquals(decoder.push(utf8("GET /"), (source) => taken.push(source)), 0);
    assertEquals(taken, []);
  }
});

Deno.test("createBodyDecoder() answers 413 to a length over the limit, however long it is", () => {
  createBodyDecoder(head("Content-Length: 5"), 5);
  assertStatus(413, () => createBodyDecoder(head("Content-Length: 6"), 5));
  assertStatus(413, () => createBodyDecoder(head(`Content-Length: ${"9".repeat(400)}`), 5));
});

Deno.test("createBodyDecoder() decodes the chunked coding, within the limit", () => {
  const chunked = head("Transfer-Encoding: chunked");
  assertEquals(bodyLength(chunked), undefined);
  const decoder = createBodyDecoder(chunked, 2);
  assertEquals(decoder.push(utf8("2\r\nhi\r\n0\r\n\r\n"), () => {}), 12);
  assertEquals(decoder.isComplete, true);
  assertStatus(413, () => createBodyDecoder(chunked, 2).push(utf8("3\r\n"), () => {}));
});

Deno.test("expectsContinue() is true for 100-continue with a body (RFC 9110 10.1.1)", () => {
  const length = "Content-Length: 5";
  assertEquals(expectsContinue(head("Expect: 100-continue", length)), true);
  assertEquals(expectsContinue(head("Expect: 100-Continue", "Transfer-Encoding: chunked")), true);
  assertEquals(expectsContinue(head("Expect: 100-continue")), false);
  assertEquals(expectsContinue(head("Expect: ", length)), false);
  assertEquals(expectsContinue(head(length)), false);
  const old = "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
  assertEquals(expectsContinue(parseRequestHead(utf8(old))), false);
  assertStatus(417, () => expectsContinue(head("Expect: 100-continue, more", length)));
  assertStatus(417, () => expectsContinue(head("Expect: 200-ok")));
});
