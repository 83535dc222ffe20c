/**
 * Requests to the HTTP API as strangers send them: with bodies that are right, wrong, too long or never end, and for streams
 * that nobody reads.
 * @module
 */
import type { ApiToken } from "../../mod.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import { chunked } from "./chunked.ts";
import { json } from "./json.ts";
import { mutate } from "./mutate.ts";
import type { Bytes } from "./target.ts";

/** A token that strangers have. */
export const STRANGERS_TOKEN: ApiToken = {
  name: "stranger",
  token: "stranger-0123456789abcdef",
  read: ["*"],
  write: ["*"],
};

/** Other tokens would be limited by address, and then none would be checked. */
const AUTHORIZATIONS = [`Authorization: Bearer ${STRANGERS_TOKEN.token}`, "X-None: x"];

const TARGETS = [
  "/api/rooms",
  "/api/rooms/lobby/messages?limit=200",
  "/api/rooms/strange/messages?before=9&after=1",
  "/api/rooms/lobby/users",
  "/api/rooms/lobby/events",
  "/api/rooms/strange/events",
  "/api/rooms/%ff/events",
  "/api/openapi.json",
  "/api/",
];

const TYPES = ["application/json", "text/plain", "application/x-www-form-urlencoded", "image/png"];

/** One request, or several on one connection. */
export function apiRequests(random: Random): Bytes {
  const requests = Array.from({ length: random.pick([1, 1, 2, 20]) }, () => oneOf(random));
  return mutate(concat(...requests), random, random.pick([0, 0, 1, 4]));
}

function oneOf(random: Random): Bytes {
  return random.oneIn(2) ? reading(random) : posting(random);
}

function reading(random: Random): Bytes {
  const method = random.pick(["GET", "GET", "HEAD", "OPTIONS", "PUT"]);
  const id = random.pick([[], ["Last-Event-ID: x:1"], ["Origin: http://evil.example"]]);
  return head(random, `${method} ${random.pick(TARGETS)}`, id);
}

function posting(random: Random): Bytes {
  const target = `POST /api/rooms/${random.pick(["lobby", "strange", "a%20b"])}/messages`;
  const type = `Content-Type: ${random.pick(TYPES)}`;
  const expect = random.oneIn(4) ? ["Expect: 100-continue"] : [];
  if (random.oneIn(2)) {
    const body = chunked.generate(random);
    return concat(head(random, target, [type, ...expect, "Transfer-Encoding: chunked"]), body);
  }
  const body = random.pick([
    () => utf8('{"text":"hello from a program"}'),
    () => json.generate(random),
    () => random.bytes(random.below(6_000)),
  ])();
  const length = body.length + random.pick([0, 0, 0, 1, -1, 100_000]);
  return concat(
    head(random, target, [type, ...expect, `Content-Length: ${Math.max(0, length)}`]),
    body,
  );
}

function head(random: Random, line: string, fields: readonly string[]): Bytes {
  const all = ["Host: localhost", random.pick(AUTHORIZATIONS), ...fields];
  return utf8([`${line} HTTP/1.1`, ...all, "", ""].join("\r\n"));
}
