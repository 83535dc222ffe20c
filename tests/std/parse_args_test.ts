/**
 * `parseArgs` as the documentation of `@std/cli` describes it. The tests also pass with the real package: remove `links`
 * from deno.json to try it.
 */
import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";

Deno.test("parseArgs() reads undeclared flags, and converts numbers", () => {
  assertEquals<unknown>(
    parseArgs(["--a=1", "--b", "x", "--c", "-d", "5", "7", "0x10", "08", "-"]),
    {
      _: [7, 16, 8, "-"],
      a: 1,
      b: "x",
      c: true,
      d: 5,
    },
  );
});

Deno.test("parseArgs() keeps the value of a string flag", () => {
  const options = { string: ["port", "name", "_"] };
  assertEquals<unknown>(parseArgs(["--port=08", "--name", "1e3", "0x10"], options), {
    _: ["0x10"],
    port: "08",
    name: "1e3",
  });
});

Deno.test("parseArgs() uses the next argument as the value of a string flag, unless it is a flag", () => {
  const parse = (...args: string[]) => parseArgs(args, { string: ["port"] });
  assertEquals<unknown>(parse("--port", "1"), { _: [], port: "1" });
  assertEquals<unknown>(parse("--port=", "1"), { _: [1], port: "" });
  assertEquals<unknown>(parse("--port", "-1"), { _: [], port: "", 1: true });
  assertEquals<unknown>(parse("--port", "-"), { _: ["-"], port: "" });
  assertEquals<unknown>(parse("--port", ""), { _: [""], port: "" });
  assertEquals<unknown>(parse("--port"), { _: [], port: "" });
  assertEquals<unknown>(parse("--port=a=b=c"), { _: [], port: "a=b=c" });
  assertEquals<unknown>(parse("--port=1", "--port=2"), { _: [], port: "2" });
});

Deno.test("parseArgs() accepts only true and false as values of a boolean flag", () => {
  const parse = (...args: string[]) => parseArgs(args, { boolean: ["echo"] });
  assertEquals<unknown>(parse(), { _: [], echo: false });
  assertEquals<unknown>(parse("--echo", "x"), { _: ["x"], echo: true });
  assertEquals<unknown>(parse("--echo", "false"), { _: [], echo: false });
  assertEquals<unknown>(parse("--echo", "true"), { _: [], echo: true });
  assertEquals<unknown>(parse("--echo=false"), { _: [], echo: false });
  assertEquals<unknown>(parse("--echo=perhaps"), { _: [], echo: true });
});

Deno.test("parseArgs() reads all flags without = as boolean with `boolean: true`", () => {
  assertEquals<unknown>(parseArgs(["--a", "x", "--b=y", "-c", "z"], { boolean: true }), {
    _: ["x"],
    a: true,
    b: "y",
    c: "z",
  });
});

Deno.test("parseArgs() reports undeclared flags and positional arguments, but not those after --", () => {
  const reported: unknown[][] = [];
  const unknown = (...args: unknown[]) => {
    reported.push(args);
    return false;
  };
  const args = ["a", "--b=1", "--c", "x", "-de", "--port=1", "--", "here", "--echo", "5"];
  const options = { boolean: ["echo"], string: ["port"], unknown };
  assertEquals<unknown>(parseArgs(args, options), {
    _: ["here", "--echo", "5"],
    echo: false,
    port: "1",
  });
  assertEquals(reported, [
    ["a"],
    ["--b=1", "b", "1"],
    ["--c", "c", "x"],
    ["-de", "d", true],
    ["-de", "e", true],
  ]);
});

Deno.test("parseArgs() keeps arguments that `unknown` accepts", () => {
  assertEquals<unknown>(parseArgs(["--a=1", "b"], { unknown: () => undefined }), {
    _: ["b"],
    a: 1,
  });
});

