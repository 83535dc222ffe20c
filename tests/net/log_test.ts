import { assertEquals } from "@std/assert";
import { formatLogEntry } from "../../lib/net/log.ts";

Deno.test("formatLogEntry() puts the client in front, if it is about one", () => {
  const entry = { level: "info", topic: "connection", message: "Connected over tcp" } as const;
  assertEquals(formatLogEntry(entry), "Connected over tcp");
  assertEquals(
    formatLogEntry({ ...entry, address: "127.0.0.1:50412" }),
    "[127.0.0.1:50412] Connected over tcp",
  );
});
