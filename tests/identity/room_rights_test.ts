import { assertEquals, assertThrows } from "@std/assert";
import type { Act } from "../../lib/identity/identity.ts";
import { allows, readRoomRights } from "../../lib/identity/room_rights.ts";

Deno.test("allows() matches patterns with all spellings of a room's name", () => {
  const rights = { write: ["dev", "#Team-*", "\uff4f\uff50\uff53", "stra\u00dfe*"] };
  const cases: Array<[string, boolean]> = [
    ["dev", true],
    ["DEV", true],
    ["#dev", true],
    ["devs", false],
    ["de", false],
    ["team-", true],
    ["TEAM-red", true],
    ["team", false],
    ["xteam-red", false],
    ["ops", true],
    ["STRASSE-1", true],
    ["*", false],
    ["", false],
  ];
  for (const [room, isAllowed] of cases) {
    assertEquals(allows(rights, "write", room), isAllowed, room);
  }
});

Deno.test("allows() allows an act that is not listed everywhere, and an act with an empty list nowhere", () => {
  const acts: Act[] = ["join", "read", "write"];
  for (const act of acts) {
    assertEquals(allows(undefined, act, "dev"), true);
    assertEquals(allows({}, act, "dev"), true);
    assertEquals(allows({ [act]: [] }, act, "dev"), false);
    assertEquals(allows({ [act]: ["*"] }, act, "dev"), true);
  }
  assertEquals(allows({ write: ["dev"] }, "read", "ops"), true);
});

Deno.test("allows() takes no pattern with a '*' before its end for another one", () => {
  const rights = { read: ["*-dev", "a*b*", "**"] };
  for (const room of ["x-dev", "a", "ab", "axb", "-dev"]) {
    assertEquals(allows(rights, "read", room), false, room);
  }
});

Deno.test("readRoomRights() accepts lists of patterns and refuses everything else", () => {
  assertEquals(readRoomRights({}), {});
  const rights = { join: [], read: ["*"], write: ["dev", "#team-*"] };
  assertEquals(readRoomRights(rights), rights);
  const cases: Array<[unknown, string]> = [
    [null, "is not an object"],
    [["dev"], "is not an object"],
    ["*", "is not an object"],
    [{ wirte: ["dev"] }, "has a member that is not one of join, read, write"],
    [JSON.parse('{ "__proto__": [] }'), "has a member that is not one of join, read, write"],
    [{ read: "*" }, "has a list 'read' that is not an array"],
    [{ read: null }, "has a list 'read' that is not an array"],
    [{ read: [7] }, "has a pattern in 'read' that is not a string"],
    [{ write: ["dev", "*-dev"] }, "has a pattern in 'write' that has a '*' before its end"],
    [{ write: [""] }, "has a pattern in 'write' that is empty"],
    [{ write: ["#"] }, "has a pattern in 'write' that is empty"],
  ];
  for (const [value, message] of cases) {
    assertThrows(() => readRoomRights(value), TypeError, message, JSON.stringify(value));
  }
});
