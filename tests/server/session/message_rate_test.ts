import { assertEquals } from "@std/assert";
import { Rate } from "../../../lib/limits/token_bucket.ts";
import { MessageRate } from "../../../lib/server/session/message_rate.ts";

Deno.test("MessageRate.pay() lets a burst pass, and then one message per interval", () => {
  const rate = new MessageRate(new Rate(10, 2));
  assertEquals(["a", "b", "c"].map((text) => rate.pay(text, 0, 0)), [0, 0, 100]);
  assertEquals([rate.pay("c", 0, 100), rate.pay("d", 0, 100)], [0, 100]);
});

Deno.test("MessageRate.pay() charges for items that can be repeated, and not for those that end the connection", () => {
  const repeatable = [
    { type: "ping", payload: new Uint8Array() },
    { type: "pong" },
    { type: "refused", reason: "" },
    { type: "telnet" },
  ] as const;
  for (const item of repeatable) {
    const rate = new MessageRate(new Rate(10, 1));
    assertEquals([rate.pay(item, 0, 0), rate.pay(item, 0, 0)], [0, 100], item.type);
  }
  const rate = new MessageRate(new Rate(10, 1));
  rate.pay("a", 0, 0);
  assertEquals(rate.pay({ type: "close", code: 1000, reason: "" }, 0, 0), 0);
  assertEquals(rate.pay({ type: "failed", code: 1002, reason: "" }, 0, 0), 0);
});

Deno.test("MessageRate.pay() charges for frames without a message, ten for the price of one", () => {
  const rate = new MessageRate(new Rate(10, 2));
  assertEquals(rate.pay(undefined, 10, 0), 0);
  assertEquals(rate.pay(undefined, 20, 0), 200);
  assertEquals(rate.pay(undefined, 0, 0), 0);
});

Deno.test("MessageRate.throttle() is true once, until the client has been quiet", () => {
  const rate = new MessageRate(new Rate(10, 1));
  rate.pay("a", 0, 0);
  assertEquals([rate.throttle(), rate.throttle(), rate.isThrottled], [true, false, true]);
  assertEquals([rate.pay("b", 0, 100), rate.isThrottled], [0, false]);
});
