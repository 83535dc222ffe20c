import { assertEquals } from "@std/assert";
import type { Membership } from "../../lib/chat/membership.ts";
import { Hall, take } from "../chat/hall.ts";

Deno.test("Audience.add() and remove() hand out first what was said before", () => {
  const hall = new Hall();
  const [a, b] = [hall.join("a"), hall.join("b")];
  hall.say(a, "1");
  const c = hall.join("c");
  hall.say(a, "2");
  hall.room.release(b);
  hall.say(a, "3");
  hall.room.release(a);
  hall.say(a, "4");
  hall.settle();
  assertEquals([a, b, c].map(take), ["", "1\n2\n", "2\n3\n4\n"]);
});

Deno.test("Audience.remove() keeps the places of the others", () => {
  const hall = new Hall();
  const seats = ["a", "b", "c", "d"].map((address) => hall.join(address));
  const [a, b, c, d] = seats as [Membership, Membership, Membership, Membership];
  const audience = a.subscribers!;
  for (const seat of [a, d, c]) audience.remove(seat);
  assertEquals(audience.size, 1);
  hall.say(a, "1");
  hall.settle();
  assertEquals(seats.map(take), ["", "1\n", "", ""]);
  audience.remove(b);
  assertEquals(audience.size, 0);
});

Deno.test("Audience.hears() asks for somebody else", () => {
  const hall = new Hall();
  const stranger = hall.join("stranger", { channel: hall.frames });
  const a = hall.join("a");
  const audience = a.subscribers!;
  assertEquals([undefined, a, stranger].map((author) => audience.hears(author)), [
    true,
    false,
    true,
  ]);
  hall.room.release(a);
  assertEquals([undefined, a, stranger].some((author) => audience.hears(author)), false);
  audience.add(a);
  hall.join("b");
  assertEquals(audience.hears(a), true);
});
