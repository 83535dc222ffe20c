import { assertEquals, assertRejects } from "@std/assert";
import { LineWriter } from "../../../lib/server/observability/line_writer.ts";

const decoder = new TextDecoder();

/** An output that accepts as much as a test allows. */
class Output {
  readonly written: string[] = [];
  #gate = Promise.withResolvers<void>();

  constructor(isOpen = true) {
    if (isOpen) this.#gate.resolve();
  }

  /** Accepts at most ten bytes at once. */
  write = async (bytes: Uint8Array): Promise<number> => {
    await this.#gate.promise;
    const part = bytes.slice(0, 10);
    this.written.push(decoder.decode(part));
    return part.length;
  };

  open(): void {
    this.#gate.resolve();
  }

  fail(): void {
    this.#gate.reject(new Error("full"));
    this.#gate.promise.catch(() => {});
  }

  heal(): void {
    this.#gate = Promise.withResolvers();
    this.#gate.resolve();
  }
}

Deno.test("LineWriter.print() writes the lines of one turn together, despite short writes", async () => {
  const output = new Output();
  const writer = new LineWriter(output);
  await Promise.all(["one", "two"].map((line) => writer.print(line)));
  await writer.print("three and more");
  assertEquals(output.written, ["one\ntwo\n", "three and ", "more\n"]);
});

Deno.test("LineWriter.print() keeps the order of waiting lines", async () => {
  const output = new Output(false);
  const writer = new LineWriter(output);
  const first = writer.print("1");
  await Promise.resolve();
  await Promise.resolve();
  const others = ["2", "3"].map((line) => writer.print(line));
  output.open();
  await Promise.all([first, ...others]);
  assertEquals(output.written.join(""), "1\n2\n3\n");
});

Deno.test("LineWriter.print() rejects when a write fails, and goes on", async () => {
  const output = new Output(false);
  const writer = new LineWriter(output);
  const lost = [writer.print("1"), writer.print("2")];
  output.fail();
  for (const one of await Promise.allSettled(lost)) assertEquals(one.status, "rejected");
  output.heal();
  await writer.print("3");
  assertEquals(output.written, ["3\n"]);
});

Deno.test("LineWriter.print() rejects lines over the limit, and keeps the others", async () => {
  const output = new Output(false);
  const writer = new LineWriter(output);
  const line = "x".repeat(1_048_576);
  const kept = [writer.print(line)];
  await assertRejects(() => writer.print("y"), RangeError, "Cannot print a line: too many wait");
  output.open();
  await Promise.all(kept);
  await writer.print("z");
  assertEquals(output.written.join(""), `${line}\nz\n`);
});
