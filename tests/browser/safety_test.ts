import { assertEquals } from "@std/assert";
import { LineClient } from "../support/client.ts";
import { TestServer } from "../support/server.ts";
import { browserTest } from "./guest.ts";

/** What would run if text ever became HTML, an address or a style. */
const ATTACKS = [
  "<script>globalThis.hacked = 1</script>",
  "<img src=x onerror='globalThis.hacked = 1'>",
  '"><svg onload=globalThis.hacked=1>',
  "javascript:globalThis.hacked=1",
  "[x](javascript:globalThis.hacked=1) data:text/html,<script>globalThis.hacked=1</script>",
  'https://example.com/" onmouseover="globalThis.hacked=1',
  "{{constructor.constructor('globalThis.hacked=1')()}} ${globalThis.hacked=1}",
  "&lt;b&gt; &amp; </div></article>",
];

browserTest("Page: markup and scripts in a message stay text", async (desk) => {
  await using server = new TestServer();
  const alice = await desk.join(server.port, "Alice");
  using bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  await bob.say(...ATTACKS);
  await bob.say(...ATTACKS.map((attack) => `/whisper Alice ${attack}`));
  await bob.say("the end");
  await alice.sees("message", "the end");
  assertEquals(await alice.texts("message"), [...ATTACKS, "the end"]);
  assertEquals(await alice.texts("whisper"), ATTACKS);
  await alice.says(ATTACKS[0]!);
  await alice.sees("own", ATTACKS[0]!);
  assertEquals(await alice.log.locator("script, img, svg[onload], b, [style]").count(), 0);
  assertEquals(await alice.page.evaluate(() => "hacked" in globalThis), false);
});

browserTest(
  "Page: markup in a name is refused, and what the server says of it stays text",
  async (desk) => {
    await using server = new TestServer();
    const guest = await desk.visit(server.port);
    const attack = "<img src=x onerror=globalThis.hacked=1>";
    await guest.page.locator("#name-field").fill(attack);
    await guest.page.keyboard.press("Enter");
    await guest.page.locator("#name-problem").getByText(attack).waitFor();
    await guest.takesName("Alice");
    await guest.says(`/name ${attack}`);
    await guest.page.locator("#name-problem").getByText(attack).waitFor();
    await guest.page.keyboard.press("Escape");
    await guest.says(`/whisper ${attack} hello`);
    await guest.log.locator(".delivery.failed").waitFor();
    assertEquals(await guest.page.locator("img").count(), 0);
    assertEquals(await guest.page.evaluate(() => "hacked" in globalThis), false);
  },
);

browserTest(
  "Page: links lead where they say, in a tab of their own that learns nothing",
  async (desk) => {
    await using server = new TestServer();
    const alice = await desk.join(server.port, "Alice");
    using bob = await LineClient.connect(server.port);
    await bob.say(
      "see https://example.com/a_(b)?c=d#e, (http://localhost:1/x) and https://you@evil.example/",
    );
    await alice.sees("message", /^see/);
    const links = await alice.log.locator(".text a").evaluateAll((links) =>
      links.map((link) => ["href", "target", "rel"].map((name) => link.getAttribute(name)))
    );
    const rest = ["_blank", "noopener noreferrer nofollow"];
    assertEquals(links, [
      ["https://example.com/a_(b)?c=d#e", ...rest],
      ["http://localhost:1/x", ...rest],
    ]);
  },
);

browserTest("Page: nothing is loaded from anywhere else", async (desk) => {
  await using server = new TestServer();
  const asked = new Set<string>();
  const guest = await desk.visit("about:blank");
  guest.page.on("request", (request) => asked.add(new URL(request.url()).host));
  await guest.page.goto(`http://127.0.0.1:${server.port}/`);
  await guest.takesName("Alice");
  await guest.page.locator("#stats-toggle").click();
  await guest.page.locator("#stats-figures dd").first().waitFor();
  assertEquals([...asked], [`127.0.0.1:${server.port}`]);
});
