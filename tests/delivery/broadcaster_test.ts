import { assertEquals } from "@std/assert";
import { eachSeed } from "../random.ts";
import { Hall, type LineFormat, type Participant, textOf } from "./fakes.ts";

Deno.test("Broadcaster.deliver() gives everybody but the author the run, in one delivery each", () => {
  const hall = new Hall();
  const [a, b, c] = [hall.join("a"), hall.join("b"), hall.join("c")];
  hall.publish(a, "1");
  hall.publish(a, "2");
  assertEquals(hall.deliveries, []);
  hall.deliver();
  assertEquals(hall.deliveries.sort(), ["b", "c"]);
  assertEquals([a, b, c].map(textOf), ["", "1\n2\n", "1\n2\n"]);
  hall.deliver();
  assertEquals(hall.deliveries.length, 2);
});

Deno.test("Broadcaster.deliver() gives each of several authors the texts of the others, in order", () => {
  const hall = new Hall();
  const [a, b, c] = [hall.join("a"), hall.join("b"), hall.join("c")];
  for (const [author, text] of [[a, "1"], [b, "2"], [b, "3"], [a, "4"], [a, "5"]] as const) {
    hall.publish(author, text);
  }
  hall.deliver();
  assertEquals([a, b, c].map(textOf), ["2\n3\n", "1\n4\n5\n", "1\n2\n3\n4\n5\n"]);
});

Deno.test("Broadcaster.deliver() skips nobody for an author of another format", () => {
  const hall = new Hall();
  const line = hall.join("line");
  const { frames: broadcaster } = hall;
  const [frame, other] = [hall.join("frame", { broadcaster }), hall.join("other", { broadcaster })];
  hall.publish(frame, "1");
  hall.publish(line, "2");
  hall.deliver();
  assertEquals([line, frame, other].map(textOf), ["1\n", "2|", "1|2|"]);
});

Deno.test("Broadcaster.deliver() reports what a full recipient lost", () => {
  const hall = new Hall();
  const [a, b] = [hall.join("a"), hall.join("b", { capacity: 2 })];
  for (const text of ["1", "2", "3", "4"]) hall.publish(a, text);
  hall.deliver();
  assertEquals(hall.deliveries, ["b lost 2"]);
  assertEquals(
    textOf(b),
    "2 lost\n3\n4\n",
  );
});

Deno.test("Broadcaster.publish() goes on over the border of a segment", () => {
  const hall = new Hall();
  const [a, b] = [hall.join("a"), hall.join("b", { capacityBytes: 1 << 20 })];
  const texts = Array.from({ length: 10 }, (_, i) => String(i).repeat(9_000));
  for (const text of texts) hall.publish(a, text);
  hall.deliver();
  assertEquals(textOf(b) === texts.map((text) => `${text}\n`).join(""), true);
  assertEquals(textOf(a), "");
});

Deno.test("Broadcaster.publish() keeps rooms apart, and the order within each", () => {
  const hall = new Hall();
  const { other: room } = hall;
  const [a, b, c, d] = [
    hall.join("a"),
    hall.join("b"),
    hall.join("c", { room }),
    hall.join("d", { room }),
  ];
  for (const [author, text] of [[a, "1"], [c, "2"], [b, "3"], [a, "4"], [d, "5"]] as const) {
    hall.publish(author, text);
  }
  hall.deliver();
  assertEquals([a, b, c, d].map(textOf), ["3\n", "1\n4\n", "5\n", "2\n"]);
});

Deno.test("Broadcaster.publish() first delivers the run of another room, so nothing is ever out of order", () => {
  const hall = new Hall();
  const [a, b, c] = [hall.join("a"), hall.join("b"), hall.join("c", { room: hall.other })];
  hall.join("d", { room: hall.other });
  hall.publish(a, "1");
  hall.publish(a, "2");
  hall.publish(c, "3");
  assertEquals(hall.deliveries, ["b"]);
  assertEquals(textOf(b), "1\n2\n");
  hall.deliver();
  assertEquals(hall.deliveries, ["b", "d"]);
});

Deno.test("Broadcaster.deliver() for some subscribers leaves the run of others alone", () => {
  const hall = new Hall();
  const [a, c] = [hall.join("a"), hall.join("c", { room: hall.other })];
  hall.join("b");
  hall.publish(a, "1");
  hall.lines.deliver(c.subscribers);
  assertEquals(hall.deliveries, []);
  hall.lines.deliver(a.subscribers);
  assertEquals(hall.deliveries, ["b"]);
});

/** Authors are skipped by their positions, so these must not change while a run is under way. */
Deno.test("Broadcaster.deliver() does what a list of texts does, whoever publishes, joins and leaves", () =>
  eachSeed(100, (random) => {
    const hall = new Hall();
    const expected = new Map<Participant, string>();
    let here: Participant[] = [];
    for (let i = 0; i < 200; i++) {
      if (here.length < 2 || random.oneIn(5)) {
        const room = random.pick([hall.room, hall.other]);
        const broadcaster = random.pick([hall.lines, hall.frames]);
        const participant = hall.join("", { room, broadcaster, capacityBytes: 1 << 20 });
        here.push(participant);
        expected.set(participant, "");
      } else if (random.oneIn(6)) {
        const gone = random.pick(here);
        here = here.filter((participant) => participant !== gone);
        hall.leave(gone);
      } else if (random.oneIn(10)) hall.deliver();
      else {
        const author = random.pick(here);
        hall.publish(author, String(i));
        const room = hall.room.includes(author.subscribers) ? hall.room : hall.other;
        for (const participant of here) {
          if (participant === author || !room.includes(participant.subscribers)) continue;
          const { end } = participant.reader.recipient.format as LineFormat;
          expected.set(participant, `${expected.get(participant)}${i}${end}`);
        }
      }
    }
    hall.deliver();
    for (const [participant, text] of expected) assertEquals(textOf(participant), text);
  }));
