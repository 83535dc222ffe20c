/**
 * Messages that are resent with the same id: each acknowledged one was sent once, and each refused one was not, across
 * reconnects and restarts.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { ServerEvent } from "../../lib/wire/protocol.ts";
import { openHistory } from "../../lib/history/open_history.ts";
import { Chat, type Client, flushed, JsonFormat } from "../chat/fakes.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import { eachInTurn } from "../support/patience.ts";
import { FakeClock } from "../support/clock.ts";
import type { Bytes, Target } from "./target.ts";

/** Two ids of one connection, two global ones, and one of these that looks like one of those. */
const IDS = [
  "1",
  "abcdefghijklmno",
  "0190b0a2-7c5e-7f60",
  "0190b0a2-7c5e-7f61",
  "1 abcdefghijklmno",
];

export const requestIds: Target = {
  name: "request ids",
  short: 100,

  generate: (random: Random): Bytes =>
    concat(...Array.from({ length: random.between(2, 40) }, () => {
      if (random.oneIn(10)) return utf8(random.pick(["reconnect\n", "restart\n"]));
      const [id, kind] = [random.below(IDS.length), random.pick(["m", "m", "a"])];
      return utf8(`${id}${kind}${random.pick(["x", "y", "xy", "yx", "x".repeat(50)])}\n`);
    })),

  async check(input: Bytes): Promise<void> {
    using history = openHistory({ clock: new FakeClock() });
    const open = () => new Chat({ history });
    let chat = open();
    let client: Client = chat.join(undefined, new JsonFormat());
    let said = 0;
    await eachInTurn(new TextDecoder().decode(input).split("\n"), async (line) => {
      if (line === "restart") chat = open();
      if (line === "restart" || line === "reconnect") {
        client = chat.join(undefined, new JsonFormat());
        return;
      }
      const [, digit = "", kind = "", text = ""] = /^(\d)([ma])(.+)$/.exec(line) ?? [];
      const id = IDS[Number(digit)];
      if (digit === "" || id === undefined) return;
      await flushed();
      client.lines();
      chat.hub.say(client.member, text, id, { action: kind === "a" });
      await flushed();
      const events = client.lines().map((each): ServerEvent => JSON.parse(each));
      const [answer] = events.filter(({ type }) => type === "ack" || type === "error");
      const latest = history.latest("lobby");
      assert(answer !== undefined, "No answer");
      assert(latest - said <= 1, "Said more than once");
      if (answer.type === "ack") {
        const { messages } = history.page("lobby", { after: answer.id - 1, limit: 1 });
        const [stored] = messages;
        assertEquals(
          [stored?.text, stored?.action],
          [text, kind === "a"],
          "Something else was said",
        );
      } else {
        assertEquals([answer.type === "error" && answer.code, latest], ["id_reused", said]);
      }
      said = latest;
    });
  },
};
