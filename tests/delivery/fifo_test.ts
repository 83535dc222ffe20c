import { assertEquals } from "@std/assert";
import { Fifo } from "../../lib/delivery/fifo.ts";
import { eachSeed } from "../random.ts";

Deno.test("Fifo behaves as an array does", () =>
  eachSeed(100, (random) => {
    const fifo = new Fifo<number>();
    const array: number[] = [];
    const grows = random.between(1, 3);
    for (let i = 0; i < 500; i++) {
      if (random.below(4) < grows) {
        if (random.oneIn(5)) {
          fifo.unshift(i);
          array.unshift(i);
        } else {
          fifo.push(i);
          array.push(i);
        }
      } else assertEquals(fifo.shift(), array.shift());
      assertEquals([fifo.length, fifo.first, fifo.last], [array.length, array[0], array.at(-1)]);
    }
    while (array.length > 0) assertEquals(fifo.shift(), array.shift());
    assertEquals([fifo.length, fifo.first, fifo.last, fifo.shift()], [0, ...Array(3)]);
  }));
