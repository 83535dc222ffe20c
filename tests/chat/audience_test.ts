import { assertEquals } from "@std/assert";
import { Audience } from "../../lib/chat/audience.ts";
import { Member } from "../../lib/chat/member.ts";
import { Log } from "../../lib/chat/segment.ts";
import { Client, CountingFormat } from "./fakes.ts";

/** Audiences of two formats, as a hub has them, and what they delivered. */
class Room {
  readonly deliveries: string[] = [];
  readonly lines = new CountingFormat("\n");
  readonly frames = new CountingFormat("|");
  readonly #audiences = new Map(
    [this.lines, this.frames].map((format) => {
      const log = new Log(format.encode, format.overhead);
      const delivered = ({ address }: Member, lost: number) => {
        this.deliveries.push(lost === 0 ? address : `${address} lost ${lost}`);
      };
      return [format, new Audience(log, { delivered })];
    }),
  );

  audience(format: CountingFormat): Audience {
    return this.#audiences.get(format)!;
  }

  join(address: string, format = this.lines, capacity = 100): Member {
    const client = new Client();
    const limits = { capacity, capacityBytes: 1000, overflow: "drop-oldest" } as const;
    const observer = { slow() {}, recovered() {} };
    const member = client.member = new Member(1, address, format, limits, client, observer);
    this.audience(format).add(member);
    return member;
  }

  say(author: Member, text: string): void {
    for (const audience of this.#audiences.values()) {
      if (audience.hears(author)) audience.say(author, text);
    }
  }

  settle(): void {
    for (const audience of this.#audiences.values()) audience.settle();
  }
}

function take(member: Member): string {
  const bytes = member.take();
  return bytes ? new TextDecoder().decode(bytes) : "";
}

Deno.test("Audience.settle() gives all a run but its author, in one delivery each", () => {
  const room = new Room();
  const [a, b, c] = [room.join("a"), room.join("b"), room.join("c")];
  room.say(a, "1");
  room.say(a, "2");
  assertEquals(room.deliveries, []);
  room.settle();
  assertEquals(room.deliveries.sort(), ["b", "c"]);
  assertEquals([a, b, c].map(take), ["", "1\n2\n", "1\n2\n"]);
  room.settle();
  assertEquals(room.deliveries.length, 2);
});

Deno.test("Audience.settle() gives each of several authors what the others said, in order", () => {
  const room = new Room();
  const [a, b, c] = [room.join("a"), room.join("b"), room.join("c")];
  for (const [author, text] of [[a, "1"], [b, "2"], [b, "3"], [a, "4"], [a, "5"]] as const) {
    room.say(author, text);
  }
  room.settle();
  assertEquals([a, b, c].map(take), ["2\n3\n", "1\n4\n5\n", "1\n2\n3\n4\n5\n"]);
});

Deno.test("Audience.settle() leaves alone the authors of another audience", () => {
  const room = new Room();
  const line = room.join("line");
  const [frame, other] = [room.join("frame", room.frames), room.join("other", room.frames)];
  room.say(frame, "1");
  room.say(line, "2");
  room.settle();
  assertEquals([line, frame, other].map(take), ["1\n", "2|", "1|2|"]);
});

Deno.test("Audience.add() and remove() hand out first what was said before", () => {
  const room = new Room();
  const [a, b] = [room.join("a"), room.join("b")];
  room.say(a, "1");
  const c = room.join("c");
  room.say(a, "2");
  room.audience(room.lines).remove(b);
  room.say(a, "3");
  room.audience(room.lines).remove(a);
  room.say(a, "4");
  room.settle();
  assertEquals([a, b, c].map(take), ["", "1\n2\n", "2\n3\n4\n"]);
});

Deno.test("Audience.remove() keeps the places of the others", () => {
  const room = new Room();
  const members = ["a", "b", "c", "d"].map((address) => room.join(address));
  const [a, b, c, d] = members as [Member, Member, Member, Member];
  const audience = room.audience(room.lines);
  for (const member of [a, d, c]) audience.remove(member);
  assertEquals(audience.size, 1);
  room.say(a, "1");
  room.settle();
  assertEquals(members.map(take), ["", "1\n", "", ""]);
  audience.remove(b);
  assertEquals(audience.size, 0);
});

Deno.test("Audience.hears() asks for somebody else", () => {
  const room = new Room();
  const audience = room.audience(room.lines);
  const stranger = room.join("stranger", room.frames);
  assertEquals(audience.hears(stranger), false);
  const a = room.join("a");
  assertEquals([audience.hears(a), audience.hears(stranger)], [false, true]);
  room.join("b");
  assertEquals(audience.hears(a), true);
});

Deno.test("Audience.settle() reports what a full member lost", () => {
  const room = new Room();
  const [a, b] = [room.join("a"), room.join("b", room.lines, 2)];
  for (const text of ["1", "2", "3", "4"]) room.say(a, text);
  room.settle();
  assertEquals(room.deliveries, ["b lost 2"]);
  assertEquals(
    take(b),
    "Notice: 2 messages were dropped because this connection is too slow\n3\n4\n",
  );
});

Deno.test("Audience.say() goes on over the border of a segment", () => {
  const room = new Room();
  const limits = { capacity: 100, capacityBytes: 1 << 20, overflow: "drop-oldest" } as const;
  const client = new Client();
  const observer = { slow() {}, recovered() {} };
  const b = new Member(2, "b", room.lines, limits, client, observer);
  room.audience(room.lines).add(b);
  const a = room.join("a");
  const texts = Array.from({ length: 10 }, (_, i) => String(i).repeat(9_000));
  for (const text of texts) room.say(a, text);
  room.settle();
  let all = "";
  for (let part = take(b); part !== ""; part = take(b)) all += part;
  assertEquals(all === texts.map((text) => `${text}\n`).join(""), true);
  assertEquals(take(a), "");
});
