/**
 * Prints the notifications of a room as they are posted, and those that were posted while it was away.
 *
 *     TOKEN=... deno run --allow-net --allow-env=TOKEN docs/examples/follow.ts http://127.0.0.1:8080 deploys
 *
 * It reads server-sent events with `fetch`, because `EventSource` cannot send a token.
 */

/** The server sends a comment when a stream is quiet, by default every 10 seconds. So after this long it is gone, in ms. */
const SILENCE = 30_000;

const [server = "http://127.0.0.1:8080", room = "lobby"] = Deno.args;
const url = `${server}/api/rooms/${encodeURIComponent(room)}/events`;
const authorization = `Bearer ${Deno.env.get("TOKEN")}`;

/** The last message that was printed. The server continues behind it. */
let lastId: string | undefined;
/** The wait before the next attempt, in ms. */
let wait = 1_000;

for (;;) {
  try {
    await follow();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    wait = Math.min(2 * wait, 30_000);
  }
  await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random() / 2)));
}

/** Reads one stream to its end. */
async function follow(): Promise<void> {
  const headers = { authorization, ...(lastId !== undefined && { "last-event-id": lastId }) };
  const controller = new AbortController();
  const giveUp = () => controller.abort(new Error("The server is silent"));
  let timer = setTimeout(giveUp, SILENCE);
  try {
    const response = await fetch(url, { headers, signal: controller.signal });
    if (!response.ok || response.body === null) await fail(response);
    wait = 1_000;
    let rest = "";
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, SILENCE);
      const blocks = (rest + text).split("\n\n");
      rest = blocks.pop()!;
      for (const block of blocks) handle(block);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Reports an error of the server. Those that do not pass by waiting end the program. */
async function fail(response: Response): Promise<never> {
  const { detail } = await response.json().catch(() => ({}));
  const message = `${response.status} ${detail ?? response.statusText}`;
  if (![429, 500, 502, 503, 504].includes(response.status)) {
    console.error(message);
    Deno.exit(1);
  }
  throw new Error(message);
}

/** Handles one event: lines such as `id: ...` and `data: ...`. */
function handle(block: string): void {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
  lastId = field("id") ?? lastId;
  wait = Number(field("retry") ?? wait); // a server that shuts down spreads its clients
  const data = field("data");
  if (data === undefined) return; // a comment
  const event = JSON.parse(data);
  if (event.type === "message") {
    console.log(`${event.from.name ?? event.from.address}: ${event.text}`);
  } else if (event.type === "dropped") {
    console.log(`(${event.count} notifications are missing here)`);
  } else if (event.recovered === false) console.log("(Notifications may be missing here)");
}
