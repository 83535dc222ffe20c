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
  assertEquals(await bob.log.locator(".message .sender .name").allTextContents(), [
    "Alice",
    "Bob",
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

    const names = await alice.log.locator(".message .sender .name").allTextContents();
    assertEquals(names, ["Bob", "Alice", "Bob"]);
    const letters = await alice.log.locator(".message .avatar").allTextContents();
    assertEquals(letters, ["B", "A", "B"]);
    const day = new Intl.DateTimeFormat("en-GB", {
      weekday: "long",
      day: "numeric",
      month: "long",
    });
    assertEquals(await alice.log.locator(".day").allTextContents(), [day.format(Date.now())]);
    const times = alice.log.locator(".message time");
    assertEquals(
      (await times.allTextContents()).map((time) => /^\d\d:\d\d$/.test(time)),
      [true, true, true, true],
    );
    // The time of a message inside of a group is shown when the pointer is on it.
    const opacity = () => times.nth(1).evaluate((time) => getComputedStyle(time).opacity);
    await alice.page.mouse.move(0, 0);
    assertEquals(await opacity(), "0");
    await alice.log.getByText("two", { exact: true }).hover();
    assertEquals(await opacity(), "1");
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
      "Users",
      "Bob, whisper to you",
      "You, whisper to Bob",
      "Error to /nonsense",
    ]);
    assertEquals(await alice.log.locator(".tag").allTextContents(), [
      "Whisper to you",
      "Whisper to Bob",
    ]);
  },
);
