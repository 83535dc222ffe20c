/**
 * JSON frames: reading never throws, and each request has exactly one answer, with its own number.
 * @module
 */
import { cleanText, isBlank } from "../../lib/text/sanitize.ts";
import { assert, assertEquals } from "@std/assert";
import type { ChatEvent } from "../../lib/wire/chat_event.ts";
import { parseRequest, renderJson } from "../../lib/wire/json.ts";
import type { ServerEvent } from "../../lib/wire/protocol.ts";
import { REQUESTS, type RequestType } from "../../lib/wire/requests.ts";
import { handleFrame } from "../../lib/chat/commands/handle.ts";
import { Chat, type Client, CountingFormat, flushed } from "../chat/fakes.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import { eachInTurn } from "../support/patience.ts";
import { sampleOf, spoil } from "../wire/samples.ts";
import { mutate, randomText } from "./mutate.ts";
import type { Bytes, Target } from "./target.ts";

/** Separates the frames of an input: a byte that no text contains. */
const SEPARATOR = "\x1e";

const TEXTS = [
  "hello",
  "",
  " \n ",
  "/help",
  "/name Eve",
  "/quit",
  "//x",
  "/me waves",
  "/topic x",
  "a\nb",
];
const ROOMS = ["dev", "#dev", "lobby", "DEV", "a b", "", 7, null];
const IDS = ["1", "x".repeat(64), "x".repeat(65), "", 7, {}, "\u0000"];

export class JsonFormat extends CountingFormat {
  readonly tellsRoom = true;

  override render(event: ChatEvent): string {
    return renderJson(event, 0);
  }
}

/** The events that a client got since the last call. */
export function told(client: Client): ServerEvent[] {
  return client.lines().map((line) => JSON.parse(line));
}

/** A request of the table, right or nearly. */
function tableRequest(random: Random): string {
  const type = random.pick(Object.keys(REQUESTS) as RequestType[]);
  const request = { type, id: random.pick(IDS), ...sampleOf(REQUESTS[type].fields, random) };
  return JSON.stringify(random.oneIn(2) ? request : spoil(request, random));
}

function randomRequest(random: Random): string {
  if (random.oneIn(3)) return tableRequest(random);
  if (random.oneIn(5)) return random.pick(TEXTS);
  const request: Record<string, unknown> = {
    type: random.pick(["message", "message", "command", "command", "join", "leave", "other", 1]),
    text: random.oneIn(3) ? randomText(random, 30) : random.pick(TEXTS),
  };
  if (random.oneIn(3)) request.room = random.pick(ROOMS);
  if (!random.oneIn(3)) request.id = random.pick(IDS);
  if (random.oneIn(9)) delete request.text;
  const text = JSON.stringify(request);
  if (random.oneIn(9)) return text.replace("{", '{"__proto__":{"type":"message"},');
  return random.oneIn(9) ? `${" ".repeat(3)}${text}\n` : random.oneIn(9) ? `[${text}]` : text;
}

async function checkFrame(chat: Chat, [author, other]: readonly [Client, Client], frame: string) {
  const request = parseRequest(frame);
  const ref = request.id;
  assert(ref === undefined || ref.length <= 64);
  const farewells = author.farewells.length;
  handleFrame(chat.hub, author.member, frame);
  await flushed();
  const events = told(author);
  const answers = events.filter(({ type }) => ["ack", "reply", "error"].includes(type));
  const quits = author.farewells.length - farewells;
  const silent = request.type === "message" && ref === undefined &&
    isBlank(cleanText(request.text));
  const count = answers.length + quits;
  assert(count === 1 || silent && count === 0, `${count} answers to ${JSON.stringify(frame)}`);
  for (const answer of answers) {
    assert("ref" in answer);
    assertEquals(answer.ref, ref ?? null);
  }
  const own = events.filter((event) =>
    event.type === "message" && event.from.id === author.member.id
  );
  assertEquals(own, [], "Nobody gets what they said themselves");
  const heard = told(other).filter((event) => event.type === "message");
  assert(heard.length <= 1, `Others heard it ${heard.length} times`);
  // Blank texts aside, a message is said or refused, and never taken for a command.
  if (request.type === "message") assertEquals(quits, 0, "A message ended its author's connection");
  const said = heard.find(({ action }) => action === undefined);
  assert(said === undefined || request.type !== "command", "A command was said to the room");
  const hasRun = answers.some(({ type }) => type === "reply");
  assert(!hasRun || request.type !== "message", "A message ran as a command");
}

export const json: Target = {
  name: "json",
  short: 400,

  generate: (random: Random): Bytes =>
    concat(
      ...Array.from({ length: random.between(1, 12) }, () =>
        concat(mutate(utf8(randomRequest(random)), random, 2), utf8(SEPARATOR))),
    ),

  async check(input: Bytes): Promise<void> {
    const chat = new Chat();
    const format = new JsonFormat();
    const both = [chat.join(undefined, format), chat.join(undefined, format)] as const;
    const frames = new TextDecoder().decode(input).split(SEPARATOR);
    await eachInTurn(frames, (frame) => checkFrame(chat, both, frame));
  },
};
