import { assertEquals } from "@std/assert";
import { Hall, take } from "../chat/hall.ts";

Deno.test("Channel.settle() gives all a run but its author, in one delivery each", () => {
  const hall = new Hall();
  const [a, b, c] = [hall.join("a"), hall.join("b"), hall.join("c")];
  hall.say(a, "1");
  hall.say(a, "2");
  assertEquals(hall.deliveries, []);
  hall.settle();
  assertEquals(hall.deliveries.sort(), ["b", "c"]);
  assertEquals([a, b, c].map(take), ["", "1\n2\n", "1\n2\n"]);
  hall.settle();
  assertEquals(hall.deliveries.length, 2);
});

Deno.test("Channel.settle() gives each of several authors what the others said, in order", () => {
  const hall = new Hall();
  const [a, b, c] = [hall.join("a"), hall.join("b"), hall.join("c")];
  for (const [author, text] of [[a, "1"], [b, "2"], [b, "3"], [a, "4"], [a, "5"]] as const) {
    hall.say(author, text);
  }
  hall.settle();
  assertEquals([a, b, c].map(take), ["2\n3\n", "1\n4\n5\n", "1\n2\n3\n4\n5\n"]);
});

Deno.test("Channel.settle() leaves alone the authors of another audience", () => {
  const hall = new Hall();
  const line = hall.join("line");
  const { frames: channel } = hall;
  const [frame, other] = [hall.join("frame", { channel }), hall.join("other", { channel })];
  hall.say(frame, "1");
  hall.say(line, "2");
  hall.settle();
  assertEquals([line, frame, other].map(take), ["1\n", "2|", "1|2|"]);
});

Deno.test("Channel.settle() reports what a full member lost", () => {
  const hall = new Hall();
  const [a, b] = [hall.join("a"), hall.join("b", { capacity: 2 })];
  for (const text of ["1", "2", "3", "4"]) hall.say(a, text);
  hall.settle();
  assertEquals(hall.deliveries, ["b lost 2"]);
  assertEquals(
    take(b),
    "Notice: 2 messages were dropped because this connection is too slow\n3\n4\n",
  );
});

Deno.test("Channel.say() goes on over the border of a segment", () => {
  const hall = new Hall();
  const [a, b] = [hall.join("a"), hall.join("b", { capacityBytes: 1 << 20 })];
  const texts = Array.from({ length: 10 }, (_, i) => String(i).repeat(9_000));
  for (const text of texts) hall.say(a, text);
  hall.settle();
  assertEquals(take(b) === texts.map((text) => `${text}\n`).join(""), true);
  assertEquals(take(a), "");
});

Deno.test("Channel.say() keeps rooms apart, and their order for each", () => {
  const hall = new Hall();
  const { other: room } = hall;
  const [a, b, c, d] = [
    hall.join("a"),
    hall.join("b"),
    hall.join("c", { room }),
    hall.join("d", { room }),
  ];
  for (const [author, text] of [[a, "1"], [c, "2"], [b, "3"], [a, "4"], [d, "5"]] as const) {
    hall.say(author, text);
  }
  hall.settle();
  assertEquals([a, b, c, d].map(take), ["3\n", "1\n4\n", "5\n", "2\n"]);
});

Deno.test("Channel.say() in one room hands out what was said in another, so nothing is ever out of order", () => {
  const hall = new Hall();
  const [a, b, c] = [hall.join("a"), hall.join("b"), hall.join("c", { room: hall.other })];
  hall.join("d", { room: hall.other });
  hall.say(a, "1");
  hall.say(a, "2");
  hall.say(c, "3");
  assertEquals(hall.deliveries, ["b"]);
  assertEquals(take(b), "1\n2\n");
  hall.settle();
  assertEquals(hall.deliveries, ["b", "d"]);
});

Deno.test("Channel.settle() of an audience leaves alone what is said to another", () => {
  const hall = new Hall();
  const [a, c] = [hall.join("a"), hall.join("c", { room: hall.other })];
  hall.join("b");
  hall.say(a, "1");
  hall.lines.deliver(c.subscribers);
  assertEquals(hall.deliveries, []);
  hall.lines.deliver(a.subscribers);
  assertEquals(hall.deliveries, ["b"]);
});
