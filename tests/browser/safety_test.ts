import { assertEquals } from "@std/assert";
import { bundle } from "../generate/bundle.ts";
import { LineClient } from "../support/client.ts";
import { eachInTurn, until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { browserTest, type Desk } from "./guest.ts";

/** Code that would run if a text became HTML, an address or a style. */
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
  "Page: markup in a name is refused, and stays text in the server's error",
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

/** Combining marks above, below, over and around a character. */
const TOWERS = ["\u0301", "\u0323", "\u0336", "\u20dd", "\u0e49", "\u0489"];

/** Pictures of Bob's messages above and below Carol's. */
async function neighbours(desk: Desk, words: readonly string[]): Promise<string[]> {
  await using server = new TestServer();
  const alice = await desk.join(server.port, "Alice");
  using bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  using carol = await LineClient.connect(server.port);
  await carol.takesName("Carol");
  const says = async (client: LineClient, text: string) => {
    const count = await alice.entries("message").count();
    await client.say(text);
    await until(async () => await alice.entries("message").count() > count, text);
  };
  await says(bob, "above");
  await eachInTurn(words, (word) => says(carol, word));
  await says(bob, "below");
  return await Promise.all(["above", "below"].map(async (text) => {
    const entry = alice.entries("message").filter({ hasText: text });
    return (await entry.screenshot({ mask: [alice.page.locator("time")] })).toString("base64");
  }));
}

browserTest("Page: stacked combining marks do not cover messages of other users", async (desk) => {
  const plain = await neighbours(desk, TOWERS.map(() => "word"));
  const towers = await neighbours(desk, TOWERS.map((mark) => `word ${mark.repeat(400)}`));
  assertEquals(towers.map((picture, i) => picture === plain[i]), [true, true]);
});

browserTest("Page: stacked combining marks stay in their line of a reply", async (desk) => {
  await using server = new TestServer();
  const alice = await desk.join(server.port, "Alice");
  using carol = await LineClient.connect(server.port);
  await carol.takesName("Carol");
  await carol.say("word", `word ${"\u0301".repeat(400)}`);
  await alice.sees("message", "word");
  await alice.says("/search word");
  const items = alice.entries("answer").locator(".part");
  await items.first().waitFor();
  const heights = await items.evaluateAll((items) =>
    items.map((item) => getComputedStyle(item).overflowY)
  );
  assertEquals(new Set(heights), new Set(["clip"]));
});

browserTest("Page: shows any text of 64 kB in linear time", async (desk) => {
  await using server = new TestServer();
  const alice = await desk.join(server.port, "Alice");
  await alice.page.evaluate(await bundle(["tests/browser/message_row.ts"]));
  const growths = await alice.page.evaluate(() => {
    const { render } =
      globalThis as unknown as typeof import("../../static/src/view/message_row.ts");
    const list = document.querySelector("#log")!;
    const seeds: Record<string, string> = {
      letters: "a",
      links: "http://a/ ",
      brackets: "http://a/)).",
      marks: "\u0301\u0316",
      turns: "a\u05d0",
      names: "@Alice ",
      lines: "\n",
      emoji: "\u{1f468}\u200d",
      han: "\u7530",
    };
    /** The time that it takes to show a text, in ms. */
    const show = (text: string) => {
      const start = performance.now();
      const entry = {
        key: 0,
        kind: "message",
        time: 0,
        text,
        own: false,
        sender: "Bob",
        senderId: 2,
      } as const;
      const context = { ownName: "Alice", colours: { ofSpeaker: () => 0 }, isMarked: false };
      const row = render(entry, undefined, context);
      list.append(row);
      void row.offsetHeight;
      const took = performance.now() - start;
      row.remove();
      return took;
    };
    return Object.entries(seeds).map(([name, seed]) => {
      const text = (length: number) => seed.repeat(Math.ceil(length / seed.length));
      let short = Infinity, long = Infinity;
      // Other programs can spoil a measurement, but not all of so many.
      for (let round = 0; round < 20 && !(long < 10 * Math.max(short, 10)); round++) {
        short = Math.min(short, show(text(16_384)));
        long = Math.min(long, show(text(65_536)));
      }
      return { name, short, long, isFine: long < 10 * Math.max(short, 10) };
    });
  });
  // Four times the text takes four times as long in linear time, and sixteen times in quadratic time.
  for (const { name, isFine, short, long } of growths) {
    assertEquals(isFine, true, `${name}: ${short} ms, ${long} ms`);
  }
});

browserTest(
  "Page: links open the shown address in a new tab, without a referrer or opener",
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

browserTest("Page: loads nothing from other origins", async (desk) => {
  await using server = new TestServer();
  const asked = new Set<string>();
  const guest = await desk.visit("about:blank");
  guest.page.on("request", (request) => asked.add(new URL(request.url()).host));
  await guest.page.goto(`http://127.0.0.1:${server.port}/`);
  await guest.takesName("Alice");
  await guest.chooses("Server statistics");
  await guest.page.locator("#stats-figures dd").first().waitFor();
  assertEquals([...asked], [`127.0.0.1:${server.port}`]);
});
