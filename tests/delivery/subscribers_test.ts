import { assertEquals } from "@std/assert";
import { Hall, textOf } from "./fakes.ts";

Deno.test("Subscribers.add() and remove() first deliver what was published before", () => {
  const hall = new Hall();
  const [a, b] = [hall.join("a"), hall.join("b")];
  hall.publish(a, "1");
  const c = hall.join("c");
  hall.publish(a, "2");
  hall.leave(b);
  hall.publish(a, "3");
  hall.leave(a);
  hall.publish(a, "4");
  hall.deliver();
  assertEquals([a, b, c].map(textOf), ["", "1\n2\n", "2\n3\n4\n"]);
});

Deno.test("Subscribers.remove() keeps the subscriptions of the others", () => {
  const hall = new Hall();
  const [a, b, c, d] = [hall.join("a"), hall.join("b"), hall.join("c"), hall.join("d")];
  const { subscribers } = a;
  for (const participant of [a, d, c]) hall.leave(participant);
  assertEquals(subscribers.size, 1);
  hall.publish(a, "1");
  hall.deliver();
  assertEquals([a, b, c, d].map(textOf), ["", "1\n", "", ""]);
  hall.leave(b);
  assertEquals(subscribers.size, 0);
});

Deno.test("Subscribers.remove() does nothing for a subscription that has ended or belongs elsewhere", () => {
  const hall = new Hall();
  const [a, b] = [hall.join("a"), hall.join("b")];
  const stranger = hall.join("stranger", { room: hall.other });
  hall.leave(a);
  hall.leave(a);
  a.subscribers.remove(stranger.subscription);
  assertEquals([a.subscribers.size, stranger.subscribers.size], [1, 1]);
  assertEquals([a, b].map(({ subscribers, subscription }) => subscribers.has(subscription)), [
    false,
    true,
  ]);
});

Deno.test("Subscribers.hasReader() asks for somebody else than the author", () => {
  const hall = new Hall();
  const stranger = hall.join("stranger", { broadcaster: hall.frames }).subscription;
  const a = hall.join("a");
  const { subscribers, subscription } = a;
  const ask = () =>
    [undefined, subscription, stranger].map((author) => subscribers.hasReader(author));
  assertEquals(ask(), [true, false, true]);
  hall.join("b");
  assertEquals(ask(), [true, true, true]);
  hall.leave(a);
  assertEquals(ask(), [true, true, true]);
});