Deno.test("parseArgs() separates arguments after -- with the option `--`", () => {
  const args = ["a", "--", "--b", "--", "5"];
  assertEquals<unknown>(parseArgs(args, { "--": true }), { _: ["a"], "--": ["--b", "--", "5"] });
  assertEquals<unknown>(parseArgs(args), { _: ["a", "--b", "--", "5"] });
  assertEquals<unknown>(parseArgs([], { "--": true }), { _: [], "--": [] });
});

Deno.test("parseArgs() negates only negatable flags", () => {
  const parse = (...args: string[]) =>
    parseArgs(args, { boolean: ["color"], string: ["file"], negatable: ["color", "file"] });
  assertEquals<unknown>(parse("--no-color", "--no-file"), { _: [], color: false, file: false });
  assertEquals<unknown>(parse("--color", "--file=x"), { _: [], color: true, file: "x" });
  assertEquals<unknown>(parseArgs(["--no-x", "1"]), { _: [], "no-x": 1 });
  // With a value, `no-` is dropped silently.
  assertEquals<unknown>(parseArgs(["--no-x=1"]), { _: [], x: 1 });
});

Deno.test("parseArgs() collects the values of repeated flags", () => {
  const parse = (...args: string[]) =>
    parseArgs(args, { boolean: ["v"], string: ["file"], collect: ["file", "v", "n"] });
  assertEquals<unknown>(parse(), { _: [], file: [], v: [] });
  assertEquals<unknown>(parse("--file=a", "--file", "b", "-vv", "--n=1", "--n=2"), {
    _: [],
    file: ["a", "b"],
    v: [true, true],
    n: [1, 2],
  });
});

Deno.test("parseArgs() sets all names of a flag with aliases", () => {
  const options = { boolean: ["help"], string: ["port"], alias: { h: "help", port: ["p", "q"] } };
  assertEquals<unknown>(parseArgs(["-h", "-p", "08"], options), {
    _: [],
    h: true,
    help: true,
    p: "08",
    port: "08",
    q: "08",
  });
  assertEquals<unknown>(parseArgs([], { alias: { a: "b" }, default: { a: 1 } }), {
    _: [],
    a: 1,
    b: 1,
  });
});

Deno.test("parseArgs() stops at the first positional argument with `stopEarly`", () => {
  assertEquals<unknown>(parseArgs(["--a", "1", "x", "--b", "5"], { stopEarly: true }), {
    _: ["x", "--b", "5"],
    a: 1,
  });
});

Deno.test("parseArgs() reads clusters of letters", () => {
  assertEquals<unknown>(parseArgs(["-abc"]), { _: [], a: true, b: true, c: true });
  assertEquals<unknown>(parseArgs(["-ab", "x"]), { _: [], a: true, b: "x" });
  assertEquals<unknown>(parseArgs(["-n5"]), { _: [], n: 5 });
  assertEquals<unknown>(parseArgs(["-n=5"]), { _: [], n: 5 });
  assertEquals<unknown>(parseArgs(["-n="]), { _: [], n: "" });
  assertEquals<unknown>(parseArgs(["-a-"]), { _: [], a: "-" });
  assertEquals<unknown>(parseArgs(["-x/path/to"]), { _: [], x: "/path/to" });
  assertEquals<unknown>(parseArgs(["-ab", "x"], { boolean: ["b"] }), {
    _: ["x"],
    a: true,
    b: true,
  });
});

Deno.test("parseArgs() nests keys with dots, and does not change prototypes", () => {
  assertEquals<unknown>(parseArgs(["--a.b=1", "--a.c.d", "x"]), {
    _: [],
    a: { b: 1, c: { d: "x" } },
  });
  parseArgs(["--__proto__.polluted=1", "--constructor.prototype.polluted=1"]);
  assertEquals("polluted" in {}, false);
});

Deno.test("parseArgs() fills in defaults, `undefined` included", () => {
  const options = { boolean: ["echo", "quiet"], default: { echo: undefined, port: "1", "a.b": 2 } };
  assertEquals<unknown>(parseArgs(["--port=3"], options), {
    _: [],
    echo: undefined,
    port: 3,
    quiet: false,
    a: { b: 2 },
  });
});
