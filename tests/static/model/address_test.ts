import { assertEquals } from "@std/assert";
import * as address from "../../../static/src/model/address.ts";

const PAGE = "https://chat.example/talk/?server=x#dev";

Deno.test("linkTo() and roomOf() agree on the room of an address", () => {
  for (const room of ["dev", "\u7530\u4e2d", "a b", "100%"]) {
    assertEquals(address.roomOf(address.linkTo(room, PAGE)), room);
  }
  assertEquals(address.linkTo("dev", PAGE), "https://chat.example/talk/#dev");
  assertEquals(address.linkTo("lobby", PAGE), "https://chat.example/talk/");
  assertEquals(address.roomOf("https://chat.example/"), undefined);
  assertEquals(address.roomOf("https://chat.example/#%zz"), undefined);
});

Deno.test("terminalCommand() knows the command only where lines reach the server", () => {
  assertEquals(address.terminalCommand("ws://chat.example:8080/"), "nc chat.example 8080");
  assertEquals(address.terminalCommand("ws://chat.example/"), "nc chat.example 80");
  assertEquals(address.terminalCommand("ws://[::1]:8080/"), "nc ::1 8080");
  assertEquals(address.terminalCommand("wss://chat.example/"), undefined);
  assertEquals(address.terminalCommand("ws://chat.example/talk/"), undefined);
});
