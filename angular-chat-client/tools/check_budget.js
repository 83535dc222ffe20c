/**
 * Fails if the compressed size of the built page exceeds its budget. The budgets in angular.json are for uncompressed files.
 */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

/** The maximum number of transferred bytes: one second on a slow phone. */
const BUDGET = 150_000;

const FOLDER = new URL("../dist/browser/", import.meta.url);

const index = readFileSync(new URL("index.html", FOLDER), "utf8");
const loaded = Array.from(index.matchAll(/(?:src|href)="([^":]+)"/g), ([, file]) => file);
let total = 0;
for (const file of new Set(["index.html", ...loaded])) {
  const size = gzipSync(readFileSync(new URL(file, FOLDER))).length;
  console.log(`${String(size).padStart(8)}  ${file}`);
  total += size;
}
console.log(`${String(total).padStart(8)}  bytes transferred, of ${BUDGET}`);
if (total > BUDGET) {
  console.error(`Cannot accept this build: ${total} bytes exceed the budget of ${BUDGET}`);
  process.exitCode = 1;
}
