/**
 * A strict parser for the text format of Prometheus: exposition format 0.0.4.
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { RawSocket } from "./raw_socket.ts";

export interface Family {
  readonly type: string;
  readonly help: string;
  /** Values by name and labels, as written. */
  readonly samples: ReadonlyMap<string, number>;
}

/** The result of a scrape. */
export class Scrape {
  readonly families: ReadonlyMap<string, Family>;

  constructor(text: string) {
    this.families = parse(text);
  }

  /** One sample, such as `backchannel_closes_total{cause="quit"}`. */
  value(sample: string): number {
    const value = this.family(sample.replace(/\{.*$/, "")).samples.get(sample);
    assert(value !== undefined, `There is no ${sample}`);
    return value;
  }

  /** All samples of a counter or gauge together. */
  sum(name: string): number {
    return [...this.family(name).samples.values()].reduce((all, value) => all + value);
  }

  /** The sum and the number of the values in a histogram. */
  histogram(name: string): [sum: number, count: number] {
    const { samples } = this.family(name);
    return [samples.get(`${name}_sum`)!, samples.get(`${name}_count`)!];
  }

  family(name: string): Family {
    const family = this.families.get(name);
    assert(family !== undefined, `There is no ${name}`);
    return family;
  }
}

/** Reads the metrics of the server at `port`, over HTTP. */
export async function scrape(port: number): Promise<Scrape> {
  using socket = await RawSocket.connect(port);
  await socket.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const head = await socket.through("\r\n\r\n");
  assertMatch(head, /^HTTP\/1\.1 200 OK\r\n/);
  assertMatch(head, /\r\ncontent-type: text\/plain; version=0\.0\.4; charset=utf-8\r\n/);
  return new Scrape(await socket.restText());
}

const NAME = /^[a-z_]+$/;
const SAMPLE = /^([a-z_]+)(\{[a-z]+="(?:[^"\\\n]|\\[\\"n])*"\})? (\S+)$/;

/** Each family is one block: its help, its type, its samples. */
function parse(text: string): Map<string, Family> {
  assert(text.endsWith("\n"), "The last line ends too");
  const families = new Map<string, Family & { samples: Map<string, number> }>();
  let current = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === "HELP") {
      assertMatch(name, NAME);
      assert(!families.has(name), `${name} stands there twice`);
      families.set(name, { help: rest, type: "", samples: new Map() });
      current = name;
    } else if (keyword === "TYPE") {
      assertEquals(name, current, "A type follows its help");
      families.set(name, { ...families.get(name)!, type: rest });
    } else {
      const [, sample = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
      const family = families.get(current)!;
      const suffix = family.type === "histogram" ? "(_bucket|_sum|_count)" : "";
      assertMatch(sample, new RegExp(`^${current}${suffix}$`), line);
      assert(!family.samples.has(sample + labels), `${line} stands there twice`);
      family.samples.set(sample + labels, parseNumber(value));
    }
  }
  for (const [name, family] of families) check(name, family);
  return families;
}

function parseNumber(text: string): number {
  if (text === "+Inf") return Infinity;
  assertMatch(text, /^-?\d+(\.\d+)?(e[+-]\d+)?$/);
  return Number(text);
}

function check(name: string, { type, samples }: Family): void {
  assert(["counter", "gauge", "histogram"].includes(type), `${name} is a ${type}`);
  assert(samples.size > 0, `${name} has no samples`);
  assertEquals(name.endsWith("_total"), type === "counter", `${name} is a ${type}`);
  if (type !== "gauge") {
    for (const [sample, value] of samples) assert(value >= 0, `${sample} is ${value}`);
  }
  if (type === "histogram") checkHistogram(name, samples);
}

function checkHistogram(name: string, samples: ReadonlyMap<string, number>): void {
  let bound = -Infinity, count = 0;
  for (const [sample, value] of samples) {
    const le = /^\w+_bucket\{le="([^"]+)"\}$/.exec(sample)?.[1];
    if (le === undefined) continue;
    assert(parseNumber(le) > bound, `${sample} stands in order`);
    assert(value >= count, `${sample} has those before it too`);
    [bound, count] = [parseNumber(le), value];
  }
  assertEquals(bound, Infinity, `${name} has a last bucket`);
  assertEquals(samples.get(`${name}_count`), count, `${name}_count is the last bucket`);
  assert(samples.has(`${name}_sum`), `${name} has a sum`);
}
