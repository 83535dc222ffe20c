/**
 * Bodies of posted messages: each is a text or a documented error, and a form or a JSON object that a program has encoded
 * comes back as it was.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { RequestError, type RequestHead } from "../../lib/protocol/http/request_head.ts";
import { type MessageBody, readMessage } from "../../lib/server/api/message_body.ts";
import { utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import { mutate, randomText } from "./mutate.ts";
import type { Bytes, Target } from "./target.ts";

const TYPES = [
  "application/json",
  "application/x-www-form-urlencoded",
  "text/plain",
  "text/plain; charset=utf-8",
  "application/json; charset",
  "",
  ";",
  "text/html",
];

const SEEDS = [
  '{"text":"hello","action":true}',
  '{"text":"\\u20ac\\n","id":[{}]}',
  "text=hello+world&action=true",
  "user=x&text=%E2%82%AC%2",
  "deployed 1.2.3",
  "text=100% & more\n",
];

function headOf(type: string): RequestHead {
  const fields = new Map([["content-type", [type]]]);
  return { method: "POST", target: "/", version: "HTTP/1.1", fields };
}

function tried(type: string, body: Bytes): MessageBody | undefined {
  try {
    return readMessage(headOf(type), body);
  } catch (error) {
    assert(error instanceof RequestError, `Threw ${error}`);
    assert([400, 415].includes(error.status), `Status ${error.status}`);
    return undefined;
  }
}

export const messageBody: Target = {
  name: "message-body",
  short: 2_000,

  generate: (random: Random): Bytes => mutate(utf8(random.pick(SEEDS)), random),

  check(input: Bytes, random: Random): void {
    const message = tried(random.pick(TYPES), input);
    if (message !== undefined) {
      assertEquals(typeof message.text, "string");
      assert([undefined, true, false].includes(message.action));
    }
    const text = randomText(random, 30).replace(/\ufeff/g, "");
    const form = new URLSearchParams({ text });
    assertEquals(tried("application/x-www-form-urlencoded", utf8(String(form)))?.text, text);
    assertEquals(tried("application/json", utf8(JSON.stringify({ text })))?.text, text);
  },
};
