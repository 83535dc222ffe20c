import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { Guests } from "../../lib/chat/guests.ts";
import { Random } from "../random.ts";

Deno.test("Guests.take() returns a name that nobody has", () => {
  const guests = new Guests();
  const names = Array.from({ length: 3_000 }, () => guests.take());
  assertEquals(new Set(names).size, names.length);
  for (const name of names) assertMatch(name, /^guest-[1-9]\d{3,}$/);
});

Deno.test("Guests.take() uses more digits when most of the short numbers are taken", () => {
  const guests = new Guests();
  const names = Array.from({ length: 12_000 }, () => guests.take());
  assertEquals(new Set(names).size, names.length);
  assert(names.some((name) => name.length > "guest-1234".length));
});

Deno.test("Guests.take() does not count up", () => {
  const guests = new Guests();
  const numbers = Array.from({ length: 100 }, () => Number(guests.take().slice("guest-".length)));
  const steps = new Set(numbers.slice(1).map((number, i) => number - numbers[i]!));
  assert(steps.size > 50, `${numbers}`);
});

Deno.test("Guests.release() frees a name", () => {
  const drawn = [7, 7, 8, 7];
  const guests = new Guests(() => drawn.shift()!);
  assertEquals(guests.take(), "guest-1007");
  assertEquals(guests.take(), "guest-1008");
  guests.release("guest-1007");
  assertEquals(guests.take(), "guest-1007");
});

Deno.test("Guests.take() draws from all numbers of a length", () => {
  const limits: number[] = [];
  const random = new Random(1);
  const guests = new Guests((limit) => {
    limits.push(limit);
    return random.below(limit);
  });
  guests.take();
  assertEquals(limits, [9_000]);
  const worst = new Guests((limit) => limit - 1);
  assertEquals([worst.take(), worst.take()], ["guest-9999", "guest-99999"]);
  assertNotEquals(worst.take(), "guest-99999");
});
