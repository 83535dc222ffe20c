/**
 * A whole chat: every line is answered or delivered, no sender gets a copy, and no two members have the same name.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { cleanText, isBlank } from "../../lib/text/sanitize.ts";
import { commandName, readLine } from "../../lib/chat/commands/command_line.ts";
import { handleLine } from "../../lib/chat/commands/handle.ts";
import { nameKey } from "../../lib/chat/names.ts";
import { MAX_AWAY_LENGTH, MAX_TOPIC_LENGTH } from "../../lib/chat/single_line.ts";
import { isGenuine, skeletons } from "../../lib/text/skeleton.ts";
import { Chat, type Client, CountingFormat, flushed } from "../chat/fakes.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import { eachInTurn } from "../support/patience.ts";
import { JsonFormat, told } from "./json.ts";
import { mutate, randomText } from "./mutate.ts";
import type { Bytes, Target } from "./target.ts";

const NAMES = [
  ...["Alice", "alice", "ALICE", "Bob", "\u00df", "SS", "e\u0301", "\u00e9", "10.0.0.1:2"],
  ...[
    "\u0410lice",
    "Ali\u0307ce",
    "A1ice",
    "Al\u0335ice",
    "\u0456\u0307",
    "i",
    "\u2800",
    "a\u0301\u0301",
  ],
];
const ROOMS = [
  ...["dev", "DEV", "#dev", "lobby", "l0bby", "a b", "d\u0435v", "de\u0475", "D\u0395V"],
  ...["\u0441\u043e\u0440\u0443", "copy", "c0py", "cop\u0443", "\u3164"],
];
/** Characters that turn a text into a shorter or an empty one. */
const CLUSTERS = [
  "\u0301",
  "\u0338",
  "\u0323",
  "/",
  "\u200d",
  "\u{1f468}",
  "\u{1f3fd}",
  "\u{1f1e6}",
  "\u094d",
  "\u0915",
  "\u2800",
  "\ufe0f",
];
const TEMPLATES: readonly ((random: Random) => string)[] = [
  (random) => `/name ${random.pick(NAMES)}`,
  (random) => `/whisper ${random.pick(NAMES)} psst`,
  (random) => `/join ${random.pick(ROOMS)}`,
  (random) => `/list ${random.pick(["", "dev", "lobby", "nowhere"])}`,
  (random) =>
    random.pick(["/leave", "/rooms", "/stats", "/help", "/quit", "/foo", "/", "//", "//x"]),
  (random) =>
    `/${random.pick(["topic", "away", "me", "NAME", "whisper"])} ${randomText(random, 20)}`,
  (random) => `/${random.pick(["topic", "away", "me"])} ${clusters(random, 300)}`,
  (random) => clusters(random, 100),
  (random) => randomText(random, 40),
  () => "hello",
  // Text that looks like a command.
  (random) =>
    random.pick([
      "\x1b[A",
      "\x1b",
      "\ufeff",
      "\u200b ",
      "x\b",
      "\t",
      "\uff0f",
      "hi\r",
      "/",
      "\u0301",
    ]) +
    random.pick([
      ...[`/oper ${SECRET}`, `oper ${SECRET}`, `/login ${SECRET}`, `login ${SECRET}`],
      ...["/list", "/me waves", "/nonsense"],
    ]),
];

function clusters(random: Random, most: number): string {
  return Array.from({ length: random.below(most) }, () => random.pick(CLUSTERS)).join("");
}

const SECRET = "0123456789abcdef";

/** Disconnects, and reconnects with another name. */
const RETURNS = "-";

/** Others see a command with its token. */
const TOLD = new RegExp(`\\/(?:oper|login)\\s+${SECRET}`, "i");

