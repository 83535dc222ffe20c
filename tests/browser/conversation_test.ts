import { assertEquals } from "@std/assert";
import { LineClient } from "../support/client.ts";
import { TestServer } from "../support/server.ts";
import { browserTest } from "./guest.ts";

browserTest("Page: two pages and a line client exchange messages in one room", async (desk) => {
  await using server = new TestServer();
  const alice = await desk.join(server.port, "Alice");
  const bob = await desk.join(server.port, "Bob");
  using carol = await LineClient.connect(server.port);
  await carol.takesName("Carol");

  await alice.says("hello from a page");
  await bob.sees("message", "hello from a page");
  await carol.hears("[Alice]: hello from a page");
  await bob.says("and from another");
  await alice.sees("message", "and from another");
  await carol.hears("[Bob]: and from another");
  await carol.say("and from a terminal");
  await alice.sees("message", "and from a terminal");
  await bob.sees("message", "and from a terminal");

  const said = ["hello from a page", "and from another", "and from a terminal"];
  assertEquals(await alice.texts("message"), said);
  assertEquals(await bob.texts("message"), said);
  assertEquals(await alice.texts("own"), ["hello from a page"]);
  assertEquals(await bob.log.locator(".message .sender").allTextContents(), [
    "Alice",
    "You",
    "Carol",
  ]);
  await alice.page.locator("#people-list").getByText("Carol", { exact: true }).waitFor();
});

browserTest(
  "Page: groups the messages of one sender, with the time and the day",
  async (desk) => {
    await using server = new TestServer();
    const alice = await desk.join(server.port, "Alice");
    using bob = await LineClient.connect(server.port);
    await bob.takesName("Bob");
    await bob.say("one", "two");
    await alice.sees("message", "two");
    await alice.says("three");
    await bob.hears("[Alice]: three");
    await bob.say("four");
    await alice.sees("message", "four");

    const names = await alice.log.locator(".message .sender").allTextContents();
    assertEquals(names, ["Bob", "", "You", "Bob"]);
    assertEquals(await alice.log.locator(".day").count(), 1);
    const year = String(new Date().getFullYear());
    assertEquals((await alice.log.locator(".day").textContent())?.endsWith(year), true);
    const times = await alice.log.locator(".message.opens time").allTextContents();
    assertEquals(times.map((time) => /^\d\d:\d\d$/.test(time)), [true, true, true]);
  },
);

browserTest(
  "Page: labels each kind of entry in words, not only by colour",
  async (desk) => {
    await using server = new TestServer();
    const alice = await desk.join(server.port, "Alice");
    using bob = await LineClient.connect(server.port);
    await bob.takesName("Bob");
    await bob.say("/whisper Alice between us");
    await alice.sees("whisper", "between us");
    await alice.says("/whisper bob yes?");
    await bob.hears("[Whisper to Alice]: between us", "[Whisper from Alice]: yes?");
    await alice.says("/nonsense");
    await alice.sees("error", /Unknown command/);

    const labels = await alice.log.locator("article").evaluateAll((articles) =>
      articles.map((article) => article.getAttribute("aria-label")?.replace(/, \d\d:\d\d$/, ""))
    );
    assertEquals(labels, [
      "Notice",
      "Users",
      "Bob, whisper to you",
      "You, whisper to Bob",
      "Error",
    ]);
    assertEquals(await alice.log.locator(".tag").allTextContents(), [
      "Whisper to you",
      "Whisper to Bob",
    ]);
  },
);
