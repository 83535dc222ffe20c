import { assert, assertEquals } from "@std/assert";
import { gzipSync } from "node:zlib";
import { COLOURS } from "../../static/src/model/colours.ts";
import { bundle } from "../generate/bundle.ts";
import { FILES } from "../../lib/server/http/embedded_assets.ts";
import { projectPath } from "../support/paths.ts";

const read = (name: string) => Deno.readTextFileSync(projectPath(`static/${name}`));
const html = read("index.html");
const css = read("style.css");

/** The colours of names. */
const NAMES = Array.from({ length: COLOURS }, (_, index) => `c${index}`);

/** The minimum distance of two colours of names, in the units of Oklab: larger than the difference that any reader sees. */
const LEAST_DISTANCE = 0.08;

/** The minimum contrast of colours on backgrounds. */
const CONTRASTS: Array<{ least: number; on: string[]; colours: string[] }> = [
  { least: 4.5, on: ["paper", "side", "sheet", "hover", "tint", "code"], colours: ["ink", "soft"] },
  {
    least: 4.5,
    on: ["mention", "whisper-ground", "danger-ground", "warn-ground"],
    colours: ["ink"],
  },
  { least: 4.5, on: ["marker"], colours: ["ink"] },
  { least: 4.5, on: ["mention", "whisper-ground", "danger-ground", "code"], colours: ["mute"] },
  { least: 4.5, on: ["paper", "side", "sheet", "hover"], colours: ["mute", "danger"] },
  { least: 4.5, on: ["paper", "sheet", "mention", "whisper-ground", "hover"], colours: ["accent"] },
  { least: 4.5, on: ["paper", "mention", "whisper-ground", "hover"], colours: NAMES },
  { least: 4.5, on: ["warn-ground"], colours: ["warn"] },
  { least: 4.5, on: ["danger-ground", "whisper-ground"], colours: ["danger"] },
  { least: 4.5, on: ["whisper-ground"], colours: ["whisper"] },
  { least: 4.5, on: ["accent"], colours: ["on-accent"] },
  { least: 4.5, on: ["danger"], colours: ["paper"] },
  { least: 3, on: ["paper", "side", "sheet"], colours: ["edge", "accent"] },
  { least: 3, on: ["paper"], colours: ["here"] },
];

Deno.test("index.html loads one script, and the server has every file that it loads", () => {
  const loaded = Array.from(
    html.matchAll(/<(?:script|link) [^>]*(?:src|href)="([^"]+)"/g),
    ([, name]) => name!,
  );
  assertEquals(loaded, ["icon.svg", "style.css", "app.js"]);
  for (const name of loaded) assertEquals(FILES[`/${name}`]?.body, read(name), name);
});

Deno.test("app.js is up to date with static/src", async () => {
  assertEquals(await bundle() === read("app.js"), true, "Run deno task bundle");
});

Deno.test("A page load transfers less than 100 kB", () => {
  const sizes = ["index.html", "style.css", "app.js", "icon.svg"].map((name) =>
    gzipSync(read(name)).length
  );
  const total = sizes.reduce((sum, size) => sum + size);
  assert(total < 100_000, `${total} bytes`);
});

Deno.test("index.html has no inline code, except the script that loads missing files again", () => {
  const inline = html.match(/<script>[^]*?<\/script>/g);
  assertEquals(inline?.length, 1);
  assert(inline?.[0].includes("waitFor"));
  assertEquals(
    html.replace(inline?.[0] ?? "", "").match(
      /<style|<script(?![^>]* src=)|\son\w+=|\sstyle=|javascript:|https?:/g,
    ),
    null,
  );
});

Deno.test("The modules of the page make no HTML from strings and have at most 400 lines", () => {
  for (const { path, code } of modules()) {
    assertEquals(
      code.match(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b/g),
      null,
    );
    assert(code.split("\n").length <= 400, `${path} has at most 400 lines`);
  }
});

/** The modules of the page, by their paths in static/src. */
function* modules(folder = ""): Generator<{ path: string; code: string }> {
  for (const { name, isDirectory } of Deno.readDirSync(projectPath(`static/src/${folder}`))) {
    const path = `${folder}${name}`;
    if (isDirectory) yield* modules(`${path}/`);
    else yield { path, code: read(`src/${path}`) };
  }
}

Deno.test("style.css has enough contrast in both themes (WCAG 1.4.3, 1.4.11)", () => {
  for (const { least, on, colours } of CONTRASTS) {
    for (const ground of on) {
      for (const colour of colours) {
        const [light, dark] = [0, 1].map((theme) =>
          contrast(pair(colour)[theme]!, pair(ground)[theme]!)
        );
        assert(light! >= least, `${colour} on ${ground}, light: ${light}`);
        assert(dark! >= least, `${colour} on ${ground}, dark: ${dark}`);
      }
    }
  }
});

Deno.test("The colours of names are easy to tell apart in both themes", () => {
  for (const theme of [0, 1]) {
    for (const [index, name] of NAMES.entries()) {
      for (const other of NAMES.slice(index + 1)) {
        const far = distance(pair(name)[theme]!, pair(other)[theme]!);
        assert(far >= LEAST_DISTANCE, `${name} and ${other}, theme ${theme}: ${far}`);
      }
    }
  }
});

/** The distance of two colours in Oklab. */
function distance(one: string, other: string): number {
  const a = oklab(one), b = oklab(other);
  return Math.hypot(...a.map((value, index) => value - b[index]!));
}

/** https://bottosson.github.io/posts/oklab/ */
function oklab(colour: string): number[] {
  const [r = 0, g = 0, b = 0] = linear(colour);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** The light and the dark value of a colour. */
function pair(name: string): string[] {
  const found = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`, "i").exec(css);
  assert(found !== null, `There is a colour ${name}`);
  return found.slice(1);
}

/** WCAG's definition. */
function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (lighter! + 0.05) / (darker! + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = linear(colour);
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** The red, green and blue parts of a colour, without the gamma correction of sRGB. */
function linear(colour: string): number[] {
  return [1, 3, 5].map((at) => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
}
