/**
 * The clients' view of the wire, which is made from the tables: it is fresh, and takes what the server sends.
 */
import { assert, assertEquals } from "@std/assert";
import type { GivenOf, WireOf } from "../../lib/wire/schema.ts";
import { EVENTS } from "../../lib/wire/events.ts";
import { renderJson } from "../../lib/wire/json.ts";
import { parseEvent, type ServerEvent, type User } from "../../lib/wire/protocol.ts";
import { REPLIES } from "../../lib/wire/replies.ts";
import type { user } from "../../lib/wire/shapes.ts";
import { generateWire, TARGETS } from "../generate/wire.ts";
import { eachSeed, type Random } from "../random.ts";
import { projectPath } from "../support/paths.ts";
import { sampleOf, spoil } from "./samples.ts";

/** The compiler holds the generated type against the table. */
const same: (value: WireOf<typeof user>) => User = (value) => value;
const given: GivenOf<typeof user> = { id: 1, name: undefined, address: "a" };

Deno.test("The clients' view of the wire is what `deno task wire` makes", async () => {
  const text = await generateWire();
  for (const target of TARGETS) {
    assertEquals(await Deno.readTextFile(projectPath(target)), text, target);
  }
});

function randomEvent(random: Random): Record<string, unknown> {
  const time = random.below(1_000);
  if (random.oneIn(2)) {
    const command = random.pick(Object.keys(REPLIES) as Array<keyof typeof REPLIES>);
    const data = sampleOf(REPLIES[command].fields, random);
    return { type: "reply", time, ref: null, text: "x", command, data };
  }
  const type = random.pick(Object.keys(EVENTS) as Array<keyof typeof EVENTS>);
  return { type, time, ...sampleOf(EVENTS[type].fields, random) };
}

Deno.test("parseEvent() takes every event of the tables, with members that it does not know", async () => {
  await eachSeed(500, (random) => {
    const event = { ...randomEvent(random), more: { than: "known" } };
    assertEquals<unknown>(parseEvent(JSON.stringify(event)), JSON.parse(JSON.stringify(event)));
  });
});

Deno.test("parseEvent() gives events of types and commands that it does not know", () => {
  for (const type of ["typing", "constructor", "__proto__", "toString"]) {
    const event = { type, time: 1 };
    assertEquals<unknown>(parseEvent(JSON.stringify(event)), event);
    const reply = { type: "reply", time: 1, ref: null, text: "", command: type, data: {} };
    assertEquals<unknown>(parseEvent(JSON.stringify(reply)), reply);
  }
});

Deno.test("parseEvent() never throws, and gives no event that lacks what its type must have", async () => {
  for (const frame of [undefined, 7, "", "{", "null", "[]", "{}", '{"type":"ack"}', '{"time":1}']) {
    assertEquals(parseEvent(frame), undefined);
  }
  assertEquals(parseEvent('{"type":"ack","time":1,"ref":null,"room":"lobby"}'), undefined);
  const reply = { type: "reply", time: 1, ref: null, text: "", command: "name", data: {} };
  assertEquals(parseEvent(JSON.stringify(reply)), undefined);
  await eachSeed(500, (random) => {
    const event = parseEvent(JSON.stringify(spoil(randomEvent(random), random)));
    assert(event === undefined || typeof event.type === "string");
  });
});

Deno.test("parseEvent() reads what renderJson() writes", () => {
  const event: ServerEvent | undefined = parseEvent(
    renderJson({ type: "whisper", from: given, text: "hi" }, 7),
  );
  assertEquals<unknown>(event, {
    type: "whisper",
    time: 7,
    from: same({ id: 1, name: null, address: "a" }),
    text: "hi",
  });
});
