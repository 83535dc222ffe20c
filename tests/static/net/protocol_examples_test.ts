import { assertEquals } from "@std/assert";
import examples from "../../protocol_examples.json" with { type: "json" };
import * as protocol from "../../../static/src/net/protocol.ts";

/** Events that the page may ignore. */
const OPTIONAL = /^(people|away|topic|reply (join|leave|rooms|topic|away|history|search))/;

Deno.test("protocol.parseEvent() accepts every example of the protocol", () => {
  for (const { name, event } of examples.server) {
    const parsed = protocol.parseEvent(JSON.stringify(event));
    if (parsed !== undefined || !OPTIONAL.test(name)) {
      assertEquals(parsed as unknown, event, name);
    }
  }
});
