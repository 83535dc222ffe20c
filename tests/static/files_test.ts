import { assert, assertEquals } from "@std/assert";
import { gzipSync } from "node:zlib";
import { bundle } from "../generate/bundle.ts";
import { FILES } from "../../lib/server/http/embedded_assets.ts";
import { projectPath } from "../support/paths.ts";

const read = (name: string) => Deno.readTextFileSync(projectPath(`static/${name}`));
const html = read("index.html");
const css = read("style.css");

/** The minimum contrast of colours on backgrounds. */
const CONTRASTS: Array<{ least: number; on: string[]; colours: string[] }> = [
  { least: 4.5, on: ["paper", "sheet", "hover", "own", "whisper-ground"], colours: ["ink"] },
  { least: 4.5, on: ["danger-ground", "warn-ground", "marker"], colours: ["ink"] },
  { least: 4.5, on: ["paper", "sheet", "hover", "own", "whisper-ground"], colours: ["soft"] },
  { least: 4.5, on: ["paper", "sheet", "own", "whisper-ground"], colours: ["accent", "danger"] },
  { least: 4.5, on: ["paper"], colours: ["warn", "c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7"] },
  { least: 4.5, on: ["whisper-ground"], colours: ["whisper"] },
  { least: 4.5, on: ["accent"], colours: ["on-accent"] },
  { least: 3, on: ["paper", "sheet"], colours: ["edge", "accent"] },
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
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
