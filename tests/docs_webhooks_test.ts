/**
 * docs/webhooks.md: the receiver runs as it stands there and takes genuine requests only, and the payload is as the server
 * writes it.
 * @module
 */
import { assertEquals } from "@std/assert";
import { renderJson } from "../lib/wire/json.ts";
import type { ChatEvent } from "../lib/wire/chat_event.ts";
import { Signer } from "../lib/webhook/signature.ts";
import { utf8 } from "./protocol/reading.ts";
import { LineClient } from "./support/client.ts";
import { freePort } from "./support/free_port.ts";
import { until } from "./support/patience.ts";
import { projectPath } from "./support/paths.ts";
import { Program } from "./support/program.ts";
import { TestServer } from "./support/server.ts";
import { TempFolder } from "./support/temp_folder.ts";
import { WEBHOOK_SECRET as SECRET } from "./support/webhook_receiver.ts";

const PAGE = Deno.readTextFileSync(projectPath("docs/webhooks.md"));

function block(language: string): string {
  const [, code = ""] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "ms").exec(PAGE) ?? [];
  return code;
}

/** Starts the receiver of the page. */
async function startReceiver(folder: TempFolder): Promise<{ program: Program; url: string }> {
  const port = freePort();
  await Deno.writeTextFile(folder.path("webhook.secret"), `${SECRET}\n`, { mode: 0o600 });
  await Deno.writeTextFile(folder.path("receiver.ts"), block("ts").replace("9000", String(port)));
  const [, permissions = ""] = /`deno run (.*) receiver\.ts`/.exec(PAGE) ?? [];
  const deno = [Deno.execPath(), "run", "--quiet", "--check", "--no-prompt"];
  const program = new Program(
    [...deno, ...permissions.split(" "), "receiver.ts"],
    folder.path(""),
  );
  const url = `http://127.0.0.1:${port}/`;
  const isUp = () => fetch(url, { method: "POST" }).then((r) => r.body?.cancel(), () => "down");
  await until(async () => await isUp() !== "down", "it listens");
  return { program, url };
}

Deno.test("docs/webhooks.md: the receiver prints what is said", async () => {
  await using folder = new TempFolder();
  const { program, url } = await startReceiver(folder);
  await using _program = program;
  await using server = new TestServer({ webhook: url, webhookSecret: SECRET });
  using alice = await (await LineClient.connect(server.port)).takesName("Alice");
  await alice.say("hello");
  await program.prints(/^lobby 1 Alice: hello$/);
  assertEquals(server.server.counters.webhook.requests.failed, 0);
  assertEquals(program.err, []);
});

Deno.test("docs/webhooks.md: the receiver takes genuine requests only, and each batch once", async () => {
  await using folder = new TempFolder();
  const { program, url } = await startReceiver(folder);
  await using _program = program;
  const signer = new Signer(SECRET);
  const send = async (id: string, { age = 0, secret = signer, as = "" } = {}) => {
    const from = { name: "Alice", address: "guest-1" };
    const events = [{ type: "message", room: "dev", id: 1, from, text: id }];
    const body = JSON.stringify({ data: { events } });
    const time = Math.floor(Date.now() / 1000) - age;
    const headers = {
      "webhook-id": id,
      "webhook-timestamp": String(time),
      "webhook-signature": as + secret.sign(id, time, utf8(body)),
    };
    const response = await fetch(url, { method: "POST", headers, body });
    await response.body?.cancel();
    return response.status;
  };
  const other = new Signer("x".repeat(24));
  assertEquals(await send("forged", { secret: other }), 401);
  assertEquals(await send("old", { age: 600 }), 401);
  assertEquals(await send("early", { age: -600 }), 401);
  assertEquals(await send("other-version", { as: "v0," }), 401);
  assertEquals(await send("nonsense", { as: "v1,!!! v1 , " }), 204, "one good signature is enough");
  assertEquals(await send("first"), 204);
  assertEquals(await send("first"), 204);
  assertEquals(await send("second", { age: 200, as: "v1,AAAA " }), 204);
  await program.prints(/second/);
  assertEquals(program.out.filter((line) => line.startsWith("dev 1 Alice: ")), [
    "dev 1 Alice: nonsense",
    "dev 1 Alice: first",
    "dev 1 Alice: second",
  ]);
});

Deno.test("docs/webhooks.md: the payload has events as the server writes them", () => {
  const { type, data } = JSON.parse(block("json"));
  assertEquals(type, "chat.events");
  for (const event of data.events) {
    assertEquals(JSON.parse(renderJson(event as ChatEvent, event.time)), event);
  }
});
