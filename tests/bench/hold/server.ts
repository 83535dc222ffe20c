/**
 * A server whose event loop is watched, for `prices.ts`: `server.ts <root> <options>` serves what the project at `root` is,
 * and for each line on standard input prints the longest time in ms for which the loop was held since the line before.
 */
const [root = "", options = "{}"] = Deno.args;
const { serve } = await import(new URL("mod.ts", root).href);

let longest = 0;
let last = performance.now();

function turn(): void {
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
  setImmediate(turn);
}

const server = serve({ port: 0, ...JSON.parse(options) });
console.log(server.addr.port);
turn();
for await (const _ of Deno.stdin.readable) {
  console.log(longest.toFixed(2));
  longest = 0;
}
Deno.exit();
