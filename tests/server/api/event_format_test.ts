import { assertEquals } from "@std/assert";
import {
  createEventFormat,
  formatPosition,
  parsePosition,
  renderBeginning,
  renderEnd,
} from "../../../lib/server/api/event_format.ts";
import { disconnectEvent } from "../../../lib/wire/events.ts";
import { renderJson } from "../../../lib/wire/json.ts";

const EPOCH = "5a6c588b-00da-48f9-a311-2a7a39991e83";
const ALICE = { id: 1, name: "Alice", address: "a:1" };
const format = createEventFormat(EPOCH);

Deno.test("A position is read as it is written, and nothing else is one", () => {
  for (const position of [{ epoch: EPOCH, offset: 0 }, { epoch: EPOCH, offset: 123_456 }]) {
    assertEquals(parsePosition(formatPosition(position)), position);
  }
  for (
    const text of [
      "",
      ":",
      `${EPOCH}:`,
      ":1",
      `${EPOCH}:x`,
      `${EPOCH}:-1`,
      `${EPOCH}:1e3`,
      `${EPOCH}:${"9".repeat(16)}`,
      `a b:1`,
      `${"a".repeat(65)}:1`,
      `${EPOCH}:1 `,
    ]
  ) {
    assertEquals(parsePosition(text), undefined, text);
  }
});

Deno.test("A message has its position as id and no type, so that onmessage gets it", () => {
  const event = { type: "message", room: "dev", id: 7, from: ALICE, text: "a\nb\r\u2028" } as const;
  assertEquals(format.render(event, 1), `id: ${EPOCH}:7\ndata: ${renderJson(event, 1)}\n\n`);
});

Deno.test("Other events have their type and no id", () => {
  const event = { type: "people", room: "dev", users: 501 } as const;
  assertEquals(format.render(event, 1), `event: people\ndata: ${renderJson(event, 1)}\n\n`);
  const loss = { count: 2, ranges: [{ room: "dev", from: 3, to: 4 }] };
  const [type, data] = format.renderLoss(loss)!.split("\n");
  assertEquals(type, "event: dropped");
  const { time: _, ...dropped } = JSON.parse(data!.slice("data: ".length));
  assertEquals(dropped, { type: "dropped", count: 2, missed: loss.ranges });
});

Deno.test("Every line of an event is a field: no text can begin another one", () => {
  const text = "x\n\nid: evil\r\revent: evil\r\n\r\ndata: evil\u0085\u2028\0";
  const rendered = format.render({ type: "message", room: text, id: 1, from: ALICE, text }, 1)!;
  assertEquals(rendered.match(/^(?:id|event|data|retry): /gm), ["id: ", "data: "]);
  assertEquals(rendered.split(/\r\n|\r|\n/).length, 4);
});

const room = { name: "dev", topic: undefined, users: 0, offset: 9 };

Deno.test("renderBeginning() gives a new reader its place, and one that returns what it missed", () => {
  const begin = (beginning: Pick<Parameters<typeof renderBeginning>[0], "since" | "missed">) =>
    renderBeginning({ room, epoch: EPOCH, start: 5, ...beginning }, 1);
  const dataOf = (text: string) => JSON.parse(/^data: (.*)$/m.exec(text)![1]!);
  const fresh = begin({ since: undefined, missed: undefined });
  assertEquals(fresh.split("\n").slice(0, 2), ["event: subscribed", `id: ${EPOCH}:5`]);
  assertEquals(dataOf(fresh), {
    type: "subscribed",
    time: 1,
    room: { name: "dev", topic: null, users: 0, offset: 5 },
    epoch: EPOCH,
  });
  const since = { epoch: "old", offset: 4 };
  const message = {
    type: "message",
    room: "dev",
    id: 5,
    time: 3,
    from: ALICE,
    text: "missed",
  } as const;
  const back = begin({ since, missed: { recovered: true, messages: [message], more: false } });
  assertEquals(back.match(/^id: .*$/gm), ["id: old:4", `id: ${EPOCH}:5`]);
  assertEquals(dataOf(back).recovered, true);
  assertEquals(dataOf(back.slice(back.indexOf("\n\n"))).time, 3);
  const lost = begin({ since, missed: { recovered: false, messages: [message], more: true } });
  assertEquals(lost.match(/^id: .*$/gm), [`id: ${EPOCH}:5`]);
  assertEquals(dataOf(lost).recovered, false);
});

Deno.test("renderEnd() has the event and when to reconnect, as far as they are given", () => {
  const event = disconnectEvent("kicked", "Banned");
  assertEquals(renderEnd(event, undefined, 1), `event: bye\ndata: ${renderJson(event, 1)}\n\n`);
  assertEquals(renderEnd(undefined, 1_500, 1), "retry: 1500\n\n");
  assertEquals(renderEnd(undefined, undefined, 1), "");
});
