import { assertEquals } from "@std/assert";
import { createDrafts, createInputHistory } from "../../../static/src/model/input.ts";
import { Memories } from "./fake_chat.ts";

Deno.test("Input history goes back to the first line and forward to the draft", () => {
  const history = createInputHistory();
  assertEquals([history.older("draft"), history.newer()], [undefined, undefined]);
  history.add("one");
  history.add("two");
  history.add("two");
  assertEquals(history.older("draft"), "two");
  assertEquals(history.older("two"), "one");
  assertEquals(history.older("one"), undefined);
  assertEquals([history.newer(), history.newer(), history.newer()], ["two", "draft", undefined]);
});

Deno.test("Input history is limited", () => {
  const history = createInputHistory(3);
  for (const line of ["a", "b", "c", "d"]) history.add(line);
  const back = [history.older(""), history.older(""), history.older(""), history.older("")];
  assertEquals(back, ["d", "c", "b", undefined]);
});

Deno.test("Passwords and tokens are neither shown again nor stored", () => {
  const history = createInputHistory();
  for (const line of ["/login hunter2", "\u200b /OPER hunter2", "/help"]) history.add(line);
  assertEquals([history.older(""), history.older("/help")], ["/help", undefined]);
  let stored = "";
  const drafts = createDrafts({ load: () => null, save: (text) => stored = text }, () => "lobby");
  drafts.save("half a thou");
  for (const text of ["/login h", "/oper hunter2", " /login\nhunter2"]) drafts.save(text);
  assertEquals([stored, drafts.load()], ["[]", ""]);
  drafts.save("/logins are fine");
  assertEquals(drafts.load(), "/logins are fine");
});

Deno.test("createDrafts() keeps a draft for each room, across reloads", () => {
  const memory = new Memories().of("drafts");
  let room = "lobby";
  const drafts = createDrafts(memory, () => room);
  drafts.save("hello");
  room = "dev";
  assertEquals(drafts.load(), "");
  drafts.save("to dev");
  const reloaded = createDrafts(memory, () => room);
  assertEquals(reloaded.load(), "to dev");
  reloaded.save("");
  room = "lobby";
  assertEquals(createDrafts(memory, () => room).load(), "hello");
  for (const broken of ["", "{", "{}", '[["a",1]]']) {
    memory.save(broken);
    assertEquals(createDrafts(memory, () => "a").load(), "");
  }
});