class Gathering {
  readonly #chat = new Chat();
  readonly #formats = [
    new CountingFormat(),
    new CountingFormat(),
    new JsonFormat(),
    new JsonFormat(),
  ];
  readonly #clients = this.#formats.map((format) => this.#chat.join(undefined, format));

  /** One line of the input: the sender and the text. */
  async step(line: string): Promise<void> {
    const index = (line.codePointAt(0) ?? 0) % this.#clients.length;
    const text = line.slice(1);
    if (text === RETURNS) this.#comeAgain(index);
    else await this.#say(this.#clients[index]!, text);
    await flushed();
    for (const client of this.#clients) client.lines();
    this.#checkNames();
  }

  #comeAgain(index: number): void {
    this.#chat.leave(this.#clients[index]!);
    this.#clients[index] = this.#chat.join(undefined, this.#formats[index]);
  }

  async #say(author: Client, text: string): Promise<void> {
    const room = author.member.current?.room;
    const neighbours = this.#clients.filter((client) =>
      client !== author && client.member.memberships.some((membership) => membership.room === room)
    );
    const farewells = author.farewells.length;
    handleLine(this.#chat.hub, author.member, text);
    await flushed();
    const answered = this.#answers(author) + author.farewells.length - farewells;
    const lines = neighbours.map((client) => client.lines());
    assert(
      !lines.flat().some((line) => TOLD.test(line)),
      `A command was said: ${JSON.stringify(text)}`,
    );
    const heard = lines.map(({ length }) => length);
    const typed = readLine(text);
    if ("command" in typed && commandName(typed.command.split(/\s/, 1)[0]!) !== "me") {
      return assert(answered > 0, `No answer to ${JSON.stringify(text)}`);
    }
    if (isBlank(cleanText(text.replace(/^\/(?:\/|me\s)/i, "")))) return;
    const isHeard = heard.every((count) => count > 0);
    assert(isHeard || answered > 0, `Neither heard nor answered: ${JSON.stringify(text)}`);
  }

  /** The number of replies to the last line of a sender. Asserts that the sender did not get it back. */
  #answers(author: Client): number {
    if (!(author.recipient.format instanceof JsonFormat)) return author.lines().length;
    const events = told(author);
    for (const event of events) {
      assert(event.type !== "message" || event.from.id !== author.member.id, "Heard themselves");
    }
    return events.filter(({ type }) => type === "reply" || type === "error").length;
  }

  #checkNames(): void {
    const { hub } = this.#chat;
    const named = this.#clients.map(({ member }) => member).filter(({ name }) =>
      name !== undefined
    );
    assertEquals(
      new Set(named.map(({ name }) => nameKey(name!))).size,
      named.length,
      "A name twice",
    );
    assertApart(named.map(({ name }) => name!));
    const { rooms } = hub.largestRooms(100);
    assertApart(rooms.map(({ name }) => name).filter((name) => !isGenuine(name)));
    for (const { topic } of rooms) assertBounded(topic, MAX_TOPIC_LENGTH);
    for (const { away } of named) assertBounded(away, MAX_AWAY_LENGTH);
    for (const member of named) assert(hub.find(member.name!) === member, "Not found by name");
    for (const { member } of this.#clients) {
      assert(member.memberships.length >= 1, "Nowhere");
      for (const { room } of member.memberships) {
        assert(hub.room(room.name) === room, "In no room that is");
      }
    }
  }
}

/** Asserts that no two of these names look alike. */
function assertApart(names: readonly string[]): void {
  const looks = names.flatMap((name) => [...new Set(skeletons(name))]);
  assertEquals(new Set(looks).size, looks.length, `Look-alikes: ${names.map(escape)}`);
}

function assertBounded(phrase: string | undefined, characters: number): void {
  if (phrase === undefined) return;
  assert(!isBlank(phrase), "Nothing to see");
  assert(utf8(phrase).length <= 25 * characters, "Too many bytes");
  const segments = [...new Intl.Segmenter().segment(phrase)];
  assert(segments.length <= characters, "Too many characters");
  assert(!/\p{M}{9}/u.test(phrase), "A tower");
}

export const commands: Target = {
  name: "commands",
  short: 300,

  generate: (random: Random): Bytes =>
    concat(...Array.from({ length: random.between(1, 25) }, () => {
      const text = random.oneIn(12) ? RETURNS : random.pick(TEMPLATES)(random);
      const line = random.oneIn(3) ? mutate(utf8(text), random, 2) : utf8(text);
      return concat(utf8(random.pick([..."0123"])), line, utf8("\n"));
    })),

  async check(input: Bytes): Promise<void> {
    const gathering = new Gathering();
    const lines = new TextDecoder().decode(input).split("\n").filter((line) => line !== "");
    await eachInTurn(lines, (line) => gathering.step(line));
  },
};
