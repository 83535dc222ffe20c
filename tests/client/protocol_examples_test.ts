import { assertEquals } from "@std/assert";
import { parseEvent } from "../../lib/wire/protocol.ts";
import examples from "../protocol_examples.json" with { type: "json" };

Deno.test("parseEvent() accepts every example of the protocol", () => {
  for (const { name, event } of examples.server) {
    assertEquals<unknown>(parseEvent(JSON.stringify(event)), event, name);
  }
});
