import { assertEquals } from "@std/assert";
import * as roster from "../../../static/src/model/roster.ts";

const user = (id: number, name: string | null) => ({ id, name, address: `127.0.0.1:${id}` });

Deno.test("Roster sorts users by name, those without a name last", () => {
  let changes = 0;
  const people = roster.createRoster(() => changes++);
  people.reset([user(1, "bob"), user(2, null), user(3, "Alice"), user(4, "\u00c4nne")]);
  people.put(user(5, "Bob10"));
  people.put(user(6, "Bob9"));
  people.remove(3);
  const names = people.sorted().map(({ name }) => name);
  assertEquals(names, ["\u00c4nne", "bob", "Bob9", "Bob10", null]);
  people.put(user(2, "Zoe"));
  assertEquals([people.size, people.get(2)?.name, people.get(3), changes], [
    5,
    "Zoe",
    undefined,
    5,
  ]);
});
