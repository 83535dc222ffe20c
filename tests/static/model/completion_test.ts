import { assertEquals } from "@std/assert";
import * as completion from "../../../static/src/model/completion.ts";

const COMMANDS = [
  { name: "name", usage: "/name <username>", summary: "choose your name" },
  { name: "list", usage: "/list", summary: "who is here" },
  { name: "whisper", usage: "/whisper <username> <message>", summary: "say it to one person" },
];
const NAMES = ["Alice", "alicia", "Bob", "127.0.0.1:5"];

/** The suggestions at the `|`. */
function suggest(text: string) {
  const caret = text.indexOf("|");
  return completion.suggest(text.replace("|", ""), caret, { commands: COMMANDS, names: NAMES });
}

/** The text after each suggestion. */
function results(text: string): string[] {
  const found = suggest(text);
  const whole = text.replace("|", "");
  return (found?.items ?? []).map(({ insert }) =>
    whole.slice(0, found!.from) + insert + whole.slice(found!.to)
  );
}

Deno.test("suggest() completes commands at the start of the text", () => {
  assertEquals(results("/|"), ["/name ", "/list", "/whisper "]);
  assertEquals(results("/W|"), ["/whisper "]);
  assertEquals(suggest("/n|")?.items, [
    { insert: "/name ", label: "/name <username>", detail: "choose your name" },
  ]);
  assertEquals([results("/x|"), results("//n|"), results("say /n|")], [[], [], []]);
});

Deno.test("suggest() shows the usage of a command, and completes the name that it takes", () => {
  assertEquals(results("/whisper |"), NAMES.map((name) => `/whisper ${name} `));
  assertEquals(results("/whisper AL|"), ["/whisper Alice ", "/whisper alicia "]);
  assertEquals(suggest("/whisper Bob hello |")?.hint, "/whisper <username> <message>");
  assertEquals(suggest("/name |")?.hint, "/name <username>");
  assertEquals([suggest("/whisper Bob hello |")?.eager, suggest("/nothing |")], [true, undefined]);
});

Deno.test("suggest() completes names, with a colon at the start of the text", () => {
  assertEquals(results("bo|"), ["Bob: "]);
  assertEquals(results("hello bo|, how"), ["hello Bob , how"]);
  assertEquals(results("hello @al|"), ["hello @Alice ", "hello @alicia "]);
  assertEquals(results("(bo|"), ["(Bob "]);
  assertEquals(results("@|").length, NAMES.length);
  assertEquals([suggest("bo|")?.eager, suggest("@bo|")?.eager], [false, true]);
  for (const text of ["|", "hello |", "xyz|"]) assertEquals(suggest(text), undefined, text);
});

/** The list was once limited to eight commands, without /help. */
Deno.test("suggest() shows every command", () => {
  const commands = Array.from({ length: 22 }, (_, index) => (
    { name: `do${index}`, usage: `/do${index}`, summary: "" }
  ));
  assertEquals(completion.suggest("/", 1, { commands, names: [] })?.items.length, 22);
});

Deno.test("suggest() limits the number of names", () => {
  const names = Array.from({ length: 5_000 }, (_, index) => `guest${index}`);
  assertEquals(completion.suggest("gu", 2, { commands: [], names })?.items.length, 8);
});
