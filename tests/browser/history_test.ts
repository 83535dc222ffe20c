import { assert, assertEquals } from "@std/assert";
import { LineClient } from "../support/client.ts";
import { until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { browserTest, type Guest } from "./guest.ts";

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);

/** Scrolls up until this is the oldest message. */
async function scrollsUpTo(guest: Guest, text: string): Promise<void> {
  await until(async () => {
    await guest.page.locator("#scroller").evaluate((scroller) => scroller.scrollTop = 0);
    return (await guest.texts("message"))[0] === text;
  }, `${text} is there`);
}

browserTest(
  "Page: scrolling up loads older messages, back to the first one",
  async (desk) => {
    await using server = new TestServer();
    using bob = await LineClient.connect(server.port);
    await bob.takesName("Bob");
    await bob.say(...numbered(1, 170));
    const alice = await desk.join(server.port, "Alice");
    await alice.sees("message", "line 170");
    assertEquals(await alice.texts("message"), numbered(121, 170));
    assertEquals(await alice.log.locator(".unread-line").count(), 0, "Nobody has read before");

    // The visible messages stay in place while older ones are added above.
    const read = alice.log.locator(".row").filter({ hasText: "line 125" });
    await alice.page.locator("#scroller").evaluate((scroller) => scroller.scrollTop = 200);
    const before = await read.boundingBox();
    await alice.log.getByText("line 100", { exact: true }).waitFor({ state: "attached" });
    assertEquals(await read.boundingBox(), before);

    await scrollsUpTo(alice, "line 1");
    await alice.page.locator("#older").getByText("Start of the conversation").waitFor();
    assertEquals(await alice.texts("message"), numbered(1, 170));
  },
);

browserTest("Page: older messages can be loaded with the keyboard alone", async (desk) => {
  await using server = new TestServer({ historyLimit: 60 });
  using bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  // Few enough messages to fit on the screen.
  await bob.say(...numbered(1, 100));
  const alice = await desk.join(server.port, "Alice", {
    viewport: { width: 1_100, height: 2_600 },
  });
  await alice.sees("message", "line 100");
  await alice.page.locator("#older").getByText("No older messages are stored").waitFor();
  assertEquals(await alice.texts("message"), numbered(41, 100));

  const carol = await desk.join(server.port, "Carol");
  await carol.sees("message", "line 100");
  await carol.page.getByRole("button", { name: "Load older messages" }).focus();
  // The button is visible, so older messages load by themselves or with the key.
  await carol.page.keyboard.press("Enter");
  await carol.page.locator("#older").getByText("No older messages are stored").waitFor();
  await carol.sees("message", "line 41");
  const focused = await carol.page.evaluate(() => document.activeElement?.id);
  assertEquals(focused, "scroller", "The focus is not lost with the button");
});

browserTest("Page: a reload loses nothing and draws the unread line", async (desk) => {
  await using server = new TestServer();
  using bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  const alice = await desk.join(server.port, "Alice");
  await alice.says("mine");
  await bob.hears("[Alice]: mine");
  await bob.say("read");
  await alice.sees("message", "read");
  await alice.hides(true);
  await bob.say("unread one", "unread two");
  await alice.sees("message", "unread two");
  const line = alice.log.locator(".row").filter({ has: alice.page.locator(".unread-line") });
  assertEquals(await line.locator(".text").allTextContents(), ["unread one"]);

  await alice.page.reload();
  await alice.isCalled("Alice");
  await alice.sees("message", "unread two");
  assertEquals(await alice.texts("message"), ["mine", "read", "unread one", "unread two"]);
  assertEquals(await alice.texts("own"), ["mine"]);
  assertEquals(await line.locator(".text").allTextContents(), ["unread one"]);
  await alice.says("read now");
  await line.waitFor({ state: "detached" });
});

browserTest("Page: scrolls to the unread line after a long absence", async (desk) => {
  await using server = new TestServer();
  using bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  const alice = await desk.join(server.port, "Alice");
  await bob.say("read");
  await alice.sees("message", "read");
  await alice.page.goto("about:blank");
  await server.logs(/^Disconnected/);
  await bob.say(...numbered(1, 90));
  await bob.hearsNothing();
  await alice.page.goto(`http://127.0.0.1:${server.port}/`);
  await alice.isCalled("Alice");
  await alice.page.locator("#jump").getByText("90 new messages").waitFor();
  const line = await alice.log.locator(".unread-line").boundingBox();
  assert(line !== null && line.y > 60 && line.y < 500, "The line is in sight");
  await alice.page.locator("#jump").click();
  await alice.page.locator("#jump").waitFor({ state: "hidden" });
  assertEquals(await alice.item("lobby").locator(".badge").count(), 0);
});

browserTest("Page: search finds messages and shows their texts unchanged", async (desk) => {
  await using server = new TestServer();
  using bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  await bob.say("there is tea", "there is coffee");
  const alice = await desk.join(server.port, "Alice");
  await alice.says("/search tea");
  await alice.sees("answer", /Bob: there is tea$/);
  await alice.says("/search wine");
  await alice.sees("answer", "Nothing found for \u201cwine\u201d");
});
